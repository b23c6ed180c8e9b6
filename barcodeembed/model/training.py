"""The training loop: it yields steps, saves its whole state, and goes on from there bit by bit.

What a step does depends on the seed and the step number alone (order of barcodes, masks), and on the state
in the last checkpoint (weights, optimiser), so a run that was killed gives the same losses as one that was not.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from barcodeembed.errors import MismatchError, OutputError, TrainingError
from barcodeembed.model.config import ModelConfig, TrainingConfig
from barcodeembed.model.encoder import BarcodeEncoder
from barcodeembed.model.objectives import MaskedAutoencoder, make_objective
from barcodeembed.model.transformer import sample_seeded
from barcodeembed.sequences.corpus import PlacedCorpus

STATE_FILE = "state.pt"
"""The whole state of a run, within its folder."""

_ONLY_EXPORTED = frozenset({"pooling", "regions", "views", "output"})
"""Model settings that no training step depends on: a resumed run may change them."""

VALIDATION_BARCODES = 512
"""Held-out barcodes in one validation, about."""


@dataclass(frozen=True)
class Step:
    """What one step shows: losses are in nats a predicted base (or k-mer)."""

    step: int
    loss: float
    accuracy: float
    learning_rate: float
    gradient_norm: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None


class Trainer:
    """One pretraining run over a placed corpus, with its state in ``directory/state.pt``."""

    def __init__(
        self,
        model: ModelConfig,
        config: TrainingConfig,
        corpus: PlacedCorpus,
        directory: Path,
        device: torch.device,
    ) -> None:
        torch.manual_seed(config.seed)
        self.model_config, self.config, self.corpus, self.device = model, config, corpus, device
        self.state_file = directory / STATE_FILE
        self.objective: MaskedAutoencoder = make_objective(BarcodeEncoder(model), config).to(device)
        self.optimizer = torch.optim.AdamW(
            _parameter_groups(self.objective, config.weight_decay),
            lr=config.learning_rate,
            betas=(0.9, 0.95),
        )
        held_out = corpus.held_out()
        self.rows = np.flatnonzero(~held_out)
        # Spread over the corpus, which keeps the order of its sources.
        self.validation_rows = np.flatnonzero(held_out)[:: max(1, int(held_out.sum()) // VALIDATION_BARCODES)]
        self.step = 0

    def run(self) -> Iterator[Step]:
        """Train to ``config.steps``, one :class:`Step` at a time; the state is saved as the config says.

        Raises
        ------
        TrainingError
            when the loss or the gradient is not finite; the last checkpoint is untouched.
        """
        self.objective.train()
        while self.step < self.config.steps:
            shown = self._one_step()
            self.step += 1
            if self.step % self.config.validate_every == 0 or self.step == self.config.steps:
                loss, accuracy = self.validate()
                shown = Step(**{**shown.__dict__, "validation_loss": loss, "validation_accuracy": accuracy})
            if self.step % self.config.checkpoint_every == 0 or self.step == self.config.steps:
                self.save()
            yield shown

    def _one_step(self) -> Step:
        rate = learning_rate(self.config, self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        values, mask = self._batch(batch_rows(self.rows, self.config, self.step))
        outcome = self.objective(values, mask, sample_seeded(self.config.seed, self.step))
        self.optimizer.zero_grad(set_to_none=True)
        outcome.loss.backward()
        norm = nn.utils.clip_grad_norm_(self.objective.parameters(), self.config.gradient_clip)
        if not (torch.isfinite(outcome.loss) and torch.isfinite(norm)):
            raise TrainingError(
                f"step {self.step}: the loss ({outcome.loss.item():g}) or the gradient ({norm.item():g}) is not "
                f"finite; the last good state is {self.state_file}; lower learning_rate and resume from it"
            )
        self.optimizer.step()
        return Step(self.step, outcome.loss.item(), outcome.accuracy.item(), rate, norm.item())

    def _batch(self, rows: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        tokens = self.objective.encoder.tokenizer.from_columns(self.corpus.columns(rows))
        return (
            torch.from_numpy(tokens.values).to(self.device),
            torch.from_numpy(tokens.mask).to(self.device),
        )

    @torch.no_grad()
    def validate(self) -> tuple[float, float]:
        """Loss and accuracy on held-out barcodes, always under the same masks."""
        self.objective.eval()
        outcomes = [
            self.objective(*self._batch(self.validation_rows[i : i + 128]), sample_seeded(0, i))
            for i in range(0, len(self.validation_rows), 128)
        ]
        self.objective.train()
        if not outcomes:
            return math.nan, math.nan
        loss = sum(outcome.loss.item() for outcome in outcomes) / len(outcomes)
        return loss, sum(outcome.accuracy.item() for outcome in outcomes) / len(outcomes)

    def save(self) -> None:
        """Write the whole state beside the old one, then take its place."""
        temporary = self.state_file.with_suffix(".tmp")
        state = {
            "step": self.step,
            "model": self.model_config.to_dict(),
            "training": self.config.to_dict(),
            "corpus": self.corpus.summary["sha256"],
            "objective": self.objective.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        try:
            torch.save(state, temporary)
            os.replace(temporary, self.state_file)
        except (OSError, RuntimeError) as error:
            # torch reports a full disk as a RuntimeError.
            temporary.unlink(missing_ok=True)
            raise OutputError(f"{self.state_file}: the state could not be written ({error})") from error

    def resume(self) -> None:
        """Continue from the saved state.

        Raises
        ------
        MismatchError
            if the state was made with other settings or another corpus; only a change that cannot alter the
            steps already done is allowed (more ``steps`` before the rate began to fall).
        """
        state = torch.load(self.state_file, map_location="cpu", weights_only=True)
        # Read and written again: a setting that did not exist when the state was saved had its default.
        begun = ModelConfig.from_dict(state["model"]), TrainingConfig.from_dict(state["training"])
        self._check_same("model", self.model_config.to_dict(), begun[0].to_dict(), free=_ONLY_EXPORTED)
        self._check_same(
            "training", self.config.to_dict(), begun[1].to_dict(), free=self._free(state["step"], begun[1])
        )
        if state["corpus"] != self.corpus.summary["sha256"]:
            raise MismatchError(f"{self.state_file}: the run was started on another corpus")
        # The pooling is fitted after training: what the state holds of it is empty.
        trained = {name: t for name, t in state["objective"].items() if not name.startswith("encoder.pooling.")}
        self.objective.load_state_dict(self.objective.state_dict() | trained)
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]

    def _free(self, step: int, begun: TrainingConfig) -> frozenset[str]:
        """Settings that may differ on resume: how often to look and save, and the length of a constant phase."""
        in_constant_phase = step <= min(decay_start(self.config), decay_start(begun))
        return frozenset({"validate_every", "checkpoint_every", *(("steps", "decay") if in_constant_phase else ())})

    def _check_same(
        self, what: str, mine: dict[str, Any], theirs: dict[str, Any], free: frozenset[str] = frozenset()
    ) -> None:
        for name, value in mine.items():
            if name not in free and value != theirs.get(name):
                raise MismatchError(
                    f"{self.state_file}: {what} setting {name} was {theirs.get(name)!r} and is now {value!r}; "
                    "resume with the same settings or start a new run"
                )


def decay_start(config: TrainingConfig) -> int:
    """Step at which the learning rate begins to fall."""
    return round(config.steps * (1 - config.decay))


def learning_rate(config: TrainingConfig, step: int) -> float:
    """Warm-up, constant, linear fall to zero (Hu et al. 2024, "WSD"): the constant part can be made longer."""
    if step < config.warmup:
        return config.learning_rate * (step + 1) / config.warmup
    start = decay_start(config)
    if step < start:
        return config.learning_rate
    return config.learning_rate * (config.steps - step) / (config.steps - start)


def batch_rows(rows: NDArray[np.int64], config: TrainingConfig, step: int) -> NDArray[np.int64]:
    """Rows (batch,) of this step: each epoch is a permutation that depends on seed and epoch only."""
    size = min(config.batch_size, len(rows))
    per_epoch = len(rows) // size
    epoch, place = divmod(step, per_epoch)
    order = np.random.default_rng((config.seed, epoch)).permutation(len(rows))
    return rows[order[place * size : (place + 1) * size]]


def _parameter_groups(module: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Decay for the matrices of linear layers; none for biases, norms and tables."""
    decayed = {id(m.weight) for m in module.modules() if isinstance(m, nn.Linear)}
    parameters = [p for p in module.parameters() if p.requires_grad]
    return [
        {"params": [p for p in parameters if id(p) in decayed], "weight_decay": weight_decay},
        {"params": [p for p in parameters if id(p) not in decayed], "weight_decay": 0.0},
    ]
