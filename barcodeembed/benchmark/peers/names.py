"""The answer that every program and baseline gives: a name at each rank for each query, how certain it is, and how new
the query looks.

Letters in shapes: Q queries, R ranks, K hits of a query.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from barcodeembed.taxonomy import RANKS, Lineage


@dataclass(frozen=True)
class Names:
    """Names given to Q queries.

    Attributes
    ----------
    called
        the name at each of ``RANKS``, text (Q, R); ``""`` where none is given.
    confidence
        the method's own probability that its candidate is right, float32 (Q, R); NaN if it states none. A candidate has
        a confidence even if that was too low to give the name.
    novelty
        the higher, the less the query looks like a species of the library, float32 (Q,); NaN if not known.
    candidates
        the name that ``confidence`` is about, text (Q, R).
    """

    called: NDArray[np.object_]
    confidence: NDArray[np.float32]
    novelty: NDArray[np.float32]
    candidates: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.called)

    @classmethod
    def blank(cls, n_queries: int) -> Names:
        """Return an answer that names no query."""
        shape = (n_queries, len(RANKS))
        unknown = np.full(shape, np.nan, dtype=np.float32)
        return cls(
            np.full(shape, "", dtype=object),
            unknown,
            np.full(n_queries, np.nan, dtype=np.float32),
            np.full(shape, "", dtype=object),
        )


@dataclass(frozen=True)
class Found:
    """References found for one query, best first.

    Attributes
    ----------
    rows
        numbers of the references.
    identity
        identity of each, in percent.
    score
        the value by which the program sorts them.
    coverage
        share of the query that is aligned with each.
    """

    rows: Sequence[int]
    identity: Sequence[float]
    score: Sequence[float]
    coverage: Sequence[float]


def lineage_table(lineages: Sequence[Lineage]) -> NDArray[np.object_]:
    """Return the names of lineages as text (N, R)."""
    table = np.empty((len(lineages), len(RANKS)), dtype=object)
    for row, lineage in enumerate(lineages):
        table[row] = lineage.names
    return table


def top_hit(
    found: Sequence[Found], table: NDArray[np.object_], *, identity: float = 0.0, coverage: float = 0.0
) -> Names:
    """Return the names of the best hit, if it has this identity (percent) and coverage (share); no name otherwise.

    Of hits with equal scores the first one counts, as it does for people who read the first line of a table.
    """
    names = Names.blank(len(found))
    for query, hits in enumerate(found):
        names.novelty[query] = 100 - hits.identity[0] if hits.rows else 100
        if hits.rows and hits.identity[0] >= identity and hits.coverage[0] >= coverage:
            names.called[query] = names.candidates[query] = table[hits.rows[0]]
    return names


RANK_IDENTITY = {"species": 97.0, "genus": 95.0, "family": 90.0, "order": 85.0}
"""Identity, in percent, below which no name at this rank is given. These are the steps of BOLDigger (species 97 %,
genus 95 %, family 90 %, order 85 %), which labs that sort BLAST hits by hand also use."""


def consensus(
    found: Sequence[Found], table: NDArray[np.object_], *, within: float = 0.02, coverage: float = 0.8
) -> Names:
    """Return the lowest common ancestor of each query's best hits: the names that they have in common, down to the rank
    that the identity of the best one allows (``RANK_IDENTITY``).

    The best hits are those whose score is at most this share below the highest. A hit that covers less than
    ``coverage`` of the query is left out.
    """
    names = Names.blank(len(found))
    cuts = [RANK_IDENTITY.get(rank, 0.0) for rank in RANKS]
    for query, hits in enumerate(found):
        names.novelty[query] = 100 - hits.identity[0] if hits.rows else 100
        kept = [i for i in range(len(hits.rows)) if hits.coverage[i] >= coverage]
        if not kept:
            continue
        best, best_identity = hits.score[kept[0]], hits.identity[kept[0]]
        near = table[[hits.rows[i] for i in kept if hits.score[i] >= best * (1 - within)]]
        for rank, cut in enumerate(cuts):
            known = set(near[:, rank]) - {""}
            if len(known) > 1 or best_identity < cut:
                break
            names.called[query, rank] = names.candidates[query, rank] = next(iter(known), "")
    return names
