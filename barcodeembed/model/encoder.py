"""The encoder: turns tokens with their true positions into one vector for each barcode. It knows nothing of masking."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from barcodeembed.model.config import ModelConfig
from barcodeembed.model.transformer import Transformer, initialise, masked_mean
from barcodeembed.sequences.codes import ONE_HOT, SINGLE_BASE
from barcodeembed.sequences.genetic_codes import AMINO_ACID_OF_CODON, AMINO_ACIDS
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
        """Return token vectors (B, L, D) of base codes (B, L, P) or ids (B, L)."""
        if self.patch:
            return self.project(self.one_hot[values.long()].flatten(-2))
        return self.lookup(values)


class BaseView(nn.Module):
    """The bases of a patch of P columns, one-hot, as 4 P numbers; padding and N are absent."""

    one_hot: Tensor

    def __init__(self, patch: int) -> None:
        super().__init__()
        self.width = 4 * patch
        self.register_buffer("one_hot", torch.from_numpy(ONE_HOT), persistent=False)

    def forward(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """Return the numbers of base codes (B, L, P), and which of them are there, (B, L, width) each."""
        bases = self.one_hot[values.long()]  # (B, L, P, 4)
        there = (bases.sum(dim=-1, keepdim=True) > 0).expand_as(bases).to(bases.dtype)
        return bases.flatten(2), there.flatten(2)


class AminoAcidView(nn.Module):
    """The amino acids of the P / 3 codons of a patch, one-hot, as 7 P numbers; codons with an unknown base are absent.

    Most third bases differ between species by chance. What the protein keeps tells genera and families apart.
    """

    single_base: Tensor
    acid_of_codon: Tensor

    def __init__(self, patch: int) -> None:
        super().__init__()
        self.width = patch // 3 * len(AMINO_ACIDS)
        self.register_buffer("single_base", torch.from_numpy(SINGLE_BASE).long(), persistent=False)
        self.register_buffer("acid_of_codon", torch.from_numpy(AMINO_ACID_OF_CODON), persistent=False)

    def forward(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """Return the numbers of base codes (B, L, P), and which of them are there, (B, L, width) each."""
        bases = self.single_base[values.long()].unflatten(-1, (-1, 3))  # (B, L, P / 3, 3)
        known = (bases >= 0).all(dim=-1, keepdim=True)
        codon = (bases.clamp(min=0) * bases.new_tensor([16, 4, 1])).sum(dim=-1)
        acids = nn.functional.one_hot(self.acid_of_codon[codon], len(AMINO_ACIDS)) * known
        return acids.float().flatten(2), known.expand_as(acids).float().flatten(2)


VIEWS: dict[str, type[BaseView] | type[AminoAcidView]] = {"bases": BaseView, "amino_acids": AminoAcidView}


class Pooling(nn.Module):
    """Turns the tokens of a barcode into one vector (B, pooled width), or (B, output) once the projection is fitted.

    With regions, token vectors are averaged within R equal stretches of the barcode, and the R means stand side by
    side. Views stand beside them: the one-hot bases of all columns and the one-hot amino acids of all codons. The mean
    over the corpus is subtracted from each number, so that columns that a read does not cover are zero, and so is the
    average barcode.
    """

    mean: Tensor

    def __init__(self, config: ModelConfig, tokenizer: Tokenizer) -> None:
        super().__init__()
        self.regions = config.regions if config.pooling == "regions" else 0
        self.n_positions = tokenizer.n_positions
        views = {name: VIEWS[name](tokenizer.patch) for name in config.views}
        self.widths = {"tokens": config.width * max(self.regions, 1)}
        self.widths |= {name: view.width * self.n_positions for name, view in views.items()}
        self.views = nn.ModuleDict(views)
        width = sum(self.widths.values())
        self.register_buffer("mean", torch.zeros(width))
        self.project = nn.Linear(width, config.output, bias=False) if config.output else None

    def forward(self, hidden: Tensor, values: Tensor, positions: Tensor, mask: Tensor | None) -> Tensor:
        """Return vectors of token vectors (B, L, D), their values (B, L[, P]), positions and mask (B, L)."""
        pooled, present = self.pool(hidden, values, positions, mask)
        centred = (pooled - self.mean) * present
        return self.project(centred) if self.project else centred

    def pool(self, hidden: Tensor, values: Tensor, positions: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return pooled vectors (B, pooled width), and which of their numbers (same shape) rest on a token or a
        base."""
        parts = [self.pool_tokens(hidden, positions, mask)]
        for view in self.views.values():
            numbers, there = view(values)
            parts.append((self._lay(numbers, positions), self._lay(there, positions)))
        pooled, present = zip(*parts, strict=True)
        return torch.cat(pooled, dim=1), torch.cat(present, dim=1)

    def places(self) -> Tensor:
        """Return where on the barcode (for ``reads``, on the read) each number of the pooled vector lies, from 0 to 1,
        (pooled width,).

        A mean over everything lies at 0.5.
        """
        places = []
        for name, width in self.widths.items():
            number = self.n_positions if name in self.views else max(self.regions, 1)
            places.append(((torch.arange(number) + 0.5) / number).repeat_interleave(width // number))
        return torch.cat(places)

    def pool_tokens(self, hidden: Tensor, positions: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return the means (B, tokens' width) of token vectors (B, L, D) in each stretch, and which rest on a token."""
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

    def _lay(self, part: Tensor, positions: Tensor) -> Tensor:
        """Put the numbers of tokens (B, L, W) in their places, side by side: (B, positions x W)."""
        laid = part.new_zeros(len(part), self.n_positions, part.shape[2])
        laid[torch.arange(len(part), device=part.device)[:, None], positions] = part
        return laid.flatten(1)


class BarcodeEncoder(nn.Module):
    """Input embedding, transformer and pooling."""

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
            config.causal,
        )
        self.pooling = Pooling(config, self.tokenizer)
        self.apply(initialise)

    @property
    def dim(self) -> int:
        """Width of the vector of a barcode."""
        return self.config.output or len(self.pooling.mean)

    def forward(self, values: Tensor, positions: Tensor, mask: Tensor | None) -> Tensor:
        """Return token vectors (B, L, D) of token values (B, L[, P]), positions (B, L), and mask (B, L) or None."""
        return self.stack(self.embedding(values) + self.positions(positions), mask)
