"""Notice files that change while they are read: what was read of them may be of two contents."""

from __future__ import annotations

import hashlib
import os
import stat
import weakref
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


class Mapped:
    """A file that is mapped into memory, and looked at again as long as it is. Reading behind the end of a map would
    end the process without a word (SIGBUS), and a file that is written to gives other numbers.

    A file that is replaced by another one under its name, or deleted, stays as it was for those who have it mapped.
    """

    def __init__(self, path: str | PathLike[str], sha256: str = "", hint: str = "") -> None:
        """Note size and time of a file. ``sha256`` is what it must contain, as far as that is known; ``hint`` says what
        to do if it has changed.

        Raises
        ------
        OSError
            if it cannot be opened.
        """
        self._path, self._sha256, self._hint = path, sha256, hint
        self._handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        weakref.finalize(self, os.close, self._handle)
        self._before = _facts(os.fstat(self._handle))

    def check(self) -> None:
        """Compare the file with what it was. If it has only another time of change, it is read again.

        Raises
        ------
        InputError
            if it has another size or content.
        """
        now = _facts(os.fstat(self._handle))
        if now == self._before:
            return
        if now[0] != self._before[0]:
            what = f"the file was changed while it was used (from {self._before[0]:,} to {now[0]:,} bytes)"
            raise InputError(what, path=self._path, hint=self._hint)
        if self._sha256 and self._digest() != self._sha256:
            raise InputError("the file was changed while it was used", path=self._path, hint=self._hint)
        self._before = now

    def check_place(self) -> None:
        """Check that the file is still the one under its name: others may have been opened by that name meanwhile.

        Raises
        ------
        InputError
            if it is not.
        """
        self.check()
        try:
            same = os.path.samestat(os.stat(self._path), os.fstat(self._handle))
        except OSError:
            same = False
        if not same:
            raise InputError("the file was replaced while it was opened", path=self._path, hint="run again")

    def _digest(self) -> str:
        with open(self._handle, "rb", closefd=False) as file:
            file.seek(0)
            return hashlib.file_digest(file, "sha256").hexdigest()


def _state(path: str | PathLike[str]) -> tuple[int, int] | None:
    """Return size and time of change of a regular file; None for anything else."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return _facts(found) if stat.S_ISREG(found.st_mode) else None


def _facts(found: os.stat_result) -> tuple[int, int]:
    return found.st_size, found.st_mtime_ns
