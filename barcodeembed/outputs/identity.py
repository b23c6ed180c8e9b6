"""Find out which file a path means, through links, and whether a run would overwrite what it reads."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from barcodeembed.errors import UsageError, reason_of

STREAM = "-"
"""The path that means standard input or output."""

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)

Identity = tuple[int, int, str]
"""Device number and inode of a file, and ``""``. For a file that does not exist: those of its folder, and the file's
name."""


def through_links(path: Path) -> Path:
    """Return the absolute path that ``path`` leads to through all links; its last part need not exist.

    Raises
    ------
    UsageError
        if links lead in a circle.
    """
    real = Path(os.path.realpath(path))
    if real.is_symlink():
        raise UsageError(f"{path}: links lead in a circle here: give the name of a file")
    return real


def identity(path: str | os.PathLike[str]) -> Identity:
    """Return a value that is equal for all names of one file."""
    try:
        found = os.stat(path)
    except OSError:
        real = os.path.realpath(path)
        try:
            folder = os.stat(os.path.dirname(real))
        except OSError:
            return -1, -1, real
        return folder.st_dev, folder.st_ino, os.path.basename(real)
    return found.st_dev, found.st_ino, ""


def check_distinct(read: Iterable[str | os.PathLike[str]], written: Iterable[str | os.PathLike[str]]) -> None:
    """Compare everything that a run reads and writes before it opens anything.

    ``-`` stands for the file to which the shell has redirected standard input or output, if there is one.

    Raises
    ------
    UsageError
        if the run would overwrite something that it reads, or write one file twice.
    """
    sources = {_redirected(0) if str(path) == STREAM else identity(path) for path in read}
    seen: dict[Identity, str] = {}
    for path in map(str, written):
        key = _redirected(1) if path == STREAM else identity(path)
        if key is None:
            continue
        name = "the file that standard output goes to" if path == STREAM else path
        if key in sources:
            raise UsageError(f"{name} is an input as well: give another name")
        if key in seen:
            same = f"two outputs are {name}" if seen[key] == name else f"{seen[key]} and {name} are one file"
            raise UsageError(f"{same}: give each its own")
        seen[key] = name


def _redirected(handle: int) -> Identity | None:
    """Return the identity of the regular file that is standard input (0) or output (1); None if it is no such file."""
    try:
        found = os.fstat(handle)
    except OSError:
        return None
    return (found.st_dev, found.st_ino, "") if stat.S_ISREG(found.st_mode) else None


def why_no_file(path: str | os.PathLike[str], wanted: str = "file") -> str:
    """Say what is at a path that is no regular file, or none of what is ``wanted``."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return f"no such {wanted}"
    except (OSError, ValueError) as error:  # a name with a zero byte is a ValueError
        return f"no such {wanted} ({reason_of(error)})"
    kind = next((kind for is_one, kind in _KINDS if is_one(mode)), "something else")
    return f"this is {kind}, not a {wanted}"


def files_within(folder: Path) -> list[Path]:
    """Return the regular files directly inside a folder; none if there is no such folder."""
    try:
        return [path for path in folder.iterdir() if path.is_file()]
    except OSError:
        return []


def open_own(path: Path, flags: int) -> int:
    """Return the handle of a file that the program keeps for itself: a regular file with a single name, not reached
    through a link.

    Raises
    ------
    OSError
        if it is anything else, or cannot be opened.
    """
    handle = os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0), 0o666)
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
        os.close(handle)
        raise OSError(errno.ELOOP, "it is a link or no regular file", str(path))
    return handle


def is_own_file(path: Path) -> bool:
    """Return whether the path is a regular file: not a link, not a device, nothing that could lead elsewhere."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def is_own_folder(path: Path) -> bool:
    """Return whether the path is a folder, not a link to one."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False
