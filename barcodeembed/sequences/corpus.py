"""A corpus for pretraining: placed barcodes in a memory-mapped array of packed codes, 329 bytes a barcode.

``columns.npy`` holds each distinct barcode once, two columns to a byte, in input order. ``corpus.json`` says where they
are from. ``names.npy`` has their taxa, if names were asked for. ``held_out.npy`` lists the rows of the held-out part. A
hash of its bases decides whether a barcode belongs to that part, so the part does not depend on the order or number of
the input files.
"""

from __future__ import annotations

import hashlib
import io
import json
import mmap
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from barcodeembed.errors import InputError, damaged
from barcodeembed.outputs.staging import create, staged, write_bytes, write_text
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.codes import Codes, pack, unpack
from barcodeembed.sequences.formats.unchanged import Mapped
from barcodeembed.sequences.names.corpus_names import NameCollector
from barcodeembed.sequences.placement.anchor import Anchor
from barcodeembed.taxonomy import RANKS, Lineage

HELD_OUT_SHARE = 1 / 64
"""Share of the barcodes that are used for validation and never for training."""

NAMES_FILE = "names.npy"
"""File with the taxa of the barcodes, in the folder of a corpus."""

SUMMARY_FILE = "corpus.json"
CORPUS_FILES = (SUMMARY_FILE, "columns.npy", "held_out.npy", NAMES_FILE)
"""All files of a corpus."""

_CHUNK = 1024
_RECENT = 65_536
"""Number of hashes that are kept apart before they are sorted in among the others."""


