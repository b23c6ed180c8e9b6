"""Grade the species of a library by their records and BINs, as BAGS does."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from barcodeembed.library.reference_library import ReferenceLibrary
from barcodeembed.taxonomy import Lineage

GRADES = {
    "A": "10 records or more, one BIN that no other species has",
    "B": "3 to 9 records, one BIN that no other species has",
    "C": "several BINs, none of which another species has",
    "D": "fewer than 3 records, one BIN that no other species has",
    "E": "shares a BIN with another species",
    "F": "no BIN",
}
"""BAGS grades of species (Fontes et al. 2021, doi:10.1111/1755-0998.13262), in the words that curators of BOLD use."""


@dataclass(frozen=True)
class SpeciesGrade:
    """A species with its BAGS grade, its numbers of records and BINs, and the species that it shares BINs with.

    Two species of one name (homonyms) differ in their ``lineage``.
    """

    species: str
    grade: str
    records: int
    bins: tuple[str, ...]
    shared_with: tuple[str, ...]
    lineage: Lineage


def grade_species(library: ReferenceLibrary) -> list[SpeciesGrade]:
    """Return the BAGS grade of every species, ordered by name."""
    names = library.taxa.names[-1]
    codes = library.taxa.codes[:, -1]
    records = Counter(codes[codes > 0].tolist())
    bins: defaultdict[int, set[str]] = defaultdict(set)
    owners: defaultdict[str, set[int]] = defaultdict(set)
    for code, bin in zip(codes.tolist(), library.bins, strict=True):
        if code and bin:
            bins[code].add(str(bin))
            owners[str(bin)].add(code)
    graded = []
    for code, number in records.items():
        shared = {other for bin in bins[code] for other in owners[bin]} - {code}
        graded.append(
            SpeciesGrade(
                names[code],
                _grade(number, len(bins[code]), bool(shared)),
                number,
                tuple(sorted(bins[code])),
                tuple(sorted(names[other] for other in shared)),
                library.lineage(int((codes == code).argmax())),
            )
        )
    return sorted(graded, key=lambda one: (one.species, one.lineage.names))


def _grade(records: int, bins: int, shared: bool) -> str:
    """Return the BAGS grade of a species with this many records and BINs."""
    if not bins:
        return "F"
    if shared:
        return "E"
    if bins > 1:
        return "C"
    return "A" if records >= 10 else "B" if records >= 3 else "D"
