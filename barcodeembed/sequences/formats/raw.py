"""Read records as they stand in a file, to pass them on unchanged."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import chain

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.fastq import broken
from barcodeembed.sequences.formats.sources import Source
from barcodeembed.sequences.formats.tables.headed import csv_dialect, split_header
from barcodeembed.sequences.formats.tables.known_columns import find_columns


def raw_records(source: Source) -> tuple[str, Iterator[str]]:
    """Return the header line of a table (empty for FASTA and FASTQ), and the text of each record with its line ends.

    Line ends become ``\\n``; wrapped FASTQ becomes four lines a record.

    Raises
    ------
    InputError
        on the way, for a FASTQ record that is broken or cut off, or a quoted field that is not closed.
    """
    if source.format == "fasta":
        return "", _fasta(source)
    if source.format == "fastq":
        return "", _fastq(source)
    text = source.text()
    if source.format == "bare table":
        return "", (line if line.endswith("\n") else line + "\n" for line in text if line.strip())
    header = text.readline().rstrip("\r\n") + "\n"
    return header, _table(source, header, text)


def _fasta(source: Source) -> Iterator[str]:
    record: list[str] = []
    for line in source.text():
        if line.startswith(">") and record:
            yield "".join(record)
            record = []
        record.append(line if line.endswith("\n") else line + "\n")
    if record:
        yield "".join(record)


def _fastq(source: Source) -> Iterator[str]:
    from Bio.SeqIO.QualityIO import FastqGeneralIterator

    number = 0
    try:
        for header, sequence, quality in FastqGeneralIterator(source.text()):
            number += 1
            yield f"@{header}\n{sequence}\n+\n{quality}\n"
    except ValueError as error:
        raise broken(error, source.path, number + 1) from None


def _table(source: Source, header: str, text: Iterator[str]) -> Iterator[str]:
    if csv_dialect(header)["quoting"] == csv.QUOTE_NONE:
        yield from _unquoted(header, text)
        return
    row: list[str] = []
    for line in text:
        row.append(line if line.endswith("\n") else line + "\n")
        if "".join(row).count('"') % 2:
            continue  # the line end is inside quotes
        if "".join(row).strip():
            yield "".join(row)
        row = []
    if row:
        raise InputError("a quoted field is not closed", path=source.path)


def _unquoted(header: str, text: Iterator[str]) -> Iterator[str]:
    """Yield rows of a table with tabs. A row that a line end in a cell has broken gets a space in its place; see
    :mod:`barcodeembed.sequences.formats.tables.broken_rows`."""
    tabs, least = header.count("\t"), max(find_columns(split_header(header)).values(), default=0)
    row: list[str] = []
    n_tabs = 0
    for line in chain(text, ["\t" * (tabs + 1)]):
        here = line.count("\t")
        if not line.strip(" \r\n") and (not row or n_tabs >= tabs):
            continue
        goes_on = 0 < n_tabs + here <= tabs and (n_tabs < least or here < least)
        if row and (goes_on if n_tabs < tabs else here == 0 and tabs > 1):
            row.append(line)
            n_tabs += here
            continue
        whole = [" ".join(part.strip("\r\n") for part in row)] if n_tabs == tabs and len(row) > 1 else row
        for one in filter(str.strip, whole):
            yield one if one.endswith("\n") else one + "\n"
        row, n_tabs = [line], here
