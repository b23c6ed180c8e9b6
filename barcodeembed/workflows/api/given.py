"""Take sequences as a Python program has them, and say what is wrong with them in its words."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any, Protocol

from barcodeembed.errors import BarcodeembedError, UsageError
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.formats.characters import cleaned
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.taxonomy import RANKS


class SequenceRecord(Protocol):
    """A record with an id and a sequence; ``Bio.SeqRecord.SeqRecord`` is one."""

    id: Any
    seq: Any


Given = str | SequenceRecord | tuple[str, str]
"""A sequence, a record with an id and a sequence, or a pair of id and sequence."""

_OPTION = re.compile(r"--([a-z][a-z-]*[a-z])")
# Longer than words that happen to be made of the letters of bases, such as "data".
_SEQUENCE = re.compile(r"[ACGTUNRYKMSWBDHV.\s-]{20,}", re.IGNORECASE)
_NO_BASE = re.compile(r"[^ACGTUNRYKMSWBDHV\s*-]", re.IGNORECASE)

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
    if not isinstance(sequences, Iterable):
        raise UsageError(f"give a list of sequences, not {sequences!r}")
    return _barcodes(sequences, ReadCounts() if counts is None else counts)


def _barcodes(sequences: Iterable[Given], counts: ReadCounts) -> Iterator[Barcode]:
    for number, given in enumerate(sequences, start=1):
        counts.read += 1
        yield cleaned(_barcode(given, number), WHERE, number, counts)


def _barcode(given: Given, number: int) -> Barcode:
    name = str(given) if isinstance(given, str | PathLike) else ""
    if _NO_BASE.search(name) and os.path.isfile(name):
        raise UsageError(
            f"sequence {number} is the name of a file, {name!r}: give classify the name itself, without a list "
            "around it; embed takes the sequences that are in the file"
        )
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


def paths_given(paths: Any, argument: str) -> list[Path]:
    """Return the files or folders of an argument, which is one name or a list of names.

    Raises
    ------
    UsageError
        if it is neither.
    """
    if isinstance(paths, str | PathLike):
        return [Path(paths)]
    if hasattr(paths, "columns"):
        raise UsageError(f"{argument}: this is a table: write it to a file (to_csv does) and give the name of that")
    several = isinstance(paths, Iterable) and not isinstance(paths, bytes | Mapping)
    given: list[Any] = list(paths) if several else [paths]
    for path in given:
        if not isinstance(path, str | PathLike):
            raise UsageError(f"{argument}: give a name or a list of names, not {path!r}")
    return [Path(path) for path in given]


def model_given(model: object) -> str:
    """Return the name or file of a model as a text.

    Raises
    ------
    UsageError
        if it is something else.
    """
    if not isinstance(model, str | PathLike):
        raise UsageError(f"model: give a name or a file, not {model!r}")
    return str(model)


def thresholds_given(min_confidence: Any) -> dict[str, float]:
    """Return probabilities by rank: from one number for all ranks, numbers by rank, or a text as the command line takes
    it; none from None.

    Raises
    ------
    UsageError
        if it is none of these.
    """
    if min_confidence is None:
        return {}
    if isinstance(min_confidence, str):
        from barcodeembed.workflows.classify import min_confidences  # loads FAISS, which models do not need

        return min_confidences(min_confidence)
    asked = min_confidence if isinstance(min_confidence, Mapping) else dict.fromkeys(RANKS, min_confidence)
    try:
        return {rank: float(number) for rank, number in asked.items()}
    except (TypeError, ValueError):
        raise UsageError(
            f"min_confidence: {min_confidence!r} is neither a number nor numbers by rank, such as 0.9 or "
            "{'species': 0.95}"
        ) from None


@contextmanager
def words_of_python() -> Iterator[None]:
    """Name arguments instead of options in errors of the package: ``min_confidence`` for ``--min-confidence``, and
    ``force=True`` for ``--force``."""
    try:
        yield
    except BarcodeembedError as error:
        told = str(error).replace("or --force to", "or force=True to")
        error.args = (_OPTION.sub(lambda option: option[1].replace("-", "_"), told),)
        raise
