"""Calibration on the library itself: references are hidden and looked up, so that it is known what is right.

Each reference of a sample is a query four times: with itself hidden (its species is known), with its species
hidden (a new species of a known genus), with its genus hidden and with its family hidden; as a whole barcode and as
fragments. How often each of these happens in practice is unknown; ``PRIOR`` is what the probabilities assume.

Letters in shapes: N references, n examples, D width of a vector, C columns, R ranks, F figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from barcodeembed.search.calibration import BANDS, BASES, USUAL_THRESHOLD, Calibration, Models, RankModel
from barcodeembed.search.evidence import FIGURES, SCALES, Evidence
from barcodeembed.search.joint import JointLibrary
from barcodeembed.search.library import ReferenceLibrary
from barcodeembed.search.logistic import Logistic, fit_logistic
from barcodeembed.taxonomy import RANKS

NEIGHBOURS = 64
"""Nearest references that are looked at, here and when queries are classified."""

PRIOR = {"known": 0.70, "new_species": 0.25, "new_genus": 0.035, "new_family": 0.015}
"""Share of queries assumed to be of a species of the library, of a new species of one of its genera, of a new
genus of one of its families, of a new family of one of its orders."""

FALSE_NAMES = 0.02
"""Share of queries of a species that the library lacks that may get the name of a species."""

LEAST_FALSE, MOST_FALSE = 0.005, 0.05
"""The same at the ranks above is what naming by the customary rule (``RULE``) gets wrong, within these bounds."""

RULE = 0.97
"""Identity to the nearest reference from which laboratories commonly take over its name."""

KEPT = 0.9
"""Share of the right names of known taxa that thresholds must leave. Where species share their barcodes no
threshold keeps ``FALSE_NAMES``, and trying to would name next to nothing: then this, or ``USUAL_THRESHOLD``."""

LOWEST_THRESHOLD, HIGHEST_THRESHOLD = 0.5, 0.95
"""Nothing is named that is not likelier than not, and everything that is right 19 times in 20."""

EXAMPLES = {"known": 4000, "new_species": 4000, "new_genus": 2000, "new_family": 1000}
"""Most examples of each kind."""

MIN_KNOWN = 20
"""With fewer examples of known taxa than this there is no saying how near the known are: the default stays."""

LARGE = 200_000
"""A library with more references than this gives a quarter of the examples: each is compared with all references."""

_HIDDEN = {"known": None, "new_species": "species", "new_genus": "genus", "new_family": "family"}
_EACH = {"known": 5, "new_species": 2, "new_genus": 2, "new_family": 3}  # examples of one taxon at most
_EACH_ABOVE = 4  # examples of the taxon above it at most: a few large genera would decide for all
_SCORES = 1 << 26  # numbers of a block of scores: 256 MB
_BINS = 10
_NINE_IN_TEN = 1.28  # standard deviations below the mean that nine of ten draws exceed


@dataclass(frozen=True)
class Fragments:
    """Pieces of references, embedded like queries: ``rows`` (n,), ``columns`` (n, C), ``vectors`` (n, D)."""

    rows: NDArray[np.int64]
    columns: NDArray[np.uint8]
    vectors: NDArray[np.float32]


@dataclass(frozen=True)
class Examples:
    """Looked-up references: their evidence, the true taxa (n, R), and a weight each."""

    kind: str
    evidence: Evidence
    truth: NDArray[np.int32]
    weight: NDArray[np.float64]


def calibrate(
    library: ReferenceLibrary, fragments: Mapping[int, Fragments] | None = None, seed: int = 0
) -> Calibration:
    """Fit the calibration of a library; ``fragments`` by length (of ``BANDS``) teach it short queries.

    A length without enough examples keeps the models that ship.
    """
    rng = np.random.default_rng(seed)
    whole = np.arange(len(library))
    pieces = {BANDS[-1]: Fragments(whole, library.columns, library.stored), **(fragments or {})}
    models: Models = dict(Calibration.default().models)
    counts: dict[str, dict[str, int]] = {}
    for band, piece in sorted(pieces.items()):
        examples = list(look_up(library, piece, rng))
        counts[str(band)] = {one.kind: len(one.truth) for one in examples}
        if counts[str(band)].get("known", 0) < MIN_KNOWN:
            continue
        for basis in BASES:
            if basis == "cosine" or library.has_columns:
                for rank in RANKS:
                    models[basis, band, rank] = fit_rank(examples, basis, rank, models[basis, band, rank].logistic)
    return Calibration(models, {"fitted_on": f"{len(library)} references", "prior": PRIOR, "examples": counts})


def look_up(library: ReferenceLibrary, piece: Fragments, rng: np.random.Generator) -> Iterator[Examples]:
    """Examples of each kind that the library has."""
    joint = JointLibrary([library])
    codes = library.taxa.codes
    for kind, hidden in _HIDDEN.items():
        chosen = _sample(codes[piece.rows], codes, kind, rng, len(library))
        if not len(chosen):
            continue
        rows = piece.rows[chosen]
        vectors = piece.vectors[chosen]
        cosine, found = _search_hidden(library, vectors, rows, hidden)
        hits = joint.compare(cosine, found, piece.columns[chosen])
        yield Examples(kind, joint.evidence(hits), codes[rows], np.full(len(rows), PRIOR[kind] / len(rows)))


def fit_rank(examples: Sequence[Examples], basis: str, rank: str, prior: Logistic) -> RankModel:
    """The model of one rank; that of ``prior`` where no example is wrong: one order does not show what is not of it."""
    column, used = RANKS.index(rank), BASES[basis]
    kinds, figures, right, weight = [], [], [], []
    for one in examples:
        candidate, truth = one.evidence.candidates[:, column], one.truth[:, column]
        judged = (candidate > 0) & (truth > 0)
        figures.append(one.evidence.figures[judged, column, used])
        right.append((candidate == truth)[judged])
        weight.append(one.weight[judged])
        kinds += [one.kind] * int(judged.sum())
    if not kinds or np.concatenate(right).all():
        return RankModel(prior)
    x, ok, share = np.concatenate(figures), np.concatenate(right), np.concatenate(weight)
    model = fit_logistic(x, ok, share, prior, np.array(SCALES[used]))
    p, kind = model(x), np.array(kinds)
    budget = FALSE_NAMES
    if rank != "species":
        by_rule = (x[:, FIGURES.index("distance")] <= 1 - RULE) if basis == "identity" else np.zeros(len(x), dtype=bool)
        wrong = (by_rule & ~ok)[kind == "new_species"]
        budget = float(np.clip(wrong.mean() if len(wrong) else 0, LEAST_FALSE, MOST_FALSE))
    threshold = choose_threshold(p, ok, kind, budget)
    return RankModel(
        model, threshold, len(ok), int((~ok).sum()), _rates(p >= threshold, ok, kind), tuple(reliability(p, ok, share))
    )


def choose_threshold(p: NDArray[np.float64], right: NDArray[np.bool_], kinds: NDArray[np.str_], budget: float) -> float:
    """The lowest probability from which, nine times in ten, at most ``budget`` of the queries of new species get
    a wrong name, unless more right names than ``KEPT`` allows would go with them."""
    new, known = kinds == "new_species", np.sort(p[(kinds == "known") & right])
    if not new.any():
        return USUAL_THRESHOLD
    wrong = np.sort(p[new & ~right])[::-1]
    expected = budget * new.sum()
    allowed = int(max(0.0, expected - _NINE_IN_TEN * expected**0.5))
    lowest = wrong[allowed] + 1e-4 if len(wrong) > allowed else LOWEST_THRESHOLD
    highest = max(USUAL_THRESHOLD, known[int((1 - KEPT) * len(known))] if len(known) else 0.0)
    return round(float(np.clip(lowest, LOWEST_THRESHOLD, min(highest, HIGHEST_THRESHOLD))), 4)


def reliability(
    p: NDArray[np.float64], right: NDArray[np.bool_], weight: NDArray[np.float64]
) -> Iterator[dict[str, float]]:
    """For each tenth of probability: how many examples, their mean probability, and the share that is right."""
    place = np.minimum((p * _BINS).astype(int), _BINS - 1)
    for b in range(_BINS):
        inside = place == b
        if inside.any():
            share = weight[inside] / weight[inside].sum()
            yield {
                "from": b / _BINS,
                "examples": int(inside.sum()),
                "weight": round(float(weight[inside].sum() / weight.sum()), 5),
                "confidence": round(float(share @ p[inside]), 4),
                "right": round(float(share @ right[inside]), 4),
            }


def _rates(named: NDArray[np.bool_], right: NDArray[np.bool_], kinds: NDArray[np.str_]) -> dict[str, float]:
    rates = {}
    for kind in PRIOR:
        if (own := kinds == kind).any():
            rates[f"{kind}_right"] = round(float((named & right)[own].mean()), 4)
            rates[f"{kind}_wrong"] = round(float((named & ~right)[own].mean()), 4)
    return rates


def _sample(
    own: NDArray[np.int32], codes: NDArray[np.int32], kind: str, rng: np.random.Generator, n_references: int
) -> NDArray[np.int64]:
    """Places among the queries ``own`` (n, R) that can be an example of this kind, few of each taxon."""
    hidden = _HIDDEN[kind] or "species"
    column = RANKS.index(hidden)
    members = np.bincount(codes[:, column])
    taxon = own[:, column]
    if kind == "known":
        # Where no species is known, the genus is what can be named.
        genera = np.bincount(codes[:, column - 1])
        genus = own[:, column - 1]
        fit = np.where(taxon > 0, members[taxon] > 1, (genus > 0) & (genera[genus] > 1))
        taxon = np.where(taxon > 0, taxon, len(members) + genus)
    else:
        # Something else of the rank above must be left, or the query would be of a still newer taxon.
        above = np.bincount(codes[:, column - 1])
        pairs = np.unique(codes[:, [column - 1, column]], axis=0)
        children = np.bincount(pairs[pairs[:, 1] > 0, 0], minlength=len(above))
        fit = (taxon > 0) & (own[:, column - 1] > 0) & (children[own[:, column - 1]] > 1)
    order = rng.permutation(np.flatnonzero(fit))
    order = order[_counted(taxon[order]) < _EACH[kind]]
    if kind != "known":
        order = order[_counted(own[order, column - 1]) < _EACH_ABOVE]
    return np.sort(order[: EXAMPLES[kind] // (4 if n_references > LARGE else 1)])


def _counted(values: NDArray[np.int32]) -> NDArray[np.int64]:
    """How many equal values stand before each one."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    first = np.r_[0, np.flatnonzero(np.diff(ordered)) + 1] if len(values) else np.zeros(0, dtype=np.int64)
    counted = np.empty(len(values), dtype=np.int64)
    counted[order] = np.arange(len(values)) - np.repeat(first, np.diff(np.r_[first, len(values)]))
    return counted


def _search_hidden(
    library: ReferenceLibrary, vectors: NDArray[np.float32], rows: NDArray[np.int64], hidden: str | None
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Nearest references (n, K) by cosine, each query's own one, or all of its taxon, left out."""
    k = min(NEIGHBOURS, len(library))
    codes = library.taxa.codes[:, RANKS.index(hidden)] if hidden else np.arange(len(library), dtype=np.int32)
    cosine = np.empty((len(rows), k), dtype=np.float32)
    found = np.empty((len(rows), k), dtype=np.int64)
    step = max(1, _SCORES // len(library))
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        scores = vectors[part] @ library.stored.T
        scores[codes[None, :] == codes[rows[part], None]] = -np.inf
        near = np.argpartition(-scores, k - 1, axis=1)[:, :k]
        value = np.take_along_axis(scores, near, axis=1)
        order = np.argsort(-value, axis=1, kind="stable")
        value = np.take_along_axis(value, order, axis=1)
        left_out = np.isneginf(value)
        cosine[part] = np.where(left_out, np.nan, value)
        found[part] = np.where(left_out, -1, np.take_along_axis(near, order, axis=1))
    return cosine, found
