"""The model file: a ``.safetensors`` file with the weights, and config and origin as JSON in its metadata.

Nothing in such a file can run code. Still, nothing in it is trusted: names and shapes are compared with what the config
asks for before any weight is read.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as save_tensors
from torch import Tensor
from torch.overrides import TorchFunctionMode

from barcodeembed.errors import BarcodeembedError, ModelFileError, reason_of
from barcodeembed.model.config import ModelConfig
from barcodeembed.model.encoder import BarcodeEncoder
from barcodeembed.outputs.staging import create, staged, write_all
from barcodeembed.sequences.placement.profile import shipped_profile

FORMAT = "barcodeembed-encoder"
FORMAT_VERSION = "1"

_OTHERS = {b">": "it has sequences", b"@": "it has sequences", b"\x89HDF": "it is an HDF5 file", b"{": "it is JSON"}
# Beginnings of files that are given for a model by mistake.

_DRAWN = ("normal_", "uniform_", "kaiming_uniform_")
# Functions that draw the first weights of the layers of a model.


@dataclass(frozen=True)
class Checkpoint:
    """Settings and weights of an encoder, and their origin (version, command, data, steps, licence)."""

    config: ModelConfig
    weights: Mapping[str, Tensor]
    origin: Mapping[str, Any]

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits of the SHA-256 of settings, weights and profile. Equal fingerprints mean equal
        vectors."""
        digest = hashlib.sha256(json.dumps(self.config.changed(), sort_keys=True).encode())
        if self.config.profile:
            digest.update(shipped_profile(self.config.profile).digest.encode())
        for name in sorted(self.weights):
            tensor = self.weights[name].contiguous()
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
            digest.update(tensor.view(torch.uint8).numpy().tobytes() if tensor.numel() else b"")
        return digest.hexdigest()[:16]

    @property
    def parameters(self) -> int:
        """Number of weights."""
        return sum(tensor.numel() for tensor in self.weights.values())

    @property
    def dim(self) -> int:
        """Width D of the vector of a barcode."""
        return self.config.output or len(self.weights["pooling.mean"])

    def encoder(self) -> BarcodeEncoder:
        """Return the encoder in single precision, ready to embed."""
        with _Undrawn():
            encoder = BarcodeEncoder(self.config)
        encoder.load_state_dict({name: tensor.float() for name, tensor in self.weights.items()})
        return encoder.eval()

    @classmethod
    def of(cls, encoder: BarcodeEncoder, origin: Mapping[str, Any], half: bool = False) -> Checkpoint:
        """Make the checkpoint of an encoder; ``half`` stores weights as float16, at half the size."""
        dtype = torch.float16 if half else torch.float32
        weights = {name: t.detach().cpu().to(dtype).contiguous() for name, t in encoder.state_dict().items()}
        return cls(encoder.config, weights, origin)

    def save(self, path: Path) -> None:
        """Write the model file completely or not at all; equal models give equal bytes.

        Raises
        ------
        OutputError
            if it cannot be written.
        """
        metadata = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "config": json.dumps(self.config.to_dict(), sort_keys=True),
            "origin": json.dumps(dict(self.origin), sort_keys=True),
        }
        packed = memoryview(save_tensors(dict(self.weights), metadata))
        # safetensors writes the metadata in a different order every time.
        begin = 8 + int.from_bytes(packed[:8], "little")
        header = json.loads(bytes(packed[8:begin]))
        header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
        text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        with staged(path) as place, create(place) as file:
            for part in (len(text).to_bytes(8, "little"), text, packed[begin:]):
                write_all(file, part)

    @classmethod
    def load(cls, path: Path) -> Checkpoint:
        """Read a model file.

        Raises
        ------
        ModelFileError
            if it does not exist, is damaged, is not a model of this program, or has tensors that do not fit its config.
        """
        try:
            # Weights are read where they are checked, also while others are made on no device (``meta``).
            with torch.device("cpu"), safe_open(path, framework="pt") as file:
                metadata = file.metadata() or {}
                config, origin = _read_metadata(path, metadata)
                names = list(file.keys())
                _check_names(path, config, names)
                slices = {name: file.get_slice(name) for name in names}
                _check_shapes(path, config, {name: part.get_shape() for name, part in slices.items()})
                _check_types(path, {name: part.get_dtype() for name, part in slices.items()})
                weights = {name: file.get_tensor(name) for name in names}
        except (SafetensorError, OSError) as error:
            if path.is_file() and not os.access(path, os.R_OK):  # safetensors says that there is no such file
                raise ModelFileError(f"{path}: no permission to read the file") from error
            what, hint = _what_it_is(path)
            raise ModelFileError(f"{path}: not a readable model file ({what or reason_of(error)}){hint}") from error
        for name, tensor in weights.items():
            if tensor.numel() and not math.isfinite(tensor.abs().max()):  # a maximum is NaN if any value is
                raise ModelFileError(f"{path}: tensor {name} holds values that are not finite numbers")
        return cls(config, weights, origin)


