"""Cluster vectors in two ways: the published one (UMAP, then Ward with a given number of clusters), and one that is
told nothing about the number of clusters.

Letters in shapes: N vectors, D width.
"""

from __future__ import annotations

import importlib.util
import warnings

import numpy as np
from numpy.typing import NDArray

from barcodeembed.benchmark.metrics import adjusted_mutual_information

UMAP_WIDTH, UMAP_NEIGHBOURS, UMAP_SEED = 64, 10, 42
"""Width after UMAP, number of neighbours and seed, as in the published notebook (BarcodeBERT, branch BIOSCAN-5M,
ZSC_Taxa.ipynb). The metric is cosine."""

THRESHOLDS = np.round(np.concatenate([np.arange(0.002, 0.05, 0.002), np.arange(0.05, 0.601, 0.01)]), 4)
"""Cosine distances that are tried on held-out barcodes."""


def has_umap() -> bool:
    """Return whether umap-learn (the extra ``umap``) is installed."""
    return importlib.util.find_spec("umap") is not None


def umap_ward(vectors: NDArray[np.float32], n_clusters: int) -> NDArray[np.int64]:
    """Return the number of the cluster of each vector (N,), by the published protocol: UMAP to 64 dimensions by cosine,
    then Ward with this number of clusters.

    Ward needs all pairwise distances, which take 4 N² bytes.
    """
    return ward(reduce_by_umap(vectors), n_clusters)


def reduce_by_umap(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the vectors reduced by UMAP, (N, 64); equal input gives equal output. Few vectors are left with fewer than
    64 dimensions."""
    import umap

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "n_jobs overridden by random_state" and the like
        reducer = umap.UMAP(
            n_components=min(UMAP_WIDTH, len(vectors) - 2),
            n_neighbors=min(UMAP_NEIGHBOURS, len(vectors) - 1),
            metric="cosine",
            random_state=UMAP_SEED,
        )
        return np.asarray(reducer.fit_transform(vectors), dtype=np.float32)


def ward(vectors: NDArray[np.float32], n_clusters: int) -> NDArray[np.int64]:
    """Return the number of the cluster of each vector (N,), by Ward's method; with fewer vectors than clusters, each is
    a cluster of its own."""
    from sklearn.cluster import AgglomerativeClustering

    found = AgglomerativeClustering(n_clusters=min(n_clusters, len(vectors)), linkage="ward").fit_predict(vectors)
    return np.asarray(found, dtype=np.int64)


class Dendrogram:
    """Average linkage of N unit vectors by cosine distance, which can be cut at any height. It takes 8 N² bytes while
    it is made."""

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        from scipy.cluster.hierarchy import linkage

        n = len(vectors)
        distances = np.empty(n * (n - 1) // 2)  # each pair once, as scipy wants them
        start = 0
        for row in range(n - 1):
            end = start + n - 1 - row
            distances[start:end] = 1 - vectors[row + 1 :] @ vectors[row]
            start = end
        np.maximum(distances, 0, out=distances)
        self._tree = linkage(distances, "average")

    def cut(self, threshold: float) -> NDArray[np.int64]:
        """Return the number of the cluster of each vector (N,): two clusters are one if the mean distance of their
        vectors is at most ``threshold``."""
        from scipy.cluster.hierarchy import fcluster

        return np.asarray(fcluster(self._tree, threshold, criterion="distance"), dtype=np.int64)


def choose_threshold(vectors: NDArray[np.float32], bins: NDArray[np.object_]) -> float:
    """Return that of the ``THRESHOLDS`` at which the clusters of these vectors agree best with their BINs; the smallest
    one if several are equal."""
    tree = Dendrogram(vectors)
    scores = [adjusted_mutual_information(bins, tree.cut(threshold)) for threshold in THRESHOLDS]
    return float(THRESHOLDS[int(np.argmax(scores))])
