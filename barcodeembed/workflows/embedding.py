"""The one way from barcodes to vectors: a lazy stream of blocks in which identical barcodes are computed once.

``embed``, ``index``, ``classify``, the fragments of calibration, the benchmark and Python take their vectors from
:func:`embedded_blocks`. They differ in what they remember of a sequence that occurs again (a row on disk, a call, a
place in memory), so each gives the stream a memory of its own kind.

Letters in shapes: B barcodes in a block, n of them that are computed, N rows in all, D width of a vector.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.batches import Block, Limits, in_blocks, read_ahead
from barcodeembed.sequences.placing import prepared
from barcodeembed.workflows.embedders import AnyEmbedder

BLOCK = 256
"""Number of barcodes that are placed and embedded together. Which barcodes are batched together depends on the input
alone, so that equal inputs give equal bytes."""

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Memory(Protocol[T_co]):
    """Knows sequences that occurred before."""

    def find(self, key: str) -> T_co | None:
        """Return what is known of the sequence with this key; None if it is new."""


class Recent(Generic[T]):
    """Remembers something about each of the last ``limit`` to twice ``limit`` distinct sequences.

    Two generations bound the memory: when the young one is full it becomes the old one, and the old one is forgotten. A
    sequence that occurs again moves to the young one, so that abundant sequences stay.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._young: dict[bytes, T] = {}
        self._old: dict[bytes, T] = {}

    def find(self, key: str) -> T | None:
        """Return what was added under this key, a hexadecimal hash; None if it is new or was forgotten."""
        packed = bytes.fromhex(key)
        found = self._young.get(packed)
        if found is None and (found := self._old.get(packed)) is not None:
            self._keep(packed, found)
        return found

    def add(self, key: str, value: T) -> None:
        """Remember this value under a key."""
        self._keep(bytes.fromhex(key), value)

    def _keep(self, key: bytes, value: T) -> None:
        if len(self._young) >= self._limit:
            self._old, self._young = self._young, {}
        self._young[key] = value


@dataclass(frozen=True)
class Embedded(Generic[T]):
    """A block with the vectors of its new barcodes.

    Attributes
    ----------
    block
        B barcodes with their placements and statuses.
    new
        int64 (n,): numbers, within the block, of the barcodes that were computed; of equal ones the first.
    vectors
        float32 (n, D): their vectors.
    place
        int64 (B,): for each barcode with the key of a computed one, the row in ``vectors``; -1 for the others.
    known
        what the memory had of the other barcodes that can be embedded, by their number within the block.
    """

    block: Block
    new: NDArray[np.int64]
    vectors: NDArray[np.float32]
    place: NDArray[np.int64]
    known: dict[int, T]


def embedded_blocks(
    barcodes: Iterable[Barcode],
    embedder: AnyEmbedder,
    limits: Limits,
    *,
    memory: Memory[T] | None = None,
    size: int = BLOCK,
    wanted: Callable[[Block], NDArray[np.int64]] = lambda block: block.ok,
    keys: Callable[[Block], list[str]] = lambda block: block.sha1,
    check: Callable[[], None] = lambda: None,
) -> Iterator[Embedded[T]]:
    """Place, judge and embed barcodes, block by block, in their order.

    Reading and placing run ahead in a thread, and for a GPU in several processes.

    Parameters
    ----------
    barcodes
        read as they are needed.
    embedder, limits
        what makes the vectors, and what a barcode must have to get one.
    memory
        asked once for each distinct sequence of a block; what it knows is not computed again. The consumer adds new
        sequences to it before asking for the next block. Without a memory every barcode is computed.
    size
        number of barcodes in a block.
    wanted
        function that returns the numbers of the barcodes of a block that are to be embedded; by default all that can
        be.
    keys
        returns what tells the barcodes of a block apart, in hexadecimal. Those of equal keys are computed once.
    check
        called while the next block is not ready yet, and when the consumer is done with one; it may raise an error, to
        stop.
    """
    blocks = prepared(in_blocks(barcodes, size), embedder.anchor, limits, embedder.placing_processes)
    for block in read_ahead(blocks, while_waiting=check):
        own_keys = keys(block)
        place = np.full(len(block), -1, dtype=np.int64)
        new: list[int] = []
        first: dict[str, int] = {}
        asked: dict[str, T] = {}
        known: dict[int, T] = {}
        for i in wanted(block).tolist():
            key = own_keys[i] if memory else str(i)
            if key not in first and key not in asked:
                found = memory.find(key) if memory else None
                if found is None:
                    first[key] = len(new)
                    new.append(i)
                else:
                    asked[key] = found
            if key in first:
                place[i] = first[key]
            else:
                known[i] = asked[key]
        rows = np.array(new, dtype=np.int64)
        vectors = embedder.embed(block.placements.select(rows), [block.barcodes[i].sequence for i in new])
        yield Embedded(block, rows, vectors, place, known)
        check()


class AllVectors:
    """Every distinct barcode and its vector, all in memory: a memory that forgets nothing."""

    def __init__(self, dim: int) -> None:
        self._place: dict[str, int] = {}
        self._parts = [np.empty((0, dim), dtype=np.float32)]
        self._rows: list[int] = []

    def find(self, sha1: str) -> int | None:
        """Return the place among the distinct barcodes; None if the sequence is new."""
        return self._place.get(sha1)

    def add(self, found: Embedded[int], index: NDArray[np.int64]) -> None:
        """Add the barcodes ``index`` of a block as the next rows; one that was not embedded becomes a row of NaN."""
        start = len(self._place)
        self._place |= {found.block.sha1[i]: start + n for n, i in enumerate(found.new.tolist())}
        self._parts.append(found.vectors)
        for i in index.tolist():
            self._rows.append(start + int(found.place[i]) if found.place[i] >= 0 else found.known.get(i, -1))

    @property
    def n_distinct(self) -> int:
        """Number of different barcodes that were embedded."""
        return len(self._place)

    def vectors(self) -> NDArray[np.float32]:
        """Return the vectors of all rows, in order, float32 (N, D)."""
        distinct = np.concatenate(self._parts)
        nothing = np.full((1, distinct.shape[1]), np.nan, dtype=np.float32)
        return np.concatenate([distinct, nothing])[np.array(self._rows, dtype=np.int64)]
