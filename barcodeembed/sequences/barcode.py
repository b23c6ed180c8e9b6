"""The barcode: one cleaned sequence with its id, and what is known of its name."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import NamedTuple

from barcodeembed.sequences.annotations import NOTHING, Annotations
from barcodeembed.taxonomy import Lineage

IUPAC = "ACGTRYSWKMBDHVN"
"""Letters of bases and of ambiguous bases of DNA (NC-IUB 1984)."""

# Upper case, RNA to DNA; gaps, alignment dots and white space carry no base, nor does the sign that ends a file of DOS.
_TO_DNA = bytes.maketrans((IUPAC.lower() + "Uu").encode(), (IUPAC + "TT").encode())
_NO_BASE = b"-. \t\r\n\v\f\x1a"
_IUPAC_BYTES = IUPAC.encode()
_UNAMBIGUOUS = "ACGT"

# Dashes, and spaces that are not seen, of word processors; kept as gaps so that qualities stay with their bases.
_LOOK_ALIKE = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\u00a0\u2009\u200b\ufeff", "-"))

READ_AS_N = {"I": "inosine", "!": "a frameshift in MACSE's alignments", "?": "missing in NEXUS and MEGA", "X": "masked"}
"""Characters beyond IUPAC that stand for an unknown base. A ``?`` at the ends of a sequence is padding."""

LEFT_OUT = {"~": "a gap of GCG and MEGA", "*": "an end of a sequence (PIR), or a gap"}
"""Characters beyond IUPAC that stand for no base."""

_BEYOND_IUPAC = bytes.maketrans(b"Ii!?Xx", b"NNNNNN")
_BEYOND_NO_BASE = _NO_BASE + "".join(LEFT_OUT).encode()


class Cleaned(NamedTuple):
    """What is left of raw text after cleaning.

    Attributes
    ----------
    sequence
        upper-case IUPAC DNA without gaps and white space; None if the text is not DNA.
    quality
        Phred quality of each base; empty where qualities are not known.
    odd
        characters beyond IUPAC that were read as N or left out; or the first character that is no base.
    """

    sequence: str | None
    quality: bytes = b""
    odd: str = ""


def clean(raw: str, quality: bytes = b"") -> Cleaned:
    """Return the upper-case IUPAC DNA of ``raw``, with the ``quality`` of the bases that are kept."""
    try:
        stored = (raw if raw.isascii() else raw.translate(_LOOK_ALIKE)).encode("ascii")
    except UnicodeEncodeError:
        return Cleaned(None, odd=next(character for character in raw if not character.isascii()))
    sequence = stored.translate(_TO_DNA, _NO_BASE)
    if sequence.translate(None, _IUPAC_BYTES):
        return _clean_beyond(stored, quality)
    if quality and len(sequence) < len(stored):
        quality = bytes(q for q, character in zip(quality, stored, strict=True) if character not in _NO_BASE)
    return Cleaned(sequence.decode("ascii"), quality)


def _clean_beyond(stored: bytes, quality: bytes) -> Cleaned:
    """Do as :func:`clean` for text with other characters than IUPAC letters and gaps."""
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
    """One input sequence. Two barcodes are equal if id, sequence, lineage and BIN are.

    Attributes
    ----------
    id
        id of the record.
    sequence
        upper-case IUPAC DNA. Empty only if ``is_dna`` is False or the record had no bases; such a barcode is never
        embedded, but keeps its place in the output.
    lineage, bin
        names and BIN, as far as the input has them.
    quality
        Phred quality of each base as a byte (Ewing & Green 1998: Q = -10 log10 of the probability of an error); empty
        where the input has none.
    country, regions
        where the specimen was found (country; provinces or other parts of it), as far as the input says.
    annotations
        its reads by sample.
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
        """Make a barcode of raw text. If it has characters that are not DNA, the sequence is empty and ``is_dna`` is
        False."""
        sequence = clean(raw).sequence
        return cls(id, sequence or "", lineage, bin, sequence is not None)

    @property
    def n_ambiguous(self) -> int:
        """Number of bases that are not A, C, G or T."""
        return len(self.sequence) - sum(map(self.sequence.count, _UNAMBIGUOUS))

    @property
    def sha1(self) -> str:
        """SHA-1 of the cleaned sequence, in hexadecimal: the same as ``vsearch --relabel_sha1`` gives."""
        return hashlib.sha1(self.sequence.encode(), usedforsecurity=False).hexdigest()
