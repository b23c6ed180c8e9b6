"""One place for each taxon: names above it that its references disagree on, and names that some of them lack.

Where nearly all references of a taxon (a genus, say) stand in one family, the few that name another one are put beside
them. Where they disagree more, their family is left empty: it says nothing, for or against. A name that a reference
lacks is filled in if the others of its taxon have one and the same.
"""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
from numpy.typing import NDArray

from barcodeembed.library.naming.lineage_table import LineageTable, Taxon
from barcodeembed.taxonomy import GENUS, RANKS, SPECIES

MAJORITY = 2 / 3
"""Share of the references of a taxon that must name the same taxon above it, where they disagree."""


def settle(table: LineageTable) -> tuple[Counter[str], list[tuple[str, str, str]]]:
    """Give all references of a taxon the same name above it, or none, from genus up.

    Returns by rank how many references got the name of most, and of the taxa that have none the rank that is emptied,
    and their own rank and name.
    """
    moved: Counter[str] = Counter()
    emptied = []
    for rank in range(len(RANKS) - 2, -1, -1):
        parents, below = table.parents(rank), table.next_below(rank)
        lineages: defaultdict[Taxon, list[int]] = defaultdict(list)
        for lineage in np.flatnonzero(below > 0).tolist() if parents else ():
            under = int(below[lineage])
            taxon = under, int(table.codes[lineage, under])
            if taxon in parents and table.codes[lineage, rank]:
                lineages[taxon].append(lineage)
        for (under, code), own in sorted(lineages.items()):
            homes = parents[under, code]
            best, wins = _winner(table, rank, (under, code), homes)
            if wins:
                moved[RANKS[rank]] += int(table.counts[own][table.codes[own, rank] != best].sum())
            else:
                emptied.append((RANKS[rank], RANKS[under], table.names[under][code]))
            table.codes[own, rank] = best if wins else 0
    return moved, emptied


def _winner(table: LineageTable, rank: int, taxon: Taxon, homes: dict[int, int]) -> tuple[int, bool]:
    """The taxon of ``rank`` that most references of a taxon are in, and whether they are enough."""
    under, code = taxon
    if rank == GENUS and under == SPECIES:
        # A binomial says what its genus is.
        genus = table.names[SPECIES][code].partition(" ")[0]
        named = [home for home in homes if table.names[GENUS][home] == genus]
        if len(named) == 1:
            return named[0], True
    best, number = max(homes.items(), key=lambda home: (home[1], -home[0]))
    return best, number >= MAJORITY * sum(homes.values())


def fill(table: LineageTable) -> Counter[str]:
    """Fill in missing names, from genus up, where all that is known of the taxon below agrees; how many by rank."""
    filled: Counter[str] = Counter()
    for rank in range(len(RANKS) - 2, -1, -1):
        below = table.next_below(rank)
        missing = table.codes[:, rank] == 0
        for under in np.unique(below[missing & (below > 0)]).tolist():
            wanting = np.flatnonzero(missing & (below == under))
            home = _only_home(table, rank, under)[table.codes[wanting, under]]
            table.codes[wanting, rank] = home
            if number := int(table.counts[wanting[home > 0]].sum()):
                filled[RANKS[rank]] += number
    return filled


def _only_home(table: LineageTable, rank: int, under: int) -> NDArray[np.int32]:
    """For each taxon of the rank ``under`` the one taxon of ``rank`` above it; 0 where there is none, or several."""
    known = (table.codes[:, rank] > 0) & (table.codes[:, under] > 0)
    pairs = np.unique(table.codes[known][:, [under, rank]], axis=0)
    number = np.bincount(pairs[:, 0], minlength=len(table.names[under]))
    home = np.zeros(len(number), dtype=np.int32)
    home[pairs[:, 0]] = pairs[:, 1]
    return np.where(number == 1, home, 0).astype(np.int32)
