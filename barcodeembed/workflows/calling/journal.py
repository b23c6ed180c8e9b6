"""The journal of ``classify --resume``: what was found of each read, kept so that a killed run goes on where it was.

It is one file, ``OUTPUT.partial``: a line with the settings and the outputs of the run, then a line for each whole
block of reads. A line begins with a checksum of itself and of all lines before it. What a kill has left behind the last
whole line is cut off.

Only what takes time is kept: where reads lie, and what each distinct sequence is called. Ids, samples and numbers of
reads come from the input again, which is read from its start and compared. So the outputs that are asked for and the
tables of samples may be others when a run goes on.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.classify.call import VERDICTS, Assignment
from barcodeembed.embeddings.journal_files import START_AGAIN, check_settings
from barcodeembed.errors import InputError, MismatchError, OutputError, UsageError
from barcodeembed.outputs.identity import is_own_file, open_own, through_links
from barcodeembed.outputs.staging import sweep, write_all, write_bytes, write_error
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.read_columns import READ_COLUMNS
from barcodeembed.taxonomy import Lineage
from barcodeembed.workflows.report.report_data import MAX_POINTS
from barcodeembed.workflows.report.reservoir import Reservoir

FORMAT = "barcodeembed-calls-journal"

KEPT = tuple(column.name for column in READ_COLUMNS if column.calls or column.name == "status")
"""What is kept of a read; ``columns`` only where groups are made, as they are half of it."""

_FIELDS = {one.name: type(getattr(Assignment(), one.name)) for one in fields(Assignment)}
_LONGEST_HEAD = 1 << 20
_CHECK = 16  # bytes of a checksum
_NOT_KEPT = np.empty(0, dtype=np.float32)  # stands for a vector that the page does not draw

Vector = NDArray[np.float32]


@dataclass(frozen=True)
class Answers:
    """What was found of a block of B reads.

    Attributes
    ----------
    ids
        (B,) as they stand in the input.
    keys
        (B,) what tells sequences and their qualities apart (:func:`~barcodeembed.sequences.batches.with_quality`).
    reads
        (B,) what is known of each, by the names of ``READ_COLUMNS``.
    expected
        (B,) errors expected by the qualities of a read; NaN without qualities.
    new
        by index in the block: what the first read of each sequence that was not known is called.
    vectors
        by index: their vectors (D,), but of those that are rejected.
    """

    ids: list[str]
    keys: list[str]
    reads: list[Mapping[str, Any]]
    expected: list[float]
    new: dict[int, Assignment]
    vectors: dict[int, Vector]


class CallJournal:
    """The journal of one run, open; first its blocks are read (:meth:`blocks`), then others appended.

    ``n_rows`` is the number of reads that it has, as far as it was read; ``is_new`` tells whether this run began it.
    """

    def __init__(self, path: Path, settings: Mapping[str, Any], block: int, outputs: Iterable[Path] = ()) -> None:
        """Open the journal at ``path``, or begin one for a run that writes ``outputs``.

        ``block`` is the number of reads in a whole block.

        Raises
        ------
        MismatchError
            if ``settings`` are not those it was begun with; names the first that differs.
        InputError
            if it is damaged, or no journal.
        OutputError
            if it can't be written.
        """
        self.path, self.n_rows = path, 0
        self._block, self._with_columns = block, bool(settings["groups"])
        self._drawn = Reservoir(MAX_POINTS)
        now = json.loads(json.dumps(dict(settings)))
        self.is_new = not os.path.lexists(path)
        if self.is_new:
            head = {"format": FORMAT, "settings": now, "outputs": [os.path.realpath(output) for output in outputs]}
            write_bytes(path, _line(b"", head)[1])
        check_settings(path, _head(path)["settings"], now)
        try:
            self._file = io.FileIO(open_own(path, os.O_RDWR | os.O_APPEND), "a+")
        except OSError as error:
            raise write_error(path, error) from error
        self._check = b""

    def blocks(self) -> Iterator[Answers]:
        """Yield the blocks that are whole, in their order; what comes behind them is cut off at the end.

        A vector that the page does not draw is empty.

        Raises
        ------
        InputError
            if a block is not what was written.
        """
        end, check = 0, b""
        with open(os.dup(self._file.fileno()), "rb") as stream:
            stream.seek(0)
            for number, line in enumerate(stream):
                if not line.endswith(b"\n"):
                    break
                content, next_check = _content(line, check, self.path)
                if number:
                    if len(content.get("rows", ())) < self._block:
                        break  # the end of the input: it may have got longer
                    answers = self._parse(content)
                    self.n_rows += len(answers.ids)
                    yield answers
                end, check = end + len(line), next_check
        self._check = check
        self._file.truncate(end)

    def append(self, answers: Answers) -> None:
        """Add a block. On return it is with the operating system and survives the death of this process.

        Raises
        ------
        OutputError
            if it can't be written.
        """
        self._check, line = _line(self._check, self._content_of(answers))
        try:
            write_all(self._file, line)
        except OSError as error:
            raise write_error(self.path, error, "run again with --resume") from error
        self.n_rows += len(answers.ids)

    @property
    def kept(self) -> str:
        """What a run that ends early leaves, in words."""
        if not self.n_rows:
            return "no read was done yet"
        return f"{self.n_rows:,} reads are kept in {self.path}, run again with --resume"

    def close(self) -> None:
        """Take no more blocks."""
        self._file.close()

    def _content_of(self, answers: Answers) -> dict[str, Any]:
        rows = [
            [id, key.removeprefix(read["sha1"]), *(read[name] for name in KEPT), None if np.isnan(errors) else errors]
            for id, key, read, errors in zip(answers.ids, answers.keys, answers.reads, answers.expected, strict=True)
        ]
        drawn = {i: vector for i, vector in answers.vectors.items() if self._drawn.place() >= 0}
        content: dict[str, Any] = {
            "rows": rows,
            "new": {i: _values(found) for i, found in answers.new.items()},
            "drawn": {i: b64encode(vector.astype("<f4").tobytes()).decode() for i, vector in drawn.items()},
        }
        if self._with_columns:
            content["columns"] = [read["columns"] for read in answers.reads]
        return content

    def _parse(self, content: Mapping[str, Any]) -> Answers:
        try:
            rows = content["rows"]
            reads: list[Mapping[str, Any]] = [dict(zip(KEPT, row[2:-1], strict=True)) for row in rows]
            keys = [read["sha1"] + row[1] for read, row in zip(reads, rows, strict=True)]
            if self._with_columns:
                reads = [{**read, "columns": text} for read, text in zip(reads, content["columns"], strict=True)]
            new = {int(i): _assignment(values) for i, values in content["new"].items()}
            vectors = {i: _NOT_KEPT for i, found in new.items() if found.verdict}
            drawn = {int(i): text for i, text in content["drawn"].items()}
            for i in vectors:
                if (self._drawn.place() >= 0) != (i in drawn):
                    raise ValueError("vectors that were not asked for")
            vectors |= {i: np.frombuffer(b64decode(text), dtype="<f4") for i, text in drawn.items()}
            expected = [float("nan") if row[-1] is None else float(row[-1]) for row in rows]
            return Answers([str(row[0]) for row in rows], keys, reads, expected, new, vectors)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise InputError(f"the journal is damaged ({error})", path=self.path, hint=START_AGAIN) from error


def journal_path(output: Path) -> Path:
    """Return where a run that can be resumed keeps what it has."""
    return output.with_name(output.name + ".partial")


def outputs_of(path: Path) -> frozenset[str]:
    """Return the outputs of the run that began a journal, as absolute paths: what is there was made by that run.

    Raises
    ------
    InputError
        if it is no journal, or damaged.
    """
    return frozenset(map(str, _head(path)["outputs"]))


def _head(path: Path) -> dict[str, Any]:
    """The first line of a journal."""
    hint = f"move it away, or {START_AGAIN}"
    try:
        with io.FileIO(open_own(path, os.O_RDONLY), "r") as file, io.BufferedReader(file) as stream:
            line = stream.readline(_LONGEST_HEAD)
        content, _ = _content(line, b"", path)
        if content["format"] != FORMAT or not line.endswith(b"\n"):
            raise ValueError(f"its format is {content['format']!r}")
        return {**content, "settings": dict(content["settings"]), "outputs": list(content["outputs"])}
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"this is no journal of an unfinished run ({error})", path=path, hint=hint) from error


def other_input(journal: str, id: str, found: Barcode | None) -> MismatchError:
    """Return the error for a read of a journal in whose place the input has another one, or none."""
    what = f"is {found.id!r}" if found else "is missing"
    return MismatchError(
        f"{journal} was made from other input: where it has {id!r}, the input's record {what} or has other bases or "
        f"qualities; resume with the same input, or {START_AGAIN}"
    )


def discard(path: Path) -> None:
    """Delete the journal at ``path``, if there is one.

    Raises
    ------
    UsageError
        if it is something else.
    OutputError
        if it can't be deleted.
    """
    sweep(through_links(path))  # a run may have been killed while it began the journal
    if not os.path.lexists(path):
        return
    if not is_own_file(path) or not _begins_as_journal(path):
        raise UsageError(f"{path} is no journal of an unfinished run: move it away")
    try:
        path.unlink()
    except OSError as error:
        raise OutputError(f"cannot delete {path}: {error.strerror}") from error


def _begins_as_journal(path: Path) -> bool:
    """Whether a file is a journal, be it damaged."""
    with path.open("rb") as stream:
        return f'"{FORMAT}"'.encode() in stream.read(200)


def _line(before: bytes, content: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """The checksum of a line, and the line; ``before`` is the checksum of the line before."""
    text = json.dumps(content, separators=(",", ":"), default=lambda number: number.item()).encode()
    check = hashlib.blake2b(before + text, digest_size=_CHECK).digest()
    return check, check.hex().encode() + b" " + text + b"\n"


def _content(line: bytes, before: bytes, path: Path) -> tuple[dict[str, Any], bytes]:
    """The content of a line and its checksum."""
    said, _, text = line.rstrip(b"\n").partition(b" ")
    check = hashlib.blake2b(before + text, digest_size=_CHECK).digest()
    if said != check.hex().encode():
        raise InputError("a block of the journal is not what was written", path=path, hint=START_AGAIN)
    try:
        return dict(json.loads(text)), check
    except (ValueError, TypeError, RecursionError) as error:
        raise InputError(f"the journal is damaged ({error})", path=path, hint=START_AGAIN) from error


def _values(found: Assignment) -> list[Any]:
    """What JSON has of an assignment, in the order of its fields."""
    return [found.lineage.names if name == "lineage" else getattr(found, name) for name in _FIELDS]


def _assignment(values: Sequence[Any]) -> Assignment:
    """The assignment that these values were made of; each is of the kind that its field has.

    Raises
    ------
    TypeError, ValueError
        if there are more or fewer, or one is of another kind.
    """
    read: dict[str, Any] = {}
    for (name, kind), value in zip(_FIELDS.items(), values, strict=True):
        read[name] = Lineage(tuple(map(str, value))) if kind is Lineage else kind(value)
    if read["verdict"] not in ("", *VERDICTS):
        raise ValueError(f"verdict {read['verdict']!r}")
    return Assignment(**read)
