"""Names of the barcodes of a corpus as numbers: equal names have equal numbers, and what reads disagree on has none."""

import numpy as np

from barcodeembed.sequences.names.corpus_names import UNKNOWN, NameCollector
from barcodeembed.taxonomy import RANKS, Lineage

CULEX = ("Animalia", "Arthropoda", "Insecta", "Diptera", "Culicidae", "Culex")
PIPIENS, TORRENTIUM = (Lineage((*CULEX, f"Culex {name}")) for name in ("pipiens", "torrentium"))


def hashes(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.uint64)


def test_names_are_given_by_hash_and_ranks_that_differ_are_unknown() -> None:
    collector = NameCollector()
    collector.add(hashes(7, 3, 9), [PIPIENS, TORRENTIUM, Lineage()])
    collector.add(hashes(7, 3), [TORRENTIUM, Lineage.from_ranks(genus="Culex")])
    table = collector.table(hashes(9, 7, 3))
    assert table.dtype == np.int32
    assert (table[0] == UNKNOWN).all()
    assert table[1].tolist() == [*table[2, :-1].tolist(), UNKNOWN]  # of two species of one genus
    assert (table[2] != UNKNOWN).all()


def test_without_names_all_are_unknown() -> None:
    assert (NameCollector().table(hashes(1, 2)) == np.full((2, len(RANKS)), UNKNOWN)).all()
