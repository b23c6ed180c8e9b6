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
    bits = np.rint(profile_bits[lowest:highest] * _UNIT).astype(np.int16)
    table = _fill(_paired(reads, starts - lowest, len(bits)), bits)
    score = table.best[:, : len(reads)].astype(np.int64)
    score[:-1] += _TRIM
    end = len(bits) - 1 - score[::-1].argmax(axis=0)
    runs, n_moves, jumping = _trace(table, end)
    bases = _bases_of(runs, lengths, starts - lowest, (len(reads), len(profile_bits)), lowest)
    return Paths(bases, (score[end, np.arange(len(reads))] / _UNIT).astype(np.float32), n_moves, jumping)


def _paired(reads: Sequence[Codes], starts: NDArray[np.int64], n_columns: int) -> NDArray[np.intp]:
    """Return the codes of each two reads as one number (C + 2 BAND, B / 2).

    Rows ``C - 1 - c`` to ``C - 1 - c + S`` are those that column c may hold, by shift. The number of an odd last read
    is that of the read and of one without bases.
    """
    wide = np.zeros((len(reads) + len(reads) % 2, n_columns + 2 * BAND), dtype=np.uint8)
    for row, read, start in zip(wide, reads, starts.tolist(), strict=False):
        first, place = max(0, -(start + BAND)), max(0, start + BAND)
        part = read[first : first + max(len(row) - place, 0)]
        row[place : place + len(part)] = part
    return (wide[::2] * _CODES + wide[1::2]).T[::-1].astype(np.intp, order="C")


def _fill(pairs: NDArray[np.intp], bits: NDArray[np.int16]) -> _Table:
    """Compute the best score of a path up to each column at each shift, where a base earns ``bits`` (C, 16).

    The moves of the paths are not kept: :func:`_trace` finds the few that it needs faster than they can be stored.
    """
    n_columns, n_reads = len(bits), 2 * pairs.shape[1]
    of_pair = np.stack(np.broadcast_arrays(bits[:, :, None], bits[:, None, :]), axis=-1).view(np.int32)
    totals, straight = np.empty((2, n_columns, _SHIFTS + 2, n_reads), dtype=np.int16)
    totals[:, 0] = totals[:, -1] = _NEVER
    best = np.empty((n_columns, n_reads), dtype=np.int16)
    earned_by_pair = np.empty((_SHIFTS, pairs.shape[1]), dtype=np.int32)
    earned, floor = earned_by_pair.view(np.int16), np.empty(n_reads, dtype=np.int16)
    arriving, less = np.empty((_SHIFTS, n_reads), dtype=np.int16), np.empty((_SHIFTS + 2, n_reads), dtype=np.int16)
    fewer, more = less[:-2], less[2:]
    codes = [pairs[n_columns - 1 - c : n_columns - 1 - c + _SHIFTS] for c in range(n_columns)]
    steps = zip(of_pair.reshape(n_columns, -1), codes, totals, totals[:, 1:-1], straight[:, 1:-1], best, strict=True)
    bits_of, code, total, inside, sums, highest = next(steps)
    inside[:] = sums[:] = bits_of.take(code).view(np.int16)
    np.maximum.reduce(total, axis=0, out=highest)
    for bits_of, code, now, inside_now, sums_now, highest_now in steps:
        bits_of.take(code, out=earned_by_pair, mode="clip")
        np.maximum(np.subtract(highest, _SHIFT, out=floor), _TRIM, out=floor)
        np.subtract(total, _GAP, out=less)
        np.maximum(more, inside, out=arriving)
        np.maximum(arriving, floor, out=arriving)
        np.add(arriving, earned, out=arriving)
        np.maximum(fewer, arriving, out=inside_now)
        np.add(sums, earned, out=sums_now)
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
