"""Presets: settings of whole runs, as the tables of a TOML file. A setting that is not named has its default."""

from __future__ import annotations

from typing import Any

_PUBLISHED_MODEL: dict[str, Any] = {
    "tokenizer": {"name": "reads", "k": 6},
    "width": 768,
    "layers": 6,
    "heads": 6,
    "feedforward": 3072,
    "norm": "post",
    "layer_norm_epsilon": 1e-12,
    "pooling": "mean",
}
"""BarcodeMAE's encoder (arXiv 2502.18405): a BERT of 6 layers and 6 heads, 768 wide, over 6-mers of the raw read."""

_PUBLISHED_TRAINING: dict[str, Any] = {
    "steps": 1_635_104,
    "batch_size": 64,
    "learning_rate": 1e-4,
    "betas": (0.9, 0.999),
    "weight_decay": 1e-5,
    "decay_all": True,
    "schedule": "one_cycle",
    "warmup": 0.3,
    "gradient_clip": 0,
    "visible": (0.5,),
    "offsets": True,
}
"""Defaults of the published training program: 45 epochs of the 2,325,482 barcodes of BIOSCAN-5M, in four processes of
16 barcodes. Its dropout (0.1) is left out."""

_PUBLISHED_DECODER: dict[str, Any] = {"decoder_width": 768, "decoder_layers": 6, "decoder_heads": 6}

PRESETS: dict[str, dict[str, dict[str, Any]]] = {
    "default": {
        "model": {"norm": "post", "views": ("bases", "amino_acids")},
        "training": {"batch_size": 64, "learning_rate": 7e-4, "warmup": 300, "decay": 0.3},
    },
    "barcodemae": {
        "model": _PUBLISHED_MODEL,
        "training": {"objective": "mae", **_PUBLISHED_TRAINING, **_PUBLISHED_DECODER},
    },
    "barcodebert": {
        "model": _PUBLISHED_MODEL,
        "training": {"objective": "mlm", **_PUBLISHED_TRAINING},
    },
    "causal": {
        "model": {**_PUBLISHED_MODEL, "causal": True},
        "training": {"objective": "causal", **_PUBLISHED_TRAINING},
    },
}
"""``default``: the recipe of the shipped encoder. ``barcodemae``: the published masked autoencoder. ``barcodebert`` and
``causal``: the same encoder, tokens and optimiser with BERT's objective (half of the tokens hidden, as published) and
with a causal one."""
