"""Ready settings of whole runs, as the tables of a TOML file; what is not named has the default of the config."""

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
"""BarcodeMAE's encoder (arXiv 2502.18405): BERT of 6 layers and 6 heads, 768 wide, over 6-mers of the raw read."""

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
"""The defaults of the published training program: 45 epochs of the 2,325,482 barcodes of BIOSCAN-5M, four
processes of 16 barcodes. Dropout (0.1 there) is left out."""

_PUBLISHED_DECODER: dict[str, Any] = {"decoder_width": 768, "decoder_layers": 6, "decoder_heads": 6}

PRESETS: dict[str, dict[str, dict[str, Any]]] = {
    "default": {
        "model": {
            "tokenizer": {"name": "patches", "size": 30},
            "norm": "post",
            "views": ("bases", "amino_acids"),
        },
        "training": {
            "optimizer": "muon",
            "learning_rate": 2e-3,
            "warmup": 100,
            "decay": 0.35,
            "cropped": 0.15,
            "decoder_layers": 2,
        },
    },
    "distilled": {
        "model": {
            "tokenizer": {"name": "patches", "size": 30},
            "width": 128,
            "feedforward": 512,
            "norm": "post",
            "views": ("bases", "amino_acids"),
        },
        "training": {
            "objective": "distil",
            "teacher": "coi-mae-labels-v7",
            "optimizer": "muon",
            "batch_size": 256,
            "steps": 4200,
            "learning_rate": 2e-3,
            "weight_decay": 0.02,
            "warmup": 100,
            "decay": 0.6,
            "cropped": 0.4,
            "crop_columns": (100, 500),
            "noise": 0.03,
        },
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
"""``default``: ours, as the masked autoencoder that ships was trained, but for the names (``training.labels_weight``).
``distilled``: the smaller encoder that learns from it and embeds by default. ``barcodemae``: the published masked
autoencoder. ``barcodebert`` and ``causal``: the same encoder, tokens and optimiser under BERT's objective (half the
tokens hidden, as published) and under a causal one."""
