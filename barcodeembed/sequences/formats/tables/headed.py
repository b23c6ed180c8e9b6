"""Read tables with a header line, separated by tabs, commas, semicolons, bars or spaces."""

from __future__ import annotations

import csv
from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import chain
from os import PathLike
from typing import Any

from barcodeembed.errors import InputError, wrong_width
from barcodeembed.sequences.barcode import clean
from barcodeembed.sequences.formats.remarks import Remarks
from barcodeembed.sequences.formats.tables.bare import is_sequence
from barcodeembed.sequences.formats.tables.known_columns import (
    COLUMNS,
    check_ids,
    columns_to_read,
    find_columns,
    refuse_second_header,
)
from barcodeembed.sequences.missing import MISSING
from barcodeembed.sequences.names.bold import is_barcode
from barcodeembed.sequences.names.lineages import parse_lineage
from barcodeembed.sequences.names.ranks.ranked import lineage_of_name
from barcodeembed.taxonomy import GENUS, RANKS, SPECIES, Lineage

_DELIMITERS = (",", ";", "|", " ")  # the first one where two are as good
_MISSING = MISSING | {"not_classified"}  # in BIOSCAN-5M
_SMART = frozenset("\u201c\u201d")  # quotes that a text program makes of those of CSV
_BLANK = " \t\r\n\v\f\x1a"  # with the sign that ends a file of DOS
_MOST_LINES, _FEWEST_COLUMNS = 100, 10  # of a row that is broken, and of a table where such a row is no chance
_RECORDS = (">", "@")  # how records of FASTA and FASTQ begin
_LONGEST_FIELD = 2**31 - 1  # csv's own limit is 131,072 characters

BROKEN = "broken"
"""The one key of a row that a line end within a cell has broken; its value is the first cell."""

TYPES_ROW = "#q2:types"
"""How QIIME 2's row of types of columns begins, which is no record."""


def read_rows(
    header: str,
    text: Iterable[str],
    path: str | PathLike[str],
    lines_before: int = 0,
    *,
    need_ids: bool = False,
    needed: Container[str] = COLUMNS,
    remarks: Remarks | None = None,
) -> Iterator[dict[str, str]]:
    """Yield the rows below a header by the keys of :data:`COLUMNS`, as far as it has them; what is missing is empty.

    ``lines_before`` counts the lines above the header. With ``need_ids`` a column of ids must be known, if one
    could be. A column that is not ``needed`` is left out if it occurs twice, which is said in ``remarks``. At the ends
    of rows, empty fields that are not read may lack, as some spreadsheets write them. With ``remarks``, in a table
    without quotes, a row that is broken (see :func:`_is_broken`) is yielded as :data:`BROKEN`.

    Raises
    ------
    InputError
        naming the line of a row that has more or fewer fields than the header, or that can't be read; if no column of
        ids is known; if a column that is needed occurs twice.
    """
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_FIELD))
    names: list[str] = []
    first_line, text = _first_line(iter(text))
    lines, dialect = _Lines(text), csv_dialect(header)
    rows = csv.reader(lines, strict=True, **dialect)
    without_quotes = dialect["quoting"] == csv.QUOTE_NONE
    cell = _unquoted if without_quotes else _cell
    while True:
        line = lines_before + 1 + rows.line_num + 1
        try:
            fields = next(rows, None)
        except csv.Error as error:
            hint = "write quotes within a cell twice, or save the table with tabs"
            raise InputError(f"this row can't be read ({error})", path=path, line=line, hint=hint) from None
        if fields is not None and len(fields) <= 1 and not "".join(fields).strip(_BLANK):
            continue  # a blank line
        if fields and fields[0].casefold() == TYPES_ROW:
            continue
        if not names:
            names = names_of_all(header, fields or [], quoted=first_line.lstrip().startswith('"'))
            columns, left_out = columns_to_read(names, needed, path, lines_before + 1)
            last = max(columns.values(), default=0)
            if remarks is not None:
                written = ["", *split_header(header)][-len(names) :]
                for name in (theirs for theirs, ours in zip(written, names, strict=True) if theirs != ours):
                    remarks.add("columns of sequences, known by what they hold", f"{path}: {name!r}")
                for name in left_out:
                    remarks.add("columns that occur twice and are not read", f"{path}: {name!r}")
            if need_ids:
                check_ids(names, path)
            refuse_second_header(fields or [], columns, path, line)
        if fields is None:
            return
        too_few = len(fields) < len(names) and (len(fields) <= last or not lines.ended)
        place = columns.get("sequence", -1)
        if too_few and remarks is not None and without_quotes and _is_broken(fields, rows, len(names), place):
            yield {BROKEN: cell(fields[0])}
            continue
        if too_few or any(field.strip() for field in fields[len(names) :]):
            what = wrong_width(len(fields), len(names))
            raise InputError(what, path=path, line=line, hint=_hint(header, too_few))
        yield {
            # An id may be NA or None: its owner chose it.
            ours: cell(fields[column]) if ours == "id" else _value(cell(fields[column]))
            for ours, column in columns.items()
        }


