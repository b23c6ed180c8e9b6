"""Stop codons count by the genetic code of what a read is called; what is no gene is rejected when asked."""

import numpy as np
import pytest

from barcodeembed.classify.call import Assignment
from barcodeembed.classify.coding import CodingRule, with_stops
from barcodeembed.errors import UsageError
from barcodeembed.sequences.codes import encode
from barcodeembed.sequences.placement.anchor import shipped_anchor
from barcodeembed.taxonomy import Lineage

FISH = Lineage.from_ranks(phylum="Chordata", **{"class": "Actinopterygii"}, genus="Salmo")
FLY = Lineage.from_ranks(phylum="Arthropoda", **{"class": "Insecta"}, genus="Culex")
UNKNOWN = Lineage()


def read(codon: str) -> str:
    """A read of one codon all over, the first of which starts where the reading frame does."""
    frame = shipped_anchor().profile.frame
    return ("G" * frame + "GCA" * 100 + codon + "GCA" * 200)[: shipped_anchor().profile.columns]


COLUMNS = np.stack([encode(read("AGA"))] * 3 + [encode(read("TAA"))] * 3)
NAMED = [Assignment("named", lineage, nearest=4) for lineage in (FISH, FLY, UNKNOWN)] * 2
FLAGS = [""] * 6


def test_stops_by_the_code_of_the_taxon() -> None:
    assert [one.stops for one in CodingRule().apply(NAMED, COLUMNS, FLAGS)] == [1, 0, 0, 1, 1, 1]


def test_stops_by_one_code_for_all() -> None:
    assert [one.stops for one in CodingRule(2).apply(NAMED, COLUMNS, FLAGS)] == [1, 1, 1, 1, 1, 1]
    assert [one.stops for one in CodingRule(14).apply(NAMED, COLUMNS, FLAGS)] == [0] * 6


def test_what_is_no_gene_is_rejected_when_asked() -> None:
    kept = CodingRule().apply(NAMED, COLUMNS, ["frameshift"] * 6)
    assert [one.verdict for one in kept] == ["named"] * 6
    flags = ["", "primer,frameshift", "indel", "frameshift", "", ""]
    found = CodingRule(reject=True).apply(NAMED, COLUMNS, flags)
    assert [one.rejected for one in found] == ["stop_codon", "frameshift", "", *["stop_codon"] * 3]
    assert [one.verdict for one in found] == ["", "", "named", "", "", ""]
    assert found[0].lineage == Lineage()
    assert found[0].nearest == -1


def test_columns_of_another_marker_are_passed_over() -> None:
    assert CodingRule(reject=True).apply(NAMED, COLUMNS[:, :300], ["frameshift"] * 6) == NAMED


def test_an_unknown_code_is_refused() -> None:
    with pytest.raises(UsageError, match="no code 99"):
        CodingRule(99)


@pytest.mark.parametrize(
    ("flags", "stops", "expected"),
    [("", 1, "stop_codon"), ("stop_codon,indel", 0, "indel"), ("indel", 2, "stop_codon,indel"), ("", 0, "")],
)
def test_the_flag_follows_the_stops(flags: str, stops: int, expected: str) -> None:
    assert with_stops(flags, stops) == expected
