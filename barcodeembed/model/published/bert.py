"""Read the tensors of a Hugging Face BERT encoder (``BertModel``), check them by name and shape, and rename them to
ours.

Letters: V ids in the vocabulary, R rows of the position table, D width, F width of the feed-forward layer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from barcodeembed.errors import ModelFileError

_WORDS = "embeddings.word_embeddings.weight"

_NOT_ENCODER = (
    *("classifier.", "cls.", "decoder.", "projection_layer."),
    *("encoder_embedding.", "encoder_position_embeddings.", "decoder_embedding."),
)
"""Parts of published models around the encoder: heads, decoder, and second names of the same tables."""

_UNUSED = ("pooler.", "embeddings.position_ids", "embeddings.token_type_ids")
"""Parts of ``BertModel`` on which the pooled mean does not depend; transformers < 4.31 saved the id buffers."""

_LINEARS = {
    "attention.out": "attention.output.dense",
    "norm1": "attention.output.LayerNorm",
    "up": "intermediate.dense",
    "down": "output.dense",
    "norm2": "output.LayerNorm",
}
"""BERT's names of our parts of a block; query, key and value are joined separately."""


@dataclass(frozen=True)
class BertShape:
    """Sizes of an encoder, as its tensors show."""

    vocabulary: int
    positions: int
    token_types: int
    width: int
    feedforward: int
    layers: int

    def tensors(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of every tensor that such an encoder has."""
        d, f = self.width, self.feedforward
        shapes: dict[str, tuple[int, ...]] = {
            _WORDS: (self.vocabulary, d),
            "embeddings.position_embeddings.weight": (self.positions, d),
            "embeddings.token_type_embeddings.weight": (self.token_types, d),
        }
        parts: dict[str, tuple[int, ...]] = {"embeddings.LayerNorm": (d,)}
        for i in range(self.layers):
            layer = f"encoder.layer.{i}"
            parts |= {f"{layer}.attention.self.{name}": (d, d) for name in ("query", "key", "value")}
            sizes = {"attention.out": (d, d), "norm1": (d,), "up": (f, d), "down": (d, f), "norm2": (d,)}
            parts |= {f"{layer}.{theirs}": sizes[ours] for ours, theirs in _LINEARS.items()}
        for part, shape in parts.items():
            shapes[f"{part}.weight"] = shape
            shapes[f"{part}.bias"] = shape[:1]
        return shapes


def strip_wrapping(path: Path, state: Mapping[Any, Any]) -> tuple[str, dict[str, Tensor]]:
    """Return the prefix of the encoder's tensors (``bert.``, ``encoder.`` or none), and the tensors without it.

    Raises
    ------
    ModelFileError
        if there is no BERT encoder, or if there is something that is neither part of one nor known to surround one.
    """
    names = [name for name in state if isinstance(name, str)]
    ddp = "module." if all(name.startswith("module.") for name in names) else ""
    prefix = next((p for p in ("bert.", "encoder.", "") if ddp + p + _WORDS in state), None)
    if prefix is None or len(names) < len(state):
        raise ModelFileError(f"{path}: holds no BERT encoder (no tensor {_WORDS})")
    encoder = {}
    for full_name in names:
        name = full_name.removeprefix(ddp)
        if name.startswith(prefix) and not name.startswith(_NOT_ENCODER):
            inner = name.removeprefix(prefix)
            if not inner.startswith(_UNUSED):
                encoder[inner] = state[full_name]
        elif not name.startswith(_NOT_ENCODER):
            raise ModelFileError(f"{path}: unexpected tensor {full_name!r}")
    return prefix, encoder


def bert_shape(path: Path, state: Mapping[str, Tensor]) -> BertShape:
    """Return the sizes of the encoder, after checking that every tensor has the shape that they require.

    Raises
    ------
    ModelFileError
        naming the first tensor that is missing, unexpected, or of the wrong shape or kind.
    """
    vocabulary, width = _matrix(path, state, _WORDS)
    blocks = {match.group(1) for name in state if (match := re.match(r"encoder\.layer\.(\d+)\.", name))}
    shape = BertShape(
        vocabulary=vocabulary,
        positions=_matrix(path, state, "embeddings.position_embeddings.weight")[0],
        token_types=_matrix(path, state, "embeddings.token_type_embeddings.weight")[0],
        width=width,
        feedforward=_matrix(path, state, "encoder.layer.0.intermediate.dense.weight")[0],
        layers=len(blocks),
    )
    wanted = shape.tensors()
    for name in sorted(wanted.keys() | state.keys()):
        if name not in wanted:
            raise ModelFileError(f"{path}: unexpected tensor {name!r}")
        found = tuple(_tensor(path, state, name).shape)
        if found != wanted[name]:
            raise ModelFileError(f"{path}: tensor {name} is {found}, should be {wanted[name]}")
    return shape


def _matrix(path: Path, state: Mapping[str, Tensor], name: str) -> tuple[int, int]:
    """Return the shape of a tensor, which must have two dimensions."""
    shape = tuple(_tensor(path, state, name).shape)
    if len(shape) != 2 or 0 in shape:
        raise ModelFileError(f"{path}: tensor {name} is {shape}, should be a matrix")
    return shape


def _tensor(path: Path, state: Mapping[str, Tensor], name: str) -> Tensor:
    """Return a tensor of real numbers, after checking that the file holds all of it: a view may claim to be larger than
    its storage."""
    tensor = state.get(name)
    if tensor is None:
        raise ModelFileError(f"{path}: tensor {name} is missing")
    usable = (
        type(tensor) in (Tensor, nn.Parameter)
        and (tensor.device.type, tensor.layout) == ("cpu", torch.strided)
        and tensor.dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64)
        and tensor.numel() * tensor.element_size() <= tensor.untyped_storage().nbytes()
    )
    if not usable:
        raise ModelFileError(f"{path}: {name} is not a tensor of real numbers")
    return tensor


def encoder_weights(path: Path, state: Mapping[str, Tensor], shape: BertShape, n_positions: int) -> dict[str, Tensor]:
    """Return float32 weights of :class:`~barcodeembed.model.encoder.BarcodeEncoder` that give the same vectors.

    BERT adds a token type to every position, which is always row 0 of a table for a single sequence. That row is added
    to the position table (n_positions, D), which is trimmed to the positions that a read can have.

    Raises
    ------
    ModelFileError
        for a tensor with values that are not finite.
    """
    values = {name: tensor.detach().float() for name, tensor in state.items()}
    for name, tensor in values.items():
        if not bool(torch.isfinite(tensor).all()):
            raise ModelFileError(f"{path}: tensor {name} holds values that are not finite numbers")
    positions = values["embeddings.position_embeddings.weight"][:n_positions]
    weights = {
        "embedding.lookup.weight": values[_WORDS].clone(),
        "positions.weight": positions + values["embeddings.token_type_embeddings.weight"][0],
        "pooling.mean": torch.zeros(shape.width),
    }
    for kind in ("weight", "bias"):
        weights[f"stack.norm.{kind}"] = values[f"embeddings.LayerNorm.{kind}"].clone()
        for i in range(shape.layers):
            theirs, ours = f"encoder.layer.{i}", f"stack.blocks.{i}"
            parts = [values[f"{theirs}.attention.self.{name}.{kind}"] for name in ("query", "key", "value")]
            weights[f"{ours}.attention.qkv.{kind}"] = torch.cat(parts)
            for our_part, their_part in _LINEARS.items():
                weights[f"{ours}.{our_part}.{kind}"] = values[f"{theirs}.{their_part}.{kind}"].clone()
    return weights
