"""Read count tables from files.

The formats are those of QIIME 2 and VSEARCH (``#OTU ID``, then samples), DADA2 (samples in rows and sequences or ids in
columns, or the reverse), mothur's ``count_table`` in both of its forms, any other table of that shape with tabs or
commas, and both versions of BIOM if the package biom-format is installed.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from barcodeembed.embeddings.hdf5 import DAMAGE, check_self_contained
from barcodeembed.errors import InputError, UsageError, wrong_width
from barcodeembed.sequences.annotations import MOST_READS
from barcodeembed.sequences.formats.files import open_binary
from barcodeembed.sequences.formats.opening.encoding import remember_odd_bytes
from barcodeembed.workflows.samples.counts import CountTable

_HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_MOTHUR_TOTAL = "total"
_COMPRESSED = "#compressed format"
_SUMS = frozenset({"total", "totals", "sum", "all"})


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
    if _is_biom(Path(path)):
        return _read_biom(Path(path))
    with open_binary(path) as stream:
        text = stream.read().decode("utf-8-sig", errors=remember_odd_bytes(None, path))
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    compressed = any(line.lower().startswith(_COMPRESSED) for _, line in lines[:3])
    # QIIME 2 and mothur write comments above the header; the header itself may also begin with '#'.
    while len(lines) > 1 and lines[0][1].startswith("#") and _width(lines[0][1]) < _width(lines[1][1]):
        lines.pop(0)
    while lines and compressed and lines[0][1].startswith("#"):
        lines.pop(0)
    if len(lines) < 2:
        raise InputError("no counts in this file", path=path, hint="give a table of features x samples")
    return _from_lines(path, lines, compressed)


def _from_lines(path: str | PathLike[str], lines: Sequence[tuple[int, str]], compressed: bool) -> CountTable:
    delimiter = _delimiter(lines[0][1])
    header = _fields(lines[0][1], delimiter)
    width = len(header)
    # R's write.table leaves out the name of the column of row names.
    if not compressed and len(_fields(lines[1][1], delimiter)) == width + 1:
        header, width = ["", *header], width + 1
    first = 2 if len(header) > 1 and header[1].lower() == _MOTHUR_TOTAL else 1
    samples = header[first:]
    if twice := _first_twice(samples):
        raise InputError(f"the sample {twice!r} comes twice", path=path, line=lines[0][0])
    if not samples:
        hint = "give a table of features x samples, with tabs, commas or semicolons between its columns"
        raise InputError("only one column, so no samples", path=path, line=lines[0][0], hint=hint)
    if not all(samples):
        what = f"column {first + samples.index('') + 1} has no name"
        raise InputError(what, path=path, line=lines[0][0], hint="give each sample a name")
    rows: dict[str, dict[int, int]] = {}
    for number, line in lines[1:]:
        fields = _fields(line, delimiter)
        if not compressed and len(fields) != width:
            raise InputError(wrong_width(len(fields), width), path=path, line=number)
        if fields[0] in rows:
            raise InputError(f"the feature {fields[0]!r} comes twice", path=path, line=number)
        rows[fields[0]] = dict(_cells(path, number, fields[first:], samples, compressed))
    for at, name in enumerate(samples):
        if name.lower() in _SUMS and all(counts.get(at, 0) * 2 == sum(counts.values()) for counts in rows.values()):
            what = f"the column {name!r} is the sum of the others and no sample"
            raise InputError(what, path=path, line=lines[0][0], hint="leave it out")
    return CountTable(path, samples, rows, header[0])


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
        number = _whole(text)
        if number is None:
            what = f"{text[:60]!r} is no number of reads (column {samples[at]!r})"
            raise InputError(what, path=path, line=line, hint=_advice(text))
        if number:
            yield at, number


def _whole(text: str) -> int | None:
    """Return a whole number from 0 to ``MOST_READS``, which may be written ``12.0``; None for any other text."""
    try:
        value = float(text)
    except ValueError:
        return None
    return int(value) if 0 <= value <= MOST_READS and value.is_integer() else None


def _advice(text: str) -> str:
    """Return what to do about a cell that is no number of reads."""
    if text.lower() in ("", "na", "nan", "none", "-"):
        return "write 0 where a sample has no reads"
    try:
        value = float(text)
    except ValueError:
        if text.replace(",", "").isdecimal():
            return "write whole numbers without commas"
        return "give whole numbers, and leave out columns that are no samples"
    return "numbers of reads are not negative" if value < 0 else "give whole numbers, no shares"


def _delimiter(header: str) -> str:
    """Return what stands between the columns of a table with this header."""
    return "\t" if "\t" in header else ";" if ";" in header and "," not in header else ","


def _fields(line: str, delimiter: str) -> list[str]:
    return [field.strip() for field in next(csv.reader([line], delimiter=delimiter))]


def _width(line: str) -> int:
    return len(_fields(line, _delimiter(line)))


def _first_twice(names: Sequence[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def _is_biom(path: Path) -> bool:
    """Return whether a file begins as BIOM 2 (HDF5) or BIOM 1 (a JSON object) does."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(64)
    return head.startswith(_HDF5_MAGIC) or head.lstrip().startswith(b"{")


def _read_biom(path: Path) -> CountTable:
    try:
        import biom
        import h5py
    except ImportError:
        raise UsageError(
            f"{path} is a BIOM file: pip install biom-format reads it, or give the table as text"
        ) from None
    try:
        if h5py.is_hdf5(path):
            with h5py.File(path) as file:
                check_self_contained(file)
        table: Any = biom.load_table(str(path))
        samples, features = [str(one) for one in table.ids()], [str(one) for one in table.ids(axis="observation")]
        cells = table.matrix_data.tocoo()
    except DAMAGE as error:
        reason = "something that such a table has is missing" if isinstance(error, KeyError) else str(error)
        hint = "give the BIOM table anew, or the counts as text (.tsv)"
        raise InputError(f"not a BIOM table ({reason})", path=path, hint=hint) from None
    rows: dict[str, dict[int, int]] = {feature: {} for feature in features}
    for row, column, value in zip(cells.row.tolist(), cells.col.tolist(), cells.data.tolist(), strict=True):
        number = _whole(str(value))
        if number is None:
            what = f"feature {features[row]!r} has {value} reads in sample {samples[column]!r}"
            raise InputError(what, path=path, hint=_advice(str(value)))
        if number:
            rows[features[row]][column] = number
    return CountTable(path, samples, rows)
