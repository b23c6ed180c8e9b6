"""Find the nearest barcode of ``train`` for barcodes of another split: by cosine of vectors, by identity on barcode
columns, or by BLAST."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from barcodeembed.benchmark.folder import write_json
from barcodeembed.benchmark.paper.partitions import Partition
from barcodeembed.benchmark.peers import blast, identity
from barcodeembed.benchmark.peers.programs import find_program
from barcodeembed.benchmark.vectors import nearest_by_cosine
from barcodeembed.outputs.staging import write_text
from barcodeembed.sequences.batches import in_blocks
from barcodeembed.sequences.placement.anchor import Anchor, shipped_anchor
from barcodeembed.sequences.placement.placements import Placements

Partitions = dict[str, Partition]
Vectors = dict[str, NDArray[np.float32]]
"""Barcodes and their vectors (N, D), by split."""

FindNearest = Callable[[str, NDArray[np.int64], NDArray[np.int64]], tuple[NDArray[np.floating], NDArray[np.int64]]]
"""A function of (split of the queries, their rows (Q,), rows of ``train`` (N,)). It returns, for each query, the
similarity (Q,) of the nearest of these barcodes of ``train``, and its place (Q,) among them: -1 if there is none."""

CHUNK = 500
"""Number of queries after which the results of BLAST or identity are saved."""


def place_all(anchor: Anchor, sequences: NDArray[np.object_]) -> Placements:
    """Place many barcodes block by block, which takes less memory and gives the same result."""
    blocks = [anchor.place(list(some)) for some in in_blocks(sequences, 1024)] or [anchor.place([])]
    return Placements(*(np.concatenate([getattr(b, f.name) for b in blocks]) for f in fields(Placements)))


def by_vectors(vectors: Vectors) -> FindNearest:
    """Return a function that finds nearest barcodes by cosine."""

    def find(
        split: str, queries: NDArray[np.int64], gallery: NDArray[np.int64]
    ) -> tuple[NDArray[np.floating], NDArray[np.int64]]:
        return nearest_by_cosine(vectors[split][queries], vectors["train"][gallery])

    return find


def by_identity(parts: Partitions, folder: Path, key: str) -> FindNearest:
    """Return a function that finds nearest barcodes by identity on barcode columns. It saves its results chunk by chunk
    in ``folder``, under ``key``."""
    placed: dict[str, NDArray[np.uint8]] = {}

    def columns(split: str) -> NDArray[np.uint8]:
        if split not in placed:
            placed[split] = place_all(shipped_anchor(), parts[split].sequences).columns
        return placed[split]

    def find(
        split: str, queries: NDArray[np.int64], gallery: NDArray[np.int64]
    ) -> tuple[NDArray[np.floating], NDArray[np.int64]]:
        def chunk(rows: NDArray[np.int64]) -> tuple[list[float], list[int]]:
            found, _, nearest = identity.nearest(columns(split)[rows], columns("train")[gallery])
            return found[:, 0].tolist(), nearest[:, 0].tolist()

        return _in_chunks(queries, folder, f"{key}-identity-{split}-{len(gallery)}", chunk)

    return find


def by_blast(parts: Partitions, folder: Path, key: str, threads: int) -> FindNearest:
    """Return a function that finds the top hit of megablast. It saves its results as :func:`by_identity` does. It makes
    the database once for each set of references."""

    def find(
        split: str, queries: NDArray[np.int64], gallery: NDArray[np.int64]
    ) -> tuple[NDArray[np.floating], NDArray[np.int64]]:
        work = folder / f"{key}-blast-{len(gallery)}"
        if not (work / "ready").exists():
            work.mkdir(parents=True, exist_ok=True)
            _write_fasta(parts["train"].sequences[gallery], work / "references.fasta")
            blast.build(work / "references.fasta", work, threads)
            (work / "ready").touch()

        def chunk(rows: NDArray[np.int64]) -> tuple[list[float], list[int]]:
            _write_fasta(parts[split].sequences[rows], work / "queries.fasta")
            blast.search(work / "queries.fasta", work, work / "hits.tsv", threads)
            hits = blast.read_hits(work / "hits.tsv", len(rows))
            return [h.identity[0] if h.rows else float("nan") for h in hits], [
                h.rows[0] if h.rows else -1 for h in hits
            ]

        return _in_chunks(queries, work, split, chunk)

    return find


def blast_is_installed() -> bool:
    """Return whether ``blastn`` and ``makeblastdb`` are installed."""
    return all(find_program(name) for name in blast.PROGRAMS)


def _in_chunks(
    queries: NDArray[np.int64],
    folder: Path,
    name: str,
    chunk: Callable[[NDArray[np.int64]], tuple[list[float], list[int]]],
) -> tuple[NDArray[np.floating], NDArray[np.int64]]:
    """Return what ``chunk`` finds for all queries, in chunks that are saved: the similarity (Q,) and the place (Q,) of
    the nearest reference. Chunks that were done before are read from disk."""
    folder.mkdir(parents=True, exist_ok=True)
    similarity: list[float] = []
    places: list[int] = []
    for start in range(0, len(queries), CHUNK):
        path = folder / f"{name}-{start:07d}.json"
        if not path.exists():
            found, nearest = chunk(queries[start : start + CHUNK])
            write_json({"similarity": found, "place": nearest}, path)
        kept = json.loads(path.read_text())
        similarity += [float("nan") if value is None else value for value in kept["similarity"]]
        places += kept["place"]
    return np.array(similarity, dtype=np.float32), np.array(places, dtype=np.int64)


def _write_fasta(sequences: NDArray[np.object_], path: Path) -> None:
    write_text(path, "".join(f">{i}\n{sequence}\n" for i, sequence in enumerate(sequences)))
