"""Find queries that are made of two barcodes: the left part of one reference and the right part of another.

PCR joins unfinished copies of two templates. Such a read is far from every reference, just as a read of a new species
is. But two references together explain it, which is how they are found here (the idea of Edgar et al. 2011, "UCHIME
improves sensitivity and speed of chimera detection"; no alignment is needed, as all bases stand on barcode columns).

Letters in shapes: Q queries, K references of each, C columns.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from barcodeembed.library.hits import Hits
from barcodeembed.sequences.codes import SINGLE_BASE, single_bases

PARENT_COVERS = 0.9
"""Share of the query's columns that a reference must cover to be a parent. Halves of barcodes would explain anything.
"""

PART = 50
"""Least number of columns of each of the two parts."""

LEAST_COLUMNS = 200
"""Least number of columns of a query. Two of many references explain a shorter read by chance."""

MOST_LEFT = 0.03
"""Largest share of the columns that may differ from the two parents: what the customary rule allows within a species.
"""

LEAST_EXPLAINED = 0.03
"""Least share of the columns that differ from every single reference but not from the two parents. Of 5,619 whole
barcodes and 5,054 fragments of 313 bases that are no chimeras, none reaches it (see docs/experiments.md, "Chimeras").
"""


def chimeric_hits(hits: Hits, queries: NDArray[np.uint8] | None) -> NDArray[np.bool_]:
    """Return which queries (Q,) are made of two of their neighbours; all False where the columns are not known."""
    if queries is None or hits.columns is None:
        return np.zeros(len(hits), dtype=bool)
    result = np.zeros(len(hits), dtype=bool)
    own = (SINGLE_BASE[queries] >= 0).sum(axis=1)[:, None]
    different = np.where(hits.overlap >= PARENT_COVERS * own, np.rint((1 - hits.identity) * hits.overlap), np.inf)
    # Most queries are near a single reference, which says all; the others cost a look at every column.
    far = np.flatnonzero((different >= LEAST_EXPLAINED * own).all(axis=1))
    result[far] = chimeric(queries[far], hits.columns[far])
    return result


def chimeric(queries: NDArray[np.uint8], references: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which queries (Q,) are explained by two of their references and by no single one.

    ``queries`` (Q, C) and ``references`` (Q, K, C) are IUPAC codes on the columns.
    """
    result = np.zeros(len(queries), dtype=bool)
    for q, (query, nearest) in enumerate(zip(queries, references, strict=True)):
        covered = single_bases(query) > 0
        length = np.count_nonzero(covered)
        compared = (single_bases(nearest) > 0) & covered
        fit = compared.sum(axis=1) >= PARENT_COVERS * length
        if length < LEAST_COLUMNS or fit.sum() < 2:
            continue
        different = nearest[fit] != query
        one = (different & compared[fit]).sum(axis=1).min()
        if one >= LEAST_EXPLAINED * length:
            most = min(MOST_LEFT * length, one - LEAST_EXPLAINED * length)
            different = different[:, covered]
            result[q] = _at_least(different) <= most and _from_two(different) <= most
    return result


def _at_least(different: NDArray[np.bool_]) -> int:
    """Return a number that :func:`_from_two` does not fall below, in a fifth of its time.

    Each eight columns are taken together, and those in which the left parent ends count for neither.
    """
    number = np.bitwise_count(np.packbits(different, axis=1))
    left = np.cumsum(number, axis=1, dtype=np.int16)
    right = left[:, -1:] - left
    return int(((left - number).min(axis=0) + right.min(axis=0)).min())


def _from_two(different: NDArray[np.bool_]) -> int:
    """Return the fewest differences (of K references, in C columns) that a left and a right parent leave.

    A base that a parent lacks counts as a difference.
    """
    left = np.cumsum(different, axis=1, dtype=np.int16)  # up to and with each column
    right = left[:, -1:] - left
    return int((left.min(axis=0) + right.min(axis=0))[PART - 1 : -PART].min())
