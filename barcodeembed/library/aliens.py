"""Find aliens: references that are another organism than their name says.

Human DNA in a sample of mites, or the *Wolbachia* of a fly, is near no other reference, so no neighbour contradicts its
name. But it is far from the other references of its own taxon. So the references of a species are separated into parts
that are far from each other. The part that is nearest to its relatives is taken for the species; if that is not clear,
the largest part is.

Letters in shapes: N references, C columns, n and m references of a selection.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from barcodeembed.library.hits import REFERENCE_OVERLAP
from barcodeembed.library.kin import MOST_COMPARED, Kin, highest_identity, identity_of_rows, sample
from barcodeembed.library.reference_library import ReferenceLibrary
from barcodeembed.sequences.identity import identity
from barcodeembed.taxonomy import FAMILY, GENUS, RANKS, SPECIES

FAR = {"species": 0.85, "genus": 0.78}
"""Identity below which a reference is far from the rest of its taxon of this rank. Deep splits within species of
insects reach differences of 10 to 15 %, and those of mites more."""

FARTHEST = 0.75
"""Identity below which a far reference is an alien. Barcodes of two orders of insects are seldom this far from each
other."""

LEAD = 0.02
"""A far reference above ``FARTHEST`` is an alien if a reference of another family is nearer than all its relatives by
at least this much identity."""

MOST_SPECIES = 64
"""In a genus with more species than this, no species is looked for that is far from all others, because only this many
references are compared with each other. Measured on 108,178 references of MIDORI, this passes over 14 of 8,177 genera,
with 1,622 of 17,815 species, of which two are far (two species of *Bombus* with an identity of 0.72)."""

_NEIGHBOURS = 64  # the nearest relatives, and references of other families, are looked for among this many by cosine
_BATCH = 256  # number of references whose neighbours are compared at once: 11 MB
_AT_ONCE = 8192  # number of references that are compared with the leader of their species at once: 11 MB
_CLEAR = 0.02  # one part is clearly the species if it is nearer to its relatives than any other part by this identity


@dataclass(frozen=True)
class Far:
    """References that are far from the rest of their taxon.

    Attributes
    ----------
    rows
        int64 (n,): their rows in the library.
    rank
        rank of the taxon: ``species``, ``genus`` or ``family``.
    own
        highest identity to the rest of that taxon.
    other
        highest identity to a reference of another family; -1 if none can be compared.
    nearest
        row of that reference; -1 if none can be compared.
    alien
        whether they are so far, or so much nearer to another family, that they are another organism.
    """

    rows: NDArray[np.int64]
    rank: str
    own: float
    other: float
    nearest: int
    alien: bool


def aliens(library: ReferenceLibrary) -> NDArray[np.bool_]:
    """Return which references (N,) are aliens."""
    found = np.zeros(len(library), dtype=bool)
    for far in find_far(library):
        found[far.rows] |= far.alien
    return found


def find_far(library: ReferenceLibrary) -> Iterator[Far]:
    """Yield the references that are far from the rest of their species, then the species that are far from the rest of
    their genus (or of their family, if no other species is in their genus)."""
    if not library.has_columns:
        return
    codes = library.taxa.codes
    species = codes[:, SPECIES]
    leaders, apart = _leaders(library, species)
    done = np.zeros(len(library), dtype=bool)
    for code in np.unique(species[apart]).tolist():
        parts = _parts(library, np.flatnonzero(species == code))
        if len(parts) > 1:
            for far in _strangers(library, parts):
                done[far.rows] = True
                yield far
    # Human DNA under several names is near itself: what is far from its genus is no relative of what is in its family.
    alone = _far_from_genus(library, leaders[~done[leaders]], done)
    _mark(done, alone)
    unnamed = np.flatnonzero((species == 0) & (codes[:, FAMILY] > 0))
    alone += _far_from_family(library, leaders[~done[leaders]], unnamed, done)
    _mark(done, alone)
    kin, kin_of_rest = Kin(library.columns, codes), Kin(library.columns, codes, done)
    for one in alone:
        above = RANKS.index(one.rank) - 1
        yield _far(
            library, one.rows, one.rank, one.own, kin.highest(one.rows, above), kin_of_rest.highest(one.rows, above)
        )


def _leaders(library: ReferenceLibrary, species: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the most complete reference of each species, and which references (N,) are far from that of their
    species."""
    filled = np.zeros(len(library), dtype=np.int64)
    for start in range(0, len(library), _AT_ONCE):
        filled[start : start + _AT_ONCE] = np.count_nonzero(library.columns[start : start + _AT_ONCE], axis=1)
    order = np.lexsort((-filled, species))
    order = order[species[order] > 0]
    first = np.r_[True, np.diff(species[order]) != 0] if len(order) else np.zeros(0, dtype=bool)
    leaders = order[first]
    own = np.repeat(leaders, np.diff(np.r_[np.flatnonzero(first), len(order)]))
    apart = np.zeros(len(library), dtype=bool)
    for start in range(0, len(order), _AT_ONCE):
        some = order[start : start + _AT_ONCE]
        share, overlap = identity(library.columns[some], library.columns[own[start : start + _AT_ONCE]][:, None])
        apart[some] = (overlap[:, 0] >= REFERENCE_OVERLAP) & (share[:, 0] < FAR["species"])
    return leaders, apart


