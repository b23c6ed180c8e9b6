"""Samples on the report page."""

from math import comb

import pytest

from barcodeembed.taxonomy import Lineage
from barcodeembed.workflows.report.sample_data import rarefaction, sample_data
from barcodeembed.workflows.samples.tally import SampleTally, TaxonKey


def test_rarefaction_is_the_expected_number_of_taxa() -> None:
    counts = [5, 3, 1, 1]
    points = rarefaction(counts)
    assert points[-1] == [10, 4]
    for n, taxa in points:
        expected = sum(1 - comb(10 - own, n) / comb(10, n) for own in counts)
        assert taxa == pytest.approx(expected, abs=0.006)


def test_no_reads_no_curve() -> None:
    assert rarefaction([0, 0]) == []


def test_rows_by_reads_and_richness_of_species_and_groups() -> None:
    tally = SampleTally()
    bees = ("Animalia", "Arthropoda", "Insecta", "Hymenoptera", "Andrenidae", "Andrena")
    fulva, new = TaxonKey(Lineage((*bees, "Andrena fulva"))), TaxonKey(Lineage((*bees, "")), "new_species")
    group = TaxonKey(new.lineage, "new_species", "Andrena sp. group 1")
    for key, reads in ((fulva, [("A", 1)]), (new, [("A", 2), ("B", 7)]), (group, [("B", 4)])):
        tally.add(key, reads, feature=str(key), id=str(key), confidence=0.9)
    tally.reject([("B", 3)])
    data = sample_data(tally)
    assert [(row[0], row[3]) for row in data["rows"]] == [
        ("new species of Andrena", [2, 7]),
        ("Andrena sp. group 1", [0, 4]),
        ("Andrena fulva", [1, 0]),
    ]
    assert (data["names"], data["richness"], data["rejected"]) == (["A", "B"], [1, 1], [0, 3])
