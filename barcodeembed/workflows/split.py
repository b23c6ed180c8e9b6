"""``barcodeembed split``: split a file of sequences in parts that can be classified side by side and merged again.

Parts hold consecutive records, so that the parts one after another are the file. The name of a part keeps the name of
the file, so that reads keep their sample: ``run1.fastq.gz`` becomes ``run1.part-001.fastq.gz`` and so on. Parts of an
archive, a workbook or a Parquet file are the text that is read from it: ``run1.xlsx`` becomes ``run1.part-001.tsv``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, repeat
from pathlib import Path

from barcodeembed.errors import InputError, UsageError
from barcodeembed.outputs.locks import lock
from barcodeembed.outputs.text_output import text_output
from barcodeembed.sequences.formats.files import STDIN, is_stream
from barcodeembed.sequences.formats.raw import raw_records
from barcodeembed.sequences.formats.sources import open_source

ENDINGS = (".gz", ".bz2", ".xz", ".zst")
"""Endings of compressed files. Parts of such a file are compressed with gzip."""

_BY_FORMAT = {"fasta": ".fasta", "fastq": ".fastq", "table": ".tsv", "bare table": ".tsv"}
_HOLDING = (".zip", ".tar", ".tgz", ".qza", ".xlsx", ".parquet")
_COMPRESSION = 6  # level of gzip: 9 takes six times as long for a tenth less
_KINDS = (".fasta", ".fas", ".fsa", ".fna", ".fa", ".fastq", ".fq", ".tsv", ".csv", ".txt")


@dataclass(frozen=True)
class Part:
    """A part that was written, and its number of records."""

    path: Path
    records: int


def split_file(path: str | Path, directory: Path, *, parts: int = 0, records: int = 0) -> Iterator[Part]:
    """Write the parts of one file, and yield each when it is complete.

    Parameters
    ----------
    path
        sequences in any format that can be read; ``-`` is standard input.
    directory
        where the parts go; it is made if it does not exist, within a directory that does.
    parts
        number of parts; their sizes differ by at most one record. The file is read twice.
    records
        or number of records in a part; the last part may have fewer. The file is read once.

    Raises
    ------
    UsageError
        unless exactly one of ``parts`` and ``records`` is given, for a number of parts of a stream, or if a part
        exists or is being written by another run, or if ``directory`` cannot be one.
    InputError
        if the file is damaged, or has fewer records than parts.
    """
    if (parts > 0) == (records > 0):
        raise UsageError("give --parts or --records, one of the two, with a number from 1 on")
    if parts and is_stream(path):
        raise UsageError("a stream can't be counted before it is read: give --records instead of --parts")
    if directory.exists() and not directory.is_dir():
        raise UsageError(f"{directory} is a file: give the name of a folder")
    if not directory.absolute().parent.is_dir():
        raise UsageError(f"the directory {directory.parent} does not exist: create it first")
    sizes = _sizes(path, parts) if parts else None
    with open_source(path) as source:
        header, rows = raw_records(source)
        directory.mkdir(exist_ok=True)
        for number, size in enumerate(sizes or repeat(min(records, sys.maxsize)), start=1):
            taken = islice(rows, size)
            if (first := next(taken, None)) is None:
                break
            target = directory / part_name(path, number, len(sizes) if sizes else 0, source.format)
            yield Part(target, _write(target, header, chain([first], taken)))


def part_name(path: str | Path, number: int, parts: int, format: str) -> str:
    """Return the name of a part: the name of the file with ``.part-001`` before its endings."""
    name, compressed = ("stdin", False) if str(path) == STDIN else (Path(path).name, Path(path).suffix in ENDINGS)
    stem = Path(name).stem if compressed else name
    ending = Path(stem).suffix
    if ending.lower() in _HOLDING:
        stem = stem.removesuffix(ending)
        ending = Path(stem).suffix if Path(stem).suffix.lower() in _KINDS else ""
    width = max(3, len(str(parts)))
    return f"{stem.removesuffix(ending)}.part-{number:0{width}}{ending or _BY_FORMAT[format]}" + (
        ".gz" if compressed else ""
    )


def _sizes(path: str | Path, parts: int) -> list[int]:
    with open_source(path) as source:
        total = sum(1 for _ in raw_records(source)[1])
    if total < parts:
        raise InputError(f"{total:,} records can't be split in {parts:,} parts", path=path)
    return [total // parts + (place < total % parts) for place in range(parts)]


def _write(path: Path, header: str, rows: Iterator[str]) -> int:
    number, held = 0, lock(path)
    try:
        if path.exists():
            raise UsageError(f"{path} exists: give an empty directory")
        with text_output(path, compression=_COMPRESSION) as stream:
            stream.write(header)
            for row in rows:
                stream.write(row)
                number += 1
    finally:
        held.release()
    return number


def split_files(inputs: Sequence[str | Path], directory: Path, *, parts: int = 0, records: int = 0) -> Iterator[Part]:
    """Split each of several files as :func:`split_file` does."""
    for path in inputs:
        yield from split_file(path, directory, parts=parts, records=records)
