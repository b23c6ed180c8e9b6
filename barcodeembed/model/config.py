"""Settings of an encoder and of a training run: frozen, checked, and saved with the weights. No torch here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from barcodeembed.errors import UsageError
from barcodeembed.taxonomy import RANKS

DEVICES = re.compile(r"auto|cpu|cuda(:\d+)?|mps")
PRECISIONS = ("auto", "fp32", "bf16", "int8")
VIEWS = ("bases", "amino_acids")
SCHEDULE_NAMES = ("wsd", "one_cycle")
OPTIMIZER_NAMES = ("adamw", "muon")


_MOST = 1 << 40  # far more than any sensible setting

_LARGEST = {
    **dict.fromkeys(("layers", "decoder_layers"), 1 << 10),
    **dict.fromkeys(("width", "decoder_width", "feedforward", "regions", "output", "labels_output"), 1 << 17),
    **dict.fromkeys(("batch_size", "accumulate", "labels_batch", "labels_each"), 1 << 20),
}
"""Largest values of settings with which a run would be busy, or out of memory, long before its first step."""


def check_names(device: str, precision: str) -> None:
    """Check that these can be names of a device and a precision.

    Raises
    ------
    UsageError
        if not, listing the allowed names.
    """
    if not DEVICES.fullmatch(device):
        raise UsageError(f"--device {device}: choose auto, cpu, cuda, cuda:N or mps")
    if precision not in PRECISIONS:
        raise UsageError(f"--precision {precision}: choose from {', '.join(PRECISIONS)}")


class _Config:
    """Base of both configs: conversion to and from plain dictionaries, with the field named in every error."""

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Make a config from plain values.

        Raises
        ------
        UsageError
            for an unknown field, or a value that is not allowed.
        """
        if not isinstance(values, Mapping):
            raise UsageError(f"settings must be a table of names and values, not {type(values).__name__}")
        known = {f.name for f in fields(cls)}  # type: ignore[arg-type]
        unknown = sorted(set(values) - known)
        if unknown:
            raise UsageError(f"unknown setting {unknown[0]!r}, choose from {', '.join(sorted(known))}")
        usual = cls()
        for name, value in values.items():
            if not _is_alike(value, getattr(usual, name)):
                raise UsageError(f"{name} = {value!r:.80}: must be {_kind(getattr(usual, name))}")
        try:
            return cls(**{name: _as_usual(value, getattr(usual, name)) for name, value in values.items()})
        except TypeError as error:
            raise UsageError(f"a setting has a value of the wrong kind ({error})") from error

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON or TOML."""
        return asdict(self)  # type: ignore[call-overload]

    def changed(self) -> dict[str, Any]:
        """Return the values that differ from the defaults; a new setting with its default does not alter them."""
        default = type(self)().to_dict()
        return {name: value for name, value in self.to_dict().items() if value != default[name]}

    def _check_sizes(self) -> None:
        for name in _LARGEST.keys() & vars(self).keys():
            self._check(getattr(self, name) <= _LARGEST[name], name, f"at most {_LARGEST[name]:,}")

    def _check(self, allowed: bool, name: str, rule: str) -> None:
        if not allowed:
            raise UsageError(f"{name} = {getattr(self, name)!r}: must be {rule}")


def _is_alike(value: Any, usual: Any) -> bool:
    """Return whether a value is of the same kind as the default: True is not a number, and a number is not a text."""
    if isinstance(usual, tuple):
        parts = isinstance(value, (list, tuple))
        return parts and all(_is_alike(part, usual[0]) if usual else isinstance(part, str) for part in value)
    if isinstance(usual, float):
        return type(value) in (int, float) and abs(value) < _MOST
    return type(value) is type(usual) and (not isinstance(usual, int) or abs(value) < _MOST)


def _as_usual(value: Any, usual: Any) -> Any:
    """Return a value with the type of the default: tuples for lists, and 0.0 for 0 where the default has a fraction."""
    if isinstance(usual, tuple):
        return tuple(_as_usual(part, usual[0]) if usual else part for part in value)
    return float(value) if isinstance(usual, float) else value


def _kind(usual: Any) -> str:
    names = {bool: "true or false", int: "a whole number", float: "a number", str: "text", tuple: "a list"}
    return names.get(type(usual), "a table")


@dataclass(frozen=True)
class ModelConfig(_Config):
    """Shape of a :class:`~barcodeembed.model.encoder.BarcodeEncoder`."""

    tokenizer: dict[str, Any] = field(default_factory=lambda: {"name": "patches", "size": 12})
    """Settings of the tokenizer, see :mod:`barcodeembed.sequences.tokenizers`."""
    width: int = 256
    """Width D of a token vector."""
    layers: int = 4
    """Number of transformer blocks."""
    heads: int = 4
    """Number of attention heads; it must divide ``width``."""
    feedforward: int = 1024
    """Width of the hidden layer of a block."""
    norm: str = "pre"
    """Where the block normalises: ``pre`` (ours) or ``post`` (BERT, the published models)."""
    layer_norm_epsilon: float = 1e-5
    """Number added to the variance in layer norms; BERT's is 1e-12."""
    causal: bool = False
    """Whether a token sees only itself and the tokens before it, in training and in embedding."""
    pooling: str = "regions"
    """``mean``: the mean of all tokens. ``regions``: the means of ``regions`` stretches of the barcode, side by
    side."""
    regions: int = 11
    """Number of stretches for ``pooling = regions``."""
    views: tuple[str, ...] = ()
    """What stands beside the pooled tokens, column by column (patches only): ``bases`` and ``amino_acids``. These
    bypass the transformer, so that the projection can use both."""
    output: int = 0
    """Width of the vector after the learnt projection; 0: the pooled vector is not projected."""
    profile: str = "coi-folmer"
    """Name of the profile that places the reads; empty: reads are not placed (another marker)."""

    def __post_init__(self) -> None:
        for name in ("width", "layers", "heads", "feedforward", "regions", "output"):
            self._check(type(getattr(self, name)) is int, name, "a whole number")
        self._check(isinstance(self.tokenizer, dict), "tokenizer", "a table")
        self._check(self.width > 0, "width", "positive")
        self._check(self.layers > 0, "layers", "positive")
        self._check(self.heads > 0 and self.width % self.heads == 0, "heads", "a divisor of width")
        self._check(self.feedforward > 0, "feedforward", "positive")
        self._check(self.norm in ("pre", "post"), "norm", "pre or post")
        self._check(isinstance(self.causal, bool), "causal", "true or false")
        self._check(self.pooling in ("mean", "regions"), "pooling", "mean or regions")
        self._check(self.regions > 0, "regions", "positive")
        self._check(set(self.views) <= set(VIEWS), "views", f"some of {', '.join(VIEWS)}")
        codons = self.tokenizer.get("name") == "patches" and self.tokenizer.get("size", 12) % 3 == 0
        self._check(not self.views or codons, "views", "empty unless the tokens are patches of whole codons")
        self._check(self.output >= 0, "output", "0 or positive")
        self._check(0 < self.layer_norm_epsilon < 1, "layer_norm_epsilon", "between 0 and 1")
        # The name becomes part of a file name.
        raw = self.tokenizer.get("name") == "reads"
        self._check(bool(self.profile) or raw, "profile", "a name, unless the tokenizer is reads")
        self._check(re.fullmatch(r"[\w.-]*", self.profile) is not None, "profile", "a plain name")
        self._check_sizes()


