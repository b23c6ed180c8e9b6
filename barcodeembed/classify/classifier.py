"""From evidence and probabilities to a call: the name as deep as it is supported, and the verdict.

Letters in shapes: Q queries, K neighbours, R ranks, D width of a vector, C columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.classify.calibrated import CalibratedLibrary
from barcodeembed.classify.calibration import FARTHEST, as_whole
from barcodeembed.classify.call import Assignment, Call, Reference
from barcodeembed.classify.candidates import Evidence, evidence_of, share_of_equals
from barcodeembed.classify.chimera import chimeric_hits
from barcodeembed.classify.coding import CodingRule, with_stops
from barcodeembed.classify.neighbours import NEIGHBOURS
from barcodeembed.errors import UsageError
from barcodeembed.library.hits import Hits
from barcodeembed.library.library_set import LibrarySet
from barcodeembed.library.parents import PossibleParents
from barcodeembed.taxonomy import FAMILY, GENUS, RANKS, SPECIES, Lineage

NOVEL = 0.5
"""A query is of something new if the candidate and the taxa that tie with it are, together, less likely than this."""

MOST_CANDIDATES = 5
"""Number of names that an ambiguous call lists at most."""

_VERDICT_BELOW = {GENUS: "new_species", FAMILY: "new_genus"}


class Classifier:
    """Names queries by one or more libraries.

    Parameters
    ----------
    libraries
        libraries that were made with the same model.
    neighbours
        number of nearest references that are looked at; the calibration was made for the default.
    min_confidence
        for each rank, the probability (0 to 1) from which a name is given; ranks that are not in it keep the threshold
        of the library.

    Raises
    ------
    MismatchError
        if the libraries were made with different models.
    UsageError
        if ``min_confidence`` has an unknown rank or a number that is not between 0 and 1.
    """

    def __init__(
        self,
        libraries: Sequence[CalibratedLibrary],
        *,
        neighbours: int = NEIGHBOURS,
        min_confidence: Mapping[str, float] | None = None,
        coding: CodingRule | None = None,
    ) -> None:
        self.libraries = list(libraries)
        self.references = LibrarySet([library.references for library in libraries])
        self._parents = PossibleParents(self.references)
        self.neighbours = neighbours
        self.coding = coding or CodingRule()
        self._asked = np.full(len(RANKS), np.nan)
        for rank, probability in (min_confidence or {}).items():
            if rank not in RANKS:
                raise UsageError(f"--min-confidence: {rank!r} is not a rank; choose from {', '.join(RANKS)}")
            if not 0 <= probability <= 1:
                meant = f": did you mean {probability / 100:g}?" if 10 <= probability <= 100 else ""
                raise UsageError(f"--min-confidence: {probability:g} is not between 0 and 1{meant}")
            self._asked[RANKS.index(rank)] = probability
        self._stops = ~np.isnan(self._asked) | (np.arange(len(RANKS)) < FAMILY)

    def check_model(self, name: str, fingerprint: str) -> None:
        """Check that vectors of this model may be compared with those of the libraries.

        Raises
        ------
        MismatchError
            if the libraries were made with another model; the message names both.
        """
        self.references.libraries[0].check_model(name, fingerprint)

    def assign(
        self,
        vectors: NDArray[np.float32],
        columns: NDArray[np.uint8] | None = None,
        covered: NDArray[np.int32] | None = None,
        qualities: NDArray[np.uint8] | None = None,
        flags: Sequence[str] | None = None,
    ) -> list[Assignment]:
        """Name Q queries and return one assignment for each, in the same order.

        Parameters
        ----------
        vectors
            float32 (Q, D): unit vectors of the queries.
        columns
            uint8 (Q, C): their bases on the barcode columns, where they are known.
        covered
            int32 (Q,): number of columns that each query covers. It counts only where no identity to a reference is
            known.
        qualities
            uint8 (Q, C): Phred qualities of the bases, where they are known.
        flags
            (Q,) of comma-joined flags of their placement, where they are known.
        """
        if not len(vectors):
            return []
        hits = self.references.search(vectors, columns, self.neighbours)
        chimeric = chimeric_hits(hits, columns, self._parents.of)
        evidence = evidence_of(self.references, hits, columns, qualities, joined=chimeric)
        if covered is not None:
            overlap = np.where(evidence.by_identity, evidence.overlap, covered).astype(np.int32)
            evidence = replace(evidence, overlap=overlap)
        confidence, together, thresholds = self._probabilities(hits, evidence)
        alien = self.references.are_aliens(hits.rows)
        doubtful = (alien & evidence.speaking).any(axis=1) & ~(~alien & evidence.speaking).any(axis=1)
        far = as_whole(evidence) < FARTHEST
        calls = (self._call(q, hits, evidence, confidence[q], together[q], thresholds[q]) for q in range(len(vectors)))
        marks = np.column_stack([chimeric, doubtful, far]).tolist()
        assigned = [
            replace(call, chimera=c, doubtful=d, far=f) if c or d or f else call
            for call, (c, d, f) in zip(calls, marks, strict=True)
        ]
        return assigned if columns is None else self.coding.apply(assigned, columns, flags or [""] * len(assigned))

    def call(self, id: str, read: Mapping[str, Any], assignment: Assignment) -> Call:
        """Return the call of a query: what is known of the ``read``, what it is called, and its nearest reference."""
        near = assignment.nearest
        if assignment.rejected or assignment.stops not in (-1, read["stops"]):
            stops = assignment.stops
            read = {**read, "stops": stops, "flags": with_stops(str(read["flags"]), stops)}
            read["status"] = assignment.rejected or read["status"]
        return Call(id, read, assignment, Reference(*self.references.reference(near)) if near >= 0 else None)

    def _probabilities(
        self, hits: Hits, evidence: Evidence
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return the probabilities of the candidates, those of the candidates with their ties, and the thresholds, each
        (Q, R).

        Each query is judged by the calibration of the library that has its nearest reference.
        """
        shape = evidence.candidates.shape
        confidence, together, thresholds = np.empty(shape), np.empty(shape), np.empty(shape)
        nearest = np.take_along_axis(hits.rows, evidence.nearest[:, None], axis=1)[:, 0]
        homes = self.references.home(np.maximum(nearest, 0))
        for number, library in enumerate(self.libraries):
            own = homes == number
            if own.any():
                part = evidence.select(own)
                confidence[own], together[own] = library.calibration.confidence(part)
                thresholds[own] = library.calibration.thresholds(part.overlap, part.by_identity)
        # Most of the references with this very barcode may be of another species: one mislabelled record that happens
        # to be the longest must not name the query.
        share = share_of_equals(hits, evidence)
        outvoted = share < 0.5
        confidence[outvoted, SPECIES] = np.minimum(confidence[outvoted, SPECIES], share[outvoted])
        return confidence, together, np.where(np.isnan(self._asked), thresholds, self._asked)

    def _call(
        self,
        query: int,
        hits: Hits,
        evidence: Evidence,
        confidence: NDArray[np.float64],
        together: NDArray[np.float64],
        thresholds: NDArray[np.float64],
    ) -> Assignment:
        """Return the assignment of one query, without its marks."""
        place = evidence.nearest[query]
        row = int(hits.rows[query, place])
        if row < 0:
            return Assignment(verdict="unplaced")
        candidates = evidence.candidates[query]
        depth = deepest_rank(confidence, thresholds, self._stops)
        verdict, asked = judge(depth, confidence, together)
        if verdict in _VERDICT_BELOW.values() and hits.identity[query, place] == 1.0:
            # The library has this very barcode: which of its names is right may be unsure, but it is not new.
            verdict = "ambiguous"
        lineage = self._lineage(candidates, depth)
        names: tuple[str, ...] = ()
        if verdict == "ambiguous":
            names = self._candidates(hits, evidence, query, asked)
        speaking, rank = evidence.speaking[query], max(depth, 0)
        return Assignment(
            verdict=verdict,
            lineage=lineage,
            confidence=tuple(float(p) for p in confidence),
            nearest=row,
            cosine=float(hits.cosine[query, place]),
            identity=float(hits.identity[query, place]),
            overlap=int(hits.overlap[query, place]),
            n_agree=int((evidence.members[query, :, rank] & speaking).sum()) if depth >= 0 else 0,
            n_conflict=int((evidence.others[query, :, rank] & speaking).sum()),
            candidates=names,
            expected_errors=float(evidence.errors[query]),
        )

    def _lineage(self, candidates: NDArray[np.int32], depth: int) -> Lineage:
        """Return the names of the candidates (R,) down to the rank ``depth``."""
        known = enumerate(zip(self.references.taxa.names, candidates, strict=True))
        return Lineage(tuple(names[code] if rank <= depth else "" for rank, (names, code) in known))

    def _candidates(self, hits: Hits, evidence: Evidence, query: int, rank: int) -> tuple[str, ...]:
        """Return the names at a rank of the taxa that are about as near as the candidate, the candidate first."""
        places = np.flatnonzero(evidence.ties[query, :, rank])
        codes = self.references.taxa.codes[hits.rows[query, places], rank].tolist()
        first = int(evidence.candidates[query, rank])
        ordered = dict.fromkeys([first, *codes])
        return tuple(self.references.taxa.names[rank][code] for code in ordered)[:MOST_CANDIDATES]


