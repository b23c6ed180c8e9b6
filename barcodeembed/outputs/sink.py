"""A file under a library that takes the process down, or says nothing, when a write fails."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

from barcodeembed.outputs.staging import open_new


class Sink(io.FileIO):
    """The file under HDF5, which never sees a write fail: on a full disk HDF5 takes the whole process down.

    The first error is kept in ``error``, and from then on writes go to memory, where HDF5 finds them again.
    The writer looks after each column and gives up, so that this is never much.
    """

    def __init__(self, path: Path) -> None:
        """Make a new file; what is there already is an error.

        Raises
        ------
        OSError
            if it can't be made.
        """
        super().__init__(open_new(path), "w+")
        self.error: OSError | None = None
        self._unwritten: list[tuple[int, bytes]] = []

    def write(self, data: Any) -> int:
        start, rest = self.tell(), memoryview(data)
        try:
            while rest and self.error is None:
                rest = rest[super().write(rest) :]
        except OSError as error:
            self.error = error
        if self.error is not None:
            self._unwritten.append((start, bytes(data)))
        return len(data)

    def readinto(self, buffer: Any) -> int:
        start, view = self.tell(), memoryview(buffer)
        n = super().readinto(view)
        for at, data in self._unwritten:
            first, last = max(start, at), min(start + len(view), at + len(data))
            if first < last:
                view[first - start : last - start] = data[first - at : last - at]
                n = len(view)
        return n

    def truncate(self, size: int | None = None) -> int:
        try:
            return super().truncate(size)
        except OSError as error:
            self.error = self.error or error
            return size or 0

    def settle(self) -> None:
        """Raise the error that was kept, if any; otherwise have all that was written on the disk."""
        if self.error is not None:
            raise self.error
        os.fsync(self.fileno())
