"""Identity of two barcodes: a comparison of their columns, without alignment.

Letters in shapes: Q queries, K references of each, C columns.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from barcodeembed.sequences.codes import ONE_HOT, SINGLE_BASE


def identity(
    queries: NDArray[np.uint8], references: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return the share of equal bases and the number of columns compared, both (Q, K).

    ``queries`` is (Q, C) and ``references`` (Q, K, C), both IUPAC codes. Only columns count in which both have one of
    A, C, G, T: an N is neither equal nor different. The share is NaN where no column counts.
    """
    known = (SINGLE_BASE >= 0).astype(bool)
    both = known[queries][:, None, :] & known[references]
    equal = both & (queries[:, None, :] == references)
    overlap = both.sum(axis=2, dtype=np.int32)
    share = np.full(overlap.shape, np.nan, dtype=np.float32)
    np.divide(equal.sum(axis=2, dtype=np.float32), overlap, out=share, where=overlap > 0)
    return share, overlap


def identity_between(queries: NDArray[np.uint8], references: NDArray[np.uint8], least: int) -> NDArray[np.float32]:
    """Return the share of equal bases between each two references of a query (Q, K, K), on the columns that the query
    covers.

    Shapes and columns that count are as in :func:`identity`. The share is NaN where fewer than ``least`` columns count.
    """
    n_queries, k, _ = references.shape
    share = np.full((n_queries, k, k), np.nan, dtype=np.float32)
    single = np.where(SINGLE_BASE >= 0, np.arange(16, dtype=np.uint8), 0)
    for query in range(n_queries):
        codes = single[references[query][:, single[queries[query]] > 0]]
        # Neighbours are alike in about half of the columns: these count the same for every pair, and cost no product.
        alike = (codes == codes[0]).all(axis=0)
        shared = np.float32(np.count_nonzero(codes[0, alike]))
        varied = codes[:, ~alike]
        one_hot, known = ONE_HOT[varied].reshape(k, -1), (varied > 0).astype(np.float32)
        compared = known @ known.T + shared
        np.divide(one_hot @ one_hot.T + shared, compared, out=share[query], where=compared >= max(least, 1))
    return share