def _is_broken(fields: list[str], rows: Iterator[list[str]], width: int, sequence: int) -> bool:
    """Return whether a row with too few fields is one record that line ends within a cell have broken: the lines below
    it, which are read, make exactly one row with it. ``sequence`` is the place of its column.

    They are not joined, because bases might go on in the next line. Nor is it such a row if the table has few columns,
    if a line has all of its fields, or if the lines do not hold one sequence, out of its place, or hold what may be a
    record of another file.
    """
    lines = [fields]
    if width < _FEWEST_COLUMNS:
        return False
    while len(lines) < _MOST_LINES and sum(len(line) - 1 for line in lines) < width - 1:
        lines.append(next(rows, []) or [""])
    whole = any(len(line) >= width or line[0].lstrip()[:1] in _RECORDS for line in lines)
    if whole or sum(len(line) - 1 for line in lines) != width - 1:
        return False
    places = [place for line in lines for place, cell in enumerate(line) if is_sequence(_unquoted(cell))]
    return len(places) == 1 and places[0] != sequence


class _Lines:
    """Lines of a text, one after another; ``ended`` tells whether the last one has a line end, and so is whole."""

    def __init__(self, text: Iterable[str]) -> None:
        self.ended = True
        self._text = iter(text)

    def __iter__(self) -> Iterator[str]:
        for line in self._text:
            self.ended = line[-1:] in "\r\n"
            yield line


def _first_line(text: Iterator[str]) -> tuple[str, Iterator[str]]:
    """Return the first line that is not blank, and all lines."""
    lines: list[str] = []
    for line in text:
        lines.append(line)
        if line.strip():
            break
    return lines[-1] if lines else "", chain(lines, text)


def _hint(header: str, too_few: bool) -> str | None:
    """Return what to do where rows have not as many fields as the header."""
    if csv_dialect(header)["delimiter"] == " ":
        return "put quotes around names of several words, or tabs between the columns"
    return "delete it if it is no row of the table (a note, a sum, the rest of a cell above)" if too_few else None


def names_of_all(header: str, first_row: list[str], *, quoted: bool) -> list[str]:
    """Return the names of the columns, with an empty one in front if the rows have names of their own, as R writes
    them.

    ``quoted`` tells whether the first row begins with a quote. If no name is known to be that of sequences, the only
    column that has one in the first row is called so.
    """
    return named_by_content(_with_row_names(header, first_row, quoted), first_row)


def named_by_content(names: list[str], row: list[str]) -> list[str]:
    """Return the names of the columns, one of them as ``sequence`` if no name says which has the sequences but other
    names are known. It is the only column that has a sequence in this row or, of several, the only one that is called
    as the barcode (``COI``).

    A table whose rows begin with sequences is one of counts (DADA2), and stays as it is.
    """
    known = find_columns(names)
    if "sequence" in known or not known or len(row) != len(names):
        return names
    places = [place for place, field in enumerate(row) if is_sequence(_unquoted(field))]
    if len(places) > 1:
        places = [place for place in places if is_barcode(names[place])]
    return [*names[: places[0]], "sequence", *names[places[0] + 1 :]] if len(places) == 1 and places[0] else names


def _with_row_names(header: str, first_row: list[str], quoted: bool) -> list[str]:
    names = split_header(header)
    if len(first_row) != len(names) + 1 or not first_row[0].strip():
        return names
    # Without quotes, Costa Rica, Limon is two fields in a table with commas, and Culex pipiens in one with spaces.
    delimiter, has_ids = csv_dialect(header)["delimiter"], "id" in find_columns(names)
    numbered = first_row[0] == "1" and (delimiter == "\t" or not has_ids)
    if (has_ids or delimiter == " ") and not (numbered or quoted):
        return names
    place = find_columns(names).get("sequence")
    if place is None:
        return ["", *names] if first_row[-1].strip() else names
    here, next_to_it = (clean(first_row[at]).sequence for at in (place, place + 1))
    return ["", *names] if next_to_it and not here else names


def split_header(header: str) -> list[str]:
    """Return the names of the columns."""
    return split_row(header, header)


