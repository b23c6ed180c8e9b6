"""Every output is made in a folder of its own beside its place, and moved there in one step when it is whole.

The folder, ``.NAME.<random>.unfinished``, is made exclusively: nothing that was there before is written or deleted.
It holds the output, and a marker that tells what it is for; the marker is locked while its maker lives. What a killed
run has left is known by its marker and by the lock that is free, and the next run that writes the same output clears
it away. Outputs that are links are written through: what they point to is replaced as a whole, the link stays.
"""

from __future__ import annotations

import errno
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
from barcodeembed.outputs.identity import is_own_file, is_own_folder, through_links
from barcodeembed.outputs.locks import me, shortened

MARKER = "barcodeembed-unfinished.json"
FORMAT = "barcodeembed-unfinished"
ASIDE = "replaced"
"""Within such a folder, what stood in the output's place, where it can't be exchanged in one step."""

_EXCLUSIVE = os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Numbers of the errors of a disk, or a share of it, that takes no more."""

_TRIES = 100


class Staging:
    """A folder beside ``target`` that this run has made; ``path`` in it is where the output is made."""

    def __init__(self, target: Path) -> None:
        """Make the folder, after clearing away what killed runs have left of this output.

        Raises
        ------
        OutputError
            if that can't be done.
        """
        self.target = through_links(target)
        self.folder, self._guard = Path(), -1
        try:
            sweep(self.target)
            self.folder, self._guard = _new_folder(self.target)
            self.path = self.folder / self.target.name
            os.write(self._guard, json.dumps({"format": FORMAT, "target": self.target.name, **me()}).encode())
        except OSError as error:
            self.remove()
            raise write_error(self.target, error) from error

    def publish(self) -> None:
        """Let the file take the target's place; what it replaces is gone only when it is on the disk.

        Raises
        ------
        OSError
            if that can't be done; then the target is as it was.
        """
        handle = os.open(self.path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(self.path, self.target)

    def remove(self) -> None:
        """Delete the folder with all that is still in it."""
        if self._guard >= 0:
            delete_folder(self.folder)
            os.close(self._guard)
            self._guard = -1


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """A path to make a file at, which becomes ``target`` when the block ends well; otherwise nothing is left of it.

    Raises
    ------
    OutputError
        if it can't be written, or the disk is full.
    """
    with beside(target) as staging:
        yield staging.path
        staging.publish()


@contextmanager
def beside(target: Path) -> Iterator[Staging]:
    """A place for a file beside ``target``; when the block ends nothing is left of what was not published.

    Raises
    ------
    OutputError
        if it can't be written, or the disk is full.
    """
    staging = Staging(target)
    try:
        yield staging
    except OSError as error:
        # Others have a file of their own to tell of.
        if error.errno in FULL or str(staging.folder) in str(error.filename):
            raise write_error(staging.target, error) from error
        raise
    finally:
        staging.remove()


def open_new(path: Path) -> int:
    """The handle of a new file to write and read; what is there already is an error, a link too."""
    return os.open(path, os.O_RDWR | _EXCLUSIVE, 0o666)


def create(path: Path) -> io.FileIO:
    """A new file to write and read, as :func:`open_new`."""
    return io.FileIO(open_new(path), "w+")


def write_bytes(target: Path, content: bytes) -> None:
    """Write a small file whole.

    Raises
    ------
    OutputError
        if it can't be written.
    """
    with staged(target) as path, create(path) as file:
        write_all(file, content)


def write_text(target: Path, text: str) -> None:
    """Write a small text as UTF-8, whole.

    Raises
    ------
    OutputError
        if it can't be written.
    """
    write_bytes(target, text.encode("utf-8", errors="replace"))


def write_all(file: io.FileIO, data: bytes | memoryview) -> None:
    """Write all of ``data``; one call of the system may take only a part of it."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def write_error(where: Path, error: OSError, again: str = "run again") -> OutputError:
    """One line for a failed write to ``where``; ``again`` says what to do once a full disk has space."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutputError(f"no space left on {where.parent} for {where.name}; free some and {again}")
    return OutputError(f"cannot write {where}: {error.strerror or error}")


def sweep(target: Path) -> None:
    """Delete what killed runs have left of an output; if one was killed while it replaced a folder in two steps
    (:mod:`barcodeembed.outputs.folders`), the old folder comes back first."""
    for folder in _leftovers(target):
        aside = folder / ASIDE
        if aside.exists() and not os.path.lexists(target):
            os.rename(aside, target)
        delete_folder(folder)


def _leftovers(target: Path) -> Iterator[Path]:
    """Folders that killed runs have left of an output: marked as such, by no living process of this or another host."""
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
            os.rmdir(folder)  # works only if it is empty: then there is no marker, nor anything else
            continue
        if _is_abandoned(folder, target.name):
            yield folder


def _is_abandoned(folder: Path, name: str) -> bool:
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
    """A new folder beside the target, and the handle of its marker, locked."""
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
            continue  # another run took the folder for one that a killed run had left empty
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
    """Delete a folder of ours; the marker goes last, so that what a kill leaves here is still known as ours."""
    with suppress(OSError):
        for entry in os.scandir(folder):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            elif entry.name != MARKER:
                os.unlink(entry.path)
    with suppress(OSError):
        os.unlink(folder / MARKER)
    with suppress(OSError):
        os.rmdir(folder)
