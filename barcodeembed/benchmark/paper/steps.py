"""The steps of ``benchmark paper``. Each takes partitions, returns plain numbers, and saves the answers that these rest
on."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.benchmark import clustering, metrics
from barcodeembed.benchmark.folder import write_json
from barcodeembed.benchmark.paper.partitions import CONVENTIONS, Partition
from barcodeembed.benchmark.peers import blast, identity
from barcodeembed.benchmark.peers.programs import find_program
from barcodeembed.benchmark.vectors import nearest_by_cosine
from barcodeembed.outputs.staging import write_text
from barcodeembed.sequences.batches import in_blocks
from barcodeembed.sequences.placement.anchor import Anchor, shipped_anchor
from barcodeembed.sequences.placement.placements import Placements
from barcodeembed.sequences.tokenizers import ReadTokenizer, Tokenizer, Tokens
from barcodeembed.taxonomy import RANKS

Partitions = dict[str, Partition]
Vectors = dict[str, NDArray[np.float32]]

Neighbours = Callable[[str, NDArray[np.int64], NDArray[np.int64]], tuple[NDArray[np.floating], NDArray[np.int64]]]
"""A function of (split of the queries, their rows, rows of ``train``) that returns the similarity of the nearest
neighbour and its place among those rows; -1 if there is none."""

_UNSEEN_RANKS = ("class", "order", "family", "genus")

ONE_NN = {
    "genus": ("test_unseen", _UNSEEN_RANKS),
    "species": ("test", ("genus", "species")),
    "val": ("val_unseen", _UNSEEN_RANKS),
}
"""For each step, the split whose barcodes are queries, and the ranks at which they are compared with their nearest
barcode of ``train``. ``val`` serves to choose between models; ``test_unseen`` is used once, for the final result."""

CHUNK = 500
"""Number of queries that BLAST or identity do, and keep, at a time."""


def place(anchor: Anchor, sequences: NDArray[np.object_]) -> Placements:
    """Place many barcodes block by block, which takes less memory and gives the same result."""
    blocks = [anchor.place(list(some)) for some in in_blocks(sequences, 1024)] or [anchor.place([])]
    return Placements(*(np.concatenate([getattr(b, f.name) for b in blocks]) for f in fields(Placements)))


def by_vectors(vectors: Vectors) -> Neighbours:
    """Return a function that finds nearest neighbours by cosine."""

    def find(
        split: str, queries: NDArray[np.int64], gallery: NDArray[np.int64]
    ) -> tuple[NDArray[np.floating], NDArray[np.int64]]:
        return nearest_by_cosine(vectors[split][queries], vectors["train"][gallery])

    return find


def by_identity(parts: Partitions, folder: Path, key: str) -> Neighbours:
    """Return a function that finds nearest neighbours by identity on barcode columns; results are kept chunk by
    chunk."""
    placed: dict[str, NDArray[np.uint8]] = {}

    def columns(split: str) -> NDArray[np.uint8]:
        if split not in placed:
            placed[split] = place(shipped_anchor(), parts[split].sequences).columns
        return placed[split]

    def find(
        split: str, queries: NDArray[np.int64], gallery: NDArray[np.int64]
    ) -> tuple[NDArray[np.floating], NDArray[np.int64]]:
        def chunk(rows: NDArray[np.int64]) -> tuple[list[float], list[int]]:
            found, _, nearest = identity.nearest(columns(split)[rows], columns("train")[gallery])
            return found[:, 0].tolist(), nearest[:, 0].tolist()

        return _in_chunks(queries, folder, f"{key}-identity-{split}-{len(gallery)}", chunk)

    return find


def by_blast(parts: Partitions, folder: Path, key: str, threads: int) -> Neighbours:
    """Return a function that finds the top hit of megablast; results are kept chunk by chunk. The database is made once
    for each set of references."""

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
    """Return similarity and place for all queries. Chunks that were done before are read from disk."""
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


def one_nn(
    parts: Partitions,
    split: str,
    ranks: Sequence[str],
    neighbours: Neighbours,
    output: Path,
    conventions: Sequence[str] = CONVENTIONS,
) -> dict[str, Any]:
    """Return 1-NN accuracy of a split against ``train`` in both conventions; write the answers to ``output``.

    Queries without a name at the last of ``ranks`` are left out. A query without a neighbour counts as wrong.
    """
    columns = [RANKS.index(rank) for rank in ranks]
    asked, gallery = parts[split], parts["train"]
    results: dict[str, Any] = {}
    lines = ["\t".join(["convention", "query", "nearest", "similarity", *(f"true_{r}\tcalled_{r}" for r in ranks)])]
    for convention in conventions:
        queries = np.flatnonzero(asked.members(convention) & (asked.names[:, columns[-1]] != ""))
        references = np.flatnonzero(gallery.members(convention) & (gallery.names[:, columns[-1]] != ""))
        similarity, found = neighbours(split, queries, references)
        has = found >= 0
        nearest = references[np.maximum(found, 0)]
        called = np.where(has[:, None], gallery.names[nearest][:, columns], "")
        truth = asked.names[queries][:, columns]
        results[convention] = {
            "queries": len(queries),
            "gallery": len(references),
            "without_neighbour": int((~has).sum()),
            **{
                rank: metrics.score(metrics.outcomes(truth[:, i], called[:, i])).accuracy
                for i, rank in enumerate(ranks)
            },
            f"balanced_{ranks[-1]}": metrics.balanced_accuracy(truth[:, -1], called[:, -1]),
        }
        for row, query in enumerate(queries):
            names = "\t".join(f"{t}\t{c}" for t, c in zip(truth[row], called[row], strict=True))
            near = gallery.ids[nearest[row]] if has[row] else ""
            lines.append(f"{convention}\t{asked.ids[query]}\t{near}\t{similarity[row]:.6f}\t{names}")
    write_text(output, "\n".join(lines) + "\n")
    return results


def bin_reconstruction(
    parts: Partitions, vectors: Vectors, n_clusters: int, output: Path, *, with_umap: bool
) -> dict[str, Any]:
    """Return the AMI of clusters and BINs over test + test_unseen (convention ``stripped``); write the answers to
    ``output``.

    ``n_clusters`` 0 stands for the number of species in both splits, which the published number, 4,363, is. Barcodes
    without a BIN are left out. A barcode that could not be embedded is a cluster of its own.
    """
    chosen = {split: _with_bin(parts[split], "stripped") for split in ("test", "test_unseen")}
    bins = np.concatenate([parts[split].bins[rows] for split, rows in chosen.items()])
    stacked = np.concatenate([vectors[split][rows] for split, rows in chosen.items()])
    species = sum(len(set(parts[split].names[rows, -1]) - {""}) for split, rows in chosen.items())
    wanted = n_clusters or species
    threshold = no_oracle_threshold(parts["val_unseen"], vectors["val_unseen"])
    found = {"average": _clusters(stacked, lambda some: clustering.Dendrogram(some).cut(threshold))}
    if with_umap:
        found["umap_ward"] = _clusters(stacked, lambda some: clustering.umap_ward(some, wanted))
    ids = np.concatenate([parts[split].ids[rows] for split, rows in chosen.items()])
    lines = ["\t".join(["id", "bin", *found])]
    lines += ["\t".join(map(str, row)) for row in zip(ids, bins, *found.values(), strict=True)]
    write_text(output, "\n".join(lines) + "\n")
    return {
        "barcodes": len(bins),
        "bins": len(set(bins)),
        "clusters_asked": wanted,
        "threshold": threshold,
        **{f"ami_{name}": metrics.adjusted_mutual_information(bins, clusters) for name, clusters in found.items()},
        **{f"clusters_{name}": len(set(clusters.tolist())) for name, clusters in found.items()},
    }


def _with_bin(part: Partition, convention: str) -> NDArray[np.int64]:
    return np.flatnonzero(part.members(convention) & (part.bins != ""))


def no_oracle_threshold(part: Partition, vectors: NDArray[np.float32]) -> float:
    """Return the threshold of average linkage that suits ``val_unseen`` best. It uses neither test barcodes nor the
    true number of clusters."""
    rows = _with_bin(part, "stripped")
    rows = rows[~np.isnan(vectors[rows, 0])]
    return clustering.choose_threshold(vectors[rows], part.bins[rows]) if len(rows) > 2 else 0.03


def _clusters(
    vectors: NDArray[np.float32], cluster: Callable[[NDArray[np.float32]], NDArray[np.int64]]
) -> NDArray[np.int64]:
    there = ~np.isnan(vectors[:, 0])
    found = np.zeros(len(vectors), dtype=np.int64)
    found[there] = cluster(vectors[there])
    found[~there] = found.max(initial=0) + 1 + np.arange(int((~there).sum()))
    return found


def species_labels(
    parts: Partitions, vectors: Vectors | None
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.object_]]:
    """Return rows of ``train``, their species as numbers, rows of ``test``, and the name of each species number
    (``stripped``)."""
    train, test = parts["train"], parts["test"]
    rows = np.flatnonzero(train.stripped & (train.names[:, -1] != ""))
    asked = np.flatnonzero(test.stripped & (test.names[:, -1] != ""))
    if vectors:
        rows = rows[~np.isnan(vectors["train"][rows, 0])]
    species, labels = np.unique(train.names[rows, -1].astype(str), return_inverse=True)
    return rows, labels.astype(np.int64), asked, species.astype(object)


class Reads:
    """Placed barcodes for fine-tuning, made into tokens one batch at a time.

    Attributes
    ----------
    sequences, placements
        N barcodes and where they lie.
    """

    def __init__(self, sequences: NDArray[np.object_], anchor: Anchor | None, tokenizer: Tokenizer) -> None:
        self.sequences = sequences
        self.placements = place(anchor, sequences) if anchor else Placements.none(len(sequences))
        self._tokenizer = tokenizer

    def tokens(self, rows: NDArray[np.int64]) -> Tokens:
        """Return the tokens of these barcodes."""
        return self._tokenizer.tokens(self.placements.select(rows), list(self.sequences[rows]))

    def shifted(self, rows: NDArray[np.int64], chance: np.random.Generator) -> Tokens:
        """Return the tokens of these barcodes; if tokens are k-mers of the read, a random number of its first bases, 0
        to k-1, is left out, as published."""
        if not isinstance(self._tokenizer, ReadTokenizer):
            return self.tokens(rows)
        offsets = chance.integers(self._tokenizer.k, size=len(rows))
        placements = self.placements.select(rows)
        sequences = [
            sequence[: len(sequence) - offset] if strand == "-" else sequence[offset:]
            for sequence, strand, offset in zip(self.sequences[rows], placements.strand, offsets, strict=True)
        ]
        return self._tokenizer.tokens(placements, sequences)


def species_accuracy(
    parts: Partitions, asked: NDArray[np.int64], called: NDArray[np.object_], output: Path
) -> dict[str, Any]:
    """Return the share of test barcodes whose species was named correctly; write the answers to ``output``."""
    truth = parts["test"].names[asked, -1]
    lines = ["query\ttrue_species\tcalled_species"]
    lines += ["\t".join(row) for row in zip(parts["test"].ids[asked], truth, called, strict=True)]
    write_text(output, "\n".join(lines) + "\n")
    score = metrics.score(metrics.outcomes(truth, called))
    return {"queries": score.scored, "species": score.accuracy}
