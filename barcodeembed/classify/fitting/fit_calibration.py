"""Fit the calibration of a library on the library itself.

References are hidden and looked up (:mod:`barcodeembed.classify.fitting.holdout`), so that the right answer is known.

Letters in shapes: N references, n examples, R ranks, F features.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.classify.calibration import BANDS, BASES, USUAL_THRESHOLD, Calibration, Models, RankModel
from barcodeembed.classify.features import FEATURES, SCALES
from barcodeembed.classify.fitting.holdout import PRIOR, Examples, Queries, look_up, true_taxa
from barcodeembed.classify.logistic import Logistic, fit_logistic
from barcodeembed.library.reference_library import ReferenceLibrary
from barcodeembed.taxonomy import RANKS

FALSE_NAMES = 0.02
"""Share of the queries of missing species that may get the name of a species. A query is of a missing species, here and
below, if the library lacks its species, its genus or a higher taxon; ``PRIOR`` says how many of each kind there are."""

LEAST_FALSE, MOST_FALSE = 0.01, 0.05
"""Bounds of the same share for genus and family. Within them, as many wrong names are allowed as the customary rule
(``RULE``) gives on the same library. For order and above none is allowed: a query of a missing order is rare, and a
wrong order is a gross error."""

RULE = 0.97
"""Identity to the nearest reference from which laboratories commonly take over its name."""

KEPT = 0.9
"""Share of the right names of known taxa that a threshold must leave. Where species share barcodes, no threshold keeps
``FALSE_NAMES``, and trying to would leave next to nothing named. Then the threshold is the higher of the one that
leaves this share and ``USUAL_THRESHOLD``."""

LOWEST_THRESHOLD, HIGHEST_THRESHOLD = 0.5, 0.9
"""Bounds of a threshold (a probability). A candidate that is more likely wrong than right is never named. One that is
right nine times in ten is always named: asking for more loses far more right genera and orders than it avoids wrong
ones (see docs/experiments.md, "The highest threshold")."""

HIGHEST_OF_GENUS = 0.87
"""Highest threshold of genera. Models that know reads with errors are more cautious at genus, and 0.87 asks of them
about what 0.9 asks of others (see docs/experiments.md, "Is the genus too cautious?")."""

MIN_KNOWN = 20
"""Least number of examples of known taxa. With fewer, a library does not show how near known taxa are, so its models
are those that ship. With fewer examples of a missing taxon, ``index`` says that its rank was not tested."""

FEW_OTHERS, FEW_OTHERS_SHARE = 20, 0.1
"""With fewer references than this (a number, and a share of all) outside the largest taxon of a rank, hiding references
does not show how queries look whose taxon is missing."""

NOISY_WEIGHT = 0.5
"""Weight of an example with errors beside one without, which weighs 1. Measured: see docs/experiments.md, "Calibration
with noisy copies"."""

Array = NDArray[Any]

_BINS = 10
_NINE_IN_TEN = 1.28  # standard deviations below the mean that nine of ten draws exceed


def calibrate(
    library: ReferenceLibrary,
    fragments: Mapping[int, Queries] | None = None,
    noisy: Mapping[int, Queries] | None = None,
    seed: int = 0,
) -> Calibration:
    """Fit the calibration of a library.

    Parameters
    ----------
    library
        the references.
    fragments
        fragments of references, by length (of ``BANDS``): they teach it short queries.
    noisy
        copies of references with sequencing errors, by length (of ``BANDS``): they teach it reads with errors.
    seed
        of the random choice of examples.

    Returns
    -------
    Calibration
        A length without enough examples keeps the models that ship, and so do ranks at which the library hardly has
        more than one taxon.
    """
    # Two generators, so that the examples without errors do not depend on whether there are examples with errors.
    rng, rng_noisy = np.random.default_rng(seed), np.random.default_rng([seed, 1])
    whole, truth = np.arange(len(library)), true_taxa(library)
    queries = {BANDS[-1]: Queries(whole, library.columns, library.stored), **(fragments or {})}
    lone = lone_ranks(library.taxa.codes)
    models: Models = Calibration.shipped_for(lone, str(library.manifest["model_fingerprint"]))
    counts: dict[str, dict[str, int]] = {}
    noisy_counts: dict[str, dict[str, int]] = {}
    for band, of_length in sorted(queries.items()):
        examples = list(look_up(library, truth, of_length, rng))
        counts[str(band)] = {one.kind: len(one.truth) for one in examples}
        if counts[str(band)].get("known", 0) < MIN_KNOWN:
            continue
        errors = list(look_up(library, truth, noisy[band], rng_noisy)) if noisy and band in noisy else []
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
    """Return the ranks at which hardly any of the taxa ``codes`` (N, R) has a sibling in the same taxon one rank up.

    A library of one order, or of one order in each of two classes, does not show how a query of another order looks.
    """
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
    """Return features (n, F), whether the candidate is right (n,), weight (n,) and kind (n,) of all examples that have
    both a candidate and a true name at this rank."""
    column = RANKS.index(rank)
    parts: list[tuple[Array, Array, Array, Array]] = []
    for one in examples:
        candidate, truth = one.evidence.candidates[:, column], one.truth[:, column]
        known = (candidate > 0) & (truth > 0)
        kind = np.full(int(known.sum()), one.kind)
        parts.append((one.evidence.features[known, column], (candidate == truth)[known], one.weight[known], kind))
    features, right, weight, kinds = (np.concatenate(some) for some in zip(*parts, strict=True))
    return features, right, weight, kinds


