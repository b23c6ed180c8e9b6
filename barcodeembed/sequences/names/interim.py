"""Interim names: those of species that have no name yet, such as ``Eulaema sp. 3``."""

from __future__ import annotations

import re

from barcodeembed.sequences.names.genbank import NO_GENUS, is_binomial
from barcodeembed.sequences.names.species import (
    GENUS,
    NO_QUOTES,
    OF_SEVERAL,
    SUBGENUS,
    YEAR,
    is_open_word,
    same_genus,
)
from barcodeembed.sequences.names.spelling import BIN, capitalised

_SP = re.compile(r"(?:sp|spp|nsp|spec|species)\.?", re.IGNORECASE)
_JOINED_SP = re.compile(r"[Ss]p[-.]?(?=[\dA-Z])")
_DOTTED = re.compile(r"sp|cf|aff|nr|nov|gen", re.IGNORECASE)
_LABEL = re.compile(r"[A-Za-z]|[A-Z]{2,}|.*\d.*")


def is_interim(species: str) -> bool:
    """Return whether a cleaned species has an interim name, with a word of open nomenclature (``Eulaema sp. 3``)."""
    words = species.split()
    return len(words) > 2 and any(map(is_open_word, words[1:-1]))


def interim_name(name: str, genus: str, above: str) -> str:
    """Return, in one form, the interim name that a species has in place of a binomial; ``""`` if it does not single out
    a species.

    ``Eulaema sp. 3``, ``Apanteles sp. Rodriguez37`` (from ``Apanteles Rodriguez37``), ``Osmia nr. bicornis A``, ``Osmia
    sp. BOLD:AAA1234`` (from a BIN alone). It has the genus (``above`` if that is not known), a word of open
    nomenclature, which marks the name as interim in every table, and a label. Without a label (``Osmia sp.``) two
    records need not be of one species.
    """
    words = SUBGENUS.sub("", name.translate(NO_QUOTES).replace("_", " ")).split()
    head = genus or above
    if match := BIN.search(name.replace("_", ":")):
        return f"{head} sp. BOLD:{match[1].upper()}" if head else ""
    begins = words and not is_open_word(words[0]) and GENUS.fullmatch(capitalised(words[0]))
    if words and (same_genus(words[0], genus) or (not genus and begins)):
        head, words = genus or capitalised(words[0]), words[1:]
    rest: list[str] = []
    for word in words:
        joined = _JOINED_SP.match(word)
        rest += ["sp.", word[joined.end() :]] if joined and joined.end() < len(word) else [word]
    if not GENUS.fullmatch(head) or any("?" in word for word in rest):
        return ""
    labels = [word for word in rest if _LABEL.fullmatch(word) and not YEAR.fullmatch(word.rstrip(",;:"))]
    labels = [word for word in labels if not is_open_word(word) and word.casefold() not in ("x", "l")]
    if not labels:
        return ""
    marked = ["sp." if _SP.fullmatch(word) else word for word in rest]
    marked = [f"{word.lower()}." if _DOTTED.fullmatch(word) else word for word in marked]
    if not any(map(is_open_word, marked[:-1])):
        marked.insert(0, "sp.")
    written = " ".join([head, *marked])
    return written if is_interim(written) else ""


def named_before(species: str) -> str:
    """Return the genus, or the higher taxon, to which a species without a name is said to belong: ``Culex`` of ``Culex
    sp.``, ``Culex cf. pipiens``, ``Culex pipiens complex``, ``Culex pipiens-like`` and ``Culex BOLD:AAA1234``; ``""``
    for any other text."""
    words = SUBGENUS.sub("", species.replace("_", " ")).split()
    if len(words) < 2 or not GENUS.fullmatch(words[0]) or is_open_word(words[0]):
        return ""
    first = capitalised(words[0])
    of_it = is_open_word(words[1]) or BIN.match(words[1].strip("()[]")) is not None
    several = OF_SEVERAL.fullmatch(words[1]) is not None or any(map(is_open_word, words[2:]))
    of_species = several and is_binomial(f"{first} {words[1]}")
    return first if (of_it or of_species) and first not in NO_GENUS else ""
