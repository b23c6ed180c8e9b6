"""The k-mer profile: counts of overlapping k-mers as a vector. It needs no model and no torch; a baseline for tests and
benchmarks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from barcodeembed.sequences.codes import SINGLE_BASE
from barcodeembed.sequences.placement.anchor import Anchor, shipped_anchor
from barcodeembed.sequences.placement.placements import Placements


class KmerProfileEmbedder:
    """Embeds placed barcodes as counts of k-mers on the forward strand, scaled to unit length.

    K-mers with an ambiguous base are left out. The interface is that of the model's ``Embedder``.
    """

    device_note = ""
    device_type = "cpu"
    precision = "fp32"
    batch_size = 256
    placing_processes = 0

    def __init__(self, k: int) -> None:
        self.k = k
        self.dim = 4**k
        self.fingerprint = f"kmer{k}"

    @property
    def anchor(self) -> Anchor:
        """Places reads on the COI profile, so that k-mers are counted on the forward strand of the barcode region."""
        return shipped_anchor()

    def embed(self, placements: Placements, sequences: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors (B, 4**k), of unit length; zero for a barcode without any unambiguous k-mer."""
        digits = SINGLE_BASE[placements.columns].astype(np.int64)  # (B, C)
        windows = np.lib.stride_tricks.sliding_window_view(digits, self.k, axis=1)  # (B, C - k + 1, k)
        ids = windows @ 4 ** np.arange(self.k - 1, -1, -1)
        ids[(windows < 0).any(axis=2)] = self.dim
        counts = np.zeros((len(ids), self.dim), dtype=np.int64)
        for row, kmers in zip(counts, ids, strict=True):
            row[:] = np.bincount(kmers, minlength=self.dim + 1)[: self.dim]
        lengths = np.sqrt((counts.astype(np.float32) ** 2).sum(axis=1, keepdims=True))
        return (counts / np.maximum(lengths, 1)).astype(np.float32)


BASELINES = {f"kmer{k}": k for k in (4, 5, 6)}
"""Names that ``--model`` accepts beside those of the zoo."""