def _what_it_is(path: Path) -> tuple[str, str]:
    """Return, for a file that is not of the kind that was asked for, what it is and what to do; both empty if that is
    not known."""
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError:
        return "", ""
    if head.startswith((b"PK\x03\x04", b"\x80")):
        return "it is one of PyTorch, or another archive", "; barcodeembed models import converts published weights"
    what = next((what for magic, what in _OTHERS.items() if head.startswith(magic)), "")
    return what, "; give a .safetensors file" if what else ""


def _read_metadata(path: Path, metadata: Mapping[str, str]) -> tuple[ModelConfig, dict[str, Any]]:
    if metadata.get("format") != FORMAT:
        raise ModelFileError(
            f"{path}: a safetensors file, but not a barcodeembed model; convert published weights with "
            "'barcodeembed models import'"
        )
    if metadata.get("version") != FORMAT_VERSION:
        raise ModelFileError(
            f"{path}: model format version {metadata.get('version')}, this program reads {FORMAT_VERSION}"
        )
    try:
        origin = json.loads(metadata.get("origin", "{}"))
        return ModelConfig.from_dict(json.loads(metadata["config"])), dict(origin)
    except (KeyError, ValueError, TypeError, RecursionError, BarcodeembedError) as error:
        raise ModelFileError(f"{path}: the settings in the model file are damaged ({error})") from error


def _check_names(path: Path, config: ModelConfig, names: list[str]) -> None:
    """Check that the number of blocks agrees with the config, before a model of that depth is allocated."""
    blocks = {match.group(1) for name in names if (match := re.match(r"stack\.blocks\.(\d+)\.", name))}
    if len(blocks) != config.layers:
        raise ModelFileError(f"{path}: the config asks for {config.layers} blocks, the file has {len(blocks)}")


class _Undrawn(TorchFunctionMode):
    """Leaves weights as they were allocated, for a model whose weights are read from a file.

    Drawing eight million random numbers takes a tenth of a second. On the device ``meta`` there are no values, but to
    draw them torch loads its compiler, which takes two seconds.
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if getattr(func, "__name__", "") in _DRAWN:  # of torch.nn.init, which passes names, or of the tensor
            return kwargs["tensor"] if kwargs and "tensor" in kwargs else args[0]
        return func(*args, **(kwargs or {}))


def _check_shapes(path: Path, config: ModelConfig, found: Mapping[str, list[int]]) -> None:
    try:
        with torch.device("meta"), _Undrawn():
            wanted = {name: list(t.shape) for name, t in BarcodeEncoder(config).state_dict().items()}
    except (
        RuntimeError,
        ValueError,
        OverflowError,
        TypeError,
        ZeroDivisionError,
        BarcodeembedError,
    ) as error:
        raise ModelFileError(f"{path}: the settings in the model file make no model ({error})") from error
    for name in sorted(wanted.keys() | found.keys()):
        if name not in found:
            raise ModelFileError(f"{path}: tensor {name} is missing")
        if name not in wanted:
            raise ModelFileError(f"{path}: unexpected tensor {name}")
        if wanted[name] != list(found[name]):
            raise ModelFileError(f"{path}: tensor {name} is {found[name]}, the config asks for {wanted[name]}")


def _check_types(path: Path, found: Mapping[str, str]) -> None:
    """Check that weights are stored in half, bfloat16 or single precision; ``found`` has the names of safetensors."""
    for name, dtype in found.items():
        if dtype not in ("F16", "BF16", "F32"):
            raise ModelFileError(f"{path}: tensor {name} has values of type {dtype}, not F16, BF16 or F32")
