"""What a query is called and why: plain records that the classifier makes and workflows write."""

from __future__ import annotations

from dataclasses import dataclass, field

from barcodeembed.taxonomy import RANKS, Lineage

VERDICTS = ("named", "ambiguous", "new_species", "new_genus", "unplaced")
"""``named``: the species is in the library; ``ambiguous``: one of several named taxa that the barcode does not tell
apart; ``new_species`` of a genus of the library; ``new_genus`` of a family of the library; ``unplaced``: none."""

CHIMERA = {"chimera": "its left part is of one reference and its right part of another: two templates joined in PCR"}
"""A flag beside those of the read, and what it says."""


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


@dataclass(frozen=True)
class Call:
    """One query's row of a result: what is known of the read, what it is called, and the nearest reference.

    ``status`` is ``ok`` or why there is no vector; the other fields of the read are those of an embedding file.
    ``nearest_id``, ``bin`` and ``nearest_lineage`` belong to the nearest reference and are empty without one.
    """

    id: str
    status: str
    strand: str
    start: int
    length: int
    n_ambiguous: int
    score: float
    stops: int
    flags: str
    assignment: Assignment
    nearest_id: str = ""
    bin: str = ""
    nearest_lineage: Lineage = field(default_factory=Lineage)
