"""A contrast of labels beside an objective: it draws barcodes of one genus together and pushes all others apart.

The loss is the supervised contrastive one (Khosla et al. 2020, "Supervised contrastive learning"). A step compares
labelled barcodes of its own: a few of each taxon, of different species if possible. Some are cropped, so that fragments
lie where their whole barcodes do. The taxon need not be a genus (``TrainingConfig.labels_rank``).

Letters in shapes: B barcodes, L tokens, P bases of a patch, E width of the compared vectors.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from barcodeembed.errors import InputError
from barcodeembed.model.config import TrainingConfig
from barcodeembed.model.encoder import BarcodeEncoder
from barcodeembed.model.transformer import initialise
from barcodeembed.sequences.corpus import PlacedCorpus
from barcodeembed.sequences.names.corpus_names import UNKNOWN
from barcodeembed.taxonomy import RANKS

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

OTHER_SPECIES = 2.0
"""Weight of a barcode of the same genus but another species, against 1 for one of the same species, because genera are
needed for new species. At other ranks: of another taxon at the rank below."""

_SEED = 2_000_003
"""Different from the seed of the masks."""


Sent = TypeVar("Sent", bound="DataclassInstance")


@dataclass(frozen=True)
class Labelled:
    """The labelled barcodes of one process in one step, and the taxa of those of all processes."""

    values: Tensor
    """(B, L[, P])."""
    positions: Tensor
    """(B, L)."""
    mask: Tensor
    """(B, L): True for a real token."""
    part: slice
    """Rows of the whole batch that these B barcodes are."""
    taxa: Tensor
    """(whole batch,): number of each barcode's taxon."""
    below: Tensor
    """(whole batch,): number of its taxon at the rank below; -1: unknown."""

    def to(self, device: torch.device) -> Labelled:
        """Return the same on another device."""
        return send(self, device)


