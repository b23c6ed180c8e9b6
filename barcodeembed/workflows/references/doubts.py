"""Find doubts about the names of all references together: ranks that look shifted, and names that are probably the
same."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from barcodeembed.errors import InputError
from barcodeembed.sequences.names.known_names import known_ranks
from barcodeembed.sequences.names.species import is_interim
from barcodeembed.taxonomy import FAMILY, GENUS, RANKS, SPECIES, Lineage

MOST = 0.5
"""A rank as a whole is doubted if this share of its names gives reason to."""

SHOWN = 3
"""Number of examples in a line."""

_FEWEST = 10  # with fewer distinct names, an ending that all share says nothing
_SAME = 0.9
_ENDING = 4


def described(lineage: Lineage) -> str:
    """Return the names of a lineage with their ranks: ``kingdom Animalia, phylum Arthropoda, ...``."""
    return ", ".join(f"{rank} {name}" for rank, name in zip(RANKS, lineage.names, strict=True) if name) or "no name"


def rank_doubts(lineages: Sequence[Lineage]) -> list[str]:
    """Return what looks wrong with whole ranks, one line each.

    Raises
    ------
    InputError
        if most names at two or more ranks are known to be of other ranks: the columns are shifted.
    """
    shifted, lines = [], []
    for place, rank in enumerate(RANKS):
        names = Counter(lineage.names[place] for lineage in lineages if lineage.names[place])
        wrong = Counter({name: n for name, n in names.items() if _is_of_another(name, place)})
        if wrong.total() > MOST * max(names.total(), 1):
            name, number = wrong.most_common(1)[0]
            shifted.append(f"{rank} {name} ({number:,}), known as a {known_ranks(name)[0]}")
        elif ending := _common_ending(list(names), place):
            lines.append(f"nearly all names at the rank {rank} end in {ending!r}: is that part of them?")
    if len(shifted) > 1:
        raise InputError(
            f"names stand at the wrong ranks: {'; '.join(shifted)}; "
            f"the first lineage was read as {described(lineages[0])}",
            hint="name the columns by their ranks, or write rank prefixes (k__Animalia;p__Arthropoda;...)",
        )
    lines += [f"most names at one rank are of another: {what}" for what in shifted]
    alone = sum(bool(lineage.names[SPECIES] and not lineage.names[GENUS]) for lineage in lineages)
    if alone > MOST * len(lineages):
        lines.append(f"{alone:,} of {len(lineages):,} references have a species, but no genus")
    return lines


def _is_of_another(name: str, place: int) -> bool:
    ranks = known_ranks(name)
    if place == 0 and "domain" in ranks:
        return False
    # A genus may end as a superfamily or a tribe does.
    weak = {"superfamily", "subfamily", "tribe"} if place != FAMILY else set()
    return bool(ranks) and RANKS[place] not in ranks and not set(ranks) & weak


def _common_ending(names: Sequence[str], place: int) -> str:
    """Return the last letters that nearly all names share, for a rank whose names have no ending in common."""
    if len(names) < _FEWEST or place not in (GENUS, SPECIES):
        return ""
    ending, number = Counter(name[-_ENDING:] for name in names).most_common(1)[0]
    return ending if number > _SAME * len(names) else ""


def likely_same(lineages: Sequence[Lineage]) -> list[tuple[str, str]]:
    """Return pairs of species of one genus whose names differ by an accent or by one letter, without interim names."""
    by_genus: dict[str, set[str]] = defaultdict(set)
    for species in {lineage.names[SPECIES] for lineage in lineages} - {""}:
        genus, _, epithet = species.partition(" ")
        if epithet and not is_interim(species) and not any(map(str.isdigit, epithet)):
            by_genus[genus].add(epithet)
    return [
        (f"{genus} {one}", f"{genus} {other}")
        for genus, epithets in sorted(by_genus.items())
        for one, other in _near(epithets)
    ]


def _near(epithets: set[str]) -> Iterator[tuple[str, str]]:
    """Yield pairs that are equal without accents, or that differ by one letter added, left out or replaced."""
    plain = {epithet: _without_accents(epithet) for epithet in epithets}
    holders: dict[str, set[str]] = defaultdict(set)
    for epithet, letters in plain.items():
        if len(letters) > _ENDING:
            for key in {letters, *(letters[:i] + letters[i + 1 :] for i in range(len(letters)))}:
                holders[key].add(epithet)
    pairs = {(a, b) for some in holders.values() if len(some) > 1 for a in some for b in some if a < b}
    yield from sorted(pair for pair in pairs if _one_letter(plain[pair[0]], plain[pair[1]]))


def _without_accents(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))


def _one_letter(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    start = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    return short[start + (len(short) == len(long)) :] == long[start + 1 :]


def same_lines(lineages: Sequence[Lineage]) -> Iterator[str]:
    """Yield one line on names that are probably the same, if there are any."""
    if pairs := likely_same(lineages):
        shown = "; ".join(f"{one} and {other}" for one, other in pairs[:SHOWN])
        yield f"{len(pairs):,} pairs of names in one genus differ by a letter or an accent, likely the same: {shown}"
