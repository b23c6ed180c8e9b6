"""Queries made of two barcodes: the left part is of one reference, the right part of another.

PCR joins unfinished copies of two templates. Such a read is far from every reference, as one of a new species is, but
two references together explain it (the idea of Edgar et al. 2011, "UCHIME improves sensitivity and speed of chimera
detection", here without alignment: all stand on barcode columns).

Letters in shapes: Q queries, K references of each, C columns.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from barcodeembed.library.hits import Hits
from barcodeembed.sequences.codes import SINGLE_BASE

PARENT_COVERS = 0.9
"""Share of a query's columns that a reference must cover to be a parent: halves of barcodes would explain anything."""

PART = 50
"""Columns that each of the two parts must have."""

LEAST_COLUMNS = 200
"""Columns that a query must have: short reads are explained by two of many references by chance."""

MOST_LEFT = 0.03
"""Share of the columns that may differ from the two parents: as much as within a species by the customary rule."""

LEAST_EXPLAINED = 0.03
"""Share of the columns that differ from every single reference, but not from the two parents. Of 5,619 whole barcodes
and 5,054 fragments of 313 bases, none of them a chimera, none reaches it (docs/experiments.md,
"Chimeras")."""


def chimeric_hits(hits: Hits, queries: NDArray[np.uint8] | None) -> NDArray[np.bool_]:
    """Which queries (Q, C) are put together from two of their neighbours; none where columns are not known."""
    if queries is None or hits.columns is None:
        return np.zeros(len(hits), dtype=bool)
    return chimeric(queries, hits.columns)


def chimeric(queries: NDArray[np.uint8], references: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which queries (Q, C) two of their references (Q, K, C) explain, and no single one; IUPAC codes of columns."""
    result = np.zeros(len(queries), dtype=bool)
    for q, (query, nearest) in enumerate(zip(queries, references, strict=True)):
        covered = SINGLE_BASE[query] >= 0
        own, others = query[covered], nearest[:, covered]
        compared = SINGLE_BASE[others] >= 0
        fit = compared.sum(axis=1) >= PARENT_COVERS * len(own)
        if len(own) < LEAST_COLUMNS or fit.sum() < 2:
            continue
        different = others[fit] != own
        one = (different & compared[fit]).sum(axis=1).min()
        if one >= LEAST_EXPLAINED * len(own):
            two = _from_two(different)
            result[q] = two <= MOST_LEFT * len(own) and one - two >= LEAST_EXPLAINED * len(own)
    return result


def _from_two(different: NDArray[np.bool_]) -> int:
    """Fewest differences from two references that share the columns (K, C), a missing base being one."""
    left = np.cumsum(different, axis=1, dtype=np.int32)  # up to and with each column
    right = left[:, -1:] - left
    return int((left.min(axis=0) + right.min(axis=0))[PART - 1 : -PART].min())
