"""Limit the memory that a library allocates for a file to what the file can need."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from barcodeembed.errors import DeviceError

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

_ROOM = 256 << 20
"""Bytes that reading any file may take, in addition to four times its size."""


def check_allowed_memory(least: int) -> None:
    """Check that the process may use ``least`` bytes: libraries that are loaded with too little crash without a word.

    Raises
    ------
    DeviceError
        if the limit that ``ulimit -v`` sets is lower.
    """
    if resource is None:
        return
    allowed = resource.getrlimit(resource.RLIMIT_AS)[0]
    if allowed != resource.RLIM_INFINITY and allowed < least:
        raise DeviceError(f"ulimit -v allows {allowed >> 20:,} MiB of memory: let it allow 2,000 or more")


@contextmanager
def bounded_memory(path: str | os.PathLike[str]) -> Iterator[None]:
    """While the block runs, limit the memory of the process to what a file of this size can need.

    FAISS and HDF5 allocate as much memory as a file claims to need before they read it. Where the system has no such
    limits (Windows), this does nothing.
    """
    if resource is None:
        yield
        return
    kept = None
    with suppress(OSError, ValueError, StopIteration):
        with open("/proc/self/status") as status:
            used = next(int(line.split()[1]) << 10 for line in status if line.startswith("VmData:"))
        kept = resource.getrlimit(resource.RLIMIT_DATA)
        most = used + 4 * os.path.getsize(path) + _ROOM
        if kept[0] == resource.RLIM_INFINITY or most < kept[0]:
            resource.setrlimit(resource.RLIMIT_DATA, (most, kept[1]))
    try:
        yield
    finally:
        if kept:
            resource.setrlimit(resource.RLIMIT_DATA, kept)