def _parts(library: ReferenceLibrary, members: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Separate references of one species into parts, so that all of one part are far from all of the others.

    Returns the rows of each part, the largest part first. References that cannot be compared with any other are left
    out.
    """
    parts: list[NDArray[np.int64]] = []
    left = members[np.argsort(-(library.columns[members] > 0).sum(axis=1), kind="stable")]
    while len(left):
        part, left = left[:1], left[1:]
        new = part
        while len(new) and len(left):
            near = identity_of_rows(library.columns, left, new[:MOST_COMPARED]).max(axis=1) >= FAR["species"]
            new, left = left[near], left[~near]
            part = np.concatenate([part, new])
        parts.append(part)
    parts.sort(key=len, reverse=True)
    return [
        part for part in parts if len(parts) > 1 and highest_identity(library.columns, part, _others(parts, part)) >= 0
    ]


def _others(parts: list[NDArray[np.int64]], part: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the references of all other parts."""
    return np.concatenate([other for other in parts if other is not part])


def _strangers(library: ReferenceLibrary, parts: list[NDArray[np.int64]]) -> Iterator[Far]:
    """Yield the parts of a species that are not the species."""
    relatives = Kin(library.columns, library.taxa.codes)
    kin = [relatives.highest(part, GENUS) for part in parts]
    best = max(range(len(parts)), key=lambda n: (kin[n], len(parts[n])))
    second = max(k for n, k in enumerate(kin) if n != best)
    if kin[best] < second + _CLEAR:
        # Relatives do not tell which part is the species: it is the largest, or none if two are equally large.
        best = 0 if len(parts[0]) > len(parts[1]) else -1
    for n, part in enumerate(parts):
        if n != best and kin[n] < FAR["species"]:
            own = highest_identity(library.columns, part, _others(parts, part))
            yield _far(library, part, "species", own, kin[n])


def _mark(done: NDArray[np.bool_], alone: Sequence[_Apart]) -> None:
    """Mark references that are too far from their genus or family to be relatives of others."""
    for one in alone:
        done[one.rows] |= one.own < FARTHEST


@dataclass(frozen=True)
class _Apart:
    """References of one taxon, the rank of the taxon above, and their highest identity to its other references."""

    rows: NDArray[np.int64]
    rank: str
    own: float


def _far_from_genus(library: ReferenceLibrary, leaders: NDArray[np.int64], without: NDArray[np.bool_]) -> list[_Apart]:
    """Return the species that are far from all others of their genus; those of ``without`` (N,) do not count."""
    codes = library.taxa.codes
    far: dict[int, float] = {}
    for own in _groups(codes[leaders, GENUS])[1:]:
        if not 2 <= len(own) <= MOST_SPECIES:
            continue
        for row in leaders[own]:
            highest = highest_identity(library.columns, row[None], leaders[own[leaders[own] != row]])
            if 0 <= highest < FAR["genus"]:
                far[int(row)] = highest
    return _still_far(library, far, "genus", without)


def _far_from_family(
    library: ReferenceLibrary, leaders: NDArray[np.int64], unnamed: NDArray[np.int64], without: NDArray[np.bool_]
) -> list[_Apart]:
    """Return the species that are alone in their genus, and references without a species, that are far from all others
    of their family; those of ``without`` (N,) do not count."""
    codes = library.taxa.codes
    genus = codes[leaders, GENUS]
    alone = leaders[(np.bincount(genus)[genus] == 1) & (codes[leaders, FAMILY] > 0)] if len(leaders) else leaders
    # One of each species stands for it, so that a species of many does not hide the others of its family.
    members = np.concatenate([leaders, unnamed[~without[unnamed]]])
    samples = [sample(members[group]) for group in _groups(codes[members, FAMILY])]
    far: dict[int, float] = {}
    for row in np.concatenate([alone, unnamed]).tolist():
        others = samples[codes[row, FAMILY]] if codes[row, FAMILY] < len(samples) else members[:0]
        own = codes[others, SPECIES] == codes[row, SPECIES] if codes[row, SPECIES] else others == row
        highest = highest_identity(library.columns, np.array([row]), others[~own])
        if 0 <= highest < FARTHEST:
            far[row] = highest
    return _still_far(library, far, "family", without)


def _still_far(library: ReferenceLibrary, far: dict[int, float], rank: str, without: NDArray[np.bool_]) -> list[_Apart]:
    """Return those references that are also far from their nearest relatives in their taxon. ``far`` has their highest
    identity to a sample of it, but a sample of a large taxon need not have the nearest."""
    codes, column = library.taxa.codes, RANKS.index(rank)
    limit = FAR["genus"] if rank == "genus" else FARTHEST
    rows = np.fromiter(far, dtype=np.int64, count=len(far))
    of_species = _groups(codes[:, SPECIES]) if len(rows) else []
    found = []
    for start in range(0, len(rows), _BATCH):
        some = rows[start : start + _BATCH]
        near = library.search(library.stored[some], _NEIGHBOURS)[1]
        share, overlap = identity(library.columns[some], library.columns[near])
        species = codes[some, SPECIES][:, None]
        own = np.where(species > 0, codes[near, SPECIES] == species, near == some[:, None])
        kin = (near >= 0) & (codes[near, column] == codes[some, column][:, None]) & ~own & ~without[near]
        highest = np.where(kin & (overlap >= REFERENCE_OVERLAP), share, np.float32(-1)).max(axis=1)
        for row, identity_of_near in zip(some.tolist(), highest.tolist(), strict=True):
            if (highest_of_all := max(far[row], identity_of_near)) < limit:
                code = codes[row, SPECIES]
                found.append(_Apart(of_species[code] if code else np.array([row]), rank, highest_of_all))
    return found


def _groups(codes: NDArray[np.int32]) -> list[NDArray[np.int64]]:
    """Return the places of each code from 0 up."""
    return np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes, minlength=1))[:-1])


