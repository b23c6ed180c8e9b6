"""Put barcodes without a species' name in groups of about a species each, so that they can be counted before they have
a name.

Within each taxon that the calls give, barcodes are joined by average linkage of the share of different bases, up to a
threshold that is learnt from the library's own species. Letters in shapes: n barcodes, N references, C columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from barcodeembed.library.reference_library import ReferenceLibrary
from barcodeembed.sequences.pairwise import Pairwise
from barcodeembed.taxonomy import RANKS

USUAL_THRESHOLD = 0.03
"""Share of different bases up to which barcodes are one species, if the library is too small to learn it from (the
barcoding standard of 3 %: Hebert et al. 2003, Proc R Soc B 270:313)."""

LEAST_THRESHOLD, MOST_THRESHOLD = 0.01, 0.06
"""Bounds of a threshold that is learnt from the library, so that few references or wrong names do not make one species
of a whole family."""

MOST_LINKED = 10_000
"""Number of barcodes that are linked with each other at most: 50 million distances, which scipy keeps twice, in
0.8 GB."""

MOST_COMPARED = 20_000
"""Number of barcodes of a taxon of which each is compared with each other at most: 200 million pairs. Each further
barcode is compared with these, so that the time grows with the number of barcodes and not with its square."""

_SECONDS_A_PAIR, _SECONDS_TO_LINK = 6e-8, 10
"""Processor time on one core (measured, docs/samples.md): to compare two barcodes, and to link ``MOST_LINKED``."""

_SAMPLE = 1500  # references from which the threshold is learnt
_LEAST_PAIRS = 20  # least number of distances of each kind (within species, between species) to learn a threshold from


def learnt_threshold(library: ReferenceLibrary) -> float | None:
    """Return the share of different bases that best separates species from each other in this library.

    Each of up to 1,500 references is compared with the nearest reference of its own species and with the nearest one of
    another species of its genus. The threshold gives the fewest wrong answers to "are these two of one species?" over
    both kinds of pairs, which count alike. Without enough of both it is None.
    """
    species, genus = (library.taxa.codes[:, RANKS.index(rank)] for rank in ("species", "genus"))
    if not library.has_columns:
        return None
    rows = np.flatnonzero((species > 0) & (genus > 0))
    rows = np.random.default_rng(0).permutation(rows)[:_SAMPLE]
    within, between = [], []
    for code in np.unique(genus[rows]):
        relatives = np.flatnonzero((genus == code) & (species > 0))
        chosen = np.searchsorted(relatives, rows[genus[rows] == code])
        own, other = _nearest_species(library.columns[relatives], species[relatives], chosen)
        within.append(own[own <= 1])
        between.append(other[other <= 1])
    same, different = (np.concatenate([*found, np.zeros(0)]) for found in (within, between))
    if min(len(same), len(different)) < _LEAST_PAIRS:
        return None
    return float(np.clip(_best_cut(same, different), LEAST_THRESHOLD, MOST_THRESHOLD))


def _nearest_species(
    columns: NDArray[np.uint8], species: NDArray[np.int32], chosen: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return two distances for some references of a genus (a,): to the nearest other reference of their species, and to
    the nearest one of another species. Infinity where there is none.

    ``columns`` (n, C) and ``species`` (n,) are of the whole genus, ``chosen`` (a,) are rows of it.
    """
    pairs = Pairwise(columns)

    def same(some: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.bool_]:
        return species[some][:, None] == species[others]

    own = np.full(len(chosen), np.inf, dtype=np.float32)
    for code in np.unique(species[chosen]):
        of_species = species[chosen] == code
        members = np.flatnonzero(species == code)
        own[of_species], _ = pairs.nearest(chosen[of_species], members, lambda some, others: some[:, None] == others)
    other, _ = pairs.nearest(chosen, np.arange(len(columns)), same)
    return own, other


def group_barcodes(
    columns: NDArray[np.uint8],
    taxa: Sequence[str],
    reads: NDArray[np.int64],
    threshold: float,
    *,
    warn: Callable[[str], None] = lambda line: None,
) -> NDArray[np.int64]:
    """Return the number of the group (n,) of each barcode within its taxon, from 1.

    ``columns`` is (n, C), ``taxa`` what each barcode was called, ``reads`` (n,) how often it occurs. Groups are
    numbered by their reads, most first, then by their first barcode in the order of the bases: the same data give the
    same numbers, whatever their order. ``warn`` is called if a taxon has more barcodes than can be linked.
    """
    numbers = np.zeros(len(taxa), dtype=np.int64)
    rows_of: dict[str, list[int]] = {}
    for row, taxon in enumerate(taxa):
        rows_of.setdefault(taxon, []).append(row)
    for taxon, found in rows_of.items():
        found.sort(key=lambda row: (-reads[row], columns[row].tobytes()))
        rows = np.array(found)
        if len(rows) > MOST_LINKED:
            warn(_cost(len(rows), taxon))
        groups, at_most = _grouped(columns[rows], threshold)
        numbers[rows] = _numbered(groups, reads[rows])
        if at_most < len(rows):
            warn(
                f"--groups: too many barcodes called {taxon or 'unplaced'!r} hang together: the {at_most:,} most "
                "abundant were linked, others joined the group of the nearest, if one was near"
            )
    return numbers


