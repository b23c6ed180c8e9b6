"""Reads published BarcodeMAE and BarcodeBERT weights into our own model file.

All published models are Hugging Face BERT encoders over non-overlapping k-mers of the raw read; they differ in
what surrounds the weights (github.com/bioscan-ml/BarcodeMAE, github.com/bioscan-ml/BarcodeBERT):

- BarcodeMAE ``.pt``: a dict whose ``model`` has bare ``BertModel`` names, with the ``argparse.Namespace`` of the
  run under ``config`` and the BERT settings under ``bert_config``; later versions hold the whole autoencoder
  (``encoder.``, ``decoder.``, ``projection_layer.`` and aliases);
- BarcodeBERT ``.pt``: the same dict with ``bert.`` and ``classifier.`` names, under DDP behind ``module.``;
- BarcodeBERT ``.pth`` of the 2023 workshop: only tensors, ``module.bert.`` and ``cls.``, and one id more;
- a Hugging Face folder: ``config.json`` beside ``model.safetensors`` or ``pytorch_model.bin``.
"""

from __future__ import annotations

import hashlib
import json
import math
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from barcodeembed.errors import ModelFileError
from barcodeembed.model.checkpoint import Checkpoint
from barcodeembed.model.config import ModelConfig
from barcodeembed.model.published.bert import BertShape, bert_shape, encoder_weights, strip_wrapping
from barcodeembed.model.published.safe_pickle import load_inert
from barcodeembed.outputs.identity import why_no_file
from barcodeembed.version import __version__

_Plain = dict[str, str | int | float | bool]

_MAX_LENGTH = 660
"""Number of bases of a read on which the published models were trained, unless their file says otherwise."""

_HIDDEN_FACTS = ("data_dir", "checkpoint", "models_dir", "model_output_dir", "bpe_path", "gpu", "wandb", "run_id")
"""Beginnings of run settings that are about the authors' machine, not about the model."""


@dataclass(frozen=True)
class _Published:
    """The content of a published file, read but not yet checked.

    Attributes
    ----------
    layout
        which of the published layouts it is, in words.
    file
        the file that holds the weights.
    state
        tensors by their published names.
    run
        plain settings of the training run.
    bert
        plain settings of the BERT encoder.
    facts
        plain values beside the weights: epoch, steps.
    """

    layout: str
    file: Path
    state: Mapping[str, Tensor]
    run: _Plain = field(default_factory=dict)
    bert: _Plain = field(default_factory=dict)
    facts: _Plain = field(default_factory=dict)


def import_published(
    path: Path, *, k: int | None = None, heads: int | None = None, anchored: bool = True
) -> Checkpoint:
    """Return a checkpoint of published weights, ready to save. No code in the file is executed.

    ``k`` and ``heads`` give what the file does not tell; if it does, they must agree with it. With ``anchored``, reads
    are turned to the forward strand and begin at column 0 of the barcode before they are cut into k-mers.

    Raises
    ------
    ModelFileError
        if the file is missing, damaged, unsafe, or holds a model that this package cannot represent.
    """
    published = _read_folder(path) if path.is_dir() else _read_file(path)
    shape = bert_shape(path, published.state)
    tokenizer = _tokenizer(path, published, shape, k) | {"anchored": anchored}
    config = ModelConfig(
        tokenizer=tokenizer,
        width=shape.width,
        layers=shape.layers,
        heads=_heads(path, published, shape, heads),
        feedforward=shape.feedforward,
        norm="post",
        layer_norm_epsilon=_epsilon(path, published),
        pooling="mean",
        output=0,
    )
    n_positions = tokenizer["max_length"] // tokenizer["k"]
    return Checkpoint(config, encoder_weights(path, published.state, shape, n_positions), _origin(published))


def _read_file(path: Path) -> _Published:
    """Read a ``.pt`` or ``.pth`` file: a dictionary around the weights, or the weights alone."""
    if not path.is_file():
        raise ModelFileError(f"{path}: {why_no_file(path)}")
    content = load_inert(path)
    if not isinstance(content, dict):
        raise ModelFileError(f"{path}: holds no model weights")
    if not isinstance(content.get("model"), dict):
        return _Published("BarcodeBERT 2023 workshop", path, strip_wrapping(path, content)[1])
    prefix, state = strip_wrapping(path, content["model"])
    layouts = {"": "BarcodeMAE encoder", "encoder.": "BarcodeMAE full model", "bert.": "BarcodeBERT"}
    return _Published(
        layouts[prefix],
        path,
        state,
        run=_plain(content.get("config")),
        bert=_plain(content.get("bert_config")),
        facts=_plain(content),
    )


