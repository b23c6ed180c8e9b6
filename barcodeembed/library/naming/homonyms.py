"""Separate homonyms, one name for two taxa: *Morus* is a genus of birds and a genus of plants.

References of one name may have lineages that contradict each other above it. They are still of one taxon if they share
something below their name, or if their barcodes are near; then one of the lineages is a synonym or a mistake. If their
barcodes are far, the name is a homonym, or a record is not what its name says. In both cases the references are no
evidence for each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from barcodeembed.library.kin import sample
from barcodeembed.library.naming.lineage_table import LineageTable
from barcodeembed.taxonomy import RANKS

NEAR = {"phylum": 0.65, "class": 0.70, "order": 0.75, "family": 0.80, "genus": 0.82, "species": 0.85}
"""Identity of the nearest two references from which two groups may be one taxon of this rank. The nearest two
references of a genus or a family are usually nearer; those of two orders of insects have 0.75 to 0.82."""

SAMPLE = 32
"""Number of references on each side that are compared."""

Near = Callable[[NDArray[np.int64], NDArray[np.int64]], float]
"""Returns the highest identity between the references of two sets of rows; NaN if none can be compared."""


@dataclass
class _Cluster:
    """Lineages of one name that are taken for one taxon, and the names that are known above it."""

    above: NDArray[np.int32]
    lineages: NDArray[np.int64]


def split_homonyms(table: LineageTable, near: Near) -> list[tuple[str, str]]:
    """Give homonyms codes of their own and return rank and name of each, from species up."""
    found = []
    for rank in range(len(RANKS) - 1, 0, -1):
        upper = np.unique(table.codes[:, : rank + 1], axis=0)[:, rank]
        several, number = np.unique(upper, return_counts=True)
        column = table.codes[:, rank]
        wanted = np.where(np.isin(column, several[number > 1]), column, 0)
        for code, lineages in list(table.groups(wanted)):
            clusters = _clusters(table, rank, lineages, near)
            for cluster in clusters[1:]:
                table.codes[cluster.lineages, rank] = len(table.names[rank])
                table.names[rank].append(table.names[rank][code])
            if len(clusters) > 1:
                found.append((RANKS[rank], table.names[rank][code]))
    return found


def _clusters(table: LineageTable, rank: int, lineages: NDArray[np.int64], near: Near) -> list[_Cluster]:
    """Return the lineages of one name in clusters, one for each taxon, the largest first."""
    uppers, of = np.unique(table.codes[lineages, :rank], axis=0, return_inverse=True)
    of = of.ravel()
    number = np.bincount(of, weights=table.counts[lineages])
    clusters: list[_Cluster] = []
    # The most complete and commonest lineage is first: one with gaps joins a cluster that it does not contradict.
    for place in np.lexsort((np.arange(len(uppers)), -number, -(uppers > 0).sum(axis=1))):
        own = _Cluster(uppers[place], lineages[of == place])
        home = _home(table, rank, own, clusters, near)
        if home is None:
            clusters.append(own)
        else:
            home.above = np.where(home.above > 0, home.above, own.above)
            home.lineages = np.concatenate([home.lineages, own.lineages])
    return sorted(clusters, key=lambda one: -int(table.counts[one.lineages].sum()))


def _home(table: LineageTable, rank: int, own: _Cluster, clusters: list[_Cluster], near: Near) -> _Cluster | None:
    """Return the cluster that these lineages belong to: one that they do not contradict or that is near; None if there
    is none."""
    fit = [one for one in clusters if not _contradict(one.above, own.above)]
    if len(fit) > 1:
        return max(fit, key=lambda one: np.nan_to_num(_nearness(table, rank, one, own, near)))
    limit = NEAR[RANKS[rank]]
    for one in fit or clusters:
        found = 1.0 if fit else _nearness(table, rank, one, own, near)
        if np.isnan(found) or found >= limit:
            return one
    return None


def _contradict(one: NDArray[np.int32], other: NDArray[np.int32]) -> bool:
    """Return whether two lineages have different names at any rank at which both are known."""
    return bool(((one != other) & (one > 0) & (other > 0)).any())


def _nearness(table: LineageTable, rank: int, one: _Cluster, other: _Cluster, near: Near) -> float:
    """Return the highest identity between barcodes of two clusters; 1 if both have a taxon below in common."""
    for below in range(rank + 1, len(RANKS)):
        shared = np.intersect1d(table.codes[one.lineages, below], table.codes[other.lineages, below])
        if shared[shared > 0].size:
            return 1.0
    return nearest_barcodes(table, one.lineages, other.lineages, near)


def nearest_barcodes(table: LineageTable, one: NDArray[np.int64], other: NDArray[np.int64], near: Near) -> float:
    """Return the highest identity between samples of the references of two sets of lineages; NaN if none can be
    compared."""
    return near(sample(table.references(one), SAMPLE), sample(table.references(other), SAMPLE))
