"""Measures of the quality of calls: right, wrong and blank names by rank, novelty, calibration, and clusters.

A name that is not the true one is wrong, even if the true one is not in the library: then the only good answer is no
name (blank). A query without a true name at a rank is not scored at that rank.

Letters in shapes: Q queries, R ranks.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

RIGHT, WRONG, BLANK, NOT_SCORED = 0, 1, 2, 3

BINS = 10
"""Number of bins of equal width for calibration."""


@dataclass(frozen=True)
class Score:
    """Counts of calls at one rank. A share is NaN where its denominator is 0."""

    right: int
    wrong: int
    blank: int

    @property
    def scored(self) -> int:
        """Number of queries whose true name at this rank is known."""
        return self.right + self.wrong + self.blank

    @property
    def accuracy(self) -> float:
        """Share of the scored queries whose name is correct. It is also the recall, because each scored query has one
        true name."""
        return _share(self.right, self.scored)

    @property
    def precision(self) -> float:
        """Share of the named queries whose name is correct."""
        return _share(self.right, self.right + self.wrong)

    def to_dict(self) -> dict[str, Any]:
        """Return counts and shares."""
        shares = {"accuracy": self.accuracy, "precision": self.precision, "recall": self.accuracy}
        return {**asdict(self), "scored": self.scored, **shares}


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def outcomes(truth: NDArray[np.object_], called: NDArray[np.object_]) -> NDArray[np.int8]:
    """Return ``RIGHT``, ``WRONG``, ``BLANK`` or ``NOT_SCORED`` for each name; both arrays and the result have the same
    shape."""
    known, named = truth != "", called != ""
    found = np.where(named, np.where(truth == called, RIGHT, WRONG), BLANK)
    return np.where(known, found, NOT_SCORED).astype(np.int8)


def score(found: NDArray[np.int8]) -> Score:
    """Count the outcomes of one rank."""
    right, wrong, blank, _ = np.bincount(found, minlength=4)[:4].tolist()
    return Score(right, wrong, blank)


def balanced_accuracy(truth: NDArray[np.object_], called: NDArray[np.object_]) -> float:
    """Return the accuracy of each true name, averaged over the names: common and rare names count alike. NaN without
    queries."""
    names, place = np.unique(truth.astype(str), return_inverse=True)
    if not len(names):
        return float("nan")
    right = np.bincount(place, weights=(truth == called).astype(float), minlength=len(names))
    return float((right / np.bincount(place, minlength=len(names))).mean())


def auroc(scores: NDArray[np.floating], positive: NDArray[np.bool_]) -> float:
    """Return the probability that a positive has a higher score than a negative, where ties count half; NaN if there
    are no positives or no negatives."""
    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    if not n_positive or not n_negative:
        return float("nan")
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(counts) - (counts - 1) / 2  # mean rank of equal scores; the first rank is 1
    above = mean_rank[place][positive].sum() - n_positive * (n_positive + 1) / 2
    return float(above / (n_positive * n_negative))


@dataclass(frozen=True)
class Reliability:
    """Predictions in bins of their confidence.

    Attributes
    ----------
    count
        number of predictions in each bin, int (bins,).
    confidence, accuracy
        mean confidence, and share of correct predictions, in each bin, (bins,); NaN for an empty bin.
    """

    count: NDArray[np.int64]
    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]

    @property
    def error(self) -> float:
        """Expected calibration error: the mean, over all predictions, of the distance between confidence and accuracy
        of their bin."""
        filled = self.count > 0
        if not filled.any():
            return float("nan")
        gap = np.abs(self.confidence[filled] - self.accuracy[filled])
        return float((gap * self.count[filled]).sum() / self.count.sum())

    def to_dict(self) -> dict[str, list[float]]:
        """Return the arrays as lists."""
        return {
            "count": self.count.tolist(),
            "confidence": self.confidence.tolist(),
            "accuracy": self.accuracy.tolist(),
        }


def reliability(confidence: NDArray[np.floating], right: NDArray[np.bool_], bins: int = BINS) -> Reliability:
    """Put predictions into bins of equal width over [0, 1]; the last one includes 1. Predictions without a confidence
    are left out."""
    known = ~np.isnan(confidence)
    confidence, right = confidence[known].astype(np.float64), right[known]
    place = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    count = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(place, weights=confidence, minlength=bins) / count
        accuracy = np.bincount(place, weights=right.astype(np.float64), minlength=bins) / count
    return Reliability(count, mean, accuracy)


def right_against_wrong(
    confidence: NDArray[np.floating], right: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return, for each threshold, the share of all Q queries that is named correctly, the share that is named wrongly,
    and the threshold itself.

    The thresholds are the confidences that occur, from the highest down. A query without a confidence (NaN) is never
    named.
    """
    known = np.flatnonzero(~np.isnan(confidence))
    order = known[np.argsort(-confidence[known], kind="stable")]
    rights, wrongs = np.cumsum(right[order]), np.cumsum(~right[order])
    value = confidence[order]
    last = np.append(value[1:] != value[:-1], True) if len(order) else np.zeros(0, dtype=bool)
    n = max(len(confidence), 1)
    return rights[last] / n, wrongs[last] / n, value[last].astype(np.float64)


def harmonic_mean(a: float, b: float) -> float:
    """Return ``2ab / (a + b)``; 0 if both are 0."""
    return 2 * a * b / (a + b) if a + b else 0.0


def adjusted_mutual_information(truth: NDArray[np.object_], clusters: NDArray[np.int64]) -> float:
    """Return the agreement of two partitions, corrected for chance and divided by the mean of both entropies."""
    from sklearn.metrics import adjusted_mutual_info_score

    return float(adjusted_mutual_info_score(truth.astype(str), clusters))
