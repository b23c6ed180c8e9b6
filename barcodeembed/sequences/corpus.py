"""A pretraining corpus: placed barcodes as a memory-mapped array of packed codes, 329 bytes a barcode.

``columns.npy`` holds each distinct barcode once, two columns a byte, in input order; ``corpus.json`` says
where they came from. A barcode belongs to the held-out part if a hash of its bases says so, so the part is
the same whatever the order or number of the input files.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.errors import InputError
from barcodeembed.sequences.anchor import Anchor
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.codes import Codes, pack, unpack

HELD_OUT_SHARE = 1 / 64
"""Share of the barcodes that validation uses and training never sees."""

_CHUNK = 1024


@dataclass(frozen=True)
class PlacedCorpus:
    """Distinct placed barcodes on disk.

    Attributes
    ----------
    packed
        uint8 (N, C / 2), memory-mapped.
    summary
        counts and checksum, as in ``corpus.json``.
    """

    packed: NDArray[np.uint8]
    summary: dict[str, Any]

    def __len__(self) -> int:
        return len(self.packed)

    def columns(self, rows: NDArray[np.int64]) -> Codes:
        """Base codes (n, C) of these rows."""
        return unpack(self.packed[rows])

    def held_out(self) -> NDArray[np.bool_]:
        """(N,) True for barcodes kept for validation."""
        limit = int(HELD_OUT_SHARE * 2**32)
        return np.fromiter((_hash(row) % 2**32 < limit for row in self.packed), bool, len(self.packed))

    @classmethod
    def open(cls, directory: Path) -> PlacedCorpus:
        """Open a corpus that :func:`build_corpus` made.

        Raises
        ------
        InputError
            if there is none, or it is damaged.
        """
        try:
            summary = json.loads((directory / "corpus.json").read_text())
            packed = np.load(directory / "columns.npy", mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise InputError(f"not a placed corpus ({error})", path=directory) from error
        if packed.ndim != 2 or len(packed) != summary.get("barcodes"):
            raise InputError("the corpus is damaged: its array and its summary differ", path=directory)
        return cls(packed, summary)


def build_corpus(
    barcodes: Iterable[Barcode],
    anchor: Anchor,
    directory: Path,
    *,
    min_columns: int,
    progress: Callable[[int], None] = lambda n: None,
) -> PlacedCorpus:
    """Place barcodes, keep the distinct ones that cover ``min_columns`` columns or more, write them down.

    Memory: 16 bytes a distinct barcode (its hash) beside one chunk.

    Raises
    ------
    InputError
        if nothing is kept.
    """
    directory.mkdir(parents=True, exist_ok=True)
    counts: Counter[str] = Counter()
    checksum = hashlib.sha256()
    width = anchor.profile.columns // 2
    raw = directory / "columns.raw"
    with raw.open("wb") as file:
        for rows in _distinct(_placed(barcodes, anchor, min_columns, counts, progress), counts):
            checksum.update(rows)
            file.write(rows)
    kept = raw.stat().st_size // width
    if kept == 0:
        raise InputError(f"no barcode could be placed: {dict(counts)}", path=directory)
    array = np.memmap(raw, np.uint8, "r", shape=(kept, width))
    np.save(directory / "columns.tmp.npy", array, allow_pickle=False)
    del array
    raw.unlink()
    os.replace(directory / "columns.tmp.npy", directory / "columns.npy")
    summary = {
        "barcodes": kept,
        "profile": anchor.profile.name,
        "sha256": checksum.hexdigest(),
        **dict(sorted(counts.items())),
    }
    (directory / "corpus.tmp.json").write_text(json.dumps(summary, indent=1) + "\n")
    os.replace(directory / "corpus.tmp.json", directory / "corpus.json")
    return PlacedCorpus.open(directory)


def _placed(
    barcodes: Iterable[Barcode],
    anchor: Anchor,
    min_columns: int,
    counts: Counter[str],
    progress: Callable[[int], None],
) -> Iterator[Codes]:
    """Packed columns (n, C / 2) of the barcodes that can be placed and are long enough, chunk by chunk."""
    stream = iter(barcodes)
    while chunk := list(islice(stream, _CHUNK)):
        placements = anchor.place([barcode.sequence for barcode in chunk])
        long_enough = (placements.columns > 0).sum(axis=1) >= min_columns
        counts["read"] += len(chunk)
        counts["not_placed"] += int((~placements.placed).sum())
        counts["too_short"] += int((placements.placed & ~long_enough).sum())
        progress(counts["read"])
        yield pack(placements.columns[placements.placed & long_enough])


def _distinct(chunks: Iterable[Codes], counts: Counter[str]) -> Iterator[bytes]:
    """Rows that were not met before, as bytes."""
    seen: set[int] = set()
    for rows in chunks:
        for row in rows:
            key = _hash(row)
            if key in seen:
                counts["duplicate"] += 1
            else:
                seen.add(key)
                yield row.tobytes()


def _hash(row: NDArray[np.uint8]) -> int:
    return int.from_bytes(hashlib.blake2b(row.tobytes(), digest_size=8).digest(), "little")
