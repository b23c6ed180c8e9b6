"""The journal of a run: the rows that are done, kept so that a run killed at any point can go on where it was.

A journal is a directory ``<output>.partial/`` with ``settings.json``, ``vectors.bin`` (raw little-endian float32 rows),
``rows.jsonl`` (one JSON object for each row: the id and the columns of ``/obs``) and ``checks.bin`` (a checksum of each
whole block, written last). The directory exists whole or not at all: it is renamed into place when it is made, and out
of place when it is removed.

Rows are counted in blocks of fixed size, which the settings keep as ``block``. A resumed run goes on at the edge of a
block, so that its batches, and with them the last bit of each vector, are those of an uninterrupted run. Only the end
of the input makes a shorter block; if the run dies after it, that block is computed again.
"""

from __future__ import annotations

import json
import os
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from barcodeembed.embeddings import journal_files as files
from barcodeembed.embeddings.schema import OBS_COLUMNS, Rows, checked_rows
from barcodeembed.embeddings.writer import EmbeddingWriter
from barcodeembed.errors import InputError, OutputError, UsageError
from barcodeembed.outputs.failures import write_error
from barcodeembed.outputs.staging import write_all

_RESUME = "run again with --resume"
_to_json = json.JSONEncoder(separators=(",", ":")).encode


