"""What every pretraining objective has: the random numbers of a step, the example made with them, targets and score.

Letters: B barcodes, L places for tokens, K tokens the encoder gets, H tokens to predict, P bases of a patch.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from barcodeembed.model.config import TrainingConfig
from barcodeembed.model.encoder import BarcodeEncoder
from barcodeembed.model.training.labels import LabelHead, Labelled, send
from barcodeembed.model.training.whitening import fit_projection
from barcodeembed.model.transformer import initialise
from barcodeembed.sequences.codes import SINGLE_BASE
from barcodeembed.sequences.corpus import PlacedCorpus

_BASE_OF_CODE = torch.from_numpy(SINGLE_BASE).long()


@dataclass(frozen=True)
class Draw:
    """The random numbers of one step for all its barcodes; a part of the batch uses its own rows.

    They are drawn for the whole batch, so that nothing depends on how many parts or processes share it.
    """

    visible: float
    """Share of the tokens that stay visible."""
    order: Tensor
    """(B, L): the tokens with the smallest numbers are visible."""
    span: Tensor
    """(B, 2): whether the visible tokens are one run, and where it begins."""
    fate: Tensor
    """(B, L): what becomes of a token that is hidden."""
    random: Tensor
    """(B, L[, P]): random tokens."""

    def select(self, rows: slice) -> Draw:
        """Return what was drawn for these barcodes only."""
        return Draw(self.visible, self.order[rows], self.span[rows], self.fate[rows], self.random[rows])


@dataclass(frozen=True)
class Example:
    """The input of the encoder for B barcodes, and the symbols to predict."""

    values: Tensor
    """(B, K[, P])."""
    positions: Tensor
    """(B, K)."""
    mask: Tensor | None
    """(B, K): True for a real token; None: all are."""
    hidden: Tensor | None
    """(B, K): True where the mask vector stands for the token (mlm)."""
    places: Tensor
    """(B, H): where a prediction is made: positions (mae), or places in the row of K tokens (mlm, causal)."""
    wanted: Tensor
    """(B, H): True for a prediction that counts, False for padding."""
    targets: Tensor
    """(B, H, S): symbols to predict, S bases of a patch or one k-mer; -1: unknown, does not count."""

    def __post_init__(self) -> None:
        for field in fields(self):
            # Memory is pinned as it is, and the rows of an expanded tensor share theirs.
            if (tensor := getattr(self, field.name)) is not None:
                object.__setattr__(self, field.name, tensor.contiguous())

    def to(self, device: torch.device) -> Example:
        """Return the same on another device, copied while the device is still busy with earlier work."""
        return send(self, device)

    @property
    def n_targets(self) -> int:
        """Number of symbols that count."""
        return int((self.targets >= 0).sum())


class Outcome(NamedTuple):
    """The result of a batch or a part of it: summed cross-entropy in nats, and how often the first guess was right."""

    loss: Tensor
    right: Tensor
    vectors: Tensor | None = None
    """Vectors of labelled barcodes, to be contrasted."""


class Objective(nn.Module):
    """The common part of the objectives: random numbers, targets and score."""

    causal: ClassVar[bool] = False
    """Whether the encoder must be causal."""
    taught: ClassVar[bool] = False
    """Whether it learns from another model, ``training.teacher``."""
    taught_by: str = ""
    """Fingerprint of that model."""
    taught_dim: int = 0
    """Width of its vectors; 0: there is none."""

    def __init__(self, encoder: BarcodeEncoder, config: TrainingConfig) -> None:
        super().__init__()
        self.encoder = encoder
        self.config = config
        tokenizer = encoder.tokenizer
        self.n_tokens, self.patch = tokenizer.n_positions, tokenizer.patch
        self.first_id = tokenizer.first_id
        self.n_symbols = 4 if self.patch else tokenizer.vocabulary - self.first_id
        # Fitted after training (whitening): not part of any loss.
        encoder.pooling.requires_grad_(False)
        self.labels = LabelHead(encoder, config) if config.labels_weight else None

    def make_head(self, width: int) -> nn.Linear:
        """Return the layer that turns a token vector into scores of all symbols."""
        head = nn.Linear(width, self.n_symbols * max(self.patch, 1))
        initialise(head)
        return head

    def draw(self, n_rows: int, generator: torch.Generator) -> Draw:
        """Draw the random numbers of a step of ``n_rows`` barcodes."""
        shares = self.config.visible
        visible = shares[int(torch.randint(len(shares), (1,), generator=generator))]
        order, fate = torch.rand(2, n_rows, self.n_tokens, generator=generator)
        span = torch.rand(n_rows, 2, generator=generator)
        shape = (n_rows, self.n_tokens, *([self.patch] if self.patch else []))
        random = torch.zeros(shape, dtype=torch.int64)
        if self.config.replacement[1] > 0:
            random = torch.randint(self.n_symbols, shape, generator=generator)
        return Draw(visible, order, span, fate, 2**random if self.patch else random + self.first_id)

    def prepare(self, values: Tensor, mask: Tensor, draw: Draw) -> Example:
        """Make the example of tokens in their places, values (B, L[, P]) and mask (B, L), on the CPU."""
        raise NotImplementedError

    def predict(self, example: Example) -> Outcome:
        """Return the loss of an example on the objective's device."""
        raise NotImplementedError

    def forward(self, example: Example, labelled: Labelled | None = None) -> Outcome:
        """Return the loss of an example, and vectors of labelled barcodes if there are any, in one pass of the
        module."""
        outcome = self.predict(example)
        if labelled is None or self.labels is None:
            return outcome
        return outcome._replace(vectors=self.labels(self.encoder, labelled))

    def finished(self, corpus: PlacedCorpus, dim: int) -> BarcodeEncoder:
        """Return the trained encoder, on the CPU, with a projection to ``dim`` numbers (0: none) fitted on the corpus.

        Raises
        ------
        TrainingError
            as :func:`~barcodeembed.model.training.whitening.fit_projection` says.
        """
        encoder = self.encoder.cpu().eval()
        if not dim:
            return encoder
        labels = self.labels.project.weight.detach().cpu() if self.labels else None
        return fit_projection(encoder, corpus, dim, labels=labels)

    def hide(self, mask: Tensor, draw: Draw) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Choose which tokens stay visible, places (B, K), and which are hidden, places (B, H), each with a mask of
        real ones.

        The share is that of a barcode's own tokens, so that something is hidden of a short barcode, too.
        """
        n_real = mask.sum(dim=1, keepdim=True)  # (B, 1)
        n_visible = (draw.visible * n_real).round().long().clamp(min=1)
        first = mask.int().argmax(dim=1, keepdim=True)
        begin = first + (draw.span[:, 1:] * (n_real - n_visible + 1)).floor()
        # In a span the distance from its start decides; tokens before the start come last.
        distance = (torch.arange(self.n_tokens) - begin) % self.n_tokens / self.n_tokens
        is_span = draw.span[:, :1] < self.config.span_share
        rank = torch.where(is_span, distance, draw.order) + 2.0 * ~mask
        place = rank.argsort(dim=1)
        n_hidden = n_real - n_visible
        k, h = int(n_visible.max()), int(n_hidden.max())
        later = (n_visible + torch.arange(h)).clamp(max=self.n_tokens - 1)
        return place[:, :k], torch.arange(k) < n_visible, place.gather(1, later), torch.arange(h) < n_hidden

    def targets(self, values: Tensor, wanted: Tensor) -> Tensor:
        """Return the symbols (B, H, S) of tokens (B, H[, P]); -1 where not ``wanted`` (B, H) or not A, C, G, T."""
        symbols = _BASE_OF_CODE[values.long()] if self.patch else (values - self.first_id).unsqueeze(-1)
        return symbols.clamp(min=-1).masked_fill(~wanted.unsqueeze(-1), -1)

    def score(self, predicted: Tensor, targets: Tensor) -> Outcome:
        """Compare predictions (B, H, outputs) with targets (B, H, S)."""
        scores, target = predicted.reshape(-1, self.n_symbols), targets.reshape(-1)
        loss = F.cross_entropy(scores.float(), target, ignore_index=-1, reduction="sum")
        # Unknown targets are -1, which is never a guess.
        return Outcome(loss, (scores.detach().argmax(dim=-1) == target).sum())


def cut(values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Trim values (B, L[, P]) and mask (B, L) to (B, K), where no barcode has a later token; return values, positions
    and mask."""
    n = int(mask.any(dim=0).nonzero().max()) + 1
    return values[:, :n], torch.arange(n).expand(len(mask), -1), mask[:, :n]


def unless_all(mask: Tensor) -> Tensor | None:
    """Return the mask, or None if every token is real."""
    return None if bool(mask.all()) else mask
