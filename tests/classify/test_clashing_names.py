"""Libraries whose references lack names or contradict each other above species name as a clean one does."""

from collections.abc import Callable

import numpy as np
import pytest

from barcodeembed.classify.calibrated import CalibratedLibrary
from barcodeembed.classify.candidates import gather
from barcodeembed.classify.classifier import Classifier
from barcodeembed.library.hits import Hits
from barcodeembed.taxonomy import FAMILY, GENUS, RANKS, SPECIES, Lineage
from tests.made_up_tree import calibrated, library_of, vectors_of

ROWS = np.arange(0, 288, 7)


def with_names(lineage: Lineage, **names: str) -> Lineage:
    return Lineage(tuple(names.get(rank, name) for rank, name in zip(RANKS, lineage.names, strict=True)))


@pytest.fixture(scope="module")
def made(tree: Callable) -> tuple[np.ndarray, list[Lineage]]:
    columns, lineages = tree(3)
    return columns, lineages


@pytest.fixture(scope="module")
def queries(made) -> np.ndarray:
    """Individuals of species of the library, two bases changed."""
    columns = made[0][ROWS].copy()
    columns[:, 100], columns[:, 300] = np.roll(columns[:, 100], 1), np.roll(columns[:, 300], 1)
    return columns


def species_of(libraries: list[CalibratedLibrary], queries: np.ndarray) -> list[str]:
    return [one.lineage.at("species") for one in Classifier(libraries).assign(vectors_of(queries), queries)]


def in_order(columns: np.ndarray, lineages: list[Lineage]) -> CalibratedLibrary:
    library = library_of(columns, lineages)
    library.put_names_in_order()
    return calibrated(library)


def test_a_family_that_a_genus_lacks_does_not_hold_its_species_back(made, queries) -> None:
    columns, lineages = made
    gaps = [with_names(one, family="") if one.at("genus").endswith("-0") else one for one in lineages]
    named = Classifier([in_order(columns, gaps)]).assign(vectors_of(queries), queries)
    for row, one in zip(ROWS, named, strict=True):
        assert one.lineage == gaps[row], one
        assert np.isnan(one.confidence[FAMILY]) == (gaps[row].at("family") == "")


@pytest.mark.parametrize("every", [2, 14])
def test_kingdoms_under_two_names(made, queries, every: int) -> None:
    columns, lineages = made
    mixed = [with_names(one, kingdom="Metazoa") if row % every == 0 else one for row, one in enumerate(lineages)]
    expected = [lineages[row].at("species") for row in ROWS]
    assert species_of([in_order(columns, mixed)], queries) == expected


def test_two_libraries_with_other_ranks_and_names(made, queries) -> None:
    """One has no order and no kingdom, the other says Metazoa; each has individuals of all species."""
    columns, lineages = made
    one = [with_names(lineage, kingdom="", order="") for lineage in lineages[::2]]
    other = [with_names(lineage, kingdom="Metazoa") for lineage in lineages[1::2]]
    libraries = [in_order(columns[::2], one), in_order(columns[1::2], other)]
    classifier = Classifier(libraries)
    named = classifier.assign(vectors_of(queries), queries)
    assert [call.lineage for call in named] == [with_names(lineages[row], kingdom="Metazoa") for row in ROWS]
    assert classifier.references.resolution.filled == {"kingdom": len(one), "order": len(one)}
    assert classifier.references.reference(0)[2].at("order") == lineages[0].at("order")


def hits_of(distances: list[float]) -> Hits:
    share = 1 - np.array([distances], dtype=np.float32)
    rows = np.arange(len(distances))[None]
    return Hits(rows, share, share, np.full(share.shape, 600, dtype=np.int32))


def test_the_best_neighbour_decides_whether_a_rank_has_a_candidate() -> None:
    codes = np.ones((1, 3, len(RANKS)), dtype=np.int32)
    codes[0, :, GENUS] = codes[0, :, SPECIES] = [1, 2, 3]
    codes[0, 0, FAMILY] = 0
    nothing = np.full((1, 3, 3), np.nan, dtype=np.float32)
    without = gather(hits_of([0.0, 0.1, 0.1]), codes, nothing)
    assert without.candidates[0, FAMILY:].tolist() == [0, 1, 1]
    assert not without.others[0, :, FAMILY].any()
    # The nearest has no family but is not nearest of all any more; then it has a candidate, of the better neighbours.
    named = gather(hits_of([0.2, 0.1, 0.1]), codes, nothing)
    assert named.candidates[0, FAMILY:].tolist() == [1, 2, 2]
    # A reference named to its order only says nothing about families.
    codes[0, 0, FAMILY:] = 0
    assert gather(hits_of([0.0, 0.1, 0.1]), codes, nothing).candidates[0, FAMILY:].tolist() == [1, 2, 2]
