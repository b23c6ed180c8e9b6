"""Find the nearest reference by identity on barcode columns, with products of matrices: no model and no alignment
program.

Letters in shapes: Q queries, N references, C columns, K neighbours, n barcodes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from barcodeembed.sequences.codes import ONE_HOT, SINGLE_BASE

MIN_COVERED = 0.5
"""Least share of the query's known columns that a reference must cover, because a few shared bases prove nothing."""

QUERY_BLOCK = 256
REFERENCE_BLOCK = 4096
"""Number of references in one matrix product: 256 x 4,096 results over 4 x 658 inputs need about 50 MB."""


def one_hot(columns: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Turn codes (n, C) into (n, 4 C) zeros and ones. A column without one of A, C, G, T is all zero."""
    single = np.where((SINGLE_BASE >= 0)[columns], columns, 0)
    return ONE_HOT[single].reshape(len(columns), -1)


def known(columns: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return (n, C): 1 where the column has one of A, C, G, T, else 0."""
    return (SINGLE_BASE >= 0)[columns].astype(np.float32)


def nearest(
    queries: NDArray[np.uint8], references: NDArray[np.uint8], k: int = 1, min_overlap: float = MIN_COVERED
) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.int64]]:
    """Return identity, overlap and row (Q, K) of the nearest references; NaN, 0 and -1 where there are fewer than K.

    Identity is the share of equal bases over the columns in which both have one of A, C, G, T. Among references of
    equal identity, the one with more columns in common comes first, then the earlier one.
    """
    shape = (len(queries), k)
    identity = np.full(shape, np.nan, dtype=np.float32)
    overlap = np.zeros(shape, dtype=np.int32)
    rows = np.full(shape, -1, dtype=np.int64)
    for start in range(0, len(queries), QUERY_BLOCK):
        part = slice(start, start + QUERY_BLOCK)
        _nearest_block(queries[part], references, min_overlap, identity[part], overlap[part], rows[part])
    return identity, overlap, rows


def _nearest_block(
    queries: NDArray[np.uint8],
    references: NDArray[np.uint8],
    min_overlap: float,
    identity: NDArray[np.float32],
    overlap: NDArray[np.int32],
    rows: NDArray[np.int64],
) -> None:
    """Fill in the results for a block of queries, one block of references after another."""
    k = identity.shape[1]
    bases, there = one_hot(queries), known(queries)
    least = np.maximum(min_overlap * there.sum(axis=1, keepdims=True), 1)
    best = np.full(identity.shape, -1.0)  # identity, plus a small bonus for overlap
    for start in range(0, len(references), REFERENCE_BLOCK):
        block = references[start : start + REFERENCE_BLOCK]
        shared = there @ known(block).T  # (q, n)
        equal = bases @ one_hot(block).T
        share = np.divide(equal, shared, out=np.full(shared.shape, -1.0), where=shared >= least, dtype=np.float64)
        # Two different identities over at most C columns differ by more than 1 / C².
        rank = np.where(share >= 0, share + 0.5 * shared / queries.shape[1] ** 3, -1.0)
        near = np.argsort(-rank, axis=1, kind="stable")[:, :k] if k > 1 else rank.argmax(axis=1)[:, None]
        rank = np.concatenate([best, np.take_along_axis(rank, near, axis=1)], axis=1)
        merged = [
            np.concatenate([old, np.take_along_axis(new, near, axis=1)], axis=1)
            for old, new in ((identity, share.astype(np.float32)), (overlap, shared.astype(np.int32)))
        ]
        place = np.concatenate([rows, near + start], axis=1)
        order = np.argsort(-rank, axis=1, kind="stable")[:, :k]
        best[:] = np.take_along_axis(rank, order, axis=1)
        identity[:], overlap[:] = (np.take_along_axis(both, order, axis=1) for both in merged)
        rows[:] = np.take_along_axis(place, order, axis=1)
    nothing = best < 0
    identity[nothing], overlap[nothing], rows[nothing] = np.nan, 0, -1
