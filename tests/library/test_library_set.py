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
