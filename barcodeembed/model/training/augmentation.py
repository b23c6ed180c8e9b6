"""Change placed barcodes at random, so that an encoder also learns from fragments, errors and other frames.

Chance is given as numbers, never drawn here: the step that asks decides them for the whole batch
(:mod:`~barcodeembed.model.training.examples`). Letters in shapes: n barcodes, C columns.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from barcodeembed.sequences.codes import SINGLE_BASE, Codes


def cropped(columns: Codes, chance: NDArray[np.float64], share: float, lengths: tuple[int, int]) -> Codes:
    """Return placed barcodes (n, C), of which about ``share`` are cropped to one stretch of columns, as fragments.

    The stretch has ``lengths[0]`` to ``lengths[1]`` columns and lies anywhere in the barcode; a barcode that is shorter
    stays as it is. ``chance`` (n, 3), numbers between 0 and 1, decides whether, how long and where.
    """
    is_cut, length, place = chance.T[:, :, None]
    covered = columns > 0
    first = covered.argmax(axis=1)[:, None]
    span = columns.shape[1] - covered[:, ::-1].argmax(axis=1)[:, None] - first
    size = lengths[0] + (length * (lengths[1] - lengths[0] + 1)).astype(np.int64)
    start = first + (place * (span - size + 1).clip(min=1)).astype(np.int64)
    column = np.arange(columns.shape[1])
    gone = (is_cut < share) & (size < span) & ((column < start) | (column >= start + size))
    return np.where(gone, np.uint8(0), columns)


def with_substitutions(columns: Codes, chance: NDArray[np.float32], rates: NDArray[np.float64]) -> Codes:
    """Return placed barcodes (n, C) of which about ``rates`` (n,) of the bases are read as another base.

    ``chance`` (n, C), numbers between 0 and 1, decides where, and which other base. Ambiguous bases stay as they are.
    """
    share = chance / np.maximum(rates, 1e-9)[:, None]
    # Where the number is below the rate, its share of the rate (0 to 1) says how many bases further in A, C, G, T.
    further = 1 + (np.minimum(share, 0.999) * 3).astype(np.uint8)
    at = SINGLE_BASE[columns]
    other = (np.uint8(1) << ((at.astype(np.uint8) + further) & 3)).astype(np.uint8)
    return np.where((share < 1) & (at >= 0), other, columns)


def without_first(columns: Codes, numbers: NDArray[np.int64]) -> Codes:
    """Return placed barcodes (n, C) without the first ``numbers`` (n,) covered columns of each, as if read from a later
    base."""
    if not numbers.any():
        return columns
    first = (columns > 0).argmax(axis=1) + numbers
    return np.where(np.arange(columns.shape[1]) >= first[:, None], columns, np.uint8(0))
