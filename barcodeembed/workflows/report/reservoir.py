"""Draw a random sample of bounded size from a stream; it is the same in every run."""

from __future__ import annotations

import random


class Reservoir:
    """Decides for each item in turn whether it enters the sample. After any number of items, each had the same chance.

    Two reservoirs of one size make the same decisions.
    """

    def __init__(self, size: int) -> None:
        self.seen = 0
        self._size = size
        self._random = random.Random(0)

    def place(self) -> int:
        """Return the place in the sample that the next thing takes, from 0 to ``size`` - 1; -1 if it is not taken."""
        self.seen += 1
        if self.seen <= self._size:
            return self.seen - 1
        place = self._random.randrange(self.seen)
        return place if place < self._size else -1
