"""Read count tables from files.

The formats are those of QIIME 2 and VSEARCH (``#OTU ID``, then samples), DADA2 (samples in rows and sequences or ids in
columns, or the reverse), mothur's ``count_table`` in both of its forms and its ``shared`` file, any other table of that
shape with tabs, commas or semicolons, or as R writes it, and, if the package biom-format is installed, both versions of
BIOM, also within QIIME 2's ``.qza``.
"""

from __future__ import annotations

import csv
import errno
import lzma
import shutil
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from barcodeembed.embeddings.hdf5 import DAMAGE, check_self_contained
from barcodeembed.errors import InputError, UsageError, wrong_width
from barcodeembed.sequences.annotations import MOST_READS, without_annotations
from barcodeembed.sequences.formats.files import open_binary
from barcodeembed.sequences.formats.opening.encoding import remember_odd_bytes
from barcodeembed.workflows.samples.counts import CountTable

_HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_MOTHUR_TOTAL = "total"
_SHARED = ["label", "group", "numotus"]  # first columns of mothur's shared file
_COMPRESSED = "#compressed format"
_MOST_UNPACKED = 1 << 32  # bytes of a BIOM table in an archive
_DAMAGED_ZIP = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, RuntimeError)
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
    if Path(path).is_file() and zipfile.is_zipfile(path) and (table := _of_archive(Path(path))):
        return table
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
    where = lines[0][0]
    header, table = _split(path, lines, compressed)
    if [name.lower() for name in header[:3]] == _SHARED:
        header, table = _of_shared(path, header, table)
    # A count_table of mothur without groups has nothing but the total.
    first = 2 if len(header) > 2 and header[1].lower() == _MOTHUR_TOTAL else 1
    left_out = [] if compressed else _no_numbers(path, header, table, first)
    samples = [name for at, name in enumerate(header) if at >= first and at not in left_out]
    _check_samples(path, where, samples, header, first)
    rows: dict[str, dict[int, int]] = {}
    for number, fields in table:
        feature = without_annotations(fields[0])
        if feature in rows:
            raise InputError(f"the feature {feature!r} comes twice", path=path, line=number)
        cells = [cell for at, cell in enumerate(fields) if at >= first and at not in left_out]
        rows[feature] = dict(_cells(path, number, cells, samples, compressed))
    for at, name in enumerate(samples):
        if name.lower() in _SUMS and all(counts.get(at, 0) * 2 == sum(counts.values()) for counts in rows.values()):
            what = f"the column {name!r} is the sum of the others and no sample"
            raise InputError(what, path=path, line=where, hint="leave it out")
    return CountTable(path, samples, rows, header[0], tuple(header[at] for at in left_out if header[at]))


Rows = Iterable[tuple[int, list[str]]]
"""The number of the line and the fields of each row."""


@dataclass(frozen=True)
class _Table:
    """The rows of a text. Their fields are made anew whenever they are asked for: those of all rows, most of them 0,
    would need many times the memory of the counts. If ``width`` is given, any other number of fields is an error."""

    path: str | PathLike[str]
    lines: Sequence[tuple[int, str]]
    delimiter: str
    width: int | None = None

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        for number, line in self.lines:
            fields = _fields(line, self.delimiter)
            if not any(fields):
                continue
            if self.width is not None and len(fields) != self.width:
                raise InputError(wrong_width(len(fields), self.width), path=self.path, line=number)
            yield number, fields


def _split(path: str | PathLike[str], lines: Sequence[tuple[int, str]], compressed: bool) -> tuple[list[str], Rows]:
    """Return the names of the columns, and the rows; rows without a single value are left out."""
    delimiter = _delimiter(lines[0][1])
    header = _fields(lines[0][1], delimiter)
    _, first_row = next(iter(_Table(path, lines[1:], delimiter)), (0, []))
    if not first_row:
        raise InputError("no counts in this file", path=path, hint="give a table of features x samples")
    # R's write.table leaves out the name of the column of row names.
    if not compressed and len(first_row) == len(header) + 1:
        header = ["", *header]
    return header, _Table(path, lines[1:], delimiter, None if compressed else len(header))


def _of_shared(path: str | PathLike[str], header: list[str], table: Rows) -> tuple[list[str], Rows]:
    """Return mothur's shared file as a table with a row for each sample."""
    labels = sorted({fields[0] for _, fields in table})
    if len(labels) > 1:
        hint = "keep the rows of one (mothur: get.sharedseqs or make.shared with label=)"
        raise InputError(f"the file has several labels: {', '.join(labels)}", path=path, hint=hint)
    return ["Group", *header[3:]], [(number, [fields[1], *fields[3:]]) for number, fields in table]


