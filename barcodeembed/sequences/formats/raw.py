"""Read records as they stand in a file, to pass them on unchanged."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.fastq import broken
from barcodeembed.sequences.formats.flat_files import END
from barcodeembed.sequences.formats.sources import Source
from barcodeembed.sequences.formats.tables.headed import csv_dialect


def raw_records(source: Source) -> tuple[str, Iterator[str]]:
    """Return the header line of a table (empty for other formats), and the text of each record with its line ends.

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
    if source.format == "flat file":
        return "", _flat_file(source)
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


def _flat_file(source: Source) -> Iterator[str]:
    record: list[str] = []
    for line in source.text():
        record.append(line if line.endswith("\n") else line + "\n")
        if line.startswith(END):
            yield "".join(record)
            record = []
    if "".join(record).strip():
        yield "".join(record)


def _table(source: Source, header: str, text: Iterator[str]) -> Iterator[str]:
    quoted = csv_dialect(header)["quoting"] != csv.QUOTE_NONE
    row: list[str] = []
    for line in text:
        row.append(line if line.endswith("\n") else line + "\n")
        if quoted and "".join(row).count('"') % 2:
            continue  # the line end is inside quotes
        if "".join(row).strip():
            yield "".join(row)
        row = []
    if row:
        raise InputError("a quoted field is not closed", path=source.path)
