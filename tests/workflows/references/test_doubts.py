"""Ranks that look shifted are refused or doubted; names that are likely the same are listed."""

import pytest

from barcodeembed.errors import InputError
from barcodeembed.taxonomy import Lineage
from barcodeembed.workflows.references.doubts import likely_same, rank_doubts

FLY = ("Animalia", "Arthropoda", "Insecta", "Diptera", "Culicidae", "Culex", "Culex pipiens")


def test_shifted_columns_are_refused_with_the_first_lineage() -> None:
    with pytest.raises(InputError, match=r"kingdom Arthropoda \(2\), known as a phylum; .*as kingdom Arthropoda"):
        rank_doubts([Lineage((*FLY[1:], ""))] * 2)


def test_one_rank_that_is_another_is_doubted() -> None:
    lineage = Lineage(("Arthropoda", "", *FLY[2:]))
    (line,) = rank_doubts([lineage] * 3)
    assert line == "most names at one rank are of another: kingdom Arthropoda (3), known as a phylum"


def test_usual_names_are_not_doubted() -> None:
    assert (
        rank_doubts([Lineage(FLY), Lineage(("Eukaryota", *FLY[1:])), Lineage(("", "PX1", "PX2", "", "", "", ""))]) == []
    )


def test_species_without_genera_and_common_endings_are_doubted() -> None:
    lineages = [Lineage.from_ranks(species=f"Aus {letter * 3}us COI5") for letter in "abcdefghijkl"]
    ending, alone = rank_doubts(lineages)
    assert ending == "nearly all names at the rank species end in 'COI5': is that part of them?"
    assert alone == "12 of 12 references have a species, but no genus"


def test_names_that_are_likely_the_same() -> None:
    names = [
        "Culex pipiens",
        "Culex pipienss",
        "Culex pipi\u00e9ns",
        "Culex modestus",
        "Culex modestes",
        "Aedes pipienz",
    ]
    names += ["Culex sp. modestus1", "Culex sp. modestus2", "Culex rubra", "Culex rubrum"]
    assert likely_same([Lineage.from_ranks(species=name) for name in names]) == [
        ("Culex modestes", "Culex modestus"),
        ("Culex pipiens", "Culex pipienss"),
        ("Culex pipiens", "Culex pipi\u00e9ns"),
        ("Culex pipienss", "Culex pipi\u00e9ns"),
    ]
