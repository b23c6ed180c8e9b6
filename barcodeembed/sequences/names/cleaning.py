"""Names that are taxa and names that are not: cleaning the lineages of references before a library is made of them.

Public records carry whatever was typed into the name field: ``Osmia sp. 1MG``, ``Chironomidae gen. sp.``,
``BOLD:AAA1234``, ``uncultured insect``. Such a name is no taxon that a query could be called, and two records that
share it are not the same species. It is emptied and the reason told; what is above it stays. The rules are those of
open nomenclature (Sigovini et al. 2016, doi:10.1111/2041-210X.12594) and of the provisional names of BOLD and GenBank.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from barcodeembed.taxonomy import RANKS, Lineage

REASONS = {
    "no_name": "says that there is no name: unclassified, uncultured, incertae sedis",
    "open_nomenclature": "not identified for sure: sp., cf., aff., nr., gen., a group or complex of species",
    "placeholder": "a code where a name should be: a BIN, a number, a provisional epithet",
    "not_a_species": "the species is given as the genus only",
    "rewritten": "the same taxon in its usual form: an author, a subspecies or underscores gone, an epithet joined",
}
"""Why a name was emptied, or that it was only written differently."""

_NO_NAME_START = frozenset(
    {"unclassified", "uncultured", "unidentified", "unknown", "undetermined", "undescribed", "unassigned"}
    | {"environmental", "metagenome", "ambiguous"}
)
_NO_NAME = _NO_NAME_START | frozenset(
    {"none", "nan", "na", "n/a", "null", "not classified", "undet", "undet.", "unplaced", "unranked", "noname"}
    | {"no name", "other", "others", "indet", "indet.", "incertae sedis", "-", "--", "?", ".", "*", "x"}
)
# Also Leptocardii_order: a class without orders.
_NONE_BELOW = re.compile(
    r"\bincertae sedis\b| (?:unclassified|unidentified|environmental samples?|class|order|family|genus)$", re.IGNORECASE
)
# Chironomidae_X, Chironomidae_XX: PR2's way to say that there is no name at this rank.
_REPEATED_PARENT = re.compile(r"_X+$")
_BIN = re.compile(r"\bBOLD[:_-]?[A-Z]{3}\d+", re.IGNORECASE)
_OPEN_WORDS = (
    "sp|spp|nsp|spec|spnov|species|cf|cfr|aff|nr|near|prope|prox|gen|genus|n|nov|indet|group|gr|grp|complex|cplx"
    "|agg|aggr|aggregate"
)
_OPEN = re.compile(rf"(?:{_OPEN_WORDS}|sp[-.]?[\dA-Z].*)\.?|.*\?.*")
_OPEN_IN_CAPITALS = re.compile(rf"(?i:{_OPEN_WORDS})\.?")
_HYBRID = frozenset({"x", "X", "\N{MULTIPLICATION SIGN}"})
_SUBGENUS = re.compile(r"\s*\([A-Za-z-]+\)(?=\s+[a-z])")
_GENUS = re.compile(r"[A-ZÀ-Þ][a-zà-ÿ]+(?:-[A-Za-zà-ÿ]+)?")
_EPITHET = re.compile(r"[a-zà-ÿ]+(?:-[a-zà-ÿ]+)*")
# PX1234: a node of an anonymised tree, or a code of the owner's own. It names one taxon, whatever that is.
_NODE_ID = re.compile(r"[A-Za-z]{1,4}[:_-]?\d+")
_DIGIT = re.compile(r"\d")
_YEAR = re.compile(r"\b(?:1[789]|20)\d\d\b")
_QUOTES = str.maketrans("", "", "\"'`\u2018\u2019\u201c\u201d")

_CLASS_AT, _GENUS_AT, _SPECIES_AT = map(RANKS.index, ("class", "genus", "species"))


@lru_cache(maxsize=1 << 16)
def clean_lineage(lineage: Lineage) -> tuple[Lineage, str]:
    """The lineage with names that are no taxa emptied, and why: words of :data:`REASONS` joined by commas.

    The reason is empty where nothing was changed. Spelling is brought to one form on the way: underscores become
    spaces; a species is a binomial, without author, subgenus or subspecies; an epithet alone is joined to its genus,
    and a missing genus is taken from the binomial. Hybrids stay as they are. So do ids of anonymised trees
    (``PX1234``) and everything below a class, order or family that is such an id.
    """
    names = list(lineage.names)
    reasons: list[str] = []
    anonymous = False
    for rank, raw in enumerate(lineage.names):
        if not raw:
            continue
        if rank == _SPECIES_AT:
            name, reason = _clean_species(raw, names[_GENUS_AT], anonymous)
        elif rank == _GENUS_AT:
            name, reason = _clean_genus(raw, anonymous)
        else:
            name, reason = _clean_other(raw)
            anonymous = anonymous or (rank >= _CLASS_AT and _DIGIT.search(name) is not None)
        names[rank] = name
        reasons.append(reason or ("rewritten" if name != raw else ""))
    genus, _, epithet = names[_SPECIES_AT].partition(" ")
    if not names[_GENUS_AT] and epithet and _GENUS.fullmatch(genus):
        names[_GENUS_AT] = genus
        reasons.append("rewritten")
    return Lineage(tuple(names)), ",".join(reason for reason in REASONS if reason in reasons)


def _words(raw: str) -> list[str]:
    return raw.replace("_", " ").split()


def _clean_other(raw: str) -> tuple[str, str]:
    """A name of any rank; the reason is empty if it may be one."""
    name = " ".join(_words(raw))
    if _is_no_name(raw, name):
        return "", "no_name"
    if _BIN.search(name):
        return "", "placeholder"
    words = name.split()[1:]
    if _is_open(words, 0 if words[:1] == ["N."] else 1):
        return "", "open_nomenclature"
    return (raw if _DIGIT.search(raw) else name), ""


def _is_open(words: list[str], named: int) -> bool:
    """Whether a word is one of open nomenclature; after the first ``named`` a capital is that of an author."""
    return any(map(_OPEN.fullmatch, words)) or any(map(_OPEN_IN_CAPITALS.fullmatch, words[:named]))


def _is_no_name(raw: str, name: str) -> bool:
    folded = name.casefold()
    return (
        not name
        or folded in _NO_NAME
        or folded.partition(" ")[0] in _NO_NAME_START
        or _NONE_BELOW.search(name) is not None
        or _REPEATED_PARENT.search(raw) is not None
    )


def _clean_genus(raw: str, anonymous: bool) -> tuple[str, str]:
    name, reason = _clean_other(raw)
    if reason:
        return "", reason
    if _DIGIT.search(_YEAR.sub("", name)):
        kept = anonymous or _NODE_ID.fullmatch(raw)
        return (raw, "") if kept else ("", "placeholder")
    words = name.split()
    if words[0] == "Candidatus" or not _HYBRID.isdisjoint(words):
        return name, ""
    # An author, a subgenus or an epithet may follow.
    return (words[0], "") if _GENUS.fullmatch(words[0]) else (name, "")


def _clean_species(raw: str, genus: str, anonymous: bool) -> tuple[str, str]:
    """``genus`` is the cleaned one."""
    bare = raw.translate(_QUOTES)
    words = _words(_SUBGENUS.sub("", bare.replace("_", " ")))
    if _is_no_name(bare, " ".join(words)):
        return "", "no_name"
    if _BIN.search(raw):
        return "", "placeholder"
    if anonymous and _DIGIT.search(raw):
        return raw, ""
    if not _HYBRID.isdisjoint(words):
        return " ".join(words), ""
    start = 1 if words[0] == "Candidatus" else 0
    epithet_first = _EPITHET.fullmatch(words[0]) and _GENUS.fullmatch(genus)
    if _is_open(words, 1 if epithet_first else start + 2):
        return "", "open_nomenclature"
    if len(words) == 1:
        return _single_word(raw, words[0], genus)
    first, epithet = words[start], words[start + 1] if start + 1 < len(words) else ""
    if _DIGIT.search(epithet) or _DIGIT.search(first):
        # "G1 s1" of a genus G1 is an id as well.
        return (raw, "") if first == genus and _NODE_ID.fullmatch(first) else ("", "placeholder")
    if any(letter.isupper() for letter in epithet[1:]):
        return "", "placeholder"
    if epithet_first:
        return f"{genus} {first}", ""  # an epithet and a subspecies or an author
    return " ".join(words[: start + 2]), ""


def _single_word(raw: str, word: str, genus: str) -> tuple[str, str]:
    """A species of one word: an epithet, an id, or the genus again."""
    named = _GENUS.fullmatch(genus) is not None
    if _DIGIT.search(word):
        kept = _NODE_ID.fullmatch(raw) and not named
        return (raw, "") if kept else ("", "placeholder")
    if named and word == genus:
        return "", "not_a_species"
    if named and _EPITHET.fullmatch(word):
        return f"{genus} {word}", ""
    return word, ""


@dataclass(frozen=True)
class Conflict:
    """A taxon that stands below more than one taxon of the rank above: a synonym, a homonym or a mistake.

    ``parents`` has the names above with their numbers of records, the commonest first.
    """

    rank: str
    name: str
    parents: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        above = RANKS[RANKS.index(self.rank) - 1]
        parents = ", ".join(f"{name} ({number:,})" for name, number in self.parents)
        return f"{self.rank} {self.name} is in {above} {parents}"


def lineage_conflicts(lineages: Iterable[Lineage]) -> list[Conflict]:
    """Taxa that do not always have the same name above them; missing names contradict nothing.

    In order of rank, then by name.
    """
    seen: dict[tuple[int, str], Counter[str]] = {}
    for lineage, number in Counter(lineages).items():
        for rank in range(1, len(RANKS)):
            above, name = lineage.names[rank - 1 : rank + 1]
            if above and name:
                seen.setdefault((rank, name), Counter())[above] += number
    return [
        Conflict(RANKS[rank], name, tuple(sorted(parents.items(), key=lambda item: (-item[1], item[0]))))
        for (rank, name), parents in sorted(seen.items())
        if len(parents) > 1
    ]
