"""A barcode: one cleaned sequence with its id and what is known of its name."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import NamedTuple

from barcodeembed.sequences.annotations import NOTHING, Annotations
from barcodeembed.taxonomy import Lineage

IUPAC = "ACGTRYSWKMBDHVN"
"""Bases and ambiguity codes of DNA (NC-IUB 1984)."""

# Upper case, RNA to DNA; gaps, alignment dots and white space carry no base.
_TO_DNA = bytes.maketrans((IUPAC.lower() + "Uu").encode(), (IUPAC + "TT").encode())
_NO_BASE = b"-. \t\r\n\v\f"
_IUPAC_BYTES = IUPAC.encode()
_UNAMBIGUOUS = "ACGT"

READ_AS_N = {"I": "inosine", "!": "a frameshift in MACSE's alignments", "?": "missing in NEXUS and MEGA"}
"""Characters beyond IUPAC that stand for a base that is not known. At the ends of a sequence ``?`` is padding."""

LEFT_OUT = {"~": "a gap of GCG and MEGA", "*": "an end of a sequence (PIR), or a gap"}
"""Characters beyond IUPAC that stand for no base."""

_BEYOND_IUPAC = bytes.maketrans(b"Ii!?", b"NNNN")
_BEYOND_NO_BASE = _NO_BASE + "".join(LEFT_OUT).encode()


class Cleaned(NamedTuple):
    """What cleaning made of raw text.

    ``sequence`` is upper-case IUPAC DNA without gaps or white space, or ``None`` if the text is not DNA; ``quality``
    the quality of each base, empty where none are known; ``odd`` the characters beyond IUPAC that were read as N or
    left out, or the first character that is no base.
    """

    sequence: str | None
    quality: bytes = b""
    odd: str = ""


def clean(raw: str, quality: bytes = b"") -> Cleaned:
    """Upper-case IUPAC DNA of ``raw``, and the ``quality`` of what is kept of it."""
    try:
        stored = raw.encode("ascii")
    except UnicodeEncodeError:
        return Cleaned(None, odd=next(character for character in raw if not character.isascii()))
    sequence = stored.translate(_TO_DNA, _NO_BASE)
    if sequence.translate(None, _IUPAC_BYTES):
        return _clean_beyond(stored, quality)
    if quality and len(sequence) < len(stored):
        quality = bytes(q for q, character in zip(quality, stored, strict=True) if character not in _NO_BASE)
    return Cleaned(sequence.decode("ascii"), quality)


def _clean_beyond(stored: bytes, quality: bytes) -> Cleaned:
    """As :func:`clean`, for text that holds other characters than IUPAC's and gaps."""
    begin = len(stored) - len(stored.lstrip(b"?-."))
    inner = stored[begin : max(len(stored.rstrip(b"?-.*")), begin)]
    quality = quality[begin : begin + len(inner)]
    sequence = inner.translate(_BEYOND_IUPAC, _BEYOND_NO_BASE).translate(_TO_DNA)
    if foreign := sequence.translate(None, _IUPAC_BYTES):
        return Cleaned(None, odd=chr(foreign[0]))
    if quality:
        kept = (character not in _BEYOND_NO_BASE for character in inner)
        quality = bytes(q for q, keep in zip(quality, kept, strict=True) if keep)
    held = stored.decode("ascii").upper()
    return Cleaned(sequence.decode("ascii"), quality, "".join(c for c in (*READ_AS_N, *LEFT_OUT) if c in held))


@dataclass(frozen=True, slots=True)
class Barcode:
    """One input sequence.

    ``sequence`` is upper-case IUPAC DNA. It is empty only where ``is_dna`` is False or the record had no
    bases; such barcodes are never embedded but keep their place in the output. ``quality`` has the Phred quality of
    each base as a byte (Ewing & Green 1998: Q = -10 log10 of the probability of an error); it is empty where the input
    has none. ``country`` and ``regions`` (its provinces, or other parts) say where the specimen was found, as far as
    the input told; ``annotations`` are its reads by sample. None of these is part of what makes two barcodes equal.
    """

    id: str
    sequence: str
    lineage: Lineage = field(default=Lineage())
    bin: str = ""
    is_dna: bool = True
    quality: bytes = field(default=b"", compare=False)
    country: str = field(default="", compare=False)
    regions: tuple[str, ...] = field(default=(), compare=False)
    annotations: Annotations = field(default=NOTHING, compare=False)

    @classmethod
    def from_raw(cls, id: str, raw: str, lineage: Lineage = Lineage(), bin: str = "") -> Barcode:  # noqa: B008
        """Clean ``raw``; a sequence with characters that are not DNA becomes empty with ``is_dna`` False."""
        sequence = clean(raw).sequence
        return cls(id, sequence or "", lineage, bin, sequence is not None)

    @property
    def n_ambiguous(self) -> int:
        """Number of bases that are not A, C, G or T."""
        return len(self.sequence) - sum(map(self.sequence.count, _UNAMBIGUOUS))

    @property
    def sha1(self) -> str:
        """SHA-1 of the cleaned sequence, in hexadecimal: the name `vsearch --relabel_sha1` gives it too."""
        return hashlib.sha1(self.sequence.encode(), usedforsecurity=False).hexdigest()
