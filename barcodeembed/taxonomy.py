"""Ranks and lineages: the names of a barcode from kingdom to species."""

from __future__ import annotations

import re
from dataclasses import dataclass

from barcodeembed.errors import InputError, UsageError

RANKS = ("kingdom", "phylum", "class", "order", "family", "genus", "species")

FAMILY, GENUS, SPECIES = (RANKS.index(rank) for rank in ("family", "genus", "species"))
"""Places of these ranks in ``RANKS``."""

# Letters before the colon in a SINTAX header. t (strain) is none of our ranks; d (domain) replaces a missing kingdom.
_SINTAX_RANK = {rank[0]: rank for rank in RANKS}
_SINTAX = re.compile(r"(?:^|;)tax=([^;]*);?")
_SINTAX_SPLIT_BY_SEMICOLON = re.compile(r"(?:^|;)tax=[^;]*;\s*[a-z]:")


def no_such_rank(rank: object) -> UsageError:
    """Return the error for what is not one of ``RANKS``."""
    return UsageError(f"{rank!r} is not a rank; choose from {', '.join(RANKS)}")


@dataclass(frozen=True, slots=True)
class Lineage:
    """Names by rank, kingdom first; ``""`` where the name is not known. It may end early.

    ``names`` has one entry for each of ``RANKS``.
    """

    names: tuple[str, ...] = ("",) * len(RANKS)

    @classmethod
    def from_ranks(cls, **names: str) -> Lineage:
        """Make a lineage from keyword names: ``Lineage.from_ranks(order="Diptera", genus="Culex")``."""
        unknown = set(names) - set(RANKS)
        if unknown:
            raise ValueError(f"unknown rank {sorted(unknown)}, choose from {', '.join(RANKS)}")
        return cls(tuple(names.get(rank, "") for rank in RANKS))

    @classmethod
    def from_sintax(cls, header: str) -> Lineage:
        """Return the lineage in the ``tax=k:..,p:..`` part of a SINTAX header; an empty one if there is none.

        Raises
        ------
        InputError
            if ranks are separated by ``;`` (other tools silently read such a header as an empty lineage).
        """
        match = _SINTAX.search(header)
        if match is None:
            return cls()
        if _SINTAX_SPLIT_BY_SEMICOLON.search(header):
            raise InputError(
                f"ranks in the SINTAX header {header!r} are separated by ';'",
                hint="write them with commas: tax=k:Animalia,p:Arthropoda,...",
            )
        names: dict[str, str] = {}
        domain = ""
        for part in match.group(1).split(","):
            letter, colon, name = part.strip().partition(":")
            letter, name = letter.strip().lower(), name.strip()
            if colon and letter == "d":
                domain = domain or name
            elif colon and name and (rank := _SINTAX_RANK.get(letter)):
                names.setdefault(rank, name)
        if domain:
            names.setdefault("kingdom", domain)
        return cls.from_ranks(**names)

    def to_sintax(self) -> str:
        """Return the known names as ``k:Animalia,p:Arthropoda``; ``""`` for an empty lineage."""
        return ",".join(f"{rank[0]}:{name}" for rank, name in zip(RANKS, self.names, strict=True) if name)

    def at(self, rank: str) -> str:
        """Return the name at ``rank``, ``""`` if it is not known.

        Raises
        ------
        UsageError
            if there is no such rank.
        """
        if rank not in RANKS:
            raise no_such_rank(rank)
        return self.names[RANKS.index(rank)]

    @property
    def deepest(self) -> tuple[str, str]:
        """Return the last known name and its rank; both are empty for an empty lineage."""
        known = zip(reversed(self.names), reversed(RANKS), strict=True)
        return next(((name, rank) for name, rank in known if name), ("", ""))

    def common(self, other: Lineage) -> Lineage:
        """Return the part of both lineages, from the kingdom down, in which no known names differ."""
        shared: list[str] = []
        for mine, theirs in zip(self.names, other.names, strict=True):
            if mine and theirs and mine != theirs:
                break
            shared.append(mine if mine == theirs else "")
        return Lineage(tuple(shared + [""] * (len(RANKS) - len(shared))))

    def __bool__(self) -> bool:
        return any(self.names)