@dataclass(frozen=True)
class PlacedCorpus:
    """Distinct placed barcodes on disk.

    Attributes
    ----------
    packed
        uint8 (N, C / 2), memory-mapped.
    summary
        counts and checksum, as in ``corpus.json``.
    held_out
        uint32: rows that are kept for validation, in ascending order.
    names
        int32 (N, ranks): taxa of each barcode (:mod:`~barcodeembed.sequences.names.corpus_names`); None if they were
        not asked for.
    mapped
        the file of ``packed``, which must stay as long as it is.
    """

    packed: NDArray[np.uint8]
    summary: dict[str, Any]
    held_out: NDArray[np.uint32]
    names: NDArray[np.int32] | None = None
    mapped: Mapped | None = None

    def __len__(self) -> int:
        return len(self.packed)

    def columns(self, rows: NDArray[np.integer]) -> Codes:
        """Return the base codes (n, C) of these rows.

        Raises
        ------
        InputError
            if the file has another length than when it was opened.
        """
        if self.mapped is not None:
            self.mapped.check()
        taken = self.packed[rows]
        pages = self.packed.base
        if isinstance(pages, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            # The kernel keeps the file in its cache, so the pages that were read need not stay in our memory.
            pages.madvise(mmap.MADV_DONTNEED)
        return unpack(taken)

    def training_rows(self) -> NDArray[np.uint32]:
        """Return the rows that are not held out."""
        return np.delete(np.arange(len(self), dtype=np.uint32), self.held_out)

    def validation_rows(self, number: int) -> NDArray[np.uint32]:
        """Return about this many held-out rows, spread evenly over the corpus, which keeps the order of its sources."""
        return self.held_out[:: max(1, len(self.held_out) // number)]

    @classmethod
    def open(cls, directory: Path) -> PlacedCorpus:
        """Open what :func:`build_corpus` wrote.

        Raises
        ------
        InputError
            if it does not exist, or if its parts do not agree.
        """
        with damaged("not a placed corpus", directory, "start a new run"):
            summary = json.loads((directory / SUMMARY_FILE).read_text())
            mapped = Mapped(directory / "columns.npy", hint="start a new run")
            packed = _open_array(directory / "columns.npy", np.uint8, 2)
            held_out = np.array(_open_array(directory / "held_out.npy", np.uint32, 1))
            named = "names_sha256" in summary
            names = np.array(_open_array(directory / NAMES_FILE, np.int32, 2)) if named else None
            inputs = summary.get("inputs", [])
            if not isinstance(summary["sha256"], str) or not all(isinstance(one["name"], str) for one in inputs):
                raise ValueError(f"{SUMMARY_FILE} is not what was written")
            same = len(packed) == summary["barcodes"] and (np.diff(held_out.astype(np.int64)) > 0).all()
            if not same or (held_out >= len(packed)).any():
                raise ValueError("its arrays and its summary differ")
            if names is not None and names.shape != (len(packed), len(RANKS)):
                raise ValueError("its barcodes and its names differ")
        return cls(packed, summary, held_out, names, mapped)


def build_corpus(
    barcodes: Iterable[Barcode],
    anchor: Anchor,
    directory: Path,
    *,
    min_columns: int,
    inputs: Sequence[dict[str, Any]] = (),
    skipped: Mapping[str, int] = MappingProxyType({}),
    with_names: bool = False,
    on_progress: Callable[[int], None] = lambda n: None,
) -> PlacedCorpus:
    """Place barcodes, and write the distinct ones that cover ``min_columns`` columns or more.

    Memory: 8 bytes a distinct barcode (its hash), twice that while hashes are sorted, besides one chunk; with names 44
    bytes more.

    Parameters
    ----------
    barcodes, anchor, directory
        what is placed, on which columns, and where it is written.
    min_columns
        least number of covered columns.
    inputs
        names and checksums of the files, for the summary.
    skipped
        numbers of records that the reader left out, by reason; read when ``barcodes`` is used up.
    with_names
        whether the taxa of the barcodes are kept, too.
    on_progress
        called with the number of barcodes that were read.

    Raises
    ------
    InputError
        if no barcode is kept.
    """
    directory.mkdir(parents=True, exist_ok=True)
    counts: Counter[str] = Counter()
    checksum = hashlib.sha256()
    seen, held_out, kept = _Seen(), list[int](), 0
    names, kept_hashes = NameCollector(), list[NDArray[np.uint64]]()
    width = anchor.profile.columns // 2
    with staged(directory / "columns.npy") as place, io.BufferedWriter(create(place)) as file:
        _write_header(file, 0, width)
        for rows, lineages in _placed(barcodes, anchor, min_columns, counts, on_progress):
            hashes = np.array([_hash(row) for row in rows], dtype=np.uint64)
            new = seen.add(hashes)
            if with_names:
                names.add(hashes, lineages)
                kept_hashes.append(hashes[new])
            counts["duplicate"] += len(rows) - len(new)
            held_out += (kept + np.flatnonzero(_is_held_out(hashes[new]))).tolist()
            kept += len(new)
            written = rows[new].tobytes()
            checksum.update(written)
            file.write(written)
        if kept == 0:
            found = ", ".join(f"{n:,} {reason}" for reason, n in counts.items() if n)
            raise InputError(
                f"no barcode could be placed on the barcode region ({found})",
                path=inputs[0]["name"] if len(inputs) == 1 else None,
                hint="are these sequences of this marker?",
            )
        file.seek(0)
        _write_header(file, kept, width)
    _save_array(directory / "held_out.npy", np.array(held_out, dtype=np.uint32))
    summary = {
        "barcodes": kept,
        "profile": anchor.profile.name,
        "sha256": checksum.hexdigest(),
        **dict(sorted(counts.items())),
        "skipped": dict(sorted(skipped.items())),
        "inputs": list(inputs),
    }
    if with_names:
        summary |= _write_names(directory, names.table(np.concatenate(kept_hashes)))
    # The summary comes last: a folder that has one has a whole corpus.
    write_text(directory / SUMMARY_FILE, json.dumps(summary, indent=1) + "\n")
    return PlacedCorpus.open(directory)


class _Seen:
    """Hashes that occurred so far: a sorted array and a small set of recent ones."""

    def __init__(self) -> None:
        self._sorted = np.empty(0, dtype=np.uint64)
        self._recent: set[int] = set()

    def add(self, hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Add hashes and return the indices of those that did not occur before."""
        at = np.searchsorted(self._sorted, hashes)
        old = at < len(self._sorted)
        old[old] = self._sorted[at[old]] == hashes[old]
        new = []
        for i in np.flatnonzero(~old).tolist():
            key = int(hashes[i])
            if key not in self._recent:
                self._recent.add(key)
                new.append(i)
        if len(self._recent) > _RECENT:
            recent = np.fromiter(self._recent, np.uint64, len(self._recent))
            self._sorted = np.concatenate([self._sorted, recent])
            self._sorted.sort()
            self._recent.clear()
        return np.array(new, dtype=np.int64)


def _placed(
    barcodes: Iterable[Barcode],
    anchor: Anchor,
    min_columns: int,
    counts: Counter[str],
    on_progress: Callable[[int], None],
) -> Iterator[tuple[Codes, list[Lineage]]]:
    """Yield packed columns (n, C / 2) and names of the barcodes that can be placed and are long enough, chunk by
    chunk."""
    stream = iter(barcodes)
    while chunk := list(islice(stream, _CHUNK)):
        placements = anchor.place([barcode.sequence for barcode in chunk])
        long_enough = (placements.columns > 0).sum(axis=1) >= min_columns
        counts["read"] += len(chunk)
        counts["not_placed"] += int((~placements.placed).sum())
        counts["too_short"] += int((placements.placed & ~long_enough).sum())
        on_progress(counts["read"])
        kept = placements.placed & long_enough
        yield pack(placements.columns[kept]), [chunk[i].lineage for i in np.flatnonzero(kept)]


def _write_names(directory: Path, names: NDArray[np.int32]) -> dict[str, Any]:
    """Write the taxa, and return what the summary says of them."""
    _save_array(directory / NAMES_FILE, names)
    numbers = {rank: int((names[:, i] >= 0).sum()) for i, rank in enumerate(RANKS)}
    return {"names_sha256": hashlib.sha256(names.tobytes()).hexdigest(), "named": numbers}


def _open_array(path: Path, dtype: type, ndim: int) -> NDArray[Any]:
    """Open an array as a read-only map of its file, checking that it does not claim to be larger than the file.

    Raises
    ------
    ValueError
        if it is of another type or number of dimensions.
    """
    array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    if array.dtype != dtype or array.ndim != ndim or not array.flags.c_contiguous:
        raise ValueError(f"{path.name} is {array.dtype} {array.shape}")
    return array


def _save_array(path: Path, array: NDArray[Any]) -> None:
    """Write a small array completely. NumPy's own writer does not report that a disk is full."""
    content = io.BytesIO()
    np.save(content, array)
    write_bytes(path, content.getvalue())


def _write_header(file: BinaryIO, rows: int, width: int) -> None:
    """Write the head of a ``.npy`` file, with the room that NumPy leaves for a growing number of rows."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "|u1", "fortran_order": False, "shape": (rows, width)})
    file.write(head.getvalue())


def _is_held_out(hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
    return np.asarray(hashes % 2**32 < int(HELD_OUT_SHARE * 2**32))


def _hash(row: NDArray[np.uint8]) -> int:
    return int.from_bytes(hashlib.blake2b(row.tobytes(), digest_size=8).digest(), "little")
