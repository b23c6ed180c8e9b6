"""Locks let only one run at a time write an output. A lock is released when the process that holds it ends.

The lock is on a file ``.NAME.barcodeembed-lock`` in the output's folder. The file says who holds the lock and is
deleted on release. A file of that name which this program did not make is neither written nor deleted.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import socket
import stat
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

from barcodeembed.errors import UsageError
from barcodeembed.outputs.failures import write_error
from barcodeembed.outputs.identity import through_links
from barcodeembed.outputs.waiting import Waiting

FORMAT = "barcodeembed-lock"

_LONGEST = 150  # bytes; file systems allow names of 255 bytes, and we add a few
_OPENED = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class Lock:
    """A lock, held from :func:`lock` until :meth:`release` or the end of the process."""

    def __init__(self, path: Path, handle: int) -> None:
        self._path, self._handle = path, handle

    def release(self) -> None:
        """Release the lock; a second call does nothing."""
        if self._handle < 0:
            return
        waiting = Waiting()
        handle, self._handle = self._handle, -1
        try:
            # Deleted while it is still held, so that no other run can hold the deleted file.
            if _is_at(handle, self._path):
                self._path.unlink()
        except OSError:
            pass  # a file is left that nobody holds; the next run takes it over
        finally:
            os.close(handle)
            _held.discard(self)
            waiting.end()


_held: set[Lock] = set()
"""The locks of this process, so that none is left where a signal came between taking it and noting it."""


def release_all() -> None:
    """Release every lock that this process holds."""
    while _held:
        _held.pop().release()


def lock(target: Path) -> Lock:
    """Keep other runs from writing ``target`` (a file or a folder, through links). On a disk without locks this does
    nothing.

    Raises
    ------
    UsageError
        if another run holds the lock (the message names it), or if a file that is not ours is in the way.
    OutputError
        if the folder cannot be written.
    """
    with Waiting():
        _held.add(held := _lock(target))
        return held


def _lock(target: Path) -> Lock:
    real = through_links(target)
    path = real.with_name(f".{shortened(real.name)}.barcodeembed-lock")
    while True:
        handle = _open(path, target)
        try:
            holder = _holder(handle, path)
            _acquire(handle, target, holder)
            if _is_at(handle, path):
                _say_who(handle)
                return Lock(path, handle)
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # its holder deleted the file on release: try again


def shortened(name: str) -> str:
    """Return a name; if it is long, its beginning and a hash, so that something can be put before and behind it."""
    if len(name) <= _LONGEST and len(os.fsencode(name)) <= _LONGEST:
        return name
    digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:16]
    return f"{name[: _LONGEST // 4]}-{digest}"


def me() -> dict[str, Any]:
    """Return what other runs may want to know about this process."""
    command = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    since = datetime.now().astimezone().isoformat(timespec="seconds")
    return {"process": os.getpid(), "host": socket.gethostname(), "command": command, "since": since}


def _open(path: Path, target: Path) -> int:
    try:
        handle = os.open(path, _OPENED, 0o666)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO, errno.EISDIR):
            raise UsageError(f"{path} is in the way of a lock: move it away") from error
        raise write_error(target, error) from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise UsageError(f"{path} is in the way of a lock: move it away")
    return handle


def _holder(handle: int, path: Path) -> dict[str, Any]:
    """Return the content of a lock file; empty if it has none yet."""
    text = os.pread(handle, 4096, 0)
    if not text:
        return {}
    try:
        said = json.loads(text)
        if said["format"] == FORMAT:
            return dict(said)
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise UsageError(f"{path} is no lock of ours and is in the way of one: move it away")


def _acquire(handle: int, target: Path, holder: dict[str, Any]) -> None:
    if fcntl is None:
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        who = "another run"
        if {"process", "host", "since"} <= holder.keys():
            who += f" (process {holder['process']!s:.20} on {holder['host']!s:.80}, since {holder['since']!s:.40})"
        raise UsageError(f"{target} is being written by {who}: wait for it or stop it") from error
    except OSError:
        pass


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.lstat(path))
    except OSError:
        return False


def _say_who(handle: int) -> None:
    """Write into the lock file who holds it. On a full disk nothing is written, but the lock holds all the same."""
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps({"format": FORMAT, **me()}).encode() + b"\n", 0)
    except OSError:
        pass
