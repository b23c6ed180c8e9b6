"""Count the records of an input by reading it to its end, before anything else happens."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from itertools import zip_longest
from os import PathLike

from barcodeembed.errors import EmptyFileError
from barcodeembed.sequences.formats.fasta import scan_fasta
from barcodeembed.sequences.formats.files import is_stream
from barcodeembed.sequences.formats.flat_files import END
from barcodeembed.sequences.formats.sources import Source, open_source
from barcodeembed.sequences.formats.tables.headed import TYPES_ROW, csv_dialect


def count_records(paths: Sequence[str | PathLike[str]], *, allow_empty: bool = False) -> int | None:
    """Read every regular file once to its end, so that damage is found now, and return the number of records.

    ``allow_empty`` is as in :func:`read_barcodes`. Returns None if the number is not known: for a stream that can be
    read only once, for wrapped FASTQ and for quoted tables.

    Raises
    ------
    InputError
        if a file is missing, damaged or not a sequence file.
    """
    numbers = [None if is_stream(path) else _count(path, allow_empty) for path in paths]
    return None if None in numbers else sum(filter(None, numbers))


def _count(path: str | PathLike[str], allow_empty: bool) -> int | None:
    try:
        with open_source(path) as source:
            return _COUNTERS[source.format](source)
    except EmptyFileError:
        if allow_empty:
            return 0
        raise


def _count_fasta(source: Source) -> int:
    return scan_fasta(source.stream, source.path).records


def _count_fastq(source: Source) -> int | None:
    """Return the number of records if all have four lines, else None."""
    number, four_lines = 0, True
    for header, sequence, plus, quality in zip_longest(*[source.text()] * 4, fillvalue=""):
        number += 1
        same_length = len(sequence.rstrip()) == len(quality.rstrip())
        four_lines = four_lines and header[0] == "@" and plus[:1] == "+" and same_length
    return number if four_lines else None


def _count_table(source: Source) -> int | None:
    """Return the number of lines below the header, or None if quotes may hide line ends."""
    text = source.text(newline="")
    header = text.readline().strip()
    may_be_quoted = csv_dialect(header)["quoting"] != csv.QUOTE_NONE
    number, known = 0, True
    for line in text:
        number += bool(line.strip(" \r\n")) and not line.lower().startswith(TYPES_ROW)
        known = known and not (may_be_quoted and '"' in line) and line.strip() != header
    return number if known else None


def _count_lines(source: Source) -> int:
    """Return the number of lines that are not blank."""
    return sum(bool(line.strip()) for line in source.stream)


def _count_flat_file(source: Source) -> int:
    """Return the number of lines that end a record."""
    return sum(line.startswith(END.encode()) for line in source.stream)


_COUNTERS: dict[str, Callable[[Source], int | None]] = {
    "fasta": _count_fasta,
    "fastq": _count_fastq,
    "table": _count_table,
    "bare table": _count_lines,
    "flat file": _count_flat_file,
}
