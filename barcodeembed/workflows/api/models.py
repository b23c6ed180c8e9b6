"""Models in Python: load one, and make vectors of sequences."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from barcodeembed.sequences.batches import Limits, in_blocks, prepare
from barcodeembed.workflows import embedding
from barcodeembed.workflows.api.given import Given, barcodes_given, model_given, words_of_python
from barcodeembed.workflows.embedders import AnyEmbedder, Machine, open_embedder
from barcodeembed.workflows.embedding import AllVectors, embedded_blocks


class BarcodeModel:
    """A model that makes vectors of sequences. Made by :func:`load_model`.

    Attributes
    ----------
    name
        as it was asked for.

    Examples
    --------
    >>> model = load_model()
    >>> vectors = model.embed(["AACTTTATATTTTATTTTTGGAGCTTGATCAGG..."])
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

    def embed(self, sequences: Iterable[Given]) -> NDArray[np.float32]:
        """Make a vector of each sequence; identical ones are computed once.

        Parameters
        ----------
        sequences
            N sequences: text, ``Bio.SeqRecord`` or pairs of id and sequence.

        Returns
        -------
        numpy.ndarray
            float32 (N, D), of unit length, in order: the product of two vectors is their cosine. A sequence that cannot
            be embedded (see :meth:`status`) has a vector of NaN, as in an embedding file.

        Raises
        ------
        UsageError
            if ``sequences`` is no list of sequences, or holds something that is no sequence.
        """
        memory = AllVectors(self.dim)
        for found in embedded_blocks(barcodes_given(sequences), self._embedder, self._limits, memory=memory):
            memory.add(found, np.arange(len(found.block)))
        return memory.vectors()

    def status(self, sequences: Iterable[Given]) -> list[str]:
        """Say of each sequence whether it can be embedded.

        Parameters
        ----------
        sequences
            as for :meth:`embed`.

        Returns
        -------
        list of str
            ``ok``, or the reason why not: ``too_short``, ``too_ambiguous``, ``not_coi`` or ``not_dna``.
        """
        blocks = in_blocks(barcodes_given(sequences), embedding.BLOCK)
        return [status for some in blocks for status in prepare(some, self._embedder.anchor, self._limits).status]


@words_of_python()
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
    """Load a model.

    Parameters
    ----------
    name
        of a model that ships (``barcodeembed models list``), or its file.
    device
        ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.
    precision
        ``auto``, ``fp32``, ``bf16`` or ``int8``.
    batch_size
        barcodes that go through the model at once; 0: as many as suit the device.
    threads
        0 leaves the choice to the libraries.
    min_length
        bases, and bases on the barcode region, that a sequence must have.
    max_ambiguous
        largest share of its bases that may not be A, C, G or T, between 0 and 1.

    Returns
    -------
    BarcodeModel
        ready to embed.

    Raises
    ------
    ModelFileError, UsageError
        if there is no such model, or ``name`` is no name.
    DeviceError
        if the device is not there.

    Examples
    --------
    >>> model = load_model("default", device="cpu")
    """
    name = model_given(name)
    embedder = open_embedder(name, Machine(device, precision, batch_size, threads, one_process=True))
    return BarcodeModel(name, embedder, Limits(min_length, max_ambiguous))