@dataclass(frozen=True)
class TrainingConfig(_Config):
    """Settings of one pretraining run. Presets (:mod:`barcodeembed.model.presets`) replace some of these defaults."""

    objective: str = "mae"
    """Name of the objective in ``OBJECTIVES``: ``mae``, ``mlm``, ``causal`` or ``distil``."""
    start: str = ""
    """Model (name or file) from whose encoder the run starts; empty: fresh weights."""
    teacher: str = ""
    """Model (name or file) whose vectors the encoder learns to give (distil); empty: none."""
    steps: int = 20_000
    """Number of optimiser steps of the whole run; a resumed run may raise it."""
    batch_size: int = 128
    """Number of barcodes in a step, over all processes."""
    accumulate: int = 1
    """Number of parts into which each process splits its share of a batch, to save memory; the step stays the same."""
    optimizer: str = "adamw"
    """``adamw``, or ``muon``: orthogonal steps for the matrices of the blocks, AdamW for the rest."""
    learning_rate: float = 1e-3
    """Peak learning rate; with ``muon`` that of the matrices (:mod:`barcodeembed.model.training.optimizers`)."""
    betas: tuple[float, float] = (0.9, 0.95)
    """Betas of AdamW; ``one_cycle`` changes the first one."""
    weight_decay: float = 0.05
    """Weight decay of both optimisers, apart from the gradient."""
    decay_all: bool = False
    """Whether every weight decays, as in the published recipe; otherwise only matrices do, not biases, norms and
    tables."""
    schedule: str = "wsd"
    """``wsd``: warm-up, constant, linear fall to zero. ``one_cycle``: cosine up and down (the published recipe)."""
    warmup: float = 500.0
    """Number of steps in which the rate rises; below 1: share of all steps."""
    decay: float = 0.2
    """Share of the steps, at the end, in which the rate of ``wsd`` falls."""
    gradient_clip: float = 1.0
    """Largest norm of the gradient; 0: no limit."""
    visible: tuple[float, ...] = (0.5,)
    """Shares of a barcode's tokens that stay visible (mae, mlm); one is drawn for each batch."""
    span_share: float = 0.0
    """Share of barcodes whose visible tokens are one run, as in a mini-barcode, instead of scattered."""
    replacement: tuple[float, float, float] = (1.0, 0.0, 0.0)
    """What the encoder gets for a hidden token (mlm): shares of [MASK], of a random token, and of the token itself.
    BERT's are 0.8, 0.1, 0.1."""
    cropped: float = 0.0
    """Share of barcodes of which the objective sees only one stretch of ``crop_columns`` columns, as of a fragment."""
    crop_columns: tuple[int, int] = (130, 450)
    """Shortest and longest stretch that a cropped barcode keeps, in columns."""
    noise: float = 0.0
    """Largest share of a barcode's bases that the objective reads as another base; each barcode has a share of its own,
    from 0 to this."""
    offsets: bool = False
    """Whether the first 0 to k-1 bases of each barcode are deleted at random (``reads`` tokens), so that all reading
    frames occur."""
    decoder_width: int = 128
    """Width of the decoder (mae), which is not kept after training; its hidden layer is four times as wide."""
    decoder_layers: int = 1
    """Number of blocks of the decoder."""
    decoder_heads: int = 4
    """Number of attention heads of the decoder."""
    labels_weight: float = 0.0
    """Weight of the contrast of labels (:mod:`barcodeembed.model.training.labels`) beside the objective; 0: names are
    not read."""
    labels_rank: str = "genus"
    """Rank whose taxa the contrast tells apart."""
    labels_batch: int = 128
    """Number of labelled barcodes in a step, beside the ``batch_size`` others, over all processes."""
    labels_each: int = 4
    """Number of barcodes of one taxon in a step, from as many of its species as possible."""
    labels_output: int = 512
    """Width of the vectors that are compared; their projection is not kept after training."""
    labels_temperature: float = 0.07
    """Cosines are divided by this number: the smaller it is, the more the nearest barcodes of other taxa count."""
    labels_cropped: float = 0.4
    """Share of labelled barcodes that are cropped, to ``crop_columns`` columns."""
    labels_noise: float = 0.0
    """Largest share of a labelled barcode's bases that are read as another base; each barcode has a share of its own,
    from 0 to this."""
    precision: str = "auto"
    """``fp32``, ``bf16`` (autocast), or ``auto``: bf16 on a GPU that has it."""
    compile: bool = False
    """Whether the objective is compiled with ``torch.compile``: minutes at the start for faster steps."""
    seed: int = 1
    """Seed of initial weights, order of barcodes and masks: the same seed gives the same losses."""
    validate_every: int = 1000
    """Number of steps between validations on the held-out barcodes."""
    checkpoint_every: int = 500
    """Number of steps between saved states."""

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "accumulate", "validate_every", "checkpoint_every"):
            self._check(type(getattr(self, name)) is int and getattr(self, name) > 0, name, "a positive whole number")
        for name in ("weight_decay", "warmup", "gradient_clip"):
            self._check(getattr(self, name) >= 0, name, "0 or positive")
        self._check(self.learning_rate > 0, "learning_rate", "positive")
        self._check(type(self.seed) is int and self.seed >= 0, "seed", "a whole number, 0 or more")
        self._check(len(self.betas) == 2 and all(0 <= b < 1 for b in self.betas), "betas", "two numbers below 1")
        self._check(self.schedule in SCHEDULE_NAMES, "schedule", " or ".join(SCHEDULE_NAMES))
        self._check(self.optimizer in OPTIMIZER_NAMES, "optimizer", " or ".join(OPTIMIZER_NAMES))
        self._check(0 <= self.decay <= 1, "decay", "between 0 and 1")
        self._check(
            len(self.visible) > 0 and all(0 < share < 1 for share in self.visible),
            "visible",
            "one or more shares between 0 and 1",
        )
        self._check(0 <= self.span_share <= 1, "span_share", "between 0 and 1")
        self._check(
            len(self.replacement) == 3 and min(self.replacement) >= 0 and abs(sum(self.replacement) - 1) < 1e-6,
            "replacement",
            "three shares that sum to 1",
        )
        self._check(type(self.decoder_layers) is int and self.decoder_layers > 0, "decoder_layers", "positive")
        self._check(
            self.decoder_heads > 0 and self.decoder_width % self.decoder_heads == 0,
            "decoder_heads",
            "a divisor of decoder_width",
        )
        self._check(self.precision in ("auto", "fp32", "bf16"), "precision", "auto, fp32 or bf16")
        self._check_labels()
        self._check_sizes()

    def _check_labels(self) -> None:
        for name in ("labels_batch", "labels_each", "labels_output"):
            self._check(type(getattr(self, name)) is int and getattr(self, name) > 1, name, "a whole number above 1")
        for name in ("cropped", "noise", "labels_cropped", "labels_noise"):
            self._check(0 <= getattr(self, name) <= 1, name, "between 0 and 1")
        self._check(
            len(self.crop_columns) == 2 and 0 < self.crop_columns[0] <= self.crop_columns[1],
            "crop_columns",
            "two positive numbers, the smaller one first",
        )
        self._check(self.labels_weight >= 0, "labels_weight", "0 or positive")
        self._check(self.labels_temperature > 0, "labels_temperature", "positive")
        self._check(self.labels_rank in RANKS, "labels_rank", f"one of {', '.join(RANKS)}")
