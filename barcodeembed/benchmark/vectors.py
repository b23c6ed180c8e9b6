"""Make the vectors of a benchmark's barcodes with the code that ``embed`` uses. They are made once and kept under the
fingerprint of the model; a run that was stopped goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from barcodeembed.benchmark.folder import slug
from barcodeembed.embeddings.reader import EmbeddingStore
from barcodeembed.errors import UsageError
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.batches import Limits
from barcodeembed.version import __version__
from barcodeembed.workflows.embed import embed_files
from barcodeembed.workflows.embedders import AnyEmbedder, Machine, open_embedder
from barcodeembed.workflows.embedding import Embedded, embedded_blocks

Floats = TypeVar("Floats", np.float32, np.float64)

MEAN = ":mean"
"""Ending of a model's name that asks for the masked mean of its tokens, as published, instead of its own pooling."""

LIMITS = Limits(min_length=20, max_ambiguous=1.0)
"""Limits that let nearly every barcode through, because the published protocols leave out none."""

_TRIAL = 64


@dataclass(frozen=True)
class Encoder:
    """An embedder under the name that the user gave it."""

    name: str
    embedder: AnyEmbedder

    @property
    def slug(self) -> str:
        """The name as it stands in names of files (:func:`~barcodeembed.benchmark.folder.slug`)."""
        return slug(self.label)

    @property
    def label(self) -> str:
        """The name of the encoder's row in a table."""
        return self.label_of(self.name)

    @staticmethod
    def label_of(name: str) -> str:
        """Return the label of an encoder from the name that the user gave it."""
        base = Path(name.removesuffix(MEAN)).stem
        return f"{base}, masked mean" if name.endswith(MEAN) else base

    @property
    def identity(self) -> str:
        """Everything that the vectors depend on besides the barcodes: model, precision, and version of this program."""
        return f"{self.embedder.fingerprint}-{self.embedder.precision}-{__version__}"

    @property
    def weights(self) -> int:
        """Number of weights in the encoder; 0 for a k-mer profile."""
        encoder = getattr(self.embedder, "encoder", None)
        return sum(tensor.numel() for tensor in encoder.parameters()) if encoder else 0

    def file(self, folder: Path, name: str) -> Path:
        """Return the path at which the vectors of a table of this name are kept."""
        return folder / f"{self.slug}-{self.identity}" / f"{name}.h5"

    def per_second(self, sequences: list[str]) -> float:
        """Return how many barcodes are placed and embedded per second, measured on these few."""
        started = time.monotonic()
        barcodes = [Barcode(str(i), sequence) for i, sequence in enumerate(sequences[:_TRIAL])]
        blocks: Iterator[Embedded[None]] = embedded_blocks(barcodes, self.embedder, LIMITS)
        done = sum(len(found.new) for found in blocks)
        return done / max(time.monotonic() - started, 1e-9) if done else float("nan")

    def vectors(
        self, table: Path, folder: Path, on_progress: Callable[[int], None] = lambda rows: None
    ) -> NDArray[np.float32]:
        """Return the vectors (N, D) of a table of barcodes, NaN for one that could not be embedded. Vectors that are
        kept already are read.

        Raises
        ------
        Terminated
            after SIGTERM; finished work is kept.
        """
        output = self.file(folder, table.stem)
        output.parent.mkdir(parents=True, exist_ok=True)
        if not output.exists():
            embed_files(
                [table], output, self.embedder, model=self.name, limits=LIMITS, resume=True, on_progress=on_progress
            )
        with EmbeddingStore(output) as store:
            return store.vectors()


def open_encoder(name: str, *, device: str = "auto", threads: int = 0) -> Encoder:
    """Return the encoder with this name or file; ``NAME:mean`` asks for the masked mean of its tokens.

    Raises
    ------
    ModelFileError, DeviceError, UsageError
        as :func:`barcodeembed.workflows.embedders.open_embedder` says.
    """
    if not name.endswith(MEAN):
        return Encoder(name, open_embedder(name, Machine(device, threads=threads)))
    from barcodeembed.model.embedder import Embedder, set_threads
    from barcodeembed.model.training.probe import mean_pooled
    from barcodeembed.model.zoo import load

    if threads:
        set_threads(threads)
    return Encoder(name, Embedder(mean_pooled(load(name.removesuffix(MEAN))), device=device))


def open_encoders(names: Sequence[str], *, device: str = "auto", threads: int = 0) -> list[Encoder]:
    """Return the encoders with these names, each of which becomes a row of the results.

    Raises
    ------
    UsageError
        if two of them would have the same row: a row has the name of the file without its folder.
    """
    given: dict[str, str] = {}
    for name in names:
        label = Encoder.label_of(name)
        if label in given:
            raise UsageError(f"--model {name}: {given[label]} is the row {label!r} already; give the file another name")
        given[label] = name
    return [open_encoder(name, device=device, threads=threads) for name in names]


def nearest_by_cosine(
    queries: NDArray[Floats], references: NDArray[Floats]
) -> tuple[NDArray[Floats], NDArray[np.int64]]:
    """Return cosine and row (Q,) of the nearest of N references (unit vectors); the first one if several are equal.

    The cosine is computed in the precision of the vectors: if all point almost the same way, single precision cannot
    tell them apart. References with NaN are passed over. A query with NaN gets NaN and row -1.
    """
    cosine = np.full(len(queries), -np.inf, dtype=queries.dtype)
    rows = np.full(len(queries), -1, dtype=np.int64)
    for start in range(0, len(references), 8192):
        block = references[start : start + 8192]
        missing = np.isnan(block[:, 0])
        block = np.nan_to_num(block)
        for begin in range(0, len(queries), 1024):
            part = slice(begin, begin + 1024)
            products = queries[part] @ block.T
            products[:, missing] = -np.inf
            place = products.argmax(axis=1)
            best = np.take_along_axis(products, place[:, None], axis=1)[:, 0]
            better = best > cosine[part]
            cosine[part][better], rows[part][better] = best[better], place[better] + start
    cosine[rows < 0] = np.nan
    return cosine, rows