def _no_numbers(path: str | PathLike[str], header: list[str], table: Rows, first: int) -> list[int]:
    """Return which columns are no samples: they hold text in every row, or have neither a name nor a value.

    Raises
    ------
    InputError
        if there is a row for each feature in each sample.
    """
    text, empty = list(range(first, len(header))), [at for at in range(first, len(header)) if not header[at]]
    for _, fields in table:
        text = [at for at in text if _is_text(fields[at])]
        empty = [at for at in empty if not fields[at]]
        if not text and not empty:
            break
    text = sorted({*text, *empty})
    if any(header[at].lower().startswith("sample") for at in text):
        hint = "give a table with a column for each sample (in R: tidyr::pivot_wider)"
        raise InputError("this table has a row for each feature in each sample", path=path, hint=hint)
    # A table of nothing but text is of something else, which the first cell tells.
    return text if len(text) < len(header) - first else []


def _is_text(cell: str) -> bool:
    """Return whether a cell holds neither a number nor something in place of one."""
    return not cell[:1].isdigit() and _advice(cell) == _NO_SAMPLES


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


_NO_SAMPLES = "give whole numbers, and leave out columns that are no samples"


def _advice(text: str) -> str:
    """Return what to do about a cell that is no number of reads."""
    if text.lower() in ("", "na", "nan", "none", "-"):
        return "write 0 where a sample has no reads"
    try:
        value = float(text)
    except ValueError:
        if text.replace(",", "").isdecimal():
            return "write whole numbers without commas"
        return _NO_SAMPLES
    return "numbers of reads are not negative" if value < 0 else "give whole numbers, no shares"


def _delimiter(header: str) -> str:
    """Return what stands between the columns of a table with this header; spaces only if its names have quotes, as R
    writes them."""
    if "\t" in header or "," in header:
        return "\t" if "\t" in header else ","
    return ";" if ";" in header else " " if header.startswith('"') else ","


def _fields(line: str, delimiter: str) -> list[str]:
    fields = next(csv.reader([line], delimiter=delimiter, skipinitialspace=delimiter != "\t"))
    return [field.strip() for field in fields]


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


def _of_archive(path: Path) -> CountTable | None:
    """Return the BIOM table in a zip archive, as QIIME 2's ``.qza`` are; None if there is none.

    Raises
    ------
    InputError
        if there are several, or one that is too large to be unpacked here.
    """
    try:
        with zipfile.ZipFile(path) as archive, TemporaryDirectory(prefix="barcodeembed-") as folder:
            found = [one for one in archive.infolist() if one.filename.endswith(".biom")]
            if not found:
                return None
            if len(found) > 1 or found[0].file_size > _MOST_UNPACKED:
                what = f"{len(found):,} BIOM tables in this archive" if len(found) > 1 else "too large a BIOM table"
                raise InputError(what, path=path, hint="unpack the table, and give it to --counts")
            unpacked = Path(folder) / "table.biom"
            with archive.open(found[0]) as stored, unpacked.open("xb") as file:
                shutil.copyfileobj(stored, file)
            return _read_biom(unpacked, path)
    except (*_DAMAGED_ZIP, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # EINVAL: the archive points before its start
            raise
        raise InputError(f"the zip archive is damaged ({error})", path=path, hint="fetch it again") from None


def _read_biom(path: Path, given: Path | None = None) -> CountTable:
    """Read a BIOM table; ``given`` is the file that the user gave, if the table was unpacked from it."""
    given = given or path
    try:
        import biom
        import h5py
    except ImportError:
        raise UsageError(
            f"{given} is a BIOM file: pip install biom-format reads it, or give the table as text"
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
        raise InputError(f"not a BIOM table ({reason})", path=given, hint=hint) from None
    rows: dict[str, dict[int, int]] = {feature: {} for feature in features}
    for row, column, value in zip(cells.row.tolist(), cells.col.tolist(), cells.data.tolist(), strict=True):
        number = _whole(str(value))
        if number is None:
            what = f"feature {features[row]!r} has {value} reads in sample {samples[column]!r}"
            raise InputError(what, path=given, hint=_advice(str(value)))
        if number:
            rows[features[row]][column] = number
    return CountTable(given, samples, rows)
