"""Headers of BOLD's FASTA files, and which of their markers is the barcode."""

from __future__ import annotations

import re

from barcodeembed.taxonomy import Lineage

MARKER = "COI-5P"
"""BOLD's name of the barcode: the marker that is kept, unless others are asked for."""

_OTHER_NAMES = frozenset({"coi-5p", "coi5p", "coi_5p", "coi 5p", "coi", "co1", "coxi", "cox1", "cox-1"})
_MISSING = frozenset({"", "none", "na", "nan", "unassigned"})
_PROCESS_ID = re.compile(r"[A-Z0-9_]{2,}-\d{2}(?:\.[\w-]+)?")
# Codes of BOLD's markers; those of nuclear genes are many, so that any short code in capitals is taken for one.
_MARKER = re.compile(
    r"COI-[53]P|COI[-_ ]?\w*|CO[I1]+\w*|COX[I\d]+\w*|CYTB\w*|ITS\d?\w*|rbcL\w*|matK\w*|[125]\d?\.?\d?S[-\w]*|ND\d\w*"
    r"|trn\w[-\w]*|psb\w[-\w]*|EF1[-\w]*|atp\w[-\w]*|wnt1|wg|D-?loop|H[34](?:-\w+)?|(?-i:[A-Z][A-Z\d]{2,9}(?:-[A-Z\d]{1,6})?)",
    re.IGNORECASE,
)
_CODE = re.compile(r"[A-Za-z]*[A-Z\d][\w. -]*")
# Culicidae_unclassified is mothur's way to say that there is no name below.
_BINOMIAL = re.compile(r"([A-Z][a-z-]+)[ _](?!unclassified$)[a-z].*")


def is_barcode(marker: str) -> bool:
    """Whether a marker of a table or a header is the barcode under another name (``COI``)."""
    return marker.strip().casefold() in _OTHER_NAMES


def parse_bold(header: str) -> tuple[str, Lineage] | None:
    """The id and the lineage of a header of BOLD; None if it is another's.

    ``processid|species|marker|accession``, or ``processid|marker|country|kingdom,phylum,...,subspecies``.
    """
    found = _fields(header)
    if found is None:
        return None
    fields, marker_at = found
    if marker_at == 2:
        return fields[0], _identification(fields[1])
    names = ["" if name.strip().lower() in _MISSING else name.strip() for name in fields[3].split(",")]
    if len(names) in (8, 9, 10):  # with both, one or none of subfamily and tribe
        return fields[0], Lineage((*names[:5], *names[-3:-1]))
    return fields[0], Lineage()


def marker_of(header: str) -> str:
    """The marker that a header of BOLD names; ``""`` for any other header."""
    found = _fields(header) if "|" in header else None
    return found[0][found[1]] if found else ""


def _fields(header: str) -> tuple[list[str], int] | None:
    """The fields, and which of them is the marker."""
    fields = [field.strip() for field in header.split("|")]
    if len(fields) < 3 or not _PROCESS_ID.fullmatch(fields[0]):
        return None
    if _is_marker(fields[2]):
        return fields, 2
    return (fields, 1) if len(fields) >= 4 and _is_marker(fields[1]) else None


def _is_marker(text: str) -> bool:
    return _MARKER.fullmatch(text) is not None and _CODE.fullmatch(text) is not None


def _identification(name: str) -> Lineage:
    """BOLD's identification may be of any rank; a binomial and a family can be told by their form."""
    if binomial := _BINOMIAL.fullmatch(name):
        return Lineage.from_ranks(genus=binomial[1], species=name)
    if re.fullmatch(r"[A-Z][a-z]+idae", name):
        return Lineage.from_ranks(family=name)
    return Lineage()
