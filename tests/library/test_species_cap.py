"""However many references of a species there are, other species as near are seen, in queries and in calibration."""

import numpy as np
import pytest

from barcodeembed.classify.classifier import Classifier
from barcodeembed.classify.fitting.hidden_search import search_unhidden
from barcodeembed.classify.neighbours import NEIGHBOURS
from barcodeembed.library.library_set import LibrarySet
from barcodeembed.library.species_cap import EACH, few_of_each, spread
from barcodeembed.taxonomy import SPECIES
from tests.made_up_tree import calibrated

MANY = 80


def test_the_nearest_few_of_each_species_are_kept_and_all_without_one() -> None:
    species = np.array([[1] * (EACH + 2) + [2, 0] + [1] + [0] * EACH, [0] * (2 * EACH + 5)], dtype=np.int32)
    few = few_of_each(species)
    assert few[0].tolist() == [True] * EACH + [False] * 2 + [True, True] + [False] + [True] * EACH
    assert few[1].all()


def fake_search(species: np.ndarray, asked: list[int]):
    """References in order of their row, the same for every query."""

    def search(some: np.ndarray, wide: int):
        asked.append(len(some))
        rows = np.arange(wide)
        cosine = np.where(rows < len(species), 1 - rows / 1000, np.nan).astype(np.float32)
        return np.tile(cosine, (len(some), 1)), np.tile(np.where(rows < len(species), rows, -1), (len(some), 1))

    return search


def test_the_search_widens_until_others_are_seen() -> None:
    species = np.repeat(np.array([1, 2, 3], dtype=np.int32), [150, 3, 200])
    asked: list[int] = []
    cosine, rows = spread(fake_search(species, asked), 2, species, 24)
    assert rows[0].tolist() == [*range(EACH), 150, 151, 152, 153, 154, 155, 156, 157]
    assert np.array_equal(rows[0], rows[1])
    assert cosine[0] == pytest.approx(1 - rows[0] / 1000)
    assert asked == [2, 2, 2]  # 24, 96, 384


def test_it_is_not_widened_where_species_are_small() -> None:
    species, asked = np.arange(1, 101, dtype=np.int32), list[int]()
    _, rows = spread(fake_search(species, asked), 3, species, 24)
    assert rows.tolist() == [list(range(24))] * 3
    assert asked == [3]


def test_a_library_of_one_species_leaves_places_empty() -> None:
    species = np.ones(30, dtype=np.int32)
    asked: list[int] = []
    cosine, rows = spread(fake_search(species, asked), 1, species, 24)
    assert rows[0].tolist() == [*range(EACH)] + [-1] * (24 - EACH)
    assert np.isnan(cosine[0, EACH:]).all()
    assert asked == [1]


def test_it_is_not_widened_where_nothing_is_left() -> None:
    """All but 20 references are hidden: a wider search finds no more."""
    species, asked = np.repeat(np.arange(1, 101, dtype=np.int32), 10), list[int]()
    search = fake_search(species[:20], asked)
    _, rows = spread(search, 1, species, 24)
    assert rows[0].tolist() == [*range(20)] + [-1] * 4
    assert asked == [1]


@pytest.fixture(
    scope="module", params=["flat", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("hnsw", "ivf"))]
)
def crowded(request: pytest.FixtureRequest, tree, make_library):
    """Species 0 and 1 share one barcode, 80 references each; once the one comes first, once the other."""
    columns, lineages = tree(3)
    shared = np.tile(columns[0], (MANY, 1))
    blocks = [(shared, [lineages[0]] * MANY), (shared, [lineages[3]] * MANY), (columns, lineages)]
    return [
        make_library(np.concatenate([b[0] for b in order]), [name for b in order for name in b[1]], request.param)
        for order in (blocks, [blocks[1], blocks[0], blocks[2]])
    ]


def test_the_order_of_many_equal_references_does_not_decide(crowded, embed_columns) -> None:
    calls = []
    for library in crowded:
        columns = library.columns[:1]
        found = Classifier([calibrated(library)]).assign(embed_columns(columns), columns)[0]
        assert found.verdict == "ambiguous"
        assert len(found.candidates) == 2
        calls.append((set(found.candidates), found.lineage))
    assert calls[0] == calls[1]


def test_hidden_references_are_looked_up_as_queries_are(crowded) -> None:
    library = crowded[0]
    rows = np.arange(0, len(library), 7)
    nothing_hidden = lambda part: np.zeros((len(library.stored[rows][part]), len(library)), dtype=bool)  # noqa: E731
    cosine, found = search_unhidden(library, library.stored[rows], nothing_hidden)
    hits = LibrarySet([library]).search(library.stored[rows], library.columns[rows], NEIGHBOURS)
    for rows_found in (found, hits.rows):
        species = np.where(rows_found >= 0, library.taxa.codes[rows_found, SPECIES], 0)
        assert max(np.bincount(row[row > 0]).max() for row in species) <= EACH
    if library.index is None:
        assert np.allclose(cosine, hits.cosine, atol=1e-5, equal_nan=True)
