"""Choose which labelled records become references, by taxon, place, names and number, while they are read.

What the record alone tells is checked before it is placed and embedded (:meth:`Selector.wants`), so that a few thousand
spiders can be taken out of millions of records in the time it takes to read them. What depends on the references that
were chosen before is checked afterwards (:meth:`Selector.has_room`). Every record that is left out is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from numbers import Integral
from typing import Any

from barcodeembed.errors import UsageError
from barcodeembed.sequences.formats.sources import MARKER
from barcodeembed.taxonomy import RANKS, Lineage

REASONS = {
    "excluded": "its id was given to --exclude",
    "other_taxon": "not of a taxon that was given to --taxon",
    "other_country": "found in none of the countries given to --country",
    "no_country": "--country or --region was given, and the record does not say where it was found",
    "other_region": "found in none of the regions given to --region",
    "no_rank": "has no name at the rank given to --require",
    "duplicate": "has the barcode and the names of an earlier record, and --dereplicate was given",
    "enough_of_species": "its species has as many references as --max-per-species allows",
}
"""Reasons why a selection leaves a record out."""


_LIKENESS = 0.75  # of difflib, from which a name is suggested for one that no record has
_LENGTHS_APART = 2


@dataclass(frozen=True)
class Selection:
    """What a record must have to become a reference; a field that is empty or 0 asks for nothing. One name, place,
    marker or id can be given as a text."""

    taxa: Sequence[str] = ()
    """Names of any rank; the record must belong to one of them."""
    countries: Sequence[str] = ()
    """The record must be from one of these. Case does not matter; the spelling is that of the data."""
    regions: Sequence[str] = ()
    """The record must be from one of these provinces, states or other parts of a country."""
    markers: Sequence[str] = (MARKER,)
    """Markers that are kept, in a table that names the marker."""
    require: str = ""
    """The rank at which the record must have a name."""
    exclude: Collection[str] = ()
    """Ids to leave out."""
    dereplicate: bool = False
    """Whether records with the same barcode and the same names become one reference."""
    max_per_species: int = 0
    """Largest number of references of one species; the first ones are kept. Records without a species are not
    limited."""

    def __post_init__(self) -> None:
        for name in ("taxa", "countries", "regions", "markers", "exclude"):
            if isinstance(one := getattr(self, name), str):
                object.__setattr__(self, name, (one,) if one else ())
            elif not isinstance(one, Collection):
                raise UsageError(f"{name}: give a text or a list of texts, not {one!r}")
        if self.require and self.require not in RANKS:
            raise UsageError(f"{self.require!r} can't be required: it is not one of {', '.join(RANKS)}")
        if not isinstance(self.max_per_species, Integral) or self.max_per_species < 0:
            raise UsageError("the largest number of references of a species: give 1 or more, or 0 for no limit")

    @property
    def places(self) -> tuple[str, ...]:
        """The options by which places are chosen."""
        return ("--country",) * bool(self.countries) + ("--region",) * bool(self.regions)

    def to_dict(self) -> dict[str, Any]:
        """Return what was asked for, for the manifest of the library; long lists of ids and places as their number."""
        asked = {
            "taxa": list(self.taxa),
            "countries": sorted(self.countries),
            "regions": sorted(self.regions),
            "markers": [] if tuple(self.markers) == (MARKER,) else list(self.markers),
            "require": self.require,
            "excluded_ids": len(self.exclude),
            "dereplicate": self.dereplicate,
            "max_per_species": self.max_per_species,
        }
        return {name: value for name, value in asked.items() if value}


class Selector:
    """Applies a selection to one stream of records; ``dropped`` counts by the words of :data:`REASONS`."""

    def __init__(self, selection: Selection) -> None:
        self.selection = selection
        self.dropped: Counter[str] = Counter()
        self._taxa = {_folded(name): name for name in selection.taxa}
        self._countries = {_folded(name): name for name in selection.countries}
        self._regions = {_folded(name): name for name in selection.regions}
        self._exclude = frozenset(selection.exclude)
        self._met: set[tuple[str, str]] = set()
        # Of millions of names only those are kept that may be meant: with the same initial, and about as long.
        self._like: dict[tuple[str, str], dict[str, str]] = {}
        self._by_initial: dict[tuple[str, str], list[str]] = {}
        for option, names in self._asked():
            for key in names:
                self._by_initial.setdefault((option, key[:1]), []).append(key)
        self._barcodes: set[tuple[str, Lineage]] = set()
        self._per_species: Counter[str] = Counter()

    def wants(self, id: str, lineage: Lineage, country: str = "", regions: Sequence[str] = ()) -> bool:
        """Return whether a record may become a reference, as far as the record itself tells."""
        reason = self._reason_against(id, lineage, country, regions)
        if reason:
            self._drop(reason)
        return not reason

    def has_room(self, barcode: str, lineage: Lineage) -> bool:
        """Return whether a record with this barcode (SHA-1) and these cleaned names is still wanted beside the
        others."""
        asked = self.selection
        species = lineage.names[-1]
        if asked.require and not lineage.at(asked.require):
            return self._drop("no_rank")
        if asked.dereplicate:
            if (barcode, lineage) in self._barcodes:
                return self._drop("duplicate")
            self._barcodes.add((barcode, lineage))
        if asked.max_per_species and species:
            if self._per_species[species] >= asked.max_per_species:
                return self._drop("enough_of_species")
            self._per_species[species] += 1
        return True

    def never_met(self) -> list[str]:
        """Return the options whose value occurred in no record, with the name that was perhaps meant."""
        missed = [
            f"{option} {name}{self._meant(option, key)}"
            for option, names in self._asked()
            for key, name in names.items()
            if (option, key) not in self._met
        ]
        return missed + [f"--exclude {id}" for id in sorted(self._exclude) if ("--exclude", id) not in self._met]

    def _asked(self) -> tuple[tuple[str, dict[str, str]], ...]:
        return (("--taxon", self._taxa), ("--country", self._countries), ("--region", self._regions))

    def _meant(self, option: str, key: str) -> str:
        like = self._like.get((option, key), {})
        found = get_close_matches(key, like, n=1, cutoff=_LIKENESS)
        return f" (did you mean {like[found[0]]!r}?)" if found else ""

    def _reason_against(self, id: str, lineage: Lineage, country: str, regions: Sequence[str]) -> str:
        if id in self._exclude:
            self._met.add(("--exclude", id))
            return "excluded"
        if self._taxa and not self._meet("--taxon", self._taxa, lineage.names):
            return "other_taxon"
        if self.selection.places and not (country or regions):
            return "no_country"
        if self._countries and not self._meet("--country", self._countries, (country,)):
            return "other_country"
        if self._regions and not self._meet("--region", self._regions, regions):
            return "other_region"
        if self.selection.require and not any(lineage.names[RANKS.index(self.selection.require) :]):
            # A name further down may tell this one (a binomial tells the genus): that is seen when names are cleaned.
            return "no_rank"
        return ""

    def _meet(self, option: str, asked: dict[str, str], names: Sequence[str]) -> bool:
        """Return whether one of these names was asked for, and note that it occurred; for a name that did not occur so
        far, note those that look like it."""
        folded = {_folded(name): name for name in names if name}
        found = folded.keys() & asked.keys()
        self._met.update((option, key) for key in found)
        for one, name in folded.items():
            for key in self._by_initial.get((option, one[:1]), ()):
                if (option, key) not in self._met and abs(len(one) - len(key)) <= _LENGTHS_APART:
                    self._like.setdefault((option, key), {})[one] = name
        return bool(found)

    def _drop(self, reason: str) -> bool:
        self.dropped[reason] += 1
        return False


def _folded(name: str) -> str:
    return " ".join(name.replace("_", " ").split()).casefold()
