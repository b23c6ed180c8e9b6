"""The files of a journal on disk: made and deleted as a whole, locked, cut at the edge of a block, parsed."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import IO, Any

import numpy as np

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

from barcodeembed.embeddings.schema import OBS_COLUMNS
from barcodeembed.errors import InputError, MismatchError, OutputError, UsageError

FILES = ("settings.json", "vectors.bin", "rows.jsonl")
FLOAT = np.dtype("<f4")
FIELDS = ("id", *OBS_COLUMNS)
"""The keys of a line of ``rows.jsonl``, in their order."""

START_AGAIN = "start again with --force"


def discard(directory: str | os.PathLike[str]) -> None:
    """Delete the journal in ``directory``, if there is one: only the files of a journal, nothing else in it.

    Raises
    ------
    OutputError
        if it cannot be deleted, as when it holds other files.
    """
    directory = Path(directory)
    try:
        delete_files(scratch_of(directory))
        if (directory / "rows.jsonl").exists():
            lock(directory).close()
        if directory.exists():
            # Out of the way in one step: a half-deleted journal must not look like one to resume.
            directory.rename(scratch_of(directory))
            delete_files(scratch_of(directory))
    except OSError as error:
        raise OutputError(f"cannot delete {directory}: {error.strerror}") from error


def scratch_of(directory: Path) -> Path:
    """Where a journal is before it is whole and while it is deleted; what is left there is of no use."""
    return directory.with_name(directory.name + ".tmp")


def delete_files(directory: Path) -> None:
    """Delete a journal's own files, then the directory, which must hold nothing else."""
    if directory.exists():
        for name in FILES:
            (directory / name).unlink(missing_ok=True)
        directory.rmdir()


def lock(directory: Path) -> io.FileIO:
    """Keep other runs out while the returned file is open; where the disk knows no locks, hope.

    Raises
    ------
    UsageError
        if another run is writing.
    """
    guard = open(directory / "rows.jsonl", "ab", buffering=0)  # noqa: SIM115
    if fcntl is not None:
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            guard.close()
            raise UsageError(f"{directory} is being written by another run: wait for it or stop it") from error
        except OSError:
            return guard
    return guard


def write_all(file: io.FileIO, data: bytes) -> None:
    """Write all of ``data``; one call of the system may take only a part of it."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def read_settings(directory: Path) -> tuple[int, dict[str, Any]]:
    """``dim`` and the settings that a journal was begun with.

    Raises
    ------
    InputError
        if there is no journal, or its settings are damaged.
    """
    if not directory.is_dir():
        raise InputError("there is no unfinished run to resume", path=directory)
    try:
        content = json.loads((directory / "settings.json").read_bytes())
        dim, settings = int(content["dim"]), dict(content["settings"])
        if dim < 1 or int(settings["block"]) < 1:
            raise ValueError(f"dim is {dim}, block {settings['block']}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"the journal's settings are damaged ({error})", path=directory, hint=START_AGAIN) from error
    return dim, settings


def check_settings(directory: Path, begun: dict[str, Any], now: dict[str, Any]) -> None:
    """Make sure that a run goes on as it was begun.

    Raises
    ------
    MismatchError
        naming the first setting that differs.
    """
    for name in begun | now:
        if name not in begun or name not in now or begun[name] != now[name]:
            old, new = (repr(settings[name]) if name in settings else "not set" for settings in (begun, now))
            raise MismatchError(
                f"{directory} was begun with {name} = {old}, this run has {new}; "
                f"use the same settings, or {START_AGAIN}"
            )


def block_ends(rows: IO[bytes], block: int, directory: Path) -> Iterator[int]:
    """Offsets of the ends of the whole blocks in ``rows``; each row is parsed, so that damage shows now."""
    end = 0
    for first in count(0, block):
        lines = list(islice(rows, block))
        if len(lines) < block or not lines[-1].endswith(b"\n"):
            return
        parse_rows(lines, directory, first)
        end += sum(map(len, lines))
        yield end


def parse_rows(lines: list[bytes], directory: Path, first: int) -> list[dict[str, Any]]:
    """Records of the rows from ``first`` on; all at once, which is twice as fast as one by one.

    Raises
    ------
    InputError
        naming the rows, if they are damaged.
    """
    try:
        records = json.loads(b"[" + b",".join(lines) + b"]")
        if [tuple(record) for record in records] != [FIELDS] * len(lines):
            raise ValueError("not the columns of a row")
    except (ValueError, TypeError) as error:
        raise InputError(
            f"the journal is damaged in rows {first + 1} to {first + len(lines)} ({error})",
            path=directory / "rows.jsonl",
            hint=START_AGAIN,
        ) from error
    return records