def _cost(number: int, taxon: str) -> str:
    """Return a warning, for before the work, of what so many barcodes of a taxon cost."""
    pairs = min(number, MOST_COMPARED) * number
    return (
        f"--groups: {number:,} barcodes are called {taxon or 'unplaced'!r}: comparing them takes up to about "
        f"{_SECONDS_TO_LINK + pairs * _SECONDS_A_PAIR:,.0f} seconds of processor time and 1 GB of memory; "
        "most of so many are errors: leave out rare sequences to save that"
    )


def _grouped(columns: NDArray[np.uint8], threshold: float) -> tuple[NDArray[np.int64], int]:
    """Return the group (n,) of each barcode (n, C) of a taxon, the most abundant first, and how many were linked at
    most.

    Average linkage never joins what no pair of near barcodes connects. So barcodes are first divided into sets that
    pairs up to the threshold connect, and are linked only within a set. This gives the same groups as linking all at
    once, except where several are equally near.
    """
    if len(columns) == 1:
        return np.ones(1, dtype=np.int64), 1
    pairs = Pairwise(columns)
    at_most = min(len(columns), MOST_COMPARED)

    def linked(rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return _link(pairs, rows, threshold)

    def divided(rows: NDArray[np.int64]) -> NDArray[np.int64]:
        nonlocal at_most
        groups, last = np.zeros(len(rows), dtype=np.int64), 0
        connected = _connected(pairs, rows, threshold)
        order = np.argsort(connected, kind="stable")
        for places in np.split(order, np.flatnonzero(np.diff(connected[order])) + 1):
            if len(places) > MOST_LINKED:
                at_most = MOST_LINKED
            groups[places] = last + _in_rounds(pairs, rows[places], threshold, MOST_LINKED, linked)
            last = int(groups[places].max())
        return groups

    return _in_rounds(pairs, np.arange(len(columns)), threshold, MOST_COMPARED, divided, rounds=1), at_most


def _in_rounds(
    pairs: Pairwise,
    rows: NDArray[np.int64],
    threshold: float,
    most: int,
    group: Callable[[NDArray[np.int64]], NDArray[np.int64]],
    rounds: int = 2,
) -> NDArray[np.int64]:
    """Return the groups (a,) of rows (a,), from 1, if ``group`` can take no more than ``most`` of them.

    The first ones, which are the most abundant, are grouped. Others join the group of the nearest of them, if it is not
    farther than the threshold. With what is left it is done again, up to ``rounds`` times in all; what is left then is
    a group each.
    """
    groups, left, last = np.zeros(len(rows), dtype=np.int64), np.arange(len(rows)), 0
    for _ in range(rounds):
        if not len(left):
            break
        first, left = left[:most], left[most:]
        groups[first] = last + group(rows[first])
        last = int(groups[first].max())
        if len(left):
            apart, nearest = pairs.nearest(rows[left], rows[first])
            joins = apart <= np.float64(threshold)
            groups[left[joins]] = groups[first[nearest[joins]]]
            left = left[~joins]
    groups[left] = last + 1 + np.arange(len(left))
    return groups


def _connected(pairs: Pairwise, rows: NDArray[np.int64], threshold: float) -> NDArray[np.int64]:
    """Return which rows (a,) pairs up to the threshold connect, directly or through others: numbers (a,) from 0."""
    # Loaded here, as it takes longer than a small file does to be classified, and few runs ask for groups.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    found = np.arange(len(rows))
    for top, left, apart in pairs.blocks(rows):
        one, other = np.nonzero(apart <= np.float64(threshold))
        one, other = found[top + one], found[left + other]
        graph = coo_array((np.ones(len(one), dtype=np.bool_), (one, other)), shape=(len(rows), len(rows)))
        found = connected_components(graph, directed=False)[1][found].astype(np.int64)
    return found


def _link(pairs: Pairwise, rows: NDArray[np.int64], threshold: float) -> NDArray[np.int64]:
    """Return the groups (a,) of rows (a,), from 1, by average linkage up to the threshold."""
    from scipy.cluster.hierarchy import fcluster, linkage

    n = len(rows)
    if n == 1:
        return np.ones(1, dtype=np.int64)
    apart = np.empty(n * (n - 1) // 2)
    for top, left, block in pairs.blocks(rows):
        for place, distances in enumerate(block, start=top):
            # The pairs of a barcode with later ones stand together, behind those of all earlier ones.
            begin = max(left, place + 1)
            end = left + len(distances)
            row = n * place - place * (place + 1) // 2 - place - 1
            apart[row + begin : row + end] = distances[begin - left :]
    return np.asarray(fcluster(linkage(apart, "average"), threshold, criterion="distance"), dtype=np.int64)


def _numbered(groups: NDArray[np.int64], reads: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the groups (n,) numbered anew from 1: by their number of reads, most first, then by first barcode."""
    _, first, codes = np.unique(groups, return_index=True, return_inverse=True)
    totals = np.bincount(codes, weights=reads)
    places = np.lexsort((first, -totals))
    numbers = np.empty(len(places), dtype=np.int64)
    numbers[places] = np.arange(1, len(places) + 1)
    return numbers[codes]


def _best_cut(within: NDArray[np.float64], between: NDArray[np.float64]) -> float:
    """Return the threshold with the smallest sum of the share of ``within`` above it and the share of ``between`` up to
    it."""
    steps = np.arange(0.0, 0.1005, 0.001)
    wrong = [(within > step).mean() + (between <= step).mean() for step in steps]
    best = np.flatnonzero(np.isclose(wrong, min(wrong)))
    return float(steps[best[len(best) // 2]])
