"""Find binomials in the words of a header: after an id, alone, or joined with other words, as in ``MN1_Culex_pipiens``.

In a query such words could mean anything, so these dialects are only for labelled references.
"""

from __future__ import annotations

import re

from barcodeembed.sequences.names.genbank import is_binomial, organism
from barcodeembed.sequences.names.known_names import known_ranks
from barcodeembed.sequences.names.spelling import capitalised, may_be_latin
from barcodeembed.taxonomy import RANKS, Lineage

# [Culex pipiens] at the end, as NCBI has it in files of proteins and genes.
_IN_BRACKETS = re.compile(r".*\[([^\[\]=]+)\]\s*$")
_AROUND = " \t\"'()[]|,;:-\N{EN DASH}"
_HIGHER = re.compile(r"([A-Z][a-z]{3,})(?:[\s,:;|>/]+|$)")
_UNNAMED = re.compile(
    r"(?:gen\.?\s+)?(?:et\s+)?sp\.?(?:\s+(\S+))?.*|(?:indet|unclassified|environmental)\b.*|$", re.IGNORECASE
)
_OPEN = re.compile(r"sp|spp|cf|aff|nr", re.IGNORECASE)
_GENUS = re.compile(r"[A-Z][a-z]{2,}")
_EPITHET = re.compile(r"[a-z]{3,}(?:-[a-z]+)*\.?")
_CODE = re.compile(r".*\d.*|[A-Z]{1,8}")


def described(header: str) -> tuple[str, Lineage] | None:
    """Read ``ID Genus species ...``, as in DADA2's ``assignSpecies`` and GenBank, also with higher names before the
    genus, and a header that begins with the species (``Culex pipiens MN123456``)."""
    id, *rest = header.strip().split(maxsplit=1) or [""]
    if rest and (lineage := _of_description(rest[0])):
        return id.rstrip(",;"), lineage
    if rest and (name := organism(header.strip())):
        ids = [word for word in rest[0].split() if len(word) > 3 and _CODE.fullmatch(word)]
        return (ids[0] if len(ids) == 1 else ""), _of_species(name)
    return None


def _of_description(text: str) -> Lineage:
    """Return the names in what follows an id; empty if there are none."""
    if bracketed := _IN_BRACKETS.fullmatch(text):
        text = bracketed[1]
    text = text.strip(_AROUND)
    found: dict[str, str] = {}
    while (match := _HIGHER.match(text)) and (ranks := known_ranks(match[1])) and not is_binomial(text):
        found |= {rank: match[1] for rank in ranks[:1] if rank in RANKS[:-2]}
        text = text[match.end() :]
    words = text.split()
    if len(words) == 2 and (text.isupper() or text.islower()) and all(map(may_be_latin, words)):
        text = f"{capitalised(words[0])} {words[1].lower()}"
    if name := organism(text):
        return _of_species(name, found)
    if found and (unnamed := _UNNAMED.fullmatch(text)):
        last = list(found.values())[-1]
        return Lineage.from_ranks(**found, species=f"{last} sp. {unnamed[1] or ''}".strip() if text else "")
    return Lineage()


def _of_species(name: str, above: dict[str, str] | None = None) -> Lineage:
    return Lineage.from_ranks(**(above or {}), genus=name.split()[0], species=name)


def joined(header: str) -> tuple[str, Lineage] | None:
    """Read a first word that is made of a binomial, higher names, and codes: ``Culex_pipiens_MN123456``.

    The id is the whole word, or empty if the word has only names. Anything that could be read in two ways is not read.
    """
    word = (header.strip().split(maxsplit=1) or [""])[0]
    parts = [part for part in re.split(r"[_|;,/]+", word) if part]
    places = [place for place in range(len(parts) - 1) if _begins_binomial(parts[place], parts[place + 1])]
    if len(places) != 1:
        return None
    before, (genus, epithet) = parts[: places[0]], parts[places[0] : places[0] + 2]
    above = {rank: part for part in before for rank in known_ranks(part)[:1]}
    if not all(_CODE.fullmatch(part) or known_ranks(part) for part in before):
        return None
    species = f"{genus} sp." if _OPEN.fullmatch(epithet.rstrip(".")) else f"{genus} {epithet}"
    kept = {rank: name for rank, name in above.items() if rank in RANKS[:-2]}
    ids = [part for part in parts if _CODE.fullmatch(part)]
    return (word if ids else ""), Lineage.from_ranks(**kept, genus=genus, species=species)


def _begins_binomial(genus: str, epithet: str) -> bool:
    """Return whether two parts of a word are a genus and an epithet, or a genus and a word of open nomenclature."""
    if not _GENUS.fullmatch(genus) or not is_binomial(f"{genus} {epithet.lower()}"):
        return False
    return bool(_OPEN.fullmatch(epithet.rstrip("."))) or (
        _EPITHET.fullmatch(epithet) is not None and may_be_latin(epithet)
    )
