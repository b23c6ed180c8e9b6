"""The names of many references as numbers: each reference has a code at each rank. Equal codes mean the same taxon.

Letters in shapes: N references, R ranks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from barcodeembed.taxonomy import RANKS, Lineage


@dataclass(frozen=True)
class TaxonTable:
    """Lineages of N references.

    Attributes
    ----------
    names
        for each rank, the names that occur, sorted, after ``""`` at place 0.
    codes
        int32 (N, R): place in ``names`` of the taxon of each reference; 0 where it is not known.
    """

    names: tuple[tuple[str, ...], ...]
    codes: NDArray[np.int32]

    @classmethod
    def of(cls, lineages: Sequence[Lineage]) -> TaxonTable:
        """Make the table of these lineages, in order."""
        names, codes = [], np.zeros((len(lineages), len(RANKS)), dtype=np.int32)
        for rank in range(len(RANKS)):
            column = [lineage.names[rank] for lineage in lineages]
            known = ("", *sorted(set(column) - {""}))
            place = {name: i for i, name in enumerate(known)}
            codes[:, rank] = [place[name] for name in column]
            names.append(known)
        return cls(tuple(names), codes)

    def __len__(self) -> int:
        return len(self.codes)

    def lineage(self, row: int) -> Lineage:
        """Return the lineage of one reference."""
        return Lineage(tuple(names[code] for names, code in zip(self.names, self.codes[row], strict=True)))

    def decoded(self) -> NDArray[np.object_]:
        """Return the names (N, R) as text."""
        columns = [np.array(names, dtype=object)[codes] for names, codes in zip(self.names, self.codes.T, strict=True)]
        return np.stack(columns, axis=1) if len(self) else np.empty((0, len(RANKS)), dtype=object)

    def select(self, rows: NDArray[np.int64]) -> TaxonTable:
        """Return the table of these rows only; names that no longer occur keep their codes."""
        return TaxonTable(self.names, self.codes[rows])

    @classmethod
    def concatenate(cls, tables: Sequence[TaxonTable]) -> TaxonTable:
        """Return one table of all references of several tables, one table after another."""
        names, codes = [], []
        for rank in range(len(RANKS)):
            known = ("", *sorted(set().union(*(table.names[rank] for table in tables)) - {""}))
            place = {name: i for i, name in enumerate(known)}
            moved = [np.array([place[n] for n in table.names[rank]], dtype=np.int32) for table in tables]
            codes.append(np.concatenate([m[t.codes[:, rank]] for m, t in zip(moved, tables, strict=True)]))
            names.append(known)
        return cls(tuple(names), np.stack(codes, axis=1).astype(np.int32))

    def parents(self, rank: int) -> NDArray[np.int32]:
        """Return for each taxon of ``rank`` the code of its taxon one rank up: the commonest one among its references,
        0 if none."""
        parent = np.zeros(len(self.names[rank]), dtype=np.int32)
        if rank == 0 or not len(self):
            return parent
        pairs, counts = np.unique(self.codes[:, [rank, rank - 1]], axis=0, return_counts=True)
        for (taxon, above), _ in sorted(zip(pairs.tolist(), counts.tolist(), strict=True), key=lambda pair: pair[1]):
            parent[taxon] = above
        return parent
