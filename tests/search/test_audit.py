"""The audit finds labels that were exchanged, grades species, and lists barcodes that species share."""

import numpy as np
import pytest

from barcodeembed.search.audit import find_suspects, grade_species, shared_barcodes


@pytest.fixture(scope="module")
def exchanged(tree, make_library):
    """References 10 and 200 have each other's name."""
    columns, lineages = tree(5)
    lineages[10], lineages[200] = lineages[200], lineages[10]
    return make_library(columns, lineages)


def test_exchanged_labels_are_the_only_suspects(exchanged) -> None:
    suspects = {one.id: one for one in find_suspects(exchanged)}
    assert set(suspects) == {"r10", "r200"}
    one = suspects["r10"]
    assert one.rank == "family"
    assert one.name == exchanged.lineage(10).at("family")
    assert one.suggested == exchanged.lineage(11).at("family")
    assert one.identity > 0.98
    assert {"r11", "r12", "r13", "r14"} & set(one.neighbours)


def test_a_wrong_species_of_the_right_genus(tree, make_library) -> None:
    columns, lineages = tree(5)
    lineages[0] = lineages[5]
    (one,) = find_suspects(make_library(columns, lineages))
    assert (one.id, one.rank, one.suggested) == ("r0", "species", lineages[1].at("species"))
    assert one.own_identity < one.identity


def test_a_clean_library_has_no_suspects(library) -> None:
    assert list(find_suspects(library)) == []
    assert shared_barcodes(library) == []


def test_grades(library) -> None:
    bins = library.bins.copy()
    names = [library.lineage(row).at("species") for row in range(len(library))]
    bins[0:3] = ""  # F
    bins[3] = "BOLD:second"  # C
    bins[6:9] = bins[9]  # E, two of them
    grades = {one.species: one for one in grade_species(library.select(np.arange(20)))}
    assert {one.grade for one in grades.values()} == {"B", "D"}  # the last species has two records left
    library.bins = bins
    grades = {one.species: one for one in grade_species(library)}
    assert [grades[names[row]].grade for row in (0, 3, 6, 9, 12)] == ["F", "C", "E", "E", "B"]
    assert grades[names[6]].shared_with == (names[9],)
    assert grades[names[3]].records == 3


def test_shared_barcodes_may_differ_in_length(library) -> None:
    columns = library.columns.copy()
    columns[30] = columns[3]
    columns[30, :50] = 0
    library.columns = columns
    (one,) = shared_barcodes(library)
    assert set(one.ids) == {"r3", "r30"}
    assert set(one.names) == {library.lineage(3).at("species"), library.lineage(30).at("species")}
