"""Give each taxon one place: settle names above it on which its references disagree, and fill in names that some lack.

If nearly all references of a taxon (a genus, say) name the same family, the others are put in it as well. If they
disagree more, their family is left empty, so that it says nothing for or against. A name that a reference lacks is
filled in if the other references of its taxon have one and the same.
"""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
from numpy.typing import NDArray

from barcodeembed.library.naming.lineage_table import LineageTable, Taxon
from barcodeembed.taxonomy import GENUS, RANKS, SPECIES

MAJORITY = 2 / 3
"""Share of the references of a taxon that must name the same taxon above it if they disagree."""


def settle(table: LineageTable) -> tuple[Counter[str], list[tuple[str, str, str]]]:
    """Give all references of a taxon the same name above it, or none, from genus up.

    Returns
    -------
    moved
        for each rank, the number of references that got the name of the majority.
    emptied
        for each taxon without a majority, the rank that is left empty, its own rank, and its name.
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
    """Return the taxon of ``rank`` that most references of a taxon are in, and whether they are enough."""
    under, code = taxon
    if rank == GENUS and under == SPECIES:
        # The first word of a binomial is its genus.
        genus = table.names[SPECIES][code].partition(" ")[0]
        named = [home for home in homes if table.names[GENUS][home] == genus]
        if len(named) == 1:
            return named[0], True
    best, number = max(homes.items(), key=lambda home: (home[1], -home[0]))
    return best, number >= MAJORITY * sum(homes.values())


def fill(table: LineageTable) -> Counter[str]:
    """Fill in missing names, from genus up, and return how many by rank.

    A name is filled in if all that is known of the taxon below agrees.
    """
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
    """Return for each taxon of the rank ``under`` the only taxon of ``rank`` above it; 0 if there is none, or if there
    are several."""
    known = (table.codes[:, rank] > 0) & (table.codes[:, under] > 0)
    pairs = np.unique(table.codes[known][:, [under, rank]], axis=0)
    number = np.bincount(pairs[:, 0], minlength=len(table.names[under]))
    home = np.zeros(len(number), dtype=np.int32)
    home[pairs[:, 0]] = pairs[:, 1]
    return np.where(number == 1, home, 0).astype(np.int32)
