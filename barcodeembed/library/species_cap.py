"""Find neighbours of several species, however many references the nearest species has.

A species with hundreds of references would take all places, and another species that is as near would not be seen. The
64 places have room for four species of 16 references. If the nearest species has more than ``MOST`` references, other
species are not looked for.

Letters in shapes: N references, Q queries, K neighbours, W neighbours that are looked at before some are left out.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

EACH = 16
"""At most this many references of one species, the nearest ones, are among the neighbours of a query. Measured: see
docs/experiments.md, "How many references of one species?"."""

MOST = 4096
"""Largest number of neighbours that are looked at in search of other species."""

_WIDER = 4

Search = Callable[[NDArray[np.int64], int], tuple[NDArray[np.float32], NDArray[np.int64]]]
"""Returns cosine and row (n, W) of the W nearest references of these queries (n,), the nearest first; NaN and -1 where
there are fewer."""


def spread(
    search: Search, n_queries: int, species: NDArray[np.int32], k: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return cosine and row (Q, k) of the nearest references, with at most ``EACH`` of one species.

    ``species`` (N,) are codes; references without a species (0) are not limited. NaN and -1 where there are fewer than
    k.
    """
    cosine = np.full((n_queries, k), np.nan, dtype=np.float32)
    rows = np.full((n_queries, k), -1, dtype=np.int64)
    most = np.minimum(np.bincount(species), EACH)[1:].sum() + (species == 0).sum()  # neighbours that a query can have
    left, wide = np.arange(n_queries), k
    while len(left):
        found_cosine, found = search(left, wide)
        kept = (found >= 0) & few_of_each(np.where(found >= 0, species[found], 0))
        order = np.argsort(~kept, axis=1, kind="stable")[:, :k]
        enough = (kept.sum(axis=1) >= min(k, most)) | (found[:, -1] < 0)
        kept = np.take_along_axis(kept, order, axis=1)
        cosine[left, : order.shape[1]] = np.where(kept, np.take_along_axis(found_cosine, order, axis=1), np.nan)
        rows[left, : order.shape[1]] = np.where(kept, np.take_along_axis(found, order, axis=1), -1)
        if wide >= min(len(species), MOST):
            break
        left, wide = left[~enough], wide * _WIDER
    return cosine, rows


def few_of_each(species: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return which neighbours (Q, W), the nearest first, are among the first ``EACH`` of their species.

    True for all neighbours without a species (0).
    """
    order = np.argsort(species, axis=1, kind="stable")
    ordered = np.take_along_axis(species, order, axis=1)
    place = np.broadcast_to(np.arange(species.shape[1]), species.shape)
    starts = np.ones(species.shape, dtype=bool)
    starts[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    before = place - np.maximum.accumulate(np.where(starts, place, 0), axis=1)
    few = np.empty(species.shape, dtype=bool)
    np.put_along_axis(few, order, (before < EACH) | (ordered == 0), axis=1)
    return few
