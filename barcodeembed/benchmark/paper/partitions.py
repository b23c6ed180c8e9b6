"""Make BIOSCAN-5M's partitions from its metadata file, read as a stream, as the published evaluations made them.

There are two conventions, whose sets differ by a few barcodes:

- ``stripped`` (train 117,991, val 6,585, test 18,348, test_unseen 3,396): N at the end of a barcode is removed. Then
  only the first row of each barcode in the whole file is kept, so a barcode that occurred before in another split is
  lost.
- ``published`` (118,051, 6,588, 18,362, 3,401): each distinct ``dna_barcode`` as it is.

Every barcode of ``stripped`` is also one of ``published``, so a partition is one file in which a column marks those of
``stripped``.
"""

from __future__ import annotations

import hashlib
import sys
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
from barcodeembed.outputs.text_output import text_output
from barcodeembed.sequences.formats.remarks import Remarks
from barcodeembed.sequences.formats.split_tables import SplitRow, read_split_table
from barcodeembed.sequences.formats.unchanged import Unchanged
from barcodeembed.taxonomy import RANKS

SPLITS = ("train", "val", "test", "val_unseen", "test_unseen")
"""Splits that are evaluated. ``pretrain``, ``key_unseen`` and ``other_heldout`` are only used to remove duplicates."""

CONVENTIONS = ("stripped", "published")

PUBLISHED_SIZES = {
    "stripped": {"train": 117_991, "val": 6_585, "test": 18_348, "test_unseen": 3_396},
    "published": {"train": 118_051, "val": 6_588, "test": 18_362, "val_unseen": 2_442, "test_unseen": 3_401},
}
"""Number of barcodes in each partition: ``stripped`` from the outputs of BarcodeBERT's notebooks (branch BIOSCAN-5M,
2025-02-09), ``published`` from the table in the BIOSCAN-5M paper (arXiv 2406.12723)."""


@dataclass(frozen=True)
class Partition:
    """The barcodes of one split, in file order.

    Attributes
    ----------
    ids, bins
        ids and BINs, text (N,).
    sequences
        bases without N at the end, text (N,).
    names
        names by rank, text (N, R).
    stripped
        whether the barcode belongs to the convention ``stripped``, bool (N,); all belong to ``published``.
    """

    ids: NDArray[np.object_]
    bins: NDArray[np.object_]
    sequences: NDArray[np.object_]
    names: NDArray[np.object_]
    stripped: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ids)

    def members(self, convention: str) -> NDArray[np.bool_]:
        """Return whether each barcode belongs to the convention, bool (N,)."""
        return self.stripped if convention == "stripped" else np.ones(len(self), dtype=bool)


def make_partitions(
    data: Path,
    folder: Path,
    say: Callable[[str], None] = lambda line: None,
    begin: Callable[[], object] = lambda: None,
) -> dict[str, Any]:
    """Write ``folder/SPLIT.tsv`` for each split, unless these files exist. Return a summary of them.

    The file is read twice: first to hash every barcode (32 bytes a row), then to write the rows that are kept. Between,
    when the file is known to be good, ``begin`` is called.

    Raises
    ------
    InputError
        if the file has no rows of a split that is needed, or is written to meanwhile.
    """
    summary_file = folder / "partitions.json"
    seen = {"bytes": data.stat().st_size, "modified": data.stat().st_mtime_ns}
    summary = read_json(summary_file)
    if summary.get("file") == seen and summary.get("name") == data.name:
        return summary
    say(f"reading {data.name} ({seen['bytes'] / 1e9:,.2f} GB) twice to make the partitions")
    unchanged = Unchanged([data])
    splits, first = _first_rows(data)
    sizes = {convention: dict(sorted(Counter(splits[first[convention]]).items())) for convention in CONVENTIONS}
    for split in ("train", "test_unseen"):
        if split not in sizes["published"]:
            hint = "give the published metadata file"
            raise InputError(f"no barcode of the split {split!r}", path=data, hint=hint)
    begin()
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with ExitStack() as outputs:
        files = {split: outputs.enter_context(text_output(folder / f"{split}.tsv")) for split in SPLITS}
        for file in files.values():
            print("processid", "bin_uri", *RANKS, "stripped", "nuc", sep="\t", file=file)
        for number, row in zip(range(len(splits)), read_split_table(data), strict=False):
            if row.split in files and first["published"][number]:
                line = _line(row, bool(first["stripped"][number]))
                digest.update(line.encode())
                files[row.split].write(line)
        unchanged.check(data, Remarks())
    summary = {
        "file": seen,
        "name": data.name,
        "rows": dict(sorted(Counter(splits).items())),
        "barcodes": sizes,
        "sha256": digest.hexdigest(),
    }
    write_json(summary, summary_file)
    return summary


def _line(row: SplitRow, stripped: bool) -> str:
    fields = (row.id, row.bin, *row.lineage.names, str(int(stripped)), row.raw.rstrip("N"))
    return "\t".join(field.replace("\t", " ") for field in fields) + "\n"


def _first_rows(data: Path) -> tuple[NDArray[np.object_], dict[str, NDArray[np.bool_]]]:
    """Return the split of each row, and, for each convention, whether the row is the first one of its barcode.

    Barcodes are compared by 64-bit hashes. The probability of a collision among 5 million is 1e-6.
    """
    hashes = {convention: array("Q") for convention in CONVENTIONS}
    splits: list[str] = []
    for row in read_split_table(data):
        for convention, text in (("stripped", row.raw.rstrip("N")), ("published", row.raw)):
            digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
            hashes[convention].append(int.from_bytes(digest, "little"))
        splits.append(sys.intern(row.split))
    first = {convention: _is_first(np.frombuffer(own, dtype=np.uint64)) for convention, own in hashes.items()}
    return np.array(splits, dtype=object), first


def _is_first(values: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Return, bool (N,), whether each value occurs for the first time."""
    first = np.zeros(len(values), dtype=bool)
    first[np.unique(values, return_index=True)[1]] = True
    return first


def read_partition(folder: Path, split: str) -> Partition:
    """Return the barcodes of a split that :func:`make_partitions` wrote."""
    rows = list(_read(folder / f"{split}.tsv"))
    names = np.empty((len(rows), len(RANKS)), dtype=object)
    for place, row in enumerate(rows):
        names[place] = row[2]

    def text(field: int) -> NDArray[np.object_]:
        return np.array([row[field] for row in rows], dtype=object)

    return Partition(text(0), text(1), text(4), names, np.array([row[3] == "1" for row in rows], dtype=bool))


def _read(path: Path) -> Iterator[tuple[str, str, list[str], str, str]]:
    """Yield id, BIN, names, flag and sequence of each row."""
    with path.open(encoding="utf-8") as lines:
        next(lines)
        for line in lines:
            id, bin, *names, stripped, sequence = line.rstrip("\n").split("\t")
            yield id, bin, names, stripped, sequence


def size_notes(summary: dict[str, Any]) -> list[str]:
    """Return a line for each partition whose size is not the published one: the data are incomplete, or of another
    version."""
    return [
        f"{split} ({convention}): {found:,} barcodes, published {size:,}"
        for convention, sizes in PUBLISHED_SIZES.items()
        for split, size in sizes.items()
        if (found := summary["barcodes"][convention].get(split, 0)) != size
    ]
