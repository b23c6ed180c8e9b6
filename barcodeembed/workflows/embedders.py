"""Open an embedder by name: a model that ships, a model file, or a k-mer profile (which needs no torch)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
    placing_processes: int
    """Number of processes that place reads for it; 0: none beside its own."""

    def embed(self, placements: Placements, sequences: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors (B, D), of unit length."""


@dataclass(frozen=True)
class Machine:
    """On what a model computes, and how."""

    device: str = "auto"
    """``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``."""
    precision: str = "auto"
    """``auto``, ``fp32``, ``bf16`` or ``int8``."""
    batch_size: int = 0
    """Number of barcodes that the model takes at once; 0: as many as suit the device."""
    threads: int = 0
    """Number of threads; 0 leaves the choice to the numerical libraries."""
    one_process: bool = False
    """Whether reads for a GPU are placed by this process alone. Python programs need that: processes that are started
    anew would run the user's script again."""


THIS_MACHINE = Machine()
"""What suits the machine that the program runs on."""


def open_embedder(name: str, machine: Machine = THIS_MACHINE) -> AnyEmbedder:
    """Return the embedder of that name, which computes as ``machine`` says.

    Raises
    ------
    ModelFileError, DeviceError, UsageError
        as :mod:`barcodeembed.model.zoo` and :mod:`barcodeembed.model.embedder` say.
    """
    check_names(machine.device, machine.precision)
    if name in BASELINES:
        if machine.device not in ("auto", "cpu") or machine.precision not in ("auto", "fp32"):
            raise UsageError(f"{name} counts k-mers on the CPU: leave out --device and --precision")
        return KmerProfileEmbedder(BASELINES[name])
    from barcodeembed.model.embedder import Embedder, set_threads
    from barcodeembed.model.zoo import load

    if machine.threads:
        set_threads(machine.threads)
    found = Embedder(
        load(name, BASELINES), device=machine.device, precision=machine.precision, batch_size=machine.batch_size
    )
    if machine.one_process:
        found.placing_processes = 0
    return found
