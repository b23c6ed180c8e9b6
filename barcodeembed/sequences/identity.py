"""Identity of two barcodes: a comparison of their columns, without alignment.

Letters in shapes: Q queries, K references of each, C columns.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from barcodeembed.sequences.codes import single_bases

_BASES = np.array([1, 2, 4, 8], dtype=np.uint8)[:, None]
_NO_CODE = np.uint8(255)
_AT_ONCE = 1 << 20  # codes that are compared at once, so that they stay in the processor's cache


def identity(
    queries: NDArray[np.uint8], references: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return the share of equal bases and the number of columns compared, both (Q, K).

    ``queries`` is (Q, C) and ``references`` (Q, K, C), both IUPAC codes. Only columns count in which both have one of
    A, C, G, T: an N is neither equal nor different. The share is NaN where no column counts.
    """
    share = np.full(references.shape[:2], np.nan, dtype=np.float32)
    overlap = np.zeros(references.shape[:2], dtype=np.int32)
    step = max(1, _AT_ONCE // max(1, references[:1].size))
    for start in range(0, len(references), step):
        part = slice(start, start + step)
        own, other = single_bases(queries[part])[:, None, :], single_bases(references[part])
        overlap[part] = _number((own > 0) & (other > 0))
        equal = _number(other == np.where(own > 0, own, _NO_CODE))
        np.divide(equal.astype(np.float32), overlap[part], out=share[part], where=overlap[part] > 0)
    return share, overlap


def _number(true: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return how many values along the last axis are true."""
    return np.asarray(np.bitwise_count(np.packbits(true, axis=-1)).sum(axis=-1, dtype=np.int32))


def identity_between(queries: NDArray[np.uint8], references: NDArray[np.uint8], least: int) -> NDArray[np.float32]:
    """Return the share of equal bases between each two references of a query (Q, K, K), on the columns that the query
    covers.

    Shapes and columns that count are as in :func:`identity`. The share is NaN where fewer than ``least`` columns count.
    """
    n_queries, k, _ = references.shape
    share = np.full((n_queries, k, k), np.nan, dtype=np.float32)
    covered = single_bases(queries) > 0
    for query in range(n_queries):
        codes = single_bases(references[query]) * covered[query]
        # Neighbours are alike in about half of the columns: these count the same for every pair, and cost no product.
        varied = codes[:, (codes != codes[0]).any(axis=0)]
        shared = np.float32(np.count_nonzero(codes[0]) - np.count_nonzero(varied[0]))
        one_hot = (varied[:, None, :] == _BASES).reshape(k, -1).astype(np.float32)
        known = varied > 0
        some = known[:, ~known.all(axis=0)].astype(np.float32)  # the columns that not all neighbours have
        compared = some @ some.T + (shared + np.float32(varied.shape[1] - some.shape[1]))
        np.divide(one_hot @ one_hot.T + shared, compared, out=share[query], where=compared >= max(least, 1))
    return share


def identities(ours: NDArray[np.uint8], theirs: NDArray[np.uint8], least: int) -> NDArray[np.float32]:
    """Return the share of equal bases (n, m) between each of n barcodes (n, C) and each of m others (m, C).

    Columns count as in :func:`identity`. The share is -1 where fewer than ``least`` columns count.
    """
    share, overlap = identity(ours, np.broadcast_to(theirs, (len(ours), *theirs.shape)))
    return np.where(overlap >= least, share, np.float32(-1))
