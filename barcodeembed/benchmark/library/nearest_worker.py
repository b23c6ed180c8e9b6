"""Find nearest neighbours in a process of its own, so that its time and memory can be measured.

``python -m barcodeembed.benchmark.library.nearest_worker KIND REFERENCES.fasta QUERIES.fasta OUT.tsv``, where KIND is
identity, kmer4, kmer5 or kmer6, writes query id, reference id and similarity in percent. A query that cannot be placed
has no line.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.benchmark.peers.identity import nearest
from barcodeembed.benchmark.vectors import nearest_by_cosine
from barcodeembed.model.kmer_profile import BASELINES, KmerProfileEmbedder
from barcodeembed.outputs.staging import write_text
from barcodeembed.sequences.batches import Limits, in_blocks, prepare
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.placement.anchor import shipped_anchor
from barcodeembed.sequences.placement.placements import Placements
from barcodeembed.workflows.interrupts import StopSignal

_BLOCK = 1024


def main(kind: str, references: Path, queries: Path, output: Path) -> None:
    """Find the nearest reference of every query and write the table."""
    (library_ids, library), (query_ids, asked) = (_read(path, kind) for path in (references, queries))
    if kind == "identity":
        similarity, _, rows = (values[:, 0] for values in nearest(asked, library))
    else:
        similarity, rows = nearest_by_cosine(asked, library)
    lines = [
        f"{query}\t{library_ids[row]}\t{100 * value:.4f}\n"
        for query, row, value in zip(query_ids, rows, similarity, strict=True)
        if row >= 0
    ]
    with StopSignal():  # a benchmark that is stopped ends its programs, and this one must leave no part of a file
        write_text(output, "".join(lines))


def _read(path: Path, kind: str) -> tuple[list[str], NDArray[Any]]:
    """Return ids and columns (or k-mer vectors) of those barcodes that can be placed."""
    embedder = KmerProfileEmbedder(BASELINES[kind]) if kind in BASELINES else None
    ids: list[str] = []
    parts: list[NDArray[Any]] = []
    for some in in_blocks(read_barcodes([path]), _BLOCK):
        block = prepare(some, shipped_anchor(), Limits())
        placed: Placements = block.placements.select(block.ok)
        ids += [block.barcodes[row].id for row in block.ok]
        parts.append(embedder.embed(placed, []) if embedder else placed.columns)
    return ids, np.concatenate(parts)


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:5]))
