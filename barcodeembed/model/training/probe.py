"""Name species that were seen in training, as published: by a linear probe on fixed vectors, and by fine-tuning the
encoder with a head.

Letters in shapes: N barcodes, Q queries, D width of a vector, S species.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from barcodeembed.model.checkpoint import Checkpoint
from barcodeembed.model.encoder import BarcodeEncoder
from barcodeembed.outputs.staging import staged
from barcodeembed.sequences.tokenizers import Tokens


@dataclass(frozen=True)
class ProbeConfig:
    """Settings of SGD for the linear probe; the defaults are those of BarcodeBERT's ``linear_probing.py``."""

    epochs: int = 200
    batch_size: int = 1024
    learning_rate: float = 1.0
    momentum: float = 0.95
    weight_decay: float = 1e-9
    seed: int = 1


@dataclass(frozen=True)
class FinetuneConfig:
    """Settings of AdamW and one cycle of the learning rate; the defaults are those of BarcodeBERT's
    ``finetuning.py``."""

    epochs: int = 35
    batch_size: int = 64
    learning_rate: float = 1e-4
    weight_decay: float = 1e-5
    seed: int = 1


def mean_pooled(checkpoint: Checkpoint) -> Checkpoint:
    """Return the same encoder with the mean of its real tokens as vector: without regions, views, projection or
    centring."""
    config = replace(checkpoint.config, pooling="mean", views=(), output=0)
    weights = {name: tensor for name, tensor in checkpoint.weights.items() if not name.startswith("pooling.")}
    weights["pooling.mean"] = torch.zeros(config.width)
    return Checkpoint(config, weights, checkpoint.origin)


def linear_probe(
    train: NDArray[np.float32],
    labels: NDArray[np.int64],
    queries: NDArray[np.float32],
    config: ProbeConfig = ProbeConfig(),
    device: str = "cpu",
    state_file: Path | None = None,
    on_epoch: Callable[[int], None] = lambda epoch: None,
) -> NDArray[np.int64]:
    """Return labels (Q,) of the queries by a linear layer that is trained on vectors (N, D), after its last epoch.

    Vectors are standardised by one mean and one deviation of all numbers, as published. With ``state_file``, a killed
    run goes on after its last whole epoch and ends with the same weights.
    """
    mean, deviation = float(train.mean()), float(train.std()) or 1.0
    x = torch.from_numpy((train - mean) / deviation).to(device)
    y = torch.from_numpy(labels).to(device)
    generator = torch.Generator().manual_seed(config.seed)
    layer = nn.Linear(x.shape[1], int(labels.max()) + 1)
    bound = x.shape[1] ** -0.5
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.uniform_(-bound, bound, generator=generator)
    layer.to(device)
    optimizer = torch.optim.SGD(
        layer.parameters(), config.learning_rate, config.momentum, weight_decay=config.weight_decay
    )
    state = _State(state_file, device, model=layer, optimizer=optimizer)
    for epoch in range(state.epoch, config.epochs):
        order = torch.from_numpy(np.random.default_rng((config.seed, epoch)).permutation(len(x)))
        for rows in order.to(device).split(config.batch_size):
            optimizer.zero_grad(set_to_none=True)
            F.cross_entropy(layer(x[rows]), y[rows]).backward()
            optimizer.step()
        state.save(epoch + 1)
        on_epoch(epoch + 1)
    with torch.inference_mode():
        asked = torch.from_numpy((queries - mean) / deviation).to(device)
        return torch.cat([layer(part).argmax(dim=1) for part in asked.split(4096)]).cpu().numpy()


class Classifier(nn.Module):
    """An encoder and a linear head over S species."""

    def __init__(self, encoder: BarcodeEncoder, n_species: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(encoder.dim, n_species)

    def forward(self, values: Tensor, positions: Tensor, mask: Tensor) -> Tensor:
        """Return logits (B, S) of tokens (B, L[, P]), positions and mask (B, L)."""
        hidden = self.encoder(values, positions, mask)
        return self.head(self.encoder.pooling(hidden, values, positions, mask))


def finetune(
    checkpoint: Checkpoint,
    train: Callable[[NDArray[np.int64], np.random.Generator], Tokens],
    labels: NDArray[np.int64],
    queries: Tokens,
    config: FinetuneConfig = FinetuneConfig(),
    *,
    device: str = "cpu",
    state_file: Path | None = None,
    on_epoch: Callable[[int], None] = lambda epoch: None,
) -> NDArray[np.int64]:
    """Return labels (Q,) of the queries by the whole encoder, trained with a head on N barcodes.

    ``train`` makes the tokens of the barcodes of a batch, with random numbers of its own if it likes. Order and random
    numbers depend on seed and epoch only. With ``state_file``, a killed run goes on after its last whole epoch and ends
    with the same weights.
    """
    torch.manual_seed(config.seed)
    model = Classifier(checkpoint.encoder(), int(labels.max()) + 1).to(device).train()
    optimizer = torch.optim.AdamW(model.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    n_rows = len(labels)
    per_epoch = -(-n_rows // config.batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.learning_rate, total_steps=max(2, config.epochs * per_epoch)
    )
    state = _State(state_file, device, model=model, optimizer=optimizer, schedule=schedule)
    targets = torch.from_numpy(labels).to(device)
    for epoch in range(state.epoch, config.epochs):
        chance = np.random.default_rng((config.seed, epoch))
        order = chance.permutation(n_rows)
        for start in range(0, n_rows, config.batch_size):
            rows = order[start : start + config.batch_size]
            optimizer.zero_grad(set_to_none=True)
            logits = model(*_tensors(train(rows, chance), device))
            F.cross_entropy(logits, targets[torch.from_numpy(rows).to(device)]).backward()
            optimizer.step()
            schedule.step()
        state.save(epoch + 1)
        on_epoch(epoch + 1)
    return _predict(model.eval(), queries, device)


class _State:
    """The state from which a killed training can go on: its parts after the last complete epoch."""

    def __init__(self, path: Path | None, device: str, **parts: Any) -> None:
        self._path, self._parts = path, parts
        self.epoch = 0
        if path and path.exists():
            kept = torch.load(path, map_location=device, weights_only=True)
            for name, part in parts.items():
                part.load_state_dict(kept[name])
            self.epoch = int(kept["epoch"])

    def save(self, epoch: int) -> None:
        """Save the parts beside the file and then replace it; without a file nothing is saved."""
        if self._path:
            with staged(self._path) as path:
                torch.save({"epoch": epoch, **{name: part.state_dict() for name, part in self._parts.items()}}, path)


@torch.inference_mode()
def _predict(model: Classifier, queries: Tokens, device: str) -> NDArray[np.int64]:
    starts = range(0, len(queries.mask), 256)
    parts = [np.arange(start, min(start + 256, len(queries.mask))) for start in starts]
    return np.concatenate(
        [model(*_tensors(queries.select(rows), device)).argmax(dim=1).cpu().numpy() for rows in parts]
    )


def _tensors(tokens: Tokens, device: str) -> tuple[Tensor, Tensor, Tensor]:
    values, positions, mask = (
        torch.from_numpy(np.ascontiguousarray(array)).to(device)
        for array in (tokens.values, tokens.positions, tokens.mask)
    )
    return values, positions, mask
