"""BIOSCAN-5M's partitions from its metadata file, streamed, as the published evaluations made them.

Two conventions are in use, and their sets differ by a few barcodes:

- ``stripped`` (train 117,991, val 6,585, test 18,348, test_unseen 3,396): N at the end is taken off, then the first
  row in file order of each barcode is kept *across all splits*; what was first met in another split is lost.
- ``published`` (118,051, 6,588, 18,362, 3,401): each distinct ``dna_barcode`` as it stands.

Every barcode of ``stripped`` is one of ``published`` too, so each partition is one file with a column for each.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.benchmark.folder import read_json, write_json
from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.split_tables import SplitRow, read_split_table
from barcodeembed.taxonomy import RANKS
from barcodeembed.workflows.tables.call_files import text_output

SPLITS = ("train", "val", "test", "val_unseen", "test_unseen")
"""The splits that are evaluated; ``pretrain``, ``key_unseen`` and ``other_heldout`` only take part in deduplication."""

CONVENTIONS = ("stripped", "published")

PUBLISHED_SIZES = {
    "stripped": {"train": 117_991, "val": 6_585, "test": 18_348, "test_unseen": 3_396},
    "published": {"train": 118_051, "val": 6_588, "test": 18_362, "val_unseen": 2_442, "test_unseen": 3_401},
}
"""Barcodes of each partition: ``stripped`` as in the outputs of BarcodeBERT's notebooks (branch BIOSCAN-5M,
2025-02-09), ``published`` as in the table of the BIOSCAN-5M paper (arXiv 2406.12723)."""


@dataclass(frozen=True)
class Partition:
    """The barcodes of one split, in file order.

    Attributes
    ----------
    ids, bins
        (N,) text.
    sequences
        (N,) text without N at the end.
    names
        text (N, R).
    stripped
        bool (N,): True if the barcode belongs to the convention ``stripped``; all belong to ``published``.
    """

    ids: NDArray[np.object_]
    bins: NDArray[np.object_]
    sequences: NDArray[np.object_]
    names: NDArray[np.object_]
    stripped: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ids)

    def members(self, convention: str) -> NDArray[np.bool_]:
        """(N,) which barcodes the convention has."""
        return self.stripped if convention == "stripped" else np.ones(len(self), dtype=bool)


def make_partitions(data: Path, folder: Path, say: Callable[[str], None] = lambda line: None) -> dict[str, Any]:
    """Write ``folder/SPLIT.tsv`` for each split, unless they are there; returns their summary.

    The file is read twice: once for the hashes of every barcode (16 bytes a row), once to write the rows that stay.

    Raises
    ------
    InputError
        if the file has no rows of a split that is needed.
    """
    summary_file = folder / "partitions.json"
    seen = {"bytes": data.stat().st_size, "modified": data.stat().st_mtime_ns}
    summary = read_json(summary_file)
    if summary.get("file") == seen:
        return summary
    say(f"reading {data.name} ({seen['bytes'] / 1e9:,.2f} GB) twice to make the partitions")
    folder.mkdir(parents=True, exist_ok=True)
    first = _first_rows(data)
    sizes = {convention: Counter[str]() for convention in CONVENTIONS}
    rows: Counter[str] = Counter()
    digest = hashlib.sha256()
    with ExitStack() as outputs:
        files = {split: outputs.enter_context(text_output(folder / f"{split}.tsv")) for split in SPLITS}
        for file in files.values():
            print("processid", "bin_uri", *RANKS, "stripped", "nuc", sep="\t", file=file)
        for number, row in enumerate(read_split_table(data)):
            rows[row.split] += 1
            for convention in CONVENTIONS:
                sizes[convention][row.split] += bool(first[convention][number])
            if row.split in files and first["published"][number]:
                line = _line(row, bool(first["stripped"][number]))
                digest.update(line.encode())
                files[row.split].write(line)
        for split in ("train", "test_unseen"):
            if not sizes["published"][split]:
                hint = "give the published metadata file"
                raise InputError(f"no barcode of the split {split!r}", path=data, hint=hint)
    summary = {
        "file": seen,
        "name": data.name,
        "rows": dict(sorted(rows.items())),
        "barcodes": {convention: dict(sorted(counts.items())) for convention, counts in sizes.items()},
        "sha256": digest.hexdigest(),
    }
    write_json(summary, summary_file)
    return summary


def _line(row: SplitRow, stripped: bool) -> str:
    fields = (row.id, row.bin, *row.lineage.names, str(int(stripped)), row.raw.rstrip("N"))
    return "\t".join(field.replace("\t", " ") for field in fields) + "\n"


def _first_rows(data: Path) -> dict[str, NDArray[np.bool_]]:
    """For each row, by convention, whether it is the first of its barcode.

    Barcodes are told apart by 64-bit hashes: a clash in 5 million has odds of 1e-6.
    """
    hashes = {convention: array("Q") for convention in CONVENTIONS}
    for row in read_split_table(data):
        for convention, text in (("stripped", row.raw.rstrip("N")), ("published", row.raw)):
            digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
            hashes[convention].append(int.from_bytes(digest, "little"))
    return {convention: _is_first(np.frombuffer(own, dtype=np.uint64)) for convention, own in hashes.items()}


def _is_first(values: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """(N,) True where a value stands for the first time."""
    first = np.zeros(len(values), dtype=bool)
    first[np.unique(values, return_index=True)[1]] = True
    return first


def read_partition(folder: Path, split: str) -> Partition:
    """The barcodes of a split that :func:`make_partitions` wrote."""
    rows = list(_read(folder / f"{split}.tsv"))
    names = np.empty((len(rows), len(RANKS)), dtype=object)
    for place, row in enumerate(rows):
        names[place] = row[2]

    def text(field: int) -> NDArray[np.object_]:
        return np.array([row[field] for row in rows], dtype=object)

    return Partition(text(0), text(1), text(4), names, np.array([row[3] == "1" for row in rows], dtype=bool))


def _read(path: Path) -> Iterator[tuple[str, str, list[str], str, str]]:
    """Id, BIN, names, flag, sequence of each row."""
    with path.open(encoding="utf-8") as lines:
        next(lines)
        for line in lines:
            id, bin, *names, stripped, sequence = line.rstrip("\n").split("\t")
            yield id, bin, names, stripped, sequence


def size_notes(summary: dict[str, Any]) -> list[str]:
    """A line for each partition whose size is not the published one (a part of the data, or another version)."""
    return [
        f"{split} ({convention}): {found:,} barcodes, published {size:,}"
        for convention, sizes in PUBLISHED_SIZES.items()
        for split, size in sizes.items()
        if (found := summary["barcodes"][convention].get(split, 0)) != size
    ]
