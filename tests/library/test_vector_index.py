"""Approximate indexes find nearly what the exact one finds."""

import numpy as np
import pytest

from barcodeembed.library.vector_index import make_index, nearest


@pytest.mark.parametrize("kind", ["hnsw", "ivf"])
def test_nine_in_ten_of_the_nearest_are_found(kind: str) -> None:
    """Random vectors have no structure to search by, so this is harder than barcodes are."""
    rng = np.random.default_rng(0)
    stored = rng.normal(size=(4000, 32)).astype(np.float32)
    stored /= np.linalg.norm(stored, axis=1, keepdims=True)
    queries = stored[:100] + rng.normal(scale=0.1, size=(100, 32)).astype(np.float32)
    exact = nearest(None, stored, queries, 10)[1]
    found = nearest(make_index(stored, kind), stored, queries, 10)[1]
    assert np.mean([len(np.intersect1d(*pair)) for pair in zip(exact, found, strict=True)]) >= 9
