"""The names of the barcodes of a corpus, as numbers, for a training that compares taxa.

``names.npy`` beside ``columns.npy`` is int32 (N, ranks): one row for each barcode, one column for each of
``taxonomy.RANKS``. Equal numbers in one column mean equal names, -1 an unknown name.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from barcodeembed.taxonomy import RANKS, Lineage

UNKNOWN = -1


class NameCollector:
    """Gathers the names of reads, in any order and number, and gives them to the distinct barcodes of a corpus by hash.

    Memory: 36 bytes for each read that has a name.
    """

    def __init__(self) -> None:
        self._numbers: tuple[dict[str, int], ...] = tuple({} for _ in RANKS)
        self._hashes: list[NDArray[np.uint64]] = []
        self._taxa: list[NDArray[np.int32]] = []

    def add(self, hashes: NDArray[np.uint64], lineages: Sequence[Lineage]) -> None:
        """Add the names of reads: the hash and the lineage of each."""
        taxa = np.array([self._numbers_of(lineage) for lineage in lineages], dtype=np.int32).reshape(-1, len(RANKS))
        named = (taxa != UNKNOWN).any(axis=1)
        self._hashes.append(hashes[named])
        self._taxa.append(taxa[named])

    def table(self, hashes: NDArray[np.uint64]) -> NDArray[np.int32]:
        """Return the taxa (N, ranks) of N distinct barcodes with these hashes.

        A barcode whose reads have different names at a rank has no name there, nor below.
        """
        order = np.argsort(hashes)
        known = np.concatenate(self._hashes) if self._hashes else np.empty(0, dtype=np.uint64)
        taxa = np.concatenate(self._taxa) if self._taxa else np.empty((0, len(RANKS)), dtype=np.int32)
        rows = order[np.searchsorted(hashes, known, sorter=order)]
        table = np.full((len(hashes), len(RANKS)), UNKNOWN, dtype=np.int32)
        contested = np.full(len(hashes), len(RANKS))
        for rank in range(len(RANKS)):
            named = taxa[:, rank] != UNKNOWN
            # If several names are written to one place, the last one stays.
            table[rows[named], rank] = taxa[named, rank]
            differ = named & (table[rows, rank] != taxa[:, rank])
            np.minimum.at(contested, rows[differ], rank)
        table[np.arange(len(RANKS)) >= contested[:, None]] = UNKNOWN
        return table

    def _numbers_of(self, lineage: Lineage) -> list[int]:
        pairs = zip(self._numbers, lineage.names, strict=True)
        return [numbers.setdefault(name, len(numbers)) if name else UNKNOWN for numbers, name in pairs]
