"""Find doubts about the names of all references together: ranks that look shifted, and taxa that stand
below two others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from barcodeembed.errors import InputError
from barcodeembed.sequences.names.known_names import known_ranks
from barcodeembed.taxonomy import FAMILY, GENUS, RANKS, SPECIES, Lineage

MOST = 0.5
"""Share of the names of a rank, above which the rank as a whole is doubted."""

_FEWEST = 10  # with fewer distinct names, an ending that all share says nothing
_FEWEST_PARTED = 4  # the same, for a part with a sign between it and the name
_AT_AN_END = (("begin with", re.compile(r"^[^\s_.:|-]+[\s_.:|-]+")), ("end in", re.compile(r"[\s_.:|-]+[^\s_.:|-]+$")))
_BINOMIAL = re.compile(r"[A-Z][a-z]+[ _][a-z][a-z-]{2,}")
_SAME = 0.9
_ENDING = 4


def described(lineage: Lineage) -> str:
    """Return the names of a lineage with their ranks: ``kingdom Animalia, phylum Arthropoda, ...``."""
    return ", ".join(f"{rank} {name}" for rank, name in zip(RANKS, lineage.names, strict=True) if name) or "no name"


@dataclass
class RawNames:
    """Counts, by rank, of the names of references before and after these were cleaned.

    ``named`` counts references with a name, ``binomials`` those whose name is a binomial, ``emptied`` those that lost
    their name, by reason; ``examples`` has a name of each kind. ``swapped`` counts references that have a binomial at
    their genus, and its first word at their species.
    """

    named: Counter[str] = field(default_factory=Counter)
    binomials: Counter[str] = field(default_factory=Counter)
    emptied: Counter[tuple[str, str]] = field(default_factory=Counter)
    swapped: int = 0
    examples: dict[tuple[str, str], str] = field(default_factory=dict)

    def note(self, before: Lineage, after: Lineage, changes: Sequence[tuple[int, str]]) -> None:
        """Count the names of a reference before and after they were cleaned; ``changes`` are ranks and reasons."""
        for place, (rank, name) in enumerate(zip(RANKS, before.names, strict=True)):
            self.named[rank] += bool(name)
            if place < SPECIES and " " in name.replace("_", " ") and _BINOMIAL.fullmatch(name):
                self.binomials[rank] += 1
                self.examples.setdefault((rank, ""), name)
                if place == GENUS and name.replace("_", " ").split()[0] == before.names[SPECIES]:
                    self.swapped += 1
                    self.examples.setdefault(("species", ""), before.names[SPECIES])
        for place, reason in changes:
            # A genus that was its family may come back from the binomial.
            if before.names[place] and (not after.names[place] or reason == "filler"):
                self.emptied[RANKS[place], reason] += 1
                self.examples.setdefault((RANKS[place], reason), before.names[place])

    def lines(self) -> Iterator[str]:
        """Yield a line for each rank at which most names were emptied for one reason."""
        for (rank, reason), number in self.emptied.items():
            # Most species names that are emptied are emptied for a good reason.
            if (rank != "species" or reason in ("not_a_species", "common_name")) and number > MOST * self.named[rank]:
                yield (
                    f"{number:,} of {self.named[rank]:,} names at the rank {rank} were left out as {reason}, the first "
                    f"{self.examples[rank, reason]!r}: are they the names of that rank?"
                )


def rank_doubts(lineages: Sequence[Lineage], raw: RawNames | None = None) -> list[str]:
    """Return what looks wrong with whole ranks, one line each; ``raw`` tells what the names were before cleaning.

    Raises
    ------
    InputError
        if most names at two or more ranks are known to be of other ranks: the columns are shifted or swapped.
    """
    shifted, lines = [], []
    for place, rank in enumerate(RANKS):
        names = Counter(lineage.names[place] for lineage in lineages if lineage.names[place])
        wrong = Counter({name: n for name, n in names.items() if _is_of_another(name, place)})
        if wrong.total() > MOST * max(names.total(), 1):
            name, number = wrong.most_common(1)[0]
            shifted.append(f"{rank} {name} ({number:,}), known as {_with_article(known_ranks(name)[0])}")
        elif raw and raw.binomials[rank] > MOST * raw.named[rank]:
            shifted.append(f"{rank} {raw.examples[rank, '']} ({raw.binomials[rank]:,}), which looks like a species")
        elif raw and place == SPECIES and raw.swapped > MOST * raw.named[rank]:
            shifted.append(f"{rank} {raw.examples[rank, '']} ({raw.swapped:,}), the first word of what stands as genus")
        elif part := _common_part(list(names), place):
            lines.append(f"nearly all names at the rank {rank} {part}: is that part of them?")
    if len(shifted) > 1:
        raise InputError(
            f"names stand at the wrong ranks: {'; '.join(shifted)}; "
            f"the first lineage was read as {described(lineages[0])}",
            hint="name the columns by their ranks, or write rank prefixes (k__Animalia;p__Arthropoda;...)",
        )
    lines += raw.lines() if raw else []
    lines += [f"most names at one rank are of another: {what}" for what in shifted]
    alone = sum(bool(lineage.names[SPECIES] and not lineage.names[GENUS]) for lineage in lineages)
    if alone > MOST * len(lineages):
        lines.append(f"{alone:,} of {len(lineages):,} references have a species, but no genus")
    return lines


def _is_of_another(name: str, place: int) -> bool:
    ranks = known_ranks(name)
    if place == 0 and "domain" in ranks:
        return False
    # A genus may end as a superfamily or a tribe does.
    weak = {"superfamily", "subfamily", "tribe"} if place != FAMILY else set()
    return bool(ranks) and RANKS[place] not in ranks and not set(ranks) & weak


def _with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _common_part(names: Sequence[str], place: int) -> str:
    """Return how nearly all names of a rank begin or end, where this is odd; ``""`` if they do not."""
    if place in (GENUS, SPECIES) and len(names) >= _FEWEST:
        ending, number = Counter(name[-_ENDING:] for name in names).most_common(1)[0]
        if number > _SAME * len(names):
            return f"end in {ending!r}"
    if place == SPECIES or len(names) < _FEWEST_PARTED:
        return ""
    for where, pattern in _AT_AN_END:
        parts = Counter(match[0] for name in names if (match := pattern.search(name)))
        for part, number in parts.most_common(1):
            if number > _SAME * len(names):
                return f"{where} {part!r}"
    return ""


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
    """Return the taxa that do not always have the same name above them; a missing name contradicts nothing.

    They are ordered by rank, then by name.
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