def _far(
    library: ReferenceLibrary, rows: NDArray[np.int64], rank: str, own: float, kin: float, kin_of_rest: float = 1.0
) -> Far:
    """Return what is known of references that are far from the rest of their taxon.

    ``own`` and ``kin`` are their highest identities to it and to their relatives, ``kin_of_rest`` that to those
    relatives that are not far themselves.
    """
    codes = library.taxa.codes
    row = rows[:1]
    found = library.search(library.stored[row], _NEIGHBOURS)[1][0]
    family = codes[row[0], FAMILY]
    found = found[found >= 0]
    found = found[(codes[found, FAMILY] > 0) & (codes[found, FAMILY] != family)]
    similarity = identity_of_rows(library.columns, row, found)[0] if len(found) else np.full(1, -1.0, dtype=np.float32)
    other = float(similarity.max())
    nearest = int(found[similarity.argmax()]) if other >= 0 else -1
    relatives = max(own, kin)
    alien = relatives < FARTHEST or (family > 0 and other >= relatives + LEAD)
    # The genera of some families, such as those of lice, are this far apart: only near strangers tell an alien, and
    # where the references themselves are more than these, it is the strangers whose name is wrong.
    as_many = np.count_nonzero(similarity >= FAR["species"]) >= len(rows)
    strange = as_many and max(own, kin_of_rest) < FARTHEST
    return Far(rows, rank, own, other, nearest, bool(strange or (alien and rank != "family")))
