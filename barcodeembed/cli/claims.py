"""What a command will write is compared with what it reads, and kept from other runs, before anything is opened."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from barcodeembed.cli.console import console
from barcodeembed.cli.options import check_output
from barcodeembed.outputs.identity import STREAM, check_distinct, is_own_file
from barcodeembed.outputs.locks import Lock, lock

_held: list[Lock] = []


def claim(
    written: Sequence[Path],
    *,
    read: Iterable[str | Path],
    force: bool,
    own: Iterable[str | Path] = (),
    made: Collection[str] = (),
) -> None:
    """Keep these files for this run, until :func:`release`; ``-`` (standard output) is passed over.

    ``own`` are files that the run keeps for itself: they are compared with the others, and may be there already.
    ``made`` are the absolute paths of files that the same run made before it was killed: it may write over them.

    Raises
    ------
    UsageError
        if one of them is read as well, is written twice, exists and ``force`` is not given, is no regular file, or is
        being written by another run.
    """
    paths = [path for path in written if str(path) != STREAM]
    check_distinct(read, [*paths, *own, *_log()])
    for path in paths:
        may_be_there = force or os.path.realpath(path) in made
        check_output(path, may_be_there)
        _lock(path)
        check_output(path, may_be_there)  # once more: another run may just have finished it


def claim_folder(folder: Path, files: Iterable[Path], *, read: Iterable[str | Path]) -> None:
    """Keep a folder in which ``files`` will be written for this run, until :func:`release`.

    Raises
    ------
    UsageError
        if one of the files is read as well, or another run is writing to the folder.
    """
    check_distinct(read, [*files, *_log()])
    if folder.absolute().parent.is_dir():
        _lock(folder)


def release() -> None:
    """The command is over."""
    while _held:
        _held.pop().release()


def model_file(name: str) -> list[Path]:
    """The file that ``--model`` names, if it names one."""
    return [Path(name)] if name and is_own_file(Path(name)) else []


def _lock(path: Path) -> None:
    # Of the processes that torchrun starts for one run, the first one writes.
    if os.environ.get("RANK", "0") == "0":
        _held.append(lock(path))


def _log() -> list[Path]:
    return [path] if (path := console().log_file) else []
