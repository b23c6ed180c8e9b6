"""What every kind of index promises: nearly the neighbours of exact search, the same from disk as from memory."""

from pathlib import Path

import numpy as np
import pytest

from barcodeembed.errors import UsageError
from barcodeembed.library.vector_index import INDEXES, check_kind, factory, make_index, nearest, read_index, write_index

# Share of queries whose nearest neighbour is the exact one, and share whose nearest is of the same group: short codes
# (8 bytes; 512 numbers get 64) can't tell individuals apart.
RECALL = {
    "flat": (1.0, 1.0),
    "hnsw": (0.99, 0.99),
    "ivf": (0.95, 0.99),
    "ivfpq": (0.0, 0.9),
    "PCA16,Flat": (0.3, 0.9),
    "SQ8": (0.95, 0.99),
}


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    """3,000 unit vectors of width 64 in 300 groups, like individuals of species."""
    rng = np.random.default_rng(0)
    groups = rng.normal(size=(300, 64)).repeat(10, axis=0)
    raw = groups + 0.3 * rng.normal(size=groups.shape)
    return (raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def queries(vectors: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(1)
    raw = vectors[::20] + 0.02 * rng.normal(size=vectors[::20].shape)
    return (raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(np.float32)


def test_every_kind_has_a_promise() -> None:
    assert set(INDEXES) <= set(RECALL)


@pytest.mark.parametrize("kind", RECALL)
def test_index(kind: str, vectors: np.ndarray, queries: np.ndarray, tmp_path: Path) -> None:
    index = make_index(vectors, kind)
    cosine, rows = nearest(index, vectors, queries, 5)
    assert cosine.shape == rows.shape == (len(queries), 5)
    found = rows >= 0
    assert np.array_equal(np.isnan(cosine), ~found)
    assert rows.max() < len(vectors)
    assert all(len(set(row[row >= 0])) == (row >= 0).sum() for row in rows)
    exact = (queries @ vectors.T).argmax(axis=1)
    same, same_group = RECALL[kind]
    assert (rows[:, 0] == exact).mean() >= same
    assert (rows[:, 0] // 10 == exact // 10).mean() >= same_group
    if kind == "flat":
        assert index is None
        return
    write_index(index, tmp_path / "index.faiss")
    again = nearest(read_index(tmp_path / "index.faiss", *vectors.shape), vectors, queries, 5)
    assert np.array_equal(again[1], rows)


@pytest.mark.parametrize(
    ("kind", "n"), [("nonsense", 100), ("PQ64x8np", 20), ("IVF500,Flat", 20), ("IVF{x}", 50), ("IVF{},Flat", 50)]
)
def test_what_faiss_refuses_is_one_line(kind: str, n: int, vectors: np.ndarray) -> None:
    with pytest.raises(UsageError, match=r"flat, hnsw, ivf, ivfpq or another factory string") as error:
        make_index(vectors[:n], kind)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "kind", ["IVF{x}", "IVF{},Flat", "IVF{cells},Flat", "nonsense", "", "IVF99999999999,Flat", "LSH", "\udcff", "HNSW٣"]
)
def test_an_unusable_factory_string_is_refused_before_there_are_vectors(kind: str) -> None:
    with pytest.raises(UsageError, match=r"flat, hnsw, ivf, ivfpq or another factory string") as error:
        check_kind(kind)
    assert "\n" not in str(error.value)


# FAISS raises no error on these: it ends the process (HNSW0, HNSW1, RR0, PQ8x0) or never returns (NSG1).
@pytest.mark.parametrize(
    "kind",
    [
        "HNSW0",
        "HNSW01",
        "IVF4_HNSW1,PQ8",
        "L2norm,HNSW0",
        "NSG1",
        "HNSW1000000",
        "RR0,Flat",
        "PQ8x0",
        "PCA0,Flat",
        "IVF0,Flat",
        "RR10000000,Flat",
        "HNSW" + "9" * 190,
        pytest.param("(" * 50_000, id="brackets"),
        pytest.param("L2norm," * 5_000 + "Flat", id="norms"),
    ],
)
def test_what_faiss_crashes_on_is_refused_before_it_sees_it(kind: str, vectors: np.ndarray) -> None:
    for refuse in (lambda: check_kind(kind), lambda: make_index(vectors, kind)):
        with pytest.raises(
            UsageError, match=r"--index .*: .*(is 0|links a node, not \d+|1,048,576|200 characters); choose"
        ) as error:
            refuse()
        assert "\n" not in str(error.value)


# PQ3 fits vectors of width 768 but not the width that is tried.
@pytest.mark.parametrize("kind", [*RECALL, "PQ3", "PCA200,Flat", "OPQ16_64,IVF10,PQ16", "HNSW2", "IVF100,PQ10x10np"])
def test_a_usable_kind_is_not_refused(kind: str) -> None:
    check_kind(kind)
    assert kind in INDEXES or factory(kind, 1000, 768) == kind
