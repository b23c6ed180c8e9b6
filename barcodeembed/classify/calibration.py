"""What evidence is worth: a probability for the candidate at each rank, and the thresholds above which it is named.

For each length of query (``BANDS``) and each rank a logistic model turns the evidence into the probability that
the candidate is right; between two lengths the log-odds are interpolated over the logarithm of the length. The
models are fitted on the library itself (:mod:`barcodeembed.classify.fit_calibration`), held near those that ship
(``default-calibration.json``) as long as the library has few examples. All of it is readable JSON.

Letters in shapes: Q queries, R ranks, F figures.
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
from barcodeembed.classify.features import COSINE_FIGURES, FIGURES
from barcodeembed.classify.logistic import Logistic
from barcodeembed.errors import InputError, damaged
from barcodeembed.taxonomy import RANKS

FORMAT_VERSION = 2
"""Kept in the file. 1 had fewer figures; a model says nothing without all of them."""

BANDS = (130, 200, 313, 658)
"""Columns that a query shares with its nearest reference, for which there are models: the mini-barcode of
degraded samples, a short read, the Leray amplicon, the whole barcode."""

BASES = {"identity": slice(0, len(FIGURES)), "cosine": COSINE_FIGURES}
"""Kinds of evidence, by the figures they use: with and without identities."""

USUAL_THRESHOLD = 0.8
"""Probability above which a taxon is named, where calibration finds nothing better."""

FARTHEST = 0.75
"""Identity to the nearest reference below which no rank is sure. Animals of other phyla have an identity of 0.70 to
0.78 to their nearest arthropod, and the cox1 of bacteria has 0.70 (see docs/experiments.md, "How near is what is no
arthropod?"). All references of a library of one kingdom agree on it, so they cannot tell what belongs to another."""

_MOST_SURE = ((0.65, 0.2), (0.70, 0.5), (FARTHEST, 0.9), (0.78, 1.0))
# Identity, and the highest probability of any rank; straight lines between these points.
_BY_CHANCE = 0.65  # 0.03 at 130 columns: so much nearer are those of vertebrates to the nearest of 15,879 arthropods


@dataclass(frozen=True)
class RankModel:
    """The model of one rank at one length.

    ``threshold`` is the probability from which the candidate is named, ``examples`` and ``wrong`` say what the
    model was fitted on, ``rates`` what the threshold does to known and to unknown taxa.
    """

    logistic: Logistic
    threshold: float = USUAL_THRESHOLD
    examples: int = 0
    wrong: int = 0
    rates: dict[str, float] = field(default_factory=dict)
    reliability: tuple[dict[str, float], ...] = ()


Models = dict[tuple[str, int, str], RankModel]
"""By kind of evidence (of ``BASES``), length (of ``BANDS``) and rank."""


@dataclass(frozen=True)
class Calibration:
    """Models by kind of evidence, length and rank, and what they were made of.

    Attributes
    ----------
    models
        one for each of ``BASES`` x ``BANDS`` x ``RANKS``.
    facts
        where the models come from: the prior assumed, the number of examples of each kind.
    """

    models: Models
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def fitted_lengths(self) -> list[int]:
        """Lengths (of ``BANDS``) with models fitted on the library; the others have those that ship."""
        return [band for band in BANDS if any(self.models[basis, band, r].examples for basis in BASES for r in RANKS)]

    def whole_thresholds(self, basis: str) -> dict[str, float]:
        """By rank, the probability from which whole barcodes are named, with this kind of evidence (of ``BASES``)."""
        return {rank: self.models[basis, BANDS[-1], rank].threshold for rank in RANKS}

    @classmethod
    def default(cls) -> Calibration:
        """The one that ships: pooled over several libraries, on identity alone."""
        return _shipped()["models"]

    @classmethod
    def default_of(cls, lone: Collection[str], fingerprint: str) -> Models:
        """The models that ship, for a library with one taxon only at the ranks ``lone``, made with this encoder.

        At such a rank all references agree on the name, so only how near the nearest one is tells whether a query
        is of that taxon. Cosine tells it best, but how high it is depends on the encoder: it takes part where the
        encoder is the one that the models were made with.
        """
        shipped = _shipped()
        known = fingerprint == shipped["models"].facts["model_fingerprint"]
        at_lone = shipped["lone_models_with_cosine" if known else "lone_models"].models
        return {key: at_lone[key] if key[2] in lone else model for key, model in shipped["models"].models.items()}

    def probabilities(
        self, figures: NDArray[np.float64], overlap: NDArray[np.int32], by_identity: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Probabilities (Q, R) that the candidates with these figures (Q, R, F) are right."""
        result = np.empty(figures.shape[:2])
        position = _position(overlap)
        for basis, used in BASES.items():
            own = by_identity == (basis == "identity")
            for column, rank in enumerate(RANKS):
                logits = [self.models[basis, band, rank].logistic.logit(figures[own, column, used]) for band in BANDS]
                result[own, column] = 1 / (1 + np.exp(-_between(logits, position[own])))
        return result

    def thresholds(self, overlap: NDArray[np.int32], by_identity: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Probabilities (Q, R) from which candidates are named."""
        result = np.empty((len(overlap), len(RANKS)))
        position = _position(overlap)
        for basis in BASES:
            own = by_identity == (basis == "identity")
            for column, rank in enumerate(RANKS):
                steps = [np.full(own.sum(), self.models[basis, band, rank].threshold) for band in BANDS]
                result[own, column] = _between(steps, position[own])
        return result

    def confidence(self, evidence: Evidence) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Probabilities (Q, R) of the candidates, and of the candidates together with what ties with them.

        A rank is never surer than the one above it, nor than the nearest reference is near (``FARTHEST``); NaN where
        there is no candidate.
        """
        identities, highest = np.array(_MOST_SURE).T
        most = np.interp(np.nan_to_num(as_whole(evidence), nan=1.0), identities, highest)
        missing = evidence.candidates == 0
        both = []
        for figures in (evidence.figures, evidence.tied):
            p = self.probabilities(figures, evidence.overlap, evidence.by_identity)
            p = np.minimum.accumulate(np.where(missing, 1.0, np.minimum(p, most[:, None])), axis=1)
            both.append(np.where(missing, np.nan, p))
        return both[0], np.fmax(*both)

    def to_dict(self) -> dict[str, Any]:
        """All of it, for JSON."""
        models: dict[str, Any] = {}
        for (basis, band, rank), model in self.models.items():
            weights = dict(zip(FIGURES[BASES[basis]], (round(w, 5) for w in model.logistic.weights), strict=True))
            entry = {"bias": round(model.logistic.bias, 5), "weights": weights, **asdict(model)}
            del entry["logistic"]
            models.setdefault(basis, {}).setdefault(str(band), {})[rank] = entry
        return {"format_version": FORMAT_VERSION, **self.facts, "models": models}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Calibration:
        """Undo :meth:`to_dict`.

        Raises
        ------
        KeyError, TypeError, ValueError
            if a part is missing or not what it should be.
        """
        models: Models = {}
        for basis, used in BASES.items():
            for band in BANDS:
                for rank in RANKS:
                    entry = content["models"][basis][str(band)][rank]
                    weights = tuple(_number(entry["weights"][name]) for name in FIGURES[used])
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
        """Read it.

        Raises
        ------
        InputError
            if it is not a calibration, or of another format.
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
    """The number that a text of JSON stands for, which may be ``1e999`` or ``NaN``.

    Raises
    ------
    ValueError
        if it is not finite.
    """
    return _number(float(text))


def _number(value: Any, least: float = -1e12, most: float = 1e12) -> Any:
    """The value itself, if it is a number in these bounds.

    Raises
    ------
    ValueError
        if it isn't.
    """
    if type(value) not in (int, float) or not least <= value <= most:
        raise ValueError(f"{value!r:.40} is not a number from {least:g} to {most:g}")
    return value


def as_whole(evidence: Evidence) -> NDArray[np.float64]:
    """Identity (Q,) to the nearest reference, less what a short read is nearer to one of many by chance; NaN where it
    is not known."""
    columns = np.maximum(evidence.overlap, 1)
    return evidence.best_identity - _BY_CHANCE * np.maximum(columns**-0.5 - BANDS[-1] ** -0.5, 0)


@cache
def _shipped() -> dict[str, Calibration]:
    """The three sets of models that ship, by their name in the file."""
    file = files("barcodeembed.classify") / "default-calibration.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    sets = {name: content.pop(name) for name in ("models", "lone_models", "lone_models_with_cosine")}
    return {name: Calibration.from_dict({**content, "models": models}) for name, models in sets.items()}


def _position(overlap: NDArray[np.int32]) -> NDArray[np.float64]:
    """Where among ``BANDS`` these lengths lie, as a fractional index; the ends hold beyond them."""
    return np.interp(np.log(np.maximum(overlap, 1)), np.log(BANDS), np.arange(len(BANDS)))


def _between(steps: Sequence[NDArray[np.float64]], position: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values at fractional indices of one value for each band."""
    table = np.stack(steps)
    low = np.minimum(position.astype(int), len(table) - 2)
    part = position - low
    rows = np.arange(table.shape[1])
    return (1 - part) * table[low, rows] + part * table[low + 1, rows]
