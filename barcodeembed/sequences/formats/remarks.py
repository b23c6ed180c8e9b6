"""Remarks on odd input that was mended or passed over: counted by kind, with the first place of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Remarks:
    """Number of records for which each remark is true, and where the first of them stands.

    A remark says which records it is about: ``sequences with 'I', read as N``.
    """

    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)

    def add(self, remark: str, where: str) -> None:
        """Count a record for which the remark is true; ``where`` is kept if it is the first."""
        self.counts[remark] += 1
        self.first.setdefault(remark, where)

    def lines(self) -> Iterator[str]:
        """Yield one line for each remark, in the order in which they came."""
        for remark, where in self.first.items():
            yield f"{remark}: {self.counts[remark]:,}, the first in {where}"
