"""The columns that say something about a read, declared in this one place.

The embedding file (``/obs``), the journal of a run, the calls in every format that has columns, the report page and the
tables of docs/formats.md take their columns from :data:`READ_COLUMNS`. To add a column, add one line at its end, with
``missing`` (the value for rows of older files) and, if calls should show it, ``calls``. If the column needs to know
something new about the input, add it to :class:`~barcodeembed.sequences.barcode.Barcode`. Then run the tests with
``--update-golden``, which also writes the tables of docs/formats.md anew.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.batches import Block
from barcodeembed.sequences.codes import Codes, pack, unpack


@dataclass(frozen=True)
class ReadColumn:
    """A column that says something about a read.

    Attributes
    ----------
    name
        name of the column, in every file.
    type
        ``str``, ``np.int32`` or ``np.float32``.
    meaning
        explanation, for docs/formats.md.
    values
        function that returns the values (B,) for a block of B reads.
    calls
        where calls show it: ``"everywhere"``; in the ``"table"`` and in JSON lines; in ``"json"`` lines only; or ``""``
        for nowhere, if only the embedding file has it.
    when_placed
        whether calls leave it empty for a read that could not be placed.
    missing
        the value for rows of embedding files that were made before this column existed. None for the columns of format
        version 1, without which a file is refused.
    """

    name: str
    type: type
    meaning: str
    values: Callable[[Block], Sequence[Any]]
    calls: Literal["", "json", "table", "everywhere"] = ""
    when_placed: bool = False
    missing: str | int | float | None = None


def _each(value: Callable[[Barcode], Any]) -> Callable[[Block], Sequence[Any]]:
    """Return a function that computes the value for each barcode of a block."""
    return lambda block: [value(barcode) for barcode in block.barcodes]


def _start(block: Block) -> Sequence[Any]:
    places = block.placements
    return np.where(places.placed, places.start, -1).tolist()


def _score(block: Block) -> Sequence[Any]:
    places = block.placements
    return np.where(places.placed, places.score.round(4), np.nan).tolist()


def _columns(block: Block) -> Sequence[Any]:
    places = block.placements
    packed = pack(places.columns) if places.columns.size else places.columns
    rows = zip(packed, places.placed, strict=True)
    return [b64encode(row.tobytes()).decode() if placed else "" for row, placed in rows]


def decode_columns(texts: Sequence[str], width: int) -> Codes:
    """Return the bases on columns (n, C) of texts (n,) of the column ``columns``; ``width`` is C.

    Raises
    ------
    ValueError
        if a text has another number of columns.
    """
    rows = [b64decode(text, validate=True) for text in texts]
    if any(len(row) != width // 2 for row in rows):
        raise ValueError(f"the bases are not on {width} barcode columns")
    return unpack(np.frombuffer(b"".join(rows), dtype=np.uint8).reshape(len(rows), width // 2))


_AMBIGUOUS = "bases that are not A, C, G or T"
_STRAND = "`+`, `-`; empty if not placed"
_START = (
    "barcode column (0 to 657) of the first base of the oriented read; negative if flank comes before; "
    "-1 where `strand` is empty"
)
_SCORE_SAYS = (
    "mean log-odds per covered column, in bits: about 1.2 for insects, 0.5 to 1.2 for other animals; NaN if not placed"
)
_STOPS = "TAA and TAG in the reading frame (stops in all animal mitochondrial codes but a few worms')"
_SECOND = "strand and start (as above) of another barcode in the read, `-:-709`; empty where there is none"
_SHA1 = "SHA-1 of the cleaned sequence, as `vsearch --relabel_sha1` names it"
_COLUMNS = (
    "base sets on the 658 barcode columns (A 1, C 2, G 4, T 8, none 0), two columns a byte, the first in the lower "
    "half, as base64: what `classify` compares; empty if not placed"
)
_LINEAGE = "`k:...,p:...` as far as the input told; empty otherwise"

READ_COLUMNS = (
    ReadColumn("length", np.int32, "bases after cleaning", _each(lambda read: len(read.sequence)), "everywhere"),
    ReadColumn("n_ambiguous", np.int32, _AMBIGUOUS, _each(lambda read: read.n_ambiguous), "everywhere"),
    ReadColumn("strand", str, _STRAND, lambda b: list(map(str, b.placements.strand)), "everywhere"),
    ReadColumn("start", np.int32, _START, _start, "everywhere", when_placed=True),
    ReadColumn("score", np.float32, _SCORE_SAYS, _score, "table"),
    ReadColumn("stops", np.int32, _STOPS, lambda b: b.placements.stops.tolist(), "everywhere", when_placed=True),
    ReadColumn("flags", str, "comma-joined, see below", lambda b: list(b.placements.flags), "everywhere"),
    ReadColumn("status", str, "see below", lambda b: b.status),
    ReadColumn("sha1", str, _SHA1, lambda b: b.sha1, "table"),
    ReadColumn("lineage", str, _LINEAGE, _each(lambda read: read.lineage.to_sintax())),
    ReadColumn("bin", str, "BIN as far as the input told", _each(lambda read: read.bin)),
    ReadColumn("second", str, _SECOND, lambda b: list(b.placements.second), "everywhere", missing=""),
    ReadColumn("columns", str, _COLUMNS, _columns, missing=""),
)
"""All columns, in the order of the embedding file; new ones are added at the end only."""


def read_columns(block: Block) -> dict[str, Sequence[Any]]:
    """Return the values (B,) of every column for a block of B reads, by name of the column."""
    return {column.name: column.values(block) for column in READ_COLUMNS}


def docs_table() -> str:
    """Return the table of the columns of the embedding file for docs/formats.md."""
    rows = [f"| `{column.name}` | {column.meaning} |" for column in READ_COLUMNS]
    return "\n".join(["| column | what |", "|---|---|", *rows])
