"""Approximate indexes find nearly what the exact one finds."""

import numpy as np
import pytest

from barcodeembed.library.vector_index import make_index, nearest


@pytest.mark.parametrize(("kind", "least"), [("hnsw", 9.5), ("ivf", 7.0)])
def test_how_many_of_the_ten_nearest_are_found(kind: str, least: float) -> None:
    """Random vectors have no structure to search by, so this is much harder than barcodes are."""
    rng = np.random.default_rng(0)
    stored = rng.normal(size=(4000, 64)).astype(np.float32)
    stored /= np.linalg.norm(stored, axis=1, keepdims=True)
    queries = rng.normal(size=(100, 64)).astype(np.float32)
    exact = nearest(None, stored, queries, 10)[1]
    found = nearest(make_index(stored, kind), stored, queries, 10)[1]
    assert np.mean([len(np.intersect1d(*pair)) for pair in zip(exact, found, strict=True)]) >= least
