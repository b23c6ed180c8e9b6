"""The Python interface: ``from barcodeembed import load_model``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.batches import Limits, in_blocks, prepare
from barcodeembed.workflows.embedders import AnyEmbedder, open_embedder
from barcodeembed.workflows.embedding import BLOCK, AllVectors, embedded_blocks


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
        memory = AllVectors(self.dim)
        for found in embedded_blocks(_barcodes(sequences), self._embedder, self._limits, memory=memory):
            memory.add(found, np.arange(len(found.block)))
        return memory.vectors()

    def status(self, sequences: Iterable[str]) -> list[str]:
        """``ok`` or the reason why a sequence is not embedded (``STATUSES`` in ``sequences.batches``)."""
        blocks = in_blocks(_barcodes(sequences), BLOCK)
        return [status for some in blocks for status in prepare(some, self._embedder.anchor, self._limits).status]


def _barcodes(sequences: Iterable[str]) -> Iterator[Barcode]:
    if isinstance(sequences, str):
        raise TypeError("give a list of sequences, not a single string")
    return (Barcode.from_raw(str(number), sequence) for number, sequence in enumerate(sequences, 1))


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
