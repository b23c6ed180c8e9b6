"""Make fragments and noisy copies of references, embedded as reads would be; calibration learns short and noisy queries
from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from barcodeembed.classify.calibration import BANDS
from barcodeembed.classify.fitting.holdout import Queries
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.batches import Limits
from barcodeembed.sequences.codes import decode
from barcodeembed.sequences.noise import ERROR_KINDS, with_errors
from barcodeembed.workflows.embedders import AnyEmbedder
from barcodeembed.workflows.embedding import Embedded, embedded_blocks

FRAGMENT_LENGTHS = BANDS[:-1]
"""Lengths, in columns, of the fragments from which calibration learns short queries."""

FRAGMENTS = 1500
"""Number of references of which fragments of each length are made."""

NOISY = 1500
"""Number of references of which a copy with errors is made. More make an index slower and the models no better."""

RATES = (0.003, 0.006, 0.01, 0.02, 0.03, 0.05)
"""Errors per base in these copies: from good Sanger reads to raw Nanopore reads."""

KINDS = ("mixed", "mixed", "substitutions")
"""Kinds of errors; each is used for a third of the copies."""

MIN_SHARE = 0.8
"""Least share of a fragment's columns that must have a base."""


def cut_fragments(
    columns: NDArray[np.uint8],
    embedder: AnyEmbedder,
    *,
    n: int = FRAGMENTS,
    seed: int = 0,
    check: Callable[[], None] = lambda: None,
) -> dict[int, Queries]:
    """Return, by length, embedded fragments of a sample of references, as short reads of them would be.

    Each fragment lies at a random place of its reference, so that every part of the barcode occurs.
    """
    rng = np.random.default_rng(seed)
    fragments = {}
    for length in FRAGMENT_LENGTHS:
        rows = np.sort(rng.permutation(len(columns))[:n])
        rows, bases = _cut_out(columns, rows, length, rng)
        embedded = _embedded(rows, [_bases(one) for one in bases], embedder, check)
        if len(embedded.rows):
            fragments[length] = embedded
    return fragments


def noisy_copies(
    columns: NDArray[np.uint8],
    embedder: AnyEmbedder,
    *,
    n: int = NOISY,
    seed: int = 1,
    check: Callable[[], None] = lambda: None,
) -> dict[int, Queries]:
    """Return, by length, embedded copies of a sample of references with sequencing errors: ``n`` whole ones, and a
    third as many of each shorter length.

    Each copy has one of ``RATES`` and errors of one of ``KINDS``.
    """
    rng = np.random.default_rng(seed)
    copies = {}
    for length in BANDS:
        whole = length == BANDS[-1]
        rows = np.sort(rng.permutation(len(columns))[: n if whole else n // 3])
        rows, bases = (rows, columns[rows]) if whole else _cut_out(columns, rows, length, rng)
        rates, kinds = rng.choice(RATES, len(rows)), rng.choice(KINDS, len(rows))
        noisy = zip(bases, rates, kinds, strict=True)
        reads = [with_errors(_bases(one), rate, ERROR_KINDS[kind], rng)[0] for one, rate, kind in noisy]
        embedded = _embedded(rows, reads, embedder, check)
        if len(embedded.rows):
            copies[length] = embedded
    return copies


def _bases(columns: NDArray[np.uint8]) -> str:
    return decode(columns).replace("-", "")


def _embedded(
    rows: NDArray[np.int64], reads: Sequence[str], embedder: AnyEmbedder, check: Callable[[], None]
) -> Queries:
    """Embed reads and return those that can be embedded; ``rows`` (n,) says which reference each is made of."""
    kept = [np.zeros(0, dtype=np.int64)]
    columns, vectors, start = [], [], 0
    barcodes = [Barcode(str(number), read) for number, read in enumerate(reads)]
    blocks: Iterator[Embedded[None]] = embedded_blocks(barcodes, embedder, Limits(), check=check)
    for found in blocks:
        kept.append(rows[start + found.new])
        columns.append(found.block.placements.columns[found.new])
        vectors.append(found.vectors)
        start += len(found.block)
    if not columns:
        return Queries(kept[0], np.zeros((0, 0), dtype=np.uint8), np.zeros((0, embedder.dim), dtype=np.float32))
    return Queries(np.concatenate(kept), np.concatenate(columns), np.concatenate(vectors))


def _cut_out(
    columns: NDArray[np.uint8], rows: NDArray[np.int64], length: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Return which of these references have a fragment of that many columns, and the fragments (n, C)."""
    bases = np.zeros((len(rows), columns.shape[1]), dtype=np.uint8)
    fit = np.zeros(len(rows), dtype=bool)
    for i, row in enumerate(rows):
        covered = np.flatnonzero(columns[row])
        if not len(covered) or covered[-1] - covered[0] + 1 < length:
            continue
        start = int(rng.integers(covered[0], covered[-1] - length + 2))
        bases[i, start : start + length] = columns[row, start : start + length]
        fit[i] = (bases[i] > 0).sum() >= MIN_SHARE * length
    return rows[fit], bases[fit]
