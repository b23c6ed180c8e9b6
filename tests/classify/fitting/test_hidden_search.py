"""The highest cosines of those references that are not hidden."""

import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest

from barcodeembed.classify.fitting import hidden_search
from barcodeembed.classify.fitting.hidden_search import _places_of_highest, search_unhidden
from barcodeembed.classify.neighbours import NEIGHBOURS
from barcodeembed.taxonomy import RANKS


def test_what_is_hidden_is_not_found_and_everything_else_is_in_order(library) -> None:
    rng = np.random.default_rng(0)
    vectors = library.stored[:40]
    hidden = rng.random((40, len(library))) < 0.5
    cosine, rows = search_unhidden(library, vectors, lambda part: hidden[part])
    assert rows.shape == (40, NEIGHBOURS)
    found = rows >= 0
    assert found.any(axis=1).all()
    assert not np.take_along_axis(hidden, np.where(found, rows, 0), axis=1)[found].any()
    assert np.array_equal(np.isnan(cosine), ~found)
    for query, (near, values) in enumerate(zip(rows, cosine, strict=True)):
        near, values = near[near >= 0], values[~np.isnan(values)]
        assert (np.diff(values) <= 0).all()
        assert values == pytest.approx(library.stored[near] @ vectors[query], abs=1e-6)
        assert values[0] == pytest.approx((library.stored @ vectors[query])[~hidden[query]].max(), abs=1e-6)


@pytest.mark.parametrize("width", [70, 5000])
def test_the_highest_scores_are_found_among_few_or_many(width: int) -> None:
    scores = np.random.default_rng(0).normal(size=(20, width)).astype(np.float32)
    scores[:, ::3] = -np.inf
    scores[5, 40:] = -np.inf
    places = _places_of_highest(scores, np.arange(20), 64)
    assert all(len(set(row)) == 64 for row in places.tolist())
    found = np.sort(np.take_along_axis(scores, places, axis=1), axis=1)
    assert np.array_equal(found, np.sort(scores, axis=1)[:, -64:])


def test_the_scores_of_one_part_of_the_queries_are_held_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a million references the scores of 32 queries take 128 MB."""
    n, part = 40_000, 32
    rng = np.random.default_rng(0)
    stored_vectors = rng.normal(size=(n, 8)).astype(np.float32)
    codes = np.ones((n, len(RANKS)), dtype=np.int32)  # one species: others are looked for among ever more neighbours

    class Large:
        stored = stored_vectors
        taxa = SimpleNamespace(codes=codes)

        def __len__(self) -> int:
            return n

    monkeypatch.setattr(hidden_search, "_SCORES", 1)
    tracemalloc.start()
    search_unhidden(Large(), stored_vectors[:100], lambda some: np.zeros((len(range(100)[some]), n), dtype=bool))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.7 * n * part * 4
