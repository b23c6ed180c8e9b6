"""Notice input files that change while they are read: what was read of them may be of two contents."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from os import PathLike

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.remarks import Remarks

TOUCHED = "files that were written to while they were read"
"""The remark on files that have their size still. It is no error, because network disks may change the time late."""


class Unchanged:
    """The sizes and times of files before a run reads them. Streams are left out."""

    def __init__(self, paths: Iterable[str | PathLike[str]]) -> None:
        self._before = {str(path): _state(path) for path in paths}

    def check(self, path: str | PathLike[str], remarks: Remarks) -> None:
        """Compare a file that was read to its end with what it was before; another time of change is a remark.

        Raises
        ------
        InputError
            if it has another size.
        """
        before, now = self._before.get(str(path)), _state(path)
        if before is None or now is None or before == now:
            return  # a file that was deleted has been read to its end all the same
        if before[0] != now[0]:
            what = f"the file was changed while it was read (from {before[0]:,} to {now[0]:,} bytes)"
            raise InputError(what, path=path, hint="run again when it is complete")
        remarks.add(TOUCHED, str(path), "run again if their content has changed")


def _state(path: str | PathLike[str]) -> tuple[int, int] | None:
    """Return size and time of change of a regular file; None for anything else."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return (found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None
