"""Find references that agree with the beginning or the end of a query: possible parents of a chimera.

The vector of a chimera is near the parent of its longer part. That of the shorter part is rarely among its neighbours,
but has the same bases in that part. As all bases stand on barcode columns, it is found by the bases of a few columns,
like a word in a dictionary.

Letters in shapes: N references of all libraries, C columns, n references of a selection.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from barcodeembed.library.library_set import LibrarySet
from barcodeembed.sequences.codes import SINGLE_BASE

WORD = 32
"""Number of columns that are looked up together. Words begin at its multiples, so that few dictionaries are needed."""

WORDS = 2
"""Words at each end of a query that are looked up: an error in one leaves the other."""

COMPARED = 256
"""Most references at each end that are compared with the query base by base."""

KEPT = 8
"""Most references at each end that are returned."""

_DIFFERENT = 20
"""A column that differs costs as much as this many equal ones: a part may differ from its parent in some 3 %."""

_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2**64 divided by the golden ratio (Knuth's multiplicative hashing)


class PossibleParents:
    """Looks up the ends of queries among the references of libraries that have columns.

    A dictionary (8 bytes a reference) is made for each word when it is first asked for.
    """

    def __init__(self, references: LibrarySet) -> None:
        self._references = references
        self._dictionaries: dict[int, tuple[NDArray[np.uint32], NDArray[np.int32]]] = {}

    def of(self, query: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the columns (n, C) of the references that agree best with the beginning or with the end of a query
        (C,)."""
        known = SINGLE_BASE[query] >= 0
        covered = np.flatnonzero(known)
        first, end = -(-int(covered[0]) // WORD), (int(covered[-1]) + 1) // WORD
        words = range(first, end)
        rows = [
            self._best(query, known, words[:WORDS], backwards=False),
            self._best(query, known, words[-WORDS:], backwards=True),
        ]
        return self._references.columns_of(np.unique(np.concatenate(rows)))

    def _best(
        self, query: NDArray[np.uint8], known: NDArray[np.bool_], words: range, *, backwards: bool
    ) -> NDArray[np.int64]:
        """Return the rows (n,) of the references that agree longest with a query from its beginning, or from its end.

        They have at least one of these words of it.
        """
        found = [self._with_word(query, word) for word in words]
        rows, times = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *found]), return_counts=True)
        rows = rows[np.argsort(-times, kind="stable")][:COMPARED]
        equal = self._references.columns_of(rows) == query
        value = np.where(equal, 1, -_DIFFERENT) * known
        length = np.cumsum(value[:, ::-1] if backwards else value, axis=1).max(axis=1, initial=0)
        return rows[np.argsort(-length, kind="stable")][:KEPT]

    def _with_word(self, query: NDArray[np.uint8], word: int) -> NDArray[np.int64]:
        """Return the rows of references that have the same bases in a word as a query; a part of them, evenly spread,
        if they are many."""
        keys, rows = self._dictionary(word)
        own = _keys(query[None], word)
        first, end = np.searchsorted(keys, own, "left")[0], np.searchsorted(keys, own, "right")[0]
        step = max(1, -(-int(end - first) // (4 * COMPARED)))
        return rows[first:end:step].astype(np.int64)

    def _dictionary(self, word: int) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
        """Return the keys (N,) of all references in ascending order, and their rows."""
        if word not in self._dictionaries:
            keys = np.concatenate([_keys(library.columns, word) for library in self._references.libraries])
            order = np.argsort(keys, kind="stable").astype(np.int32)
            self._dictionaries[word] = keys[order], order
        return self._dictionaries[word]


def _keys(columns: NDArray[np.uint8], word: int) -> NDArray[np.uint32]:
    """Return a number (n,) for the bases of barcodes (n, C) in a word. Others rarely have the same number."""
    bases = np.ascontiguousarray(columns[:, word * WORD : (word + 1) * WORD]).view(np.uint64)
    keys = np.zeros(len(bases), dtype=np.uint64)
    for eight in bases.T:
        keys = (keys ^ eight) * _MIX
        keys ^= keys >> np.uint64(29)
    return (keys >> np.uint64(32)).astype(np.uint32)
