"""Which file a path means, through links, and whether a run would write over what it reads."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from barcodeembed.errors import UsageError

STREAM = "-"
"""The path that means standard input or output."""

Identity = tuple[int, int, str]
"""Device and number of a file and ``""``; of a file that isn't there those of its folder, and its name."""


def through_links(path: Path) -> Path:
    """The absolute path that ``path`` leads to, through every link; its last part need not be there.

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
    """What two names of one file have in common."""
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
    """Compare all that a run reads and writes, before it opens anything; ``-`` is passed over.

    Raises
    ------
    UsageError
        if it would write over something that it reads, or write one file twice.
    """
    sources = {identity(path) for path in read if str(path) != STREAM}
    seen: dict[Identity, str] = {}
    for path in map(str, written):
        if path == STREAM:
            continue
        key = identity(path)
        if key in sources:
            raise UsageError(f"{path} is an input as well: give another name")
        if key in seen:
            same = "two outputs have the same name" if seen[key] == path else f"{seen[key]} and {path} are one file"
            raise UsageError(f"{same}: give each its own")
        seen[key] = path


def files_within(folder: Path) -> list[Path]:
    """The regular files right inside a folder; none if there is no such folder."""
    try:
        return [path for path in folder.iterdir() if path.is_file()]
    except OSError:
        return []


def open_own(path: Path, flags: int) -> int:
    """The handle of a file that the program keeps: a regular one with this one name, never one that a link leads to.

    Raises
    ------
    OSError
        if it is anything else, or can't be opened.
    """
    handle = os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0), 0o666)
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
        os.close(handle)
        raise OSError(errno.ELOOP, "it is a link or no regular file", str(path))
    return handle


def is_own_file(path: Path) -> bool:
    """Whether there is a regular file here: no link, no device, nothing else that could lead elsewhere."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def is_own_folder(path: Path) -> bool:
    """Whether there is a folder here, not a link to one."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False
