"""The one way from barcodes to vectors: a lazy stream of blocks in which identical barcodes are computed once.

``embed``, ``index``, ``classify``, the fragments of calibration, the benchmark and Python take their vectors from
:func:`embedded_blocks`. They differ in what they remember of a sequence that occurs again (a row on disk, a call, a
place in memory), so each gives the stream a memory of its own kind.

Letters in shapes: B barcodes in a block, n of them that are computed, N rows in all, D width of a vector.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.batches import Block, Limits, in_blocks, read_ahead
from barcodeembed.sequences.placing import prepared
from barcodeembed.workflows.embedders import AnyEmbedder
from barcodeembed.workflows.text_table import TextTable

BLOCK = 1024
"""Number of barcodes that are placed and embedded together. Which barcodes are batched together depends on the input
alone, so that equal inputs give equal bytes. All barcodes of a batch have the same number of tokens, so small blocks
make small batches: with 256 barcodes in a block, ``classify`` takes a fifth more processor time."""

Vector = NDArray[np.float32]
"""The vector of one barcode."""

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
    size: int = 0,
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
        number of barcodes in a block; ``BLOCK`` if 0.
    wanted
        function that returns the numbers of the barcodes of a block that are to be embedded; by default all that can
        be.
    keys
        returns what tells the barcodes of a block apart, in hexadecimal. Those of equal keys are computed once.
    check
        called while the next block is not ready yet, and when the consumer is done with one; it may raise an error, to
        stop.
    """
    blocks = prepared(in_blocks(barcodes, size or BLOCK), embedder.anchor, limits, embedder.placing_processes)
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


class GrowingRows:
    """Rows of numbers (n, width) in memory that grows with them.

    The memory is enlarged in place where the system can do that (Linux moves pages without copying them). Blocks that
    are kept and joined at the end would need twice as much.
    """

    def __init__(self, width: int, dtype: type) -> None:
        self._rows: NDArray[Any] = np.empty((0, width), dtype=dtype)
        self._n = 0

    def __len__(self) -> int:
        return self._n

    def add(self, rows: NDArray[Any]) -> None:
        """Add rows (m, width) at the end."""
        end = self._n + len(rows)
        if end > len(self._rows):
            # A sixteenth more than needed, so that few enlargements are made and little memory is left over.
            self._rows.resize((end + end // 16, self._rows.shape[1]), refcheck=False)
        self._rows[self._n : end] = rows
        self._n = end

    def at(self, places: NDArray[np.int64] | Sequence[int]) -> NDArray[Any]:
        """Return a copy of some rows."""
        return self._rows[: self._n][places]

    def taken(self) -> NDArray[Any]:
        """Return all rows (n, width), not copied. Nothing can be added afterwards."""
        rows, self._rows = self._rows, np.empty((0, 0), dtype=self._rows.dtype)
        rows.resize((self._n, rows.shape[1]), refcheck=False)
        return rows


class AllVectors:
    """The vectors of all rows, in memory: a memory that forgets no sequence."""

    def __init__(self, dim: int) -> None:
        self._row = TextTable()
        self._vectors = GrowingRows(dim, np.float32)

    def find(self, sha1: str) -> int | None:
        """Return the first row of this sequence; None if it is new."""
        return self._row.find(sha1)

    def add(self, found: Embedded[int], numbers: NDArray[np.int64]) -> None:
        """Add the barcodes with these numbers in a block as the next rows. One that was not embedded becomes a row of
        NaN."""
        start = len(self._vectors)
        vectors = np.full((len(numbers), found.vectors.shape[1]), np.nan, dtype=np.float32)
        for row, i in enumerate(numbers.tolist()):
            if found.place[i] >= 0:
                vectors[row] = found.vectors[found.place[i]]
                self._row.add(found.block.sha1[i], start + row)
            elif i in found.known:
                vectors[row] = self._vectors.at([found.known[i]])
        self._vectors.add(vectors)

    @property
    def n_distinct(self) -> int:
        """Number of different barcodes that were embedded."""
        return len(self._row)

    def vectors(self) -> NDArray[np.float32]:
        """Return the vectors of all rows, in order, float32 (N, D). Nothing can be added afterwards."""
        return self._vectors.taken()
