"""Read the cells of count tables: whole numbers of reads, or what to do about any other text."""

from __future__ import annotations

import re

from barcodeembed.sequences.annotations import MOST_READS
from barcodeembed.sequences.missing import MISSING

_HASH = re.compile(r"[0-9a-f]{32,64}")  # the id of a sequence, which may begin with a digit
_NO_SAMPLES = "give whole numbers, and leave out columns that are no samples"


def reads_of(cell: str) -> int | None:
    """Return a whole number from 0 to ``MOST_READS``, which may be written ``12.0``; None for any other text."""
    try:
        value = float(cell)
    except ValueError:
        return None
    return int(value) if 0 <= value <= MOST_READS and value.is_integer() else None


def advice(cell: str) -> str:
    """Return what to do about a cell that is no number of reads."""
    if cell.lower() in MISSING or cell == "-":
        return "write 0 where a sample has no reads"
    try:
        value = float(cell)
    except ValueError:
        if cell.replace(",", "").isdecimal():
            return "write whole numbers without commas"
        return _NO_SAMPLES
    if value < 0:
        return "numbers of reads are not negative"
    return "give whole numbers, no shares, and leave out columns that are no samples"


def is_text(cell: str) -> bool:
    """Return whether a cell holds neither a number nor something in place of one."""
    return _HASH.fullmatch(cell) is not None or (not cell[:1].isdigit() and advice(cell) == _NO_SAMPLES)
