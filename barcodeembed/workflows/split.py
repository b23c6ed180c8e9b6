"""``barcodeembed split``: split a file of sequences in parts that can be classified side by side and merged again.

Parts hold consecutive records, so that the parts one after another are the file. The name of a part keeps the name of
the file, so that reads keep their sample: ``run1.fastq.gz`` becomes ``run1.part-001.fastq.gz`` and so on. Parts of an
archive, a workbook or a Parquet file are the text that is read from it: ``run1.xlsx`` becomes ``run1.part-001.tsv``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import chain, islice, repeat
from pathlib import Path

from barcodeembed.errors import InputError, UsageError
from barcodeembed.outputs.file_sets import file_set
from barcodeembed.outputs.folders import place_of_folder
from barcodeembed.outputs.locks import lock
from barcodeembed.outputs.text_output import new_text_file
from barcodeembed.sequences.formats.files import STDIN, is_stream
from barcodeembed.sequences.formats.raw import raw_records
from barcodeembed.sequences.formats.sources import open_source

ENDINGS = (".gz", ".bz2", ".xz", ".zst")
"""Endings of compressed files. Parts of such a file are compressed with gzip."""

_BY_FORMAT = {"fasta": ".fasta", "fastq": ".fastq", "table": ".tsv", "bare table": ".tsv", "flat file": ".gb"}
_HOLDING = (".zip", ".tar", ".tgz", ".qza", ".xlsx", ".parquet")
_COMPRESSION = 6  # level of gzip: 9 takes six times as long for a tenth less
_KINDS = (
    ".fasta",
    ".fas",
    ".fsa",
    ".fna",
    ".fa",
    ".fastq",
    ".fq",
    ".gb",
    ".gbk",
    ".gbff",
    ".embl",
    ".tsv",
    ".csv",
    ".txt",
)


@dataclass(frozen=True)
class Part:
    """A part that was written, and its number of records."""

    path: Path
    records: int


def split_files(inputs: Sequence[str | Path], directory: Path, *, parts: int = 0, records: int = 0) -> list[Part]:
    """Write the parts of files, and return them in order. They appear under their names when all are complete.

    Parameters
    ----------
    inputs
        sequences in any format that can be read; ``-`` is standard input.
    directory
        where the parts go; it is made if it does not exist, within a directory that does.
    parts
        number of parts of each file; their sizes differ by at most one record. A file is read twice.
    records
        or number of records in a part; the last part may have fewer. A file is read once.

    Raises
    ------
    UsageError
        unless exactly one of ``parts`` and ``records`` is given, for a number of parts of a stream, or if a part
        exists or is being written by another run, or if ``directory`` cannot be one.
    InputError
        if a file is damaged, or has fewer records than parts.
    OutputError
        if the parts cannot be written, or the disk is full.
    """
    if (parts > 0) == (records > 0):
        raise UsageError("give --parts or --records, one of the two, with a number from 1 on")
    if parts and any(is_stream(path) for path in inputs):
        raise UsageError("a stream can't be counted before it is read: give --records instead of --parts")
    place = place_of_folder(directory)
    is_new = not place.exists()
    try:
        with ExitStack() as locks:
            return _split(inputs, directory, locks, parts, records)
    except BaseException:
        if is_new:
            with suppress(OSError):
                place.rmdir()  # works only if it is empty
        raise


def _split(inputs: Sequence[str | Path], directory: Path, locks: ExitStack, parts: int, records: int) -> list[Part]:
    """Write the parts into a folder, and then give them their names in ``directory``."""
    written: list[Part] = []
    begun: dict[Path, Path] = {}  # by the first part of an input, the folder in which its parts are made
    with ExitStack() as stack:
        for path in inputs:
            sizes = _sizes(path, parts) if parts else None
            with open_source(path) as source:
                header, rows = raw_records(source)
                first = directory / part_name(path, 1, 0, source.format)
                if first in begun:
                    raise UsageError(f"two inputs have the part {first}: split each into a directory of its own")
                place_of_folder(directory).mkdir(exist_ok=True)
                locks.callback(lock(first).release)
                begun[first] = next(iter(begun.values())) if begun else stack.enter_context(file_set(first))
                for number, size in enumerate(sizes or repeat(min(records, sys.maxsize)), start=1):
                    taken = islice(rows, size)
                    if (row := next(taken, None)) is None:
                        break
                    target = directory / part_name(path, number, parts, source.format)
                    if target.exists():
                        raise UsageError(f"{target} exists: give an empty directory")
                    written.append(Part(target, _write(begun[first] / target.name, header, chain([row], taken))))
    return written


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
    number = 0
    with new_text_file(path, compression=_COMPRESSION) as stream:
        stream.write(header)
        for row in rows:
            stream.write(row)
            number += 1
    return number
