"""Find binomials in the words of a header: after an id, alone, or joined with other words, as in ``MN1_Culex_pipiens``.

In a query such words could mean anything, so these dialects are only for labelled references. Names of samples look
like binomials, too (``S01 Veluwe ditch``, ``Costa_rica_12``), so the headers of a file must confirm each other. Their
genera and epithets must end as Latin words do, which places and people do rarely (:func:`are_species`). Where a name is
one word with its id, nearly all headers must have one (:func:`are_confirmed`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from barcodeembed.sequences.names.bold import is_process_id
from barcodeembed.sequences.names.genbank import ARCHIVE, DOUBTED_GENUS, is_binomial, organism
from barcodeembed.sequences.names.known_names import COMMON_WORDS, is_animal, known_ranks, places_of
from barcodeembed.sequences.names.spelling import BIN, may_be_latin
from barcodeembed.taxonomy import FAMILY, GENUS, RANKS, SPECIES, Lineage


def _by_ending(table: Mapping[int, str]) -> dict[str, int]:
    return {ending: bits for bits, endings in table.items() for ending in endings.split()}


# [Culex pipiens] at the end, as NCBI has it in files of proteins and genes.
_IN_BRACKETS = re.compile(r".*\[([^\[\]=]+)\]\s*$")
_IN_PARENTHESES = re.compile(r".+\(([A-Z][a-z]+ [a-z][a-z-]{2,})\)\s*$")
# gb|NC_000860|Salvelinus fontinalis (...), as MitoFish has it; ENA|KX123456|KX123456.1 Culex pipiens ...
_DEPOSITED_SPECIES = re.compile(ARCHIVE + r"([A-Z]{1,2}_?\d+(?:\.\d+)?)\|\s*(?:\1\.\d+ )?([A-Z].*)")
# Culex pipiens;KX123456, or Culex pipiens KX123456 of a form that only accessions have
_NAME_FIRST = re.compile(
    r"\s*([A-Z][a-z]+ [a-z][a-z.-]+)(?: [^;|,]*?)?"
    r"(?:[;|,]\s*(?=[A-Z]+_?\d)|[\s:/]+(?=[A-Z]{2}\d{6}))([A-Z]{1,4}_?\d+(?:\.\d+)?|[A-Z]{2,8}\d+-\d\d)(?=[\s;|,]|$)"
)
_NO_ID = re.compile(r".*=.*|(?:1[789]|20)\d\d|COI?[-_]?\w*|COX?\w{0,3}|\d+ ?bp", re.IGNORECASE)
_JOINED = re.compile(r"[A-Z][a-z]{2,}(?:_|%20|[+])[a-z][a-z-]{2,}")
_OF_CRABS = re.compile(r"^\s*(CRABS_\d+):(?=\S+\s)")  # CRABS_3:Culex sp. A
# What Geneious writes beside the names of documents that it made of others.
_MADE_BY_GENEIOUS = re.compile(r"\((?:extracted|extraction|reversed|modified|copy(?: \d+)?)\)")
_KEYS_BEFORE = re.compile(r"(?:\w+=[^\s;=]*;?\s+)+")  # taxid=7175; count=1; Culex pipiens
_MIDORI_NUMBER = re.compile(r"(?<=[a-z]{3})_\d{3,}(?=\s|$)")
# Beside a name that is joined or in parentheses: anything else may make it the name of a host (leaf of Quercus_robur).
_MARKER = re.compile(r".*\d.*|I{1,3}|COI|COX", re.IGNORECASE)
_AROUND = " \t\"'()[]|,;:-\N{EN DASH}"
_HIGHER = re.compile(r"([A-Z][a-z]{3,})(?:[\s,:;|>/]+|$)")
_UNNAMED = re.compile(
    r"(?:gen\.?\s+)?(?:et\s+)?sp\.?(?:\s+(\S+))?.*|(?:indet|unclassified|environmental)\b.*|$", re.IGNORECASE
)
_CODE = re.compile(r".*\d.*|[A-Z]{1,8}")
LOOKED_AT = 1000
"""Number of headers at the beginning of a file that say whether its words are names."""

_FEWEST_GENERA = 3
_SHARE = 0.8  # least share of the headers that name a species, and of those that name a family

_OPEN = re.compile(r"sp|spp|cf|aff|nr", re.IGNORECASE)
_GENUS = re.compile(r"[A-Z][a-z]{2,}")
_EPITHET = re.compile(r"[a-z]{3,}(?:-[a-z]+)*\.?")
_CAPITALISED = re.compile(r"[A-Z][a-z]+")

_NO_EPITHETS_WORDS = """
alpha beta gamma delta epsilon zeta theta iota kappa lambda sigma omega litter extra control mock blank rica scotia
nevada terra leone
"""
_NO_EPITHETS = frozenset(_NO_EPITHETS_WORDS.split())
_OTHER_ROLES_WORDS = """
host hosts prey gut not no non like control mock blank parasite parasites parasitoid parasitoids symbiont symbionts
endosymbiont pathogen diet stomach faeces feces scat blood bloodmeal meal food bait contaminant contamination numt
pseudogene chimera hybrid negative neg positive pos near cf aff nr pooled pool mix mixed possible possibly probable
probably maybe wrong false error misidentified doubtful unsure unlike versus vs and or ex without edna water sediment
soil wolbachia rickettsia spiroplasma cardinium buchnera
"""
OTHER_ROLES = frozenset(_OTHER_ROLES_WORDS.split())
"""Words, in lower case, that say of the species beside them that the sequence is not, or perhaps not, of it."""

_HARMLESS_WORDS = """
voucher isolate strain clone haplotype hap specimen cytochrome oxidase subunit mitochondrial mitochondrion gene partial
complete coi cox1 co1 sequence genome cds consensus seq barcode ref reference male female adult larva pupa egg
"""
_HARMLESS = frozenset(_HARMLESS_WORDS.split())
"""Words behind a binomial that are no part of it."""

# Log-odds in bits, rounded: how often the words of 20,672 binomials of animals end so, and how often the towns, people
# and common words of twenty European languages do (15,910 words with a capital and 11,874 without).
_GENUS_BITS = _by_ending({4: "x", 3: "s", 2: "a", 0: "m", -2: "r n e", -3: "o", -4: "u"})
_EPITHET_BITS = _by_ending(
    {
        9: "ii",
        6: "ae yi",
        5: "ax us ix",
        4: "is um yx",
        3: "ai ea ei ex ps ri ta",
        2: "bi ca di gi hi la ma na ni ns oa oi sa si ua ys",
        1: "da es ga ha ia li mi pi ra ti ui zi",
        0: "ci ki or pa va",
        -1: "ba be os",
        -2: "as er go he ho io le ne on",
        -3: "ar il ja me ry se ur za",
        -4: "an co do ka lo ng re ro to",
    }
)
_RARE = -6  # of all other endings

PRIOR = 3
"""How likely it is, in bits, that the names in a file of references are those of species, before they are read."""

_CONFIRMED = 0.5  # share of the headers that confirm their own name, from which all names of a file are taken
_ACCESSION = re.compile(r"(?:[a-z]+\|)*(?:[A-Z]\d{5}\.\d+|[A-Z]{2}\d{6}|[A-Z]{2}\d{8}|[A-Z]{2}_\d{6,9})(?:\.\d+)?\|?")
_OF_GENES = re.compile(r"\b(?:cytochrome|mitochondri(?:al|on)|cds|gene)\b", re.IGNORECASE)
_OPEN_SPECIES = re.compile(r" (?:sp|spp|cf|aff|nr)\b")

Reader = Callable[[str], tuple[str, Lineage] | None]
"""Finds the id and the names in a header; None if there are none."""


def described(header: str) -> tuple[str, Lineage] | None:
    """Read ``ID Genus species ...``, as in DADA2's ``assignSpecies`` and GenBank, also with higher names before the
    genus, and a header that begins with the species (``Culex pipiens MN123456``)."""
    if deposited := _DEPOSITED_SPECIES.fullmatch(header.strip()):
        header = f"{deposited[1]} {deposited[2]}"
    header = _OF_CRABS.sub(r"\1 ", header)
    id, *rest = header.strip().split(maxsplit=1) or [""]
    rest = [DOUBTED_GENUS.sub(r"\1", _KEYS_BEFORE.sub("", text), count=1) for text in rest]
    if rest and (lineage := _of_description(rest[0])):
        return id.rstrip(",;"), lineage
    if rest and (name := organism(header.strip())):
        return _id_among(rest[0]), _of_species(name)
    return None


def _id_among(text: str) -> str:
    """Return the accession in what follows a name, or else its only code; empty if there is none, or several.

    A BIN, a marker, a year and a number of reads (``size=3``) are no ids.
    """
    words = re.split(r"[\s;,:|/()\[\]]+", BIN.sub(" ", text))
    codes = {word for word in words if len(word) > 2 and _CODE.fullmatch(word) and not _NO_ID.fullmatch(word)}
    accessions = set(filter(_ACCESSION.fullmatch, codes))
    ids = accessions or {code for code in codes if any(map(str.isdigit, code))} or {c for c in codes if len(c) > 3}
    return ids.pop() if len(ids) == 1 else ""


def id_behind_name(header: str) -> str:
    """Return the accession of ``Culex pipiens;KX123456``; empty for any other header (``Culex pipiens;COI2``)."""
    match = _NAME_FIRST.match(header)
    return match[2] if match and is_binomial(match[1]) and not _NO_ID.fullmatch(match[2]) else ""


def _of_description(text: str) -> Lineage:
    """Return the names in what follows an id; empty if there are none."""
    text = _MADE_BY_GENEIOUS.sub("", text)
    text = _MIDORI_NUMBER.sub("", text)
    if bracketed := _IN_BRACKETS.fullmatch(text):
        text = bracketed[1]
    text = text.rstrip("( ").strip(_AROUND if not _IN_PARENTHESES.fullmatch(text) else " ")
    found: dict[str, str] = {}
    higher: list[str] = []
    while (match := _HIGHER.match(text)) and (ranks := known_ranks(match[1])) and not is_binomial(text):
        higher.append(match[1])
        found |= {rank: match[1] for rank in ranks[:1] if rank in RANKS[:-2]}
        text = text[match.end() :]
    if not _descend(higher):
        return Lineage()
    if name := organism(text):
        return _of_species(name, found)
    if found and (unnamed := _UNNAMED.fullmatch(text)):
        label = unnamed[1] or ""  # only a BIN is the same species in every record
        named = f"{list(found.values())[-1]} sp. {label}" if BIN.fullmatch(label) else ""
        return Lineage.from_ranks(**found, species=named)
    joined_words = {word for word in text.split() if _JOINED.fullmatch(word)}
    if len(joined_words) == 1 and _is_of_this(text.split(joined_word := joined_words.pop())[0], text):
        name = re.sub("_|%20|[+]", " ", joined_word)
        return _of_species(name, found) if is_binomial(name) else Lineage()
    if (beside := _IN_PARENTHESES.fullmatch(text)) and _is_of_this(text.rpartition("(")[0], text):
        return _of_species(beside[1], found) if is_binomial(beside[1]) else Lineage()
    return Lineage()


def _is_of_this(before: str, text: str) -> bool:
    """Return whether a name in ``text`` is that of what was sequenced: nothing but words about the marker and one
    common name stands ``before`` it."""
    words = [word for word in before.split() if not _MARKER.fullmatch(word) and word.casefold() not in _HARMLESS]
    one_animal = not words or (is_animal(words[-1]) and all(word.casefold() in COMMON_WORDS for word in words[:-1]))
    return one_animal and OTHER_ROLES.isdisjoint(text.casefold().split())


def _descend(names: Sequence[str]) -> bool:
    """Return whether the ranks of the names that are known descend, no two of them the same."""
    places = places_of(names)
    return places == sorted(set(places))


def _of_species(name: str, above: dict[str, str] | None = None) -> Lineage:
    return Lineage.from_ranks(**(above or {}), genus=name.split()[0], species=name)


def joined(header: str) -> tuple[str, Lineage] | None:
    """Return the id and the lineage in a first word that is made of a binomial, higher names, and codes.

    The id is the whole word, or empty if the word has only names. None if the word could be read in two ways, or says
    that the species is uncertain (``Culex_pipiens_or_torrentium``) or not the one that was sequenced (``HOST_...``).
    """
    word = (header.strip().split(maxsplit=1) or [""])[0]
    for signs in ("[_|;,/]+", "[_|;,/.-]+"):
        parts = [part for part in re.split(signs, word) if part.strip("-")]
        places = [place for place in range(len(parts) - 1) if _begins_binomial(parts[place], parts[place + 1])]
        if places:
            break
    if len(places) != 1:
        return None
    before, (genus, epithet), after = parts[: places[0]], parts[places[0] :][:2], parts[places[0] + 2 :]
    if not (all(map(_may_stand_before, before)) and all(map(_may_stand_behind, after)) and _descend(before)):
        return None
    above = {rank: part for part in before for rank in known_ranks(part)[:1] if rank in RANKS[:-2]}
    species = f"{genus} sp." if _OPEN.fullmatch(epithet.rstrip(".")) else f"{genus} {epithet}"
    ids = [part for part in parts if _CODE.fullmatch(part)]
    return (word if ids else ""), Lineage.from_ranks(**above, genus=genus, species=species)


def are_confirmed(headers: Sequence[str]) -> bool:
    """Return whether the headers of a file confirm that binomials in their words are names: nearly all have one, and
    they have several genera, or nearly all have the family, too."""
    lineages = [found[1] for found in map(joined, headers) if found]
    genera = {lineage.at("genus") for lineage in lineages}
    least = _SHARE * len(headers)
    of_families = sum(bool(lineage.at("family")) for lineage in lineages)
    return 0 < least <= len(lineages) and (len(genera) >= _FEWEST_GENERA or of_families >= least)


def _may_stand_before(part: str) -> bool:
    return _role(part) not in OTHER_ROLES and bool(_CODE.fullmatch(part) or known_ranks(part))


def _role(part: str) -> str:
    """Return the word in a part that may say whose sequence it is: ``host`` of ``HOST1``."""
    return part.casefold().rstrip(".0123456789")


def _may_stand_behind(part: str) -> bool:
    """Return whether a part behind a binomial is a code, a place or an author, or a word that changes nothing."""
    if _role(part) in OTHER_ROLES:
        return False
    return bool(_CODE.fullmatch(part) or _CAPITALISED.fullmatch(part)) or _role(part) in _HARMLESS


def _begins_binomial(genus: str, epithet: str) -> bool:
    """Return whether two parts of a word are a genus and an epithet, or a genus and a word of open nomenclature."""
    if not _GENUS.fullmatch(genus) or not is_binomial(f"{genus} {epithet.lower()}"):
        return False
    if _OPEN.fullmatch(epithet.rstrip(".")):
        return True
    return bool(_EPITHET.fullmatch(epithet)) and may_be_latin(epithet) and epithet not in _NO_EPITHETS


def are_species(headers: Sequence[str], read: Reader) -> bool:
    """Return whether the names that ``read`` finds in these headers are those of species, and not of places or people.

    False where it finds none: then nothing is known of the names that may come.
    """
    found = [(header, named[1]) for header in headers if (named := read(header))]
    if not found:
        return False
    confirmed = sum(confirms(header, lineage) for header, lineage in found)
    if confirmed >= _CONFIRMED * len(found):
        return True
    return likelihood(lineage for _, lineage in found) > -PRIOR


def confirms(header: str, lineage: Lineage) -> bool:
    """Return whether a header shows by other means than the words that its name is that of a species."""
    first = (header.split(maxsplit=1) or [""])[0]
    genus, _, epithet = lineage.names[SPECIES].partition(" ")
    return bool(
        _ACCESSION.fullmatch(first)
        or is_process_id(first.split("|")[0])
        or any(lineage.names[: FAMILY + 1])
        or _OF_GENES.search(header)
        or _OPEN_SPECIES.search(lineage.names[SPECIES])
        or genus.casefold() == epithet
    )


def likelihood(lineages: Iterable[Lineage]) -> float:
    """Return in bits how much likelier the genera and epithets are as such than as other words, each counted once."""
    named = list(lineages)
    genera = {lineage.names[GENUS] for lineage in named} - {""}
    epithets = {lineage.names[SPECIES].split()[1] for lineage in named if " " in lineage.names[SPECIES]}
    bits = sum(_GENUS_BITS.get(genus[-1], _RARE) for genus in genera)
    return bits + sum(_EPITHET_BITS.get(epithet[-2:], _RARE) for epithet in epithets)
