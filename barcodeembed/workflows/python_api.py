"""The Python interface: ``from barcodeembed import load_model``."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.batches import Block, Limits, in_blocks, prepare
from barcodeembed.workflows.embedders import AnyEmbedder, open_embedder


class BarcodeModel:
    """A model that embeds sequences.

    >>> model = load_model()
    >>> vectors = model.embed(["AACTTTATATTTTATTTTTGGAGC...", ...])
    """

    def __init__(self, name: str, embedder: AnyEmbedder, limits: Limits) -> None:
        self.name = name
        self._embedder = embedder
        self._limits = limits

    @property
    def dim(self) -> int:
        """Width D of a vector."""
        return self._embedder.dim

    @property
    def fingerprint(self) -> str:
        """Hash of settings and weights: models with the same one give the same vectors."""
        return self._embedder.fingerprint

    def embed(self, sequences: Iterable[str]) -> NDArray[np.float32]:
        """Vectors float32 (N, D) of unit length, one for each sequence, in order.

        A sequence that cannot be embedded (see :meth:`status`) has a vector of NaN, as in an embedding file.
        """
        parts = [np.empty((0, self.dim), dtype=np.float32)]
        for block in self._blocks(sequences):
            vectors = np.full((len(block), self.dim), np.nan, dtype=np.float32)
            ok = block.ok
            vectors[ok] = self._embedder.embed(block.placements.rows(ok), [block.barcodes[i].sequence for i in ok])
            parts.append(vectors)
        return np.concatenate(parts)

    def status(self, sequences: Iterable[str]) -> list[str]:
        """``ok`` or the reason why a sequence is not embedded (``STATUSES`` in ``sequences.batches``)."""
        return [status for block in self._blocks(sequences) for status in block.status]

    def _blocks(self, sequences: Iterable[str]) -> Iterable[Block]:
        if isinstance(sequences, str):
            raise TypeError("give a list of sequences, not a single string")
        barcodes = (Barcode.from_raw(str(number), sequence) for number, sequence in enumerate(sequences, 1))
        return (prepare(block, self._embedder.anchor, self._limits) for block in in_blocks(barcodes, 256))


def load_model(
    name: str = "default",
    *,
    device: str = "auto",
    precision: str = "auto",
    batch_size: int = 0,
    threads: int = 0,
    min_length: int = Limits.min_length,
    max_ambiguous: float = Limits.max_ambiguous,
) -> BarcodeModel:
    """Load a model by name or by file.

    Raises
    ------
    ModelFileError
        if there is no such model.
    DeviceError
        if the device is not there.
    """
    embedder = open_embedder(name, device=device, precision=precision, batch_size=batch_size, threads=threads)
    return BarcodeModel(name, embedder, Limits(min_length, max_ambiguous))
