"""Calibration on the library itself: models and thresholds are fitted to references that are hidden and looked up
(:mod:`barcodeembed.classify.holdout`), so that it is known what is right.

Letters in shapes: N references, n examples, R ranks, F figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.classify.calibration import BANDS, BASES, USUAL_THRESHOLD, Calibration, Models, RankModel
from barcodeembed.classify.features import FIGURES, SCALES
from barcodeembed.classify.holdout import PRIOR, Examples, Fragments, look_up
from barcodeembed.classify.logistic import Logistic, fit_logistic
from barcodeembed.library.reference_library import ReferenceLibrary
from barcodeembed.taxonomy import RANKS

FALSE_NAMES = 0.02
"""Share of queries of a species that the library lacks that may get the name of a species. Here and below such
queries are of new species, new genera and so on, in the shares that ``PRIOR`` gives them."""

LEAST_FALSE, MOST_FALSE = 0.01, 0.05
"""The same for genus and family is what naming by the customary rule (``RULE``) gets wrong, within these bounds. Of
orders and above none should be wrong: a query of an order that the library lacks is rare, and to name it is gross."""

RULE = 0.97
"""Identity to the nearest reference from which laboratories commonly take over its name."""

KEPT = 0.9
"""Share of the right names of known taxa that thresholds must leave. Where species share their barcodes no
threshold keeps ``FALSE_NAMES``, and trying to would name next to nothing: then this, or ``USUAL_THRESHOLD``."""

LOWEST_THRESHOLD, HIGHEST_THRESHOLD = 0.5, 0.9
"""Bounds of a threshold (a probability). A candidate that is more likely wrong than right is never named. One that is
right nine times in ten is always named: asking for more loses far more right genera and orders than it avoids wrong
ones (see docs/experiments.md, "The highest threshold")."""

MIN_KNOWN = 20
"""With fewer examples of known taxa than this there is no saying how near the known are: the default stays."""

FEW_OTHERS, FEW_OTHERS_SHARE = 20, 0.1
"""With fewer references than this (and than this share) beside those of one taxon, hiding does not show how what
the library lacks at that rank looks like."""

NOISY_WEIGHT = 0.5
"""Weight of an example with errors beside one without, which weighs 1. Measured: see docs/experiments.md, "Calibration
with noisy copies"."""

Array = NDArray[Any]

_BINS = 10
_NINE_IN_TEN = 1.28  # standard deviations below the mean that nine of ten draws exceed


def calibrate(
    library: ReferenceLibrary,
    fragments: Mapping[int, Fragments] | None = None,
    noisy: Mapping[int, Fragments] | None = None,
    seed: int = 0,
) -> Calibration:
    """Fit the calibration of a library; ``fragments`` by length (of ``BANDS``) teach it short queries, ``noisy`` copies
    by length reads with errors.

    A length without enough examples keeps the models that ship, as do ranks of which the library has one taxon only.
    """
    # Drawn apart, so that examples without errors are the same whether or not there are others.
    rng, rng_noisy = np.random.default_rng(seed), np.random.default_rng([seed, 1])
    whole = np.arange(len(library))
    pieces = {BANDS[-1]: Fragments(whole, library.columns, library.stored), **(fragments or {})}
    lone = lone_ranks(library.taxa.codes)
    models: Models = Calibration.default_of(lone, str(library.manifest["model_fingerprint"]))
    counts: dict[str, dict[str, int]] = {}
    noisy_counts: dict[str, dict[str, int]] = {}
    for band, piece in sorted(pieces.items()):
        examples = list(look_up(library, piece, rng))
        counts[str(band)] = {one.kind: len(one.truth) for one in examples}
        if counts[str(band)].get("known", 0) < MIN_KNOWN:
            continue
        errors = list(look_up(library, noisy[band], rng_noisy)) if noisy and band in noisy else []
        noisy_counts[str(band)] = {one.kind: len(one.truth) for one in errors}
        for basis in BASES:
            if basis == "cosine" or library.has_columns:
                for rank in RANKS:
                    if rank not in lone:
                        prior = models[basis, band, rank].logistic
                        models[basis, band, rank] = fit_rank(examples, basis, rank, prior, errors)
    facts = {"fitted_on": f"{len(library)} references", "prior": PRIOR, "lone_ranks": lone, "examples": counts}
    facts["examples_with_errors"] = noisy_counts
    return Calibration(models, facts)


def lone_ranks(codes: NDArray[np.int32]) -> list[str]:
    """Ranks at which taxa ``codes`` (N, R) hardly have a sibling below one taxon of the rank above: a library of one
    order, or of one order of each of two classes, does not show what is of another order."""
    lone = []
    for column, rank in enumerate(RANKS[1:], start=1):
        named = codes[codes[:, column] > 0]
        pairs, of = np.unique(named[:, [column - 1, column]], axis=0, return_inverse=True)
        size, siblings = np.bincount(of.ravel(), minlength=len(pairs)), np.bincount(pairs[:, 0])[pairs[:, 0]]
        among = size[siblings > 1]
        others = among.sum() - among.max(initial=0)
        if len(named) and others < min(FEW_OTHERS, max(1, FEW_OTHERS_SHARE * len(named))):
            lone.append(rank)
    return lone


