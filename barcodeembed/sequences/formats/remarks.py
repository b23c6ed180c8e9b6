"""Remarks on odd input that was mended or passed over: counted by kind, with the first place of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Remarks:
    """Number of records for which each remark is true, where the first of them stands, and what the user can do.

    A remark says which records it is about: ``sequences with 'I', read as N``.
    """

    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)
    advice: dict[str, str] = field(default_factory=dict)

    def add(self, remark: str, where: str, advice: str = "") -> None:
        """Count a record for which the remark is true; ``where`` is kept if it is the first."""
        self.counts[remark] += 1
        if remark not in self.first:
            self.first[remark], self.advice[remark] = where, advice

    def lines(self) -> Iterator[str]:
        """Yield one line for each remark, in the order in which they came."""
        for remark, where in self.first.items():
            advice = self.advice[remark]
            yield f"{remark}: {self.counts[remark]:,}, the first in {where}" + (f"; {advice}" if advice else "")
