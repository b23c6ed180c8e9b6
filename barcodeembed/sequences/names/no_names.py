"""Texts that say in words that there is no name: ``unclassified``, ``NA``, ``No_Match``, ``Insecta incertae sedis``."""

from __future__ import annotations

import re

from barcodeembed.sequences.missing import MISSING

_STARTS = frozenset(
    {"unclassified", "uncultured", "unidentified", "unknown", "undetermined", "undescribed", "unassigned"}
    | {"environmental", "metagenome", "ambiguous", "undef", "undefined", "unresolved", "unspecified", "unnamed"}
    | {"uncertain", "indeterminate", "indeterminable"}
)
# Between two commas; spaces, _ and - make no difference: No Match, NoMatch, no-match.
_TEXTS = """
n/a, null, not classified, undet, undet., unplaced, unranked, noname, no name, other, others, indet, indet., incertae
sedis, ?, ., *, x, n.d., n.d, nd, n/d, tbd, tba, unk, unk., xx, xxx, xxxx, pending, no id, 0, -999, -9999, nil, <na>,
\\n, #n/a, #ref!, #value!, #name?, #div/0!, #null!, na_character_, list(), {}, [], (), false, true, -, --,
to be identified, to be determined, to be confirmed, not determined, not assigned, not identified, not available,
not applicable, not known, not found, no hit, no hits, no blast hit, no match, no matches, no result, unmatched,
missing, n.a., n.a, no species, no genus, no identification, unsure, mixed, mixture, multiple, various, several,
empty, blank, see notes, in progress, todo,
m, f, v, w, male, female, macho, hembra, mâle, femelle, männlich, weiblich, mannelijk, vrouwelijk, man, vrouw, ♂, ♀,
k.a., keine, keine angabe, ohne, nicht bestimmt, nicht bestimmbar, unbekannt, unbest., unbestimmt,
inconnu, inconnue, non identifié, non déterminé, indéterminé, indéterminée,
desconocido, desconocida, sin identificar, sin determinar, no identificado, no determinado, indeterminado,
não identificado, desconhecido, onbekend, geen, niet gedetermineerd, sconosciuto, non identificato, okänd, okänt,
obestämd, tuntematon
"""
# Dutch and Spanish have one word for genus and sex: hence m, f, male, ...
_SIGNS_BETWEEN = re.compile(r"(?<=\w)[\s_-]+(?=\w)")


def _compact(text: str) -> str:
    return _SIGNS_BETWEEN.sub("", text.strip().casefold())


_NO_NAME = frozenset(map(_compact, (*_TEXTS.split(","), *_STARTS, *MISSING)))
_MISSING_WORDS = MISSING | {"null", "<na>", "#n/a"}
# Also Leptocardii_order: a class without orders.
_NONE_BELOW = re.compile(
    r"\bincertae ?sedis\b| (?:unclassified|unidentified|environmental samples?|class|order|family|genus)$",
    re.IGNORECASE,
)
# What is left of a missing name that had a confidence or a taxonomy's number beside it.
_NUMBER_ALONE = re.compile(r"[\s_]*[(\[]\s*\d+(?:[.,]\d+)?\s*%?\s*[)\]]|_+\d+|:\d*[.]\d+")
# Chironomidae_X, Chironomidae_XX: PR2's way to say that there is no name at this rank.
_REPEATED_PARENT = re.compile(r"_X+$")


def says_no_name(name: str) -> bool:
    """Return whether a text is nothing but words that say that there is no name: ``NA``, ``No Match``."""
    return _compact(name) in _NO_NAME


def is_no_name(raw: str) -> bool:
    """Return whether a text says, alone or beside a name, that there is none: ``unclassified Culex``,
    ``Ambiguous_taxa``, ``Insecta_incertae_sedis``."""
    name = " ".join(raw.replace("_", " ").split())
    return (
        says_no_name(name)
        or name.casefold().partition(" ")[0] in _STARTS
        or _NONE_BELOW.search(name) is not None
        or _NUMBER_ALONE.fullmatch(raw) is not None
        or _REPEATED_PARENT.search(raw) is not None
    )


def lacks_word(name: str) -> bool:
    """Return whether the genus or the epithet of a species is a missing value, as where a program has pasted both
    together (``Culex NA``, ``NA NA``)."""
    words = name.replace("_", " ").split()[:2]
    return len(words) > 1 and any(word.casefold() in _MISSING_WORDS for word in words)