class LabelBatches:
    """Which labelled barcodes a step compares; this depends on the seed and the step alone.

    In an epoch each taxon with two or more barcodes occurs once, with up to ``labels_each`` of them, drawn from
    different taxa of the rank below as far as possible. Large genera weigh no more than small ones.
    """

    def __init__(self, corpus: PlacedCorpus, config: TrainingConfig) -> None:
        """Find the labelled barcodes of the corpus that are not held out.

        Raises
        ------
        InputError
            if no taxon has two of them.
        """
        self._config, self._epoch, self._rows = config, -1, np.empty(0, dtype=np.int64)
        rank = RANKS.index(config.labels_rank)
        names = corpus.names
        if names is None:
            raise InputError("the corpus was placed without names: labels_weight needs a new run")
        rows = corpus.training_rows().astype(np.int64)
        rows = rows[names[rows, rank] != UNKNOWN]
        _, taxa, sizes = np.unique(names[rows, rank], return_inverse=True, return_counts=True)
        compared = sizes[taxa] > 1
        if not compared.any():
            raise InputError(
                f"labels_weight = {config.labels_weight:g}: no {config.labels_rank} has two barcodes with its name",
                hint="give tables with lineages, or lineages by id with --labels",
            )
        self.all = rows[compared]
        self._taxa = taxa[compared]
        self._below = names[self.all, rank + 1] if rank + 1 < len(RANKS) else np.full(len(self.all), UNKNOWN)
        self._taxon_of = np.full(len(names), UNKNOWN)
        self._below_of = self._taxon_of.copy()
        self._taxon_of[self.all], self._below_of[self.all] = self._taxa, self._below
        drawn = np.minimum(sizes[sizes > 1], config.labels_each).sum()
        self.size = int(min(config.labels_batch, drawn))
        self._steps = int(drawn // self.size)

    def rows(self, step: int) -> NDArray[np.int64]:
        """Return the rows (size,) of the corpus that this step compares."""
        epoch, place = divmod(step, self._steps)
        if epoch != self._epoch:
            self._epoch, self._rows = epoch, self._draw(epoch)
        return self._rows[place * self.size : (place + 1) * self.size]

    def taxa(self, rows: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """Return the numbers of the taxa of these rows, and of their taxa at the rank below."""
        return torch.from_numpy(self._taxon_of[rows]), torch.from_numpy(self._below_of[rows])

    def _draw(self, epoch: int) -> NDArray[np.int64]:
        """Return all rows of an epoch, taxon after taxon in a new order."""
        chance = np.random.default_rng((self._config.seed, epoch, _SEED))
        order = chance.permutation(len(self.all))
        taxa, below = self._taxa[order], self._below[order].astype(np.int64)
        turn = _earlier(taxa * (below.max() + 2) + below + 1)
        # Within a taxon: the first barcode of each species, the second of each, ...
        sorted_ = np.lexsort((turn, taxa))
        chosen = order[sorted_[_earlier(taxa[sorted_]) < self._config.labels_each]]
        place = chance.permutation(int(self._taxa.max()) + 1)
        return self.all[chosen[np.argsort(place[self._taxa[chosen]], kind="stable")]]

    def crops(self, step: int) -> NDArray[np.float64]:
        """Return random numbers (size, 3) for the crops of a step."""
        return np.random.default_rng((self._config.seed, step, _SEED)).random((self.size, 3))


class LabelHead(nn.Module):
    """Makes vectors of unit length to compare: pooled tokens, projected. It is not kept after training."""

    def __init__(self, encoder: BarcodeEncoder, config: TrainingConfig) -> None:
        super().__init__()
        self.project = nn.Linear(encoder.pooling.widths["tokens"], config.labels_output)
        initialise(self.project)

    def forward(self, encoder: BarcodeEncoder, labelled: Labelled) -> Tensor:
        """Return the vectors (B, E) of labelled barcodes."""
        hidden = encoder(labelled.values, labelled.positions, labelled.mask)
        pooled, _ = encoder.pooling.pool_tokens(hidden, labelled.positions, labelled.mask)
        return F.normalize(self.project(pooled).float(), dim=-1)


def contrast(vectors: Tensor, taxa: Tensor, below: Tensor, temperature: float) -> Tensor:
    """Return the mean over barcodes of the contrastive loss, in nats.

    For each barcode this is the cross-entropy of picking one of its own taxon among all others of the batch, by their
    cosines. A barcode that is alone of its taxon is compared with, but has no loss of its own.

    Parameters
    ----------
    vectors
        float (B, E), of unit length.
    taxa
        int (B,): number of the taxon of each.
    below
        int (B,): number of its taxon at the rank below; -1: unknown.
    temperature
        cosines are divided by it.
    """
    itself = torch.eye(len(vectors), dtype=torch.bool, device=vectors.device)
    similar = (vectors @ vectors.T / temperature).masked_fill(itself, -torch.inf)
    surprise = -similar.log_softmax(dim=1).masked_fill(itself, 0)
    differ = (below[:, None] != below) & (below[:, None] != UNKNOWN) & (below != UNKNOWN)
    relatives = (taxa[:, None] == taxa) & ~itself
    weight = relatives * torch.where(differ, OTHER_SPECIES, 1.0)
    total = weight.sum(dim=1)
    return ((weight * surprise).sum(dim=1) / total.clamp(min=1)).sum() / (total > 0).sum().clamp(min=1)


def send(given: Sent, device: torch.device) -> Sent:
    """Return a dataclass of tensors on another device, copied while the device is still busy with earlier work."""
    if device.type == "cpu":
        return given
    moved = {}
    for field in fields(given):
        value = getattr(given, field.name)
        if isinstance(value, Tensor):
            value = value.pin_memory() if device.type == "cuda" else value
            moved[field.name] = value.to(device, non_blocking=True)
    return replace(given, **moved)


def _earlier(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many equal keys come before each."""
    order = np.argsort(keys, kind="stable")
    first = np.flatnonzero(np.concatenate([[True], np.diff(keys[order]) != 0]))
    sizes = np.diff(np.append(first, len(keys)))
    counted = np.empty(len(keys), dtype=np.int64)
    counted[order] = np.arange(len(keys)) - np.repeat(first, sizes)
    return counted
