"""How near references of one taxon are to those of others, of which a sample is compared.

Letters in shapes: N references, C barcode columns, R ranks, n and m references of a selection.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from barcodeembed.library.hits import REFERENCE_OVERLAP
from barcodeembed.sequences.identity import identities

MOST_COMPARED = 64
"""A reference is compared with at most this many references of a taxon."""


def identity_of_rows(
    columns: NDArray[np.uint8], rows: NDArray[np.int64], others: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the identities (n, m) of two sets of references; -1 where they cannot be compared.

    ``columns`` (N, C) are the barcodes of all references, ``rows`` (n,) and ``others`` (m,) places among them.
    """
    return identities(columns[rows], columns[others], REFERENCE_OVERLAP)


def highest_identity(columns: NDArray[np.uint8], rows: NDArray[np.int64], others: NDArray[np.int64]) -> float:
    """Return the highest identity between samples of two sets of references, given as for :func:`identity_of_rows`; -1
    if none can be compared."""
    if not len(rows) or not len(others):
        return -1.0
    return float(identity_of_rows(columns, sample(rows), sample(others)).max())


def sample(rows: NDArray[np.int64], most: int = MOST_COMPARED) -> NDArray[np.int64]:
    """Return at most ``most`` of these rows, evenly spread."""
    if len(rows) <= most:
        return rows
    return rows[np.unique(np.linspace(0, len(rows) - 1, most).astype(np.int64))]


class Kin:
    """The relatives of taxa: the other references of the deepest taxon above that has any.

    ``columns`` (N, C) are the barcodes of the references and ``codes`` (N, R) their taxa; references ``without`` (N,)
    are no relatives.
    """

    def __init__(
        self, columns: NDArray[np.uint8], codes: NDArray[np.int32], without: NDArray[np.bool_] | None = None
    ) -> None:
        self._columns, self._codes = columns, codes
        self._drawn: dict[tuple[int, int, int], NDArray[np.int64]] = {}
        self._counted = np.ones(len(codes), dtype=bool) if without is None else ~without

    def highest(self, part: NDArray[np.int64], rank: int) -> float:
        """Return the highest identity of references of one taxon to their relatives, looked for from ``rank`` up; -1 if
        there are none."""
        for above in range(rank, 0, -1):
            relatives = self._relatives(int(part[0]), above)
            if len(relatives) and (found := highest_identity(self._columns, part[:4], relatives)) >= 0:
                return found
        return -1.0

    def _relatives(self, row: int, above: int) -> NDArray[np.int64]:
        """Return at most ``MOST_COMPARED`` references of the taxon above that are not of the next taxon below it."""
        codes = self._codes
        code, below = int(codes[row, above]), int(codes[row, above + 1])
        if not code:
            return np.zeros(0, dtype=np.int64)
        if (above, code, below) not in self._drawn:
            others = (codes[:, above] == code) & (codes[:, above + 1] != below) & self._counted
            self._drawn[above, code, below] = sample(np.flatnonzero(others))
        return self._drawn[above, code, below]
