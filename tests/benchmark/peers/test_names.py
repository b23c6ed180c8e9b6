"""What is read from lists of hits."""

import numpy as np

from barcodeembed.benchmark.peers.names import Found, consensus, lineage_table, top_hit
from barcodeembed.taxonomy import Lineage


def lineage(species: str, family: str = "Apidae") -> Lineage:
    genus = species.split()[0] if species else ""
    return Lineage(("Animalia", "Arthropoda", "Insecta", "Hymenoptera", family, genus, species))


TABLE = lineage_table([lineage("Apis mellifera"), lineage("Apis cerana"), lineage("Bombus lucorum"), lineage("")])
NOTHING = Found((), (), (), ())


def hits(*found: tuple[int, float, float, float]) -> Found:
    """(row, identity, score, coverage) of each hit."""
    return Found(*zip(*found, strict=True))


def test_top_hit_takes_the_first_above_its_cuts() -> None:
    found = [hits((1, 98.0, 900, 1.0), (0, 99.0, 890, 1.0)), hits((2, 96.9, 900, 1.0)), hits((0, 99, 90, 0.3)), NOTHING]
    assert top_hit(found, TABLE).called[:, -1].tolist() == ["Apis cerana", "Bombus lucorum", "Apis mellifera", ""]
    strict = top_hit(found, TABLE, identity=97.0, coverage=0.8)
    assert strict.called[:, -1].tolist() == ["Apis cerana", "", "", ""]
    assert strict.novelty.tolist() == [2.0, np.float32(3.1), 1.0, 100.0]


def test_consensus_stops_where_near_hits_differ() -> None:
    tie = hits((0, 99.0, 1000, 1.0), (1, 98.8, 990, 1.0), (2, 92.0, 700, 1.0))
    clear = hits((0, 99.0, 1000, 1.0), (1, 97.0, 970, 1.0))
    unnamed = hits((0, 99.0, 1000, 1.0), (3, 99.0, 1000, 1.0))
    called = consensus([tie, clear, unnamed, NOTHING], TABLE).called
    assert called[:, -2:].tolist() == [
        ["Apis", ""],
        ["Apis", "Apis mellifera"],
        ["Apis", "Apis mellifera"],
        ["", ""],
    ]


def test_consensus_names_no_deeper_than_the_identity_allows() -> None:
    far = [hits((0, identity, 500, 1.0)) for identity in (97.0, 96.0, 91.0, 86.0, 70.0)]
    deepest = [[name for name in row if name][-1] for row in consensus(far, TABLE).called]
    assert deepest == ["Apis mellifera", "Apis", "Apidae", "Hymenoptera", "Insecta"]
    assert not consensus([hits((0, 99.0, 500, 0.5))], TABLE).called.any()
