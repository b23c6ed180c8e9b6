"""Compare barcodes of one set with each other, as products of matrices.

Letters in shapes: n barcodes, a and b parts of them, C columns, V values that tell barcodes apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from barcodeembed.sequences.codes import single_bases

LEAST_COLUMNS = 100
"""Two barcodes that share fewer columns count as wholly different."""

_BASES = np.array([1, 2, 4, 8], dtype=np.uint8)
_AT_ONCE = 2048  # barcodes a side of a block of distances, which then takes 50 MB with what it is made of


class Pairwise:
    """A set of barcodes (n, C) that are compared with each other.

    What all of them have in common is counted once and left out of the products: in a genus this is most of the
    barcode.
    """

    def __init__(self, columns: NDArray[np.uint8]) -> None:
        bases = single_bases(columns)
        self._known, self._both_known = _telling(bases > 0)
        one_hot, equal = [], 0
        for base in _BASES:
            values, shared = _telling(bases == base)
            one_hot.append(values)
            equal += shared
        self._one_hot, self._equal = np.concatenate(one_hot, axis=1), equal

    def distances(self, some: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the share of different bases (a, b) between each two, over the columns in which both have one base.

        It is 1 where fewer than :data:`LEAST_COLUMNS` columns can be compared.
        """
        compared = _product(self._known[some], self._known[others]) + np.float32(self._both_known)
        equal = _product(self._one_hot[some], self._one_hot[others]) + np.float32(self._equal)
        apart = np.ones_like(compared)
        np.divide(compared - equal, compared, out=apart, where=compared >= LEAST_COLUMNS)
        return apart

    def blocks(self, rows: NDArray[np.int64]) -> Iterator[tuple[int, int, NDArray[np.float32]]]:
        """Yield the distances of these rows to each other in blocks (a, b), each with the places within ``rows`` at
        which it begins.

        Every pair is in one block; those on the diagonal hold each of their pairs twice, and barcodes beside
        themselves.
        """
        for top in range(0, len(rows), _AT_ONCE):
            for left in range(top, len(rows), _AT_ONCE):
                yield top, left, self.distances(rows[top : top + _AT_ONCE], rows[left : left + _AT_ONCE])

    def nearest(
        self,
        some: NDArray[np.int64],
        others: NDArray[np.int64],
        skipped: Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.bool_]] | None = None,
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return how far the nearest of ``others`` is from each of ``some`` (a,), and its place within ``others``; the
        first of equals.

        ``skipped`` returns for rows (a,) and (b,) which pairs (a, b) do not count. If none does, the distance is
        infinite and the place 0.
        """
        least = np.full(len(some), np.inf, dtype=np.float32)
        place = np.zeros(len(some), dtype=np.int64)
        for top in range(0, len(some), _AT_ONCE):
            part = slice(top, top + _AT_ONCE)
            for left in range(0, len(others), _AT_ONCE):
                beside = others[left : left + _AT_ONCE]
                apart = self.distances(some[part], beside)
                if skipped:
                    apart[skipped(some[part], beside)] = np.inf
                here, found = apart.argmin(axis=1), apart.min(axis=1)
                nearer = found < least[part]
                place[part] = np.where(nearer, left + here, place[part])
                least[part] = np.minimum(found, least[part])
        return least, place


def _telling(values: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], int]:
    """Return the columns (n, V) of ``values`` (n, C) that are true for some barcodes and false for others, and the
    number of those that are true for all."""
    everywhere, anywhere = values.all(axis=0), values.any(axis=0)
    return np.ascontiguousarray(values[:, anywhere & ~everywhere]), int(everywhere.sum())


def _product(some: NDArray[np.bool_], others: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return how many values (a, b) are true in both; whole numbers, so they are exact."""
    return some.astype(np.float32) @ others.astype(np.float32).T
