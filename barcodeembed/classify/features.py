"""The features of a candidate: numbers that tell how sure it is, the same for every library and every model.

docs/method.md lists them in a table. Letters in shapes: Q queries, K neighbours, F features.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from barcodeembed.classify.neighbours import AROUND, Neighbours, mean_of_finite
from barcodeembed.taxonomy import SPECIES

FEATURES = (
    "log_distance",
    "distance",
    "log_gap",
    "gap",
    "log_separation",
    "ratio",
    "log_distance_squared",
    "log_gap_squared",
    "log_distance_x_log_gap",
    "has_relatives",
    "ratio_to_relatives",
    "lead",
    "lead_squared",
    "cosine",
    "cosine_gap",
    "log_support",
    "nearness",
)
"""Names of the features of a candidate at a rank.

``distance``: share of different bases to the candidate's nearest reference. ``log_distance``: logarithm of (different +
1) / (compared + 2) bases. ``gap``, ``log_gap``: how much farther the nearest reference of another taxon is, as a
difference and as the logarithm of a ratio. ``log_separation``: logarithm of the distance between these two references.
``ratio``: the query's distance divided by that distance. The squares and the product are there because the risk does
not grow evenly.

``has_relatives``: 1 if a neighbour within the candidate is of another taxon one rank below than the nearest one (for a
genus: of another species), else 0. ``ratio_to_relatives``: the query's distance divided by the distance of these two, 1
without relatives. ``lead``: score of the candidate's best neighbour less the score of the best neighbour of another
taxon. ``cosine``: cosine to the candidate's nearest reference. ``cosine_gap``: how much lower the cosine to another
taxon is. ``log_support``: logarithm of the candidate's share of the neighbours, near ones counting more. ``nearness``:
mean cosine to the nearest references of all taxa.

From ``has_relatives`` on, all but the two cosines are 0 for species. Which of two close species a query is of depends
on identity, and how many individuals a library happens to have of each says nothing about it.
"""

SCALES = (1.5, 0.05, 1.0, 0.05, 1.0, 0.5, 10.0, 3.0, 6.0, 0.5, 0.5, 0.2, 0.2, 0.1, 0.1, 0.5, 0.15)
"""Standard deviation of each feature between queries, rounded, over three public libraries; the unit in which the
penalty of the fit is measured."""

COSINE_FEATURES = slice(FEATURES.index("cosine"), len(FEATURES))
"""The features that are known without barcode columns."""

# Where all neighbours are of one taxon, "another taxon" counts as far as the farthest of them, and at least this far.
_FAR = 0.1
_LEAST_SEPARATION = 0.002  # about one base of 658: keeps the ratio finite for identical references
_MOST_RATIO = 3.0
_SUPPORT_SCALE = 0.05  # a neighbour whose cosine is this much below the highest counts for 1 / e, about a third
_LEAST_SUPPORT = 1e-3

_Named = dict[str, NDArray[np.float64]]  # features (Q,) by name


def features_of(
    near: Neighbours, rank: int, members: NDArray[np.bool_], others: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the features (Q, F) of the taxon at ``rank`` to which the neighbours ``members`` (Q, K) belong.

    ``others`` (Q, K) are the neighbours of other taxa.
    """
    known = _distances(near, members, others) | _cosines(near, members, others)
    if rank != SPECIES:
        known |= _relatives(near, rank, members) | _lead(near, rank, members, others) | _support(near, members, others)
    nothing = np.zeros(len(members))
    features = np.column_stack([known.get(name, nothing) for name in FEATURES])
    features[~near.by_identity, : COSINE_FEATURES.start] = 0.0
    return features


