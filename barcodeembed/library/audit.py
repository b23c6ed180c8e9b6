"""Find what is suspicious in a library: references whose neighbours contradict their names, and species that share
barcodes.

Letters in shapes: N references, K neighbours, R ranks.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from barcodeembed.library.aliens import find_far
from barcodeembed.library.hits import REFERENCE_OVERLAP, Hits
from barcodeembed.library.library_set import LibrarySet
from barcodeembed.library.reference_library import ReferenceLibrary
from barcodeembed.sequences.identity import identity
from barcodeembed.taxonomy import RANKS

AUDIT_NEIGHBOURS = 16
"""Number of neighbours that are asked whether they contradict a reference."""

CLOSE = {"species": 0.99, "genus": 0.95, "family": 0.90}
"""Identity from which neighbours of another taxon contradict a name of that rank. Within species, COI of insects
usually differs by 1 % or less, within genera by 5 to 10 %, within families by 10 to 15 % (Hebert et al. 2003,
doi:10.1098/rspb.2002.2218; Huemer et al. 2014, doi:10.1371/journal.pone.0115774)."""

MIN_CONTRADICTING = 2
"""Least number of neighbours that agree with each other and disagree with the reference."""

WHY = {
    "contradicted": "several near references of another taxon agree with each other",
    "alien": "so far from all others of its species, genus or family that it is another organism; it names no query",
    "far": "far from all others of its species, genus or family: a deep split, or another organism",
    "stop_codon": "has stop codons by the genetic code of its class: a pseudogene (NUMT), or errors",
}
"""Reasons why a reference is a suspect."""

_BLOCK = 512
_ROUNDING = 1e-6  # rounding error of a cosine; one different base changes it a thousand times as much
_SAME_COSINE = 1 - _ROUNDING


@dataclass(frozen=True)
class Suspect:
    """A reference that is probably mislabelled.

    Attributes
    ----------
    id, name
        of the reference; the name is the one at ``rank``.
    rank
        highest rank at which the name is contradicted.
    suggested
        the name that its neighbours have; empty if they contradict no name of the reference.
    identity
        to the nearest reference of the other taxon; for one that is far from its own, to the nearest of another family.
    own_identity
        to the nearest other reference of its own taxon; NaN if none can be compared.
    neighbours
        ids of the neighbours with the suggested name, the nearest first; for one that is far, of the nearest of another
        family.
    why
        one of ``WHY``.
    """

    id: str
    rank: str
    name: str
    suggested: str
    identity: float
    own_identity: float
    neighbours: tuple[str, ...]
    why: str = "contradicted"

    @property
    def score(self) -> float:
        """How strongly the name is contradicted; suspects are listed from the highest score down.

        It is the identity to the other taxon less the identity to its own, plus 0.1 for each rank above species. Aliens
        come before all of these, by their distance to their own taxon, and those that are only far or have stop codons
        come after them.
        """
        own = 0.8 if np.isnan(self.own_identity) else self.own_identity
        if self.why != "contradicted":
            return (3.0 if self.why == "alien" else -1.0) - own
        return self.identity - own + 0.1 * (RANKS.index("species") - RANKS.index(self.rank))


@dataclass(frozen=True)
class SharedBarcode:
    """References that have the same barcode under different names."""

    names: tuple[str, ...]
    ids: tuple[str, ...]


def find_suspects(library: ReferenceLibrary) -> Iterator[Suspect]:
    """Yield the references that their neighbours contradict, then those that are far from their own taxon.

    Each reference is looked up with itself left out. A contradicted reference that is an alien, too, is listed once, as
    an alien with the name that its neighbours suggest.
    """
    far = list(_far_ones(library))
    alien = {suspect.id for suspect in far if suspect.why == "alien"}
    listed: set[str] = set()
    searched = LibrarySet([library])
    for start in range(0, len(library), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(library)))
        hits = _others(searched, rows)
        for place, row in enumerate(rows):
            suspect = _judge(library, int(row), hits, place)
            if suspect:
                listed.add(suspect.id)
                yield replace(suspect, why="alien") if suspect.id in alien else suspect
    yield from (suspect for suspect in far if suspect.id not in listed)


def _far_ones(library: ReferenceLibrary) -> Iterator[Suspect]:
    """Yield the references that are far from all others of their species, genus or family."""
    for far in find_far(library):
        column = RANKS.index(far.rank)
        nearest = (str(library.ids[far.nearest]),) if far.nearest >= 0 else ()
        other = far.other if far.nearest >= 0 else float("nan")
        for row in far.rows.tolist():
            name = library.lineage(row).names[column]
            why = "alien" if far.alien else "far"
            yield Suspect(str(library.ids[row]), far.rank, name, "", other, far.own, nearest, why)


def _others(searched: LibrarySet, rows: NDArray[np.int64]) -> Hits:
    """Return the nearest neighbours of references, without the references themselves."""
    library = searched.libraries[0]
    cosine, found = library.search(library.stored[rows], AUDIT_NEIGHBOURS + 1)
    own = found == rows[:, None]
    # Among many equal barcodes the reference itself may not be among the first: then the last one is left out.
    own[~own.any(axis=1), -1] = True
    shape = len(rows), found.shape[1] - 1
    return searched.compare(cosine[~own].reshape(shape), found[~own].reshape(shape), library.columns[rows])


def _judge(library: ReferenceLibrary, row: int, hits: Hits, place: int) -> Suspect | None:
    """Return the contradiction at the highest rank that has one; None if no rank has."""
    similarity = hits.identity[place] if library.has_columns else hits.cosine[place]
    fit = hits.rows[place] >= 0
    if library.has_columns:
        fit &= hits.overlap[place] >= REFERENCE_OVERLAP
    found = hits.rows[place][fit]
    similarity = similarity[fit]
    order = np.argsort(-similarity, kind="stable")
    found, similarity = found[order], similarity[order]
    for rank in reversed(CLOSE):
        column = RANKS.index(rank)
        own = library.taxa.codes[row, column]
        theirs = library.taxa.codes[found, column]
        known = theirs > 0
        if not own or not known.any():
            continue
        close = known & (similarity >= CLOSE[rank]) & (theirs != own)
        if close.sum() < MIN_CONTRADICTING:
            continue
        other, number = Counter(theirs[close].tolist()).most_common(1)[0]
        mine = similarity[theirs == own]
        nearest_other = float(similarity[theirs == other].max())
        if number < MIN_CONTRADICTING or number <= (mine >= CLOSE[rank]).sum():
            continue
        # Equal barcodes of others may be so many that its own taxon is not among the neighbours.
        nearest_own = float(mine.max()) if len(mine) else _nearest_own(library, row, column)
        if nearest_own >= nearest_other - _ROUNDING:
            continue
        names = library.taxa.names[column]
        chosen = found[close & (theirs == other)]
        return Suspect(
            str(library.ids[row]),
            rank,
            names[own],
            names[other],
            nearest_other,
            nearest_own,
            tuple(str(library.ids[r]) for r in chosen[:5]),
        )
    return None


def _nearest_own(library: ReferenceLibrary, row: int, column: int) -> float:
    """Return the identity (without columns: the cosine) to the nearest other reference of its taxon at a rank; NaN
    without one."""
    codes = library.taxa.codes[:, column]
    members = np.flatnonzero(codes == codes[row])
    members = members[members != row]
    best = np.float32(np.nan)
    for start in range(0, len(members), _BLOCK):
        part = members[start : start + _BLOCK]
        if library.has_columns:
            share, overlap = identity(library.columns[row][None], library.columns[part][None])
            similarity = np.where(overlap[0] >= REFERENCE_OVERLAP, share[0], np.float32(np.nan))
        else:
            similarity = library.stored[part] @ library.stored[row]
        best = np.fmax(best, np.fmax.reduce(similarity))
    return float(best)


def shared_barcodes(library: ReferenceLibrary) -> list[SharedBarcode]:
    """Return the barcodes that several species have.

    Two barcodes are the same if they do not differ in any column that both cover, or, without columns, if their vectors
    are equal.
    """
    searched = LibrarySet([library])
    species = library.taxa.codes[:, -1]
    group = np.arange(len(library))

    def root(row: int) -> int:
        while group[row] != row:
            group[row] = row = group[group[row]]
        return row

    for start in range(0, len(library), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(library)))
        hits = _others(searched, rows)
        if library.has_columns:
            equal = (hits.identity == 1) & (hits.overlap >= REFERENCE_OVERLAP)
        else:
            equal = hits.cosine > _SAME_COSINE
        equal &= (hits.rows >= 0) & (species[rows] > 0)[:, None] & (species[hits.rows] > 0)
        for place, k in np.argwhere(equal):
            group[root(int(rows[place]))] = root(int(hits.rows[place, k]))
    members: defaultdict[int, list[int]] = defaultdict(list)
    for row in np.flatnonzero(species):
        members[root(int(row))].append(int(row))
    found = []
    for together in members.values():
        names = {library.taxa.names[-1][species[row]] for row in together}
        if len(names) > 1:
            found.append(SharedBarcode(tuple(sorted(names)), tuple(str(library.ids[row]) for row in together)))
    return sorted(found, key=lambda one: one.names)
