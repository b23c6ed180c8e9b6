"""Libraries searched as one: what an index finds is put in the order of exact cosines."""

import numpy as np
import pytest

from barcodeembed.library.library_set import LibrarySet


def test_hits_are_in_the_order_of_their_own_cosines(library, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index that keeps vectors in few bytes gives them in the order of its own, rough cosines."""
    searched = LibrarySet([library])
    exact = searched._nearest

    def rough(vectors: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        return tuple(np.ascontiguousarray(found[:, ::-1]) for found in exact(vectors, k))

    monkeypatch.setattr(searched, "_nearest", rough)
    hits = searched.search(library.stored[:5], library.columns[:5], 8)
    assert (np.diff(hits.cosine, axis=1) <= 0).all()
    assert hits.rows[:, 0].tolist() == [0, 1, 2, 3, 4]
    assert hits.identity[:, 0].tolist() == [1.0] * 5


def test_which_of_almost_equal_references_the_index_finds_first_does_not_decide(
    library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rounding of an index depends on the queries that are searched together."""
    searched = LibrarySet([library])
    exact = searched._nearest
    wanted = searched.search(library.stored[:5], library.columns[:5], 4).rows

    def rounded(vectors: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        cosine, rows = exact(vectors, k)
        swapped = [*range(3), 4, 3, *range(5, k)]  # the last that is wanted, and the first that is not
        return cosine[:, swapped], rows[:, swapped]

    monkeypatch.setattr(searched, "_nearest", rounded)
    for query in range(5):
        alone = searched.search(library.stored[query : query + 1], library.columns[query : query + 1], 4)
        assert alone.rows[0].tolist() == wanted[query].tolist()


@pytest.mark.parametrize("missing", ["of the queries", "of the queries, which have none", "of a reference"])
def test_without_columns_no_identity_is_known(library, make_library, missing: str) -> None:
    columns = None if missing == "of the queries" else library.columns[:2]
    searched = library.select(np.arange(len(library)))
    if missing == "of the queries, which have none":
        columns = np.zeros((2, 0), dtype=np.uint8)
    if missing == "of a reference":
        searched.columns = np.zeros((len(library), 0), dtype=np.uint8)
    hits = LibrarySet([searched]).search(library.stored[:2], columns, 4)
    assert hits.rows[:, 0].tolist() == [0, 1]
    assert np.isnan(hits.identity).all()
    assert not hits.overlap.any()
    assert hits.columns is None