def judged(examples: Sequence[Examples], rank: str) -> tuple[Array, Array, Array, Array]:
    """Figures (n, F), whether the candidate is right, weight, and kind of all examples with a candidate and a true
    name."""
    column = RANKS.index(rank)
    parts: list[tuple[Array, Array, Array, Array]] = []
    for one in examples:
        candidate, truth = one.evidence.candidates[:, column], one.truth[:, column]
        known = (candidate > 0) & (truth > 0)
        kind = np.full(int(known.sum()), one.kind)
        parts.append((one.evidence.figures[known, column], (candidate == truth)[known], one.weight[known], kind))
    figures, right, weight, kinds = (np.concatenate(some) for some in zip(*parts, strict=True))
    return figures, right, weight, kinds


def fit_rank(
    examples: Sequence[Examples], basis: str, rank: str, prior: Logistic, noisy: Sequence[Examples] = ()
) -> RankModel:
    """The model of one rank; that of ``prior`` where no example is wrong: one order does not show what is not of it.

    ``noisy`` examples, with errors, take part in the fit where identities are known; the threshold is chosen without
    them, so that clean reads are named as without them.
    """
    if not examples:
        return RankModel(prior)
    figures, ok, share, kind = judged(examples, rank)
    x = figures[:, BASES[basis]]
    if ok.all():
        return RankModel(prior)
    model = fit_with_noisy((x, ok, share), noisy, basis, rank, prior)
    p = model(x)
    new = kind != "known"
    if rank == "species":
        allowed = cautious(FALSE_NAMES, share[new])
    elif rank not in ("genus", "family"):
        allowed = 0.0
    else:
        by_rule = (x[:, FIGURES.index("distance")] <= 1 - RULE) if basis == "identity" else np.zeros(len(x), dtype=bool)
        wrong = np.average((by_rule & ~ok)[new], weights=share[new]) if new.any() else 0.0
        allowed = float(np.clip(wrong, LEAST_FALSE, MOST_FALSE))
    threshold = choose_threshold(p, ok, ~new, share, allowed)
    return RankModel(
        model, threshold, len(ok), int((~ok).sum()), _rates(p >= threshold, ok, kind), tuple(reliability(p, ok, share))
    )


def fit_with_noisy(
    clean: tuple[Array, Array, Array], noisy: Sequence[Examples], basis: str, rank: str, prior: Logistic
) -> Logistic:
    """The model of ``clean`` examples (figures, whether right, weight) and ``noisy`` ones, which weigh ``NOISY_WEIGHT``
    as much; these only where identities are known, as cosine alone can't tell errors from mutations."""
    x, ok, share = clean
    scale = np.array(SCALES[BASES[basis]])
    if not noisy or basis != "identity":
        return fit_logistic(x, ok, share, prior, scale)
    figures, right, weight, _ = judged(noisy, rank)
    x, ok = np.concatenate([x, figures[:, BASES[basis]]]), np.concatenate([ok, right])
    return fit_logistic(x, ok, np.concatenate([share, NOISY_WEIGHT * weight]), prior, scale)


def cautious(share: float, weight: NDArray[np.float64]) -> float:
    """The share that may be seen among examples of these weights (n,), so that in truth, nine times in ten, it is no
    more than ``share``."""
    counted = weight.sum() ** 2 / (weight**2).sum() if len(weight) else 0.0  # Kish's effective number
    expected = share * counted
    return float(max(0.0, expected - _NINE_IN_TEN * expected**0.5) / max(counted, 1.0))


def choose_threshold(
    p: NDArray[np.float64],
    right: NDArray[np.bool_],
    known: NDArray[np.bool_],
    weight: NDArray[np.float64],
    allowed: float,
) -> float:
    """The lowest probability from which at most this share, by weight, of the queries that are not ``known`` gets a
    wrong name, unless more right names of known ones than ``KEPT`` allows would go with them."""
    if known.all():
        return USUAL_THRESHOLD
    share = weight[~known] / weight[~known].sum()
    order = np.argsort(-p[~known])
    wrong = np.cumsum(np.where(right[~known], 0, share)[order])
    too_many = np.flatnonzero(wrong > allowed + 1e-9)
    lowest = p[~known][order][too_many[0]] + 1e-4 if len(too_many) else LOWEST_THRESHOLD
    named = np.sort(p[known & right])
    highest = max(USUAL_THRESHOLD, named[int((1 - KEPT) * len(named))] if len(named) else 0.0)
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
