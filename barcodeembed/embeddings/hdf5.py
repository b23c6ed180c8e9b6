"""Read HDF5 files of unknown origin: nothing outside of the file is read, and no size that it claims is trusted."""

from __future__ import annotations

import os
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from barcodeembed.embeddings.global_heaps import check_heaps

DAMAGE = (
    *(OSError, RuntimeError, KeyError, ValueError, TypeError, IndexError),
    *(OverflowError, MemoryError, AttributeError, RecursionError, SystemError),
)
"""Errors that h5py raises for a file that is damaged inside; it has no exception of its own for that."""

_ALWAYS = 64 << 20
_DENSEST = 1100
"""An array may have this many bytes, and as many for each byte that the file stores of it: gzip packs at most a
thousand equal bytes into one."""

_MOST_OBJECTS = 10_000
_DEEPEST = 64
"""Groups may be as many levels deep. HDF5 goes through all of a path again for each level."""


def check_self_contained(file: Any) -> None:
    """Refuse a file that leads to other files, whose arrays claim more than the file can hold, or whose heaps have no
    end.

    Raises
    ------
    ValueError
        naming what is wrong: links to other files, arrays in other files, virtual arrays, sizes, or heaps.
    """
    links: list[tuple[str, Any]] = []

    def note(name: str, link: Any) -> bool | None:
        # An error raised in here would leave HDF5 as another error, so it is returned.
        links.append((name, link))
        return len(links) > _MOST_OBJECTS or name.count("/") > _DEEPEST or None

    if file.visititems_links(note):
        many = len(links) > _MOST_OBJECTS
        raise ValueError(f"more than {_MOST_OBJECTS:,} objects" if many else f"groups {_DEEPEST} levels deep")
    file_bytes = os.path.getsize(file.filename)
    for name, link in links:
        if not isinstance(link, h5py.HardLink):
            raise ValueError(f"{name} is a link to elsewhere")
        node = file[name]
        if isinstance(node, h5py.Dataset):
            _check_array(node, file_bytes)
    check_heaps(file)


def _check_array(dataset: Any, file_bytes: int) -> None:
    """Refuse an array that is not in its file, or that is larger than what the file stores of it can be.

    Raises
    ------
    ValueError
        naming the array.
    """
    if dataset.is_virtual or dataset.external:
        raise ValueError(f"{dataset.name} is kept in another file")
    if dataset.shape is None:
        return
    held = min(dataset.id.get_storage_size(), file_bytes)
    width = dataset.dtype.itemsize
    sizes = [dataset.size * width]
    if dataset.chunks:
        chunk = width
        for length in dataset.chunks:
            chunk *= length
        sizes.append(chunk)
    if max(sizes) > max(_ALWAYS, _DENSEST * held):
        raise ValueError(f"{dataset.name} claims {max(sizes):,} bytes of which the file holds {held:,}")


def checked_array(file: Any, name: str, dtype: type | None, shape: tuple[int | None, ...]) -> Any:
    """Return the HDF5 dataset of this name, not yet read, after checking its type and shape.

    A type of None means text; a length of None means any length.

    Raises
    ------
    KeyError, TypeError, ValueError
        if there is no such array, or if it is of another type or shape.
    """
    dataset = file[name]
    if not isinstance(dataset, h5py.Dataset) or dataset.shape is None:
        raise TypeError(f"{name} is not an array")
    typed = dataset.dtype == dtype if dtype else h5py.check_string_dtype(dataset.dtype) is not None
    lengths = zip(dataset.shape, shape, strict=False)
    if not typed or dataset.ndim != len(shape) or any(want not in (None, have) for have, want in lengths):
        belongs = f"{np.dtype(dtype) if dtype else 'text'} {tuple('any' if n is None else n for n in shape)}"
        raise ValueError(f"{name} is {dataset.dtype} {dataset.shape} where {belongs} belongs")
    return dataset


def mapped_array(file: Any, name: str, dtype: type, shape: tuple[int | None, ...]) -> NDArray[Any]:
    """Return a contiguous HDF5 array as a read-only memory map of the file, after the checks of :func:`checked_array`.

    Only arrays of plain numbers are mapped, never references to memory.
    """
    dataset = checked_array(file, name, dtype, shape)
    if dataset.size == 0:
        return np.empty(dataset.shape, dtype=dtype)
    return np.memmap(file.filename, dtype=dtype, mode="r", offset=dataset.id.get_offset(), shape=dataset.shape)