class Journal:
    """The rows of an unfinished run, made by :meth:`create` or :meth:`resume`; a context manager that closes it.

    Attributes
    ----------
    directory, dim, settings
        where it is, the width D of the vectors, and the settings of the run.
    block
        number of rows in a block.
    n_rows
        number of rows that are done; a multiple of ``block`` until the last append.
    """

    def __init__(self, directory: Path, dim: int, settings: dict[str, Any], offsets: Iterable[int] = (0,)) -> None:
        """Use :meth:`create` or :meth:`resume` instead. ``offsets`` are where each whole block begins in
        ``rows.jsonl``, and where the last ends."""
        self.directory = directory
        self.dim = dim
        self.settings = settings
        self.block = int(settings["block"])
        # Where each block begins in rows.jsonl, and the end of the last whole one: 8 bytes a block.
        self._offsets = array("q", offsets)
        self.n_rows = (len(self._offsets) - 1) * self.block
        try:
            # The lock is held until the journal is closed or removed, also while the final file is made from it.
            self._guard = files.lock(directory)
            # Unbuffered: what is written is with the system, and close has nothing left to fail on.
            self._vectors, self._rows, self._checks = (
                files.open_own_file(directory / name, "a") for name in ("vectors.bin", "rows.jsonl", "checks.bin")
            )
            # Remove what a killed run wrote after the last whole block.
            self._vectors.truncate(self.n_rows * self._row_bytes)
            self._rows.truncate(self._offsets[-1])
            self._checks.truncate(self.n_rows // self.block * files.CHECK_BYTES)
        except OSError as error:
            raise write_error(directory, error, _RESUME) from error

    @classmethod
    def create(cls, directory: str | os.PathLike[str], dim: int, settings: Mapping[str, Any]) -> Journal:
        """Begin an empty journal.

        ``settings`` are values that JSON can hold; ``block`` must be one of them, a positive number of rows.

        Raises
        ------
        UsageError
            if there already is a journal in ``directory``, or something else.
        OutputError
            if it cannot be written.
        """
        directory = Path(directory)
        if int(settings["block"]) < 1:
            raise ValueError(f"block is {settings['block']}, expected a positive number of rows")
        if os.path.lexists(directory):
            if not files.is_journal(directory):
                raise UsageError(f"{directory} {files.NOT_OURS}")
            raise UsageError(f"{directory} holds an unfinished run; go on with --resume, or {files.START_AGAIN}")
        text = json.dumps({"dim": dim, "settings": dict(settings)}, indent=1)
        try:
            files.create(directory, text)
        except OSError as error:
            raise write_error(directory, error, _RESUME) from error
        return cls(directory, dim, json.loads(text)["settings"])

    @classmethod
    def resume(cls, directory: str | os.PathLike[str], settings: Mapping[str, Any]) -> Journal:
        """Open the journal of a killed run, shortened to the last block that is complete in all files.

        Raises
        ------
        MismatchError
            if ``settings`` differ from those it was begun with; the message names the first that differs.
        InputError
            if it does not exist or is damaged.
        OutputError
            if it cannot be written.
        """
        directory = Path(directory)
        dim, begun = files.read_settings(directory)
        files.check_settings(directory, begun, json.loads(json.dumps(dict(settings))))
        try:
            offsets = [0, *files.block_ends(directory, dim, begun["block"])]
        except OSError as error:
            raise files.damaged_journal("the journal is damaged", error, directory) from error
        return cls(directory, dim, begun, offsets)

    @property
    def _row_bytes(self) -> int:
        return self.dim * files.FLOAT.itemsize

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def append(self, ids: Sequence[str], vectors: np.ndarray, obs: Mapping[str, Sequence[Any] | np.ndarray]) -> None:
        """Add rows: ``ids`` (n,), ``vectors`` (n, D), and for each of ``OBS_COLUMNS`` n values.

        They must be whole blocks unless the input ends. When the call returns, the rows are with the operating system
        and survive the death of this process. After an error the journal takes no more rows.

        Raises
        ------
        ValueError
            if rows follow a block that is not whole, or as :func:`~barcodeembed.embeddings.schema.checked_rows` says.
        OutputError
            if they cannot be written.
        """
        if self.n_rows % self.block:
            raise ValueError(f"rows follow a block of {self.n_rows % self.block}, only the last may be short")
        ids, vectors, columns = checked_rows(self.dim, ids, vectors, obs)
        values = zip(ids, *(columns[name].tolist() for name in OBS_COLUMNS), strict=True)
        lines = [_to_json(dict(zip(files.FIELDS, row, strict=True))).encode() + b"\n" for row in values]
        raw = vectors.astype(files.FLOAT, copy=False).tobytes()
        try:
            write_all(self._vectors, raw)
            write_all(self._rows, b"".join(lines))
            write_all(self._checks, b"".join(self._checks_of(raw, lines)))
        except OSError as error:
            self.finish()
            raise write_error(self.directory, error, _RESUME) from error
        begin = self._offsets[-1]
        for line in lines:
            begin += len(line)
            self.n_rows += 1
            if self.n_rows % self.block == 0:
                self._offsets.append(begin)

    def _checks_of(self, raw: bytes, lines: Sequence[bytes]) -> Iterator[bytes]:
        """Yield the checksums of the whole blocks among these rows."""
        for first in range(0, len(lines) - self.block + 1, self.block):
            part = memoryview(raw)[first * self._row_bytes : (first + self.block) * self._row_bytes]
            yield files.check_of(part, b"".join(lines[first : first + self.block]))

    def finish(self) -> None:
        """Take no more rows. The rows can still be read, and other runs are still kept out."""
        for file in (self._vectors, self._rows, self._checks):
            file.close()

    def close(self) -> None:
        """Take no more rows and let other runs in."""
        self.finish()
        self._guard.close()

    def rows(self, start: int = 0, stop: int | None = None) -> Iterator[Rows]:
        """Yield the rows from ``start`` to before ``stop`` (default: the end), at most ``block`` at a time."""
        stop = self.n_rows if stop is None else min(stop, self.n_rows)
        if start >= stop:
            return
        with (
            open(self.directory / "rows.jsonl", "rb") as rows,
            open(self.directory / "vectors.bin", "rb") as raw,
        ):
            rows.seek(self._offsets[start // self.block])
            raw.seek(start * self._row_bytes)
            lines = islice(rows, start % self.block, None)
            for first in range(start, stop, self.block):
                n = min(self.block, stop - first)
                records = files.parse_rows(list(islice(lines, n)), self.directory, first)
                data = raw.read(n * self._row_bytes)
                if len(records) < n or len(data) < n * self._row_bytes:
                    raise InputError("rows of the journal are gone", path=self.directory, hint=files.START_AGAIN)
                vectors = np.frombuffer(data, dtype=files.FLOAT).reshape(n, self.dim)
                obs = {name: [record[name] for record in records] for name in OBS_COLUMNS}
                yield checked_rows(self.dim, [record["id"] for record in records], vectors, obs)

    def __iter__(self) -> Iterator[Rows]:
        return self.rows()

    def read_vectors(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return the vectors (n, D) float32 of the rows ``indices`` (n,), in this order, without loading the whole
        file."""
        rows = np.asarray(indices, dtype=np.int64)
        if rows.size == 0:
            return np.empty((0, self.dim), dtype=np.float32)
        if rows.min() < 0 or rows.max() >= self.n_rows:
            raise IndexError(f"rows {rows.min()} to {rows.max()} asked for, there are {self.n_rows}")
        stored = np.memmap(self.directory / "vectors.bin", dtype=files.FLOAT, mode="r", shape=(self.n_rows, self.dim))
        return np.asarray(stored[rows], dtype=np.float32)

    def remove(self) -> None:
        """Delete the journal; the run is over. Other files in its folder stay there."""
        self.close()
        files.discard(self.directory, finished=True)


def assemble(
    journal: Journal,
    path: str | os.PathLike[str],
    manifest: Mapping[str, str | int | float],
    dtype: str = "float32",
) -> None:
    """Write a journal that has all rows as the embedding file ``path``, in constant memory.

    The journal takes no more rows but stays; remove it afterwards. A run that dies in between has either the whole file
    or none, and a journal to resume.

    Raises
    ------
    OutputError
        if the file cannot be written.
    """
    journal.finish()
    try:
        with EmbeddingWriter(path, journal.dim, manifest, dtype) as writer:
            for ids, vectors, obs in journal:
                writer.append(ids, vectors, obs)
    except OutputError as error:
        raise OutputError(f"{error}; all rows are kept in {journal.directory}, {_RESUME}") from error
