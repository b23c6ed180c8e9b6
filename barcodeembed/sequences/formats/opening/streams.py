"""Turn byte strings that come one after another into a stream that can be read."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Chunks(io.RawIOBase):
    """A stream of byte strings that can be read. It fills every buffer it is given, except at the end.

    ``said`` is what the maker of the chunks has to say about them, once the first is read.
    """

    def __init__(self, chunks: Iterator[bytes], said: Sequence[str] = ()) -> None:
        self.said = said
        self._chunks = chunks
        self._held = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        target = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(target):
            if not self._held:
                chunk = next(self._chunks, None)
                if chunk is None:
                    break
                self._held = memoryview(chunk)
            n = min(len(self._held), len(target) - filled)
            target[filled : filled + n] = self._held[:n]
            self._held = self._held[n:]
            filled += n
        return filled

    def close(self) -> None:
        # Dropping the generators closes the file that the innermost one has open.
        self._chunks = iter(())
        super().close()
