"""Tables with a header line: tabs or commas, columns found by name."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from io import TextIOBase
from os import PathLike
from typing import Any

from barcodeembed.errors import InputError
from barcodeembed.taxonomy import RANKS, Lineage

COLUMNS = {
    "id": ("processid", "id", "query_id", "seqid", "name", "sampleid", "feature id"),
    "sequence": ("nuc", "dna_barcode", "nucleotides", "sequence", "seq", "dna_sequence"),
    "bin": ("bin_uri", "dna_bin", "bin"),
    "marker": ("marker_code", "markercode"),
    "lineage": ("lineage", "taxonomy", "taxon"),
    "split": ("split",),
    "country": ("country/ocean", "country_ocean", "country"),
    "province": ("province/state", "province_state", "province", "state"),
    "region": ("region",),
    "sample": ("sample", "sample_name"),
    "size": ("size", "count", "abundance"),
    **{rank: (rank, f"{rank}_name") for rank in RANKS},
}
"""What is taken from a table, and the names of its column (in any case), the preferred one first."""

_MISSING = frozenset({"", "none", "nan", "na", "not_classified"})
_LONGEST_FIELD = 2**31 - 1  # csv's own limit is 131,072 characters


def read_rows(
    header: str,
    text: TextIOBase,
    path: str | PathLike[str],
    lines_before: int = 0,
    names: list[str] | None = None,
) -> Iterator[dict[str, str]]:
    """The rows below a header by the keys of :data:`COLUMNS`, as far as it has them; what is missing is empty.

    ``lines_before`` counts the lines above the header; ``names`` are those of its columns if not the header's own.

    Raises
    ------
    InputError
        naming the line of a row that has not as many fields as the header, or that can't be read.
    """
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_FIELD))
    names = split_header(header) if names is None else names
    columns = find_columns(names)
    rows = csv.reader(text, strict=True, **csv_dialect(header))
    while True:
        line = lines_before + 1 + rows.line_num + 1
        try:
            fields = next(rows, None)
        except csv.Error as error:
            raise InputError(f"this row can't be read ({error})", path=path, line=line) from None
        if fields is None:
            return
        if len(fields) <= 1 and not "".join(fields).strip():
            continue  # a blank line
        if len(fields) != len(names):
            what = f"{len(fields)} fields where the header has {len(names)}"
            raise InputError(what, path=path, line=line)
        yield {ours: _value(fields[column]) for ours, column in columns.items()}


def split_header(header: str) -> list[str]:
    """The names of the columns."""
    return next(csv.reader([header], **csv_dialect(header)), [])


def find_columns(names: list[str]) -> dict[str, int]:
    """Where the columns of a table are that we use."""
    known = [name.strip().lower() for name in names]
    found = {ours: [name for name in theirs if name in known] for ours, theirs in COLUMNS.items()}
    return {ours: known.index(best[0]) for ours, best in found.items() if best}


def row_lineage(row: Mapping[str, str]) -> Lineage:
    """The lineage in the rank columns of a row."""
    return Lineage(tuple(row.get(rank, "") for rank in RANKS))


def _value(text: str) -> str:
    value = text.strip()
    return "" if value.lower() in _MISSING else value


def csv_dialect(header: str) -> dict[str, Any]:
    """Commas go with quotes; tabs do not (BOLD's text has stray quotes), unless the header is quoted."""
    delimiter = "\t" if "\t" in header else ","
    quoted = delimiter == "," or header.startswith('"')
    return {"delimiter": delimiter, "quoting": csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE}
