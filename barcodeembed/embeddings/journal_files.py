"""The files of a journal on disk: made and deleted as a whole, locked, shortened to whole blocks, parsed."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

from barcodeembed.embeddings.schema import OBS_COLUMNS
from barcodeembed.errors import InputError, MismatchError, OutputError, UsageError, reason_of
from barcodeembed.outputs import staging as outputs
from barcodeembed.outputs.identity import is_own_file, is_own_folder, open_own, through_links
from barcodeembed.outputs.staging import Staging
from barcodeembed.taxonomy import RANKS

FILES = ("settings.json", "vectors.bin", "rows.jsonl", "checks.bin")
FLOAT = np.dtype("<f4")
FIELDS = ("id", *OBS_COLUMNS)
"""Keys of a line of ``rows.jsonl``, in their order."""

CHECK_BYTES = 16
"""Length in bytes of the checksum of a block in ``checks.bin``."""

START_AGAIN = "start again with --force"

NOT_OURS = "is in the way: it is no unfinished run, or other files are in it; move it away"
"""What is said of a path at which a journal would be kept, if something else is there."""

_ROWS = "rows.jsonl"  # the file that is locked
_LONGEST_SETTINGS = 1 << 20
_DAMAGE = (OSError, ValueError, KeyError, TypeError, RecursionError)


def create(directory: Path, settings: str) -> None:
    """Make an empty journal, whole or not at all.

    Raises
    ------
    OSError
        if it cannot be made.
    """
    staging = Staging(directory)
    try:
        os.mkdir(staging.path)
        for name in FILES:
            with outputs.create(staging.path / name) as file:
                outputs.write_all(file, settings.encode() if name == "settings.json" else b"")
        os.rename(staging.path, staging.target)
    finally:
        staging.remove()


def discard(directory: str | os.PathLike[str], *, finished: bool = False) -> None:
    """Delete the journal in ``directory``, if there is one.

    If other files are in it, too, it is left alone, unless the run is ``finished``: then the files of the journal go,
    and the folder stays with the others.

    Raises
    ------
    UsageError
        if another run is writing it, if it is not a journal, or if other files are in it.
    OutputError
        if it cannot be deleted.
    """
    directory = Path(directory)
    if not os.path.lexists(directory):
        outputs.sweep(through_links(directory))  # a run may have been killed while it deleted the journal
        return
    if not finished and not is_journal(directory):
        raise UsageError(f"{directory} {NOT_OURS}")
    try:
        if is_own_file(directory / _ROWS):
            lock(directory).close()
        if finished and not is_journal(directory):
            for name in FILES:  # the settings first: a half-deleted journal must not look like one to resume
                (directory / name).unlink(missing_ok=True)
            return
        # It is moved away in one step first, for the same reason.
        staging = Staging(directory)
        try:
            os.rename(directory, staging.path)
        finally:
            staging.remove()
    except OSError as error:
        raise OutputError(f"cannot delete {directory}: {error.strerror}") from error


def is_journal(directory: Path) -> bool:
    """Return whether a path is a journal and nothing else: a folder of its files only, with all of them or at least
    with settings that can be read."""
    found = set(os.listdir(directory)) if is_own_folder(directory) else {""}
    if not found <= set(FILES) or not all(is_own_file(directory / name) for name in found):
        return False
    try:
        return found == set(FILES) or bool(_settings_of(directory))
    except _DAMAGE:
        return False


def open_own_file(path: Path, mode: str) -> io.FileIO:
    """Open a file of a journal to read (``r``) or to append to (``a``), unbuffered.

    Raises
    ------
    OSError
        if it is a link or not a regular file.
    """
    flags = os.O_RDONLY if mode == "r" else os.O_RDWR | os.O_APPEND
    return io.FileIO(open_own(path, flags), "r" if mode == "r" else "a+")


def lock(directory: Path) -> io.FileIO:
    """Keep other runs out while the returned file is open. On a file system without locks this does nothing.

    Raises
    ------
    UsageError
        if another run is writing.
    OSError
        if there is no file to lock.
    """
    guard = open_own_file(directory / _ROWS, "a")
    if fcntl is not None:
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            guard.close()
            raise UsageError(f"{directory} is being written by another run: wait for it or stop it") from error
        except OSError:
            return guard
    return guard


def check_of(vectors: bytes | memoryview, rows: bytes) -> bytes:
    """Return the checksum of a block: of its vectors and the lines of its rows."""
    digest = hashlib.blake2b(vectors, digest_size=CHECK_BYTES)
    digest.update(rows)
    return digest.digest()


def read_settings(directory: Path) -> tuple[int, dict[str, Any]]:
    """Return ``dim`` and the settings that a journal was begun with.

    Raises
    ------
    InputError
        if there is no journal, or if its settings are damaged.
    """
    if not directory.is_dir():
        raise InputError("there is no unfinished run to resume", path=directory)
    if not is_own_folder(directory):
        raise InputError("the journal is a link", path=directory, hint="move it away")
    try:
        return _settings_of(directory)
    except _DAMAGE as error:
        raise damaged_journal("the journal's settings are damaged", error, directory) from error


def _settings_of(directory: Path) -> tuple[int, dict[str, Any]]:
    with open_own_file(directory / "settings.json", "r") as file:
        content = json.loads(file.read(_LONGEST_SETTINGS))
    dim, settings = content["dim"], dict(content["settings"])
    if not _is_number(dim) or not _is_number(settings["block"]) or settings.get("dim", dim) != dim:
        raise ValueError(f"dim is {dim}, block {settings['block']}")
    return dim, settings


def damaged_journal(what: str, error: Exception, directory: Path) -> InputError:
    """Return the error for a journal that cannot be read, with what helps: ``--force`` if it can be told to be one."""
    hint = START_AGAIN if is_journal(directory) else "move it away"
    return InputError(f"{what} ({reason_of(error)})", path=directory, hint=hint)


def check_settings(directory: Path, begun: dict[str, Any], now: dict[str, Any]) -> None:
    """Check that a run goes on with the settings that it was begun with.

    Raises
    ------
    MismatchError
        naming the first setting that differs.
    """
    for name in begun | now:
        if name not in begun or name not in now or begun[name] != now[name]:
            old, new = (_in_words(settings[name]) if name in settings else "not set" for settings in (begun, now))
            raise MismatchError(
                f"{directory} was begun with {name} = {old}, this run has {new}; "
                f"use the same settings, or {START_AGAIN}"
            )


def _in_words(value: Any) -> str:
    """Return a setting as a user would write it: numbers by rank as ``species=0.9,genus=0.7``, or as one number."""
    if isinstance(value, dict):
        numbers = set(value.values())
        if len(numbers) == 1 and len(value) == len(RANKS):
            return str(numbers.pop())
        return ",".join(f"{key}={number}" for key, number in value.items()) or "not set"
    return ", ".join(map(str, value)) if isinstance(value, list) else repr(value)


def block_ends(directory: Path, dim: int, block: int) -> Iterator[int]:
    """Yield the ends, as offsets in ``rows.jsonl``, of the blocks that are whole in all files.

    Each block is compared with its checksum and its rows are parsed, so that damage is found now.

    Raises
    ------
    InputError
        if a block is damaged.
    """
    end, first, size = 0, 0, dim * FLOAT.itemsize * block
    with (
        io.BufferedReader(open_own_file(directory / "rows.jsonl", "r")) as rows,
        open_own_file(directory / "vectors.bin", "r") as raw,
        io.BufferedReader(open_own_file(directory / "checks.bin", "r")) as checks,
    ):
        whole = os.fstat(raw.fileno()).st_size // size
        while first < whole * block:
            lines, check = list(islice(rows, block)), checks.read(CHECK_BYTES)
            if len(lines) < block or not lines[-1].endswith(b"\n") or len(check) < CHECK_BYTES:
                return
            parse_rows(lines, directory, first)
            if check_of(raw.read(size), b"".join(lines)) != check:
                what = f"rows {first + 1} to {first + block} of the journal are not what was written"
                raise InputError(what, path=directory, hint=START_AGAIN)
            first += block
            end += sum(map(len, lines))
            yield end


def parse_rows(lines: list[bytes], directory: Path, first: int) -> list[dict[str, Any]]:
    """Return the records of the rows from ``first`` on. They are parsed together, which is twice as fast as one by one.

    Raises
    ------
    InputError
        naming the rows, if they are damaged.
    """
    try:
        records = json.loads(b"[" + b",".join(lines) + b"]")
        if [tuple(record) for record in records] != [FIELDS] * len(lines):
            raise ValueError("not the columns of a row")
    except (ValueError, TypeError, RecursionError) as error:
        raise InputError(
            f"the journal is damaged in rows {first + 1} to {first + len(lines)} ({error})",
            path=directory / "rows.jsonl",
            hint=START_AGAIN,
        ) from error
    return records


def _is_number(value: Any) -> bool:
    """Return whether a value of the settings is a whole number from 1 on."""
    return type(value) is int and value >= 1
