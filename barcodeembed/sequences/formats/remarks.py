"""Remarks on odd input that was mended or passed over: counted by kind, with the first place of each; among them, ids
that occur again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from os import PathLike

REMEMBERED = 100_000
"""Number of ids that are compared: the first ones of an input, so that memory does not grow with it."""

IDS_APART = (
    "FASTA ids end at the first space (--whole-headers keeps whole headers); in a table, give each row its own id"
)
"""What the user can do about records with the same id."""


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


class RepeatedIds:
    """Makes a remark on each record whose id an earlier record has, in the same file or in another."""

    def __init__(self, remarks: Remarks, *, samples: bool = False) -> None:
        self._remarks = remarks
        # Of results with a column for the sample.
        self._told_apart = (
            "the column sample tells them apart" if samples else "by the id alone rows can't be told apart"
        )
        self._file_of: dict[str, str] = {}

    def note(self, id: str, path: str | PathLike[str]) -> None:
        """Compare an id with the earlier ones."""
        earlier = self._file_of.get(id)
        if earlier is None:
            if len(self._file_of) < REMEMBERED:
                self._file_of[id] = str(path)
        elif earlier == str(path):
            remark = "records with the same id as an earlier record of their file"
            advice = f"each gets a row of its own, but the id does not tell the rows apart: {IDS_APART}"
            self._remarks.add(remark, f"{path}: {id!r}", advice)
        else:
            remark = f"records with an id that another file has too: {self._told_apart}"
            self._remarks.add(remark, f"{path}: {id!r}, which is in {earlier}")
