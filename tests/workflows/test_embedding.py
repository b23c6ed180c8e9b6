"""The stream of embedded blocks: in order, lazy, identical barcodes once, and what it is told to leave out."""

import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest

from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.batches import Limits
from barcodeembed.workflows.embedders import open_embedder
from barcodeembed.workflows.embedding import AllVectors, GrowingRows, Recent, embedded_blocks


@pytest.fixture
def some(barcodes: list[str]) -> list[Barcode]:
    """Nine reads of four different barcodes, and one that is too short."""
    order = [0, 1, 0, 2, 2, 3, 0, 1, 3]
    reads = [Barcode(f"r{i}", barcodes[n]) for i, n in enumerate(order)]
    return [*reads[:4], Barcode("short", "ACGT"), *reads[4:]]


def test_each_sequence_is_computed_once_and_all_get_their_vector(some: list[Barcode]) -> None:
    embedder, memory = open_embedder("kmer4"), AllVectors(256)
    computed, known = [], []
    for found in embedded_blocks(some, embedder, Limits(), memory=memory, size=4):
        computed += [found.block.barcodes[i].id for i in found.new]
        known += [found.block.barcodes[i].id for i in found.known]
        memory.add(found, np.arange(len(found.block)))
    assert computed == ["r0", "r1", "r3", "r5"]
    assert known == ["r4", "r6", "r7", "r8"]  # r2 is in the block of r0
    vectors = memory.vectors()
    assert vectors.shape == (10, 256)
    assert np.isnan(vectors[4]).all()
    plain = np.concatenate([found.vectors for found in embedded_blocks(some, embedder, Limits())])
    assert np.array_equal(np.delete(vectors, 4, axis=0), plain)
    assert memory.n_distinct == 4


def test_vectors_do_not_depend_on_the_size_of_a_block(barcodes: list[str]) -> None:
    reads = [Barcode(f"r{n}", sequence[n % 7 * 30 :]) for n, sequence in enumerate(barcodes * 3)]
    embedder = open_embedder("default")
    small, large = (
        np.concatenate([found.vectors for found in embedded_blocks(reads, embedder, Limits(), size=size)])
        for size in (16, 1024)
    )
    assert np.array_equal(small, large)


def test_growing_rows_are_those_that_were_added() -> None:
    rng = np.random.default_rng(0)
    blocks = [rng.integers(0, 255, (n, 5), dtype=np.uint8) for n in (3, 0, 1, 40, 7)]
    rows = GrowingRows(5, np.uint8)
    for block in blocks:
        rows.add(block)
    assert len(rows) == 51
    assert np.array_equal(rows.at([0, 50]), [blocks[0][0], blocks[4][6]])
    assert np.array_equal(rows.taken(), np.concatenate(blocks))


def test_growing_rows_need_little_more_memory_than_they_hold() -> None:
    tracemalloc.start()
    rows = GrowingRows(1000, np.float32)
    for _ in range(200):
        rows.add(np.ones((50, 1000), dtype=np.float32))
    taken = rows.taken()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert taken.nbytes == 40_000_000
    assert peak < 1.3 * taken.nbytes


def test_what_is_not_wanted_is_not_computed(some: list[Barcode]) -> None:
    (found,) = embedded_blocks(some, open_embedder("kmer4"), Limits(), wanted=lambda block: block.ok[::3])
    assert found.new.tolist() == [0, 3, 7]
    assert found.place.tolist() == [0, -1, -1, 1, -1, -1, -1, 2, -1, -1]


def test_it_reads_no_more_than_a_few_blocks_ahead(barcodes: list[str]) -> None:
    read = 0

    def endless() -> Iterator[Barcode]:
        nonlocal read
        while True:
            read += 1
            yield Barcode(str(read), barcodes[0])

    stream = embedded_blocks(endless(), open_embedder("kmer4"), Limits(), size=8)
    next(stream)
    stream.close()
    assert read <= 8 * 7


def test_it_stops_where_it_is_told_to(some: list[Barcode]) -> None:
    def check() -> None:
        if done:
            raise KeyboardInterrupt

    done: list[int] = []
    stream = embedded_blocks(some, open_embedder("kmer4"), Limits(), size=4, check=check)
    done.append(len(next(stream).block))
    with pytest.raises(KeyboardInterrupt):
        next(stream)


def test_the_memory_forgets_what_is_old_but_not_what_comes_often() -> None:
    recent: Recent[int] = Recent(3)
    names = [f"{i:040x}" for i in range(20)]
    for i, name in enumerate(names):
        assert recent.find(name) is None
        recent.add(name, i)
        assert recent.find(names[0]) == 0
    assert recent.find(names[19]) == 19
    assert recent.find(names[5]) is None
