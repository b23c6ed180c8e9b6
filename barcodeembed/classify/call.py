"""What a query is called and why: plain records that the classifier makes and workflows write."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.taxonomy import RANKS, Lineage

VERDICTS = ("named", "ambiguous", "new_species", "new_genus", "unplaced")
"""``named``: the species is in the library; ``ambiguous``: one of several named taxa that the barcode does not tell
apart; ``new_species`` of a genus of the library; ``new_genus`` of a family of the library; ``unplaced``: none."""

CHIMERA = {"chimera": "its left part is of one reference and its right part of another: two templates joined in PCR"}
"""A flag beside those of the read, and what it says."""

DOUBTFUL = {
    "doubtful_reference": "the nearest references are far from the rest of their own taxon: they do not name the query"
}
"""Another one; what it is called is by the other references."""

DIVERGENT = "divergent"
"""A flag of reads that classify gives as well, where no reference is near enough to be sure of anything."""


@dataclass(frozen=True)
class Assignment:
    """What one query is called, how sure that is, and why.

    Attributes
    ----------
    verdict
        one of ``VERDICTS``; ``""`` for a query that could not be embedded.
    lineage
        as deep as it is supported; that of an unplaced query ends above family (an order or class), or is empty.
    confidence
        a probability for each of ``RANKS``: that the best candidate at that rank is right; NaN without a candidate.
    nearest
        row of the nearest reference in the library, -1 without one; its ``cosine``, ``identity``, ``overlap``.
    n_agree, n_conflict
        neighbours hardly farther than the nearest one that carry the name given, or another one at its rank.
    candidates
        the names between which an ``ambiguous`` query stands, best first.
    chimera
        whether two references together explain the query, and no single one.
    expected_errors
        wrong, missing and surplus bases that are expected in the read: by its qualities, or without any by what differs
        from its nearest reference as errors do; NaN where neither is known.
    doubtful
        whether all references that are about as near as the nearest are not what they are called, as far as the rest
        of their taxon tells.
    far
        whether no reference with a name is near enough (:data:`barcodeembed.classify.calibration.FARTHEST`) to be
        sure of anything.
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


@dataclass(frozen=True)
class Reference:
    """The names of a reference: its id, BIN and lineage."""

    id: str
    bin: str = ""
    lineage: Lineage = field(default_factory=Lineage)


@dataclass(frozen=True)
class Nearest:
    """The nearest reference of a query, and how near it is.

    ``similarity`` is a cosine between -1 and 1, ``identity`` the share of equal bases between 0 and 1 (NaN where it is
    not known), ``overlap`` the number of barcode columns compared.
    """

    id: str
    bin: str
    lineage: Lineage
    similarity: float
    identity: float
    overlap: int


@dataclass(frozen=True)
class Call:
    """One query: what is known of the read, what it is called, and the nearest reference.

    Attributes
    ----------
    id
        of the query.
    read
        what is known of the read, by the names of :data:`~barcodeembed.sequences.read_columns.READ_COLUMNS`.
    assignment
        what the query is called, and why.
    reference
        the nearest reference; None without one.
    reads
        samples and the number of reads in each that this query stands for.
    group
        the numbered group of a query without a species' name; empty unless groups were asked for.
    """

    id: str
    read: Mapping[str, Any]
    assignment: Assignment
    reference: Reference | None = None
    reads: tuple[tuple[str, int], ...] = (("", 1),)
    group: str = ""

    @property
    def columns(self) -> NDArray[np.uint8] | None:
        """Its bases on the barcode columns, uint8 (C / 2,), packed; None where they are not known."""
        text = self.read.get("columns")
        return np.frombuffer(b64decode(text), dtype=np.uint8) if text else None

    @property
    def size(self) -> int:
        """The number of reads in all samples."""
        return sum(number for _, number in self.reads)

    @property
    def sample(self) -> str:
        """The sample; empty where there are several."""
        return self.reads[0][0] if len(self.reads) == 1 else ""

    @property
    def status(self) -> str:
        """``ok``, or why there is no vector."""
        return str(self.read["status"])

    @property
    def verdict(self) -> str:
        """One of ``VERDICTS``; empty where ``status`` is not ``ok``."""
        return self.assignment.verdict

    @property
    def lineage(self) -> Lineage:
        """Names as far as they are supported."""
        return self.assignment.lineage

    @property
    def taxon(self) -> str:
        """The last name that is given; empty without one."""
        return self.lineage.deepest[0]

    @property
    def rank(self) -> str:
        """Its rank."""
        return self.lineage.deepest[1]

    @property
    def probability(self) -> dict[str, float]:
        """By rank, the probability that the best candidate is right, named or not; NaN without a candidate."""
        return dict(zip(RANKS, self.assignment.confidence, strict=True))

    @property
    def candidates(self) -> tuple[str, ...]:
        """The names between which an ``ambiguous`` query stands, best first."""
        return self.assignment.candidates

    @property
    def nearest(self) -> Nearest | None:
        """The nearest reference and how near it is; None without one."""
        found, of = self.assignment, self.reference
        return Nearest(of.id, of.bin, of.lineage, found.cosine, found.identity, found.overlap) if of else None

    @property
    def flags(self) -> tuple[str, ...]:
        """Flags of the read, and of the call (``DIVERGENT``, ``CHIMERA``, ``DOUBTFUL``)."""
        of_read = tuple(filter(None, str(self.read["flags"]).split(",")))
        found = self.assignment
        far = (DIVERGENT,) if found.far and DIVERGENT not in of_read else ()
        return (*of_read, *far, *(CHIMERA if found.chimera else ()), *(DOUBTFUL if found.doubtful else ()))
