"""Turn features into probabilities: one model for each rank and length, and the threshold from which a candidate is
named.

For each length of query (``BANDS``) and each rank, a logistic model computes the probability that the candidate is
right. Between two lengths the log-odds are interpolated over the logarithm of the length. The models are fitted on the
library itself (:mod:`barcodeembed.classify.fitting.fit_calibration`). As long as the library has few examples, they
stay near the models that ship (``default-calibration.json``). Everything is kept as readable JSON.

Letters in shapes: Q queries, R ranks, F features.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.classify.candidates import Evidence
from barcodeembed.classify.features import COSINE_FEATURES, FEATURES
from barcodeembed.classify.logistic import Logistic
from barcodeembed.errors import InputError, damaged
from barcodeembed.taxonomy import RANKS

FORMAT_VERSION = 2
"""Version of the format of ``calibration.json``. Files of version 1 have fewer features; a model cannot be used without
all of its features."""

BANDS = (130, 200, 313, 658)
"""Lengths for which there are models, in columns that a query shares with its nearest reference: the mini-barcode of
degraded samples, a short read, the Leray amplicon, and the whole barcode."""

BASES = {"identity": slice(0, len(FEATURES)), "cosine": COSINE_FEATURES}
"""Kinds of evidence, and which of ``FEATURES`` each uses: all of them where identities are known, those on the cosine
alone where they are not."""

USUAL_THRESHOLD = 0.8
"""Probability from which a taxon is named, unless calibration finds a better threshold."""

FARTHEST = 0.75
"""Identity to the nearest reference below which no rank is sure. Animals of other phyla have an identity of 0.70 to
0.78 to their nearest arthropod, and the cox1 of bacteria has 0.70 (see docs/experiments.md, "How near is what is no
arthropod?"). All references of a library of one kingdom agree on it, so they cannot tell what belongs to another."""

_MOST_SURE = ((0.65, 0.2), (0.70, 0.5), (FARTHEST, 0.9), (0.78, 1.0))
# (identity to the nearest reference, highest probability of any rank), with straight lines between these points.
# A short read is nearer to one of many references by chance. This makes 0.03 at 130 columns: by that much vertebrates
# of 130 columns are nearer to the nearest of 15,879 arthropods than whole ones.
_BY_CHANCE = 0.65


@dataclass(frozen=True)
class RankModel:
    """The model of one rank at one length.

    Attributes
    ----------
    logistic
        computes the probability from the features.
    threshold
        probability from which the candidate is named.
    examples, wrong
        number of examples that the model was fitted on, and how many of their candidates are wrong.
    rates
        share of right and wrong names that the threshold gives, for each kind of example.
    reliability
        for each tenth of probability, the mean probability and the share of right candidates.
    """

    logistic: Logistic
    threshold: float = USUAL_THRESHOLD
    examples: int = 0
    wrong: int = 0
    rates: dict[str, float] = field(default_factory=dict)
    reliability: tuple[dict[str, float], ...] = ()


Models = dict[tuple[str, int, str], RankModel]
"""Models by kind of evidence (of ``BASES``), length (of ``BANDS``) and rank."""


@dataclass(frozen=True)
class Calibration:
    """The models of a library, and what they were made of.

    Attributes
    ----------
    models
        one model for each of ``BASES`` x ``BANDS`` x ``RANKS``.
    facts
        where the models come from: the shares of new taxa that are assumed, the number of examples of each kind.
    """

    models: Models
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def fitted_lengths(self) -> list[int]:
        """Lengths (of ``BANDS``) whose models were fitted on the library; the others use the models that ship."""
        return [band for band in BANDS if any(self.models[basis, band, r].examples for basis in BASES for r in RANKS)]

    def untested_ranks(self, least: int) -> list[str]:
        """Return the ranks below the kingdom that calibration could not test: fewer than ``least`` whole barcodes were
        looked up with their taxon of that rank hidden."""
        examples = self.facts.get("examples", {}).get(str(BANDS[-1]), {})
        return [rank for rank in RANKS[1:] if examples.get(f"new_{rank}", 0) < least]

    def whole_thresholds(self, basis: str) -> dict[str, float]:
        """Return the threshold of each rank for whole barcodes, with this kind of evidence (of ``BASES``)."""
        return {rank: self.models[basis, BANDS[-1], rank].threshold for rank in RANKS}

    @classmethod
    def default(cls) -> Calibration:
        """Return the calibration that ships: fitted on several libraries together, with identity alone."""
        return _shipped()["models"]

    @classmethod
    def shipped_for(cls, lone: Collection[str], fingerprint: str) -> Models:
        """Return the models that ship, chosen for one library.

        Parameters
        ----------
        lone
            ranks at which the library hardly has more than one taxon (``fit_calibration.lone_ranks``).
            There all references agree on the name, so only the distance of the nearest one tells whether a query is of
            that taxon. The cosine tells it best, but its scale depends on the encoder.
        fingerprint
            of the encoder of the library. The cosine takes part only if it is the encoder that the models were made
            with.
        """
        shipped = _shipped()
        known = fingerprint == shipped["models"].facts["model_fingerprint"]
        at_lone = shipped["lone_models_with_cosine" if known else "lone_models"].models
        return {key: at_lone[key] if key[2] in lone else model for key, model in shipped["models"].models.items()}

    def probabilities(
        self, features: NDArray[np.float64], overlap: NDArray[np.int32], by_identity: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Return the probabilities (Q, R) that the candidates with these features (Q, R, F) are right.

        ``overlap`` (Q,) is the number of columns that each query shares with its nearest reference, ``by_identity``
        (Q,) whether identities are known.
        """
        result = np.empty(features.shape[:2])
        position = _position(overlap)
        for basis, used in BASES.items():
            own = by_identity == (basis == "identity")
            for column, rank in enumerate(RANKS):
                logits = [self.models[basis, band, rank].logistic.logit(features[own, column, used]) for band in BANDS]
                result[own, column] = 1 / (1 + np.exp(-_between(logits, position[own])))
        return result

    def thresholds(self, overlap: NDArray[np.int32], by_identity: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the probabilities (Q, R) from which the candidates are named."""
        result = np.empty((len(overlap), len(RANKS)))
        position = _position(overlap)
        for basis in BASES:
            own = by_identity == (basis == "identity")
            for column, rank in enumerate(RANKS):
                steps = [np.full(own.sum(), self.models[basis, band, rank].threshold) for band in BANDS]
                result[own, column] = _between(steps, position[own])
        return result

    def confidence(self, evidence: Evidence) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the probabilities (Q, R) of the candidates alone, and of the candidates together with the taxa that
        tie with them.

        A rank is never surer than the rank above it, nor surer than the nearest reference is near (``FARTHEST``). NaN
        where there is no candidate.
        """
        identities, highest = np.array(_MOST_SURE).T
        most = np.interp(np.nan_to_num(as_whole(evidence), nan=1.0), identities, highest)
        missing = evidence.candidates == 0
        both = []
        for features in (evidence.features, evidence.tied):
            p = self.probabilities(features, evidence.overlap, evidence.by_identity)
            p = np.minimum.accumulate(np.where(missing, 1.0, np.minimum(p, most[:, None])), axis=1)
            both.append(np.where(missing, np.nan, p))
        return both[0], np.fmax(*both)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as a dictionary that can be written as JSON."""
        models: dict[str, Any] = {}
        for (basis, band, rank), model in self.models.items():
            weights = dict(zip(FEATURES[BASES[basis]], (round(w, 5) for w in model.logistic.weights), strict=True))
            entry = {"bias": round(model.logistic.bias, 5), "weights": weights, **asdict(model)}
            del entry["logistic"]
            models.setdefault(basis, {}).setdefault(str(band), {})[rank] = entry
        return {"format_version": FORMAT_VERSION, **self.facts, "models": models}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Calibration:
        """Make a calibration from what :meth:`to_dict` returned.

        Raises
        ------
        KeyError, TypeError, ValueError
            if a part is missing or of the wrong kind.
        """
        models: Models = {}
        for basis, used in BASES.items():
            for band in BANDS:
                for rank in RANKS:
                    entry = content["models"][basis][str(band)][rank]
                    weights = tuple(_number(entry["weights"][name]) for name in FEATURES[used])
                    models[basis, band, rank] = RankModel(
                        Logistic(_number(entry["bias"]), weights),
                        _number(entry["threshold"], least=0.0, most=2.0),
                        int(_number(entry["examples"], least=0.0)),
                        int(_number(entry["wrong"], least=0.0)),
                        {str(name): _number(rate) for name, rate in entry["rates"].items()},
                        tuple({str(k): _number(v) for k, v in bin.items()} for bin in entry["reliability"]),
                    )
        facts = {name: value for name, value in content.items() if name not in ("format_version", "models")}
        return cls(models, facts)

    @classmethod
    def load(cls, path: Path) -> Calibration:
        """Read a calibration from a file.

        Raises
        ------
        InputError
            if the file is not a calibration, or has another format version.
        """
        with damaged("not a calibration", path, "make the library again"):
            content = json.loads(path.read_text(encoding="utf-8"), parse_float=_finite, parse_constant=_finite)
            version = int(content["format_version"])
            if version == FORMAT_VERSION:
                return cls.from_dict(content)
        if version < FORMAT_VERSION:
            what, hint = "the library was made with an older barcodeembed", "make it again with barcodeembed index"
        else:
            what, hint = f"format version {version} is not known", "update barcodeembed"
        raise InputError(what, path=path, hint=hint)


def _finite(text: str) -> float:
    """Return the number that a text of JSON stands for.

    Raises
    ------
    ValueError
        if the number is not finite (``1e999``, ``NaN``).
    """
    return _number(float(text))


def _number(value: Any, least: float = -1e12, most: float = 1e12) -> Any:
    """Return the value itself if it is a number within these bounds.

    Raises
    ------
    ValueError
        if it is not.
    """
    if type(value) not in (int, float) or not least <= value <= most:
        raise ValueError(f"{value!r:.40} is not a number from {least:g} to {most:g}")
    return value


def as_whole(evidence: Evidence) -> NDArray[np.float64]:
    """Return the identity (Q,) of each query to its nearest reference as it would be for a whole barcode.

    A short read is nearer to one of many references by chance; this share is taken off. NaN where identities are not
    known.
    """
    columns = np.maximum(evidence.overlap, 1)
    return evidence.best_identity - _BY_CHANCE * np.maximum(columns**-0.5 - BANDS[-1] ** -0.5, 0)


@cache
def _shipped() -> dict[str, Calibration]:
    """Return the three sets of models that ship, by their name in the file."""
    file = files("barcodeembed.classify") / "default-calibration.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    sets = {name: content.pop(name) for name in ("models", "lone_models", "lone_models_with_cosine")}
    return {name: Calibration.from_dict({**content, "models": models}) for name, models in sets.items()}


def _position(overlap: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return where these lengths (Q,) lie among ``BANDS``, as a fractional index; shorter and longer ones get the first
    and last."""
    return np.interp(np.log(np.maximum(overlap, 1)), np.log(BANDS), np.arange(len(BANDS)))


def _between(steps: Sequence[NDArray[np.float64]], position: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values at fractional indices (Q,), interpolated between one value (Q,) for each of ``BANDS``."""
    table = np.stack(steps)
    low = np.minimum(position.astype(int), len(table) - 2)
    part = position - low
    rows = np.arange(table.shape[1])
    return (1 - part) * table[low, rows] + part * table[low + 1, rows]
