"""Read count tables from files.

The formats are those of QIIME 2 and VSEARCH (``#OTU ID``, then samples), DADA2 (samples in rows and sequences or ids in
columns, or the reverse), mothur's ``count_table`` in both of its forms and its ``shared`` file, any other table of that
shape with tabs, commas or semicolons, or as R writes it, also with a row for each feature in each sample
(:mod:`long_tables`), and, if the package biom-format is installed, both versions of BIOM, also within QIIME 2's
``.qza``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from barcodeembed.errors import InputError, wrong_width
from barcodeembed.sequences.annotations import without_annotations
from barcodeembed.sequences.formats.files import open_binary
from barcodeembed.sequences.formats.opening.encoding import remember_odd_bytes
from barcodeembed.workflows.samples.biom_tables import read_biom
from barcodeembed.workflows.samples.cells import advice, reads_of
from barcodeembed.workflows.samples.count_columns import (
    is_total,
    other_columns,
    place_of_ids,
    sample_of,
    sum_of_others,
    text_columns,
)
from barcodeembed.workflows.samples.counts import CountTable
from barcodeembed.workflows.samples.long_tables import has_a_sample_for_each, long_columns, read_long

_MOTHUR_TOTAL = "total"
_SHARED = ["label", "group", "numotus"]  # first columns of mothur's shared file
_COMPRESSED = "#compressed format"
_SEPARATOR_OF_EXCEL = re.compile(r'"?sep=.?"?', re.IGNORECASE)


def read_counts(path: str | PathLike[str]) -> CountTable:
    """Read a count table in any of the formats that the module lists.

    Raises
    ------
    InputError
        naming the line, if a number is negative or not whole, a feature or a sample occurs twice, a row is longer or
        shorter than the header, a sample is the sum of the others, there are no counts, or the text is neither UTF-8
        nor Windows-1252.
    UsageError
        for a BIOM file if biom-format is not installed.
    """
    if table := read_biom(Path(path)):
        return table
    with open_binary(path) as stream:
        text = stream.read().decode("utf-8-sig", errors=remember_odd_bytes(None, path))
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip("\t,;| ")]
    compressed = any(line.lower().startswith(_COMPRESSED) for _, line in lines[:3])
    while len(lines) > 1 and _is_above(lines[0][1], lines[1][1]):
        lines.pop(0)
    while lines and compressed and lines[0][1].startswith("#"):
        lines.pop(0)
    if len(lines) < 2:
        raise InputError("no counts in this file", path=path, hint="give a table of features x samples")
    return _from_lines(path, lines, compressed)


def _from_lines(path: str | PathLike[str], lines: Sequence[tuple[int, str]], compressed: bool) -> CountTable:
    where = lines[0][0]
    header, table = _split(path, lines, compressed)
    if [name.lower() for name in header[:3]] == _SHARED:
        header, table = _of_shared(path, header, table)
    places = None if compressed else long_columns(header)
    if places and not has_a_sample_for_each(table, places):
        return read_long(path, header, table, places)
    # A count_table of mothur without groups has nothing but the total.
    first = 2 if len(header) > 2 and header[1].lower() == _MOTHUR_TOTAL else 1
    text = [] if compressed else _text_columns(path, header, table, first)
    ids = place_of_ids(header, text)
    at_samples = [at for at in range(first, len(header)) if at not in text]
    others = [] if compressed else other_columns(header, at_samples)
    at_samples = [at for at in at_samples if at not in others]
    samples = [sample_of(header[at]) for at in at_samples]
    _check_samples(path, where, samples, header, first)
    left_out = [header[at] for at in sorted({*text, *others} - {ids}) if header[at]]
    rows: dict[str, dict[int, int]] = {}
    for number, fields in table:
        feature = without_annotations(fields[ids].removeprefix(">"))
        if is_total(feature):
            left_out.append(feature)
            continue
        if feature in rows:
            hint = "if there is a row for each feature in each sample, give a table with a column for each sample"
            raise InputError(f"the feature {feature!r} comes twice", path=path, line=number, hint=hint)
        cells = fields[first:] if compressed else [fields[at] for at in at_samples]
        rows[feature] = dict(_cells(path, number, cells, samples, compressed))
    if (at := sum_of_others(rows.values())) is not None:
        what = f"the column {samples[at]!r} is the sum of the others and no sample"
        raise InputError(what, path=path, line=where, hint="leave it out")
    return CountTable(path, samples, rows, header[0], tuple(left_out))


Rows = Iterable[tuple[int, list[str]]]
"""The number of the line and the fields of each row."""


@dataclass(frozen=True)
class _Table:
    """The rows of a text. Their fields are made anew whenever they are asked for: those of all rows, most of them 0,
    would need many times the memory of the counts. If ``width`` is given, any other number of fields is an error,
    unless those beyond it are empty."""

    path: str | PathLike[str]
    lines: Sequence[tuple[int, str]]
    delimiter: str
    width: int | None = None

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        for number, line in self.lines:
            fields = _fields(line, self.delimiter)
            if not any(fields):
                continue
            if self.width is not None and not any(fields[self.width :]):
                fields = fields[: self.width]
            if self.width is not None and len(fields) != self.width:
                raise InputError(wrong_width(len(fields), self.width), path=self.path, line=number)
            yield number, fields


def _split(path: str | PathLike[str], lines: Sequence[tuple[int, str]], compressed: bool) -> tuple[list[str], Rows]:
    """Return the names of the columns, and the rows; rows without a single value are left out."""
    delimiter = _delimiter(lines[0][1], lines[1][1])
    header = _fields(lines[0][1], delimiter)
    _, first_row = next(iter(_Table(path, lines[1:], delimiter)), (0, []))
    if not first_row:
        raise InputError("no counts in this file", path=path, hint="give a table of features x samples")
    while len(header) > len(first_row) and not header[-1]:
        header.pop()
    # R's write.table leaves out the name of the column of row names.
    if not compressed and len(first_row) == len(header) + 1 and first_row[-1]:
        header = ["", *header]
    return header, _Table(path, lines[1:], delimiter, None if compressed else len(header))


def _of_shared(path: str | PathLike[str], header: list[str], table: Rows) -> tuple[list[str], Rows]:
    """Return mothur's shared file as a table with a row for each sample."""
    labels = sorted({fields[0] for _, fields in table})
    if len(labels) > 1:
        hint = "keep the rows of one (mothur: get.sharedseqs or make.shared with label=)"
        raise InputError(f"the file has several labels: {', '.join(labels)}", path=path, hint=hint)
    return ["Group", *header[3:]], [(number, [fields[1], *fields[3:]]) for number, fields in table]


