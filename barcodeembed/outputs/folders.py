"""Replace a folder of files as a whole: at every moment either the old or the new folder exists under its name.

On Linux the two folders swap names in one step. Where the system cannot do that (network disks, other systems), the old
folder is renamed away, then the new one is renamed to its place. If a run is killed between these two steps, the old
folder is still in the run's temporary folder, and :func:`barcodeembed.outputs.staging.sweep` moves it back.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from barcodeembed.errors import UsageError
from barcodeembed.outputs.failures import write_error
from barcodeembed.outputs.identity import through_links
from barcodeembed.outputs.staging import Staging, aside

_FILE_ENDINGS = frozenset[str]().union(
    (".tsv", ".tab", ".txt"),
    (".csv", ".json", ".jsonl", ".html", ".pdf", ".png", ".log", ".toml", ".yml", ".yaml", ".xlsx", ".parquet"),
    (".fasta", ".fa", ".fas", ".fna", ".ffn", ".fsa", ".fastq", ".fq", ".gb", ".biom", ".qza"),
    (".h5", ".h5ad", ".hdf5", ".safetensors", ".pt", ".pth", ".faiss"),
    (".gz", ".bz2", ".xz", ".zst", ".zip", ".tar", ".tgz"),
)
"""Endings by which the name of a file is known; a folder to be made must not have one."""

_HERE = -100  # AT_FDCWD: relative paths start at the working directory
_EXCHANGE = 2  # RENAME_EXCHANGE: swap the two names
_CANNOT = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)


def check_folder_name(path: Path, what: str, example: str) -> None:
    """Check that the path of a folder to be made is not the name of a file: whoever gives one has misunderstood the
    option. ``what`` and ``example`` are for the message.

    Raises
    ------
    UsageError
        if there is no such folder yet, and the name ends as those of files do.
    """
    if path.suffix.lower() in _FILE_ENDINGS and not path.is_dir():
        raise UsageError(f"{path}: {what} is a folder, and this is the name of a file: give one like {example}")


def place_of_folder(folder: Path, *, parents: bool = False) -> Path:
    """Return the place of a folder in which files will be written, through links. It need not exist; with ``parents``,
    nor need the folder that it is in.

    Raises
    ------
    UsageError
        if there is something else, if links lead in a circle, or if the folder that it is in does not exist.
    """
    place = through_links(folder)
    if os.path.lexists(place) and not place.is_dir():
        raise UsageError(f"{folder} is a file: give the name of a folder")
    if not parents and not place.parent.is_dir():
        parent = place.parent if folder.is_symlink() else folder.parent
        raise UsageError(f"the directory {parent} does not exist: create it first")
    return place


@contextmanager
def staged_folder(target: Path, own: Collection[str]) -> Iterator[Path]:
    """Yield a new, empty folder, which takes the place of ``target`` if the block ends without an error.

    ``own`` are the names of the files that the program keeps in such a folder. All other files in the old folder are
    the user's and are carried over to the new one.

    Raises
    ------
    OutputError
        if it cannot be written, or the disk is full; then the old folder is as it was.
    """
    staging = Staging(target)
    try:
        os.mkdir(staging.path)
        yield staging.path
        settle(staging.path)
        _put_in_place(staging, own)
    except OSError as error:
        raise write_error(staging.shown, error) from error
    finally:
        staging.remove()


def exchange(one: Path, other: Path) -> bool:
    """Let two folders swap names in one step. Return False if the system cannot do that.

    Raises
    ------
    OSError
        if the system can, but refuses for these two folders.
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
    """Put the new folder in the place of the target. The user's files of the old folder come along."""
    new, target = staging.path, staging.target
    if not os.path.lexists(target):
        os.rename(new, target)
        return
    shutil.copymode(target, new)
    _carry(target, new, own)
    if exchange(new, target):
        old = new
    else:
        old = aside(staging.folder, target)
        os.rename(target, old)
        try:
            os.rename(new, target)
        except OSError:
            os.rename(old, target)
            raise
    for name in _others(old, own):
        if not os.path.lexists(target / name):  # appeared while we worked
            os.rename(old / name, target / name)


def _carry(old: Path, new: Path, own: Collection[str]) -> None:
    """Bring the user's files into the new folder: as a second name of the same file where the disk allows that, else as
    a copy."""
    for name in _others(old, own):
        source, copy = old / name, new / name
        if source.is_dir() and not source.is_symlink():
            shutil.copytree(source, copy, symlinks=True, copy_function=_link)
        else:
            _link(str(source), str(copy))


def _link(source: str, copy: str) -> None:
    """Make ``copy`` a second name of a file, or a copy where the disk does not allow that."""
    try:
        os.link(source, copy, follow_symlinks=False)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        shutil.copy2(source, copy, follow_symlinks=False)


def _others(folder: Path, own: Collection[str]) -> list[str]:
    return [name for name in sorted(os.listdir(folder)) if name not in own]


def settle(folder: Path) -> None:
    """Wait until all files of a folder are on the disk. Only then may the files that they replace be deleted."""
    for path in folder.iterdir():
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
