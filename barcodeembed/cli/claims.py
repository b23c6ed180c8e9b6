"""Before anything is opened, compare what a command will write with what it reads, and reserve it for this run."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from barcodeembed.cli.console import console
from barcodeembed.cli.options import check_output
from barcodeembed.errors import UsageError
from barcodeembed.outputs.failures import write_error
from barcodeembed.outputs.folders import place_of_folder
from barcodeembed.outputs.identity import STREAM, check_distinct, is_own_file
from barcodeembed.outputs.locks import lock, release_all
from barcodeembed.outputs.staging import remove_all
from barcodeembed.outputs.waiting import Waiting

_new: list[Path] = []  # files that did not exist, and that a second run of the same command would not overwrite

_folders: list[Path] = []  # folders that this run has made


def claim(
    written: Sequence[Path],
    *,
    read: Iterable[str | Path],
    force: bool,
    own: Iterable[str | Path] = (),
    made: Collection[str] = (),
    resume: bool = False,
    writes: bool = True,
) -> None:
    """Reserve these files for this run until :func:`release`; ``-`` (standard output) is only compared with the inputs.

    ``own`` are files that the run keeps for itself: they must differ from all others, but may exist already. ``made``
    are the absolute paths of files that the same run made before it was killed, which it may overwrite. ``resume`` says
    whether the same command overwrites these files if it is given again. A process that does not write (``writes``),
    because another one of the same run does, reserves nothing.

    Raises
    ------
    UsageError
        if one of them is also read, is given twice, exists and ``force`` is not given, is not a regular file, is a
        part of a library or of an unfinished run, or is being written by another run.
    """
    check_distinct(read, [*written, *own, *_log()])
    for path in written:
        if str(path) == STREAM:
            continue
        may_be_there = force or os.path.realpath(path) in made
        check_output(path, may_be_there)
        _check_no_part(path)
        if writes:
            lock(path)
        check_output(path, may_be_there)  # again, because another run may have finished it meanwhile
        if not may_be_there and not resume:
            _new.append(path)


def claim_folder(folder: Path, files: Iterable[Path], *, read: Iterable[str | Path], writes: bool = True) -> None:
    """Reserve for this run, until :func:`release`, a folder in which it will write ``files``, as :func:`claim` does.
    The folder that it is in is made if there is none.

    Raises
    ------
    UsageError
        if one of the files is also read, if there is something else than a folder, or if another run is writing to it.
    OutputError
        if the folder that it is in cannot be made.
    """
    place = place_of_folder(folder, parents=True)
    check_distinct(read, [*files, *_log()])
    if writes:
        for parent in reversed(place.parents):
            make_folder(parent)
        lock(folder)


def make_folder(folder: Path) -> None:
    """Make a folder of outputs if there is none. If nothing is in it when the command has ended, it is deleted again.

    Raises
    ------
    UsageError
        if there is something else, or if the folder that it is in does not exist.
    OutputError
        if it cannot be made.
    """
    place = place_of_folder(folder)
    if place.is_dir():
        return
    try:
        with Waiting():
            os.mkdir(place)
            _folders.append(place)
    except FileExistsError:
        pass
    except OSError as error:
        raise write_error(folder, error) from error


def release() -> None:
    """Give up everything that was reserved, and delete what is unfinished; called when the command has ended."""
    with Waiting():
        remove_all()
        release_all()
        _new.clear()
        while _folders:
            with suppress(OSError):  # it is not empty
                _folders.pop().rmdir()


def already_written() -> str:
    """Return, for a command that has failed, what it has written all the same, and that would stop it if it were given
    again; empty if there is nothing."""
    there = next((path for path in _new if path.is_file()), None)
    return f"; {there} is written already: --force overwrites it" if there else ""


def model_file(name: str) -> list[Path]:
    """Return the file that ``--model`` names, as a list; empty if it names a model that ships."""
    return [Path(name)] if name and is_own_file(Path(name)) else []


def _check_no_part(path: Path) -> None:
    """Refuse to overwrite a single file of a library or of an unfinished run, with ``--force``, too."""
    folder = Path(os.path.realpath(path)).parent
    if not any(os.path.lexists(folder / name) for name in ("manifest.json", "settings.json", "records.h5")):
        return  # most folders; what follows loads much
    from barcodeembed.embeddings.journal_files import FILES, is_journal
    from barcodeembed.library.library_files import OWN_FILES, is_library
    from barcodeembed.workflows.pretraining.run_folder import is_run, run_files

    for what, parts, is_one in (
        ("library", OWN_FILES, is_library),
        ("unfinished run", FILES, is_journal),
        ("run of pretrain", {file.name for file in run_files(folder)}, is_run),
    ):
        if path.name in parts and is_one(folder):
            raise UsageError(f"{path} is a part of the {what} in {folder}: give another name")


def _log() -> list[Path]:
    return [path] if (path := console().log_file) else []
