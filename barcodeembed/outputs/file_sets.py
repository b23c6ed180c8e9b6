"""Make several files in a temporary folder, and give them their names together when all are complete.

A file gets its name as a second one (a hard link), so that the files of a run that is killed meanwhile are known by the
temporary folder: :func:`barcodeembed.outputs.staging.sweep` takes their names from them. On a disk without hard links
they are renamed one after the other; a run that is killed within this moment leaves some of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from barcodeembed.errors import UsageError
from barcodeembed.outputs.folders import settle
from barcodeembed.outputs.staging import Staging, beside, take_back, together
from barcodeembed.outputs.waiting import Waiting


@contextmanager
def file_set(first: Path) -> Iterator[Path]:
    """Yield a new, empty folder for files. If the block ends without an error, they get the same names in the folder in
    which ``first`` is, the final path of one of them; otherwise they are deleted.

    Raises
    ------
    UsageError
        if a file of one of these names exists already; then no file gets its name.
    OutputError
        if they cannot be written, or the disk is full.
    """
    with beside(first) as staging:
        made = together(staging.folder, staging.target)
        os.mkdir(made)
        yield made
        settle(made)
        with Waiting():
            _name_all(staging, made, first.parent)


def _name_all(staging: Staging, made: Path, shown: Path) -> None:
    """Give all files of the folder ``made`` their names beside the target, or none if there is an error. Messages call
    that folder ``shown``."""
    place = staging.target.parent
    moved: list[str] = []
    try:
        for name in sorted(os.listdir(made)):
            if os.path.lexists(place / name):
                raise UsageError(f"{shown / name} exists: give an empty directory")
            try:
                os.link(made / name, place / name, follow_symlinks=False)
            except OSError:
                os.rename(made / name, place / name)
                moved.append(name)
    except BaseException:
        take_back(made, place)
        for name in moved:
            os.rename(place / name, made / name)
        raise
    os.rename(made, staging.path)  # from now on the names stay
