"""Recognise what is written beside names (confidences, taxonomy numbers, prefixes, parents), and parents in place of
names.

Such names come from SINTAX or mothur output that becomes the next reference (``Insecta(100)``), MIDORI and other
exports of NCBI's taxonomy (``Insecta_50557``), coidb (``unresolved.Culex``), PR2 (``Culex_X``), MIDORI
(``order_Culicidae``), and many scripts (``undef_Insecta``, ``Insecta_unclassified``, ``CULICIDAE_Culex``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from barcodeembed.sequences.names.genbank import ARCHIVE
from barcodeembed.sequences.names.known_names import MANY_RANKS, known_ranks
from barcodeembed.taxonomy import FAMILY, RANKS

_NUMBER = r"(?:(?:[a-z]+,\s*|bs|conf|prob|p|taxid|tax|ncbi|txid|id)\s*[:=_]?\s*)?(?:\d+(?:[.,]\d+)?|[.,]\d+)\s*%?"
# Insecta(100), Insecta [0.98], Insecta [class, 98%], Insecta:0.98, Insecta_0.98, Insecta|98%, Insecta:50557
_BESIDE = re.compile(
    rf"[\s_]*[(\[{{]\s*{_NUMBER}\s*[)\]}}]$"
    r"|[\s_:|]+\d*[.]\d+%?$|[\s_:|]+\d{1,3}%$|(?<=[^\W\d]{5})[:|]\d+$|[\s_|]+(?:taxid|txid|ncbi)[:=_]?\d+$"
    r"|\s*[*\u2020]+$"
)
# What splitting a header or a lineage may leave before a name (s__:Culex pipiens), and the dagger of extinct taxa.
_SIGNS_BEFORE = re.compile(r"^[*\u2020:;=|.,\s-]+(?=[^\W\d_])")
_TAXON_NUMBER = re.compile(r"(?<=[^\W\d_])_\d+$")
# Metazoa (Animalia)
_OTHER_NAME = re.compile(r"(?<=[^\W\d]{4})[\s_]+\([A-Z][^\W\d_]+\)$")
# Two names of a lineage with such a number: it is a taxonomy's, also where no rank is known.
_LONG_NUMBER = re.compile(r"[A-Z].*(?<=[^\W\d_]{4})_\d{3,}")
# Culex pipiens BOLD:AAA1234
_BIN_BESIDE = re.compile(r"(?<=[a-z]{3})[\s_|]+[(\[]?BOLD[:_-]?[A-Z]{3}\d+[)\]]?$")
_BINOMIAL = re.compile(r"[A-Z][a-z]+[\s_](?!spp?$|cf$|aff$|nr$)[a-z]{3,}(?:-[a-z]+)*")
# MK123456.1 Culex pipiens, gb|MK123456| Culex pipiens, ABCDE001-10|Culex pipiens
_ID_BEFORE = re.compile(
    rf"(?:{ARCHIVE})?(?:[A-Z]{{1,2}}_?\d{{5,9}}|[A-Z]{{3,8}}\d+-\d\d)(?:\.\d+)?\|?[\s_:;,|-]+(?=[A-Z][a-z]+[\s_.][a-z])"
)
_GENUS_AND_SPECIES = re.compile(r"(?:.*[;|, ])?g__([^\W\d_]+)[\s;|,]+s__([^\W\d_].*)")
_PLAIN = re.compile(r"[^\W\d_]+(?:[ _.-]+[^\W\d_]+)*\.?")

_LETTERS = {rank: (rank[0], rank) for rank in RANKS} | {
    "kingdom": ("k", "d", "sk", "kingdom", "domain", "superkingdom")
}
_ANY_PREFIX = re.compile(r"(?:sk|[dkpcofgst]|D_\d+)__\s*", re.IGNORECASE)
# The words of other languages for a rank, as in Familie Culicidae, Ordnung: Diptera.
_WORDS = {
    "kingdom": ("reich", "r\xe8gne", "reino", "rijk", "regno"),
    "phylum": ("stamm", "embranchement", "filo", "stam"),
    "class": ("klasse", "classe", "clase"),
    "order": ("ordnung", "ordre", "orden", "ordem", "orde", "ordine"),
    "family": ("familie", "famille", "familia", "fam\xedlia", "famiglia"),
    "genus": ("gattung", "genre", "g\xe9nero", "g\xeanero", "genere"),
    "species": ("art", "esp\xe8ce", "especie", "esp\xe9cie", "soort"),
}
_OWN_PREFIX = {
    # Family Culicidae, fam. Culicidae: three letters or more need no sign behind them.
    rank: re.compile(
        rf"(?i:(?:{'|'.join((*letters, *_WORDS[rank]))})(?:_|\s*[:=])\s*(?=[^\W\d_]{{2}}|$)"
        rf"|(?:{'|'.join((rank, *_WORDS[rank]))}|{rank[:3]}\.)\s+(?=(?-i:[A-Z])))"
    )
    for rank, letters in _LETTERS.items()
}
# Culicidae (mosquitoes), Culicidae [sic], Culicidae s.l., Culicidae.
_BEHIND_HIGHER = re.compile(
    r"(?<=[^\W\d_]{4})(?:\s+\([a-z][^()]*\)|\s+\[[^\[\]]*\]|\s+s\.\s?(?:l|lat|str|s)\.|\s+sensu\s.*|\s*[.,;:/]+)$"
)
_IN_BRACKETS = re.compile(r"[(\[]([^\W\d_]{4,})[)\]]")

_FILLER_WORDS = """
undef undefined unresolved unclassified unassigned unidentified unknown unspecified undetermined undescribed uncultured
unplaced unnamed unranked unc unk uncl no none na nan null not assigned classified identified name other others
x xx xxx xxxx xxxxx xxxxxx incertae incertaesedis sedis insertae is of sp spp gen fam ord cl fa indet environmental env
sample samples group dummy missing
"""
FILLERS = frozenset(_FILLER_WORDS.split()) | set(MANY_RANKS)
"""Words that say, beside the name of a parent, that there is no name."""

_PARTICLES = frozenset({"von", "van", "de", "der", "den", "du", "la", "le", "et", "and", "und", "in", "ex"})
_DOUBTS_WORDS = """
cf cfr conf aff nr near prope not no or probably possibly probable possible perhaps maybe likely uncertain doubtful
non ex except excluding without from on host parasite parasitoid symbiont prey gut
"""
_DOUBTS = frozenset(_DOUBTS_WORDS.split())
_YEAR = re.compile(r"(?:1[789]|20)\d\d")
_PARTS = re.compile(r"[\s_.:/|()\[\]-]+")
_RANK_BEFORE = re.compile(rf"(?:{'|'.join(MANY_RANKS)})[_ .:]+(?=[A-Z][a-z])", re.IGNORECASE)
_NEXT_NAME = re.compile(r"[_.:|-]+[A-Z][a-z]")
_FAMILY_BEFORE = re.compile(r"([^\W\d_]{3,}(?:idae|inae|aceae|IDAE|INAE|ACEAE))[_ .:|-]+(?=[A-Z][a-z]{3})")
_HIGHER_BEFORE = re.compile(r"([A-Z][a-z]{3,})[_ .:|;,-]+(?=[A-Z][a-z]{3})")


def undecorated(name: str, rank: str) -> str:
    """Return a name without its rank prefix and without what is never part of a name (taxonomy numbers stay)."""
    name = _SIGNS_BEFORE.sub("", name)
    if rank == "species":
        name = _ID_BEFORE.sub("", name, count=1)
        if both := _GENUS_AND_SPECIES.fullmatch(name):
            name = both[2] if both[2].startswith(both[1]) else f"{both[1]} {both[2]}"
    prefix = _ANY_PREFIX.match(name) or _OWN_PREFIX[rank].match(name)
    bare = name[prefix.end() :] if prefix else name
    while (shorter := _BESIDE.sub("", bare).strip()) != bare and shorter:
        bare = shorter
    if rank == "species" and _BINOMIAL.fullmatch(binomial := _BIN_BESIDE.sub("", bare)):
        return binomial
    if rank == "species":
        return bare
    bare = bare if rank == "genus" else _only_known(bare, rank)
    bare = _BEHIND_HIGHER.sub("", bare)
    bare = _IN_BRACKETS.sub(r"\1", bare) if _IN_BRACKETS.fullmatch(bare) else bare
    bare = _without_own_rank(bare, rank)
    return bare if rank == "genus" else _OTHER_NAME.sub("", bare)


def _only_known(name: str, rank: str) -> str:
    """Return the one name that is known at a rank where others stand beside it, which are names, too (``Diptera:
    Nematocera``, ``K\xe4fer (Coleoptera)``, ``Arthropoda von Siebold, 1848``); otherwise the whole."""
    words = re.findall(r"[^\W_]+", name)
    known = {word for word in words if rank in known_ranks(word)}
    folded = {word.casefold() for word in words}
    may_be = all(word[0].isupper() or word in _PARTICLES or _YEAR.fullmatch(word) for word in words)
    if len(words) < 2 or len(known) != 1 or not may_be or folded & FILLERS or folded & _DOUBTS or "?" in name:
        return name
    return known.pop()


def _without_own_rank(name: str, rank: str) -> str:
    """Return the name of known rank in ``Diptera_ord`` or ``cl. Insecta``, if the other word is short for that rank."""
    words = [word for word in _PARTS.split(name) if word]
    known = [word for word in words if rank in known_ranks(word)]
    ranks = [word for word in words if len(word) > 1 and rank.startswith(word.casefold())]
    return known[0] if len(known) == len(ranks) == 1 and len(words) == 2 else name


def without_numbers(names: Sequence[str]) -> list[str]:
    """Return the names of a lineage, kingdom first, without the numbers of a taxonomy (``Culicidae_7157``).

    ``PX_7`` or ``node_7`` is an id, and ``pipiens_2`` may be a cluster. So numbers are removed only from a taxon with a
    known name downwards, and where two different names have long ones.
    """
    bare = [_TAXON_NUMBER.sub("", name) for name in names]
    long = [i for i, name in enumerate(names) if _LONG_NUMBER.fullmatch(name)]
    first = next((i for i, name in enumerate(bare) if name != names[i] and known_ranks(name)), len(bare))
    first = min([first, *long]) if len({bare[i] for i in long}) > 1 else first
    return [
        b if i >= first and _PLAIN.fullmatch(b) else name for i, (b, name) in enumerate(zip(bare, names, strict=True))
    ]


def is_filler(name: str, parents: Sequence[str]) -> bool:
    """Return whether a name only repeats one of the ``parents`` above it, alone or beside a word of :data:`FILLERS`.

    A name with a rank before it, whatever the name is, does so too (``order_Culicidae``).
    """
    folded = name.casefold()
    if any(folded == parent.casefold() for parent in parents):
        return True
    if _RANK_BEFORE.match(name) and not any(map(str.isdigit, name)):
        return True
    words = [word for word in _PARTS.split(folded) if word]
    others = [word for word in words if word not in FILLERS]
    if len(others) == len(words):
        return False
    kept = " ".join(others)
    return any(kept == " ".join(_PARTS.split(parent.casefold())) for parent in parents)


def is_known_with_filler(name: str) -> bool:
    """Return whether a name is one of known rank beside words of :data:`FILLERS`: ``Diptera_fam``, which says so also
    where the order is missing."""
    words = [word for word in _PARTS.split(name.casefold()) if word]
    others = [word for word in words if word not in FILLERS]
    return len(others) == 1 < len(words) and bool(known_ranks(others[0]))


def is_stand_in(shown: Sequence[str], bare: Sequence[str], place: int) -> bool:
    """Return whether a rank's word before the name at ``place`` means that the name is that of another rank.

    ``order_Culicidae`` is how MIDORI fills an order that NCBI does not have; ``order_Diptera`` is an order.
    """
    name = bare[place]
    if not _RANK_BEFORE.match(shown[place]):
        return False
    ranks = known_ranks(name)
    return RANKS[place] not in ranks if ranks else name in (*bare[:place], *bare[place + 1 :])


def stands_below_too(bare: Sequence[str], place: int) -> bool:
    """Return whether the name at ``place`` is known at the rank below at which it stands too, and not at this one:
    *Arthropoda* as kingdom and phylum."""
    name = bare[place]
    if not name or place >= FAMILY or name not in bare[place + 1 :]:
        return False
    known = known_ranks(name)
    return RANKS[place] not in known and any(
        RANKS[below] in known for below in range(place + 1, FAMILY + 1) if bare[below] == name
    )


def without_higher(species: str) -> str:
    """Return a species without higher names before it (``Diptera: Culicidae: Culex pipiens``)."""
    while (match := _HIGHER_BEFORE.match(species)) and known_ranks(match[1]):
        species = species[match.end() :]
    return species


def without_parent(name: str, parents: Sequence[str], *, of_family: bool) -> str:
    """Return the name without that of a parent before it, if a capital follows: ``Culex`` of ``CULICIDAE_Culex``.

    ``of_family`` is True if the name of any family may be removed: for a genus and a species.
    """
    if of_family and (match := _FAMILY_BEFORE.match(name)):
        return name[match.end() :]
    for parent in parents:
        rest = name[len(parent) :]
        if parent and name.casefold().startswith(parent.casefold()) and _NEXT_NAME.match(rest):
            return rest.lstrip("_.:|-")
    return name
