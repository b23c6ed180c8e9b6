"""Read the native table of calls, so that calls that were written can be merged or grouped."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from typing import Any

import numpy as np

from barcodeembed.classify.call import CHIMERA, DOUBTFUL, VERDICTS, Assignment, Call, Reference
from barcodeembed.errors import InputError, reason_of, wrong_width
from barcodeembed.sequences.annotations import whole_number
from barcodeembed.sequences.formats.files import open_binary
from barcodeembed.sequences.read_columns import READ_COLUMNS, ReadColumn
from barcodeembed.taxonomy import RANKS, Lineage
from barcodeembed.workflows.tables.columns import CALL_COLUMNS, TABLE_COLUMNS

_SHA1 = re.compile(r"[0-9a-f]{40}")
_SINCE_0_15 = frozenset({"own_lineage", "own_name"})
_NAMES = tuple(column.name for column in TABLE_COLUMNS if column.name not in _SINCE_0_15)
_SEPARATOR = next(column.separator for column in CALL_COLUMNS if column.name == "candidates")
_OF_READS = tuple(column for column in READ_COLUMNS if column.name in _NAMES and column.name not in ("flags", "score"))


def read_calls(path: str | PathLike[str]) -> Iterator[Call]:
    """Yield the calls of a native table in its order; numbers have the four decimals of the table.

    Raises
    ------
    InputError
        naming the line, if it is not a native table, if an old version lacks a column that is needed, or if a row is
        damaged or cut off.
    """
    with open_binary(path) as stream:
        header = stream.readline()
        columns = _columns(header.decode("utf-8-sig", errors="replace").rstrip("\r\n").split("\t"), path)
        for number, line in enumerate(stream, start=2):
            if not line.endswith(b"\n"):
                raise InputError("the last row is cut off", path=path, line=number, hint="make the calls again")
            fields = line.decode("utf-8", errors="replace").rstrip("\r\n").split("\t")
            if len(fields) != len(columns):
                what = wrong_width(len(fields), len(columns))
                raise InputError(what, path=path, line=number)
            try:
                yield parse_call(dict(zip(columns, fields, strict=True)))
            except (ValueError, RecursionError) as error:
                raise InputError(f"this row is no call ({reason_of(error)})", path=path, line=number) from None


def parse_call(row: Mapping[str, str]) -> Call:
    """Return the call in a row of the native table; values are found by the names of the columns.

    Raises
    ------
    ValueError
        if a value is not one that its column can have.
    """
    if row["verdict"] not in ("", *VERDICTS):
        raise ValueError(f"verdict {row['verdict']!r}")
    if not _SHA1.fullmatch(row["sha1"]):
        raise ValueError(f"sha1 {row['sha1']!r}")
    flags = [flag for flag in row["flags"].split(",") if flag]
    assignment = Assignment(
        verdict=row["verdict"],
        lineage=Lineage(tuple(row[rank] for rank in RANKS)),
        confidence=tuple(_decimal(row, f"p_{rank}") for rank in RANKS),
        nearest=0 if row["nearest_id"] else -1,
        cosine=_decimal(row, "similarity"),
        identity=_decimal(row, "identity"),
        overlap=_whole(row, "overlap", 0),
        n_agree=_whole(row, "n_agree", 0),
        n_conflict=_whole(row, "n_conflict", 0),
        expected_errors=_decimal(row, "expected_errors"),
        candidates=tuple(row["candidates"].split(_SEPARATOR)) if row["candidates"] else (),
        chimera=not CHIMERA.keys().isdisjoint(flags),
        doubtful=not DOUBTFUL.keys().isdisjoint(flags),
    )
    read: dict[str, Any] = {column.name: _of_read(column, row) for column in _OF_READS}
    read |= {
        "status": row["status"],
        "flags": ",".join(flag for flag in flags if flag not in CHIMERA | DOUBTFUL),
        "score": _decimal(row, "score"),
        "lineage": row.get("own_lineage", ""),
    }
    nearest = None
    if row["nearest_id"]:
        nearest = Reference(row["nearest_id"], row["bin"], Lineage.from_sintax(f"tax={row['nearest_lineage']}"))
    return Call(row["query_id"], read, assignment, nearest, _reads(row), row["group"])


def _columns(header: Sequence[str], path: str | PathLike[str]) -> Sequence[str]:
    if missing := [name for name in _NAMES if name not in header]:
        if "query_id" not in header:
            what, hint = "not a table of calls: it has no column query_id", "give what classify wrote as tsv"
        else:
            what, hint = f"these calls have no column {missing[0]}", "make them again with this version of barcodeembed"
        raise InputError(what, path=path, line=1, hint=hint)
    return header


def _of_read(column: ReadColumn, row: Mapping[str, str]) -> Any:
    if column.type is str:
        return row[column.name]
    if column.type is np.int32:
        return _whole(row, column.name, -1 if column.name == "start" else 0)
    return _decimal(row, column.name)


def _whole(row: Mapping[str, str], column: str, empty: int) -> int:
    """Return the whole number in a column, ``empty`` if there is none."""
    try:
        return int(row[column] or empty)
    except ValueError:
        raise ValueError(f"{column} {row[column]!r} is no whole number") from None


def _decimal(row: Mapping[str, str], column: str) -> float:
    """Return the number in a column, NaN if there is none."""
    try:
        return float(row[column] or "nan")
    except ValueError:
        comma = ": a spreadsheet has put a comma for the full stop" if "," in row[column] else ""
        raise ValueError(f"{column} {row[column]!r} is no number{comma}") from None


def _reads(row: Mapping[str, str]) -> tuple[tuple[str, int], ...]:
    if not row["sample_sizes"]:
        # Where no sample has the sequence (by its count table), the call stands for no read and names no sample.
        return ((row["sample"], whole_number("size", row["size"])),) if row["size"] != "0" else ()
    by_sample = json.loads(row["sample_sizes"])
    if not isinstance(by_sample, dict):
        raise ValueError(f"sample_sizes {row['sample_sizes']!r}")
    return tuple((name, whole_number(name, number)) for name, number in by_sample.items())
