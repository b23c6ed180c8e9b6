"""The neighbours of queries as numbers ready for use, and how well each fits its query.

Of two references that are equally near a query, the one that is near everything else says less about it. So above
species a reference counts by how much nearer it is to the query than to the references around it: its score is lowered
by its crowding. This is the correction of Conneau et al. 2018, "Word translation without parallel data", for hubs among
nearest neighbours. Here crowding is an identity on the query's own columns, so that fragments are compared with
fragments.

Letters in shapes: Q queries, K neighbours, R ranks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from barcodeembed.library.hits import Hits
from barcodeembed.taxonomy import SPECIES

COSINE_SHARE = (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.05)
"""Weight of the cosine beside the identity, which weighs 1, in the score of a neighbour; one for each of ``RANKS``.
Between species the identity decides and the cosine only breaks ties. Above species both count alike, because identity
does not see which bases differ. Measured: see docs/experiments.md, "Does it help to ask how crowded the place of a
reference is?"."""

NEIGHBOURS = 64
"""Number of nearest references that are looked at when a query is classified and when a library is calibrated."""

MIN_OVERLAP = 50
"""Least number of columns that a query and a reference must share for their identity to count."""

AROUND = 15
"""Number of neighbours over which two means are taken: the crowding of a reference is its mean identity to its nearest
neighbours of other species, the feature ``nearness`` of a query its mean cosine to its nearest references. Measured:
see docs/experiments.md, "Does it help to ask how crowded the place of a reference is?"."""


@dataclass(frozen=True)
class Neighbours:
    """K neighbours of Q queries.

    Attributes
    ----------
    codes
        int32 (Q, K, R): codes of their taxa, 0 without a name.
    distance, smoothed
        float64 (Q, K): share of different bases; (different + 1) / (compared + 2). 1 if too few columns are shared.
    cosine
        float64 (Q, K): cosine to the query; -1 where there is no neighbour.
    overlap
        int32 (Q, K): number of columns compared.
    real
        bool (Q, K): whether there is a neighbour.
    by_identity
        bool (Q,): whether identities to the query are known.
    apart
        float32 (Q, K, K): share of different bases between two neighbours on the query's columns; NaN if not known.
    crowding
        float64 (Q, K): mean identity to the ``AROUND`` nearest neighbours of other species. Where it is not known it is
        the mean over the query's neighbours, so that it neither helps nor hurts.
    """

    codes: NDArray[np.int32]
    distance: NDArray[np.float64]
    smoothed: NDArray[np.float64]
    cosine: NDArray[np.float64]
    overlap: NDArray[np.int32]
    real: NDArray[np.bool_]
    by_identity: NDArray[np.bool_]
    apart: NDArray[np.float32]
    crowding: NDArray[np.float64]

    @classmethod
    def of(cls, hits: Hits, codes: NDArray[np.int32], between: NDArray[np.float32]) -> Neighbours:
        """Make the neighbours from hits, their taxa ``codes`` (Q, K, R), and the identities ``between`` each two of
        them (Q, K, K)."""
        real = hits.rows >= 0
        usable = real & (hits.overlap >= MIN_OVERLAP)
        by_identity: NDArray[np.bool_] = np.asarray(usable.any(axis=1))
        overlap = hits.overlap.astype(np.float64)
        distance = np.where(usable, 1.0 - np.nan_to_num(hits.identity), 1.0)
        distance[~by_identity] = 0.0
        return cls(
            codes=codes,
            distance=distance,
            smoothed=np.where(usable, (distance * overlap + 1) / (overlap + 2), distance),
            cosine=np.nan_to_num(hits.cosine, nan=-1.0).astype(np.float64),
            overlap=hits.overlap,
            real=real,
            by_identity=by_identity,
            apart=np.float32(1) - between,
            crowding=_filled(np.where(usable, crowding(between, codes[:, :, SPECIES]), np.nan)),
        )

    def score(self, rank: int, *, crowded: bool = True) -> NDArray[np.float64]:
        """Return how well each neighbour (Q, K) fits its query at a rank; -inf where there is no neighbour.

        ``crowded`` says whether crowding is taken off; it never is at species.
        """
        share = np.where(self.by_identity, COSINE_SHARE[rank], 1.0)[:, None]
        around = self.crowding if crowded and rank != SPECIES else 0.0
        return np.where(self.real, share * self.cosine - self.smoothed - around, -np.inf)


def crowding(between: NDArray[np.float32], species: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return for each neighbour (Q, K) the mean of its ``AROUND`` highest identities to neighbours of other species.

    ``between`` (Q, K, K) are the identities of each two neighbours; NaN is left out, and returned where nothing else is
    left. ``species`` (Q, K) are codes; a neighbour without a name (0) is of another species than every other one.
    """
    same = (species[:, :, None] == species[:, None, :]) & (species[:, :, None] > 0)
    same |= np.eye(species.shape[1], dtype=bool)
    other = np.where(same | np.isnan(between), -np.inf, between)
    k = min(AROUND, other.shape[2])
    return mean_of_finite(np.partition(other, -k, axis=2)[:, :, -k:] if k else other, axis=2)


def _filled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values (Q, K) with each NaN replaced by the mean of its row, or by 0 if the row has nothing else."""
    mean = np.nan_to_num(mean_of_finite(np.where(np.isnan(values), -np.inf, values), axis=1))
    return np.where(np.isnan(values), mean[:, None], values)


def mean_of_finite(values: NDArray[np.floating], axis: int) -> NDArray[np.float64]:
    """Return the mean of the finite values along an axis; NaN where there is none."""
    found = np.isfinite(values)
    number = found.sum(axis=axis)
    total = np.where(found, values, 0).sum(axis=axis, dtype=np.float64)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)
