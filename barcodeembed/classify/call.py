"""The records that classification returns: what a query is called, and why."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.taxonomy import RANKS, Lineage, no_such_rank

VERDICTS = ("named", "ambiguous", "new_species", "new_genus", "unplaced")
"""``named``: the query is of this species. ``ambiguous``: it is of one of several taxa that the barcode does not tell
apart. ``new_species``: it is of a species that the library lacks, in a genus that it has. ``new_genus``: it is of a
genus that the library lacks, in a family that it has. ``unplaced``: not even the family is sure."""

CHIMERA = {"chimera": "its left part is of one reference and its right part of another: two templates joined in PCR"}
"""A flag that ``classify`` adds to those of the read, and its meaning."""

DOUBTFUL = {
    "doubtful_reference": "the nearest references are far from the rest of their own taxon: they do not name the query"
}
"""Another flag that ``classify`` adds; the query is named by the other references."""

DIVERGENT = "divergent"
"""A flag of placement that ``classify`` gives, too, if no reference is near enough to be sure of anything."""


class _ByRank(dict[str, float]):
    """Numbers by rank; asked for what is not a rank, it says which there are."""

    def __missing__(self, rank: object) -> float:
        raise no_such_rank(rank)


@dataclass(frozen=True)
class Assignment:
    """The name of one query, how sure it is, and the evidence.

    Attributes
    ----------
    verdict
        one of ``VERDICTS``; ``""`` for a query that could not be embedded.
    lineage
        names as deep as they are supported. That of an unplaced query ends above family (at an order or class), or is
        empty.
    confidence
        for each of ``RANKS``, the probability (0 to 1) that the best candidate at that rank is right; NaN without a
        candidate.
    nearest
        row of the nearest reference in the library; -1 if there is none.
    cosine, identity, overlap
        cosine between the query and that reference (-1 to 1), share of equal bases (0 to 1; NaN if not known), and
        number of columns compared.
    n_agree, n_conflict
        number of neighbours that are hardly farther than the nearest one and carry the name given, or another name at
        the same rank.
    candidates
        the names between which an ``ambiguous`` query stands, the best first.
    chimera
        whether two references together explain the query and no single one does.
    expected_errors
        expected number of wrong, missing and surplus bases in the read: by its qualities, or if it has none by its
        differences from the nearest reference; NaN where neither is known.
    doubtful
        whether all references that are about as near as the nearest one are aliens
        (:mod:`barcodeembed.library.aliens`).
    far
        whether no reference with a name is near enough to be sure of anything
        (:data:`barcodeembed.classify.calibration.FARTHEST`).
    stops
        number of stop codons by the genetic code of the taxon (:mod:`barcodeembed.classify.coding`); -1 where the
        bases are not known.
    rejected
        why the query is rejected although it has a vector: ``stop_codon`` or ``frameshift``; ``""`` if it is not.
    """

    verdict: str = ""
    lineage: Lineage = field(default_factory=Lineage)
    confidence: tuple[float, ...] = (float("nan"),) * len(RANKS)
    nearest: int = -1
    cosine: float = float("nan")
    identity: float = float("nan")
    overlap: int = 0
    n_agree: int = 0
    n_conflict: int = 0
    candidates: tuple[str, ...] = ()
    chimera: bool = False
    expected_errors: float = float("nan")
    doubtful: bool = False
    far: bool = False
    stops: int = -1
    rejected: str = ""


@dataclass(frozen=True)
class Reference:
    """Id, BIN and lineage of a reference."""

    id: str
    bin: str = ""
    lineage: Lineage = field(default_factory=Lineage)


@dataclass(frozen=True)
class Nearest:
    """The nearest reference of a query, and how near it is.

    Attributes
    ----------
    id, bin, lineage
        of the reference; ``bin`` is empty where it is not known.
    similarity
        cosine between the vectors of the query and the reference, from -1 to 1.
    identity
        share of equal bases, from 0 to 1; NaN where it is not known.
    overlap
        number of barcode columns compared.
    """

    id: str
    bin: str
    lineage: Lineage
    similarity: float
    identity: float
    overlap: int


@dataclass(frozen=True)
class Call:
    """What is known of one query: the read, its name, and the nearest reference.

    Attributes
    ----------
    id
        id of the query.
    read
        what is known of the read; the keys are those of :data:`~barcodeembed.sequences.read_columns.READ_COLUMNS`.
    assignment
        the name of the query and the evidence for it.
    reference
        the nearest reference; None if there is none.
    reads
        pairs of sample and number of reads in it that this query stands for.
    group
        the numbered group that a query without a species' name was put in; empty unless groups were asked for.
    """

    id: str
    read: Mapping[str, Any]
    assignment: Assignment
    reference: Reference | None = None
    reads: tuple[tuple[str, int], ...] = (("", 1),)
    group: str = ""

    @property
    def columns(self) -> NDArray[np.uint8] | None:
        """Bases on the barcode columns, two to a byte: uint8 (C / 2,); None where they are not known."""
        text = self.read.get("columns")
        return np.frombuffer(b64decode(text), dtype=np.uint8) if text else None

    @property
    def size(self) -> int:
        """Number of reads in all samples together."""
        return sum(number for _, number in self.reads)

    @property
    def sample(self) -> str:
        """Name of the sample; empty if the query stands for reads of several samples."""
        return self.reads[0][0] if len(self.reads) == 1 else ""

    @property
    def status(self) -> str:
        """``ok``, or the reason why the query has no vector."""
        return str(self.read["status"])

    @property
    def verdict(self) -> str:
        """One of ``VERDICTS``; empty if ``status`` is not ``ok``."""
        return self.assignment.verdict

    @property
    def lineage(self) -> Lineage:
        """Names as deep as they are supported."""
        return self.assignment.lineage

    @property
    def taxon(self) -> str:
        """The deepest name that is given; empty if none is."""
        return self.lineage.deepest[0]

    @property
    def rank(self) -> str:
        """Rank of ``taxon``; empty if no name is given."""
        return self.lineage.deepest[1]

    @property
    def probability(self) -> dict[str, float]:
        """For each rank, the probability (0 to 1) that the best candidate is right, whether it was named or not; NaN
        without a candidate."""
        return _ByRank(zip(RANKS, self.assignment.confidence, strict=True))

    @property
    def candidates(self) -> tuple[str, ...]:
        """The names between which an ``ambiguous`` query stands, the best first."""
        return self.assignment.candidates

    @property
    def nearest(self) -> Nearest | None:
        """The nearest reference and how near it is; None if there is none."""
        found, of = self.assignment, self.reference
        return Nearest(of.id, of.bin, of.lineage, found.cosine, found.identity, found.overlap) if of else None

    @property
    def flags(self) -> tuple[str, ...]:
        """Flags of the read, followed by those of the call (``DIVERGENT``, ``CHIMERA``, ``DOUBTFUL``)."""
        of_read = tuple(filter(None, str(self.read["flags"]).split(",")))
        found = self.assignment
        far = (DIVERGENT,) if found.far and DIVERGENT not in of_read else ()
        return (*of_read, *far, *(CHIMERA if found.chimera else ()), *(DOUBTFUL if found.doubtful else ()))
