"""The columns of the calls, declared once for the native table, JSON lines, the report page, pandas and the docs.

Columns that describe the read itself are declared once for all files (:mod:`barcodeembed.sequences.read_columns`); a
column added there appears here at the end. To add a column about the call, add a line to ``_OF_CALLS``. Then run the
tests with ``--update-golden``, which also writes the tables of docs/formats.md anew.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from barcodeembed.classify.call import Call, Reference
from barcodeembed.classify.own_names import agreement, own_lineage
from barcodeembed.outputs.text import harmless
from barcodeembed.sequences.read_columns import READ_COLUMNS, ReadColumn
from barcodeembed.taxonomy import RANKS, Lineage

DECIMALS = 4
"""Number of decimals of every number that is not whole."""

# Every character that a program may take for the end of a line or field.
_BREAKS = re.compile(r"[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029\0]+")

# The order of the keys since the first version; new keys come after these.
_OBJECT = (
    *("query_id", "status", "verdict", "taxon", "rank", "lineage"),
    *("probability", "candidates", "n_agree", "n_conflict", "nearest", "read"),
)
_NEAREST = ("id", "bin")


@dataclass(frozen=True)
class CallColumn:
    """A column of the calls.

    Attributes
    ----------
    name
        name in the native table and in pandas.
    meaning
        text for docs/formats.md. Neighbouring columns with the same text share a row there.
    value
        function that returns the value of a call: text, a whole number, a float (NaN: missing), a tuple of texts, a
        dictionary, a lineage, or None if there is no value.
    key
        place in JSON lines: ``"nearest.id"`` is ``id`` in the object ``nearest``; ``""`` if JSON lines do not have it.
    table, page
        whether the native table and the report page have the column.
    separator
        what stands between the texts of a tuple in the native table.
    json_missing
        what JSON lines have if there is no value.
    """

    name: str
    meaning: str
    value: Callable[[Call], Any]
    key: str = ""
    table: bool = True
    page: bool = True
    separator: str = "; "
    json_missing: Any = None

    def text(self, call: Call) -> str:
        """Return the value as the native table has it."""
        value = self.value(call)
        if value is None:
            return ""
        if isinstance(value, float):
            return decimal(value)
        if isinstance(value, tuple):
            return clean_text(self.separator.join(value))
        if isinstance(value, dict):
            return clean_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
        return clean_text(value.to_sintax() if isinstance(value, Lineage) else str(value))

    def plain_value(self, call: Call) -> Any:
        """Return the value as pandas has it: numbers as numbers, anything else as in the native table."""
        value = self.value(call)
        return value if value is None or isinstance(value, int | float) else self.text(call)


def clean_text(text: str) -> str:
    """Return the text with a space for each run of characters that would break a row, and without control characters
    that a terminal obeys."""
    if text.isprintable():  # nothing of the kind is: most cells of a large table end here
        return text.strip()
    return harmless(_BREAKS.sub(" ", text)).strip()


def decimal(number: float, places: int = DECIMALS) -> str:
    """Return a number with this many decimals; ``""`` for NaN, and never ``-0``."""
    if math.isnan(number):
        return ""
    return f"{round(float(number), places) + 0.0:.{places}f}"


def plain(value: Any) -> Any:
    """Return a value as JSON has it: missing numbers are null, and ranks without a name are left out."""
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, DECIMALS) + 0.0
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Lineage):
        return {rank: name for rank, name in zip(RANKS, value.names, strict=True) if name}
    return value


def _near(value: Callable[[Reference], Any]) -> Callable[[Call], Any]:
    """Turn a function of the nearest reference into one of the call; it returns None if the call has no nearest
    reference."""
    return lambda call: value(call.reference) if call.reference else None


def _called(value: Callable[[Call], Any]) -> Callable[[Call], Any]:
    """Return a function with the same values; it returns None for calls without a verdict."""
    return lambda call: value(call) if call.verdict else None


def _name(place: int) -> Callable[[Call], Any]:
    return lambda call: call.lineage.names[place]


def _probability(place: int) -> Callable[[Call], Any]:
    return lambda call: call.assignment.confidence[place]


def _of_read(column: ReadColumn) -> CallColumn:
    """Return the column of the calls for a column of the read. In ``flags``, the flags of the call follow those of the
    read."""

    def value(call: Call) -> Any:
        if column.when_placed and not call.read["strand"]:
            return None
        if column.name == "flags":
            return call.flags
        found = call.read[column.name]
        # Rounded as in the embedding file, so that the calls of such a file are the same.
        return str(found) if column.type is str else np.array(found, dtype=column.type).item()

    table, page = column.calls in ("table", "everywhere"), column.calls == "everywhere"
    meaning = "the read, as in the embedding file; empty if not placed"
    return CallColumn(column.name, meaning, value, f"read.{column.name}", table, page, ",")


_NAMES = "names as far as they are supported, as `k:...,p:...` and one by one"
_PROBABILITY = "probability that the best candidate at that rank is right, whether it is named or not"
_TAXON = "the last name given and its rank"
_NEIGHBOURS = "neighbours hardly farther than the nearest one that carry the name given, or another one at its rank"
_REFERENCE = (
    "the nearest reference of the candidate (another taxon may have one that is as near): its cosine (a measure of "
    "this model's, never a percentage), share of equal bases, columns compared, BIN"
)

_SIZES = 'reads by sample where they are of several, as JSON: `{"siteA":7,"siteB":5}`'


def _sample_sizes(call: Call) -> dict[str, int] | None:
    """Return reads by sample; None if there is only one sample."""
    return dict(call.reads) if len(call.reads) > 1 else None


_ERRORS = (
    "wrong, missing and surplus bases expected in the read: the sum of its error probabilities (FASTQ), otherwise "
    "estimated by how it differs from its nearest reference"
)

_OWN_SAYS = (
    "how the call agrees with them: `same`; `candidate` of an ambiguous call; `higher` if the call ends above; "
    "`other_species`, `other_genus` and so on, from which rank down they differ; empty without such a name or a call"
)


def _own(call: Call) -> Any:
    return own_lineage(call) or None


_OF_READS = {column.name: _of_read(column) for column in READ_COLUMNS if column.calls}

_OF_CALLS = (
    CallColumn("query_id", "as in the embedding file", lambda c: c.id, "query_id"),
    CallColumn("status", "as in the embedding file", lambda c: c.status, "status"),
    CallColumn("verdict", "see below; empty where `status` is not `ok`", lambda c: c.verdict or None, "verdict"),
    CallColumn("taxon", _TAXON, lambda c: c.taxon or None, "taxon"),
    CallColumn("rank", _TAXON, lambda c: c.rank or None, "rank"),
    CallColumn("lineage", _NAMES, lambda c: c.lineage, "lineage"),
    *(CallColumn(rank, _NAMES, _name(n), page=False) for n, rank in enumerate(RANKS)),
    *(
        CallColumn(f"p_{rank}", _PROBABILITY, _probability(n), f"probability.{rank}", page=False)
        for n, rank in enumerate(RANKS)
    ),
    CallColumn("probability", "of the taxon", lambda c: c.probability.get(c.rank), table=False),
    CallColumn("nearest_id", _REFERENCE, _near(lambda reference: reference.id), "nearest.id"),
    CallColumn("similarity", _REFERENCE, lambda c: c.assignment.cosine, "nearest.similarity"),
    CallColumn("identity", _REFERENCE, lambda c: c.assignment.identity, "nearest.identity"),
    CallColumn("overlap", _REFERENCE, lambda c: c.assignment.overlap if c.reference else None, "nearest.overlap"),
    CallColumn("bin", _REFERENCE, _near(lambda reference: reference.bin), "nearest.bin"),
    CallColumn("", _REFERENCE, _near(lambda reference: reference.lineage), "nearest.lineage", table=False, page=False),
    CallColumn("n_agree", _NEIGHBOURS, _called(lambda c: c.assignment.n_agree), "n_agree", json_missing=0),
    CallColumn("n_conflict", _NEIGHBOURS, _called(lambda c: c.assignment.n_conflict), "n_conflict", json_missing=0),
    *(_OF_READS.pop(name) for name in ("strand", "start", "length", "n_ambiguous", "stops", "flags")),
    CallColumn(
        "candidates",
        "between which names an `ambiguous` query stands, joined by `; `, best first",
        lambda c: c.candidates,
        "candidates",
    ),
    CallColumn("size", "number of reads that the row stands for", lambda c: c.size, "size"),
    CallColumn(
        "sample", "sample that they are of; empty where `sample_sizes` has several", lambda c: c.sample, "sample"
    ),
    CallColumn("sample_sizes", _SIZES, _sample_sizes, "sample_sizes", page=False),
    CallColumn(
        "group", "number of a group of queries without a species' name (`--groups`)", lambda c: c.group, "group"
    ),
    CallColumn(
        "nearest_lineage",
        "names of the nearest reference, as `k:...,p:...`",
        lambda c: c.reference.lineage if c.reference else None,
        page=False,
    ),
    CallColumn("expected_errors", _ERRORS, lambda c: c.assignment.expected_errors, "read.expected_errors"),
)

_OWN_NAMES = (
    CallColumn("own_lineage", "names that the input gives for the query, as `k:...,p:...`", _own, "own_lineage"),
    CallColumn("own_name", _OWN_SAYS, lambda c: agreement(c) or None, "own_name"),
)

CALL_COLUMNS = (*_OF_CALLS, *_OF_READS.values(), *_OWN_NAMES)
"""All columns in the order of the native table. New columns are only ever added at the end."""

TABLE_COLUMNS = tuple(column for column in CALL_COLUMNS if column.table)
"""Columns of the native table and of pandas."""

PAGE_COLUMNS = tuple(column for column in CALL_COLUMNS if column.page)
"""Columns of the report page."""


def as_object(call: Call) -> dict[str, Any]:
    """Return a call as data for JSON, with every column that has a ``key``."""
    result: dict[str, Any] = dict.fromkeys(_OBJECT)
    result["nearest"] = dict.fromkeys(_NEAREST)
    for column in CALL_COLUMNS:
        if not column.key:
            continue
        value = plain(column.value(call))
        value = column.json_missing if value is None else value
        key, _, below = column.key.partition(".")
        if below:
            result[key] = {**(result[key] or {}), below: value}
        else:
            result[key] = value
    if call.reference is None:
        result["nearest"] = None
    return result


def for_page(column: CallColumn, call: Call) -> Any:
    """Return the value of a column as on the report page: as in JSON, but a lineage is one text."""
    value = column.value(call)
    return " > ".join(filter(None, value.names)) if isinstance(value, Lineage) else plain(value)


def docs_table() -> str:
    """Return the table of the native table's columns for docs/formats.md."""
    rows = [
        (" ".join(column.name for column in columns), meaning)
        for meaning, columns in groupby(TABLE_COLUMNS, key=lambda column: column.meaning)
    ]
    return "\n".join(["| columns | what |", "|---|---|", *(f"| `{names}` | {meaning} |" for names, meaning in rows)])
