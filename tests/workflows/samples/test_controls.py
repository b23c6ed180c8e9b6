"""Negative controls."""

import pytest

from barcodeembed.errors import InputError
from barcodeembed.taxonomy import Lineage
from barcodeembed.workflows.samples.controls import check_controls, in_controls, subtract_controls, subtraction
from barcodeembed.workflows.samples.tally import SampleTally, TaxonKey, taxon_rows

HOMO = TaxonKey(Lineage(("Animalia", "Chordata", "Mammalia", "Primates", "Hominidae", "Homo", "Homo sapiens")))
FLY = TaxonKey(Lineage(("Animalia", "Arthropoda", "Insecta", "Diptera", "Culicidae", "Culex", "Culex pipiens")))
BLANKS = {"blank1", "blank2"}


@pytest.fixture
def tally() -> SampleTally:
    """Two samples and two blanks; human reads in all, flies in the samples and one in a blank."""
    tally = SampleTally(keep_features=True)
    human = [("A", 5), ("B", 30), ("blank1", 10), ("blank2", 2)]
    tally.add(HOMO, human, feature="h", id="h", confidence=0.9)
    tally.add(FLY, [("A", 100), ("B", 7), ("blank1", 1)], feature="f", id="f", confidence=0.9)
    tally.add(FLY, [("A", 3)], feature="g", id="g", confidence=0.9)
    tally.reject([("A", 2)])
    return tally


def test_what_controls_hold_the_largest_share_first(tally: SampleTally) -> None:
    found = [(one.id, taxon, reads, round(share, 3)) for one, taxon, reads, share in in_controls(tally, BLANKS)]
    assert found == [("h", "Homo sapiens", 12, 0.255), ("f", "Culex pipiens", 1, 0.009)]


def test_each_sample_loses_what_the_fullest_control_has(tally: SampleTally) -> None:
    left = subtract_controls(tally, BLANKS)
    assert dict(left.features["h"].reads) == {"B": 20, "blank1": 10, "blank2": 2}
    assert dict(left.features["f"].reads) == {"A": 99, "B": 6, "blank1": 1}
    assert dict(left.features["g"].reads) == {"A": 3}
    assert dict(left.subtracted) == {"A": 6, "B": 11}
    assert subtraction(left) == "17 reads of 2 features subtracted, as negative controls have them"
    assert subtraction(subtract_controls(tally, {"blank3"})).startswith("no reads subtracted")


def test_nothing_is_lost_from_the_sums(tally: SampleTally) -> None:
    def sums(one: SampleTally) -> list[int]:
        rows = list(taxon_rows(one))[1:]
        return [sum(int(row[at]) for row in rows) for at in range(-5, 0)]

    assert sums(subtract_controls(tally, {"blank1"})) == sums(tally)


def test_controls_that_are_no_samples(tally: SampleTally) -> None:
    """Without any an output that needs them can't be made; an empty file is what a control should be."""
    with pytest.raises(InputError, match=r"the control 'blank3' is no sample of the input \(samples are A, B, blank1"):
        check_controls(tally.samples, {"blank3"}, needed=True)
    for controls, needed in (({"blank3"}, False), ({"blank3", "blank1"}, True)):
        (line,) = check_controls(tally.samples, controls, needed=needed)
        assert "no sample of the input: 1, the first 'blank3'" in line
    assert check_controls(tally.samples, {"blank3"}, needed=True, of_files={"A", "blank3"}) == []
    assert check_controls(tally.samples, BLANKS, needed=True) == []
    (line,) = check_controls(tally.samples, {"A", "B", *BLANKS}, needed=True)
    assert line.startswith("all samples of the input are negative controls")
    assert check_controls(tally.samples, {"A", "B", *BLANKS}, needed=False) == []
