"""Lay a read that does not fit a profile without gaps in several parts, each shifted against the first placement.

The best path through (column, shift) by dynamic programming (Viterbi 1967; local at both ends as in Smith and Waterman
1981): bits are earned where the base at that shift fits its column, changing the shift costs ``SHIFT_BITS`` whatever
the difference, and an end may be left out for ``TRIM_BITS``.

Letters in shapes: B reads, S shifts (``2 * MAX_SHIFT + 1``, the first placement in the middle), C columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from barcodeembed.sequences.codes import Codes

TRIM_BITS = 12.0
"""An end that loses this many bits within the region is not barcode there: adapter, primer or a shifted part."""

SHIFT_BITS = 24.0
"""What another shift must earn, so that an end earns ``TRIM_BITS`` more than leaving it out: of 3,000 foreign
ends none did, and 1 to 8 indels in a barcode are all but undone (docs/experiments.md). A stretch that loses less is not
worth trying at other shifts."""

MAX_SHIFT = 36
"""Columns by which a part may differ from the first placement."""

_LEFT_OUT = -1


@dataclass(frozen=True)
class Parts:
    """How one read is laid.

    Attributes
    ----------
    columns
        uint8 (C,): its bases; each base in one column at most.
    bases
        int (C,): which base of the read stands in each column; meaningless where none does.
    shift
        of the first part against the placement that was given.
    changes
        by how much the shift changes from each part to the next, in columns.
    trimmed
        whether bases within the region are left out at an end.
    """

    columns: Codes
    bases: NDArray[np.int64]
    shift: int
    changes: tuple[int, ...]
    trimmed: bool


def lay(read: Codes, start: int, n_columns: int) -> Codes:
    """Bases (C,) of an oriented read whose first base stands in column ``start``."""
    columns = np.zeros(n_columns, dtype=np.uint8)
    begin, end = max(start, 0), min(start + len(read), n_columns)
    if begin < end:
        columns[begin:end] = read[begin - start : end - start]
    return columns


def misfits(bits: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Reads (B,) that do not fit at an end or in a stretch, as their columns earn ``bits`` (B, C) where they are."""
    total = np.concatenate([np.zeros((len(bits), 1), np.float32), np.cumsum(bits, axis=1)], axis=1)
    lost = np.maximum.accumulate(total, axis=1) - total
    at_begin, at_end = -total.min(axis=1), total.max(axis=1) - total[:, -1]
    result: NDArray[np.bool_] = (np.maximum(at_begin, at_end) > TRIM_BITS) | (lost.max(axis=1) > SHIFT_BITS)
    return result


def lay_in_parts(reads: Sequence[Codes], starts: Sequence[int], profile_bits: NDArray[np.float32]) -> list[Parts]:
    """Lay oriented reads whose first bases would stand in columns ``starts``; ``profile_bits`` (C, 16) by base code."""
    n_columns = len(profile_bits)
    wide = [lay(read, start + MAX_SHIFT, n_columns + 2 * MAX_SHIFT) for read, start in zip(reads, starts, strict=True)]
    moved = np.lib.stride_tricks.sliding_window_view(np.stack(wide), n_columns, axis=1)[:, ::-1]  # (B, S, C)
    bits = profile_bits[np.arange(n_columns), moved]
    paths = [_recut(path, own) for path, own in zip(best_paths(bits), bits, strict=True)]
    return [_parts(m, path, start) for m, path, start in zip(moved, paths, starts, strict=True)]


def best_paths(bits: NDArray[np.float32]) -> NDArray[np.int64]:
    """The shift in each column (B, C) for what each column earns at each shift (B, S, C); -1 where left out."""
    n_reads, n_shifts, n_columns = bits.shape
    steps = np.ascontiguousarray(bits.transpose(2, 0, 1))  # (C, B, S)
    rows = np.arange(n_reads)
    stays = np.ones((n_columns, n_reads, n_shifts), dtype=bool)
    source = np.full((n_columns, n_reads), _LEFT_OUT)
    total = steps[0].copy()
    end, last, best = np.zeros(n_reads, np.int64), total.argmax(axis=1), total.max(axis=1) - TRIM_BITS
    for c in range(1, n_columns):
        top = total.argmax(axis=1)
        other = total[rows, top] - SHIFT_BITS
        source[c] = np.where(other >= -TRIM_BITS, top, _LEFT_OUT)
        arriving = np.maximum(other, -TRIM_BITS)[:, None]
        stays[c] = total >= arriving
        total = np.maximum(total, arriving) + steps[c]
        highest = total.argmax(axis=1)
        value = total[rows, highest] - (TRIM_BITS if c < n_columns - 1 else 0)
        better = value >= best
        end, last, best = np.where(better, c, end), np.where(better, highest, last), np.where(better, value, best)
    return _traced(stays, source, end, last)


def _traced(
    stays: NDArray[np.bool_], source: NDArray[np.int64], end: NDArray[np.int64], last: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Paths (B, C) backwards from shift ``last`` (B,) in column ``end`` (B,)."""
    n_columns, n_reads, _ = stays.shape
    rows = np.arange(n_reads)
    paths = np.full((n_reads, n_columns), _LEFT_OUT)
    shift = np.full(n_reads, _LEFT_OUT)
    for c in range(n_columns - 1, -1, -1):
        shift = np.where(end == c, last, shift)
        paths[:, c] = shift
        shift = np.where((shift == _LEFT_OUT) | stays[c, rows, shift], shift, source[c])
    return paths


def _recut(path: NDArray[np.int64], bits: NDArray[np.float32]) -> NDArray[np.int64]:
    """A path (C,) whose deletions lie where bases fit best at both sides, by ``bits`` (S, C).

    Where d bases are missing the path has seen d bases twice, once in each part, and their chance fits moved the cut.
    """
    path, begin = path.copy(), 0
    borders = [*(np.flatnonzero(np.diff(path)) + 1).tolist(), len(path)]
    for border, end in pairwise(borders):
        before, after = int(path[border - 1]), int(path[border])
        missing, cut = after - before, border
        if before != _LEFT_OUT and after != _LEFT_OUT and 0 < missing < end - begin:
            left = np.r_[0, np.cumsum(bits[before, begin:end])]  # by the number of columns of the left part
            right = np.r_[0, np.cumsum(bits[after, begin:end][::-1])][::-1]
            cut = begin + int((left[: len(left) - missing] + right[missing:]).argmax())
            path[begin:cut], path[cut:end] = before, after
        begin = cut
    return path


def _parts(moved: NDArray[np.uint8], path: NDArray[np.int64], start: int) -> Parts:
    inside = np.flatnonzero(path != _LEFT_OUT)
    position = np.arange(len(path))
    nearest = path[np.clip(position, inside[0], inside[-1])]
    whole = moved[nearest, position]
    within = (position >= inside[0]) & (position <= inside[-1])
    columns = np.where(within, whole, 0)
    # A missing base leaves its column empty: without this the base before it would stand in both.
    base = position - start - nearest + MAX_SHIFT
    first = np.r_[True, base[1:] > np.maximum.accumulate(base)[:-1]]
    columns[~first] = 0
    covered = nearest[columns > 0]
    if not len(covered):
        return Parts(columns, base, 0, (), trimmed=bool(whole.any()))
    changes = np.diff(covered)
    changes = changes[changes != 0]
    trimmed = bool(whole[~within].any())
    return Parts(columns, base, int(covered[0]) - MAX_SHIFT, tuple(int(c) for c in changes), trimmed)
