"""A dictionary of numbers by text that takes few bytes, for millions of ids.

Python's own takes 200 bytes an entry. When it is freed, the system gets little of that back, because objects that stay
lie between its keys.
"""

from __future__ import annotations

from array import array
from hashlib import blake2b

_LEAST = 1 << 10
_FULL = 0.75  # share of the places that may be taken: with more, a search takes long
_WIDER = 1.5
_FREE = -1


class TextTable:
    """Numbers from 0 up by text, which is known by a hash of 16 bytes; 32 to 48 bytes an entry."""

    def __init__(self) -> None:
        self._n = 0
        self._make(_LEAST)

    def __len__(self) -> int:
        return self._n

    def find(self, text: str) -> int | None:
        """Return the number of this text; None if it has none."""
        number = self._numbers[self._place(*_halves(text))]
        return None if number == _FREE else number

    def add(self, text: str, number: int) -> None:
        """Keep a number for this text, if it has none yet."""
        high, low = _halves(text)
        place = self._place(high, low)
        if self._numbers[place] != _FREE:
            return
        self._highs[place], self._lows[place], self._numbers[place] = high, low, number
        self._n += 1
        if self._n > _FULL * len(self._numbers):
            self._grow()

    def _make(self, size: int) -> None:
        self._highs, self._lows = array("Q", [0]) * size, array("Q", [0]) * size
        self._numbers = array("q", [_FREE]) * size

    def _place(self, high: int, low: int) -> int:
        """Return where this hash is, or the free place where it belongs."""
        size, highs, lows, numbers = len(self._numbers), self._highs, self._lows, self._numbers
        place = low % size
        while numbers[place] != _FREE and (lows[place] != low or highs[place] != high):
            place = place + 1 if place + 1 < size else 0
        return place

    def _grow(self) -> None:
        entries = zip(self._highs, self._lows, self._numbers, strict=True)
        self._make(int(len(self._numbers) * _WIDER))
        for high, low, number in entries:
            if number != _FREE:
                place = self._place(high, low)
                self._highs[place], self._lows[place], self._numbers[place] = high, low, number


def _halves(text: str) -> tuple[int, int]:
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")