def _text_columns(path: str | PathLike[str], header: list[str], table: Rows, first: int) -> list[int]:
    """Return which columns have text (see :func:`text_columns`).

    Raises
    ------
    InputError
        if there is a row for each feature in each sample.
    """
    text = text_columns(header, table, first)
    first_of_rows = [0] if place_of_ids(header, text) else []
    if any(header[at].lower().startswith("sample") for at in (*first_of_rows, *text)):
        hint = "give a table with a column for each sample (in R: tidyr::pivot_wider)"
        raise InputError("this table has a row for each feature in each sample", path=path, hint=hint)
    # A table of nothing but text is of something else, which the first cell tells.
    return text if len(text) < len(header) - first else []


def _check_samples(
    path: str | PathLike[str], line: int, samples: Sequence[str], header: Sequence[str], first: int
) -> None:
    if twice := _first_twice(samples):
        raise InputError(f"the sample {twice!r} comes twice", path=path, line=line)
    if not samples:
        hint = "give a table of features x samples, with tabs, commas or semicolons between its columns"
        raise InputError("only one column, so no samples", path=path, line=line, hint=hint)
    if not all(samples):
        what = f"column {list(header).index('', first) + 1} has no name"
        raise InputError(what, path=path, line=line, hint="give each sample a name")


def _cells(
    path: str | PathLike[str], line: int, fields: Sequence[str], samples: Sequence[str], compressed: bool
) -> Iterator[tuple[int, int]]:
    """Yield the number of the sample and the reads of each cell that is not zero."""
    for at, cell in enumerate(fields):
        text = cell
        if compressed:
            index, _, text = cell.partition(",")
            at = int(index) - 1 if index.isdecimal() else -1
            if not 0 <= at < len(samples):
                raise InputError(f"{cell!r} names no sample of the header", path=path, line=line)
        number = reads_of(text)
        if number is None:
            what = f"{text[:60]!r} is no number of reads (column {samples[at]!r})"
            raise InputError(what, path=path, line=line, hint=advice(text))
        if number:
            yield at, number


def _delimiter(header: str, row: str = "") -> str:
    """Return what stands between the columns of a table with this header; spaces, as R writes them, only if its names
    have quotes, or if the ``row`` below has a number of reads for each of them, perhaps behind a name of its own."""
    if "\t" in header or "," in header:
        return "\t" if "\t" in header else ","
    names, cells = header.split(), row.split()
    of_reads = len(cells) > 2 and all(reads_of(cell) is not None for cell in cells[1:])
    spaces = header.startswith('"') or (of_reads and len(cells) - len(names) in (0, 1))
    return ";" if ";" in header else " " if spaces else ","


def _fields(line: str, delimiter: str) -> list[str]:
    fields = next(csv.reader([line], delimiter=delimiter, skipinitialspace=delimiter != "\t"))
    return [field.strip() for field in fields]


def _is_above(line: str, next_line: str) -> bool:
    """Return whether a line stands above the names of the columns: a comment of QIIME 2 or mothur, Excel's separator,
    or the title of a spreadsheet, which is alone in its row. The names themselves may also begin with ``#``; a title
    without separators stands above three columns or more, as R's names of columns lack that of the rows."""
    here, below = (_fields(one, _delimiter(one)) for one in (line, next_line))
    if line.startswith("#"):
        return len(here) < len(below)
    alone = len([field for field in here if field]) == 1 < len([field for field in below if field])
    return _SEPARATOR_OF_EXCEL.fullmatch(line.strip("\t,;| ")) is not None or (alone and len(here) + len(below) > 3)


def _first_twice(names: Sequence[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None
