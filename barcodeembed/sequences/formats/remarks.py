"""What is odd in the input and was mended or passed over: counted by kind, with the first place of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Remarks:
    """How many records each remark is true of, and where the first of them stands.

    A remark says of which records it is true: ``sequences with 'I', read as N``.
    """

    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)

    def add(self, remark: str, where: str) -> None:
        """Count a record of which the remark is true; ``where`` is kept if it is the first."""
        self.counts[remark] += 1
        self.first.setdefault(remark, where)

    def lines(self) -> Iterator[str]:
        """One line for each remark, in the order in which they came."""
        for remark, where in self.first.items():
            yield f"{remark}: {self.counts[remark]:,}, the first in {where}"
