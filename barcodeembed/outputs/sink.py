"""A file to which HDF5 and FAISS write. In these libraries a failed write would end the process or go unnoticed, and so
would a signal: the file keeps the error, and lets signals wait, until the caller asks for them."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

from barcodeembed.outputs.staging import open_new
from barcodeembed.outputs.waiting import Waiting


class Sink(io.FileIO):
    """The file that HDF5 writes to. It hides failed writes from HDF5, which would end the process on a full disk.

    The first error is kept in ``error``. From then on everything is written to memory, so that HDF5 can read it again.
    The caller looks at ``error`` after each column and gives up, so this never needs much memory.

    Signals wait until the file is closed, or until :meth:`let_signals_in`.
    """

    def __init__(self, path: Path) -> None:
        """Make a new file; if it exists already, that is an error.

        Raises
        ------
        OSError
            if it cannot be made.
        """
        super().__init__(open_new(path), "w+")
        self._waiting = Waiting()
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

    def let_signals_in(self) -> None:
        """Let signals that came have their effect now. The caller is between two calls of the library."""
        self._waiting.deliver()

    def close(self) -> None:
        super().close()
        if waiting := getattr(self, "_waiting", None):
            waiting.end()

    def settle(self) -> None:
        """Raise the error that was kept, if there is one; otherwise wait until everything written is on the disk."""
        if self.error is not None:
            raise self.error
        os.fsync(self.fileno())
