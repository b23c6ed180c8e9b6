"""Measure how each kind of index grows: build time, memory, queries per second, and how often the nearest neighbour is
that of the exact search.

    python docs/benchmarks/index_growth.py references.h5 --sizes 10000,100000 --kinds flat,hnsw,ivf,ivfpq

``references.h5`` is a file of ``barcodeembed embed``. References beyond its rows are mixtures of two of its vectors
(nine parts to one) and noise, scaled to unit length. Queries are 500 of its rows, moved a little.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from barcodeembed.embeddings.reader import EmbeddingStore
from barcodeembed.library.vector_index import factory, make_index


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return vectors of the same directions with length 1."""
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def grown(real: NDArray[np.float32], n: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return ``n`` unit vectors, the real ones first."""
    vectors = np.empty((n, real.shape[1]), dtype=np.float32)
    for start in range(0, n, 50_000):
        part = slice(start, min(start + 50_000, n))
        size = part.stop - part.start
        one, other = real[rng.integers(len(real), size=(2, size))]
        noise = rng.standard_normal(one.shape, dtype=np.float32) * (0.1 / real.shape[1] ** 0.5)
        vectors[part] = unit(0.9 * one + 0.1 * other + noise)
    vectors[: len(real)] = real[:n]
    return vectors


def search(index: object, vectors: NDArray[np.float32], queries: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the rows (Q,) of the nearest of 64 neighbours, as ``classify`` asks for them."""
    if index is None:
        return faiss.knn(queries, vectors, 64, metric=faiss.METRIC_INNER_PRODUCT)[1][:, 0]
    return index.search(queries, 64)[1][:, 0]  # type: ignore[attr-defined]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("references", type=Path)
    parser.add_argument("--sizes", default="10000,100000")
    parser.add_argument("--kinds", default="flat,hnsw,ivf,ivfpq")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    faiss.omp_set_num_threads(options.threads)
    rng = np.random.default_rng(0)
    with EmbeddingStore(options.references) as store:
        real = store.vectors()
    real = unit(real[np.isfinite(real).all(axis=1)])
    noise = rng.standard_normal((500, real.shape[1]), dtype=np.float32)
    queries = unit(real[rng.permutation(len(real))[:500]] + noise * (0.2 / real.shape[1] ** 0.5))
    print("| references | kind | build s | queries/s | recall@1 | peak MB so far |\n|---|---|---|---|---|---|")
    for size in map(int, options.sizes.split(",")):
        vectors = grown(real, size, rng)
        exact = search(None, vectors, queries)
        for kind in options.kinds.split(","):
            started = time.perf_counter()
            index = make_index(vectors, kind)
            built = time.perf_counter()
            found = search(index, vectors, queries)
            speed = len(queries) / (time.perf_counter() - built)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            name = f"{kind} ({factory(kind, *vectors.shape)})"
            row = (f"{size:,}", name, f"{built - started:.1f}", f"{speed:,.0f}", f"{(found == exact).mean():.3f}")
            print(f"| {' | '.join(row)} | {peak:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
