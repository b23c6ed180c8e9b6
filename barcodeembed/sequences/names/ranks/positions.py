"""Find the ranks of the names of a lineage without prefixes: by position, known names, endings and binomials."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from barcodeembed.sequences.names.decorations import undecorated
from barcodeembed.sequences.names.genbank import is_binomial
from barcodeembed.sequences.names.known_names import MANY_RANKS, is_above_genus, known_ranks, places_of
from barcodeembed.sequences.names.no_names import is_no_name
from barcodeembed.sequences.names.spelling import BIN, tidy
from barcodeembed.taxonomy import RANKS

ROOTS = frozenset({"root", "cellular organisms", "cellularorganisms", "biota", "life", "organisms"})
"""Words that may stand above all names."""

AFTER_LAST = re.compile(r"\.$|\|SH\d+\.\d+FU.*$")
"""What may stand behind the last name: the full stop of a GenBank record, or the number of a species hypothesis of
UNITE."""

_RANKS_OF_RDP = frozenset({*MANY_RANKS, "rootrank", "no rank", "no_rank", "clade"})
"""Words that stand behind each name in the training sets of the RDP classifier: ``Root;rootrank;Fungi;domain;...``."""

_OURS = {rank: MANY_RANKS.index(rank) for rank in RANKS}
_KINGDOM, _FAMILY, _GENUS, _SPECIES = (_OURS[rank] for rank in ("kingdom", "family", "genus", "species"))
_FILLER_RANK = re.compile(rf"({'|'.join(MANY_RANKS)})[_ .](?=\D)", re.IGNORECASE)
_TAXID = re.compile(r"(?<=[^\W\d_])_\d+$")
_TWO_WORDS = re.compile(r"([^\W\d_][^\W\d_-]+)[ _](?!unclassified$|unidentified$|incertae|X+$)[^\W\d_][\w .,()&'-]*")
_SUBGENUS = re.compile(r"[^\W\d_]+ \([^\W\d_]+\)")

_SURE_NAME = re.compile(r"[A-Z][a-z]{2,}(?:-[a-z]+)?")
_SURE_BINOMIAL = re.compile(r"[A-Z][a-z]+[ _][a-z][a-z-]+")
_FEWEST_SURE = 3

_AGREES, _CONTRADICTS = 5.0, -8.0
_SKIPPED = -1.0
_SKIPPED_KINGDOM = -0.4
# What a name of unknown rank loses at each rank: nearly all kingdoms and phyla are known, families have endings.
_UNKNOWN = {
    "kingdom": -3.0,
    "phylum": -1.0,
    "class": -0.3,
    "order": -0.1,
    "family": -0.6,
    "genus": -0.1,
    "species": -2.0,
}
# melanogaster group, Culex pipiens complex: of several species, between a genus and one of them
_GROUP = re.compile(r"[^\W\d_].*[ _](?:(?:sub|super)?group|(?:sub|super)?complex)", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:\.\d+)?%?")  # a confidence, or the number of a taxon
# The strand before RDP's names, and a confidence behind each.
_BESIDE_RANKS = re.compile(r"[-+]?|[01](?:\.\d+)?")
_UNKNOWN_BETWEEN = -1.2
# SILVA, PR2 and NCBI's full lineages name clades of no rank, or of one that nobody else has.
_UNRANKED, _UNRANKED_AGAINST_EVIDENCE = -3.0, -6.0
_MOST_NAMES = 40


def bare_name(name: str, rank: str = "family") -> str:
    """Return the name without what may stand beside it, for comparison only."""
    return _TAXID.sub("", undecorated(tidy(name), rank))


def by_position(parts: Sequence[str]) -> dict[str, str] | None:
    """Return names by rank of a lineage without prefixes, root first; None if the ranks cannot be found.

    Seven names get our seven ranks, unless something known of the names contradicts that. Otherwise the names get those
    ranks, in order, that agree best with what is known of them. At least the first name must be known as a kingdom or
    phylum, or the ranks of two other names must be known.
    """
    names = [part.strip() for part in parts]
    while names and not names[-1]:
        names.pop()  # the ; at the end of a DADA2 header
    for listed in (names, [name for name in names if not _BESIDE_RANKS.fullmatch(name)]):
        if len(listed) > 3 and [one.casefold() in _RANKS_OF_RDP for one in listed] == [False, True] * (
            len(listed) // 2
        ):
            pairs = zip(listed[1::2], listed[::2], strict=False)
            return {rank.casefold(): name for rank, name in pairs if name and rank.casefold() in MANY_RANKS} or None
    names = [name for name in names if not _NUMBER.fullmatch(name)]
    while names and (bare_name(names[0]).casefold() in ROOTS or (not names[0] and len(names) > len(RANKS))):
        names.pop(0)
    if names:
        names[-1] = AFTER_LAST.sub("", names[-1])
    if not 2 <= len(names) <= _MOST_NAMES or any("=" in name for name in names):
        return None
    if _goes_up(names):
        names.reverse()
    evidence = _evidence([bare_name(name) for name in names])
    whole = len(names) - bool(BIN.fullmatch(names[-1]))  # behind the species, a BIN is no name
    for number in sorted({whole, len(names)}):
        if found := _by_all_ranks(names[:number], evidence[:number]):
            return found
    certain = [place for place, ranks in enumerate(evidence) if ranks]
    from_the_top = bool(evidence[0]) and min(evidence[0]) <= _OURS["phylum"]
    if not (from_the_top or len(certain) >= 2):
        return None
    ranks = _best(names, evidence)
    ranked = zip(ranks or [], names, strict=False)
    return {MANY_RANKS[rank]: name for rank, name in ranked if rank is not None} or None


def by_columns(parts: Sequence[str]) -> dict[str, str] | None:
    """Return names by rank as :func:`by_position` does, of what may be the columns of any table: None if the rank of
    none is known and none is a genus before its species."""
    bare = [bare_name(part) for part in parts]
    of_genus = any(later.replace("_", " ").startswith(f"{name} ") for name, later in pairwise(bare) if name)
    return by_position(parts) if of_genus or any(map(known_ranks, bare)) else None


def by_sure_names(parts: Sequence[str]) -> dict[str, str] | None:
    """Return the names by rank of a lineage between whose names stands a sign that has other uses, too (``/``, ``:``,
    spaces); None if this is not sure.

    At least three names, with a binomial among them or not, must be known, and so must be the first of all. No two
    may be of one rank, and their ranks must descend (or all ascend).
    """
    names = [part.strip() for part in parts if part.strip()]
    if names and bare_name(names[0]).casefold() in ROOTS:
        names.pop(0)
    if _goes_up(names):
        names.reverse()
    places = places_of(names)
    if not names or not known_ranks(names[0]) or places != sorted(set(places)):
        return None
    binomial = _SURE_BINOMIAL.fullmatch(names[-1]) is not None and is_binomial(names[-1].replace("_", " "))
    if len(names) > 1 and names[-1].islower():
        binomial = not known_ranks(names[-2]) and is_binomial(f"{names[-2]} {names[-1]}")
        if not binomial:
            return None
    above = names[:-1] if binomial else names
    sure = len(places) + binomial >= _FEWEST_SURE and all(map(_SURE_NAME.fullmatch, above))
    # A word behind the last known name may be a place; behind a family it is a genus.
    if not sure or not (binomial or known_ranks(names[-1]) or "family" in known_ranks(names[-2])):
        return None
    return by_position(names)


def by_words(words: Sequence[str]) -> dict[str, str] | None:
    """Return the names by rank of a lineage that is written as words with spaces; a species has two words. None if this
    is not sure, or if the last word has no known rank."""
    names = [word for word in words if word]
    if len(names) > 2 and names[-1].islower() and names[-2][:1].isupper():
        names[-2:] = [f"{names[-2]} {names[-1]}"]
    ends = names and (" " in names[-1] or known_ranks(names[-1]))
    return by_sure_names(names) if ends else None


def _goes_up(names: Sequence[str]) -> bool:
    """Return whether a lineage ends with its highest name: at least three names of known rank say so."""
    places = places_of(map(bare_name, names))
    return len(places) > 2 and places == sorted(set(places), reverse=True)


def _by_all_ranks(names: Sequence[str], evidence: Sequence[frozenset[int]]) -> dict[str, str] | None:
    """Return as many names as there are ranks by these, from the kingdom, the phylum, or a domain above the kingdom;
    None if there are more or fewer, or if what is known of them contradicts that."""
    for first, above in ((0, 0), (0, 1), (1, 0)):
        ours = RANKS[above:]
        if len(names) - first == len(ours) and _agree(evidence, first, ours):
            return dict(zip(ours, names[first:], strict=True))
    return None


def _agree(evidence: Sequence[frozenset[int]], first: int, ours: Sequence[str]) -> bool:
    """Return whether the names from ``first`` on can have these ranks: all of ours, or those from a known phylum on."""
    if first and not (0 in evidence[0] and _KINGDOM in evidence[first]):
        return False
    if len(ours) < len(RANKS) and _OURS[ours[0]] not in evidence[first]:
        return False
    return all(
        not ranks or _OURS[rank] in ranks or (rank == "kingdom" and 0 in ranks)
        for ranks, rank in zip(evidence[first:], ours, strict=True)
    )


def _evidence(bare: Sequence[str]) -> list[frozenset[int]]:
    """Return the ranks (places in ``MANY_RANKS``) that each name can have by what is known of it; empty if
    nothing is."""
    spoken = [name.casefold().replace("_", " ") for name in bare]
    # If all names are in lower case, a small letter does not mark an epithet.
    shout = all(name == name.lower() for name in bare)
    found: list[frozenset[int]] = []
    for place, name in enumerate(bare):
        ranks: frozenset[int] = frozenset()
        genus = place + 1 < len(bare) and any(later.startswith(spoken[place] + " ") for later in spoken[place + 1 :])
        if match := _FILLER_RANK.match(name):
            ranks = frozenset({MANY_RANKS.index(match[1].casefold())})
        elif _GROUP.fullmatch(name) and place + 1 < len(bare):
            ranks = frozenset({_GENUS + 1})
        elif _SUBGENUS.fullmatch(name):
            ranks = frozenset({_GENUS, _GENUS + 1})
        elif _is_binomial(name, spoken, place):
            ranks = frozenset({_SPECIES, _SPECIES + 1})
        elif genus and not is_above_genus(name):
            ranks = frozenset({_GENUS, _GENUS + 1})
        elif place and name and name[0].islower() and name.replace("-", "").isalpha() and not shout:
            ranks = frozenset({_SPECIES})
        elif known := known_ranks(name):
            ranks = frozenset(map(MANY_RANKS.index, known))
            # Below a family there is no superfamily: Emydoidea is a genus of turtles.
            if known[0] == "superfamily" and place and _FAMILY in found[-1]:
                ranks = frozenset({_GENUS})
        found.append(ranks)
    return found


def _is_binomial(name: str, spoken: Sequence[str], place: int) -> bool:
    if not place or not (match := _TWO_WORDS.fullmatch(name)) or is_no_name(name) or is_above_genus(match[1]):
        return False
    rest = name[len(match[1]) + 1 :]
    return rest[0].islower() or match[1].casefold() in spoken[:place] or name.isupper()


def _best(names: Sequence[str], evidence: Sequence[frozenset[int]]) -> list[int | None] | None:
    """Return the ascending ranks with the highest score, None for a name without a rank; None if no name has a rank."""
    # For each rank that the last ranked name may have: the best score, and the ranks of all names so far.
    best: dict[int, tuple[float, list[int | None]]] = {-1: (0.0, [])}
    for name, ranks in zip(names, evidence, strict=True):
        unranked = _unranked(name, ranks)
        row = {last: (score + unranked, [*path, None]) for last, (score, path) in best.items()}
        for rank in range(len(MANY_RANKS)):
            here = _score(name, rank, ranks)
            before = [
                (score + _skipped(last, rank) + here, last, path) for last, (score, path) in best.items() if last < rank
            ]
            score, _, path = max(before, key=lambda option: option[:2])
            if rank not in row or score >= row[rank][0]:
                row[rank] = (score, [*path, rank])
        best = row
    last = max(best, key=lambda rank: (best[rank][0], -rank))
    return best[last][1] if last >= 0 else None


def _unranked(name: str, ranks: frozenset[int]) -> float:
    """Return the cost of taking a name to have no rank: 0 if its rank is not one of ours."""
    if not ranks:
        return _UNRANKED if name else 0.0
    return 0.0 if ranks.isdisjoint(_OURS.values()) else _UNRANKED_AGAINST_EVIDENCE


def _score(name: str, rank: int, ranks: frozenset[int]) -> float:
    if ranks:
        return _AGREES - 0.1 * (rank not in _OURS.values()) if rank in ranks else _CONTRADICTS
    if not name:
        return 0.0 if rank in _OURS.values() else _UNKNOWN_BETWEEN
    return _UNKNOWN.get(MANY_RANKS[rank], _UNKNOWN_BETWEEN)


def _skipped(last: int, rank: int) -> float:
    """Return the cost of those of our ranks between two names that get no name."""
    between = [place for place in _OURS.values() if last < place < rank]
    return sum(_SKIPPED_KINGDOM if place == _KINGDOM else _SKIPPED for place in between)
