"""Open an embedder by its name (a model that ships, a model file, or a k-mer profile, which needs no torch), or the one
of a library."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from barcodeembed.embeddings.bounded_memory import check_allowed_memory
from barcodeembed.errors import UnknownModelError, UsageError
from barcodeembed.model.config import check_names
from barcodeembed.model.kmer_profile import BASELINES, KmerProfileEmbedder
from barcodeembed.sequences.placement.anchor import Anchor
from barcodeembed.sequences.placement.placements import Placements

if TYPE_CHECKING:
    from barcodeembed.library.reference_library import ReferenceLibrary  # loads FAISS, which "embed" does not need


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


_MEMORY_OF_TORCH = 768 << 20  # bytes, of addresses, that torch and a model need to load
_LARGEST_BATCH = 1 << 20  # 30 times what fills a GPU; blocks of the journal are as large, and held in memory

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
    if machine.batch_size > _LARGEST_BATCH:
        raise UsageError(f"--batch-size {machine.batch_size}: {_LARGEST_BATCH:,} is the largest that can be asked for")
    if name in BASELINES:
        if machine.device not in ("auto", "cpu") or machine.precision not in ("auto", "fp32"):
            raise UsageError(f"{name} counts k-mers on the CPU: leave out --device and --precision")
        return KmerProfileEmbedder(BASELINES[name])
    check_allowed_memory(_MEMORY_OF_TORCH)
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


def open_library_embedder(library: ReferenceLibrary, model: str, machine: Machine) -> AnyEmbedder:
    """Return the embedder of a library: the model of this name or file, or without one that of the library's own name.

    The default model changes from version to version, under one name. If an earlier one that the library was made with
    still ships, under a name of its own, it is that one.

    Raises
    ------
    UnknownModelError, MismatchError
        if there is no such model, or if it is not the one that the library was made with.
    ModelFileError, DeviceError, UsageError
        as :func:`open_embedder` says.
    """
    name = model or library_model(library)
    try:
        if not model and os.path.basename(name) != name:
            raise UnknownModelError("no model has a path for a name")  # a library may come from anybody
        embedder = open_embedder(name, machine)
    except UnknownModelError as error:
        if model:
            raise
        made = f"library {library.name} was made with model {name} ({library.manifest['model_fingerprint']})"
        raise UnknownModelError(f"{made}, which is not known by that name: give its file with --model FILE") from error
    if not model and embedder.fingerprint != library.manifest["model_fingerprint"]:
        embedder = earlier_default(library.manifest["model_fingerprint"], name, machine) or embedder
    library.check_model(name, embedder.fingerprint)
    return embedder


def earlier_default(fingerprint: str, name: str, machine: Machine) -> AnyEmbedder | None:
    """Return the model of this fingerprint, which had the name of today's default, if it ships under another."""
    from barcodeembed.model.zoo import DEFAULT, SHIPPED, load

    earlier = [other for other in SHIPPED if other != DEFAULT] if name == DEFAULT else []
    found = next((other for other in earlier if load(other).fingerprint == fingerprint), None)
    return open_embedder(found, machine) if found else None


def library_model(library: ReferenceLibrary) -> str:
    """Return the name of the model that a library was made with, as ``--model`` takes it."""
    return str(library.manifest["model"])
