"""Indexes whose numbers lead out of them, or that leave out a reference, are refused before they are searched."""

import faiss
import numpy as np
import pytest

from barcodeembed.library.index_checks import check_index
from barcodeembed.library.vector_index import make_index

N, DIM = 400, 16


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    made = np.random.default_rng(0).normal(size=(N, DIM)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


@pytest.mark.parametrize("kind", ["hnsw", "ivf", "PCA8,IVF4,Flat"])
def test_whole_indexes_are_accepted(vectors: np.ndarray, kind: str) -> None:
    check_index(make_index(vectors, kind), N, DIM)


@pytest.mark.parametrize(("n", "dim"), [(N - 1, DIM), (N, DIM + 1)])
def test_an_index_of_another_library_is_refused(vectors: np.ndarray, n: int, dim: int) -> None:
    with pytest.raises(ValueError, match=f"it has 400 vectors of width 16 where {n} of width {dim} belong"):
        check_index(make_index(vectors, "ivf"), n, dim)


@pytest.mark.parametrize("ids", [[*range(N - 1), 0], [*range(N - 1), N], [*range(N - 1), -1]])
def test_a_number_that_is_no_reference_or_that_is_there_twice_is_refused(vectors: np.ndarray, ids: list[int]) -> None:
    index = faiss.index_factory(DIM, "IVF4,Flat", faiss.METRIC_INNER_PRODUCT)
    index.train(vectors)
    index.add_with_ids(vectors, np.array(ids, dtype=np.int64))
    with pytest.raises(ValueError, match="its lists have numbers of vectors that there are not, or one twice"):
        check_index(index, N, DIM)


def test_an_index_by_another_distance_is_refused(vectors: np.ndarray) -> None:
    index = faiss.index_factory(DIM, "HNSW8", faiss.METRIC_L2)
    index.add(vectors)
    with pytest.raises(ValueError, match="does not compare by inner product"):
        check_index(index, N, DIM)
