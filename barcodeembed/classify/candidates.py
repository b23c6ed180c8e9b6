"""From neighbours to evidence: which taxon is the candidate at each rank, and the features that tell how sure it is.

The candidate at a rank is the taxon of the neighbour with the best score among those that fit the candidate one rank
up. The features of a candidate are the same for every library and every model; the library's calibration learns what
they are worth.

Letters in shapes: Q queries, K neighbours, C columns, R ranks, F features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.classify.features import FEATURES, features_of
from barcodeembed.classify.neighbours import MIN_OVERLAP, Neighbours
from barcodeembed.classify.read_errors import find_errors, trusted_identity
from barcodeembed.library.hits import Hits
from barcodeembed.library.library_set import LibrarySet
from barcodeembed.sequences.identity import identity_between
from barcodeembed.taxonomy import SPECIES

SPEAKS = {"identity": 0.02, "cosine": 0.05}
"""A neighbour counts in ``n_agree`` and ``n_conflict`` if it is hardly farther than the nearest one. Its distance may
be 0.02 larger (two bases in a hundred, about as much as individuals of one species differ). Where identities are not
known, its cosine may be 0.05 lower."""

_TIE_BASES = 1.5  # a species ties with the candidate if its nearest reference has at most one more different base
_TIE_SCORE = 0.02  # above species, a taxon ties with it if the score of its best neighbour is at most this much lower
_EQUAL_OVERLAP = 0.8  # a reference is as near as the nearest one only if it shares this much of its columns


@dataclass(frozen=True)
class Evidence:
    """The candidates of Q queries and the features of each.

    Attributes
    ----------
    candidates
        int32 (Q, R): taxon code of the candidate at each rank, 0 without one.
    features
        float64 (Q, R, F): ``FEATURES`` of the candidate; those on identity are 0 where ``by_identity`` is False.
    tied
        float64 (Q, R, F): the same features, computed as if the candidate and the taxa that tie with it were one taxon.
    ties
        bool (Q, K, R): whether a neighbour belongs to the candidate or to a taxon that ties with it.
    members
        bool (Q, K, R): whether a neighbour belongs to the candidate.
    others
        bool (Q, K, R): whether a neighbour belongs to another taxon.
    speaking
        bool (Q, K): whether a neighbour is hardly farther than the nearest one (``SPEAKS``).
    nearest
        int (Q,): place, from 0 to K - 1, of the nearest reference of the candidate.
    overlap
        int (Q,): number of columns that this reference shares with the query.
    by_identity
        bool (Q,): whether identities are known.
    errors
        float64 (Q,): expected number of errors in the query; NaN where it is not known.
    best_identity
        float64 (Q,): identity to the nearest reference that has a name; NaN where identities are not known.
    """

    candidates: NDArray[np.int32]
    features: NDArray[np.float64]
    tied: NDArray[np.float64]
    ties: NDArray[np.bool_]
    members: NDArray[np.bool_]
    others: NDArray[np.bool_]
    speaking: NDArray[np.bool_]
    nearest: NDArray[np.int64]
    overlap: NDArray[np.int32]
    by_identity: NDArray[np.bool_]
    errors: NDArray[np.float64]
    best_identity: NDArray[np.float64]

    def select(self, rows: NDArray[Any]) -> Evidence:
        """Return the evidence on the queries with these numbers (or this mask) only."""
        return Evidence(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    @classmethod
    def joined(cls, parts: Sequence[Evidence]) -> Evidence:
        """Return the evidence on the queries of all parts, in order."""
        return cls(**{field.name: np.concatenate([getattr(one, field.name) for one in parts]) for field in fields(cls)})


def evidence_of(
    references: LibrarySet,
    hits: Hits,
    queries: NDArray[np.uint8] | None,
    qualities: NDArray[np.uint8] | None = None,
    *,
    joined: NDArray[np.bool_] | None = None,
) -> Evidence:
    """Return the evidence of these hits on their queries.

    ``queries`` (Q, C) are their bases on the columns and ``qualities`` (Q, C) the Phred qualities of these bases, where
    they are known. Bases that are probably errors count for little. No base of a query that is ``joined`` (Q,) from two
    barcodes is one: what differs is of the other barcode.
    """
    k, codes = hits.rows.shape[1], references.codes_of(hits.rows)
    if queries is None or hits.columns is None:
        return gather(hits, codes, np.full((len(hits), k, k), np.nan, dtype=np.float32))
    errors = find_errors(queries, hits, hits.columns, qualities)
    if joined is not None:
        trust = np.where(joined[:, None], np.float32(1), errors.trust)
        errors = replace(errors, trust=trust, expected=np.where(joined, 0.0, errors.expected))
    trusted = replace(hits, identity=trusted_identity(queries, hits, hits.columns, errors.trust))
    evidence = gather(trusted, codes, identity_between(queries, hits.columns, MIN_OVERLAP))
    # The distance to everything known counts every difference, also those taken for errors: in a read that has no
    # relative in the library, rare bases look like errors.
    return replace(evidence, errors=errors.expected, best_identity=_best_identity(hits, codes))


def gather(hits: Hits, codes: NDArray[np.int32], between: NDArray[np.float32]) -> Evidence:
    """Return the evidence of hits whose references have taxa ``codes`` (Q, K, R).

    ``between`` (Q, K, K) is the identity of each two references on the query's columns, NaN where it is not known.
    """
    near = Neighbours.of(hits, codes, between)
    places = _chain(near)
    n_queries, _, n_ranks = codes.shape
    rows = np.arange(n_queries)
    features = np.zeros((n_queries, n_ranks, len(FEATURES)))
    tied = np.zeros_like(features)
    members = np.zeros(codes.shape, dtype=bool)
    others, ties = np.zeros_like(members), np.zeros_like(members)
    candidates = np.zeros((n_queries, n_ranks), dtype=np.int32)
    within = near.real  # neighbours that fit the candidates of the ranks above
    for rank in range(n_ranks):
        known = near.real & (codes[:, :, rank] > 0)
        place = places[:, rank]
        candidate = np.where(place >= 0, codes[rows, place, rank], 0)
        candidates[:, rank] = candidate
        members[:, :, rank] = known & (codes[:, :, rank] == candidate[:, None])
        others[:, :, rank] = known & ~members[:, :, rank] & (candidate > 0)[:, None]
        features[:, rank] = features_of(near, rank, members[:, :, rank], others[:, :, rank])
        ties[:, :, rank] = _ties(near, rank, members[:, :, rank], known & within)
        within = within & ~others[:, :, rank]
        tied[:, rank] = features_of(near, rank, ties[:, :, rank], known & ~ties[:, :, rank])
    nearest = _deepest(places)
    overlap = np.where(near.real[rows, nearest], near.overlap[rows, nearest], 0)
    speaking, unknown = _speaking(near), np.full(n_queries, np.nan)
    return Evidence(
        *(candidates, features, tied, ties, members, others, speaking, nearest, overlap, near.by_identity),
        errors=unknown,
        best_identity=_best_identity(hits, codes),
    )


def share_of_equals(hits: Hits, evidence: Evidence) -> NDArray[np.float64]:
    """Return the share (Q,) of the candidate species among the references that are as near to the query as its nearest
    one: they differ from it in as few bases. 1 where no other species has such a reference.

    References that share fewer than 0.8 of its columns with the query are left out: a short one easily differs in as
    few.
    """
    different = np.rint((1 - hits.identity) * hits.overlap)  # NaN where it is not known
    fewest, overlap = (np.take_along_axis(of, evidence.nearest[:, None], axis=1) for of in (different, hits.overlap))
    equal = (different <= fewest) & (hits.overlap >= _EQUAL_OVERLAP * overlap)
    own, other = ((equal & of[:, :, SPECIES]).sum(axis=1) for of in (evidence.members, evidence.others))
    return np.where(other > 0, own / np.maximum(own + other, 1), 1.0)


def _best_identity(hits: Hits, codes: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the identity (Q,) to the nearest reference that has a name; NaN where identities are not known."""
    usable = (hits.rows >= 0) & (hits.overlap >= MIN_OVERLAP)
    named = usable & (codes > 0).any(axis=2)
    best = np.where(named, np.nan_to_num(hits.identity), 0.0).max(axis=1, initial=0.0)
    return np.where(usable.any(axis=1), best, np.nan)


