"""The distinct lineages of many references, in a form in which they can be mended.

Letters in shapes: N references, U distinct lineages, R ranks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from barcodeembed.library.taxon_table import TaxonTable
from barcodeembed.taxonomy import RANKS

Taxon = tuple[int, int]
"""A rank and the code of a taxon at that rank."""


@dataclass
class LineageTable:
    """Distinct lineages whose codes are changed in place.

    Attributes
    ----------
    names
        for each rank, the names by code, ``""`` at place 0; a homonym has a code of its own.
    codes
        int32 (U, R): code of the taxon at each rank, 0 where a name is missing.
    counts
        int64 (U,): number of references with each lineage.
    of
        int64 (N,): number of the lineage that each reference has.
    """

    names: list[list[str]]
    codes: NDArray[np.int32]
    counts: NDArray[np.int64]
    of: NDArray[np.int64]

    @classmethod
    def of_taxa(cls, taxa: TaxonTable) -> LineageTable:
        """Make the table of the distinct lineages of these references."""
        codes, of, counts = np.unique(taxa.codes, axis=0, return_inverse=True, return_counts=True)
        return cls([list(known) for known in taxa.names], codes, counts, of.ravel())

    def taxa(self) -> TaxonTable:
        """Return the names of all references as they are now; names that no longer occur are left out."""
        names, codes = [], np.zeros((len(self.of), len(RANKS)), dtype=np.int32)
        for rank in range(len(RANKS)):
            used = [int(code) for code in np.unique(self.codes[:, rank]) if code]
            used.sort(key=lambda code: (self.names[rank][code], code))
            place = np.zeros(len(self.names[rank]), dtype=np.int32)
            place[used] = np.arange(1, len(used) + 1)
            codes[:, rank] = place[self.codes[:, rank]][self.of]
            names.append(("", *(self.names[rank][code] for code in used)))
        return TaxonTable(tuple(names), codes)

    @cached_property
    def _by_lineage(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the rows of the references ordered by lineage, and the place (U + 1,) at which each lineage begins."""
        starts = np.zeros(len(self.codes) + 1, dtype=np.int64)
        np.cumsum(np.bincount(self.of, minlength=len(self.codes)), out=starts[1:])
        return np.argsort(self.of, kind="stable"), starts

    def references(self, lineages: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows of the references that have one of these lineages."""
        order, starts = self._by_lineage
        return np.concatenate([order[starts[one] : starts[one + 1]] for one in lineages])

    def next_below(self, rank: int) -> NDArray[np.int64]:
        """Return for each lineage (U,) the first rank below ``rank`` at which it has a name; 0 if there is none."""
        named = self.codes[:, rank + 1 :] > 0
        if not named.shape[1]:
            return np.zeros(len(self.codes), dtype=np.int64)
        return np.where(named.any(axis=1), named.argmax(axis=1) + rank + 1, 0)

    def parents(self, rank: int) -> dict[Taxon, dict[int, int]]:
        """Return the taxa that stand below more than one taxon of ``rank``.

        For each of them the dictionary has the number of its references by the code of the taxon above.
        """
        found: defaultdict[Taxon, dict[int, int]] = defaultdict(dict)
        for below in range(rank + 1, len(RANKS)):
            known = (self.codes[:, rank] > 0) & (self.codes[:, below] > 0)
            pairs, at = np.unique(self.codes[known][:, [below, rank]], axis=0, return_inverse=True)
            number = np.bincount(at.ravel(), weights=self.counts[known], minlength=len(pairs)).astype(int)
            several = np.isin(pairs[:, 0], _repeated(pairs[:, 0]))
            for (taxon, parent), n in zip(pairs[several].tolist(), number[several].tolist(), strict=True):
                found[below, taxon][parent] = n
        return dict(found)

    def groups(self, values: NDArray[np.int32]) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """Yield each value (U,) other than 0, with the lineages that have it."""
        order = np.argsort(values, kind="stable")
        starts = np.flatnonzero(np.r_[True, np.diff(values[order]) != 0])
        for start, stop in zip(starts, np.r_[starts[1:], len(order)], strict=True):
            if value := int(values[order[start]]):
                yield value, order[start:stop]


def _repeated(values: NDArray[np.int32]) -> NDArray[np.int32]:
    found, number = np.unique(values, return_counts=True)
    return found[number > 1]
