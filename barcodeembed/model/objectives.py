"""Pretraining objectives: each wraps an encoder that knows nothing of masking and is thrown away after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from barcodeembed.errors import UsageError
from barcodeembed.model.config import TrainingConfig
from barcodeembed.model.encoder import BarcodeEncoder
from barcodeembed.model.transformer import Transformer, initialise
from barcodeembed.sequences.codes import SINGLE_BASE


@dataclass(frozen=True)
class Outcome:
    """Loss (scalar, nats a predicted symbol) of one batch and how often the first guess was right."""

    loss: Tensor
    accuracy: Tensor


class Objective(Protocol):
    """What the training loop needs."""

    encoder: BarcodeEncoder

    def __call__(self, values: Tensor, mask: Tensor, generator: torch.Generator) -> Outcome:
        """Loss of a batch whose tokens stand in their places: values (B, L[, P]), mask (B, L)."""


class MaskedAutoencoder(nn.Module):
    """The encoder sees some tokens, at their true positions; a small decoder predicts the others.

    Hidden tokens never reach the encoder. The number of visible tokens is the same for all barcodes of a
    batch, so nothing is padded to a batch maximum. Patches are predicted base by base, k-mers as one symbol.
    """

    base_of_code: Tensor

    def __init__(self, encoder: BarcodeEncoder, config: TrainingConfig) -> None:
        super().__init__()
        self.encoder = encoder
        self.visible = config.visible
        self.span_share = config.span_share
        tokenizer, width = encoder.tokenizer, config.decoder_width
        self.n_tokens, self.patch = tokenizer.n_positions, tokenizer.patch
        self.narrow = nn.Linear(encoder.config.width, width)
        self.mask_token = nn.Parameter(torch.zeros(width))
        self.positions = nn.Embedding(self.n_tokens, width)
        self.decoder = Transformer(
            width, config.decoder_layers, config.decoder_heads, 4 * width, encoder.config.norm, 1e-5
        )
        self.head = nn.Linear(width, 4 * self.patch if self.patch else tokenizer.vocabulary)
        self.register_buffer("base_of_code", torch.from_numpy(SINGLE_BASE).long(), persistent=False)
        for part in (self.narrow, self.positions, self.decoder, self.head):
            part.apply(initialise)
        nn.init.normal_(self.mask_token, std=0.02)

    def forward(self, values: Tensor, mask: Tensor, generator: torch.Generator) -> Outcome:
        """Loss on the hidden real tokens of values (B, L[, P]) with mask (B, L)."""
        seen = self.choose_visible(mask, generator)  # (B, K)
        rows = torch.arange(len(seen), device=seen.device).unsqueeze(1)
        seen_mask = mask[rows, seen]
        hidden = self.encoder(values[rows, seen], seen, None if bool(seen_mask.all()) else seen_mask)
        predicted = self.decode(hidden, seen, mask)
        masked = mask.clone()
        masked[rows, seen] = False
        return self.score(predicted[masked], values[masked])

    def choose_visible(self, mask: Tensor, generator: torch.Generator) -> Tensor:
        """Positions (B, K) that the encoder sees, in order; real tokens first where a barcode has few."""
        n_rows, n_tokens = mask.shape
        share = self.visible[int(torch.randint(len(self.visible), (1,), generator=generator))]
        keep = max(1, round(share * n_tokens))
        draw = torch.rand(mask.shape, generator=generator)
        begin = torch.rand(n_rows, 1, generator=generator) * (n_tokens - keep + 1)
        is_span = torch.rand(n_rows, 1, generator=generator) < self.span_share
        # In a span the distance from its start decides; tokens before the start come last.
        distance = (torch.arange(n_tokens) - begin.floor()) % n_tokens / n_tokens
        rank = torch.where(is_span, distance, draw).to(mask.device) + 2.0 * ~mask
        return rank.argsort(dim=1)[:, :keep].sort(dim=1).values

    def decode(self, hidden: Tensor, seen: Tensor, mask: Tensor) -> Tensor:
        """Encoder output (B, K, D) put back in place among mask tokens -> predictions (B, L, outputs)."""
        narrow = self.narrow(hidden)
        full = self.mask_token.expand(*mask.shape, -1).clone()
        full = full.scatter(1, seen.unsqueeze(-1).expand_as(narrow), narrow)
        full = full + self.positions.weight
        return self.head(self.decoder(full, None if bool(mask.all()) else mask))

    def score(self, predicted: Tensor, values: Tensor) -> Outcome:
        """Cross-entropy of M hidden tokens: predicted (M, outputs), values (M[, P])."""
        if self.patch:
            predicted = predicted.reshape(-1, 4)
            target = self.base_of_code[values.long()].reshape(-1)
        else:
            target = values
        known = target >= 0
        loss = F.cross_entropy(predicted, target, ignore_index=-1)
        right = (predicted.argmax(dim=-1) == target) & known
        return Outcome(loss, right.sum() / known.sum().clamp(min=1))


OBJECTIVES: dict[str, type[MaskedAutoencoder]] = {"mae": MaskedAutoencoder}


def make_objective(encoder: BarcodeEncoder, config: TrainingConfig) -> MaskedAutoencoder:
    """The objective that ``config`` names, around ``encoder``.

    Raises
    ------
    UsageError
        for an unknown name.
    """
    if config.objective not in OBJECTIVES:
        raise UsageError(f"unknown objective {config.objective!r}, choose from {', '.join(OBJECTIVES)}")
    return OBJECTIVES[config.objective](encoder, config)
