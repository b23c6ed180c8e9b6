"""Find queries that are made of two barcodes: the left part of one reference and the right part of another.

PCR joins unfinished copies of two templates. Such a read is far from every reference, just as a read of a new species
is. But two references together explain it, and so it is found (the idea of Edgar et al. 2011, "UCHIME improves
sensitivity and speed of chimera detection"). No alignment is needed, as all bases stand on barcode columns. The two are
looked for among its neighbours, and among the references that agree with its beginning or its end.

Letters in shapes: Q queries, K references of each, C columns.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from barcodeembed.library.hits import Hits
from barcodeembed.sequences.codes import SINGLE_BASE, single_bases

PARENT_COVERS = 0.9
"""Share of the query's columns that a reference must cover to be a parent. Halves of barcodes would explain anything.
"""

PART = 50
"""Least number of columns of each of the two parts."""

LEAST_COLUMNS, LEAST_FOR_ALL = 200, 300
"""Least number of columns of a query, and of one whose parents are looked for among all references. Two of many
references explain a shorter read by chance: of 5,618 fragments of 200 bases 12."""

MOST_LEFT = 0.03
"""Largest share of the columns that may differ from the two parents: what the customary rule allows within a species.
"""

LEAST_EXPLAINED = 0.03
"""Least share of the columns that differ from every single reference but not from the two parents. Of 5,619 whole
barcodes and 5,054 fragments of 313 bases that are no chimeras, none reaches it (see docs/experiments.md, "Chimeras").
"""

Parents = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
"""Returns the columns (n, C) of further references that may be parents of a query (C,)."""


def chimeric_hits(hits: Hits, queries: NDArray[np.uint8] | None, parents: Parents) -> NDArray[np.bool_]:
    """Return which queries (Q,) are made of two of their neighbours or ``parents``; all False where the columns are not
    known."""
    if queries is None or hits.columns is None:
        return np.zeros(len(hits), dtype=bool)
    result = np.zeros(len(hits), dtype=bool)
    own = (SINGLE_BASE[queries] >= 0).sum(axis=1)[:, None]
    different = np.where(hits.overlap >= PARENT_COVERS * own, np.rint((1 - hits.identity) * hits.overlap), np.inf)
    # Most queries are near a single reference, which says all; the others cost a look at every column.
    for q in np.flatnonzero((different >= LEAST_EXPLAINED * own).all(axis=1)):
        query, references = queries[q], hits.columns[q]
        if own[q, 0] >= LEAST_FOR_ALL:
            references = np.concatenate([references, parents(query)])
        result[q] = chimeric(query, references)
    return result


def chimeric(query: NDArray[np.uint8], references: NDArray[np.uint8]) -> bool:
    """Return whether a query (C,) is explained by two of its references (K, C) and by no single one.

    Both are IUPAC codes on the columns.
    """
    covered = single_bases(query) > 0
    length = np.count_nonzero(covered)
    compared = (single_bases(references) > 0) & covered
    fit = compared.sum(axis=1) >= PARENT_COVERS * length
    if length < LEAST_COLUMNS or fit.sum() < 2:
        return False
    different = references[fit] != query
    one = (different & compared[fit]).sum(axis=1).min()
    most = min(MOST_LEFT * length, one - LEAST_EXPLAINED * length)
    different = different[:, covered]
    return most >= 0 and _at_least(different) <= most and _from_two(different) <= most


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
