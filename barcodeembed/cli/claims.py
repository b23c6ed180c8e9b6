"""Before anything is opened, compare what a command will write with what it reads, and reserve it for this run."""

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
    """Reserve these files for this run until :func:`release`; ``-`` (standard output) is only compared with the inputs.

    ``own`` are files that the run keeps for itself: they must differ from all others, but may exist already. ``made``
    are the absolute paths of files that the same run made before it was killed, which it may overwrite.

    Raises
    ------
    UsageError
        if one of them is also read, is given twice, exists and ``force`` is not given, is not a regular file, or is
        being written by another run.
    """
    check_distinct(read, [*written, *own, *_log()])
    for path in written:
        if str(path) == STREAM:
            continue
        may_be_there = force or os.path.realpath(path) in made
        check_output(path, may_be_there)
        _lock(path)
        check_output(path, may_be_there)  # again, because another run may have finished it meanwhile


def claim_folder(folder: Path, files: Iterable[Path], *, read: Iterable[str | Path]) -> None:
    """Reserve for this run, until :func:`release`, a folder in which it will write ``files``.

    Raises
    ------
    UsageError
        if one of the files is also read, or another run is writing to the folder.
    """
    check_distinct(read, [*files, *_log()])
    if folder.absolute().parent.is_dir():
        _lock(folder)


def release() -> None:
    """Give up everything that was reserved; called when the command has ended."""
    while _held:
        _held.pop().release()


def model_file(name: str) -> list[Path]:
    """Return the file that ``--model`` names, as a list; empty if it names a model that ships."""
    return [Path(name)] if name and is_own_file(Path(name)) else []


def _lock(path: Path) -> None:
    # torchrun starts several processes for one run; only the first one (rank 0) writes.
    if os.environ.get("RANK", "0") == "0":
        _held.append(lock(path))


def _log() -> list[Path]:
    return [path] if (path := console().log_file) else []
