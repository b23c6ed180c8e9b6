"""Tables whose column ``split`` says which part a barcode belongs to: BIOSCAN-5M's metadata, or your own.

Unlike :mod:`readers`, rows without a sequence or of another marker are passed over silently and the sequence
is given as it stands as well, because the published partitions are defined on it.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from io import TextIOWrapper
from typing import Any, NamedTuple

from barcodeembed.errors import InputError
from barcodeembed.sequences.files import open_binary
from barcodeembed.sequences.readers import MARKER
from barcodeembed.sequences.tables import COLUMNS
from barcodeembed.taxonomy import RANKS, Lineage

SPLIT = "split"

_MISSING = frozenset({"", "none", "nan", "na", "not_classified"})
_LONGEST_FIELD = 2**31 - 1  # csv's own limit is 131,072 characters


class SplitRow(NamedTuple):
    """One row: ``raw`` is the sequence as it stands."""

    split: str
    id: str
    raw: str
    lineage: Lineage
    bin: str


def read_split_table(path: str | os.PathLike[str]) -> Iterator[SplitRow]:
    """The rows of a CSV or TSV, compressed or not, in constant memory.

    Raises
    ------
    InputError
        if there is no column ``split`` or no column of sequences, or a row has other fields than the header.
    """
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_FIELD))
    with open_binary(path) as stream, TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="") as text:
        header = text.readline()
        quoted = "\t" not in header or header.startswith('"')
        dialect: dict[str, Any] = {
            "delimiter": "\t" if "\t" in header else ",",
            "quoting": csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
        }
        names = [name.strip().lower() for name in next(csv.reader([header], **dialect), [])]
        place = {ours: next((names.index(n) for n in theirs if n in names), -1) for ours, theirs in COLUMNS.items()}
        if SPLIT not in names or place["sequence"] < 0:
            raise InputError("no column 'split' or no column of sequences (nuc, dna_barcode, ...)", path=path)
        rows = csv.reader(text, strict=True, **dialect)
        try:
            for number, fields in enumerate(rows, start=2):
                if len(fields) != len(names):
                    if not "".join(fields).strip():
                        continue
                    what = f"{len(fields)} fields where the header has {len(names)}"
                    raise InputError(what, path=path, line=number)
                row = {ours: _value(fields[column]) if column >= 0 else "" for ours, column in place.items()}
                if row["sequence"] and row["marker"] in ("", MARKER):
                    lineage = Lineage(tuple(row[rank] for rank in RANKS))
                    split = fields[names.index(SPLIT)].strip()
                    yield SplitRow(split, row["id"] or f"row_{number - 1}", row["sequence"], lineage, row["bin"])
        except csv.Error as error:
            raise InputError(f"this row can't be read ({error})", path=path, line=rows.line_num + 1) from None


def has_split(path: str | os.PathLike[str]) -> bool:
    """Whether the first line names a column ``split``."""
    with open_binary(path) as stream:
        first = stream.readline(1 << 16).decode("utf-8-sig", errors="replace")
    return SPLIT in [name.strip().strip('"').lower() for name in first.replace("\t", ",").split(",")]


def _value(text: str) -> str:
    value = text.strip()
    return "" if value.lower() in _MISSING else value
