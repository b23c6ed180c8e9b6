"""Search among unit vectors: exactly, or with one of FAISS's approximate indexes.

Letters in shapes: N references, D width of a vector, Q queries, K neighbours.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from barcodeembed.embeddings.bounded_memory import bounded_memory
from barcodeembed.errors import InputError, UsageError
from barcodeembed.library.index_checks import check_index
from barcodeembed.outputs.sink import Sink

INDEXES = {"flat": "Flat", "hnsw": "HNSW32", "ivf": "IVF{cells},Flat", "ivfpq": "IVF{cells},PQ{parts}x8np"}
"""Short names of kinds of index, and their FAISS factory strings; ``cells`` and ``parts`` are chosen by number and
width of the vectors."""

_CHOICE = f"{', '.join(INDEXES)} or another factory string"
_ZERO = re.compile(r"(?<!\d)0+(?!\d)")
_LINKS = re.compile(r"(HNSW|NSG)(\d+)")
_LEAST_LINKS, _MOST_LINKS = {"HNSW": 2, "NSG": 8}, 512  # with fewer FAISS crashes or never ends, more fill any memory
_LONGEST, _LARGEST = 200, 1 << 20  # characters of a factory string, and the largest number in it
_TRIED = 64  # width of the vectors with which a factory string is tried
_PROBES = 32  # number of cells of an IVF index that are searched
_EXPLORED = 128  # nodes that a search of an HNSW graph keeps; FAISS's default of 16 is for K = 1
_MATRIX_FROM = 4096  # exact search is a matrix product from this many numbers in all queries together

# FAISS 1.15 compares fewer than 128,000 numbers (250 queries of 512) one query at a time, up to ten times slower. Its
# threshold was 20 queries before, which may stay.
faiss.cvar.distance_compute_blas_threshold = min(faiss.cvar.distance_compute_blas_threshold, _MATRIX_FROM)


def factory(kind: str, n: int, dim: int) -> str:
    """Return the FAISS factory string of a kind of index.

    An IVF index gets about 4 sqrt(N) cells, but at least 39 references a cell (FAISS's own rule).
    """
    cells = max(1, min(int(4 * n**0.5), n // 39))
    # A code of one byte stands for eight numbers: with fewer, training is slow; with more, the search is rough.
    parts = max(p for p in (1, 2, 4, 8, 16, 32, 64) if p == 1 or dim % (8 * p) == 0)
    return INDEXES[kind].format(cells=cells, parts=parts) if kind in INDEXES else kind


def check_kind(kind: str) -> None:
    """Check a kind of index before there are vectors.

    Raises
    ------
    UsageError
        for a factory string that FAISS cannot read, that makes it crash, or that has no inner product.
    """
    if kind in INDEXES:
        return
    _check_numbers(kind)
    unknown = UsageError(f"--index {kind}: FAISS knows no such index of cosines; choose {_CHOICE}")
    if not kind.isascii():
        raise unknown
    try:
        faiss.index_factory(_TRIED, kind, faiss.METRIC_INNER_PRODUCT)
    except RuntimeError as error:
        # Any other failure (parts that don't divide the width) may be due to the width that is tried here.
        if any(sign in str(error) for sign in ("could not parse", "stoi", "metric ==")):
            raise unknown from error


def _check_numbers(kind: str) -> None:
    """Refuse lengths and numbers with which FAISS raises no error, but ends the process or never returns."""
    if len(kind) > _LONGEST:
        raise UsageError(f"--index {kind[:20]}...: this is longer than {_LONGEST} characters; choose {_CHOICE}")
    reason = ""
    if max(map(int, re.findall(r"\d+", kind)), default=0) > _LARGEST:
        reason = f"a number in it is above {_LARGEST:,}"
    elif _ZERO.search(kind):
        reason = "a number in it is 0"
    for graph, links in _LINKS.findall(kind):
        least = _LEAST_LINKS[graph]
        if not least <= int(links) <= _MOST_LINKS:
            reason = f"a graph needs {least} to {_MOST_LINKS} links a node, not {links}"
    if reason:
        raise UsageError(f"--index {kind}: {reason}; choose {_CHOICE}")


def make_index(vectors: NDArray[np.float32], kind: str) -> Any:
    """Return a FAISS index over the vectors (N, D); None for the exact one, which needs none.

    Raises
    ------
    UsageError
        for a kind of index that FAISS does not know, or that needs more references than there are.
    """
    text = factory(kind, *vectors.shape)
    if text == "Flat":
        return None
    _check_numbers(text)
    try:
        index = faiss.index_factory(vectors.shape[1], text, faiss.METRIC_INNER_PRODUCT)
        index.train(vectors)
        index.add(vectors)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise UsageError(
            f"--index {kind}: FAISS makes no index {text!r} of {len(vectors):,} vectors of width "
            f"{vectors.shape[1]} ({reason}); choose {_CHOICE}"
        ) from error
    _set_effort(index)
    return index


def read_index(path: Path, n: int, dim: int) -> Any:
    """Return the index of a library of N references, memory-mapped where FAISS can do that.

    Raises
    ------
    InputError
        if the file cannot be read, or is an index of other vectors.
    """
    try:
        with bounded_memory(path):
            index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP)
        check_index(index, n, dim)
        _set_effort(index)
    except (RuntimeError, MemoryError, ValueError, TypeError, AttributeError, OverflowError) as error:
        reason = (str(error).strip().splitlines() or ["it is larger than its file"])[-1]
        raise InputError(
            f"not an index of this library ({reason})", path=path, hint="make the library again"
        ) from error
    return index


def write_index(index: Any, path: Path) -> None:
    """Write the index to a new file.

    Raises
    ------
    OSError
        if it cannot be written. FAISS's own writer would raise an error that ends the process later.
    """
    with Sink(path) as sink:
        faiss.write_index(index, faiss.PyCallbackIOWriter(sink.write))  # type: ignore[attr-defined]
        sink.settle()


def nearest(
    index: Any, stored: NDArray[np.float32], vectors: NDArray[np.float32], k: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return cosine and row (Q, K) of the nearest of ``stored`` (N, D), the nearest first; NaN and -1 where there are
    fewer."""
    found = min(k, len(stored))
    queries = np.ascontiguousarray(vectors, dtype=np.float32)
    cosine = np.full((len(queries), k), np.nan, dtype=np.float32)
    rows = np.full((len(queries), k), -1, dtype=np.int64)
    if len(queries) and found:
        if index is None:
            near, at = faiss.knn(queries, stored, found, metric=faiss.METRIC_INNER_PRODUCT)
        else:
            near, at = index.search(queries, found)
        cosine[:, :found], rows[:, :found] = np.where(at < 0, np.nan, near), at
    return cosine, rows


def _set_effort(index: Any) -> None:
    """Set how thoroughly an approximate index is searched."""
    index = faiss.downcast_index(index.index if isinstance(index, faiss.IndexPreTransform) else index)
    if isinstance(index, faiss.IndexIVF):
        index.nprobe = min(_PROBES, index.nlist)
        invlists: Any = index.invlists
        lists = faiss.downcast_InvertedLists(invlists)
        if isinstance(lists, faiss.OnDiskInvertedLists):
            # FAISS would read ahead in 32 threads, which go on after the search has ended: a file that is cut off
            # then would end the process (SIGBUS). From memory the search is faster without them.
            lists.prefetch_nthread = 0
    elif isinstance(index, faiss.IndexHNSW):
        index.hnsw.efSearch = _EXPLORED