def _read_folder(path: Path) -> _Published:
    """Read a Hugging Face folder."""
    try:
        config = json.loads((path / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelFileError(f"{path}: not a Hugging Face model folder, no readable config.json") from error
    safe, pickled = path / "model.safetensors", path / "pytorch_model.bin"
    file = safe if safe.is_file() else pickled
    if not file.is_file():
        raise ModelFileError(f"{path}: has neither {safe.name} nor {pickled.name}")
    try:
        content = load_file(file) if file == safe else load_inert(file)
    except (SafetensorError, OSError) as error:
        raise ModelFileError(f"{file}: not a readable safetensors file ({error})") from error
    return _Published("Hugging Face folder", file, strip_wrapping(path, content)[1], bert=_plain(config))


def _plain(settings: object) -> _Plain:
    """Return the entries of a namespace or dictionary that are plain and printable; anything else in it is left out."""
    values = vars(settings) if type(settings) is Namespace else settings
    if not isinstance(values, dict):
        return {}
    return {k: v for k, v in values.items() if type(k) is str and k.isprintable() and _is_plain(v)}


def _is_plain(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return type(value) in (bool, int) or (type(value) is str and value.isprintable())


def _tokenizer(path: Path, published: _Published, shape: BertShape, k: int | None) -> dict[str, Any]:
    """Return the settings of the read tokenizer that the model was trained with (class ``KmerTokenizer`` in
    datasets.py).

    4^k + 2 ids are [MASK], [UNK] and the k-mers; the workshop models have 4^k + 3: <MASK>, <CLS> and <UNK> first.
    """
    run = published.run
    _refuse_variants(path, run)
    found = {4**n + specials: (n, specials) for n in range(1, 11) for specials in (2, 3)}
    known_k, specials = found.get(shape.vocabulary, (0, 0))
    workshop = published.layout == "BarcodeBERT 2023 workshop"
    if not known_k or (specials == 3 and not workshop):
        raise ModelFileError(
            f"{path}: a vocabulary of {shape.vocabulary} tokens is not that of a published k-mer model "
            "(4^k + 2, or 4^k + 3 in the 2023 workshop files)"
        )
    for said, source in ((k, "--k"), (run.get("k_mer"), "its run setting k_mer")):
        if said is not None and said != known_k:
            raise ModelFileError(f"{path}: {source} is {said}, but {shape.vocabulary} tokens are k = {known_k}")
    if run.get("stride", known_k) != known_k:
        raise ModelFileError(
            f"{path}: stride {run['stride']} with k = {known_k}: only models of non-overlapping k-mers can be read"
        )
    max_length = run.get("max_len", _MAX_LENGTH)
    if type(max_length) is not int or not known_k <= max_length <= shape.positions * known_k:
        raise ModelFileError(f"{path}: reads of {max_length} bases don't fit its table of {shape.positions} positions")
    first = {"first_id": specials, "unknown_id": specials - 1}
    return {"name": "reads", "k": known_k, "max_length": max_length, **first}


def _refuse_variants(path: Path, run: _Plain) -> None:
    """Refuse variants of the published training code whose tokens or forward pass this package does not have."""
    refused = {
        "tokenizer 'bpe'": run.get("tokenizer", "kmer") != "kmer",
        "k-mers with N as a fifth letter (tokenize_n_nucleotide)": run.get("tokenize_n_nucleotide"),
        "a [CLS] token before the read (use_cls_token)": run.get("use_cls_token"),
        "register tokens (n_registers)": run.get("n_registers"),
        "jumbo tokens (jumbo)": run.get("jumbo"),
    }
    for variant, is_so in refused.items():
        if is_so:
            raise ModelFileError(f"{path}: trained with {variant}, which cannot be read")


def _heads(path: Path, published: _Published, shape: BertShape, heads: int | None) -> int:
    """Return the number of attention heads. No tensor shows it, so the file or the user must tell."""
    said = published.bert.get("num_attention_heads", published.run.get("n_heads", heads))
    if said is None:
        raise ModelFileError(
            f"{path}: doesn't tell its number of attention heads; give --heads (the 2023 workshop models have 12)"
        )
    if heads is not None and heads != said:
        raise ModelFileError(f"{path}: --heads {heads}, but the file says {said}")
    if type(said) is not int or said < 1 or shape.width % said:
        raise ModelFileError(f"{path}: {said} attention heads do not divide the width {shape.width}")
    return said


def _epsilon(path: Path, published: _Published) -> float:
    """Return the number that layer norms add to the variance, after checking that the other BERT settings are the usual
    ones."""
    usual = {"hidden_act": "gelu", "position_embedding_type": "absolute", "is_decoder": False}
    for name, value in usual.items():
        if published.bert.get(name, value) != value:
            raise ModelFileError(f"{path}: {name} is {published.bert[name]!r}, only {value!r} can be read")
    epsilon = published.bert.get("layer_norm_eps", 1e-12)
    if type(epsilon) is not float or not 0 < epsilon < 1:
        raise ModelFileError(f"{path}: layer_norm_eps is {epsilon!r}, not a small positive number")
    return epsilon


def _origin(published: _Published) -> dict[str, Any]:
    """Return where the weights come from, for the metadata of the model file."""
    with open(published.file, "rb") as file:
        checksum = hashlib.file_digest(file, "sha256").hexdigest()
    run = {name: value for name, value in published.run.items() if not name.startswith(_HIDDEN_FACTS)}
    return {
        "tool_version": __version__,
        "layout": published.layout,
        "file": published.file.name,
        "sha256": checksum,
        "training": run | published.facts,
        "licence": "MIT, as the BarcodeMAE and BarcodeBERT repositories that published the weights",
    }
