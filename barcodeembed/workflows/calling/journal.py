"""The journal of ``classify --resume``: what was found of each read, kept so that a killed run can go on.

It is one file, ``OUTPUT.partial``: a line with the settings and the outputs of the run, then one line for each complete
block of reads. A line begins with a checksum of itself and of all lines before it. Whatever a kill has left after the
last complete line is cut off.

Only results that take time are kept: where reads lie, and what each distinct sequence is called. Ids, samples and
numbers of reads are read again from the start of the input and compared with the journal. So a run that goes on may be
asked for other outputs and other tables of samples than the run that was killed.
"""

from __future__ import annotations

import io
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from barcodeembed.classify.call import VERDICTS, Assignment
from barcodeembed.embeddings.journal_files import START_AGAIN, check_settings
from barcodeembed.errors import InputError, MismatchError
from barcodeembed.outputs.failures import write_error
from barcodeembed.outputs.identity import open_own
from barcodeembed.outputs.staging import write_all, write_bytes
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.read_columns import READ_COLUMNS
from barcodeembed.taxonomy import Lineage
from barcodeembed.workflows.calling.journal_file import FORMAT, read_head, sealed, unsealed
from barcodeembed.workflows.embedding import Vector
from barcodeembed.workflows.report.report_data import MAX_POINTS
from barcodeembed.workflows.report.reservoir import Reservoir

KEPT = tuple(column.name for column in READ_COLUMNS if column.calls or column.name == "status")
"""Columns that are kept of a read. ``columns``, which takes half of the space, is kept only if groups are made."""

_FIELDS = {one.name: type(getattr(Assignment(), one.name)) for one in fields(Assignment)}
_NOT_KEPT = np.empty(0, dtype=np.float32)  # in place of a vector that the report page does not draw


@dataclass(frozen=True)
class Answers:
    """What was found of a block of B reads.

    Attributes
    ----------
    ids
        ids as in the input (B).
    keys
        for each read, the hash of its sequence and qualities (:func:`~barcodeembed.sequences.batches.with_quality`)
        (B).
    reads
        for each read, the values of ``READ_COLUMNS`` by name (B).
    expected
        for each read, the number of errors that its qualities predict (B); NaN without qualities.
    new
        calls of the sequences that were new in this block, by the number, within the block, of their first read.
    vectors
        vectors (D,) of these reads by the same number; a rejected read has none.
    """

    ids: list[str]
    keys: list[str]
    reads: list[Mapping[str, Any]]
    expected: list[float]
    new: dict[int, Assignment]
    vectors: dict[int, Vector]


class CallJournal:
    """The open journal of one run. Its blocks must be read (:meth:`blocks`) before others are appended.

    ``n_rows`` is the number of reads in it, as far as it was read. ``is_new`` tells whether this run began it.
    """

    def __init__(
        self,
        path: Path,
        settings: Mapping[str, Any],
        block: int,
        outputs: Iterable[Path] = (),
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        """Open the journal at ``path``, or begin one for a run that writes ``outputs``.

        ``block`` is the number of reads in a complete block. ``say`` is told after how many reads the run goes on.

        Raises
        ------
        MismatchError
            if ``settings`` are not those that it was begun with; the message names the first that differs.
        InputError
            if it is damaged, or is not a journal.
        OutputError
            if it cannot be written.
        """
        self.path, self.n_rows, self._say = path, 0, say
        self._block, self._with_columns = block, bool(settings["groups"])
        self._drawn = Reservoir(MAX_POINTS)
        now = json.loads(json.dumps(dict(settings)))
        self.is_new = not os.path.lexists(path)
        if self.is_new:
            head = {"format": FORMAT, "settings": now, "outputs": [os.path.realpath(output) for output in outputs]}
            write_bytes(path, sealed(b"", head)[1])
        check_settings(path, read_head(path)["settings"], now)
        try:
            self._file = io.FileIO(open_own(path, os.O_RDWR | os.O_APPEND), "a+")
        except OSError as error:
            raise write_error(path, error) from error
        self._check = b""

    def blocks(self) -> Iterator[Answers]:
        """Yield the complete blocks in their order. What follows the last one is cut off at the end.

        A vector that the report page does not draw is empty.

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
                content, next_check = unsealed(line, check, self.path)
                if number:
                    if len(content.get("rows", ())) < self._block:
                        break  # a short block was the end of the input, which may have grown since
                    answers = self._parse(content)
                    self.n_rows += len(answers.ids)
                    yield answers
                end, check = end + len(line), next_check
        self._check = check
        self._file.truncate(end)
        if not self.is_new:
            self._say(f"going on after {self.n_rows:,} reads, which are kept in {self.path}")

    def append(self, answers: Answers) -> None:
        """Add a block. When this returns, the operating system has the block, so it survives the end of this process.

        Raises
        ------
        OutputError
            if it cannot be written.
        """
        self._check, line = sealed(self._check, self._content_of(answers))
        try:
            write_all(self._file, line)
        except OSError as error:
            raise write_error(self.path, error, "run again with --resume") from error
        self.n_rows += len(answers.ids)

    @property
    def kept(self) -> str:
        """Say in words what a run that ends early leaves."""
        if not self.n_rows:
            return "no read was done yet"
        return f"{self.n_rows:,} reads are kept in {self.path}, run again with --resume"

    def close(self) -> None:
        """Close the file; nothing can be appended afterwards."""
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


def other_input(journal: str, id: str, found: Barcode | None) -> MismatchError:
    """Return the error that is raised if the input has another read, or none, where the journal has ``id``."""
    what = f"is {found.id!r}" if found else "is missing"
    return MismatchError(
        f"{journal} was made from other input: where it has {id!r}, the input's record {what} or has other bases or "
        f"qualities; resume with the same input, or {START_AGAIN}"
    )


def _values(found: Assignment) -> list[Any]:
    """Return the fields of an assignment, in order, as values for JSON."""
    return [found.lineage.names if name == "lineage" else getattr(found, name) for name in _FIELDS]


def _assignment(values: Sequence[Any]) -> Assignment:
    """Return the assignment that has these field values, after checking the type of each.

    Raises
    ------
    TypeError, ValueError
        if there are more or fewer values than fields, or one has the wrong type.
    """
    read: dict[str, Any] = {}
    for (name, kind), value in zip(_FIELDS.items(), values, strict=True):
        read[name] = Lineage(tuple(map(str, value))) if kind is Lineage else kind(value)
    if read["verdict"] not in ("", *VERDICTS):
        raise ValueError(f"verdict {read['verdict']!r}")
    return Assignment(**read)
