"""Barcodes without a name are put in groups of about a species each, so that they can be counted before they have one.

Within each taxon that the calls give, barcodes are joined by average linkage of the share of different bases, up to a
threshold that the library's own species set. Letters in shapes: n barcodes, N references, C columns.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from barcodeembed.library.reference_library import ReferenceLibrary
from barcodeembed.sequences.codes import ONE_HOT, SINGLE_BASE
from barcodeembed.taxonomy import RANKS

USUAL_THRESHOLD = 0.03
"""Share of different bases up to which barcodes are one species where the library can't tell (the barcoding standard of
3 %: Hebert et al. 2003, Proc R Soc B 270:313)."""

LEAST_THRESHOLD, MOST_THRESHOLD = 0.01, 0.06
"""A threshold from the library is held between these: few references or wrong names must not make one species of a
family."""

MOST_AT_ONCE = 4000
"""Barcodes of a taxon that are linked with each other: 16 million distances. Further ones join the nearest group."""

_SAMPLE = 1500  # references that are looked at for the threshold
_LEAST_COLUMNS = 100  # columns that two barcodes must share; else they are taken to differ wholly
_LEAST_PAIRS = 20  # distances of each kind without which the library can't tell


def species_threshold(library: ReferenceLibrary) -> float:
    """Return the share of different bases that parts species from species in this library best.

    Each of up to 1,500 references is compared with the nearest of its species and the nearest of another species of
    its genus; the threshold gives the fewest wrong answers to "is this the same species?" over both kinds, each kind
    counting alike. Without enough of both it is :data:`USUAL_THRESHOLD`.
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
    """Groups (n,) of barcodes that come most abundant first."""
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
    """The groups (n,) numbered anew from 1: by their reads, most first, then in the order of their first barcodes."""
    _, first, codes = np.unique(groups, return_index=True, return_inverse=True)
    totals = np.bincount(codes, weights=reads)
    places = np.lexsort((first, -totals))
    numbers = np.empty(len(places), dtype=np.int64)
    numbers[places] = np.arange(1, len(places) + 1)
    return numbers[codes]


def _distances(some: NDArray[np.uint8], others: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Share of different bases between each two barcodes, of the columns in which both have one base.

    1 where fewer than 100 columns do.
    """
    single = np.where(SINGLE_BASE >= 0, np.arange(16, dtype=np.uint8), 0)
    a, b = single[some], single[others]
    compared = (a > 0).astype(np.float32) @ (b > 0).astype(np.float32).T
    equal = ONE_HOT[a].reshape(len(a), -1) @ ONE_HOT[b].reshape(len(b), -1).T
    apart = np.ones(compared.shape)
    np.divide(compared - equal, compared, out=apart, where=compared >= _LEAST_COLUMNS)
    return apart


def _best_cut(within: NDArray[np.float64], between: NDArray[np.float64]) -> float:
    """The threshold with the smallest sum of the shares of ``within`` above it and of ``between`` up to it."""
    steps = np.arange(0.0, 0.1005, 0.001)
    wrong = [(within > step).mean() + (between <= step).mean() for step in steps]
    best = np.flatnonzero(np.isclose(wrong, min(wrong)))
    return float(steps[best[len(best) // 2]])
