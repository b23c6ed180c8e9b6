"""Find the ranks of the names of a lineage by the prefixes or labels that it has (``k__Animalia``, ``C:Insecta``)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from barcodeembed.sequences.names.known_names import MANY_RANKS, known_ranks
from barcodeembed.sequences.names.ranks.positions import AFTER_LAST, ROOTS, bare_name, by_position
from barcodeembed.taxonomy import RANKS

_SHORT = """
d domain, sk domain, superkingdom domain, sp species, sc subclass, ic infraclass, so suborder, io infraorder,
sf subfamily, subf subfamily, spf superfamily, t tribe, tr tribe, sg subgenus, subg subgenus, ss subspecies,
ssp subspecies, subsp subspecies, st strain, strain strain
"""
_BY_PREFIX = (
    {rank: rank for rank in MANY_RANKS}
    | {rank[0]: rank for rank in RANKS}
    | dict(pair.split() for pair in _SHORT.split(","))
)
_LONG_FIRST = "|".join(sorted(_BY_PREFIX, key=len, reverse=True))
_PREFIX = re.compile(rf"\s*\[?({_LONG_FIRST})(__|_|\s*:|\s*=)\]?\s*(.*)", re.IGNORECASE | re.DOTALL)
_IN_BRACKETS = re.compile(rf"\s*\[({_LONG_FIRST})\]()\s*(.*)", re.IGNORECASE | re.DOTALL)  # of MEGAN
_NUMBER = re.compile(r"\s*\d+(?:\.\d+)?%?\s*")  # a confidence: of MEGAN and BLCA
# What stands between our ranks in full lineages of NCBI (clade_Bilateria_33213, norank_cellular organisms) and MMseqs2
# (-_Bilateria).
_BETWEEN = re.compile(
    r"\s*(?:clade|no[ _]?rank|(?:sub)?cohort|parvorder|(?:sub)?section|series|species[ _]?(?:sub)?group)"
    r"(?:__?|\s*[:=])|\s*-_|\s*bin(?:__?|\s*[:=])",
    re.IGNORECASE,
)
_SILVA = re.compile(r"\s*D_(\d+)__(.*)", re.DOTALL)
_SILVA_RANKS = ("domain", "phylum", "class", "order", "family", "genus", "species")


def by_prefix(parts: Sequence[str]) -> dict[str, str] | None:
    """Return names by rank of ``k__Animalia``, ``p_Arthropoda``, ``C:Insecta``, ``order=Diptera``, ``D_4__Culicidae``,
    ``[G] Culex``. Numbers between them are confidences.

    None unless at least two parts, and more than half of them, have a prefix, no rank occurs twice, and the ranks
    descend.
    """
    parts = [part for part in parts if part.strip() and bare_name(part).casefold() not in ROOTS]
    parts = [part for part in parts if not (_BETWEEN.match(part) or _NUMBER.fullmatch(part))]
    if (numbered := [match[2] for match in map(_SILVA.fullmatch, parts) if match]) and _are_no_ranks(numbered):
        return by_position(numbered)
    found: dict[str, str] = {}
    double = spoken = 0
    for part in parts:
        if match := _SILVA.fullmatch(part):
            rank, name = _SILVA_RANKS[min(int(match[1]), 6)], match[2]
            double += 1
        elif match := _PREFIX.fullmatch(part) or _IN_BRACKETS.fullmatch(part):
            rank, name = _BY_PREFIX[match[1].casefold()], match[3]
            double += match[2] in ("__", "")
            spoken += match[2] != "_" and len(match[1]) > 4
        else:
            continue
        if rank in found and not (rank == "domain" or not found[rank]):
            return None
        found.setdefault(rank, AFTER_LAST.sub("", name.strip()))
    if len(found) < 2 or 2 * len(found) <= len(parts):
        return None
    # A single underscore stands in many words; a prefix goes down the ranks, and all parts have one.
    order = [MANY_RANKS.index(rank) for rank in found if rank in MANY_RANKS]
    if not double and ((order != sorted(order) and spoken < len(found)) or len(found) < len(parts)):
        return None
    return in_known_ranks(found)


def in_known_ranks(found: dict[str, str]) -> dict[str, str]:
    """Return names by the ranks that they are known to have, if their labels count levels instead of ranks, as in PR2
    and eKOI (``c:Metazoa,o:Arthropoda``). That is so if at least two names are known to stand higher than their labels
    say, and none lower. Otherwise the names stay as they are."""
    places = {rank: MANY_RANKS.index(rank) for rank in found if rank in RANKS}
    known = {rank: set(map(MANY_RANKS.index, known_ranks(bare_name(found[rank])))) for rank in places}
    higher = [rank for rank, ranks in known.items() if ranks and max(ranks) < places[rank]]
    lower = [rank for rank, ranks in known.items() if ranks and min(ranks) > places[rank]]
    if len(higher) < 2 or lower:
        return found
    # A genus with its species is found by position; without it, any name behind the known ones looks alike.
    sure = "genus" in found and "species" not in found and "genus" not in higher
    genus = {"genus": found["genus"]} if sure else {}
    ranked = by_position([name for rank, name in found.items() if rank not in genus])
    return {**ranked, **genus} if ranked else found


def _are_no_ranks(numbered: Sequence[str]) -> bool:
    """Return whether SILVA's numbers of levels (``D_6__Arthropoda``) count clades, as they do for eukaryotes, instead
    of ranks."""
    pairs = zip(map(bare_name, numbered), _SILVA_RANKS, strict=False)
    return len(numbered) > len(_SILVA_RANKS) or any(
        (known := known_ranks(name)) and rank not in known for name, rank in pairs
    )
