"""Turn a stream of barcodes into blocks that are placed, judged and ready for a model, reading ahead in a thread."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
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
"""Every value of the column ``status``, and what it means."""


@dataclass(frozen=True)
class Limits:
    """What a barcode must have to be embedded."""

    min_length: int = 100
    """Least number of bases, and least number of bases on the barcode region."""
    max_ambiguous: float = 0.1
    """Largest share (0 to 1) of bases that are not A, C, G or T."""


@dataclass(frozen=True)
class Block:
    """B consecutive barcodes of the input, with their placements and statuses."""

    barcodes: list[Barcode]
    placements: Placements
    status: list[str]

    def __len__(self) -> int:
        return len(self.barcodes)

    @property
    def ok(self) -> NDArray[np.int64]:
        """Numbers, within the block, of the barcodes that can be embedded."""
        return np.flatnonzero(np.array(self.status, dtype=object) == "ok")

    @cached_property
    def sha1(self) -> list[str]:
        """SHA-1 of each cleaned sequence, in hexadecimal."""
        return [barcode.sha1 for barcode in self.barcodes]

    @cached_property
    def with_qualities(self) -> list[str]:
        """What :func:`with_quality` returns for each barcode."""
        return [with_quality(sha1, barcode) for sha1, barcode in zip(self.sha1, self.barcodes, strict=True)]


def with_quality(sha1: str, barcode: Barcode) -> str:
    """Return the SHA-1 of a barcode, followed by a hash of its qualities where they are known, in hexadecimal."""
    return sha1 + blake2b(barcode.quality, digest_size=8).hexdigest() if barcode.quality else sha1


def prepare(barcodes: list[Barcode], anchor: Anchor | None, limits: Limits) -> Block:
    """Place barcodes and decide which of them can be embedded.

    Without an anchor (another marker) nothing is placed.
    """
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
    """Return the status of one barcode; ``covered`` is the number of columns that it covers."""
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


def why_none(rejected: Mapping[str, int]) -> str:
    """Return in words why not one of the sequences is ``ok``, and what may help; ``rejected`` counts them by reason."""
    reasons = {reason for reason, number in rejected.items() if number}
    if reasons == {"too_short"}:
        return "all sequences are shorter than --min-length, or cover less of the barcode region"
    if reasons == {"too_ambiguous"}:
        return "all sequences have more ambiguous bases than --max-ambiguous allows: cut N off their ends"
    if reasons == {"not_dna"}:
        return "not a single sequence is DNA"
    if reasons == {"not_coi"}:
        return (
            "not a single sequence could be placed on the barcode region: are they of another marker, or written "
            "backwards without being complemented?"
        )
    return "not a single sequence could be placed on the barcode region"


def in_blocks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of ``size`` consecutive items; the last may be shorter."""
    stream = iter(items)
    while block := list(islice(stream, size)):
        yield block


def length_batches(lengths: NDArray[np.int64], batch_size: int) -> Iterator[NDArray[np.int64]]:
    """Yield the numbers of rows in batches of up to ``batch_size``, each of one length, the longest first.

    So no row is padded, and a row is computed in the same way whatever rows are beside it.
    """
    order = np.argsort(-lengths, kind="stable")
    begin = 0
    for end in range(1, len(order) + 1):
        if end == len(order) or end - begin == batch_size or lengths[order[end]] != lengths[order[begin]]:
            yield order[begin:end]
            begin = end


def read_ahead(items: Iterable[T], depth: int = 4, while_waiting: Callable[[], None] = lambda: None) -> Iterator[T]:
    """Yield the same items, which are made in a thread that runs up to ``depth`` items ahead.

    An error in the thread is raised here. If the consumer stops early, the thread stops too, unless it waits for input
    that does not come. ``while_waiting`` is called from time to time until the next item is there, and before an error
    is raised; it may raise another one.
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
                while_waiting()  # a signal to all processes of a job ends those that place, too
                raise error
            yield item  # type: ignore[misc]
    finally:
        stopped.set()
        thread.join(timeout=1)
