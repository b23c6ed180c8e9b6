"""Search a library of which some references are hidden from each query: by the cosines with all references.

Letters in shapes: N references, n queries, D width of a vector, K neighbours.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from barcodeembed.classify.neighbours import NEIGHBOURS
from barcodeembed.library.reference_library import ReferenceLibrary
from barcodeembed.library.species_cap import spread
from barcodeembed.taxonomy import SPECIES

Hides = Callable[[slice], NDArray[np.bool_]]
"""Returns which references (n, N) are hidden from these queries."""

_STRETCH = 16  # scores whose maximum is compared with those of other stretches
_SCORES = 1 << 24  # cosines computed at once: 64 MB
_AT_LEAST = 32  # queries looked up at once, because each time all vectors of a large library are read


def search_unhidden(
    library: ReferenceLibrary, vectors: NDArray[np.float32], hides: Hides
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return cosines and rows (n, K) of the nearest references that are not hidden, with few of each species as in
    every search."""
    cosine = np.empty((len(vectors), NEIGHBOURS), dtype=np.float32)
    found = np.empty((len(vectors), NEIGHBOURS), dtype=np.int64)
    species = library.taxa.codes[:, SPECIES]
    step = max(_AT_LEAST, _SCORES // len(library))
    # One memory for all parts: a new one for each would stand beside that of the part before.
    memory = np.empty((min(step, len(vectors)), len(library)), dtype=np.float32)
    for start in range(0, len(vectors), step):
        part = slice(start, start + step)
        scores = np.matmul(vectors[part], library.stored.T, out=memory[: len(vectors[part])])
        scores[hides(part)] = -np.inf
        cosine[part], found[part] = spread(partial(_highest, scores), len(scores), species, NEIGHBOURS)
    return cosine, found


def _highest(
    scores: NDArray[np.float32], some: NDArray[np.int64], k: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the ``k`` highest scores of the rows ``some`` and their places, (n, k) each; NaN and -1 where the score is
    -inf."""
    near = _places_of_highest(scores, some, min(k, scores.shape[1]))
    value = scores[some[:, None], near]
    order = np.argsort(-value, axis=1, kind="stable")
    value, near = np.take_along_axis(value, order, axis=1), np.take_along_axis(near, order, axis=1)
    return np.where(np.isneginf(value), np.nan, value), np.where(np.isneginf(value), -1, near)


def _places_of_highest(scores: NDArray[np.float32], some: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """Return the places (n, k) of the ``k`` highest scores of the rows ``some`` (n,) of ``scores``.

    They are at least as high as the ``k``-th highest of the maxima of short stretches, which leaves few to be sorted.
    """
    width = scores.shape[1]
    stretched = width // _STRETCH * _STRETCH
    if stretched < 2 * k * _STRETCH:
        return np.argpartition(-scores[some], k - 1, axis=1)[:, :k]
    places = np.empty((len(some), k), dtype=np.int64)
    for place, row in enumerate(some):
        own = scores[row]
        most = own[:stretched].reshape(-1, _STRETCH).max(axis=1)
        high = np.flatnonzero(own >= np.partition(most, len(most) - k)[-k])
        best = np.argsort(-own[high], kind="stable")[:k]
        places[place] = np.sort(high[best])
    return places
