"""Read flat files of GenBank and EMBL with Biopython: the id, the organism, its lineage and the sequence of each
record."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import StringIO
from itertools import chain

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.fasta import Place
from barcodeembed.sequences.formats.files import RecordLimit
from barcodeembed.sequences.formats.opening.foreign import is_flat_file
from barcodeembed.sequences.formats.tables.headed import row_lineage
from barcodeembed.taxonomy import Lineage

_BLANK = " \t\r\n\x1a"  # with the sign that ends a file of DOS
END = "//"
"""The line that ends a record."""

_SHOWN = 40  # number of letters of a line that a message shows
_COMMON_NAME = re.compile(r"(?<=[a-z.\d])\s+\([^()]*\)$")


@dataclass(frozen=True)
class FlatRecord:
    """What a record says; ``lineage`` is the text above the organism, with ``;`` between the names."""

    id: str
    organism: str
    lineage: str
    sequence: str

    def names(self) -> Lineage:
        """Return the lineage, down to the organism if that names a species."""
        return row_lineage({"lineage": self.lineage, "name": _COMMON_NAME.sub("", self.organism)})


def flat_records(text: Iterable[str], place: Place) -> Iterator[FlatRecord]:
    """Yield the records; ``place`` counts them, and their lines.

    Raises
    ------
    InputError
        if a record does not begin as one does, has no end, or can't be read.
    """
    lines: list[str] = []
    length = 0
    for line in chain(text, [""]):
        place.line += 1
        length += len(line)
        RecordLimit.check(length, place.path)
        if not lines and line.strip(_BLANK):
            place.record += 1
            if not is_flat_file(line):
                what = f"a record of a flat file begins with {line.strip()[:_SHOWN]!r}, not with LOCUS or ID"
                raise InputError(what, path=place.path, line=place.line, hint="delete what is no record")
        if lines or line.strip(_BLANK):
            lines.append(line)
        if line.startswith(END):
            yield _record(lines, place)
            lines, length = [], 0
    if lines:
        hint = "fetch the file again"
        raise InputError("the record has no // at its end", path=place.path, record=place.record, hint=hint)


def _record(lines: list[str], place: Place) -> FlatRecord:
    from Bio import BiopythonParserWarning
    from Bio.GenBank.Scanner import EmblScanner, GenBankScanner
    from Bio.Seq import UndefinedSequenceError

    first_line = place.line - len(lines) + 1
    scanner, sequence_line = (GenBankScanner(), "ORIGIN\n") if lines[0].startswith("LOCUS") else (EmblScanner(), "SQ\n")
    if not any(line.startswith(tuple(scanner.SEQUENCE_HEADERS)) for line in lines):
        lines.insert(-1, sequence_line)  # without which Biopython refuses a record that has features and no sequence
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", BiopythonParserWarning)  # of first lines as other programs write them
            found = scanner.parse(StringIO("".join(lines)), do_features=False)
    except ValueError as error:
        what = f"the record can't be read ({' '.join(str(error).split())})"
        hint = "give it a name of one word, or save it as FASTA"
        raise InputError(what, path=place.path, record=place.record, line=first_line, hint=hint) from None
    try:
        sequence = str(found.seq)
    except UndefinedSequenceError:
        sequence = ""
    # Other programs write a full stop in place of the accession, and names of several words, of which it would be one.
    id, said = found.name if found.id in ("", ".") or " " in found.name else found.id, found.annotations
    return FlatRecord(id, said.get("organism", ""), "; ".join(said.get("taxonomy", ())), sequence)
