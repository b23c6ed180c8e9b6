"""Pieces of references, embedded as short reads of them would be: calibration learns short queries on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from barcodeembed.classify.calibration import BANDS
from barcodeembed.classify.holdout import Fragments
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.batches import Limits
from barcodeembed.sequences.codes import decode
from barcodeembed.workflows.embedders import AnyEmbedder
from barcodeembed.workflows.embedding import Embedded, embedded_blocks

FRAGMENT_LENGTHS = BANDS[:-1]
"""Columns of the fragments on which calibration learns short queries."""

FRAGMENTS = 1500
"""References that are cut to each of these lengths, at a place of their own."""

MIN_SHARE = 0.8
"""Share of a fragment's columns that must hold a base."""


def cut_fragments(
    columns: NDArray[np.uint8],
    embedder: AnyEmbedder,
    *,
    n: int = FRAGMENTS,
    seed: int = 0,
    check: Callable[[], None] = lambda: None,
) -> dict[int, Fragments]:
    """Embed pieces of a sample of references, as short reads of them would be.

    Each piece lies at a random place of its reference, so that every part of the barcode is met.
    """
    rng = np.random.default_rng(seed)
    pieces = {}
    for length in FRAGMENT_LENGTHS:
        rows = np.sort(rng.permutation(len(columns))[:n])
        rows, cut = _cut(columns, rows, length, rng)
        parts, vectors = [], []
        reads = [Barcode(str(i), decode(piece).replace("-", "")) for i, piece in enumerate(cut)]
        start = 0
        blocks: Iterator[Embedded[None]] = embedded_blocks(reads, embedder, Limits(), check=check)
        for found in blocks:
            at = start + found.new
            parts.append(rows[at])
            vectors.append(found.vectors)
            cut[at] = found.block.placements.columns[found.new]
            start += len(found.block)
        if parts and len(kept := np.concatenate(parts)):
            place = np.isin(rows, kept)
            pieces[length] = Fragments(kept, cut[place], np.concatenate(vectors))
    return pieces


def _cut(
    columns: NDArray[np.uint8], rows: NDArray[np.int64], length: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Which of these references have a piece of that many columns, and the pieces (n, C)."""
    cut = np.zeros((len(rows), columns.shape[1]), dtype=np.uint8)
    fit = np.zeros(len(rows), dtype=bool)
    for i, row in enumerate(rows):
        covered = np.flatnonzero(columns[row])
        if not len(covered) or covered[-1] - covered[0] + 1 < length:
            continue
        start = int(rng.integers(covered[0], covered[-1] - length + 2))
        cut[i, start : start + length] = columns[row, start : start + length]
        fit[i] = (cut[i] > 0).sum() >= MIN_SHARE * length
    return rows[fit], cut[fit]
