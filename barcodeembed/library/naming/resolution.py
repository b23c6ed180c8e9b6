"""Put the names of a library in order, because names that contradict themselves would count as evidence.

Synonyms are joined, homonyms are separated, references of one taxon are given one place, and gaps are filled. This is
done when a library is made or grows, and in memory for several libraries that are searched as one. Of names of species
only capitals are changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from barcodeembed.library.hits import REFERENCE_OVERLAP
from barcodeembed.library.naming.homonyms import Near, split_homonyms
from barcodeembed.library.naming.lineage_table import LineageTable
from barcodeembed.library.naming.placement import fill, settle
from barcodeembed.library.naming.synonyms import Synonym, join_spellings, join_synonyms
from barcodeembed.library.taxon_table import TaxonTable
from barcodeembed.sequences.identity import identities
from barcodeembed.taxonomy import RANKS

_SHOWN = 3  # number of examples that are shown of each kind


@dataclass(frozen=True)
class Resolution:
    """The changes that were made to the names.

    Attributes
    ----------
    homonyms
        rank and name of each name that stands for several taxa.
    synonyms
        names that were joined.
    moved, filled
        for each rank, the number of references whose name was replaced, or whose missing name was filled in, by the
        name that others of their taxon have.
    emptied
        rank that was left empty, and rank and name of the taxon whose references disagree there.
    """

    homonyms: list[tuple[str, str]] = field(default_factory=list)
    synonyms: list[Synonym] = field(default_factory=list)
    moved: Counter[str] = field(default_factory=Counter)
    filled: Counter[str] = field(default_factory=Counter)
    emptied: list[tuple[str, str, str]] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """Yield one line for each kind of change, for the maker of the library."""
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
    """Return the names put in order, and what was changed.

    ``near`` tells how near barcodes are; without it homonyms cannot be recognised.
    """
    table = LineageTable.of_taxa(taxa)
    synonyms = [*join_spellings(table), *join_synonyms(table, near)]
    # Only after synonyms are joined: references below two names of one taxon do not contradict each other.
    homonyms = split_homonyms(table, near) if near else []
    moved, emptied = settle(table)
    filled = fill(table)
    done = Resolution(homonyms, synonyms, moved, filled, emptied)
    return (table.taxa() if done else taxa), done


def nearness(columns_of: Callable[[NDArray[np.int64]], NDArray[np.uint8]]) -> Near:
    """Return a function that tells how near the references of two sets of rows are.

    ``columns_of`` returns the bases on columns (n, C) of references by their rows.
    """

    def near(one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
        highest = float(identities(columns_of(one), columns_of(other), REFERENCE_OVERLAP).max(initial=-1.0))
        return highest if highest >= 0 else float("nan")

    return near


def _some(said: list[str]) -> str:
    """Return the first examples in one line, and how many more there are."""
    more = f" and {len(said) - _SHOWN:,} more" if len(said) > _SHOWN else ""
    return "; ".join(said[:_SHOWN]) + more


def _by_rank(numbers: Counter[str]) -> str:
    """Return numbers by rank as text."""
    return ", ".join(f"{rank} {numbers[rank]:,}" for rank in RANKS if numbers[rank])
