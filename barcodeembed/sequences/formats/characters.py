"""Clean raw sequences, with a remark if they have characters beyond IUPAC."""

from __future__ import annotations

import re
from dataclasses import replace
from os import PathLike

from barcodeembed.errors import InputError, place_in_file
from barcodeembed.sequences.barcode import READ_AS_N, Barcode, clean
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.sequences.formats.tables.known_columns import COLUMNS

NOT_DNA = "sequences with characters that are not DNA (status not_dna)"
"""What is said of sequences that are none."""

_PROTEIN = re.compile(r"[ACDEFGHIKLMNPQRSTVWYXBZUOJ*.-]+")
_NO_BASES = frozenset("EFILPQ")  # amino acids whose letters stand for no base
_FEWEST_AMINO_ACIDS = 3  # different ones of these
_TABLE_WITHIN = re.compile(rf"[\t,;](?:{'|'.join(COLUMNS['sequence'])})")


def cleaned(raw: Barcode, path: str | PathLike[str], number: int, counts: ReadCounts) -> Barcode:
    """Return a barcode whose raw sequence is cleaned; ``number`` is the number of its record in the file.

    Raises
    ------
    InputError
        if a table begins within the sequence.
    """
    sequence, quality, odd = clean(raw.sequence, raw.quality)
    where = place_in_file(path, number, raw.id) if odd else ""
    if sequence is None:
        if _TABLE_WITHIN.search(raw.sequence.lower()):
            hint = "files of two formats were joined: give each by itself"
            raise InputError("a table begins in this record", path=path, record=number, record_id=raw.id, hint=hint)
        advice = "are these sequences of proteins?" if _is_protein(raw.sequence) else ""
        counts.remarks.add(NOT_DNA, f"{where}: {odd!r}", advice)
        return replace(raw, sequence="", quality=b"", is_dna=False)
    for character in odd:
        read_as = "read as N" if character in READ_AS_N else "left out"
        counts.remarks.add(f"sequences with {character!r}, {read_as}", where)
    return replace(raw, sequence=sequence, quality=quality)


def _is_protein(sequence: str) -> bool:
    letters = sequence.upper()
    return len(_NO_BASES & set(letters)) >= _FEWEST_AMINO_ACIDS and _PROTEIN.fullmatch(letters) is not None
