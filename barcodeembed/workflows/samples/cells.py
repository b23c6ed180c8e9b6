"""Read the cells of count tables: whole numbers of reads, or what to do about any other text."""

from __future__ import annotations

import re

from barcodeembed.sequences.annotations import MOST_READS, meanings
from barcodeembed.sequences.missing import MISSING

_HASH = re.compile(r"[0-9a-f]{32,64}")  # the id of a sequence, which may begin with a digit
_NO_SAMPLES = "give whole numbers, and leave out columns that are no samples"
_SIGNS = " ,._'\u2019\u00a0\u2009\u202f"  # what stands between thousands, with the narrow spaces of French
_NUMBER = re.compile(r"[+-]?[0-9]*\.?[0-9]*(?:[eE][+-]?[0-9]+)?")
_THOUSANDS = re.compile(rf"[1-9][0-9]{{0,2}}(?:[{_SIGNS}][0-9]{{3}})+")


def reads_of(cell: str) -> int | None:
    """Return a whole number from 0 to ``MOST_READS``, which may be written ``12.0``; None for any other text, and for
    ``1.000``, which may be a thousand."""
    if not _NUMBER.fullmatch(cell) or meanings(cell):
        return None
    try:
        value = float(cell)
    except ValueError:
        return None
    return int(value) if 0 <= value <= MOST_READS and value.is_integer() else None


def advice(cell: str) -> str:
    """Return what to do about a cell that is no number of reads."""
    if cell.lower() in MISSING or cell == "-":
        return "write 0 where a sample has no reads"
    if both := meanings(cell):
        return f"write {both[0]} if the point stands between thousands, and {both[1]} if not"
    digits = cell.translate(dict.fromkeys(map(ord, _SIGNS)))
    if _THOUSANDS.fullmatch(cell):
        return f"write whole numbers without signs between their digits ({digits})"
    if not _NUMBER.fullmatch(cell) and digits.isdecimal():
        return "write whole numbers without signs between their digits"
    try:
        value = float(cell)
    except ValueError:
        return _NO_SAMPLES
    if value < 0:
        return "numbers of reads are not negative"
    return "give whole numbers, no shares, and leave out columns that are no samples"


def is_text(cell: str) -> bool:
    """Return whether a cell holds neither a number nor something in place of one."""
    return _HASH.fullmatch(cell) is not None or (not cell[:1].isdigit() and advice(cell) == _NO_SAMPLES)
