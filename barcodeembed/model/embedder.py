"""The embedder: turns placed barcodes into unit vectors, and takes care of device, precision and batch size."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from barcodeembed.errors import DeviceError, UsageError
from barcodeembed.model.checkpoint import Checkpoint
from barcodeembed.model.config import check_names
from barcodeembed.model.encoder import BarcodeEncoder
from barcodeembed.sequences.batches import length_batches
from barcodeembed.sequences.placement.anchor import Anchor, shipped_anchor
from barcodeembed.sequences.placement.placements import Placements
from barcodeembed.sequences.tokenizers import Tokens

_AUTO_BATCH = {"cpu": 128, "cuda": 1024, "mps": 256}
"""Number of barcodes in a batch by kind of device (docs/benchmarks, "Speed"). On a CPU larger batches leave the cache;
a GPU needs many barcodes."""

_MOST_PLACING = 12
"""Largest number of processes that place reads for a GPU: more than these one process cannot feed with reads."""

_ROWS = 8
"""A batch is filled up to a multiple of this many barcodes. Of any other number the last rows of a matrix product are
summed in another order, and the last digit of a vector would depend on the barcodes beside it."""


class Embedder:
    """Turns barcodes into vectors of unit length with one model on one device."""

    def __init__(
        self, checkpoint: Checkpoint, *, device: str = "auto", precision: str = "auto", batch_size: int = 0
    ) -> None:
        check_names(device, precision)
        self.checkpoint = checkpoint
        self.config = checkpoint.config
        self.fingerprint = checkpoint.fingerprint
        self.device, self.device_note = choose_device(device)
        self.device_type = self.device.type
        self.precision = choose_precision(precision, self.device)
        self.batch_size = batch_size or _AUTO_BATCH[self.device.type]
        # On a CPU the encoder itself uses all threads.
        self.placing_processes = 0 if self.device.type == "cpu" else min(torch.get_num_threads() - 1, _MOST_PLACING)
        self.encoder = _prepare(checkpoint.encoder(), self.device, self.precision)

    @property
    def dim(self) -> int:
        """Width D of a vector."""
        return self.encoder.dim

    @property
    def anchor(self) -> Anchor | None:
        """Places the reads that this model was made for; None for a model without a profile."""
        return shipped_anchor(self.config.profile) if self.config.profile else None

    def embed(self, placements: Placements, sequences: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors (B, D) of B placed barcodes, in order. All of them must be fit to embed.

        Raises
        ------
        DeviceError
            if the memory of the device does not hold even one barcode.
        """
        if not len(placements):
            return np.empty((0, self.dim), dtype=np.float32)
        tokens = self.encoder.tokenizer.tokens(placements, sequences)
        vectors = np.empty((len(placements), self.dim), dtype=np.float32)
        for index in length_batches(tokens.mask.sum(axis=1), self.batch_size):
            vectors[index] = self._batch(tokens.select(index))
        return vectors

    def _batch(self, tokens: Tokens) -> NDArray[np.float32]:
        """Return the vectors of one batch. If memory runs out, its halves are embedded, and later batches are
        smaller."""
        try:
            return self._forward(tokens)
        except torch.OutOfMemoryError as error:
            n_rows = len(tokens.mask)
            if n_rows == 1:
                raise DeviceError(f"{self.device}: too little memory for one barcode; use --device cpu") from error
            self.batch_size = max(1, n_rows // 2)
        torch.cuda.empty_cache()
        halves = np.array_split(np.arange(n_rows), 2)
        return np.concatenate([self._batch(tokens.select(half)) for half in halves])

    @torch.inference_mode()
    def _forward(self, tokens: Tokens) -> NDArray[np.float32]:
        n_rows = len(tokens.mask)
        tokens = tokens.select(np.resize(np.arange(n_rows), -(-n_rows // _ROWS) * _ROWS))
        values, positions = self._send(tokens.values), self._send(tokens.positions)
        mask = None if tokens.mask.all() else self._send(tokens.mask)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bf16"):
            hidden = self.encoder(values, positions, mask)
        pooled = self.encoder.pooling(hidden.float(), values, positions, mask)
        return nn.functional.normalize(pooled, dim=-1)[:n_rows].cpu().numpy()

    def _send(self, array: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device)


def choose_device(name: str) -> tuple[torch.device, str]:
    """Return the device of that name, and a line for the user if ``auto`` fell back to the CPU.

    Raises
    ------
    DeviceError
        for a device that does not exist.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda"), ""
        if torch.backends.mps.is_available():
            return torch.device("mps"), ""
        return torch.device("cpu"), "no GPU found, using the CPU"
    device = torch.device(name)
    n_cuda = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device.type == "cuda" and (device.index or 0) >= n_cuda:
        raise DeviceError(
            f"--device {name}: this PyTorch ({torch.__version__}) sees {n_cuda} CUDA devices; use --device cpu, "
            "or install a CUDA build of PyTorch and a driver"
        )
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise DeviceError("--device mps: no Apple GPU here; use --device cpu")
    return device, ""


def choose_precision(name: str, device: torch.device) -> str:
    """Return the precision to compute in: ``auto`` is bf16 on a CUDA device or a processor that has it, fp32 elsewhere.

    Measured on a processor: 1.6 times as many barcodes a second, the cosine of the vectors is 0.999999 or more, and no
    name of 2,834 queries changes (docs/experiments.md, "Do names change in bfloat16?").

    Raises
    ------
    UsageError
        for int8 on anything but a CPU.
    """
    if name == "auto":
        return "bf16" if has_bf16(device) else "fp32"
    if name == "int8" and device.type != "cpu":
        raise UsageError("--precision int8 works on the CPU only; use bf16 on a GPU")
    return name


def has_bf16(device: torch.device) -> bool:
    """Return whether the device multiplies bfloat16 numbers faster than single-precision ones."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    # PyTorch has no public name for this question, and older versions cannot answer it.
    asked = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    return device.type == "cpu" and bool(asked())


def _prepare(encoder: BarcodeEncoder, device: torch.device, precision: str) -> BarcodeEncoder:
    """Return the encoder on its device; with int8, the linear layers of the transformer have 8-bit weights, with bf16
    those of 16 bits that autocast would otherwise make of them for every batch."""
    encoder = encoder.to(device).eval()
    if precision == "bf16":
        for layer in encoder.stack.modules():
            if isinstance(layer, nn.Linear):
                layer.bfloat16()
    if precision == "int8":
        from torch.ao.quantization import quantize_dynamic

        with warnings.catch_warnings():
            # torch warns that eager quantisation will move. It is the fastest way on a CPU without VNNI today.
            warnings.simplefilter("ignore")
            encoder.stack = quantize_dynamic(encoder.stack, {nn.Linear}, dtype=torch.qint8)
    return encoder


def set_threads(threads: int) -> None:
    """Let torch use this many threads within an operation."""
    torch.set_num_threads(threads)


def worked_seconds(name: str) -> float:
    """Return a time in seconds, of which differences can be taken.

    On a CPU this is the processor time of this program divided by its threads, so that other programs do not count.
    """
    device, _ = choose_device(name)
    return time.process_time() / torch.get_num_threads() if device.type == "cpu" else time.monotonic()


def on_device(name: str) -> AbstractContextManager[object]:
    """Return a context in which tensors and modules are made on this device; on ``meta`` they have shapes and no
    numbers."""
    return torch.device(name)
