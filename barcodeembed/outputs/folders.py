"""A folder of files that is replaced as a whole: at every moment the old or the new one stands under its name.

On Linux the two change places in one step. Where the system can't do that (network disks, other systems), the old one
is renamed away and the new one renamed to its place; a run that is killed between the two has left the old one in
its folder of work, and :func:`barcodeembed.outputs.staging.sweep` brings it back.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from barcodeembed.outputs.staging import ASIDE, Staging, write_error

_HERE = -100  # AT_FDCWD: paths are what they are
_EXCHANGE = 2  # RENAME_EXCHANGE
_CANNOT = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)


@contextmanager
def staged_folder(target: Path, own: Collection[str]) -> Iterator[Path]:
    """A new folder to fill, which takes the place of ``target`` when the block ends well.

    ``own`` are the names of the files that the program keeps in such a folder. Everything else in the old one is the
    user's, and is in the new one as well.

    Raises
    ------
    OutputError
        if it can't be written, or the disk is full: then the old folder is as it was.
    """
    staging = Staging(target)
    try:
        os.mkdir(staging.path)
        yield staging.path
        _settle(staging.path)
        _put_in_place(staging, own)
    except OSError as error:
        raise write_error(staging.target, error) from error
    finally:
        staging.remove()


def exchange(one: Path, other: Path) -> bool:
    """Let two folders change names in one step; False where the system can't do that.

    Raises
    ------
    OSError
        if it can, but not with these.
    """
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if os.name == "posix" else None
    if rename is None:
        return False
    if rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT:
        return False
    raise OSError(number, os.strerror(number), str(other))


def _put_in_place(staging: Staging, own: Collection[str]) -> None:
    new, target = staging.path, staging.target
    if not os.path.lexists(target):
        os.rename(new, target)
        return
    shutil.copymode(target, new)
    _carry(target, new, own)
    if exchange(new, target):
        old = new
    else:
        old = staging.folder / ASIDE
        os.rename(target, old)
        try:
            os.rename(new, target)
        except OSError:
            os.rename(old, target)
            raise
    for name in _others(old, own):
        if not os.path.lexists(target / name):  # came while we worked
            os.rename(old / name, target / name)


def _carry(old: Path, new: Path, own: Collection[str]) -> None:
    """The user's files in the new folder as well: the same files where the disk lets one have two names."""
    for name in _others(old, own):
        source, copy = old / name, new / name
        if source.is_dir() and not source.is_symlink():
            shutil.copytree(source, copy, symlinks=True, copy_function=_link)
        else:
            _link(str(source), str(copy))


def _link(source: str, copy: str) -> None:
    try:
        os.link(source, copy, follow_symlinks=False)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        shutil.copy2(source, copy, follow_symlinks=False)


def _others(folder: Path, own: Collection[str]) -> list[str]:
    return [name for name in sorted(os.listdir(folder)) if name not in own]


def _settle(folder: Path) -> None:
    """Have all files on the disk: what they replace is gone afterwards."""
    for path in folder.iterdir():
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
