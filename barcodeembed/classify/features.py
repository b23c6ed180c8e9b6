"""What is known of a candidate at a rank, as a handful of figures: the same for every library and every model.

Letters in shapes: Q queries, K neighbours, F figures.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from barcodeembed.classify.neighbours import AROUND, Neighbours, mean_of_finite
from barcodeembed.taxonomy import SPECIES

FIGURES = (
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
"""What is known of a candidate at a rank, by name.

``distance``: share of different bases to its nearest reference; ``log_distance``: logarithm of (different + 1) over
(compared + 2) bases; ``gap``, ``log_gap``: how much farther the nearest reference of another taxon is;
``log_separation``: logarithm of the distance between these two references; ``ratio``: the query's distance over it;
squares and a product, because risk does not grow evenly.

``has_relatives``: whether the neighbours include a reference of the candidate that is of another taxon one rank down
than the nearest (of another species of the genus); ``ratio_to_relatives``: the query's distance over the distance of
these two, 1 without; ``lead``: how much better than the best of another taxon its best neighbour fits, crowding
counted; ``cosine``: to the candidate's nearest reference; ``cosine_gap``: how much less it is to another taxon's;
``log_support``: logarithm of the candidate's share of the neighbours, near ones counting more; ``nearness``: mean
cosine to the nearest references of all taxa. All of these but the cosines are 0 for species: which of two close species
a query is of depends on identity, and how many individuals a library happens to have of each says nothing of it."""

SCALES = (1.5, 0.05, 1.0, 0.05, 1.0, 0.5, 10.0, 3.0, 6.0, 0.5, 0.5, 0.2, 0.2, 0.1, 0.1, 0.5, 0.15)
"""By about how much each figure differs between queries (standard deviations over three public libraries, rounded)."""

COSINE_FIGURES = slice(FIGURES.index("cosine"), len(FIGURES))
"""Those that are known without barcode columns."""

_FAR = 0.1  # distance to "another taxon" where all neighbours are of one: at least this, or that of the farthest
_LEAST_SEPARATION = 0.002  # about one base of 658: keeps the ratio finite for identical references
_MOST_RATIO = 3.0
_SUPPORT_SCALE = 0.05  # a neighbour whose cosine is this much lower counts for a third
_LEAST_SUPPORT = 1e-3

_Named = dict[str, NDArray[np.float64]]  # figures (Q,) by their names


def figures_of(
    near: Neighbours, rank: int, members: NDArray[np.bool_], others: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Figures (Q, F) of the taxon at ``rank`` to which the neighbours ``members`` (Q, K) belong."""
    known = _distances(near, members, others) | _cosines(near, members, others)
    if rank != SPECIES:
        known |= _relatives(near, rank, members) | _lead(near, rank, members, others) | _support(near, members, others)
    nothing = np.zeros(len(members))
    figures = np.column_stack([known.get(name, nothing) for name in FIGURES])
    figures[~near.by_identity, : COSINE_FIGURES.start] = 0.0
    return figures


def _distances(near: Neighbours, members: NDArray[np.bool_], others: NDArray[np.bool_]) -> _Named:
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
    rows, at = np.arange(len(members)), _nearest(near, members)
    below = near.codes[:, :, rank + 1]
    own = below[rows, at][:, None]
    relatives = members & (below > 0) & (own > 0) & (below != own)
    has = relatives.any(axis=1)
    ratio = _ratio(near.distance[rows, at], _least_apart(near, at, relatives))
    return {"has_relatives": has.astype(np.float64), "ratio_to_relatives": np.where(has, ratio, 1.0)}


def _lead(near: Neighbours, rank: int, members: NDArray[np.bool_], others: NDArray[np.bool_]) -> _Named:
    score = near.score(rank)
    worst = np.where(near.real, score, np.inf).min(axis=1)
    best_other = np.where(others.any(axis=1), np.where(others, score, -np.inf).max(axis=1), worst)
    lead = np.where(members, score, -np.inf).max(axis=1) - best_other
    lead = np.where(np.isfinite(lead), lead, 0.0)
    return {"lead": lead, "lead_squared": lead**2}


def _cosines(near: Neighbours, members: NDArray[np.bool_], others: NDArray[np.bool_]) -> _Named:
    cosine = np.where(members, near.cosine, -1.0).max(axis=1)
    last = np.where(near.real, near.cosine, 1.0).min(axis=1)
    other = np.where(others.any(axis=1), np.where(others, near.cosine, -1.0).max(axis=1), last)
    return {"cosine": cosine, "cosine_gap": cosine - other}


def _support(near: Neighbours, members: NDArray[np.bool_], others: NDArray[np.bool_]) -> _Named:
    weight = np.exp((near.cosine - near.cosine.max(axis=1, initial=-1.0)[:, None]) / _SUPPORT_SCALE) * near.real
    # A neighbour without a name at this rank speaks neither for nor against.
    support = (weight * members).sum(axis=1) / np.maximum((weight * (members | others)).sum(axis=1), 1e-9)
    nearest = -np.sort(-np.where(near.real, near.cosine, -np.inf), axis=1)[:, :AROUND]
    return {"log_support": np.log(support + _LEAST_SUPPORT), "nearness": np.nan_to_num(mean_of_finite(nearest, axis=1))}


def _nearest(near: Neighbours, some: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Place (Q,) of the nearest of these neighbours (Q, K)."""
    return np.where(some, near.smoothed, np.inf).argmin(axis=1)


def _least_apart(near: Neighbours, at: NDArray[np.int64], some: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Distance (Q,) of the neighbour at a place (Q,) to the nearest of ``some`` (Q, K); ``_FAR`` if not known."""
    apart = np.nan_to_num(near.apart[np.arange(len(at)), at], nan=_FAR)
    return np.where(some, apart, np.inf).min(axis=1)


def _ratio(distance: NDArray[np.float64], separation: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(distance / np.maximum(separation, _LEAST_SEPARATION), 0, _MOST_RATIO)
