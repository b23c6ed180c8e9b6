"""Place blocks of barcodes in several processes, in their order, because a GPU embeds barcodes faster than one process
places them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice

from threadpoolctl import threadpool_limits

from barcodeembed.errors import DeviceError
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.batches import Block, Limits, prepare
from barcodeembed.sequences.placement.anchor import Anchor, shipped_anchor
from barcodeembed.sequences.placement.placements import Placements

AHEAD = 2
"""Number of blocks for each process that are placed or wait to be used: one to work on, and the next."""


def prepared(
    blocks: Iterable[list[Barcode]], anchor: Anchor | None, limits: Limits, processes: int = 0
) -> Iterator[Block]:
    """Return a stream of the blocks, placed and judged, in their order; it does not depend on ``processes``.

    Parameters
    ----------
    blocks
        lists of barcodes, read as they are needed.
    anchor, limits
        as for :func:`~barcodeembed.sequences.batches.prepare`.
    processes
        number of processes that place beside this one; with 0 or 1, or without an anchor, this one places itself.

    Raises
    ------
    DeviceError
        if a process was killed (usually because memory ran out).
    """
    if processes < 2 or anchor is None:
        return (prepare(block, anchor, limits) for block in blocks)
    return _placed_beside(blocks, anchor, limits, processes)


def _placed_beside(blocks: Iterable[list[Barcode]], anchor: Anchor, limits: Limits, processes: int) -> Iterator[Block]:
    """Yield the blocks, placed in processes beside this one."""
    stream = _with_error(blocks)
    # Started anew and not forked: a process that uses a GPU and threads must not be copied.
    pool = ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), _begin, (anchor.profile.name, limits))
    try:
        waiting: deque[tuple[list[Barcode], Future[tuple[Placements, list[str]]]]] = deque()
        while True:
            for block in islice(stream, AHEAD * processes - len(waiting)):
                if isinstance(block, Exception):
                    waiting.append(([], Future()))
                    waiting[-1][1].set_exception(block)
                else:
                    waiting.append((block, pool.submit(_place, block)))
            if not waiting:
                return
            block, placed = waiting.popleft()
            yield Block(block, *placed.result())
    except BrokenProcessPool as error:
        raise DeviceError(
            "a process that places reads was killed, perhaps because memory ran out: use fewer --threads"
        ) from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _with_error(blocks: Iterable[list[Barcode]]) -> Iterator[list[Barcode] | Exception]:
    """Yield the blocks, and the error that ends them, if one does: it waits for its turn behind the last block."""
    try:
        yield from blocks
    except Exception as error:
        yield error


def _begin(profile: str, limits: Limits) -> None:
    """Set up a process that places: Ctrl-C is for the first process, and without that one this process ends, too.

    It computes in one thread: with as many as there are processors, all processes would wait for each other.
    """
    global _anchor, _limits
    _anchor, _limits = shipped_anchor(profile), limits
    threadpool_limits(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
    os._exit(1)


_anchor: Anchor
_limits: Limits


def _place(block: list[Barcode]) -> tuple[Placements, list[str]]:
    """Return the placements and statuses of a block; its barcodes need not travel back."""
    placed = prepare(block, _anchor, _limits)
    return placed.placements, placed.status