def _distances(near: Neighbours, members: NDArray[np.bool_], others: NDArray[np.bool_]) -> _Named:
    """Return the features that rest on distances."""
    rows, at, alone = np.arange(len(members)), _nearest(near, members), ~others.any(axis=1)
    other = _nearest(near, others)
    compared = np.maximum(near.overlap[rows, at], 1)
    distance, smoothed = near.distance[rows, at], near.smoothed[rows, at]
    far = np.maximum(np.where(near.real, near.distance, 0).max(axis=1), _FAR)
    other_distance = np.where(alone, far, near.distance[rows, other])
    other_smoothed = np.where(alone, (far * compared + 1) / (compared + 2), near.smoothed[rows, other])
    separation = np.where(alone, far, _least_apart(near, at, others))
    log_distance = np.log(np.maximum(smoothed, 1e-6))
    log_gap = np.log(np.maximum(other_smoothed, 1e-6)) - log_distance
    return {
        "log_distance": log_distance,
        "distance": distance,
        "log_gap": log_gap,
        "gap": other_distance - distance,
        "log_separation": np.log(separation + _LEAST_SEPARATION),
        "ratio": _ratio(distance, separation),
        "log_distance_squared": log_distance**2,
        "log_gap_squared": log_gap**2,
        "log_distance_x_log_gap": log_distance * log_gap,
    }


def _relatives(near: Neighbours, rank: int, members: NDArray[np.bool_]) -> _Named:
    """Return the features that compare the query with the distance between relatives within the candidate."""
    rows, at = np.arange(len(members)), _nearest(near, members)
    below = near.codes[:, :, rank + 1]
    own = below[rows, at][:, None]
    relatives = members & (below > 0) & (own > 0) & (below != own)
    has = relatives.any(axis=1)
    ratio = _ratio(near.distance[rows, at], _least_apart(near, at, relatives))
    return {"has_relatives": has.astype(np.float64), "ratio_to_relatives": np.where(has, ratio, 1.0)}


def _lead(near: Neighbours, rank: int, members: NDArray[np.bool_], others: NDArray[np.bool_]) -> _Named:
    """Return by how much the candidate's best neighbour fits better than that of any other taxon, and its square."""
    score = near.score(rank)
    worst = np.where(near.real, score, np.inf).min(axis=1)
    best_other = np.where(others.any(axis=1), np.where(others, score, -np.inf).max(axis=1), worst)
    lead = np.where(members, score, -np.inf).max(axis=1) - best_other
    lead = np.where(np.isfinite(lead), lead, 0.0)
    return {"lead": lead, "lead_squared": lead**2}


def _cosines(near: Neighbours, members: NDArray[np.bool_], others: NDArray[np.bool_]) -> _Named:
    """Return the features that rest on cosines."""
    cosine = np.where(members, near.cosine, -1.0).max(axis=1)
    last = np.where(near.real, near.cosine, 1.0).min(axis=1)
    other = np.where(others.any(axis=1), np.where(others, near.cosine, -1.0).max(axis=1), last)
    return {"cosine": cosine, "cosine_gap": cosine - other}


def _support(near: Neighbours, members: NDArray[np.bool_], others: NDArray[np.bool_]) -> _Named:
    """Return the candidate's share of the neighbours, and how near the query is to anything."""
    weight = np.exp((near.cosine - near.cosine.max(axis=1, initial=-1.0)[:, None]) / _SUPPORT_SCALE) * near.real
    # A neighbour without a name at this rank speaks neither for nor against.
    support = (weight * members).sum(axis=1) / np.maximum((weight * (members | others)).sum(axis=1), 1e-9)
    nearest = -np.sort(-np.where(near.real, near.cosine, -np.inf), axis=1)[:, :AROUND]
    return {"log_support": np.log(support + _LEAST_SUPPORT), "nearness": np.nan_to_num(mean_of_finite(nearest, axis=1))}


def _nearest(near: Neighbours, some: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the place (Q,) of the nearest of ``some`` neighbours (Q, K)."""
    return np.where(some, near.smoothed, np.inf).argmin(axis=1)


def _least_apart(near: Neighbours, at: NDArray[np.int64], some: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the distance (Q,) between the neighbour at place ``at`` (Q,) and the nearest of ``some`` (Q, K); ``_FAR``
    if it is not known."""
    apart = np.nan_to_num(near.apart[np.arange(len(at)), at], nan=_FAR)
    return np.where(some, apart, np.inf).min(axis=1)


def _ratio(distance: NDArray[np.float64], separation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return distance over separation (Q,), between 0 and ``_MOST_RATIO``."""
    return np.clip(distance / np.maximum(separation, _LEAST_SEPARATION), 0, _MOST_RATIO)
