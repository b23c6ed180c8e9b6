"""Make barcodes of sequences as a Python program has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from os import PathLike
from typing import Any, Protocol

from barcodeembed.errors import UsageError
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.formats.characters import cleaned
from barcodeembed.sequences.formats.sources import ReadCounts


class SequenceRecord(Protocol):
    """A record with an id and a sequence; ``Bio.SeqRecord.SeqRecord`` is one."""

    id: Any
    seq: Any


Given = str | SequenceRecord | tuple[str, str]
"""A sequence, a record with an id and a sequence, or a pair of id and sequence."""

WHERE = "the sequences given"
"""Stands for the name of the file in messages."""


def barcodes_given(sequences: Iterable[Given], counts: ReadCounts | None = None) -> Iterator[Barcode]:
    """Yield the barcodes of sequences, in order. A sequence without an id gets its number, from 1 on, as its id.

    Raises
    ------
    UsageError
        if one sequence is given instead of several, or (while reading) for something that is not a sequence.
    """
    if isinstance(sequences, str | bytes):
        raise UsageError("give a list of sequences, not a single one")
    return _barcodes(sequences, ReadCounts() if counts is None else counts)


def _barcodes(sequences: Iterable[Given], counts: ReadCounts) -> Iterator[Barcode]:
    for number, given in enumerate(sequences, start=1):
        counts.read += 1
        yield cleaned(_barcode(given, number), WHERE, number, counts)


def _barcode(given: Given, number: int) -> Barcode:
    if isinstance(given, str):
        return Barcode(str(number), given)
    if isinstance(given, tuple) and len(given) == 2:
        return Barcode(str(given[0]), str(given[1]))
    if not hasattr(given, "seq") or getattr(given, "seq", None) is None:
        kind = type(given).__name__
        raise UsageError(f"sequence {number} is of type {kind}: give text, a SeqRecord or a pair of id and sequence")
    marks = getattr(given, "letter_annotations", {}).get("phred_quality")
    quality = bytes(marks) if marks else b""
    return Barcode(str(given.id), str(given.seq), quality=quality)


def files_given(queries: object) -> list[str] | None:
    """Return the file if ``queries`` is the name of one; None if it is a list of sequences."""
    return [str(queries)] if isinstance(queries, str | PathLike) else None
