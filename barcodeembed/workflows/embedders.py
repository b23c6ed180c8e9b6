"""Open an embedder by name: a model that ships, a model file, or a k-mer profile (which needs no torch)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from barcodeembed.errors import UsageError
from barcodeembed.model.config import check_names
from barcodeembed.model.kmer_profile import BASELINES, KmerProfileEmbedder
from barcodeembed.sequences.placement.anchor import Anchor
from barcodeembed.sequences.placement.placements import Placements


class AnyEmbedder(Protocol):
    """The interface of embedders, as far as the workflows use it."""

    @property
    def dim(self) -> int:
        """Width D of a vector."""

    @property
    def anchor(self) -> Anchor | None:
        """Places the reads; None if they are not placed."""

    fingerprint: str
    device_type: str
    device_note: str
    precision: str
    batch_size: int

    def embed(self, placements: Placements, sequences: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors (B, D), of unit length."""


def open_embedder(
    name: str, *, device: str = "auto", precision: str = "auto", batch_size: int = 0, threads: int = 0
) -> AnyEmbedder:
    """Return the embedder of that name; with ``threads`` 0, the numerical libraries choose their number of threads.

    Raises
    ------
    ModelFileError, DeviceError, UsageError
        as :mod:`barcodeembed.model.zoo` and :mod:`barcodeembed.model.embedder` say.
    """
    check_names(device, precision)
    if name in BASELINES:
        if device not in ("auto", "cpu") or precision not in ("auto", "fp32"):
            raise UsageError(f"{name} counts k-mers on the CPU: leave out --device and --precision")
        return KmerProfileEmbedder(BASELINES[name])
    from barcodeembed.model.embedder import Embedder, set_threads
    from barcodeembed.model.zoo import load

    if threads:
        set_threads(threads)
    return Embedder(load(name), device=device, precision=precision, batch_size=batch_size)
