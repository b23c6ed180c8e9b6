"""Pretraining objectives. Each wraps an encoder that knows nothing of masking; only the encoder is kept after training.

An objective works in two halves. ``prepare`` runs on the CPU, ahead of the step: it decides what is hidden and trims
the batch to what must be computed. ``forward`` runs on the device and never waits for it. All barcodes of a batch show
the same share of their tokens, so that barcodes of one length need no padding.

Letters: B barcodes, L places for tokens, K tokens the encoder gets, H tokens to predict, P bases of a patch.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from barcodeembed.errors import UsageError
from barcodeembed.model.config import TrainingConfig
from barcodeembed.model.encoder import BarcodeEncoder
from barcodeembed.model.training.base_objective import Draw, Example, Objective, Outcome, cut, unless_all
from barcodeembed.model.training.distillation import Distillation
from barcodeembed.model.transformer import Transformer, initialise


class MaskedAutoencoder(Objective):
    """The encoder sees some tokens, at their true positions; a small decoder predicts the others.

    Hidden tokens never reach the encoder, not even as [MASK] (He et al. 2022; BarcodeMAE). The decoder gets the
    encoder's output, and one mask vector with a position for each hidden token. Its last block and the head compute
    hidden tokens only.
    """

    def __init__(self, encoder: BarcodeEncoder, config: TrainingConfig) -> None:
        super().__init__(encoder, config)
        width, shape = config.decoder_width, encoder.config
        self.narrow = nn.Linear(shape.width, width)
        self.mask_vector = nn.Parameter(torch.empty(width).normal_(std=0.02))
        self.positions = nn.Embedding(self.n_tokens, width)
        self.decoder = Transformer(
            width, config.decoder_layers, config.decoder_heads, 4 * width, shape.norm, shape.layer_norm_epsilon
        )
        for part in (self.narrow, self.positions, self.decoder):
            part.apply(initialise)
        self.head = self.make_head(width)

    def prepare(self, values: Tensor, mask: Tensor, draw: Draw) -> Example:
        seen, is_seen, places, wanted = self.hide(mask, draw)
        rows = torch.arange(len(mask)).unsqueeze(1)
        # Places beyond the share of a short barcode hold tokens that must not be seen.
        visible = values[rows, seen] * is_seen.view(*is_seen.shape, *[1] * (values.ndim - 2))
        targets = self.targets(values[rows, places], wanted)
        return Example(visible, seen, unless_all(is_seen), None, places, wanted, targets)

    def predict(self, example: Example) -> Outcome:
        narrow = self.narrow(self.encoder(example.values, example.positions, example.mask))
        seen = narrow + self.positions(example.positions)
        hidden = self.mask_vector + self.positions(example.places)
        mask = None if example.mask is None else torch.cat([example.mask, example.wanted], dim=1)
        decoded = self.decoder(torch.cat([seen, hidden], dim=1), mask, last=hidden.shape[1])
        return self.score(self.head(decoded), example.targets)


class MaskedLanguageModel(Objective):
    """BERT's objective: hidden tokens stand in the encoder's input as a learnt mask vector and are predicted there.

    ``replacement`` makes some of them random tokens or leaves them as they are.
    """

    def __init__(self, encoder: BarcodeEncoder, config: TrainingConfig) -> None:
        super().__init__(encoder, config)
        self.mask_vector = nn.Parameter(torch.empty(encoder.config.width).normal_(std=0.02))
        self.head = self.make_head(encoder.config.width)

    def prepare(self, values: Tensor, mask: Tensor, draw: Draw) -> Example:
        _, _, places, wanted = self.hide(mask, draw)
        rows = torch.arange(len(mask)).unsqueeze(1)
        targets = self.targets(values[rows, places], wanted)
        chosen = torch.zeros(mask.shape, dtype=torch.uint8).scatter_reduce(1, places, wanted.byte(), "amax").bool()
        masked, random, _ = self.config.replacement
        is_random = chosen & (draw.fate >= masked) & (draw.fate < masked + random)
        swap = is_random.view(*is_random.shape, *[1] * (values.ndim - 2))
        swapped = torch.where(swap, draw.random.to(values.dtype), values)
        kept, positions, seen = cut(swapped, mask)
        hidden = (chosen & (draw.fate < masked))[:, : seen.shape[1]]
        return Example(kept, positions, unless_all(seen), hidden, places.clamp(max=seen.shape[1] - 1), wanted, targets)

    def predict(self, example: Example) -> Outcome:
        embedded = self.encoder.embedding(example.values)
        if example.hidden is not None:
            embedded = torch.where(example.hidden.unsqueeze(-1), self.mask_vector.to(embedded.dtype), embedded)
        hidden = self.encoder.stack(embedded + self.encoder.positions(example.positions), example.mask)
        return self.score(self.head(_take(hidden, example.places)), example.targets)


class CausalLanguageModel(Objective):
    """The output of each token predicts the next token of the barcode, and depends on no token that follows.

    The encoder itself is causal (``ModelConfig.causal``), and embeds as it was trained.
    """

    causal: ClassVar[bool] = True

    def __init__(self, encoder: BarcodeEncoder, config: TrainingConfig) -> None:
        super().__init__(encoder, config)
        self.head = self.make_head(encoder.config.width)

    def prepare(self, values: Tensor, mask: Tensor, draw: Draw) -> Example:
        values, positions, mask = cut(values, mask)
        wanted = mask[:, :-1] & mask[:, 1:]
        targets = self.targets(values[:, 1:], wanted)
        return Example(values, positions, unless_all(mask), None, positions[:, :-1], wanted, targets)

    def predict(self, example: Example) -> Outcome:
        hidden = self.encoder(example.values, example.positions, example.mask)
        return self.score(self.head(_take(hidden, example.places)), example.targets)


def _take(hidden: Tensor, places: Tensor) -> Tensor:
    """Return the vectors (B, H, D) at ``places`` (B, H) of (B, K, D)."""
    return hidden.gather(1, places.unsqueeze(-1).expand(-1, -1, hidden.shape[-1]))


OBJECTIVES: dict[str, type[Objective]] = {
    "mae": MaskedAutoencoder,
    "mlm": MaskedLanguageModel,
    "causal": CausalLanguageModel,
    "distil": Distillation,
}
"""Each objective by its name. The first three learn from barcodes alone, ``distil`` from another model."""


def make_objective(encoder: BarcodeEncoder, config: TrainingConfig) -> Objective:
    """Return the objective that ``config`` names, around ``encoder``.

    Raises
    ------
    UsageError
        for an unknown name, for an encoder that is causal where the objective must not be, or the other way round, or
        for a teacher where the objective has none, or the other way round.
    ModelFileError, MismatchError
        if the teacher cannot be read, or does not suit the encoder.
    """
    if config.objective not in OBJECTIVES:
        raise UsageError(f"unknown objective {config.objective!r}, choose from {', '.join(OBJECTIVES)}")
    made = OBJECTIVES[config.objective]
    if made.causal != encoder.config.causal:
        needed = "true" if made.causal else "false"
        raise UsageError(f"the objective {config.objective} needs causal = {needed} in [model]")
    if made.taught != bool(config.teacher):
        raise UsageError(
            f"the objective {config.objective} "
            + ("needs a model in training.teacher" if made.taught else "has no teacher: leave out training.teacher")
        )
    return made(encoder, config)
