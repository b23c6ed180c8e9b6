"""Two names for one taxon: what BOLD calls Animalia is Metazoa to NCBI.

Two names are of one taxon if the same taxa stand below them: those of the rarer name (nearly) all stand below the
commoner one as well, and there mostly, or the other way round too. A genus in the wrong family does not make two
families one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from barcodeembed.library.naming.homonyms import NEAR, Near, nearest_barcodes
from barcodeembed.library.naming.lineage_table import LineageTable, Taxon
from barcodeembed.taxonomy import RANKS

SHARED = 0.6
"""Share of the references of a name that must be of taxa which stand below the other name, too; a taxon with a single
reference can't."""

COMMONER = 2
"""How many times as common as the other name the one that stays must be among the taxa of both, where it has more
taxa than the other."""

_LOOKED_AT = 16  # taxa of both names whose barcodes are compared


@dataclass(frozen=True)
class Synonym:
    """Two names taken for one taxon: ``name`` stays, ``other`` was the name of ``references``."""

    rank: str
    name: str
    other: str
    references: int


@dataclass
class _Shared:
    """Of two names, the taxa that stand below both: references of these with the one name, and with the other."""

    taxa: set[Taxon] = field(default_factory=set)
    own: int = 0
    other: int = 0


def join_synonyms(table: LineageTable, near: Near | None) -> list[Synonym]:
    """Make one taxon of two that are one, from genus up, under the commoner name.

    What stands below both must be near by its barcodes, or it is a homonym.
    """
    found = []
    for rank in range(len(RANKS) - 2, -1, -1):
        column, names = table.codes[:, rank], table.names[rank]
        numbers = np.bincount(column, weights=table.counts, minlength=len(names)).astype(int)
        kept = np.arange(len(names))
        pairs = _shared(table, rank)
        # Towards the commonest name; what a name was joined with may itself be joined with a still commoner one.
        for one, other in sorted(pairs, key=lambda pair: (-numbers[pair[1]], names[pair[1]], pair)):
            rarer = (-numbers[one], names[one]) > (-numbers[other], names[other])
            if not rarer or kept[one] != one:
                continue
            both = pairs[one, other]
            if _is_one(both, int(numbers[one]), int(numbers[other])) and _is_near(table, rank, one, other, both, near):
                kept[one] = other
                found.append(Synonym(RANKS[rank], names[other], names[one], int(numbers[one])))
        while (kept[kept] != kept).any():
            kept = kept[kept]
        table.codes[:, rank] = kept[column]
    return found


def _shared(table: LineageTable, rank: int) -> dict[tuple[int, int], _Shared]:
    """What two taxa (one, other) of a rank have below them in common, as seen from the one."""
    parents = table.parents(rank)
    shared: defaultdict[tuple[int, int], _Shared] = defaultdict(_Shared)
    if not parents:
        return shared
    below = table.next_below(rank)
    for lineage, under in enumerate(below.tolist()):
        own = int(table.codes[lineage, rank])
        taxon = under, int(table.codes[lineage, under])
        for other, number in parents.get(taxon, {}).items() if under and own else ():
            if other != own:
                pair = shared[own, other]
                pair.own += int(table.counts[lineage])
                pair.other += number if taxon not in pair.taxa else 0
                pair.taxa.add(taxon)
    return shared


def _is_one(shared: _Shared, own: int, other: int) -> bool:
    """Whether a name of ``own`` references is one with a commoner one of ``other`` references."""
    if shared.own < SHARED * own:
        return False
    return shared.other >= SHARED * other or shared.other >= COMMONER * shared.own


def _is_near(table: LineageTable, rank: int, one: int, other: int, shared: _Shared, near: Near | None) -> bool:
    """Whether most of the taxa below two names are, by their barcodes, the same below both."""
    if near is None:
        return True
    votes = []
    for under, code in sorted(shared.taxa)[:_LOOKED_AT]:
        below = table.codes[:, under] == code
        own, others = (np.flatnonzero(below & (table.codes[:, rank] == name)) for name in (one, other))
        found = nearest_barcodes(table, own, others, near)
        votes.append(bool(np.isnan(found) or found >= NEAR[RANKS[under]]))
    return 2 * sum(votes) >= len(votes)
