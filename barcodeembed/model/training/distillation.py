"""A small encoder learns to give the vectors of a large one, its teacher.

The idea is that of Hinton et al. 2015, "Distilling the knowledge in a neural network". Here the two differ in their
transformers only: views of the bases need no transformer, so both have the same ones, and the small encoder takes over
how its teacher projects them. What it learns is the part of the vector that comes from tokens. The loss of a barcode is
the squared distance of that part from the teacher's, both divided by the length of the teacher's whole vector. It is
about twice what the cosine of the two vectors lacks to 1.

Letters in shapes: B barcodes, L places for tokens, P bases of a patch, E width of the teacher's vectors.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from barcodeembed.errors import MismatchError
from barcodeembed.model import zoo
from barcodeembed.model.config import ModelConfig, TrainingConfig
from barcodeembed.model.encoder import BarcodeEncoder
from barcodeembed.model.training.base_objective import Draw, Example, Objective, Outcome, cut, unless_all
from barcodeembed.sequences.corpus import PlacedCorpus

NEAR = 0.02
"""A barcode whose loss is smaller counts as right: its cosine to the teacher's vector is about 0.99."""

SHORTEST = 0.2
"""Vectors are taken for at least as long. Those of fragments that are hardly different from the average barcode are
shorter (one of a thousand), and would count most."""

_SHARED = ("tokenizer", "views", "profile")
"""Settings of the model that both must have."""


class Distillation(Objective):
    """The encoder sees all tokens of a barcode and gives what its teacher makes of them."""

    taught: ClassVar[bool] = True

    def __init__(self, encoder: BarcodeEncoder, config: TrainingConfig) -> None:
        """Read the teacher.

        Raises
        ------
        ModelFileError
            if there is no such model.
        MismatchError
            if it has other tokens or views, or no projection.
        """
        super().__init__(encoder, config)
        found = zoo.load(config.teacher)
        _check_teacher(config.teacher, found.config, encoder.config)
        self.taught_by, self.taught_dim = found.fingerprint, found.dim
        self._found = found
        # In a list, because the teacher is neither trained nor saved with the run.
        self._made: list[BarcodeEncoder] = []
        self.project = nn.Linear(encoder.pooling.widths["tokens"], found.dim, bias=False)
        nn.init.normal_(self.project.weight, std=0.01)

    def prepare(self, values: Tensor, mask: Tensor, draw: Draw) -> Example:
        values, positions, mask = cut(values, mask)
        places, targets = torch.zeros(len(mask), 1, dtype=torch.int64), torch.zeros(len(mask), 1, 1)
        return Example(values, positions, unless_all(mask), None, places, places == 0, targets)

    def predict(self, example: Example) -> Outcome:
        wanted, length = self._wanted(example)
        hidden = self.encoder(example.values, example.positions, example.mask)
        pooled, _ = self.encoder.pooling.pool_tokens(hidden, example.positions, example.mask)
        given = F.linear(pooled, self._projection()).float()
        distance = ((given - wanted) / length).square().sum(dim=1)
        return Outcome(distance.sum(), (distance.detach() < NEAR).sum())

    def finished(self, corpus: PlacedCorpus, dim: int) -> BarcodeEncoder:
        """Return the encoder with its projection, and the teacher's for the views.

        The corpus is not asked, because nothing is left to be fitted. The directions of a teacher are in order, so a
        smaller ``dim`` keeps the first ones.
        """
        teacher = self._teacher(torch.device("cpu")).pooling
        assert teacher.project is not None
        tokens, own = teacher.widths["tokens"], self._projection().detach().cpu()
        projection = torch.cat([own, teacher.project.weight[:, tokens:]], dim=1)[:dim]
        fitted = BarcodeEncoder(replace(self.encoder.config, output=len(projection)))
        state = {name: t for name, t in self.encoder.state_dict().items() if not name.startswith("pooling.")}
        # Nothing is subtracted from the tokens: the encoder learnt to give centred ones.
        state["pooling.mean"] = torch.cat([torch.zeros(own.shape[1]), teacher.mean[tokens:]])
        state["pooling.project.weight"] = projection
        fitted.load_state_dict(state)
        return fitted.eval()

    def _projection(self) -> Tensor:
        """Return the projection (E, tokens' width) of the encoder's tokens.

        Its weights are kept larger than they are used, so that AdamW's steps, which do not depend on their size, are
        small steps of the vector.
        """
        return self.project.weight * self.project.in_features**-0.5

    def _teacher(self, device: torch.device) -> BarcodeEncoder:
        """Return the teacher on a device. It is made when it is first asked, since a run is checked without weights."""
        if not self._made:
            self._made.append(self._found.encoder())
        return self._made[0].to(device)

    @torch.no_grad()
    def _wanted(self, example: Example) -> tuple[Tensor, Tensor]:
        """Return the tokens' part of the teacher's vectors (B, E), and the lengths of its vectors (B, 1)."""
        teacher = self._teacher(example.values.device)
        pooling = teacher.pooling
        assert pooling.project is not None
        hidden = teacher(example.values, example.positions, example.mask)
        pooled, present = pooling.pool(hidden, example.values, example.positions, example.mask)
        centred = (pooled - pooling.mean) * present
        tokens = pooling.widths["tokens"]
        part = F.linear(centred[:, :tokens], pooling.project.weight[:, :tokens])
        whole = part + F.linear(centred[:, tokens:], pooling.project.weight[:, tokens:])
        return part.float(), whole.float().norm(dim=1, keepdim=True).clamp(min=SHORTEST)


def _check_teacher(name: str, teacher: ModelConfig, model: ModelConfig) -> None:
    if not teacher.output:
        raise MismatchError(f"teacher {name}: it has no projection; give a model that was exported with --dim")
    theirs, ours = teacher.to_dict(), model.to_dict()
    for setting in _SHARED:
        if theirs[setting] != ours[setting]:
            raise MismatchError(
                f"teacher {name}: its {setting} is {theirs[setting]!r}, the model to be trained has {ours[setting]!r}; "
                f"set model.{setting} to what the teacher has"
            )
