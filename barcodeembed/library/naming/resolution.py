"""The names of a library put in order: what contradicts itself would otherwise count as evidence.

Synonyms are joined, homonyms told apart, references of a taxon placed alike, gaps filled. This is done when a library
is made or grows, and for several libraries that are searched as one. Names of species are not changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from barcodeembed.library.naming.homonyms import Near, split_homonyms
from barcodeembed.library.naming.lineage_table import LineageTable
from barcodeembed.library.naming.placement import fill, settle
from barcodeembed.library.naming.synonyms import Synonym, join_synonyms
from barcodeembed.library.taxon_table import TaxonTable
from barcodeembed.sequences.identity import identity
from barcodeembed.taxonomy import RANKS

LEAST_COMPARED = 200
"""Columns that two references must share for their identity to tell whether they are of one taxon."""

_SHOWN = 3  # examples of a kind


@dataclass(frozen=True)
class Resolution:
    """What was done to the names.

    Attributes
    ----------
    homonyms
        rank and name of each name that stands for several taxa.
    synonyms
        names that were joined.
    moved, filled
        by rank, references that got the name that others of their taxon have: instead of another one, or of none.
    emptied
        rank that is left empty, rank and name of the taxon whose references disagree there.
    """

    homonyms: list[tuple[str, str]] = field(default_factory=list)
    synonyms: list[Synonym] = field(default_factory=list)
    moved: Counter[str] = field(default_factory=Counter)
    filled: Counter[str] = field(default_factory=Counter)
    emptied: list[tuple[str, str, str]] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """What the maker of the library should know, one line for each kind."""
        if self.synonyms:
            said = [f"{one.rank} {one.name} = {one.other} ({one.references:,})" for one in self.synonyms]
            yield f"names taken for one taxon, the first is given: {_some(said)}"
        if self.homonyms:
            said = [f"{rank} {name}" for rank, name in reversed(self.homonyms)]
            yield f"names that stand for several taxa, far from each other and kept apart: {_some(said)}"
        if self.moved.total():
            yield f"references placed as most of their taxon are, not as they say: {_by_rank(self.moved)}"
        if self.filled.total():
            yield f"missing names filled in from other references of the same taxon: {_by_rank(self.filled)}"
        if self.emptied:
            said = [f"{rank} of {under} {name}" for rank, under, name in reversed(self.emptied)]
            yield f"names left empty because references of a taxon disagree: {_some(said)}"

    def __bool__(self) -> bool:
        return bool(self.homonyms or self.synonyms or self.emptied or self.moved.total() or self.filled.total())


def resolve(taxa: TaxonTable, near: Near | None) -> tuple[TaxonTable, Resolution]:
    """The names put in order, and what was done. ``near`` tells how near barcodes are; without it homonyms can't be
    told apart."""
    table = LineageTable.of_taxa(taxa)
    synonyms = join_synonyms(table, near)
    # Only now: what stands below two names of one taxon does not contradict itself.
    homonyms = split_homonyms(table, near) if near else []
    moved, emptied = settle(table)
    filled = fill(table)
    done = Resolution(homonyms, synonyms, moved, filled, emptied)
    return (table.taxa() if done else taxa), done


def nearness(columns_of: Callable[[NDArray[np.int64]], NDArray[np.uint8]]) -> Near:
    """How near references are whose placed bases (n, C) ``columns_of`` gives by their rows."""

    def near(one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
        ours, theirs = columns_of(one), columns_of(other)
        share, overlap = identity(ours, np.broadcast_to(theirs, (len(ours), *theirs.shape)))
        found = share[overlap >= LEAST_COMPARED]
        return float(found.max()) if found.size else float("nan")

    return near


def _some(said: list[str]) -> str:
    more = f" and {len(said) - _SHOWN:,} more" if len(said) > _SHOWN else ""
    return "; ".join(said[:_SHOWN]) + more


def _by_rank(numbers: Counter[str]) -> str:
    return ", ".join(f"{rank} {numbers[rank]:,}" for rank in RANKS if numbers[rank])