def _deepest(places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the place of the candidate's neighbour at the deepest rank that has a candidate; 0 where none has."""
    ranks = np.arange(places.shape[1])
    last = np.where(places >= 0, ranks, -1).max(axis=1)
    return np.where(last >= 0, places[np.arange(len(places)), last], 0)


def _chain(near: Neighbours) -> NDArray[np.int64]:
    """Return the place (Q, R) of the best neighbour at each rank among those that fit the candidates above; -1 without
    one.

    If the best neighbour has no name at a rank but has one below it, the rank gets no candidate, and the candidates
    below do not have to fit it.
    """
    n_queries, _, n_ranks = near.codes.shape
    places = np.full((n_queries, n_ranks), -1, dtype=np.int64)
    allowed = near.real.copy()
    rows = np.arange(n_queries)
    for rank in range(n_ranks):
        code = near.codes[:, :, rank]
        fit = near.score(rank)
        score = np.where(allowed & (code > 0), fit, -np.inf)
        best = score.argmax(axis=1)
        without = allowed & (code == 0) & (near.codes[:, :, rank + 1 :] > 0).any(axis=2)
        found = np.isfinite(score[rows, best]) & (score[rows, best] >= np.where(without, fit, -np.inf).max(axis=1))
        places[found, rank] = best[found]
        chosen = code[rows, best][:, None]
        allowed &= ~found[:, None] | (code == chosen) | (code == 0)
    return places


def _speaking(near: Neighbours) -> NDArray[np.bool_]:
    """Return which neighbours (Q, K) are hardly farther than the nearest one."""
    rounding = 1e-6
    by_identity = near.distance <= near.distance.min(axis=1, initial=1.0)[:, None] + SPEAKS["identity"] + rounding
    by_cosine = near.cosine >= near.cosine.max(axis=1, initial=-1.0)[:, None] - SPEAKS["cosine"]
    return near.real & np.where(near.by_identity[:, None], by_identity, by_cosine)


def _ties(near: Neighbours, rank: int, members: NDArray[np.bool_], known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which neighbours (Q, K) are of the candidate, or of one of the ``known`` taxa that are about as near."""
    code = near.codes[:, :, rank]
    score, margin = near.score(rank, crowded=False), np.full(len(code), _TIE_SCORE)
    if rank == SPECIES:
        score = np.where(near.by_identity[:, None], np.where(near.real, -near.smoothed, -np.inf), score)
        margin = np.where(near.by_identity, _TIE_BASES / np.maximum(near.overlap.max(axis=1), 1), margin)
    best = np.where(members, score, -np.inf).max(axis=1)
    close = known & (score >= (best - margin)[:, None])
    ties = members.copy()
    for k in range(code.shape[1]):
        # All neighbours of a taxon tie with the candidate if one of them is close.
        ties |= known & close[:, k, None] & (code == code[:, k, None])
    return ties