def fit_rank(
    examples: Sequence[Examples], basis: str, rank: str, prior: Logistic, noisy: Sequence[Examples] = ()
) -> RankModel:
    """Fit the model of one rank and choose its threshold.

    If no example is wrong, the model is ``prior``: a library of one order does not show what is of another order.
    ``noisy`` examples, with errors, take part in the fit if identities are known. The threshold is chosen without them,
    so that reads without errors are named as they would be without them.
    """
    if not examples:
        return RankModel(prior)
    features, ok, share, kind = judged(examples, rank)
    x = features[:, BASES[basis]]
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
        by_rule = (
            (x[:, FEATURES.index("distance")] <= 1 - RULE) if basis == "identity" else np.zeros(len(x), dtype=bool)
        )
        wrong = np.average((by_rule & ~ok)[new], weights=share[new]) if new.any() else 0.0
        allowed = float(np.clip(wrong, LEAST_FALSE, MOST_FALSE))
    highest = HIGHEST_OF_GENUS if rank == "genus" else HIGHEST_THRESHOLD
    threshold = choose_threshold(p, ok, ~new, share, allowed, highest)
    return RankModel(
        model, threshold, len(ok), int((~ok).sum()), _rates(p >= threshold, ok, kind), tuple(reliability(p, ok, share))
    )


def fit_with_noisy(
    clean: tuple[Array, Array, Array], noisy: Sequence[Examples], basis: str, rank: str, prior: Logistic
) -> Logistic:
    """Return the model of ``clean`` examples (features, whether right, weight) and ``noisy`` ones together.

    The noisy ones weigh ``NOISY_WEIGHT`` as much. They take part only if identities are known, because the cosine alone
    does not tell errors from mutations.
    """
    x, ok, share = clean
    scale = np.array(SCALES[BASES[basis]])
    if not noisy or basis != "identity":
        return fit_logistic(x, ok, share, prior, scale)
    features, right, weight, _ = judged(noisy, rank)
    x, ok = np.concatenate([x, features[:, BASES[basis]]]), np.concatenate([ok, right])
    return fit_logistic(x, ok, np.concatenate([share, NOISY_WEIGHT * weight]), prior, scale)


def cautious(share: float, weight: NDArray[np.float64]) -> float:
    """Return the share of wrong names that may be seen among examples of these weights (n,) so that, nine times in ten,
    the true share is at most ``share``."""
    counted = weight.sum() ** 2 / (weight**2).sum() if len(weight) else 0.0  # Kish's effective number
    expected = share * counted
    return float(max(0.0, expected - _NINE_IN_TEN * expected**0.5) / max(counted, 1.0))


def choose_threshold(
    p: NDArray[np.float64],
    right: NDArray[np.bool_],
    known: NDArray[np.bool_],
    weight: NDArray[np.float64],
    allowed: float,
    most: float = HIGHEST_THRESHOLD,
) -> float:
    """Return the threshold of a rank, ``most`` at the most.

    It is the lowest probability from which at most the share ``allowed``, by weight, of the queries that are not
    ``known`` gets a wrong name. It is lower if too many ``known`` queries would lose their right name by it (``KEPT``).
    ``p``, ``right``, ``known`` and ``weight`` are (n,).
    """
    if known.all():
        return USUAL_THRESHOLD
    share = weight[~known] / weight[~known].sum()
    order = np.argsort(-p[~known])
    wrong = np.cumsum(np.where(right[~known], 0, share)[order])
    too_many = np.flatnonzero(wrong > allowed + 1e-9)
    lowest = p[~known][order][too_many[0]] + 1e-4 if len(too_many) else LOWEST_THRESHOLD
    named = np.sort(p[known & right])
    highest = max(USUAL_THRESHOLD, named[int((1 - KEPT) * len(named))] if len(named) else 0.0)
    return round(float(np.clip(lowest, LOWEST_THRESHOLD, min(highest, most))), 4)


def reliability(
    p: NDArray[np.float64], right: NDArray[np.bool_], weight: NDArray[np.float64]
) -> Iterator[dict[str, float]]:
    """Yield for each tenth of probability the number of examples, their weight, their mean probability, and the share
    that is right."""
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
    """Return for each kind of example the share that is named right and the share that is named wrong."""
    rates = {}
    for kind in PRIOR:
        if (own := kinds == kind).any():
            rates[f"{kind}_right"] = round(float((named & right)[own].mean()), 4)
            rates[f"{kind}_wrong"] = round(float((named & ~right)[own].mean()), 4)
    return rates
