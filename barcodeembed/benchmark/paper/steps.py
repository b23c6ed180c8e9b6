"""The steps of ``benchmark paper``. Each takes partitions, returns plain numbers, and saves the answers that these rest
on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.benchmark import clustering, metrics
from barcodeembed.benchmark.paper.nearest import FindNearest, Partitions, Vectors, place_all
from barcodeembed.benchmark.paper.partitions import CONVENTIONS, Partition
from barcodeembed.outputs.staging import write_text
from barcodeembed.sequences.placement.anchor import Anchor
from barcodeembed.sequences.placement.placements import Placements
from barcodeembed.sequences.tokenizers import ReadTokenizer, Tokenizer, Tokens
from barcodeembed.taxonomy import RANKS

_UNSEEN_RANKS = ("class", "order", "family", "genus")

ONE_NN = {
    "genus": ("test_unseen", _UNSEEN_RANKS),
    "species": ("test", ("genus", "species")),
    "val": ("val_unseen", _UNSEEN_RANKS),
}
"""For each step, the split whose barcodes are queries, and the ranks at which they are compared with their nearest
barcode of ``train``. ``val`` serves to choose between models; ``test_unseen`` is used once, for the final result."""


def one_nn(
    parts: Partitions,
    split: str,
    ranks: Sequence[str],
    find: FindNearest,
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
        similarity, found = find(split, queries, references)
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

    With ``n_clusters`` 0 there are as many clusters as the two splits have species, as in the published evaluation
    (4,363). Barcodes without a BIN are left out. A barcode that could not be embedded is a cluster of its own.
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
    """Return the cosine distance at which average linkage of ``val_unseen`` agrees best with its BINs; 0.03 if fewer
    than three of its barcodes have a vector and a BIN.

    It is chosen without test barcodes and without the true number of clusters.
    """
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
    """Return the named barcodes of ``stripped``: the rows of ``train``, the numbers of their species, the rows of
    ``test``, and the name of each species by its number."""
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
        self.placements = place_all(anchor, sequences) if anchor else Placements.none(len(sequences))
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
    """Return the number of test barcodes that were asked, and the share whose species was named correctly; write the
    answers to ``output``."""
    truth = parts["test"].names[asked, -1]
    lines = ["query\ttrue_species\tcalled_species"]
    lines += ["\t".join(row) for row in zip(parts["test"].ids[asked], truth, called, strict=True)]
    write_text(output, "\n".join(lines) + "\n")
    score = metrics.score(metrics.outcomes(truth, called))
    return {"queries": score.scored, "species": score.accuracy}
