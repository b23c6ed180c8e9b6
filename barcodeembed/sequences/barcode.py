"""A barcode: one cleaned sequence with its id and what is known of its name."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from barcodeembed.taxonomy import Lineage

IUPAC = "ACGTRYSWKMBDHVN"
"""Bases and ambiguity codes of DNA (NC-IUB 1984)."""

# Upper case, RNA to DNA; gaps, alignment dots and white space carry no base.
_TO_DNA = bytes.maketrans((IUPAC.lower() + "Uu").encode(), (IUPAC + "TT").encode())
_NO_BASE = b"-. \t\r\n\v\f"
_IUPAC_BYTES = IUPAC.encode()
_UNAMBIGUOUS = "ACGT"


def clean(raw: str) -> str | None:
    """Upper-case IUPAC DNA without gaps or white space, or ``None`` if ``raw`` holds any other character."""
    try:
        sequence = raw.encode("ascii").translate(_TO_DNA, _NO_BASE)
    except UnicodeEncodeError:
        return None
    return None if sequence.translate(None, _IUPAC_BYTES) else sequence.decode("ascii")


@dataclass(frozen=True, slots=True)
class Barcode:
    """One input sequence.

    ``sequence`` is upper-case IUPAC DNA. It is empty only where ``is_dna`` is False or the record had no
    bases; such barcodes are never embedded but keep their place in the output.
    """

    id: str
    sequence: str
    lineage: Lineage = field(default=Lineage())
    bin: str = ""
    is_dna: bool = True

    @classmethod
    def from_raw(cls, id: str, raw: str, lineage: Lineage = Lineage(), bin: str = "") -> Barcode:  # noqa: B008
        """Clean ``raw``; a sequence with characters that are not DNA becomes empty with ``is_dna`` False."""
        sequence = clean(raw)
        return cls(id, sequence or "", lineage, bin, sequence is not None)

    @property
    def n_ambiguous(self) -> int:
        """Number of bases that are not A, C, G or T."""
        return len(self.sequence) - sum(map(self.sequence.count, _UNAMBIGUOUS))

    @property
    def sha1(self) -> str:
        """SHA-1 of the cleaned sequence, in hexadecimal: the name `vsearch --relabel_sha1` gives it too."""
        return hashlib.sha1(self.sequence.encode(), usedforsecurity=False).hexdigest()
