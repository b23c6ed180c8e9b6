"""The training loop: it yields steps, saves its whole state, and goes on from there with identical results.

What a step does depends on the seed and the number of the step (order of barcodes, masks), and on the state in the last
checkpoint (weights, optimiser). So a run that was killed gives the same losses as one that was not. Random numbers of a
step are drawn for the whole batch, so that several processes, or several parts, make the same step as one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from barcodeembed.errors import MismatchError, OutputError, TrainingError, damaged
from barcodeembed.model.config import ModelConfig, TrainingConfig
from barcodeembed.model.embedder import has_bf16
from barcodeembed.model.encoder import BarcodeEncoder
from barcodeembed.model.training.base_objective import Example
from barcodeembed.model.training.distributed import Ranks
from barcodeembed.model.training.examples import StepMaker, StepWork
from barcodeembed.model.training.labels import Labelled, contrast
from barcodeembed.model.training.objectives import make_objective
from barcodeembed.model.training.optimizers import Optimizers
from barcodeembed.model.training.resuming import check_settings, check_state, read_state, starting_model
from barcodeembed.model.training.schedules import SCHEDULES
from barcodeembed.model.transformer import masked_mean, sample_seeded
from barcodeembed.outputs.staging import staged
from barcodeembed.sequences.batches import read_ahead
from barcodeembed.sequences.codes import Codes
from barcodeembed.sequences.corpus import PlacedCorpus

STATE_FILE = "state.pt"
"""The whole state of a run, in its folder."""

VALIDATION_BARCODES = 512
"""Approximate number of held-out barcodes in one validation."""

_EVALUATION_BATCH = 128


@dataclass(frozen=True)
class Step:
    """The results of one step; losses are in nats for each predicted base (or k-mer). ``distil`` has squared distances
    of each barcode instead."""

    step: int
    loss: float
    accuracy: float
    learning_rate: float
    gradient_norm: float
    labels_loss: float | None = None
    """Contrast of labels in nats for each barcode, before it is weighted; None without labels."""
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    probe: Mapping[str, float] | None = None
    """Accuracy of nearest neighbours on labelled barcodes, if a probe was asked for."""


class Trainer:
    """One pretraining run over a placed corpus, with its state in ``directory/state.pt``."""

    def __init__(
        self,
        model: ModelConfig,
        config: TrainingConfig,
        corpus: PlacedCorpus,
        directory: Path,
        device: torch.device,
        ranks: Ranks = Ranks(),  # noqa: B008
    ) -> None:
        """Make the model and the optimiser; nothing is written yet.

        Raises
        ------
        UsageError
            if the settings make no model, or a step has fewer barcodes than parts.
        InputError
            if labels are asked for and the corpus has none to compare.
        """
        torch.manual_seed(config.seed)
        self.model_config, self.config, self.corpus, self.device, self.ranks = model, config, corpus, device, ranks
        self.state_file = directory / STATE_FILE
        self.objective = make_objective(BarcodeEncoder(model), config).to(device)
        # On a CPU a run keeps single precision unless it is asked for: then its losses are those of any other CPU.
        auto = config.precision == "auto" and device.type != "cpu" and has_bf16(device)
        self.autocast = auto or config.precision == "bf16"
        self.optimizer = Optimizers(self.objective, config, half=self.autocast)
        self.work = StepMaker(self.objective, corpus, config, ranks)
        self.validation_rows = corpus.validation_rows(VALIDATION_BARCODES)
        self.step = 0
        self.started_from = ""

    def run(self, stop: Callable[[], bool] = lambda: False) -> Iterator[Step]:
        """Train to ``config.steps`` and yield one :class:`Step` at a time; the state is saved as the config says.

        When ``stop`` returns True in any process, all end after the same step, with the state saved.

        Raises
        ------
        TrainingError
            when the loss or the gradient is not finite; the last checkpoint stays as it was.
        """
        self.objective.train()
        if self.config.compile:
            self.objective.compile()
        model = self.ranks.wrap(self.objective, self.device)
        last, stopped = self.config.steps, False
        prepared: Iterator[StepWork] = map(self.work, range(self.step, last))
        if self.device.type != "cpu":
            prepared = read_ahead(prepared, depth=2)
        for work in prepared:
            shown, stopped = self._one_step(model, work, stop)
            self.step += 1
            ends = stopped or self.step == last
            if self.step % self.config.validate_every == 0 or self.step == last:
                loss, accuracy = self.validate() if self.ranks.is_first else (math.nan, math.nan)
                shown = replace(shown, validation_loss=loss, validation_accuracy=accuracy)
            # Yielded before it is saved: a log may have steps that the state lacks, but never the other way round.
            yield shown
            if self.step % self.config.checkpoint_every == 0 or ends:
                self.save()
            if stopped:
                return

    def _one_step(self, model: nn.Module, work: StepWork, stop: Callable[[], bool]) -> tuple[Step, bool]:
        rates = SCHEDULES[self.config.schedule](self.config, self.step)
        self.optimizer.set_rates(rates.learning_rate, (rates.beta, self.config.betas[1]))
        n_targets = torch.tensor(float(sum(example.n_targets for example in work.parts)), device=self.device)
        n_targets = self.ranks.sum(n_targets).clamp(min=1)
        self.optimizer.zero_grad()
        totals = torch.zeros(4, device=self.device, dtype=torch.float64)
        for example in work.parts[:-1]:
            with self.ranks.no_sum(model):
                totals[:3] += self._backward(model, example, n_targets)
        totals[:3] += self._backward(model, work.parts[-1], n_targets, work.labelled)
        totals[3] = float(stop())
        norm = nn.utils.clip_grad_norm_(self.objective.parameters(), self.config.gradient_clip or math.inf)
        # The only moment of a step at which we wait for the device.
        sums = torch.cat([self.ranks.sum(totals), norm.double().reshape(1)]).tolist()
        loss, accuracy, labels_loss, stopped, gradient = sums
        if not all(map(math.isfinite, (loss, labels_loss, gradient))):
            raise TrainingError(self._not_finite(loss, gradient))
        self.optimizer.step()
        labels = labels_loss if work.labelled else None
        return Step(self.step, loss, accuracy, rates.learning_rate, gradient, labels), stopped > 0

    def _backward(
        self, model: nn.Module, example: Example, n_targets: Tensor, labelled: Labelled | None = None
    ) -> Tensor:
        """Add the gradient of a part, and of the labelled barcodes, to the others.

        Returns this process's share of loss and accuracy over the targets of the whole batch, and of the loss of the
        labels.
        """
        labelled = labelled and labelled.to(self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.autocast):
            outcome = model(example.to(self.device), labelled)
        # Gradients are averaged over processes; the loss is a mean over the targets of all.
        loss = outcome.loss * (self.ranks.size / n_targets)
        labels_loss = torch.zeros_like(outcome.loss)
        if labelled:
            # Every process has the whole loss, and the gradient of its own barcodes.
            vectors = self.ranks.gather(outcome.vectors, labelled.part, len(labelled.taxa))
            labels_loss = contrast(vectors, labelled.taxa, labelled.below, self.config.labels_temperature)
            loss = loss + labels_loss * (self.ranks.size * self.config.labels_weight)
        loss.backward()
        shares = [outcome.loss.detach() / n_targets, outcome.right / n_targets, labels_loss.detach() / self.ranks.size]
        return torch.stack(shares).double()

    def _not_finite(self, loss: float, gradient: float) -> str:
        good = f"the last good state is {self.state_file}" if self.state_file.exists() else "no state was saved yet"
        return (
            f"step {self.step}: the loss ({loss:g}) or the gradient ({gradient:g}) is not finite; {good}; "
            "lower learning_rate and start anew, or resume to see whether it was the machine"
        )

    @torch.no_grad()
    def validate(self) -> tuple[float, float]:
        """Return loss and accuracy on held-out barcodes, always with the same masks."""
        self.objective.eval()
        loss, right, n_targets = 0.0, 0, 0
        for i in range(0, len(self.validation_rows), _EVALUATION_BATCH):
            values, mask = self.work.tokens(self.corpus.columns(self.validation_rows[i : i + _EVALUATION_BATCH]))
            draw = self.objective.draw(len(mask), sample_seeded(0, i))
            example = self.objective.prepare(values, mask, draw)
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.autocast):
                outcome = self.objective(example.to(self.device))
            loss, right = loss + outcome.loss.item(), right + int(outcome.right)
            n_targets += example.n_targets
        self.objective.train()
        return (loss / n_targets, right / n_targets) if n_targets else (math.nan, math.nan)

    @torch.no_grad()
    def mean_vectors(self, columns: Codes) -> NDArray[np.float32]:
        """Return mean token vectors (N, D) of placed barcodes by the encoder as it is now, without regions and without
        anything fitted."""
        encoder = self.objective.encoder.eval()
        parts = []
        for i in range(0, len(columns), _EVALUATION_BATCH):
            values, mask = (part.to(self.device) for part in self.work.tokens(columns[i : i + _EVALUATION_BATCH]))
            positions = torch.arange(mask.shape[1], device=self.device).expand_as(mask)
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.autocast):
                hidden = encoder(values, positions, mask)
            parts.append(masked_mean(hidden.float(), mask).cpu().numpy())
        encoder.train()
        return np.concatenate(parts)

    def save(self) -> None:
        """Write the whole state beside the old one and replace that; the first process does it for all."""
        if not self.ranks.is_first:
            return
        state = {
            "step": self.step,
            "model": self.model_config.to_dict(),
            "training": self.config.to_dict(),
            "corpus": self.corpus.summary["sha256"],
            "names": self.corpus.summary.get("names_sha256", ""),
            "started_from": self.started_from,
            "taught_by": self.objective.taught_by,
            "objective": self.objective.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        try:
            with staged(self.state_file) as path:
                torch.save(state, path)
        except (OSError, RuntimeError) as error:
            # torch reports a full disk as a RuntimeError.
            raise OutputError(f"{self.state_file}: the state could not be written ({error})") from error

    def start(self) -> None:
        """Begin with the encoder of ``config.start``, if it names one, instead of fresh weights.

        Raises
        ------
        ModelFileError, MismatchError
            as :func:`starting_model` says.
        """
        if not self.config.start:
            return
        begun = starting_model(self.model_config, self.config.start)
        # How that model pools its tokens does not matter, because the pooling is fitted anew after training.
        trained = {name: t for name, t in begun.weights.items() if not name.startswith("pooling.")}
        encoder = self.objective.encoder
        encoder.load_state_dict(encoder.state_dict() | trained)
        self.started_from = begun.fingerprint

    def resume(self) -> None:
        """Continue from the saved state.

        Raises
        ------
        MismatchError
            if the state was made with other settings or another corpus; only a change that cannot alter the
            steps already done is allowed (more ``steps`` before the rate began to fall).
        InputError
            if the state cannot be read; nothing in it is executed.
        """
        with damaged("the state cannot be read", self.state_file, "start a new run"):
            state = read_state(self.state_file)
            # Read and written again: a setting that did not exist when the state was saved had its default.
            begun = ModelConfig.from_dict(state["model"]), TrainingConfig.from_dict(state["training"])
            check_state(state)
        check_settings(self.state_file, (self.model_config, self.config), begun, state["step"])
        if state["corpus"] != self.corpus.summary["sha256"]:
            raise MismatchError(f"{self.state_file}: the run was started on another corpus")
        if state.get("names", "") != self.corpus.summary.get("names_sha256", ""):
            raise MismatchError(f"{self.state_file}: the run was started with other names of its barcodes")
        if state.get("taught_by", "") != self.objective.taught_by:
            raise MismatchError(f"{self.state_file}: the run was started with another model as training.teacher")
        # The pooling is fitted after training, so the state has nothing of it.
        trained = {name: t for name, t in state["objective"].items() if not name.startswith("encoder.pooling.")}
        with damaged("the state is of another model", self.state_file, "start a new run"):
            self.objective.load_state_dict(self.objective.state_dict() | trained)
            self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.started_from = state["step"], state.get("started_from", "")
