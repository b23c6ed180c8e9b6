"""Identity of two barcodes on barcode coordinates: a comparison of columns, no alignment.

Letters in shapes: Q queries, K references of each, C columns.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from barcodeembed.sequences.codes import SINGLE_BASE


def identity(
    queries: NDArray[np.uint8], references: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Share of equal bases, and the number of columns compared, both (Q, K).

    ``queries`` is (Q, C), ``references`` (Q, K, C), both IUPAC codes. Only columns count in which both have one
    of A, C, G, T: an N is neither equal nor different. Identity is NaN where no column counts.
    """
    known = (SINGLE_BASE >= 0).astype(bool)
    both = known[queries][:, None, :] & known[references]
    equal = both & (queries[:, None, :] == references)
    overlap = both.sum(axis=2, dtype=np.int32)
    share = np.full(overlap.shape, np.nan, dtype=np.float32)
    np.divide(equal.sum(axis=2, dtype=np.float32), overlap, out=share, where=overlap > 0)
    return share, overlap
