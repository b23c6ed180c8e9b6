"""Find the best paths of reads through barcode columns and shifts, by dynamic programming.

The search (Viterbi 1967) is local at both ends, as in Smith and Waterman 1981. A base that fits its column earns bits,
a surplus or missing base costs ``GAP_BITS``, any other change of the shift ``SHIFT_BITS``, and an end may be left out
for ``TRIM_BITS``. A read is followed for ``BAND`` columns to both sides of its place.

Letters in shapes: B reads, C columns, S shifts (``2 * BAND + 1``; the shift in the middle is that of the place, a
higher shift has an earlier base in the same column), R rows of a table (the shifts and one at each side that no path
enters).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.sequences.codes import Codes

TRIM_BITS = 12.0
"""An end that loses this many bits within the region is not part of the barcode: it is an adapter, a primer or a
shifted part."""

SHIFT_BITS = 24.0
"""Largest cost in bits of a change of the shift, so that an end must earn ``TRIM_BITS`` more than leaving it out costs.
A stretch that loses less is not tried at other shifts."""

GAP_BITS = 7.0
"""Cost of a surplus or missing base in bits: about -log2 of how often one occurs in a read with one to three errors per
hundred bases. Costs of 5 to 10 lay reads with 5 per hundred equally well (see docs/experiments.md, "Placing reads with
errors")."""

BAND = 12
"""Number of columns to both sides of the place in which a read is followed: the farthest that 300 barcodes with 5
errors in a hundred bases went. Bases that lie farther off are found as a part of their own."""

LEFT_OUT = -1
"""Stands for the base in a column that has none."""

_UNIT = 16
# Arrays without dimensions: NumPy converts a scalar again each time it is added to an array.
_GAP, _SHIFT, _TRIM = (np.array(bits * _UNIT, dtype=np.int16) for bits in (GAP_BITS, SHIFT_BITS, -TRIM_BITS))
_NEVER = np.int16(-20_000)
_SHIFTS = 2 * BAND + 1
_CODES = 16
_SIMPLE = np.array([0, 1, 2, 4, 8])  # no base, A, C, G, T
_PLACE_OF_CODE = np.full(256, len(_SIMPLE), dtype=np.uint8)
_PLACE_OF_CODE[_SIMPLE] = np.arange(len(_SIMPLE))
_PLACE_OF_CODE[15] = 0  # N earns as much as no base: nothing
_PLACES = _PLACE_OF_CODE.tobytes()
_PAIR, _FOUR = 2, 4
_HALVINGS = 6


@dataclass(frozen=True)
class Paths:
    """The best paths of B reads.

    Attributes
    ----------
    bases
        int (B, C): which base of the read stands in each column, ``LEFT_OUT`` where none does.
    score
        float32 (B,): bits earned, less the cost of gaps and of ends left out.
    n_moves
        int (B,): number of surplus and missing bases, jumps, and beginnings behind the first column.
    jumping
        bool (B,): whether the path changes its shift other than base by base.
    """

    bases: NDArray[np.int64]
    score: NDArray[np.float32]
    n_moves: NDArray[np.int64]
    jumping: NDArray[np.bool_]


@dataclass(frozen=True)
class _Table:
    """The tables of the dynamic programming; all scores are in sixteenths of a bit.

    ``totals`` int16 (C, R, B) is the best score of a path up to a column at a shift; ``straight`` int16 (C, R, B) what
    the bases earn up to there if the shift never changes, modulo 2**16; ``best`` int16 (C, B) the highest of the totals
    in a column.
    """

    totals: NDArray[np.int16]
    straight: NDArray[np.int16]
    best: NDArray[np.int16]


def find_paths(reads: Sequence[Codes], starts: NDArray[np.int64], profile_bits: NDArray[np.float32]) -> Paths:
    """Find the best paths of oriented reads whose first bases would stand near columns ``starts`` (B,).

    ``profile_bits`` is (C, 16), by code. Tables are only made for the columns that a read may reach.
    """
    lengths = np.array([len(read) for read in reads])
    lowest = min(max(int(starts.min()) - BAND - 1, 0), len(profile_bits) - 1)
    highest = max(min(int((starts + lengths).max()) + BAND + 1, len(profile_bits)), lowest + 1)
    symbols, together = _symbols(reads, starts - lowest, highest - lowest)
    bits = np.rint(profile_bits * _UNIT).astype(np.int16)
    table = _fill(symbols, _bits_of_groups(bits.tobytes(), together)[lowest:highest])
    score = table.best[:, : len(reads)].astype(np.int64)
    score[:-1] += _TRIM
    end = len(score) - 1 - score[::-1].argmax(axis=0)
    runs, n_moves, jumping = _trace(table, end)
    bases = _bases_of(runs, lengths, starts - lowest, (len(reads), len(profile_bits)), lowest)
    return Paths(bases, (score[end, np.arange(len(reads))] / _UNIT).astype(np.float32), n_moves, jumping)


def _symbols(reads: Sequence[Codes], starts: NDArray[np.int64], n_columns: int) -> tuple[Codes, int]:
    """Return a number (B, C + 2 BAND) for each base, and how many reads are looked up as one.

    Columns ``c + 2 BAND - s`` are those that column c may hold at shift s. If all bases are in ``_SIMPLE``, the numbers
    are their places there, and four reads are looked up as one; otherwise the numbers are the codes, and two reads are.
    Reads without bases fill up the last group.
    """
    wide = np.zeros((-(-len(reads) // _FOUR) * _FOUR, n_columns + 2 * BAND), dtype=np.uint8)
    for row, read, start in zip(wide, reads, starts.tolist(), strict=False):
        first, place = max(0, -(start + BAND)), max(0, start + BAND)
        part = read[first : first + max(len(row) - place, 0)]
        row[place : place + len(part)] = part
    simple = wide.tobytes().translate(_PLACES)
    if len(_SIMPLE) in simple:
        return wide, _PAIR
    return np.frombuffer(simple, dtype=np.uint8).reshape(wide.shape), _FOUR


@lru_cache(maxsize=4)
def _bits_of_groups(bits: bytes, together: int) -> NDArray[Any]:
    """Return what the bases of each two or four reads earn in each column as one number (C, n) of 32 or 64 bits.

    ``bits`` are int16 (C, 16), by code. The number of a group is made of those of its reads: see :func:`_symbols`.
    """
    by_code = np.frombuffer(bits, dtype=np.int16).reshape(-1, _CODES)
    each = by_code if together == _PAIR else by_code[:, _SIMPLE]
    places = np.indices((each.shape[1],) * together).reshape(together, -1)
    return np.ascontiguousarray(each[:, places.T]).view(f"i{2 * together}")[:, :, 0]


def _fill(symbols: Codes, bits_of_group: NDArray[Any]) -> _Table:
    """Compute the best score of a path up to each column at each shift.

    The moves of the paths are not kept: :func:`_trace` finds the few that it needs faster than they can be stored.
    """
    n_columns, n_reads, together = len(bits_of_group), len(symbols), bits_of_group.itemsize // 2
    n_symbols = round(bits_of_group.shape[1] ** (1 / together))
    groups = np.zeros((symbols.shape[1], n_reads // together), dtype=np.intp)
    for number in range(together):
        groups = groups * n_symbols + symbols[number::together].T
    groups = groups[::-1].copy()
    totals, straight = np.empty((2, n_columns, _SHIFTS + 2, n_reads), dtype=np.int16)
    totals[:, 0] = totals[:, -1] = _NEVER
    best = np.empty((n_columns, n_reads), dtype=np.int16)
    of_groups = np.empty((_SHIFTS, groups.shape[1]), dtype=bits_of_group.dtype)
    earned, floor = of_groups.view(np.int16), np.empty(n_reads, dtype=np.int16)
    arriving, less = np.empty((_SHIFTS, n_reads), dtype=np.int16), np.empty((_SHIFTS + 2, n_reads), dtype=np.int16)
    fewer, more = less[:-2], less[2:]
    group = [groups[n_columns - 1 - c : n_columns - 1 - c + _SHIFTS] for c in range(n_columns)]
    steps = zip(bits_of_group, group, totals, totals[:, 1:-1], straight[:, 1:-1], best, strict=True)
    bits_of, numbers, total, inside, sums, highest = next(steps)
    inside[:] = sums[:] = bits_of.take(numbers).view(np.int16)
    np.maximum.reduce(total, axis=0, out=highest)
    for bits_of, numbers, now, inside_now, sums_now, highest_now in steps:
        bits_of.take(numbers, out=of_groups, mode="clip")
        np.maximum(np.subtract(highest, _SHIFT, floor), _TRIM, out=floor)
        np.subtract(total, _GAP, less)
        np.maximum(more, inside, out=arriving)
        np.maximum(arriving, floor, out=arriving)
        np.add(arriving, earned, arriving)
        np.maximum(fewer, arriving, out=inside_now)
        np.add(sums, earned, sums_now)
        np.maximum.reduce(now, axis=0, out=highest_now)
        total, inside, sums, highest = now, inside_now, sums_now, highest_now
    return _Table(totals, straight, best)


def _trace(table: _Table, end: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Follow the best paths back from columns ``end`` (B,).

    Returns
    -------
    runs
        int (4, n): read, first column, last column and shift of the stretches without a change of the shift.
    n_moves, jumping
        as in :class:`Paths`.
    """
    n_moves, jumping = np.zeros(len(end), dtype=np.int64), np.zeros(len(end), dtype=np.bool_)
    _, n_rows, n_reads = table.totals.shape
    totals = table.totals.reshape(-1)
    read, last = np.arange(len(end)), end
    row = table.totals[end, :, read].argmax(axis=1)
    runs = []
    while len(read):
        first, earned = _begin_of_run(table, read, last, row)
        place = (first * n_rows + row) * n_reads + read
        total, place = totals.take(place), place - n_rows * n_reads
        same, more = totals.take(place, mode="wrap"), totals.take(place + n_reads, mode="wrap")
        arriving = np.maximum(same, more - _GAP)
        floor = np.maximum(table.best[first - 1, read] - _SHIFT, _TRIM)
        behind = first > 0
        missing = behind & (total > np.maximum(arriving, floor) + earned)
        anew = behind & ~missing & (arriving < floor)
        surplus = behind & ~missing & ~anew & (arriving > same)
        runs.append(np.stack([read, first + missing, last, row - 1]))
        n_moves[read] += missing | anew | surplus
        row = row - missing + surplus
        jump = (anew & (floor > _TRIM)).nonzero()[0]
        if len(jump):
            jumping[read[jump]] = True
            row[jump] = table.totals[first[jump] - 1, :, read[jump]].argmax(axis=1)
            anew[jump] = False
        goes_on = (behind & ~anew).nonzero()[0]
        read, last, row = read[goes_on], first[goes_on] - 1, row[goes_on]
    return np.concatenate(runs, axis=1), n_moves, jumping


def _begin_of_run(
    table: _Table, read: NDArray[np.int64], last: NDArray[np.int64], row: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
    """Return the first column (n,) of the runs in which paths come straight to column ``last``, at most 64 columns, and
    what its base earns.

    A path comes straight as long as total and straight score differ by the same number: the difference never falls
    from one column to the next. In 64 columns it rises by less than 2**16 (4,096 bits), so that it may be compared
    modulo 2**16.
    """
    _, n_rows, n_reads = table.totals.shape
    totals, sums, column = table.totals.reshape(-1), table.straight.reshape(-1), n_rows * n_reads
    place = last * column + row * n_reads + read
    gained = totals.take(place) - sums.take(place)
    length = np.zeros_like(last)
    for halving in range(_HALVINGS - 1, -1, -1):
        longer = length + 2**halving
        before = place - longer * column
        straight = totals.take(before, mode="wrap") - sums.take(before, mode="wrap") == gained
        length = np.where(straight & (longer <= last), longer, length)
    first = place - length * column
    return last - length, sums.take(first) - sums.take(first - column, mode="wrap")


def _bases_of(
    runs: NDArray[np.int64],
    lengths: NDArray[np.int64],
    starts: NDArray[np.int64],
    shape: tuple[int, int],
    lowest: int,
) -> NDArray[np.int64]:
    """Return which base stands in each column (``shape``: B, C); runs and starts are counted from column ``lowest``."""
    read, first, last, shift = runs
    behind = BAND - starts[read] - shift  # number of the base less that of the column
    first, last = np.maximum(first, -behind), np.minimum(last, lengths[read] - 1 - behind)
    n_columns = np.maximum(last - first + 1, 0)
    step = np.arange(n_columns.sum()) - np.repeat(np.cumsum(n_columns) - n_columns, n_columns)
    bases = np.full(shape, LEFT_OUT, dtype=np.int64)
    places = np.repeat(read * shape[1] + lowest + first, n_columns) + step
    bases.reshape(-1)[places] = np.repeat(first + behind, n_columns) + step
    return bases
