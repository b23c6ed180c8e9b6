"""Make what each step of a run works on: which barcodes, what of them is seen and what must be predicted.

This depends on the seed and the number of the step alone, and is drawn for the whole batch, whichever process works on
which part.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from barcodeembed.errors import UsageError
from barcodeembed.model.config import TrainingConfig
from barcodeembed.model.training.augmentation import cropped, with_substitutions, without_first
from barcodeembed.model.training.base_objective import Example, Objective
from barcodeembed.model.training.distributed import Ranks
from barcodeembed.model.training.labels import LabelBatches, Labelled
from barcodeembed.model.transformer import sample_seeded
from barcodeembed.sequences.codes import Codes
from barcodeembed.sequences.corpus import PlacedCorpus

_OFFSETS = 1_000_003
_CROPS = 3_000_003
_NOISE = 5_000_003
"""Seeds of offsets, crops and wrong bases, different from that of the masks."""


@dataclass(frozen=True)
class StepWork:
    """The work of one process in a step: its share of the batch, in parts, and its share of the labelled barcodes."""

    parts: list[Example]
    labelled: Labelled | None


class StepMaker:
    """Makes the work of any step of a run, on the CPU."""

    def __init__(self, objective: Objective, corpus: PlacedCorpus, config: TrainingConfig, ranks: Ranks) -> None:
        """Find the barcodes to train on.

        Raises
        ------
        UsageError
            if a step has fewer barcodes than parts, or fewer labelled ones than processes.
        InputError
            if labels are asked for and no taxon has two barcodes.
        """
        self._objective, self._corpus, self._config, self._ranks = objective, corpus, config, ranks
        self.order = BatchOrder(corpus.training_rows(), config.batch_size, config.seed)
        self.labels = LabelBatches(corpus, config) if config.labels_weight else None
        if self.order.size < ranks.size * config.accumulate:
            raise UsageError(
                f"a step of {self.order.size} barcodes cannot be shared by {ranks.size} processes in "
                f"{config.accumulate} parts each: lower accumulate or raise batch_size"
            )
        if self.labels and self.labels.size < ranks.size:
            raise UsageError(f"{self.labels.size} labelled barcodes cannot be shared by {ranks.size} processes")

    def __call__(self, step: int) -> StepWork:
        """Return the work of this process in a step."""
        return StepWork(self._parts(step), self._labelled(step) if self.labels else None)

    def tokens(self, columns: Codes) -> tuple[Tensor, Tensor]:
        """Return values (B, L[, P]) and mask (B, L) of placed barcodes."""
        tokens = self._objective.encoder.tokenizer.from_columns(columns)
        return torch.from_numpy(tokens.values), torch.from_numpy(tokens.mask)

    def _parts(self, step: int) -> list[Example]:
        config, rows = self._config, self.order.rows(step)
        draw = self._objective.draw(len(rows), sample_seeded(config.seed, step))
        offsets = np.zeros(len(rows), dtype=np.int64)
        if config.offsets:
            chance = np.random.default_rng((config.seed, step, _OFFSETS))
            offsets = chance.integers(self._longest_offset + 1, size=len(rows))
        crops = np.random.default_rng((config.seed, step, _CROPS)).random((len(rows), 3))
        if config.noise:
            rates, errors = self._errors(step, len(rows), config.noise)
        mine = self._ranks.share(len(rows))
        made = []
        for k in range(config.accumulate):
            inner = Ranks(k, config.accumulate).share(mine.stop - mine.start)
            part = slice(mine.start + inner.start, mine.start + inner.stop)
            columns = without_first(self._corpus.columns(rows[part]), offsets[part])
            columns = cropped(columns, crops[part], config.cropped, config.crop_columns)
            if config.noise:
                columns = with_substitutions(columns, errors[part], rates[part])
            made.append(self._objective.prepare(*self.tokens(columns), draw.select(part)))
        return made

    def _labelled(self, step: int) -> Labelled:
        """Return this process's labelled barcodes, in one part because each is compared with all others."""
        assert self.labels is not None
        rows, config = self.labels.rows(step), self._config
        part = self._ranks.share(len(rows))
        crops = self.labels.crops(step)[part]
        columns = cropped(self._corpus.columns(rows[part]), crops, config.labels_cropped, config.crop_columns)
        if config.labels_noise:
            rates, errors = self._errors(step, len(rows), config.labels_noise)
            columns = with_substitutions(columns, errors[part], rates[part])
        values, mask = self.tokens(columns)
        positions = torch.arange(mask.shape[1]).repeat(len(mask), 1)
        return Labelled(values, positions, mask, part, *self.labels.taxa(rows))

    def _errors(self, step: int, number: int, most: float) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Return the rates of error (number,) of barcodes of a step, up to ``most``, and the chance of each column to
        have one (number, C)."""
        chance = np.random.default_rng((self._config.seed, step, _NOISE))
        rates = chance.random(number) * most
        return rates, chance.random((number, self._corpus.packed.shape[1] * 2), dtype=np.float32)

    @property
    def _longest_offset(self) -> int:
        return int(getattr(self._objective.encoder.tokenizer, "k", 1)) - 1


class BatchOrder:
    """The rows of each step; each epoch is a permutation that depends on seed and epoch only."""

    def __init__(self, rows: NDArray[np.uint32], batch_size: int, seed: int) -> None:
        self.all, self.seed = rows, seed
        self.size = min(batch_size, len(rows))
        self._epoch, self._order = -1, rows

    def rows(self, step: int) -> NDArray[np.uint32]:
        """Return the rows (batch,) of this step."""
        epoch, place = divmod(step, len(self.all) // self.size)
        if epoch != self._epoch:
            self._epoch, self._order = epoch, np.random.default_rng((self.seed, epoch)).permutation(self.all)
        return self._order[place * self.size : (place + 1) * self.size]
