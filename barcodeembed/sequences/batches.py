"""From a stream of barcodes to blocks that are placed, judged and ready for a model; reading ahead."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.placement.anchor import Anchor
from barcodeembed.sequences.placement.placements import Placements

T = TypeVar("T")

STATUSES = {
    "ok": "embedded",
    "too_short": "fewer bases (or fewer on the barcode region) than --min-length",
    "too_ambiguous": "more ambiguous bases than --max-ambiguous allows",
    "not_coi": "could not be placed on the barcode region: another marker, a contaminant or noise",
    "not_dna": "holds characters that are not DNA (protein?)",
}
"""Every value of the column ``status`` and what it means."""


@dataclass(frozen=True)
class Limits:
    """What a barcode must have to be embedded."""

    min_length: int = 100
    """Bases, and bases on the barcode region."""
    max_ambiguous: float = 0.1
    """Share of bases that are not A, C, G or T."""


@dataclass(frozen=True)
class Block:
    """B consecutive barcodes of the input: where they lie and what is wrong with them, if anything."""

    barcodes: list[Barcode]
    placements: Placements
    status: list[str]

    def __len__(self) -> int:
        return len(self.barcodes)

    @property
    def ok(self) -> NDArray[np.int64]:
        """Indices of the barcodes that can be embedded."""
        return np.flatnonzero(np.array(self.status, dtype=object) == "ok")

    @cached_property
    def sha1(self) -> list[str]:
        """SHA-1 of each cleaned sequence, in hexadecimal."""
        return [barcode.sha1 for barcode in self.barcodes]


def prepare(barcodes: list[Barcode], anchor: Anchor | None, limits: Limits) -> Block:
    """Place barcodes and decide which can be embedded. Without an anchor (another marker) nothing is placed."""
    sequences = [barcode.sequence for barcode in barcodes]
    qualities = [barcode.quality for barcode in barcodes]
    placements = anchor.place(sequences, qualities) if anchor else Placements.none(len(barcodes))
    covered = (placements.columns > 0).sum(axis=1)
    status = [
        _status(barcode, bool(placed) or anchor is None, int(n) if anchor else None, limits)
        for barcode, placed, n in zip(barcodes, placements.placed, covered, strict=True)
    ]
    return Block(barcodes, placements, status)


def _status(barcode: Barcode, placed: bool, covered: int | None, limits: Limits) -> str:
    if not barcode.is_dna:
        return "not_dna"
    length = len(barcode.sequence)
    if length < limits.min_length:
        return "too_short"
    if barcode.n_ambiguous > limits.max_ambiguous * length:
        return "too_ambiguous"
    if not placed:
        return "not_coi"
    if covered is not None and covered < limits.min_length:
        return "too_short"
    return "ok"


def in_blocks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of ``size`` items; the last may be shorter."""
    stream = iter(items)
    while block := list(islice(stream, size)):
        yield block


def length_batches(lengths: NDArray[np.int64], batch_size: int) -> Iterator[NDArray[np.int64]]:
    """Indices of rows in batches of similar length, longest first, so that batches hold little padding.

    A batch ends early where the next row is shorter than nine tenths of its first.
    """
    order = np.argsort(-lengths, kind="stable")
    begin = 0
    for end in range(1, len(order) + 1):
        if end == len(order) or end - begin == batch_size or lengths[order[end]] < 0.9 * lengths[order[begin]]:
            yield order[begin:end]
            begin = end


def read_ahead(items: Iterable[T], depth: int = 4, while_waiting: Callable[[], None] = lambda: None) -> Iterator[T]:
    """The same items, made in a thread that runs up to ``depth`` items ahead of the consumer.

    What the thread raises is raised here; when the consumer stops early, so does the thread, unless it hangs
    on input that doesn't come. ``while_waiting`` is called every now and then until the next item is there: it
    may raise.
    """
    ready: queue.Queue[tuple[T | None, BaseException | None]] = queue.Queue(maxsize=depth)
    stopped = threading.Event()

    def put(entry: tuple[T | None, BaseException | None]) -> None:
        while not stopped.is_set():
            try:
                ready.put(entry, timeout=0.1)
            except queue.Full:
                continue
            break

    def work() -> None:
        try:
            for item in items:
                put((item, None))
                if stopped.is_set():
                    return
            put((None, StopIteration()))
        except BaseException as error:
            put((None, error))

    thread = threading.Thread(target=work, name="read-ahead", daemon=True)
    thread.start()
    try:
        while True:
            try:
                item, error = ready.get(timeout=0.2)
            except queue.Empty:
                while_waiting()
                continue
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc]
    finally:
        stopped.set()
        thread.join(timeout=1)
