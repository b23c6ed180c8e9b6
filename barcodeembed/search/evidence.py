"""From neighbours to evidence: which taxon each query is likeliest to be, and the figures that tell how surely.

The candidate at each rank is that of the neighbour with the highest score among those that fit the candidate one
rank up. Evidence is a handful of figures a rank, the same for every library and every model; what they are worth
is learnt by the library's calibration.

Letters in shapes: Q queries, K neighbours, R ranks, F figures.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.search.hits import Hits
from barcodeembed.taxonomy import RANKS

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
    "cosine",
    "cosine_gap",
)
"""What is known of a candidate at a rank, by name.

``distance``: share of different bases to its nearest reference; ``log_distance``: logarithm of (different + 1) over
(compared + 2) bases; ``gap``, ``log_gap``: how much farther the nearest reference of another taxon is;
``log_separation``: logarithm of the distance between these two references; ``ratio``: the query's distance over it;
squares and a product, because risk does not grow evenly; ``cosine``: to the candidate's nearest reference;
``cosine_gap``: how much less it is to another taxon's."""

SCALES = (1.5, 0.05, 1.0, 0.05, 1.0, 0.5, 10.0, 3.0, 6.0, 0.1, 0.1)
"""By about how much each figure differs between queries (standard deviations over three public libraries, rounded)."""

COSINE_FIGURES = slice(9, 11)
"""Those that are known without barcode columns."""

COSINE_SHARE = (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.05)
"""What cosine adds to identity in the score of a neighbour, by rank: between species, identity decides and cosine
only breaks ties; above, where identity is blind to which bases differ, they count alike (docs/experiments.md)."""

MIN_OVERLAP = 50
"""Columns that a query and a reference must share for their identity to count."""

SPEAKS = {"identity": 0.02, "cosine": 0.05}
"""A neighbour speaks for or against a call if it is at most this much farther than the nearest neighbour: two bases in
a hundred, about what individuals of a species differ by; where identities are not known, this much in cosine."""

_FAR = 0.1  # distance to "another taxon" where all neighbours are of one: at least this, or that of the farthest
_LEAST_SEPARATION = 0.002  # about one base of 658: keeps the ratio finite for identical references
_TIE_BASES = 1.5  # a species stands beside the candidate if its nearest reference has at most one more different base
_TIE_SCORE = 0.02  # another taxon does if its best neighbour's score is less than this below
_SPECIES = len(RANKS) - 1


@dataclass(frozen=True)
class Evidence:
    """What is known of Q queries.

    Attributes
    ----------
    candidates
        int32 (Q, R): taxon code at each rank, 0 without one.
    figures
        float64 (Q, R, F): of ``FIGURES``; those on identity are 0 where ``by_identity`` is False.
    tied
        float64 (Q, R, F): the same, as if the taxa that are about as near as the candidate were one taxon.
    ties
        bool (Q, K, R): neighbours that belong to the candidate or to one of those taxa.
    members
        bool (Q, K, R): neighbours that belong to the candidate.
    others
        bool (Q, K, R): neighbours of another taxon.
    speaking
        bool (Q, K): neighbours that are hardly farther than the nearest one (``SPEAKS``).
    nearest
        int (Q,): place of the nearest reference of the candidate.
    overlap
        int (Q,): columns it shares with the query.
    by_identity
        bool (Q,): whether identities are known.
    """

    candidates: NDArray[np.int32]
    figures: NDArray[np.float64]
    tied: NDArray[np.float64]
    ties: NDArray[np.bool_]
    members: NDArray[np.bool_]
    others: NDArray[np.bool_]
    speaking: NDArray[np.bool_]
    nearest: NDArray[np.int64]
    overlap: NDArray[np.int32]
    by_identity: NDArray[np.bool_]

    def rows(self, index: NDArray[Any]) -> Evidence:
        """The evidence on these queries only."""
        return Evidence(**{field.name: getattr(self, field.name)[index] for field in fields(self)})