def split_row(header: str, line: str) -> list[str]:
    """Return the fields of a line below a header."""
    return next(csv.reader([line], **csv_dialect(header)), [])


def row_lineage(row: Mapping[str, str]) -> Lineage:
    """Return the lineage of a row: from its rank columns, or its column of lineages, or a single name.

    A lineage also gives the ranks that have no column, if it agrees with the columns. A single name
    (``scientificName``) gives the species; it gives the genus where the column of species has epithets and no column
    has genera.
    GenBank's lineages end above the species, which the name beside them (``organism``) gives if its genus is the same.
    """
    names = [row.get(rank, "") for rank in RANKS]
    if "lineage" in row:
        told = parse_lineage(row["lineage"])
        if not told and "species" not in row:
            told = _single_name(row)
        if row.keys().isdisjoint(RANKS):
            named = lineage_of_name(row.get("name", ""), row.get("rank", ""))
            if (species := named.names[SPECIES]) and told and not told.names[SPECIES]:
                # Drosophila; Sophophora: the name of the species tells the genus from the subgenus.
                whole = parse_lineage(f"{row['lineage'].rstrip('. ;')}; {species}")
                told = whole if whole.names[GENUS] == named.names[GENUS] else told
            genera = {one for one in (told.names[GENUS], named.names[GENUS]) if one}
            both = (one or other for one, other in zip(told.names, named.names, strict=True))
            return Lineage(tuple(both)) if len(genera) < 2 else told
        if all(row.get(rank) in (None, "", name) for rank, name in zip(RANKS[:-1], told.names, strict=False) if name):
            names = [row.get(rank, name) for rank, name in zip(RANKS, told.names, strict=True)]
    epithet_alone = "genus" not in row and bool(row.get("species")) and " " not in row["species"]
    if "name" in row and ("species" not in row or epithet_alone):
        told = lineage_of_name(row["name"], row.get("rank", ""))
        if epithet_alone and told.at("species").split(" ")[1:2] == [row["species"]]:
            names[SPECIES] = ""
        names = [name or other for name, other in zip(names, told.names, strict=True)]
    return Lineage(tuple(names))


def _single_name(row: Mapping[str, str]) -> Lineage:
    """Return the lineage of a single name in the column of lineages. Beside columns of ranks it must agree with that of
    genera: a column ``classification`` may say ``Least concern``."""
    named = lineage_of_name(row["lineage"], "" if "name" in row else row.get("rank", ""))
    agrees = row.keys().isdisjoint(RANKS) or (row.get("genus") and named.names[GENUS] == row["genus"])
    return named if agrees else Lineage()


def _cell(text: str) -> str:
    """Return the text of a cell without spaces or smart quotes around it; ``="007"`` is how spreadsheets keep a number
    as text."""
    text = text.strip()
    if text[:1] in _SMART and text[-1:] in _SMART and len(text) > 1:
        text = text[1:-1].strip()
    return text[2:-1] if text[:2] == '="' and text[-1:] == '"' and len(text) > 2 else text


def _unquoted(text: str) -> str:
    """Return the text of a cell without the quotes around it, which a spreadsheet puts there if it holds a comma or a
    quote."""
    text = text.strip()
    return _cell(text[1:-1].replace('""', '"') if len(text) > 1 and text[0] == text[-1] == '"' else text)


def _value(text: str) -> str:
    return "" if text.lower() in _MISSING else text


def csv_dialect(header: str) -> dict[str, Any]:
    """Return the settings for :mod:`csv`: commas, semicolons, bars and spaces come with quotes.

    Tabs come without them unless the header is quoted: the text of BOLD has stray quotes.
    """
    delimiter = (
        "\t" if "\t" in header else max(_DELIMITERS, key=lambda sign: (_n_known(header, sign), header.count(sign)))
    )
    # Names of columns may have spaces.
    if delimiter == " " and (_n_known(header, " ") < 2 or any(sign in header for sign in _DELIMITERS[:-1])):
        delimiter = max(_DELIMITERS[:-1], key=lambda sign: (_n_known(header, sign), header.count(sign)))
    quoted = delimiter != "\t" or header.startswith('"')
    dialect = {"delimiter": delimiter, "quoting": csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE}
    # Spaces after a comma belong to no field, and several spaces part two columns as one does.
    return dialect if delimiter == "\t" else {**dialect, "skipinitialspace": True}


def _n_known(header: str, delimiter: str) -> int:
    """Return how many of the columns that we use the header has if it is split at this character."""
    return len(find_columns(next(csv.reader([header], delimiter=delimiter), [])))
