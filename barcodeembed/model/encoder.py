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
    """Token vectors (B, L, D) -> one vector (B, pooled width), or (B, output) once the projection is fitted.

    With regions, tokens are averaged within R equal stretches of the barcode and the R means stand side by
    side, each less its mean over the corpus: a stretch that a read does not cover is zero, the average
    barcode. The projection whitens: its directions have equal variance over the corpus.
    """

    mean: Tensor

    def __init__(self, config: ModelConfig, n_positions: int) -> None:
        super().__init__()
        self.regions = config.regions if config.pooling == "regions" else 0
        self.n_positions = n_positions
        self.register_buffer("mean", torch.zeros(config.pooled_width))
        self.project = nn.Linear(config.pooled_width, config.output, bias=False) if config.output else None

    def forward(self, hidden: Tensor, positions: Tensor, mask: Tensor | None) -> Tensor:
        pooled, present = self.pool(hidden, positions, mask)
        centred = (pooled - self.mean) * present
        return self.project(centred) if self.project else centred

    def pool(self, hidden: Tensor, positions: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Pooled vectors (B, pooled width), and where (same shape) they rest on a token."""
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
        self.pooling = Pooling(config, self.tokenizer.n_positions)
        self.apply(initialise)

    @property
    def dim(self) -> int:
        """Width of the vector of a barcode."""
        return self.config.output or self.config.pooled_width

    def forward(self, values: Tensor, positions: Tensor, mask: Tensor | None) -> Tensor:
        """Token values (B, L[, P]), positions (B, L), mask (B, L) or None -> token vectors (B, L, D)."""
        return self.stack(self.embedding(values) + self.positions(positions), mask)

    def embed(self, values: Tensor, positions: Tensor, mask: Tensor | None) -> Tensor:
        """Vectors of unit length (B, dim)."""
        pooled = self.pooling(self(values, positions, mask), positions, mask)
        return nn.functional.normalize(pooled, dim=-1)