@dataclass(frozen=True)
class _Near:
    """Neighbours as numbers ready for use: smoothed distances, and scores by rank."""

    codes: NDArray[np.int32]  # (Q, K, R)
    distance: NDArray[np.float64]  # (Q, K)
    smoothed: NDArray[np.float64]  # (Q, K)
    cosine: NDArray[np.float64]  # (Q, K)
    overlap: NDArray[np.int32]  # (Q, K)
    real: NDArray[np.bool_]  # (Q, K)
    by_identity: NDArray[np.bool_]  # (Q,)

    def score(self, rank: int) -> NDArray[np.float64]:
        """The score of each neighbour at a rank, -inf where there is none."""
        share = np.where(self.by_identity, COSINE_SHARE[rank], 1.0)[:, None]
        return np.where(self.real, share * self.cosine - self.smoothed, -np.inf)


def gather(hits: Hits, codes: NDArray[np.int32], separation: NDArray[np.float32] | None = None) -> Evidence:
    """The evidence of hits whose references have taxa ``codes`` (Q, K, R).

    ``separation`` (Q, K) is the distance of each hit to the one at place :func:`nearest_of`; None without columns.
    """
    near = _prepare(hits, codes)
    places = _chain(near)
    n_queries, _, n_ranks = codes.shape
    rows = np.arange(n_queries)
    figures = np.zeros((n_queries, n_ranks, len(FIGURES)))
    tied = np.zeros_like(figures)
    members = np.zeros(codes.shape, dtype=bool)
    others, ties = np.zeros_like(members), np.zeros_like(members)
    candidates = np.zeros((n_queries, n_ranks), dtype=np.int32)
    apart = np.zeros(near.distance.shape)
    if separation is not None:
        apart = np.nan_to_num(separation, nan=_FAR).astype(np.float64)
    for rank in range(n_ranks):
        known = near.real & (codes[:, :, rank] > 0)
        place = places[:, rank]
        candidate = np.where(place >= 0, codes[rows, place, rank], 0)
        candidates[:, rank] = candidate
        members[:, :, rank] = known & (codes[:, :, rank] == candidate[:, None])
        others[:, :, rank] = known & ~members[:, :, rank]
        figures[:, rank] = _figures(near, members[:, :, rank], others[:, :, rank], apart)
        ties[:, :, rank] = _ties(near, rank, members[:, :, rank], known)
        tied[:, rank] = _figures(near, ties[:, :, rank], known & ~ties[:, :, rank], apart)
    nearest = _deepest(places)
    overlap = np.where(near.real[rows, nearest], near.overlap[rows, nearest], 0)
    speaking = _speaking(near)
    return Evidence(candidates, figures, tied, ties, members, others, speaking, nearest, overlap, near.by_identity)


def nearest_of(hits: Hits, codes: NDArray[np.int32]) -> NDArray[np.int64]:
    """Place (Q,) of the nearest reference of the candidate: the highest identity, cosine breaking ties."""
    return _deepest(_chain(_prepare(hits, codes)))


def _deepest(places: NDArray[np.int64]) -> NDArray[np.int64]:
    """The place at the deepest rank that has one; the first where no reference has a name."""
    ranks = np.arange(places.shape[1])
    last = np.where(places >= 0, ranks, -1).max(axis=1)
    return np.where(last >= 0, places[np.arange(len(places)), last], 0)


def _prepare(hits: Hits, codes: NDArray[np.int32]) -> _Near:
    real = hits.rows >= 0
    usable = real & (hits.overlap >= MIN_OVERLAP)
    by_identity: NDArray[np.bool_] = np.asarray(usable.any(axis=1))
    overlap = hits.overlap.astype(np.float64)
    distance = np.where(usable, 1.0 - np.nan_to_num(hits.identity), 1.0)
    distance[~by_identity] = 0.0
    smoothed = np.where(usable, (distance * overlap + 1) / (overlap + 2), distance)
    return _Near(
        codes, distance, smoothed, np.nan_to_num(hits.cosine, nan=-1.0).astype(float), hits.overlap, real, by_identity
    )


