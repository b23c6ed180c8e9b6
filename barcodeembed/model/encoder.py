"""The encoder: tokens with their true positions in, one vector a barcode out. It knows nothing of masking."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from barcodeembed.model.config import ModelConfig
from barcodeembed.model.transformer import Transformer, initialise, masked_mean
from barcodeembed.sequences.codes import ONE_HOT
from barcodeembed.sequences.tokenizers import Tokenizer, make_tokenizer


class TokenEmbedding(nn.Module):
    """Vectors of tokens: patches of P bases are projected as one-hot columns, k-mer ids are looked up."""

    one_hot: Tensor

    def __init__(self, tokenizer: Tokenizer, width: int) -> None:
        super().__init__()
        self.patch = tokenizer.patch
        if self.patch:
            self.project = nn.Linear(4 * self.patch, width)
            self.register_buffer("one_hot", torch.from_numpy(ONE_HOT), persistent=False)
        else:
            self.lookup = nn.Embedding(tokenizer.vocabulary, width)

    def forward(self, values: Tensor) -> Tensor:
        """(B, L, P) base codes or (B, L) ids -> (B, L, D)."""
        if self.patch:
            return self.project(self.one_hot[values.long()].flatten(-2))
        return self.lookup(values)


class Pooling(nn.Module):
    """Tokens of a barcode -> one vector (B, pooled width), or (B, output) once the projection is fitted.

    With regions, token vectors are averaged within R equal stretches of the barcode and the R means stand side
    by side; with base columns, the one-hot bases of all columns stand beside them. Each number is taken less its
    mean over the corpus: what a read does not cover is zero, the average barcode.
    """

    mean: Tensor
    one_hot: Tensor

    def __init__(self, config: ModelConfig, tokenizer: Tokenizer) -> None:
        super().__init__()
        self.regions = config.regions if config.pooling == "regions" else 0
        self.n_positions = tokenizer.n_positions
        self.token_width = config.width * max(self.regions, 1)
        self.column_width = 4 * tokenizer.patch * self.n_positions if config.base_columns else 0
        width = self.token_width + self.column_width
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("one_hot", torch.from_numpy(ONE_HOT), persistent=False)
        self.project = nn.Linear(width, config.output, bias=False) if config.output else None

    def forward(self, hidden: Tensor, values: Tensor, positions: Tensor, mask: Tensor | None) -> Tensor:
        """Token vectors (B, L, D), their values (B, L[, P]), positions and mask (B, L) -> vectors."""
        pooled, present = self.pool(hidden, values, positions, mask)
        centred = (pooled - self.mean) * present
        return self.project(centred) if self.project else centred

    def pool(self, hidden: Tensor, values: Tensor, positions: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Pooled vectors (B, pooled width), and where (same shape) they rest on a token or a base."""
        parts = [self._tokens(hidden, positions, mask)]
        if self.column_width:
            parts.append(self._columns(values, positions))
        pooled, present = zip(*parts, strict=True)
        return torch.cat(pooled, dim=1), torch.cat(present, dim=1)

    def _tokens(self, hidden: Tensor, positions: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        if not self.regions:
            pooled = masked_mean(hidden, mask)
            return pooled, torch.ones_like(pooled)
        region = positions * self.regions // self.n_positions  # (B, L)
        member = nn.functional.one_hot(region, self.regions).to(hidden.dtype)  # (B, L, R)
        if mask is not None:
            member = member * mask.unsqueeze(-1)
        count = member.sum(dim=1).unsqueeze(-1)  # (B, R, 1)
        means = member.transpose(1, 2) @ hidden / count.clamp(min=1)  # (B, R, D)
        return means.flatten(1), (count > 0).expand_as(means).flatten(1).to(hidden.dtype)

    def _columns(self, values: Tensor, positions: Tensor) -> tuple[Tensor, Tensor]:
        bases = self.one_hot[values.long()]  # (B, L, P, 4); padding and N are zero
        there = (bases.sum(dim=-1, keepdim=True) > 0).expand_as(bases).to(bases.dtype)
        index = positions.unsqueeze(-1).expand(-1, -1, bases.shape[2] * 4)
        empty = bases.new_zeros(len(bases), self.n_positions, index.shape[-1])
        laid, present = (empty.scatter(1, index, part.flatten(2)).flatten(1) for part in (bases, there))
        return laid, present


class BarcodeEncoder(nn.Module):
    """Input embedding, transformer stack, pooling."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.tokenizer = make_tokenizer(config.tokenizer)
        self.embedding = TokenEmbedding(self.tokenizer, config.width)
        self.positions = nn.Embedding(self.tokenizer.n_positions, config.width)
        self.stack = Transformer(
            config.width,
            config.layers,
            config.heads,
            config.feedforward,
            config.norm,
            config.layer_norm_epsilon,
        )
        self.pooling = Pooling(config, self.tokenizer)
        self.apply(initialise)

    @property
    def dim(self) -> int:
        """Width of the vector of a barcode."""
        return self.config.output or len(self.pooling.mean)

    def forward(self, values: Tensor, positions: Tensor, mask: Tensor | None) -> Tensor:
        """Token values (B, L[, P]), positions (B, L), mask (B, L) or None -> token vectors (B, L, D)."""
        return self.stack(self.embedding(values) + self.positions(positions), mask)
