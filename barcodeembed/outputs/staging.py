"""Make every output in a temporary folder beside its place, and move it there in one step when it is complete.

The folder, ``.NAME.<random>.unfinished``, is always a new one, so nothing that existed before is written or deleted. It
holds the output and a marker file, which says what the folder is for and is locked while the run lives. If a run was
killed, its marker is there but no longer locked; the next run that writes the same output then deletes the folder. If
the output is a link, the file that it points to is replaced, and the link stays.
"""

from __future__ import annotations

import io
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

from barcodeembed.errors import OutputError
from barcodeembed.outputs.failures import FULL, write_error
from barcodeembed.outputs.identity import files_within, is_own_file, is_own_folder, through_links
from barcodeembed.outputs.locks import me, shortened
from barcodeembed.outputs.waiting import Waiting

MARKER = "barcodeembed-unfinished.json"
FORMAT = "barcodeembed-unfinished"

_EXCLUSIVE = os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_TRIES = 100


class Staging:
    """A new folder beside ``target``; the output is made at ``path`` in it. ``shown`` is how the user calls it."""

    def __init__(self, target: Path) -> None:
        """Make the folder, after deleting what killed runs have left of this output.

        Raises
        ------
        OutputError
            if that is not possible.
        """
        self.shown, self.target = target, through_links(target)
        self.folder, self._guard = Path(), -1
        waiting = Waiting()
        try:
            sweep(self.target)
            self.folder, self._guard = _new_folder(self.target)
            _begun.add(self)
            self.path = self.folder / self.target.name
            os.write(self._guard, json.dumps({"format": FORMAT, "target": self.target.name, **me()}).encode())
        except OSError as error:
            self.remove()
            raise write_error(target, error) from error
        finally:
            try:
                waiting.end()
            except BaseException:
                self.remove()
                raise

    def publish(self) -> None:
        """Move the file to the target's place. The old file goes only when the new one is on the disk.

        Raises
        ------
        OSError
            if that is not possible; then the target is as it was.
        """
        handle = os.open(self.path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(self.path, self.target)

    def remove(self) -> None:
        """Delete the folder and everything that is still in it."""
        with Waiting():
            if self._guard >= 0:
                delete_folder(self.folder)
                os.close(self._guard)
                self._guard = -1
                _begun.discard(self)


_begun: set[Staging] = set()
"""The folders of this process, so that none is left where a signal came between making one and its first use, or
between its last use and deleting it."""


def remove_all() -> None:
    """Delete every folder that this process has made and not deleted."""
    while _begun:
        _begun.pop().remove()


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """Yield a path at which to make a file. It becomes ``target`` if the block ends without an error; otherwise it is
    deleted.

    Raises
    ------
    OutputError
        if it cannot be written, or the disk is full.
    """
    with beside(target) as staging:
        yield staging.path
        staging.publish()


@contextmanager
def beside(target: Path) -> Iterator[Staging]:
    """Yield a place for a file beside ``target``. What was not published when the block ends is deleted.

    Raises
    ------
    OutputError
        if it cannot be written, or the disk is full.
    """
    staging = Staging(target)
    try:
        yield staging
    except OSError as error:
        # Any other error is about another file: its own message is better.
        if error.errno in FULL or str(staging.folder) in str(error.filename):
            raise write_error(staging.shown, error) from error
        raise
    finally:
        staging.remove()


def aside(folder: Path, target: Path) -> Path:
    """Return the path, in a temporary folder, to which an old folder is moved where it cannot swap names with the new
    one in one step."""
    return folder / f"{shortened(target.name)}.replaced"


def together(folder: Path, target: Path) -> Path:
    """Return the path, in a temporary folder, of the folder for files that get their names together
    (:mod:`barcodeembed.outputs.file_sets`)."""
    return folder / f"{shortened(target.name)}.together"


def open_new(path: Path) -> int:
    """Return the handle of a new file, open for reading and writing. A file or link that exists is an error."""
    return os.open(path, os.O_RDWR | _EXCLUSIVE, 0o666)


def create(path: Path) -> io.FileIO:
    """Return a new file, open for reading and writing, as :func:`open_new` does."""
    return io.FileIO(open_new(path), "w+")


def write_bytes(target: Path, content: bytes) -> None:
    """Write a small file in one step.

    Raises
    ------
    OutputError
        if it cannot be written.
    """
    with staged(target) as path, create(path) as file:
        write_all(file, content)


def write_text(target: Path, text: str) -> None:
    """Write a small text file as UTF-8 in one step.

    Raises
    ------
    OutputError
        if it cannot be written.
    """
    write_bytes(target, text.encode("utf-8", errors="replace"))


def write_all(file: io.FileIO, data: bytes | memoryview) -> None:
    """Write all of ``data``, because one call of the system may write only a part of it."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def sweep(target: Path) -> None:
    """Delete what killed runs have left of an output. If a run was killed while it replaced a folder in two steps
    (:mod:`barcodeembed.outputs.folders`), the old folder is moved back first. If a run was killed while it gave several
    files their names, the names that it had given are deleted."""
    for folder in _leftovers(target):
        if (old := aside(folder, target)).exists() and not os.path.lexists(target):
            os.rename(old, target)
        take_back(together(folder, target), target.parent)
        delete_folder(folder)


def take_back(made: Path, place: Path) -> None:
    """Delete from the folder ``place`` those files that are second names of the files in the folder ``made``."""
    for path in files_within(made) if is_own_folder(made) else []:
        named = place / path.name
        with suppress(OSError):
            if os.path.samestat(os.lstat(named), os.lstat(path)):
                os.unlink(named)


def _leftovers(target: Path) -> Iterator[Path]:
    """Yield the folders that killed runs have left of an output: those that are marked as ours and whose lock no
    process holds."""
    prefix = f".{shortened(target.name)}."
    try:
        names = sorted(name for name in os.listdir(target.parent) if name.startswith(prefix))
    except OSError:
        return
    for name in names:
        folder = target.parent / name
        if not is_own_folder(folder) or not name.endswith(".unfinished"):
            continue
        with suppress(OSError):
            os.rmdir(folder)  # works only if it is empty, without a marker
            continue
        if _is_abandoned(folder, target.name):
            yield folder


def _is_abandoned(folder: Path, name: str) -> bool:
    """Return whether a folder is marked as ours, for an output of this name, and no process holds its lock."""
    marker = folder / MARKER
    if fcntl is None or not is_own_file(marker):
        return False
    try:
        with open(marker, "r+b") as guard:
            said = json.loads(guard.read(4096))
            if said["format"] != FORMAT or said["target"] != name:
                return False
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False
    return True


def _new_folder(target: Path) -> tuple[Path, int]:
    """Return a new folder beside the target, and the handle of its marker, which is locked."""
    for _ in range(_TRIES):
        folder = target.with_name(f".{shortened(target.name)}.{secrets.token_hex(8)}.unfinished")
        try:
            os.mkdir(folder, 0o700)
            guard = open_new(folder / MARKER)
        except FileExistsError:
            continue
        except FileNotFoundError:
            if not target.parent.is_dir():
                raise
            continue  # another run deleted it, because without a marker it looked abandoned
        except OSError:
            with suppress(OSError):
                os.rmdir(folder)
            raise
        if fcntl is not None:
            with suppress(OSError):
                fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return folder, guard
    raise OutputError(f"{target}: no name for a temporary folder is free")


def delete_folder(folder: Path) -> None:
    """Delete a folder of ours. The marker goes last, so that a run which is killed here leaves a folder that is still
    known as ours."""
    with suppress(OSError):
        for entry in os.scandir(folder):
            if entry.is_dir(follow_symlinks=False):
                _make_writable(entry.path)
                shutil.rmtree(entry.path, ignore_errors=True)
            elif entry.name != MARKER:
                os.unlink(entry.path)
    with suppress(OSError):
        os.unlink(folder / MARKER)
    with suppress(OSError):
        os.rmdir(folder)


def _make_writable(folder: str) -> None:
    """Let the owner delete what is in a folder: the copy of a read-only folder is read-only."""
    with suppress(OSError):
        os.chmod(folder, 0o700)
        for entry in os.scandir(folder):
            if entry.is_dir(follow_symlinks=False):
                _make_writable(entry.path)
