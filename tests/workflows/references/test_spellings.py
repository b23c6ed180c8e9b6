"""Pairs of names that may be one species are listed, unless BINs or barcodes tell them apart."""

import numpy as np
import pytest

from barcodeembed.library.reference_library import ReferenceLibrary
from barcodeembed.taxonomy import Lineage
from barcodeembed.workflows.references.spellings import likely_same, spelling_doubts
from tests.made_up_tree import library_of


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
    assert likely_same(names) == [
        ("Culex modestes", "Culex modestus"),
        ("Culex pipiens", "Culex pipienss"),
        ("Culex pipiens", "Culex pipi\u00e9ns"),
        ("Culex pipienss", "Culex pipi\u00e9ns"),
    ]


@pytest.fixture
def alike(tree) -> ReferenceLibrary:
    """Two references of one barcode, whose species differ by a letter."""
    columns, lineages = tree(2)
    above = lineages[0].names[:-2]
    names = [
        Lineage((*above, "Agonum", f"Agonum {epithet}")) for epithet in ("emarginatum", "marginatum", "marginatun")
    ]
    library = library_of(np.concatenate([columns[[0, 0, -1]], columns[2:]]), [*names, *lineages[2:]])
    library.bins = np.full(len(library), "", dtype=object)
    return library


def test_only_near_barcodes_are_asked_about(alike: ReferenceLibrary) -> None:
    """The third name is spelt like the second, but its barcode is far away."""
    (line,) = spelling_doubts(alike)
    assert line == (
        "1 pair of names in one genus differs by a letter or an accent: is it one species, spelt in two ways? "
        "Agonum emarginatum and Agonum marginatum"
    )


def test_bins_tell_two_species_apart(alike: ReferenceLibrary) -> None:
    bins = alike.bins.astype(object)
    for first, second, lines in (
        ("", "BOLD:AAA0001", 1),
        ("BOLD:AAA0001", "BOLD:AAA0001", 1),
        ("BOLD:AAA0002", "BOLD:AAA0001", 0),
    ):
        bins[:2] = first, second
        alike.bins = bins
        assert len(spelling_doubts(alike)) == lines


def test_without_barcodes_or_bins_the_names_alone_are_asked_about(alike: ReferenceLibrary) -> None:
    alike.columns = np.zeros((len(alike), 0), dtype=np.uint8)
    alike.bins = np.full(len(alike), "", dtype=object)
    (line,) = spelling_doubts(alike)
    assert line.startswith(
        "2 pairs of names in one genus differ by a letter or an accent: are some of them one species"
    )
