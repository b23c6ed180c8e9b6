"""Find species of a library whose names may be two spellings of one."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from barcodeembed.library.kin import highest_identity
from barcodeembed.library.reference_library import ReferenceLibrary
from barcodeembed.sequences.names.interim import is_interim
from barcodeembed.taxonomy import SPECIES

NEAR = 0.97
"""Identity that some barcodes of two names reach if these are names of one species. Within species, COI of insects
usually differs by 1 % or less (Hebert et al. 2003, doi:10.1098/rspb.2002.2218)."""

SHOWN = 3
"""Number of examples in a message."""

_FEWEST_LETTERS = 5  # shorter epithets differ by one letter by chance


def spelling_doubts(library: ReferenceLibrary) -> list[str]:
    """Return a line on pairs of species that may be two spellings of one, if there are any.

    Two species whose BINs are known and differ, or whose barcodes are far from each other, are no such pair.
    """
    names, codes = library.taxa.names[SPECIES], library.taxa.codes[:, SPECIES]
    places: defaultdict[str, list[int]] = defaultdict(list)  # homonyms have one name
    for place, name in enumerate(names[1:], start=1):
        places[name].append(place)

    def rows(name: str) -> NDArray[np.int64]:
        return np.flatnonzero(np.isin(codes, places[name]))

    pairs = [pair for pair in likely_same(places) if _may_be_one(library, *map(rows, pair))]
    if not pairs:
        return []
    shown = "; ".join(f"{one} and {other}" for one, other in pairs[:SHOWN])
    number = f"{len(pairs):,} pair{'' if len(pairs) == 1 else 's'} of names in one genus"
    what = (
        "differs by a letter or an accent: is it one species"
        if len(pairs) == 1
        else ("differ by a letter or an accent: are some of them one species")
    )
    return [f"{number} {what}, spelt in two ways? {shown}"]


def _may_be_one(library: ReferenceLibrary, one: NDArray[np.int64], other: NDArray[np.int64]) -> bool:
    """Return whether the references at these rows, of two names, may be of one species."""
    bins, other_bins = (set(library.bins[rows].tolist()) - {""} for rows in (one, other))
    if bins and other_bins and bins.isdisjoint(other_bins):
        return False
    nearest = highest_identity(library.columns, one, other)
    return nearest < 0 or nearest >= NEAR


def likely_same(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return pairs of species of one genus whose names differ by an accent or by one letter, without interim names."""
    by_genus: dict[str, set[str]] = defaultdict(set)
    for species in set(names):
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
        if len(letters) >= _FEWEST_LETTERS:
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