def deepest_rank(confidence: NDArray[np.float64], thresholds: NDArray[np.float64], stops: NDArray[np.bool_]) -> int:
    """Return the index of the deepest rank that is sure enough, -1 if none is.

    ``confidence``, ``thresholds`` and ``stops`` are (R,); a confidence of NaN means that the rank has no candidate. The
    ranks above the deepest one are at least as likely, so they need not reach thresholds of their own. The exception
    are the ranks in ``stops``: nothing is named below one of these that is not sure enough.
    """
    sure = confidence >= thresholds
    stopped = np.flatnonzero(~sure & ~np.isnan(confidence) & stops)
    depths = np.flatnonzero(sure[: stopped[0]] if len(stopped) else sure)
    return int(depths[-1]) if len(depths) else -1


def judge(depth: int, confidence: NDArray[np.float64], together: NDArray[np.float64]) -> tuple[str, int]:
    """Return the verdict on a query that is named down to ``depth``, and the index of the rank whose candidates are in
    question.

    ``together`` (R,) are the probabilities of the candidates together with the taxa that tie with them.
    """
    below = next((rank for rank in range(depth + 1, len(RANKS)) if not np.isnan(confidence[rank])), len(RANKS))
    if below == len(RANKS):
        # Named as deep as the library's names go.
        return ("named" if depth >= 0 else "unplaced"), depth
    if depth < FAMILY:
        return "unplaced", below
    if together[below] >= NOVEL:
        return "ambiguous", below
    return _VERDICT_BELOW[depth], below
