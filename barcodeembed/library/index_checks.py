"""Check the numbers in a FAISS index file before it is searched, because FAISS itself trusts them.

Letters in shapes: N references.
"""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np


def check_index(index: Any, n: int, dim: int) -> None:
    """Check that an index is one of N vectors of this width by inner product, and that its numbers stay within it.

    Raises
    ------
    ValueError
        naming what is wrong.
    """
    if (index.ntotal, index.d) != (n, dim):
        raise ValueError(f"it has {index.ntotal:,} vectors of width {index.d} where {n:,} of width {dim} belong")
    if index.metric_type != faiss.METRIC_INNER_PRODUCT or not index.is_trained:
        raise ValueError("it is not trained, or does not compare by inner product")
    inner = faiss.downcast_index(index)
    if isinstance(inner, faiss.IndexPreTransform):
        inner = faiss.downcast_index(inner.index)
        if inner.ntotal != n or inner.metric_type != faiss.METRIC_INNER_PRODUCT:
            raise ValueError("its parts have different numbers of vectors")
    if isinstance(inner, faiss.IndexIVF):
        _check_lists(inner, n)
    elif isinstance(inner, faiss.IndexHNSW):
        _check_graph(inner, n)


def _check_lists(index: Any, n: int) -> None:
    """Check that each reference is in one cell, under a valid number."""
    lists = index.invlists
    if index.quantizer.ntotal != index.nlist or lists.nlist != index.nlist or index.quantizer.d != index.d:
        raise ValueError("the number of its cells is not that of its lists")
    if lists.code_size != index.code_size:
        raise ValueError("its codes have another length than they should")
    sizes = [lists.list_size(cell) for cell in range(index.nlist)]
    if sum(sizes) != n:
        raise ValueError(f"its lists have {sum(sizes):,} entries for {n:,} vectors")
    ids = [faiss.rev_swig_ptr(lists.get_ids(cell), size).copy() for cell, size in enumerate(sizes) if size]
    found = np.concatenate(ids) if ids else np.empty(0, dtype=np.int64)
    if not np.array_equal(np.sort(found), np.arange(n)):
        raise ValueError("its lists have numbers of vectors that there are not, or one twice")


def _check_graph(index: Any, n: int) -> None:
    """Check that all edges of an HNSW graph lead to references, and that its tables fit together."""
    graph = index.hnsw
    neighbours = faiss.vector_to_array(graph.neighbors)
    offsets = faiss.vector_to_array(graph.offsets).astype(np.int64)
    levels = faiss.vector_to_array(graph.levels)
    per_level = faiss.vector_to_array(graph.cum_nneighbor_per_level).astype(np.int64)
    storage = index.storage
    if len(levels) != n or len(offsets) != n + 1 or storage is None or (storage.ntotal, storage.d) != (n, index.d):
        raise ValueError("the tables of its graph have other lengths than its vectors")
    if levels.min(initial=1) < 1 or levels.max(initial=1) >= len(per_level) or (np.diff(per_level) < 0).any():
        raise ValueError("a node of its graph is on a level that there is not")
    if offsets[0] != 0 or not np.array_equal(np.diff(offsets), per_level[levels]) or offsets[-1] != len(neighbours):
        raise ValueError("the edges of its graph are not those of its nodes")
    if neighbours.min(initial=0) < -1 or neighbours.max(initial=0) >= n:
        raise ValueError("an edge of its graph leads to a vector that there is not")
    if not 0 <= graph.entry_point < n or graph.max_level != levels.max(initial=1) - 1:
        raise ValueError("its graph is entered at a vector that there is not")
    if levels[graph.entry_point] != graph.max_level + 1:
        raise ValueError("its graph is entered on a level that there is not")
    _check_levels(neighbours, offsets, levels, per_level)


def _check_levels(neighbours: Any, offsets: Any, levels: Any, per_level: Any) -> None:
    """Check that each edge of an upper level leads to a node of that level."""
    for level in range(1, int(levels.max(initial=1))):
        nodes = np.flatnonzero(levels > level)
        width = int(per_level[level + 1] - per_level[level])
        places = offsets[nodes, None] + per_level[level] + np.arange(width)
        to = neighbours[places]
        if (levels[to[to >= 0]] <= level).any():
            raise ValueError("an edge of its graph leads to a level that a vector is not on")
