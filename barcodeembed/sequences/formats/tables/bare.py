"""Read tables without a header line: an id first, the sequence last, and between them names (CRABS) or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from os import PathLike

from barcodeembed.errors import InputError, wrong_width
from barcodeembed.sequences.barcode import clean
from barcodeembed.sequences.missing import MISSING
from barcodeembed.sequences.names.lineages import parse_lineage
from barcodeembed.sequences.names.ranks.ranked import lineage_of_name
from barcodeembed.taxonomy import Lineage

_FEWEST_BASES = 50
_SIGNS = ("\t", ",", ";", " ")
_NUMBER = re.compile(r"\d*")


def sign_of(line: str) -> str:
    """Return the separator of a row that ends with its one sequence; ``""`` for any other line.

    A line with several sequences is the header of a table of counts (DADA2).
    """
    for sign in _SIGNS:
        fields = line.strip().split(sign)
        places = [place for place, field in enumerate(fields) if is_sequence(field)]
        if fields[0] and len(fields) > 1 and places == [len(fields) - 1]:
            return sign
    return ""


def is_sequence(field: str) -> bool:
    """Return whether a field is a sequence of 50 bases or more."""
    return len(field) >= _FEWEST_BASES and bool(clean(field).sequence)


def bare_rows(text: Iterable[str], path: str | PathLike[str], lines_before: int) -> Iterator[tuple[str, Lineage, str]]:
    """Yield the id, the lineage and the sequence of each row.

    Raises
    ------
    InputError
        naming the line, if a row has more or fewer fields than the first row, or several sequences, or if the first row
        does not end with its one sequence after all. Names may have any number of spaces, or lack in a row, in a table
        with spaces.
    """
    sign, width = "", 0
    for number, line in enumerate(text, start=lines_before + 1):
        if not line.strip():
            continue
        if not sign and not (sign := sign_of(line)):  # to know the format, only the first bytes were looked at
            raise InputError("the first row does not end with a sequence", path=path, line=number)
        fields = [field.strip().strip('"') for field in line.strip(" \r\n").split(sign)]
        if any(map(is_sequence, fields[1:-1])):
            raise InputError("this row has several sequences", path=path, line=number)
        if sign == " " and len(fields) > 1:  # it also stands within names
            fields = [fields[0], " ".join(fields[1:-1]).strip(), fields[-1]]
        width = width or len(fields)
        if len(fields) != width:
            raise InputError(wrong_width(len(fields), width, of="the first row"), path=path, line=number)
        yield fields[0], _lineage_of(fields[1:-1]), fields[-1]


def _lineage_of(fields: list[str]) -> Lineage:
    """Return the names between id and sequence. In CRABS's tables a species and a taxonomy number of NCBI come before
    the lineage, each ``NA`` where it is not known; the species may be all that is."""
    names = [field for field in fields if not _NUMBER.fullmatch(field)]
    if len(names) == 1:
        return parse_lineage(names[0]) or lineage_of_name(names[0])
    named = lineage_of_name(names[0]) if len(names) > 2 else Lineage()
    if named.at("species"):
        names = names[2:] if names[1].casefold() in MISSING else names[1:]
        if all(name.casefold() in MISSING or name == fields[0] for name in names):
            return named
    return parse_lineage("\t".join(names))
