"""Vectors in two dimensions, for a map that a reader can take in at a glance.

Plain principal components of whitened vectors show nothing: all directions vary alike. So the plane is spanned by the
two directions in which the groups of the library (its orders, or families, ...) differ most from each other: the
principal components of the groups' means. It is linear: equal vectors lie on one point, and nothing is torn apart.

Letters in shapes: n points, D width of a vector, G groups.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from barcodeembed.taxonomy import RANKS, Lineage

GROUPS = 7
"""Groups with a colour of their own, the largest ones; the others share one."""

_RANKS = ("order", "family", "class", "genus", "phylum")  # the first with enough groups is taken
_SMALLEST = 3  # members of a group that has a say in the plane


@dataclass(frozen=True)
class Projection:
    """``(vectors - centre) @ axes``.

    Attributes
    ----------
    centre, axes
        (D,) and (D, 2).
    rank
        rank of the groups that span the plane; ``""`` for plain principal components.
    groups
        names of the largest groups.
    share
        part of the variance (of the means, or of the vectors) that the plane shows.
    """

    centre: NDArray[np.float32]
    axes: NDArray[np.float32]
    rank: str
    groups: tuple[str, ...]
    share: float

    @classmethod
    def fit(cls, vectors: NDArray[np.float32], lineages: Sequence[Lineage]) -> Projection:
        """The plane for vectors (n, D) of taxa with these lineages."""
        for rank in _RANKS:
            names = np.array([lineage.at(rank) for lineage in lineages], dtype=object)
            sizes = Counter(name for name in names if name)
            large = sorted(name for name, size in sizes.items() if size >= _SMALLEST)
            if len(large) >= 3:
                means = np.stack([vectors[names == name].mean(axis=0) for name in large])
                # The square root keeps one large order from having all the say.
                weights = np.sqrt([sizes[name] for name in large])
                groups = tuple(sorted(sizes, key=lambda name: (-sizes[name], name))[:GROUPS])
                return cls._through(means, weights, rank, groups)
        return cls._through(vectors, np.ones(len(vectors)), "", ())

    @classmethod
    def _through(
        cls, points: NDArray[np.float32], weights: NDArray[np.float64], rank: str, groups: tuple[str, ...]
    ) -> Projection:
        """The plane of the first two principal components of weighted points (n, D)."""
        centre = np.average(points, axis=0, weights=weights)
        _, values, directions = np.linalg.svd((points - centre) * np.sqrt(weights)[:, None], full_matrices=False)
        axes = np.zeros((points.shape[1], 2), dtype=np.float32)
        for i, direction in enumerate(directions[:2]):
            # The sign of a principal component is arbitrary: its largest part points up.
            axes[:, i] = direction * np.sign(direction[np.abs(direction).argmax()])
        variance = values**2
        share = float(variance[:2].sum() / variance.sum()) if variance.sum() > 0 else 1.0
        return cls(centre.astype(np.float32), axes, rank, groups, share)

    def __call__(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Places (n, 2) of vectors (n, D)."""
        places: NDArray[np.float32] = np.matmul(vectors - self.centre, self.axes, dtype=np.float32)
        return places

    def group_of(self, lineage: Lineage) -> int:
        """Place in ``groups`` of a taxon's group; -1 for one of the others, or unknown."""
        name = lineage.names[RANKS.index(self.rank)] if self.rank else ""
        return self.groups.index(name) if name in self.groups else -1
