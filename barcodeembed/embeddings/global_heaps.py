"""Check the heaps of an HDF5 file, where texts of any length are kept, before the HDF5 library reads them.

A heap is a header of 16 bytes, with its size, and entries one behind the other. Each entry begins with 16 bytes: a
number, a count, and a size. The library steps from entry to entry by these sizes, and never ends where one is zero or
leads back. Entry number 0 is free space, and its size counts its own head; the sizes of all others do not.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

_MAGIC = b"GCOL\x01\0\0\0"
_HEAD = 16  # bytes of the head of a heap, and of that of an entry
_SIZES = (8, 8)  # bytes of an address and of a size in files of every program that is known to us
_MOST_ENTRIES = 1 << 16  # entries of a heap have numbers of 16 bits


def check_heaps(file: Any) -> None:
    """Refuse a file with a heap in which a reader would go round without end.

    Raises
    ------
    ValueError
        saying where.
    """
    if file.id.get_create_plist().get_sizes() != _SIZES:
        raise ValueError("its addresses and sizes are not of 8 bytes")
    with open(file.filename, "rb") as stream:
        content = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    starts = []
    for start, end in _between_arrays(file, len(content)):
        place = content.find(_MAGIC, start, end)
        while place >= 0:
            starts.append(place)
            place = content.find(_MAGIC, place + 1, end)
    if starts:
        _follow(np.frombuffer(content, dtype=np.uint8), np.array(starts, dtype=np.int64))


def _between_arrays(file: Any, size: int) -> Iterator[tuple[int, int]]:
    """Yield the parts of a file, from a byte to before another, that are no array of numbers in one piece."""
    arrays: list[tuple[int, int]] = []

    def note(name: str, node: Any) -> None:
        if isinstance(node, h5py.Dataset) and node.chunks is None and node.dtype.kind in "biuf":
            offset, length = node.id.get_offset(), node.id.get_storage_size()
            if offset is not None and length:
                arrays.append((offset, offset + length))

    file.visititems(note)
    place = 0
    for start, end in sorted(arrays):
        if start > place:
            yield place, min(start + len(_MAGIC) - 1, size)  # a heap may begin just before
        place = max(place, end)
    yield min(place, size), size


def _follow(content: NDArray[np.uint8], starts: NDArray[np.int64]) -> None:
    """Follow the entries of all heaps at once, from the first entry of each to the second, and so on.

    Raises
    ------
    ValueError
        if an entry leads back, or out of its heap.
    """
    _check(starts, starts + _HEAD <= len(content))
    sizes = _numbers(content, starts + 8, "<u8")
    _check(starts, (sizes >= _HEAD) & (sizes <= len(content) - starts))
    places, ends = starts + _HEAD, starts + sizes.astype(np.int64)
    for _ in range(_MOST_ENTRIES):
        inside = places + _HEAD <= ends
        places, ends = places[inside], ends[inside]
        if not len(places):
            return
        lengths = _numbers(content, places + 8, "<u8")
        _check(places, lengths <= ends - places)
        lengths = lengths.astype(np.int64)
        steps = np.where(_numbers(content, places, "<u2") > 0, _HEAD + lengths + -lengths % 8, lengths)
        _check(places, (steps >= _HEAD) & (places + steps <= ends))
        places = places + steps
    raise ValueError("a heap has too many entries")


def _numbers(content: NDArray[np.uint8], places: NDArray[np.int64], kind: str) -> NDArray[Any]:
    """Return the number (n,) that stands at each of these bytes."""
    width = np.dtype(kind).itemsize
    return content[places[:, None] + np.arange(width)].view(kind)[:, 0]


def _check(places: NDArray[np.int64], good: NDArray[np.bool_]) -> None:
    if not good.all():
        raise ValueError(f"the heap of texts is damaged at byte {places[~good][0]:,}")
