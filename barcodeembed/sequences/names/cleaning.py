"""Clean the lineages of references: tell names that are taxa from names that are not.

Public records carry whatever was typed into the name field: ``Osmia sp.``, ``Chironomidae gen. sp.``, ``uncultured
insect``, ``Insecta(100)``, ``OSMIA BICORNIS``. What only decorates a name is removed, each taxon gets one spelling, and
what is no name is emptied. Names above it stay, and each change has a reason. The rules are those of open nomenclature
(Sigovini et al. 2016, doi:10.1111/2041-210X.12594) and of the provisional names of BOLD and GenBank.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from barcodeembed.sequences.names.decorations import (
    is_filler,
    is_known_with_filler,
    is_stand_in,
    stands_below_too,
    undecorated,
    without_higher,
    without_numbers,
    without_parent,
)
from barcodeembed.sequences.names.interim import interim_name, named_before
from barcodeembed.sequences.names.known_names import is_above_genus, is_common_genus, known_ranks
from barcodeembed.sequences.names.no_names import is_no_name, lacks_word, says_no_name
from barcodeembed.sequences.names.species import (
    DIGIT,
    GENUS,
    NODE_ID,
    SHORT_GENUS,
    clean_species,
    is_hybrid,
    is_open,
)
from barcodeembed.sequences.names.spelling import BIN, QUOTES, capitalised, tidy
from barcodeembed.taxonomy import RANKS, Lineage

REASONS = {
    "no_name": "says that there is no name: unclassified, uncultured, incertae sedis",
    "filler": "repeats a name from above in place of one: undef_Insecta, Insecta_X, order_Culicidae",
    "open_nomenclature": "not identified for sure: sp., cf., aff., nr., gen., a group or complex of species",
    "placeholder": "a code where a name should be: a BIN, a number, a provisional epithet",
    "not_a_species": "the species is given as the genus only, or as a higher taxon",
    "common_name": "a common name in place of a scientific one: honey bee, mosquito",
    "interim": "kept: a name that its owner gave to a species without one, marked by sp., nr., cf. or aff.",
    "decoration": "the same name without what stood beside it: a confidence, a taxonomy's number, a prefix, a parent",
    "characters": "the same name without invisible characters, in composed letters, with plain spaces",
    "letter_case": "the same name in the letters of its rank: Genus epithet",
    "rewritten": "the same taxon in its usual form: an author, a subspecies or underscores gone, an epithet joined",
}
"""Reasons why a name was emptied or written differently."""

INTERIM = ("keep", "drop")
"""What can be done with interim names."""

_HIGHER = re.compile(r"[A-Z][a-z]+(?:idae|inae)")  # in the place of a genus
_YEAR = re.compile(r"\b(?:1[789]|20)\d\d\b")
_AUTHOR_AND_YEAR = re.compile(r"([^\W\d_]{3,}) \(?[A-Z].*\b(?:1[789]|20)\d\d\)?")

# cf. Culicidae; Culex/Aedes, Culex & Aedes (of genera and families; some classes have such names)
_DOUBTED = re.compile(
    r".*\?.*|(?i:cf|cfr|conf|aff|nr|near|prope|not|probably|possibly|perhaps|maybe|likely|uncertain|doubtful)\.? .+"
)
_TWO_TAXA = re.compile(r"[A-Z][a-z]+(?: ?/ ?| [&+] | (?:and|und|et|or|oder|ou) )[A-Z][a-z]+\b.*")

_OF_SUBFAMILIES = "inae"  # how their names end in the zoological code
_CLASS_AT, _FAMILY_AT, _GENUS_AT, _SPECIES_AT = map(RANKS.index, ("class", "family", "genus", "species"))

Change = tuple[int, str]
"""Place of a rank in ``RANKS``, and a word of :data:`REASONS`."""


def clean_lineage(lineage: Lineage, interim: str = "drop") -> tuple[Lineage, str]:
    """Return the lineage with names that are no taxa emptied, and the reasons, joined by commas.

    The reason is empty if nothing was changed. See :func:`clean_names`.
    """
    cleaned, changes = clean_names(lineage, interim)
    found = {reason for _, reason in changes}
    return cleaned, ",".join(reason for reason in REASONS if reason in found)


@lru_cache(maxsize=1 << 16)
def clean_names(lineage: Lineage, interim: str = "drop") -> tuple[Lineage, tuple[Change, ...]]:
    """Return the lineage with only those names that are taxa, and which rank was changed for which reason.

    The spelling is made uniform: underscores become spaces; a species is a binomial without author, subgenus or
    subspecies; an epithet alone is joined to its genus, and a missing genus is taken from the binomial. Hybrids stay as
    they are. So do ids of anonymised trees (``PX1234``) and everything below a class, order or family that is such an
    id. ``interim``, one of :data:`INTERIM`, says whether a species without a name keeps its provisional name.
    """
    cleaned, changes = _clean_once(lineage, interim)
    if cleaned == lineage:
        return cleaned, changes
    # What a decoration leaves may have one of its own.
    for _ in range(4):
        again, more = _clean_once(cleaned, interim)
        if again == cleaned:
            break
        cleaned, changes = again, tuple(dict.fromkeys((*changes, *more)))
    return cleaned, changes


def _clean_once(lineage: Lineage, interim: str) -> tuple[Lineage, tuple[Change, ...]]:
    moved = _family_in_its_place(lineage)
    lineage, changes = moved or lineage, [(_GENUS_AT, "rewritten")] if moved else []
    shown = [tidy(name) for name in lineage.names]
    bare = [undecorated(name, rank) for name, rank in zip(shown, RANKS, strict=True)]
    bare = without_numbers(bare)
    stand_ins = [
        place
        for place in range(len(RANKS))
        if (shown[place] != bare[place] and is_stand_in(shown, bare, place)) or stands_below_too(bare, place)
    ]
    bare = ["" if place in stand_ins else name for place, name in enumerate(bare)]
    names = list(lineage.names)
    if (place := _place_of_open(names, bare[_SPECIES_AT])) is not None:
        names[place] = named_before(bare[_SPECIES_AT])
        changes.append((place, "rewritten"))
    anonymous = False
    for place, raw in enumerate(lineage.names):
        if not raw:
            continue
        name, reason = ("", "filler") if place in stand_ins else _clean(bare, place, names, anonymous, interim)
        if _CLASS_AT <= place < _GENUS_AT:
            anonymous = anonymous or DIGIT.search(name) is not None
        names[place] = name
        changes += [(place, why) for why in _kinds(raw, shown[place], bare[place], name, reason)]
    before, sign, name = names[_SPECIES_AT].rpartition("Candidatus ")
    genus, _, epithet = name.partition(" ")
    genus = before + sign + genus
    if not names[_GENUS_AT] and epithet and GENUS.fullmatch(genus.removeprefix(sign)) and _is_free(genus, names):
        names[_GENUS_AT] = genus
        changes.append((_GENUS_AT, "rewritten"))
    return Lineage(tuple(names)), tuple(changes)


def _place_of_open(names: Sequence[str], species: str) -> int | None:
    """Return the place of the rank that has no name although the text in place of the species says it (``Culex sp.``,
    ``Culicidae sp.``); None if there is none."""
    if names[_GENUS_AT] or not (name := named_before(species)) or name.endswith(_OF_SUBFAMILIES):
        return None
    if not is_above_genus(name):
        return _GENUS_AT
    places = [RANKS.index(rank) for rank in known_ranks(name) if rank in RANKS]
    return places[0] if len(places) == 1 and not names[places[0]] else None


def _family_in_its_place(lineage: Lineage) -> Lineage | None:
    """Return the lineage with a family that stands in the place of the genus in its own; None if there is none."""
    names = list(lineage.names)
    if names[_FAMILY_AT] or not _HIGHER.fullmatch(names[_GENUS_AT]) or names[_GENUS_AT].endswith("inae"):
        return None
    names[_FAMILY_AT], names[_GENUS_AT] = names[_GENUS_AT], ""
    return Lineage(tuple(names))


def _is_free(genus: str, names: list[str]) -> bool:
    """Return whether the first word of a species may be its genus, and not a family or subfamily that stands in for
    it."""
    return not is_above_genus(genus) and not genus.endswith(_OF_SUBFAMILIES) and genus not in names


def _clean(bare: list[str], place: int, names: list[str], anonymous: bool, interim: str) -> tuple[str, str]:
    """Return a name without its decorations, cleaned by its rank, and the reason; ``names`` are clean down to the rank
    above."""
    above = [name for name in (*names[:place], *bare[:place]) if name]
    if place == _SPECIES_AT:
        return _species(bare, names, anonymous, interim)
    name = without_parent(bare[place], above, of_family=place == _GENUS_AT)
    if not says_no_name(name) and is_filler(name, above):
        return "", "filler"
    if _DOUBTED.fullmatch(name) or (place >= _FAMILY_AT and _TWO_TAXA.fullmatch(name)):
        return "", "no_name" if says_no_name(name) else "open_nomenclature"
    cleaned, reason = _clean_genus(name, anonymous) if place == _GENUS_AT else _clean_other(name)
    return ("", "filler") if cleaned and is_known_with_filler(name) else (cleaned, reason)


def _species(bare: list[str], names: list[str], anonymous: bool, interim: str) -> tuple[str, str]:
    genus, above = names[_GENUS_AT], [name for name in (*names[:_GENUS_AT], *bare[:_GENUS_AT]) if name]
    name = without_parent(without_higher(bare[_SPECIES_AT]), above, of_family=True)
    if says_no_name(name) or lacks_word(name):
        return "", "no_name"
    if name == genus:
        return "", "not_a_species"
    # An epithet may be the name of a class: Aloconota insecta.
    parents = [one for one in above if not (genus and name.islower() and one.casefold() == name and not one.islower())]
    if is_filler(name, parents) or _repeats_genus(name, [genus, bare[_GENUS_AT]]):
        return "", "filler"
    if is_no_name(name):
        return "", "no_name"
    cleaned, reason = clean_species(bare[_SPECIES_AT], name, genus, anonymous=anonymous)
    if interim == "keep" and reason in ("open_nomenclature", "placeholder"):
        higher = next((name for name in reversed(names[:_GENUS_AT]) if name), "")
        if kept := interim_name(name, genus, higher):
            return kept, "interim"
    return cleaned, reason


def _repeats_genus(name: str, genera: list[str]) -> bool:
    """Return whether a species is its genus beside a filling word. An epithet may repeat its genus, and sp. says
    more."""
    beside = [genus for genus in genera if genus and name.casefold() != genus.casefold()]
    return is_filler(name, beside) and not is_open(name.replace("_", " ").split()[1:], 1)


def _kinds(raw: str, shown: str, bare: str, name: str, reason: str) -> list[str]:
    """Return why a name is not what it was; an empty list if it is."""
    if name == raw:
        return ["interim"] if reason == "interim" else []
    kinds = [reason] if reason else []
    if not name:
        return kinds or ["no_name"]
    if " ".join(filter(None, raw.split(" "))).strip(QUOTES + " ") != shown:
        kinds.append("characters")
    if bare != shown:
        kinds.append("decoration")
    if not reason and name != bare.replace("_", " "):
        written, read = name.casefold(), bare.casefold()
        if read.startswith(written) and not bare.startswith(name):
            kinds.append("letter_case")
        if written not in (read, read.replace("_", " ")):
            kinds.append("rewritten")
    return kinds or ["rewritten"]


def _clean_other(raw: str) -> tuple[str, str]:
    """Return a name of any rank above genus, and the reason; the reason is empty if the text can be a name."""
    name = " ".join(raw.replace("_", " ").split())
    if is_no_name(raw):
        return "", "no_name"
    if BIN.search(name):
        return "", "placeholder"
    first, *words = name.split()
    if is_open(words, 0 if words[:1] == ["N."] else 1) or (first[0].islower() and is_open([first], 1)):
        return "", "open_nomenclature"
    if match := _AUTHOR_AND_YEAR.fullmatch(name):
        name = match[1]
    return (raw, "") if DIGIT.search(raw) and not match else (_written(name), "")


def _written(name: str) -> str:
    """Return one word with the capitals of a name; an abbreviation of three letters or less may keep its own."""
    return capitalised(name) if len(name) > 3 else name


def _clean_genus(raw: str, anonymous: bool) -> tuple[str, str]:
    name, reason = _clean_other(raw)
    if reason:
        return "", reason
    if DIGIT.search(_YEAR.sub("", name)):
        kept = anonymous or NODE_ID.fullmatch(raw)
        return (raw, "") if kept else ("", "placeholder")
    words = name.split()
    if SHORT_GENUS.fullmatch(name) and name.endswith("."):
        return "", "placeholder"
    if is_common_genus(words):
        return "", "common_name"
    if _HIGHER.fullmatch(words[0]):
        return "", "filler"
    if words[0] == "Candidatus" or is_hybrid(words):
        return name, ""
    # An author, a subgenus or an epithet may follow.
    first = capitalised(words[0].rstrip(",;"))
    return (first, "") if GENUS.fullmatch(first) else (name, "")
