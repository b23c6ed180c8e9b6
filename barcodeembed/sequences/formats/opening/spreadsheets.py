"""Read Excel workbooks and Parquet files as tables with tabs, if the package that reads them is installed."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from os import PathLike
from typing import Any

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.tables.known_columns import find_columns

PARQUET_MAGIC = b"PAR1"
_ROWS = 1024
_LOOKED_AT = 10
# openpyxl holds the texts of all cells in memory. A workbook of barcodes unpacks to 4 times its size, 5,000 equal rows
# to 43 times; a file made to fill the memory unpacks to 1,000 times.
_MOST_TIMES, _SMALL = 200, 100_000_000
_CHUNK = 1 << 16
_MERGED_DOWN = re.compile(rb'<(?:\w+:)?mergeCell\s+ref="([A-Z]{1,3})(\d+):[A-Z]{1,3}(\d+)"')
_LETTER = re.compile(r"[^\W\d_]")
_SEQUENCE = re.compile(r"[ACGTUNRYSWKMBDHV\s.*-]{50,}", re.IGNORECASE)
_NEVER_REPEATED = ("id", "sequence", "size")
MERGED = "workbooks with merged cells, whose text (no ids, sequences or numbers) was taken for each of their rows"
"""What is said of a workbook that :func:`workbook_lines` reads."""
_INSTALL = "pip install 'barcodeembed[tables]', or save it as CSV"


def is_workbook(path: str | PathLike[str]) -> bool:
    """Return whether a zip archive is an Excel workbook (.xlsx)."""
    try:
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return False  # a damaged archive gets its message when it is read as an archive


def workbook_lines(path: str | PathLike[str], said: list[str]) -> Iterator[bytes]:
    """Yield the rows of the sheet that has a table of sequences, or of the only sheet if there is one.

    Text in cells that were merged down several rows stands in each of them, as :class:`_Merged` tells; this is noted
    in ``said``.

    Raises
    ------
    InputError
        if openpyxl is not installed, the file is damaged, or several sheets could be meant.
    """
    try:
        import openpyxl
    except ImportError:
        raise InputError("an Excel workbook is read with openpyxl", path=path, hint=_INSTALL) from None
    _check_size(path)
    try:
        # Of a path, openpyxl asks for the ending .xlsx; Galaxy names all files .dat.
        with open(path, "rb") as file, closing(openpyxl.load_workbook(file, read_only=True, data_only=True)) as book:
            sheet = _sheet(book, path)
            first_rows = _first_rows(sheet)
            width = max(map(_width, first_rows), default=0)
            merged = _Merged(path, sheet, _not_to_repeat(first_rows))
            if merged:
                said.append(MERGED)
            for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
                cells = [_text(cell) for cell in row]
                if any(cells):
                    cells += [""] * (width - len(cells))
                    merged.fill(number, cells)
                    yield _line([*cells[:width], *filter(None, cells[width:])])
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"the workbook is damaged ({_one_line(error)})", path=path, hint="save it again, or as CSV"
        ) from None


class _Merged:
    """The cells of a sheet that were merged down several rows. openpyxl does not tell them if it reads row by row.

    Only text is repeated: a number may be a count of all the rows, and a sequence or what stands in a column ``single``
    belongs to one record.
    """

    def __init__(self, path: str | PathLike[str], sheet: Any, single: Collection[int]) -> None:
        self._single = single
        # For each row in which such cells begin: their columns and last rows.
        self._beginning: dict[int, list[tuple[int, int]]] = {}
        self._held: dict[int, tuple[int, str]] = {}
        with zipfile.ZipFile(path) as archive, archive.open(sheet._worksheet_path.lstrip("/")) as part:
            before = b""
            while chunk := part.read(_CHUNK):
                text = before + chunk
                for column, first, last in _MERGED_DOWN.findall(text):
                    if int(first) < int(last):
                        self._beginning.setdefault(int(first), []).append((_place(column), int(last)))
                before = text[text.rfind(b"<") :]

    def __bool__(self) -> bool:
        return bool(self._beginning)

    def fill(self, number: int, cells: list[str]) -> None:
        """Fill the cells of the row of this number that a cell above was merged with."""
        for place, last in self._beginning.get(number, ()):
            text = cells[place] if place < len(cells) and place not in self._single else ""
            self._held[place] = (last, text if _is_repeated(text) else "")
        for place, (last, text) in self._held.items():
            if number <= last and place < len(cells) and not cells[place]:
                cells[place] = text


def _is_repeated(text: str) -> bool:
    """Return whether the text of a merged cell is neither a number nor a sequence."""
    try:
        float(text)
    except ValueError:
        return bool(_LETTER.search(text)) and not _SEQUENCE.fullmatch(text)
    return False


def _not_to_repeat(first_rows: Sequence[Sequence[str]]) -> set[int]:
    """Return the places of the columns of ids, sequences and counts, the first one for ids if none is known."""
    known = max(map(find_columns, first_rows), key=len, default={})
    return {known.get("id", 0), *(known[name] for name in _NEVER_REPEATED if name in known)}


def _place(letters: bytes) -> int:
    """Return the place of a column by its letters: 0 for A, 26 for AA."""
    place = 0
    for letter in letters:
        place = 26 * place + letter - ord("A") + 1
    return place - 1


def _check_size(path: str | PathLike[str]) -> None:
    """Refuse a workbook that is small on disk but would fill the memory."""
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(part.file_size for part in archive.infolist())
    if unpacked > max(_SMALL, _MOST_TIMES * os.path.getsize(path)):
        what = f"the workbook unpacks to {unpacked:,} bytes, more than {_MOST_TIMES} times its size"
        raise InputError(what, path=path, hint="save the table as CSV")


def _sheet(book: Any, path: str | PathLike[str]) -> Any:
    """Return the sheet to read, a hidden one only if all are hidden. Its size is found from its cells, because what the
    file says of it may be wrong."""
    shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
    for sheet in shown:
        sheet.reset_dimensions()
    sheets = [(sheet, _first_rows(sheet)) for sheet in shown]
    filled = [(sheet, rows) for sheet, rows in sheets if any(map(_width, rows))]
    ours = [sheet for sheet, rows in filled if any("sequence" in find_columns(row) for row in rows)]
    if not filled:
        what = f"no sheet has anything in its first {_LOOKED_AT} rows"
        raise InputError(what, path=path, hint="delete what stands above the table")
    if len(filled) == 1 or len(ours) == 1:
        return ours[0] if ours else filled[0][0]
    names = ", ".join(sheet.title for sheet, _ in filled[:5])
    what = f"{len(ours) or 'none'} of the sheets ({names}) {'has' if len(ours) < 2 else 'have'} a table of sequences"
    raise InputError(what, path=path, hint="save the one that is meant as CSV")


def _first_rows(sheet: Any) -> list[list[str]]:
    """Return the rows among which that with the names of the columns may be."""
    # Rows are asked for until there are no more, as openpyxl closes its file only then.
    return [[_text(cell) for cell in row] for row in sheet.iter_rows(max_row=_LOOKED_AT, values_only=True)]


def _width(cells: Sequence[str]) -> int:
    """Return the number of cells up to the last one that is filled."""
    return max((place for place, cell in enumerate(cells, start=1) if cell), default=0)


def parquet_lines(path: str | PathLike[str]) -> Iterator[bytes]:
    """Yield the rows of a Parquet file.

    Raises
    ------
    InputError
        if pyarrow is not installed, or the file is damaged.
    """
    try:
        import pyarrow.parquet
    except ImportError:
        raise InputError("a Parquet file is read with pyarrow", path=path, hint=_INSTALL) from None
    try:
        table = pyarrow.parquet.ParquetFile(path)
        yield _line(table.schema_arrow.names)
        for batch in table.iter_batches(batch_size=_ROWS):
            columns = [column.to_pylist() for column in batch.columns]
            for row in zip(*columns, strict=True):
                yield _line([_text(cell) for cell in row])
    except Exception as error:
        raise InputError(
            f"the Parquet file is damaged ({_one_line(error)})", path=path, hint="fetch it again"
        ) from None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _text(cell: object) -> str:
    """Return the text of a cell: nothing for an empty one, 12 for 12.0. Older programs store texts of Parquet as
    bytes."""
    if isinstance(cell, bytes):
        return cell.decode("utf-8", errors="replace")
    if cell is None or (isinstance(cell, float) and cell != cell):
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _line(cells: Sequence[str]) -> bytes:
    """Return a row as a line with tabs; line ends and tabs within a cell become spaces."""
    return ("\t".join(" ".join(cell.splitlines()).replace("\t", " ") for cell in cells) + "\n").encode()
