"""Project vectors to two dimensions for the map of the report page.

Principal components of whitened vectors show nothing, because all directions vary equally. So the plane is spanned by
the two directions in which groups of the library (its orders, or families, ...) differ most: the principal components
of the groups' means. The projection is linear: equal vectors become the same point, and neighbours stay neighbours.

Letters in shapes: n points, D width of a vector.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from barcodeembed.taxonomy import RANKS, Lineage

GROUPS = 7
"""Number of groups, the largest ones, that have a colour of their own; all others share one."""

_RANKS = ("order", "family", "class", "genus", "phylum")  # the first rank with at least three large groups is used
_SMALLEST = 3  # least number of members of a group that the plane is fitted to


@dataclass(frozen=True)
class Projection:
    """The projection ``(vectors - centre) @ axes``.

    Attributes
    ----------
    centre
        the point that becomes the origin (D,).
    axes
        the two directions (D, 2).
    rank
        the rank of the groups to which the plane is fitted; ``""`` for plain principal components.
    groups
        names of the largest groups.
    share
        share of the variance (of the means, or of the vectors) that the plane shows.
    """

    centre: NDArray[np.float32]
    axes: NDArray[np.float32]
    rank: str
    groups: tuple[str, ...]
    share: float

    @classmethod
    def fit(cls, vectors: NDArray[np.float32], lineages: Sequence[Lineage]) -> Projection:
        """Return the plane for vectors (n, D) of taxa with these lineages."""
        for rank in _RANKS:
            names = np.array([lineage.at(rank) for lineage in lineages], dtype=object)
            sizes = Counter(name for name in names if name)
            large = sorted(name for name, size in sizes.items() if size >= _SMALLEST)
            if len(large) >= 3:
                means = np.stack([vectors[names == name].mean(axis=0) for name in large])
                # The square root keeps one large order from dominating.
                weights = np.sqrt([sizes[name] for name in large])
                groups = tuple(sorted(sizes, key=lambda name: (-sizes[name], name))[:GROUPS])
                return cls._through(means, weights, rank, groups)
        return cls._through(vectors, np.ones(len(vectors)), "", ())

    @classmethod
    def _through(
        cls, points: NDArray[np.float32], weights: NDArray[np.float64], rank: str, groups: tuple[str, ...]
    ) -> Projection:
        """Return the plane of the first two principal components of weighted points (n, D)."""
        centre = np.average(points, axis=0, weights=weights)
        _, values, directions = np.linalg.svd((points - centre) * np.sqrt(weights)[:, None], full_matrices=False)
        axes = np.zeros((points.shape[1], 2), dtype=np.float32)
        for i, direction in enumerate(directions[:2]):
            # The sign of a principal component is arbitrary: the largest component is made positive.
            axes[:, i] = direction * np.sign(direction[np.abs(direction).argmax()])
        variance = values**2
        share = float(variance[:2].sum() / variance.sum()) if variance.sum() > 0 else 1.0
        return cls(centre.astype(np.float32), axes, rank, groups, share)

    def __call__(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the points (n, 2) of vectors (n, D)."""
        places: NDArray[np.float32] = np.matmul(vectors - self.centre, self.axes, dtype=np.float32)
        return places

    def group_of(self, lineage: Lineage) -> int:
        """Return the place in ``groups`` of a taxon's group; -1 if it belongs to none of them or to no known group."""
        name = lineage.names[RANKS.index(self.rank)] if self.rank else ""
        return self.groups.index(name) if name in self.groups else -1
