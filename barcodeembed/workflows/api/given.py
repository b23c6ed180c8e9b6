"""Take sequences as a Python program has them, and say what is wrong with them in its words."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from typing import Any, Protocol

from barcodeembed.errors import BarcodeembedError, UsageError
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.formats.characters import cleaned
from barcodeembed.sequences.formats.sources import ReadCounts


class SequenceRecord(Protocol):
    """A record with an id and a sequence; ``Bio.SeqRecord.SeqRecord`` is one."""

    id: Any
    seq: Any


Given = str | SequenceRecord | tuple[str, str]
"""A sequence, a record with an id and a sequence, or a pair of id and sequence."""

_OPTION = re.compile(r"--([a-z][a-z-]*[a-z])")
# Longer than words that happen to be made of the letters of bases, such as "data".
_SEQUENCE = re.compile(r"[ACGTUNRYKMSWBDHV.\s-]{20,}", re.IGNORECASE)

WHERE = "the sequences given"
"""Stands for the name of the file in messages."""


def barcodes_given(sequences: Iterable[Given], counts: ReadCounts | None = None) -> Iterator[Barcode]:
    """Yield the barcodes of sequences, in order. A sequence without an id gets its number, from 1 on, as its id.

    Raises
    ------
    UsageError
        if something else than several sequences is given, or (while reading) for something that is not a sequence.
    """
    if isinstance(sequences, str | bytes) or hasattr(sequences, "reverse_complement"):  # Biopython's have it
        raise UsageError("give a list of sequences, not a single one")
    if hasattr(sequences, "read"):
        raise UsageError("this is an open file: give the records in it (Bio.SeqIO.parse makes them), or its name")
    if isinstance(sequences, Mapping):
        raise UsageError("this is a dict: give its items(), pairs of id and sequence, or its values()")
    if hasattr(sequences, "columns"):
        raise UsageError("this is a table: give its column of sequences, or pairs of id and sequence (zip makes them)")
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
    """Return the file if ``queries`` is the name of one; None if it is a list of sequences.

    Raises
    ------
    UsageError
        if it is a text of bases or of FASTA, and no such file exists.
    """
    if not isinstance(queries, str | PathLike):
        return None
    name = str(queries)
    if ("\n" in name or _SEQUENCE.fullmatch(name)) and not os.path.exists(name):
        raise UsageError("this text is a sequence, or several: give a list of sequences, or the name of a file")
    return [name]


@contextmanager
def words_of_python() -> Iterator[None]:
    """Name arguments instead of options in errors of the package: ``min_confidence`` for ``--min-confidence``."""
    try:
        yield
    except BarcodeembedError as error:
        error.args = (_OPTION.sub(lambda option: option[1].replace("-", "_"), str(error)),)
        raise
