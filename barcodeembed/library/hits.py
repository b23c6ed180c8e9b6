"""The result of a search.

Letters in shapes: Q queries, K neighbours of each, C columns of the barcode.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

REFERENCE_OVERLAP = 200
"""Least number of columns that two references must share for their identity to say whether they are of one taxon."""


@dataclass(frozen=True)
class Hits:
    """The nearest references of Q queries, ordered by cosine, the nearest first.

    Attributes
    ----------
    rows
        int64 (Q, K): row in the library; -1 where there are fewer than K, always last.
    cosine
        float32 (Q, K): cosine of query and reference; NaN where there is no row.
    identity
        float32 (Q, K): share of equal bases in the columns that both cover; NaN where they share none.
    overlap
        int32 (Q, K): number of columns in which both have an unambiguous base.
    columns
        uint8 (Q, K, C): bases of the references on the columns; None where identities are not known.
    """

    rows: NDArray[np.int64]
    cosine: NDArray[np.float32]
    identity: NDArray[np.float32]
    overlap: NDArray[np.int32]
    columns: NDArray[np.uint8] | None = None

    def __len__(self) -> int:
        return len(self.rows)