def _chain(near: _Near) -> NDArray[np.int64]:
    """Place (Q, R) of the best neighbour at each rank among those that fit the candidates above; -1 without one."""
    n_queries, _, n_ranks = near.codes.shape
    places = np.full((n_queries, n_ranks), -1, dtype=np.int64)
    allowed = near.real.copy()
    rows = np.arange(n_queries)
    for rank in range(n_ranks):
        code = near.codes[:, :, rank]
        score = np.where(allowed & (code > 0), near.score(rank), -np.inf)
        best = score.argmax(axis=1)
        found = np.isfinite(score[rows, best])
        places[found, rank] = best[found]
        chosen = code[rows, best][:, None]
        allowed &= ~found[:, None] | (code == chosen) | (code == 0)
    return places


def _speaking(near: _Near) -> NDArray[np.bool_]:
    """Neighbours (Q, K) that are hardly farther than the nearest one."""
    rounding = 1e-6
    by_identity = near.distance <= near.distance.min(axis=1, initial=1.0)[:, None] + SPEAKS["identity"] + rounding
    by_cosine = near.cosine >= near.cosine.max(axis=1, initial=-1.0)[:, None] - SPEAKS["cosine"]
    return near.real & np.where(near.by_identity[:, None], by_identity, by_cosine)


def _ties(near: _Near, rank: int, members: NDArray[np.bool_], known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Neighbours (Q, K) of the candidate and of all taxa that are about as near."""
    code = near.codes[:, :, rank]
    score, margin = near.score(rank), np.full(len(code), _TIE_SCORE)
    if rank == _SPECIES:
        score = np.where(near.by_identity[:, None], np.where(near.real, -near.smoothed, -np.inf), score)
        margin = np.where(near.by_identity, _TIE_BASES / np.maximum(near.overlap.max(axis=1), 1), margin)
    best = np.where(members, score, -np.inf).max(axis=1)
    close = known & (score >= (best - margin)[:, None])
    ties = members.copy()
    for k in range(code.shape[1]):
        # A neighbour stands with its taxon: close if any of its taxon's neighbours is.
        ties |= known & close[:, k, None] & (code == code[:, k, None])
    return ties


def _figures(
    near: _Near, members: NDArray[np.bool_], others: NDArray[np.bool_], apart: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Figures (Q, F) of the taxon to which these neighbours belong."""
    rows = np.arange(len(members))
    alone = ~others.any(axis=1)
    at = np.where(members, near.smoothed, np.inf).argmin(axis=1)
    other = np.where(others, near.smoothed, np.inf).argmin(axis=1)
    compared = np.maximum(near.overlap[rows, at], 1)
    distance, smoothed = near.distance[rows, at], near.smoothed[rows, at]
    far = np.maximum(np.where(near.real, near.distance, 0).max(axis=1), _FAR)
    other_distance = np.where(alone, far, near.distance[rows, other])
    other_smoothed = np.where(alone, (far * compared + 1) / (compared + 2), near.smoothed[rows, other])
    separation = np.where(others, apart, np.inf).min(axis=1)
    separation = np.where(alone, far, separation)
    cosine = np.where(members, near.cosine, -1.0).max(axis=1)
    last = np.where(near.real, near.cosine, 1.0).min(axis=1)
    other_cosine = np.where(alone, last, np.where(others, near.cosine, -1.0).max(axis=1))
    log_distance = np.log(np.maximum(smoothed, 1e-6))
    log_gap = np.log(np.maximum(other_smoothed, 1e-6)) - log_distance
    figures = np.column_stack(
        [
            log_distance,
            distance,
            log_gap,
            other_distance - distance,
            np.log(separation + _LEAST_SEPARATION),
            np.clip(distance / np.maximum(separation, _LEAST_SEPARATION), 0, 3),
            log_distance**2,
            log_gap**2,
            log_distance * log_gap,
            cosine,
            cosine - other_cosine,
        ]
    )
    figures[~near.by_identity, : COSINE_FIGURES.start] = 0.0
    return figures
