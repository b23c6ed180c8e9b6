"""Join synonyms, two names for one taxon: Animalia in BOLD is Metazoa in NCBI; PX12 is px12 to a careless hand.

Two names are of one taxon if the same taxa stand below both. Most references of the rarer name must be of taxa that
stand below the commoner name, too. Then either most references of the commoner name are of such taxa, too, or these
taxa have the commoner name at least twice as often. A genus in the wrong family does not make one family of two.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import numpy as np

from barcodeembed.library.naming.homonyms import NEAR, Near, nearest_barcodes
from barcodeembed.library.naming.lineage_table import LineageTable, Taxon
from barcodeembed.taxonomy import RANKS

SHARED = 0.6
"""Share of the references of a name that must be of taxa that stand below the other name, too."""

COMMONER = 2
"""Among the taxa that two names share, the name that stays must be this many times as common as the other, if it also
has taxa of its own."""

_LETTERS_OF_ID = re.compile(r"[A-Za-z]{1,4}(?=[:_-]?\d+$)")
_USUAL = 0.8  # share of the ids with the same letters that must be written alike
_LOOKED_AT = 16  # number of shared taxa whose barcodes are compared


@dataclass(frozen=True)
class Synonym:
    """Two names that were taken for one taxon: ``name`` stays, ``other`` was the name of ``references`` references."""

    rank: str
    name: str
    other: str
    references: int


@dataclass
class _Shared:
    """The taxa that stand below both of two names, and the numbers of their references with the one name and with the
    other."""

    taxa: set[Taxon] = field(default_factory=set)
    own: int = 0
    other: int = 0


def join_spellings(table: LineageTable) -> list[Synonym]:
    """Give names of one rank that differ only by capitals the code of the commonest one; return what was joined.

    An id in place of a name (``px12``) gets the capitals that most ids of its rank have.
    """
    found = []
    for rank, names in enumerate(table.names):
        renamed, odd = _write_as_usual(table, rank)
        found += renamed
        spellings: defaultdict[str, list[int]] = defaultdict(list)
        for code, name in enumerate(names[1:], start=1):
            spellings[name.casefold()].append(code)
        if len(spellings) == len(names) - 1:
            continue
        numbers = np.bincount(table.codes[:, rank], weights=table.counts, minlength=len(names)).astype(int)
        kept = np.arange(len(names), dtype=np.int32)
        for codes in spellings.values():
            best = max(codes, key=lambda code: (code not in odd, numbers[code], names[code]))
            kept[codes] = best
            found += [
                Synonym(RANKS[rank], names[best], names[code], int(numbers[code]))
                for code in codes
                if code != best and numbers[code]
            ]
        table.codes[:, rank] = kept[table.codes[:, rank]]
    return found


def _write_as_usual(table: LineageTable, rank: int) -> tuple[list[Synonym], set[int]]:
    """Give the letters of ids the capitals that nearly all ids of their rank with these letters have.

    Returns what was renamed, and the codes of ids that are written otherwise because the usual spelling has a code.
    """
    names = table.names[rank]
    letters = {code: match[0] for code, name in enumerate(names) if (match := _LETTERS_OF_ID.match(name))}
    spelt: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for own in letters.values():
        spelt[own.casefold()][own] += 1
    numbers = np.bincount(table.codes[:, rank], weights=table.counts, minlength=len(names)).astype(int)
    found: list[Synonym] = []
    odd, taken = set(), set(names)
    for code, own in letters.items():
        usual, number = spelt[own.casefold()].most_common(1)[0]
        if usual != own and number >= _USUAL * spelt[own.casefold()].total():
            written = usual + names[code][len(own) :]
            if written in taken:
                odd.add(code)
            else:
                found.append(Synonym(RANKS[rank], written, names[code], int(numbers[code])))
                names[code] = written
    return found, odd


def join_synonyms(table: LineageTable, near: Near | None) -> list[Synonym]:
    """Give two names of one taxon the code of the commoner one, from genus up, and return what was joined.

    The barcodes of the taxa below both names must be near each other, or the name below is a homonym.
    """
    found = []
    for rank in range(len(RANKS) - 2, -1, -1):
        column, names = table.codes[:, rank], table.names[rank]
        numbers = np.bincount(column, weights=table.counts, minlength=len(names)).astype(int)
        kept = np.arange(len(names))
        pairs = _shared(table, rank)
        # Towards the commonest name: a name that was joined with others may itself be joined with a still commoner one.
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
    """Return for pairs of taxa (one, other) of a rank what they have in common below, as seen from the first."""
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
    """Return whether a name of ``own`` references is a synonym of a commoner one of ``other`` references."""
    if shared.own < SHARED * own:
        return False
    return shared.other >= SHARED * other or shared.other >= COMMONER * shared.own


def _is_near(table: LineageTable, rank: int, one: int, other: int, shared: _Shared, near: Near | None) -> bool:
    """Return whether most of the taxa below two names have near barcodes under both."""
    if near is None:
        return True
    votes = []
    for under, code in sorted(shared.taxa)[:_LOOKED_AT]:
        below = table.codes[:, under] == code
        own, others = (np.flatnonzero(below & (table.codes[:, rank] == name)) for name in (one, other))
        found = nearest_barcodes(table, own, others, near)
        votes.append(bool(np.isnan(found) or found >= NEAR[RANKS[under]]))
    return 2 * sum(votes) >= len(votes)
