"""Put barcodes without a species' name in groups of about a species each, so that they can be counted before they have
a name.

Within each taxon that the calls give, barcodes are joined by average linkage of the share of different bases, up to a
threshold that is learnt from the library's own species. Letters in shapes: n barcodes, N references, C columns.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from barcodeembed.library.reference_library import ReferenceLibrary
from barcodeembed.sequences.codes import ONE_HOT, SINGLE_BASE
from barcodeembed.taxonomy import RANKS

USUAL_THRESHOLD = 0.03
"""Share of different bases up to which barcodes are one species, if the library is too small to learn it from (the
barcoding standard of 3 %: Hebert et al. 2003, Proc R Soc B 270:313)."""

LEAST_THRESHOLD, MOST_THRESHOLD = 0.01, 0.06
"""Bounds of a threshold that is learnt from the library, so that few references or wrong names do not make one species
of a whole family."""

MOST_AT_ONCE = 4000
"""Number of barcodes of a taxon that are linked with each other, which makes 16 million distances. Further ones join
the nearest group."""

_SAMPLE = 1500  # references from which the threshold is learnt
_LEAST_COLUMNS = 100  # two barcodes that share fewer columns count as wholly different
_LEAST_PAIRS = 20  # least number of distances of each kind (within species, between species) to learn a threshold from


def species_threshold(library: ReferenceLibrary) -> float:
    """Return the share of different bases that best separates species from each other in this library.

    Each of up to 1,500 references is compared with the nearest reference of its own species and with the nearest one of
    another species of its genus. The threshold gives the fewest wrong answers to "are these two of one species?" over
    both kinds of pairs, which count alike. Without enough of both it is :data:`USUAL_THRESHOLD`.
    """
    species, genus = (library.taxa.codes[:, RANKS.index(rank)] for rank in ("species", "genus"))
    if not library.has_columns:
        return USUAL_THRESHOLD
    rows = np.flatnonzero((species > 0) & (genus > 0))
    rows = np.random.default_rng(0).permutation(rows)[:_SAMPLE]
    within, between = [], []
    for row in rows.tolist():
        relatives = np.flatnonzero((genus == genus[row]) & (species > 0))
        relatives = relatives[relatives != row]
        if not len(relatives):
            continue
        apart = _distances(library.columns[[row]], library.columns[relatives])[0]
        same = species[relatives] == species[row]
        within += [apart[same].min()] if same.any() else []
        between += [apart[~same].min()] if not same.all() else []
    if min(len(within), len(between)) < _LEAST_PAIRS:
        return USUAL_THRESHOLD
    return float(np.clip(_best_cut(np.array(within), np.array(between)), LEAST_THRESHOLD, MOST_THRESHOLD))


def group_barcodes(
    columns: NDArray[np.uint8], taxa: Sequence[str], reads: NDArray[np.int64], threshold: float
) -> NDArray[np.int64]:
    """Return the number of the group (n,) of each barcode within its taxon, from 1.

    ``columns`` is (n, C), ``taxa`` what each barcode was called, ``reads`` (n,) how often it occurs. Groups are
    numbered by their reads, most first, then by their first barcode in the order of the bases: the same data give the
    same numbers, whatever their order.
    """
    numbers = np.zeros(len(taxa), dtype=np.int64)
    order = np.lexsort((*columns.T[::-1], -reads)) if len(taxa) else np.zeros(0, dtype=np.int64)
    names = np.array(taxa, dtype=object)
    for taxon in dict.fromkeys(taxa):
        rows = order[names[order] == taxon]
        numbers[rows] = _numbered(_link(columns[rows], threshold), reads[rows])
    return numbers


def _link(columns: NDArray[np.uint8], threshold: float) -> NDArray[np.int64]:
    """Return the group (n,) of each barcode (n, C); the barcodes come with the most abundant first."""
    # Loaded here, as it takes longer than a small file does to be classified, and few runs ask for groups.
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    first = columns[:MOST_AT_ONCE]
    groups = np.ones(len(first), dtype=np.int64)
    if len(first) > 1:
        apart = _distances(first, first)
        np.fill_diagonal(apart, 0.0)
        groups = fcluster(linkage(squareform(apart, checks=False), "average"), threshold, criterion="distance")
    if len(columns) == len(first):
        return np.asarray(groups, dtype=np.int64)
    found = [groups]
    for start in range(len(first), len(columns), MOST_AT_ONCE):
        apart = _distances(columns[start : start + MOST_AT_ONCE], first)
        nearest = apart.argmin(axis=1)
        alone = apart.min(axis=1) > threshold
        joined = np.where(alone, len(columns) + start + np.arange(len(apart)), groups[nearest])
        found.append(joined)
    return np.concatenate(found).astype(np.int64)


def _numbered(groups: NDArray[np.int64], reads: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the groups (n,) numbered anew from 1: by their number of reads, most first, then by first barcode."""
    _, first, codes = np.unique(groups, return_index=True, return_inverse=True)
    totals = np.bincount(codes, weights=reads)
    places = np.lexsort((first, -totals))
    numbers = np.empty(len(places), dtype=np.int64)
    numbers[places] = np.arange(1, len(places) + 1)
    return numbers[codes]


def _distances(some: NDArray[np.uint8], others: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the share of different bases between each two barcodes, over the columns in which both have one base.

    It is 1 where fewer than 100 columns can be compared.
    """
    single = np.where(SINGLE_BASE >= 0, np.arange(16, dtype=np.uint8), 0)
    a, b = single[some], single[others]
    compared = (a > 0).astype(np.float32) @ (b > 0).astype(np.float32).T
    equal = ONE_HOT[a].reshape(len(a), -1) @ ONE_HOT[b].reshape(len(b), -1).T
    apart = np.ones(compared.shape)
    np.divide(compared - equal, compared, out=apart, where=compared >= _LEAST_COLUMNS)
    return apart


def _best_cut(within: NDArray[np.float64], between: NDArray[np.float64]) -> float:
    """Return the threshold with the smallest sum of the share of ``within`` above it and the share of ``between`` up to
    it."""
    steps = np.arange(0.0, 0.1005, 0.001)
    wrong = [(within > step).mean() + (between <= step).mean() for step in steps]
    best = np.flatnonzero(np.isclose(wrong, min(wrong)))
    return float(steps[best[len(best) // 2]])
