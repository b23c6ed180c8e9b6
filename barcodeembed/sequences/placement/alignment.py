"""Align reads with insertions and deletions to a profile, near a place that is known.

Dynamic programming finds the best path through columns and shifts (Viterbi 1967; local at both ends as in Smith and
Waterman 1981). A base that fits its column earns bits, a surplus or missing base costs ``GAP_BITS``, and an end may be
left out for ``TRIM_BITS``. A read is followed for ``BAND`` columns to both sides of the place.

Letters in shapes: B reads, C columns, S shifts (``2 * BAND + 1``; the shift in the middle is that of the place, a
higher shift has an earlier base in the same column).
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

CHANGE_BITS = 16.0
"""Least gain in bits of a change of the shift in a read with few of them, so that chance fits make no changes."""

BAND = 12
"""Number of columns to both sides of the place in which a read is followed: the farthest that 300 barcodes with 5
errors in a hundred bases went. Bases that lie farther off are found as a part of their own."""

LEFT_OUT = -1
"""Stands for the base in a column that has none."""

# Moves: from the same shift, past a base too many, past a column without a base, from any shift or from nowhere.
_TOO_MANY, _MISSING, _ANEW = 1, -1, 2

_UNIT = 16
_NEVER = -20_000
_READS = 256
_CLOSE, _FEW = 40, 8


@dataclass(frozen=True)
class _Table:
    """The tables of the dynamic programming.

    ``totals`` int16 (C, S, B) is the best score of a path up to a column at a shift; ``moves`` int8 (C, S, B) the last
    move of that path; ``floor`` int16 (C, B) the score that a path has at least there, by a jump from the best shift or
    by beginning there.
    """

    totals: NDArray[np.int16]
    moves: NDArray[np.int8]
    floor: NDArray[np.int16]


@dataclass(frozen=True)
class _Paths:
    """The best paths: their ``shifts`` and ``moves`` (C, B), their first columns ``begin`` (B,), and which reads jump
    (``jumping``)."""

    shifts: NDArray[np.int64]
    moves: NDArray[np.int8]
    begin: NDArray[np.int64]
    jumping: list[int]


def misfits(bits: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which reads (B,) fit badly at an end or in a stretch, where their columns earn ``bits`` (B, C)."""
    total = np.concatenate([np.zeros((len(bits), 1), np.float32), np.cumsum(bits, axis=1)], axis=1)
    lost = np.maximum.accumulate(total, axis=1) - total
    at_begin, at_end = -total.min(axis=1), total.max(axis=1) - total[:, -1]
    result: NDArray[np.bool_] = (np.maximum(at_begin, at_end) > TRIM_BITS) | (lost.max(axis=1) > SHIFT_BITS)
    return result


def align(
    reads: Sequence[Codes], starts: Sequence[int], profile_bits: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Align oriented reads whose first bases would stand near columns ``starts``; ``profile_bits`` is (C, 16), by code.

    Returns
    -------
    bases
        int (B, C): which base of the read stands in each column, ``LEFT_OUT`` where none does.
    score
        float32 (B,): bits earned, less the cost of gaps and of ends left out.
    """
    bases = np.full((len(reads), len(profile_bits)), LEFT_OUT, dtype=np.int64)
    score = np.zeros(len(reads), dtype=np.float32)
    for begin in range(0, len(reads), _READS):
        some = slice(begin, begin + _READS)
        bases[some], score[some], n_moves, jumping = _align(reads[some], np.array(starts[some]), profile_bits)
        for i in jumping:
            _recut(bases[begin + i], reads[begin + i], profile_bits)
        for i in (np.flatnonzero((n_moves > 0) & (n_moves <= _FEW)) + begin).tolist():
            _simplify(bases[i], reads[i], profile_bits)
    return bases, score


def _align(
    reads: Sequence[Codes], starts: NDArray[np.int64], profile_bits: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64], list[int]]:
    """Do as :func:`align` does; also return how many bases (B,) are surplus or missing, and which reads jump."""
    n_columns = len(profile_bits)
    table = _fill(_banded(reads, starts, n_columns), np.rint(profile_bits * _UNIT).astype(np.int16))
    highest = table.totals.max(axis=1).astype(np.int64)
    highest[:-1] -= int(TRIM_BITS * _UNIT)
    end = n_columns - 1 - highest[::-1].argmax(axis=0)
    rows = np.arange(len(reads))
    paths = _trace(table, end, table.totals[end, :, rows].argmax(axis=1))
    columns = np.arange(n_columns)[:, None]
    bases = columns - starts + BAND - paths.shifts
    within = (columns >= paths.begin) & (columns <= end)
    n_moves = np.count_nonzero(within & (paths.moves != 0), axis=0)
    inside = within & (paths.moves >= 0)
    inside &= (bases >= 0) & (bases < np.array([len(read) for read in reads]))
    score = (highest[end, rows] / _UNIT).astype(np.float32)
    return np.where(inside, bases, LEFT_OUT).T, score, n_moves, paths.jumping


def _banded(reads: Sequence[Codes], starts: NDArray[np.int64], n_columns: int) -> NDArray[np.intp]:
    """Return the codes (C + 2 BAND, B), of which rows ``C - 1 - c`` to ``C - 1 - c + S`` are those that column c may
    hold, by shift."""
    wide = np.zeros((n_columns + 2 * BAND, len(reads)), dtype=np.intp)
    for b, (read, start) in enumerate(zip(reads, starts.tolist(), strict=True)):
        first, place = max(0, -(start + BAND)), max(0, start + BAND)
        part = read[first : first + max(len(wide) - place, 0)]
        wide[place : place + len(part), b] = part
    return np.ascontiguousarray(wide[::-1])


def _fill(wide: NDArray[np.intp], bits: NDArray[np.int16]) -> _Table:
    """Compute the best score of a path up to each column at each shift, and the last move of that path."""
    n_columns, n_reads, n_shifts = len(bits), wide.shape[1], 2 * BAND + 1
    gap, jump, trim = (np.int16(bits * _UNIT) for bits in (GAP_BITS, SHIFT_BITS, -TRIM_BITS))
    totals = np.empty((n_columns, n_shifts + 2, n_reads), dtype=np.int16)
    totals[:, 0] = totals[:, -1] = _NEVER  # a border, so that no path leaves the band
    totals[0, 1:-1] = bits[0].take(wide[n_columns - 1 : n_columns - 1 + n_shifts])
    moves = np.zeros((n_columns, n_shifts, n_reads), dtype=np.int8)
    floor = np.full((n_columns, n_reads), trim, dtype=np.int16)
    earned, arriving = np.empty((2, n_shifts, n_reads), dtype=np.int16)
    less = np.empty((n_shifts + 2, n_reads), dtype=np.int16)
    too_many, missing, anew = np.empty((3, n_shifts, n_reads), dtype=bool)
    for c in range(1, n_columns):
        before, now = totals[c - 1], totals[c, 1:-1]
        bits[c].take(wide[n_columns - 1 - c : n_columns - 1 - c + n_shifts], out=earned, mode="clip")
        np.maximum(before.max(axis=0) - jump, trim, out=floor[c])
        np.subtract(before, gap, out=less)
        np.greater(less[2:], before[1:-1], out=too_many)
        np.maximum(less[2:], before[1:-1], out=arriving)
        np.less(arriving, floor[c], out=anew)
        np.maximum(arriving, floor[c], out=arriving)
        np.add(arriving, earned, out=arriving)
        np.greater(less[:-2], arriving, out=missing)
        np.maximum(less[:-2], arriving, out=now)
        np.copyto(moves[c], _TOO_MANY, where=too_many)
        np.copyto(moves[c], _ANEW, where=anew)
        np.copyto(moves[c], _MISSING, where=missing)
    return _Table(totals[:, 1:-1], moves, floor)


def _trace(table: _Table, end: NDArray[np.int64], last: NDArray[np.int64]) -> _Paths:
    """Follow the best paths back from shift ``last`` (B,) in column ``end`` (B,)."""
    n_columns, _, n_reads = table.moves.shape
    flat = table.moves.reshape(n_columns, -1)
    shifts = np.empty((n_columns, n_reads), dtype=np.int64)
    moves = np.empty((n_columns, n_reads), dtype=np.int8)
    begin = np.zeros(n_reads, dtype=np.int64)
    at_last = last * n_reads + np.arange(n_reads)
    at, step = at_last.copy(), np.empty(n_reads, dtype=np.int64)
    ends, jumping = set(end.tolist()), set()
    for c in range(n_columns - 1, -1, -1):
        if c in ends:
            np.copyto(at, at_last, where=end == c)
        shifts[c] = at
        flat[c].take(at, out=moves[c], mode="clip")
        np.multiply(moves[c], n_reads, out=step, dtype=np.int64)
        at += step
        for i in np.flatnonzero(moves[c] == _ANEW).tolist() if _ANEW in moves[c] else ():
            before = int(table.totals[c - 1, :, i].argmax())
            at[i] = before * n_reads + i
            if c > end[i] or c <= begin[i]:
                continue
            if table.floor[c, i] > -TRIM_BITS * _UNIT:
                jumping.add(i)
            else:
                begin[i] = c
    return _Paths(shifts // n_reads, moves, begin, sorted(jumping))


def changes_of(bases: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where a path (C,) changes its shift: the last column before each change, and by how many columns the shift
    changes."""
    covered = np.flatnonzero(bases >= 0)
    by = np.diff(covered) - np.diff(bases[covered])
    changed = np.flatnonzero(by)
    return covered[changed], by[changed]


def settle(bases: NDArray[np.int64], read: Codes, column: int, profile_bits: NDArray[np.float32]) -> None:
    """Move the change behind ``column``, where two parts of a path (C,) meet, to where it costs least, in place."""
    changes = changes_of(bases)
    k = int(np.searchsorted(changes[0], column))
    if k < len(changes[0]) and changes[0][k] == column:
        _cut(bases, read, profile_bits, changes, (k, k), np.inf)


def _simplify(bases: NDArray[np.int64], read: Codes, profile_bits: NDArray[np.float32]) -> None:
    """Replace two changes close together by one or none, in place, as long as that loses less than ``CHANGE_BITS``.

    A surplus or missing codon is one event, but bases that fit by chance scatter it over a few columns. Also, in a read
    with few errors, two changes that cancel each other within a few columns are more likely chance than errors. The
    same holds for a few bases that fit behind a change if everything after them is left out.
    """
    while True:
        changes = changes_of(bases)
        if not any(_merge(bases, read, profile_bits, changes, k) for k in range(len(changes[0]) - 1)):
            break
    for k, end in ((0, 0), (-1, len(bases) - 1)):
        covered = np.flatnonzero(bases >= 0)
        if not len(covered) or covered[k] == end or bases[covered[k]] in (0, len(read) - 1):
            continue
        columns, _ = changes_of(bases)
        if len(columns):
            part = covered[covered <= columns[0]] if k == 0 else covered[covered > columns[-1]]
            if profile_bits[part, read[bases[part]]].sum() < SHIFT_BITS:
                bases[part] = LEFT_OUT


def _recut(bases: NDArray[np.int64], read: Codes, profile_bits: NDArray[np.float32]) -> None:
    """Let no base stand in two columns, in place: a jump to a higher shift uses the bases at its cut twice."""
    columns, by = changes_of(bases)
    for k, (column, change) in enumerate(zip(columns.tolist(), by.tolist(), strict=True)):
        if change > 0 and bases[column + 1] >= 0:
            _cut(bases, read, profile_bits, (columns, by), (k, k), np.inf)


def _merge(
    bases: NDArray[np.int64],
    read: Codes,
    profile_bits: NDArray[np.float32],
    changes: tuple[NDArray[np.int64], NDArray[np.int64]],
    k: int,
) -> bool:
    """Merge changes ``k`` and ``k + 1`` of a path if that pays; return whether they were merged."""
    columns, by = changes
    if columns[k + 1] - columns[k] > _CLOSE:
        return False
    return _cut(bases, read, profile_bits, changes, (k, k + 1), CHANGE_BITS * (1 if by[k] + by[k + 1] else 2))


def _cut(
    bases: NDArray[np.int64],
    read: Codes,
    profile_bits: NDArray[np.float32],
    changes: tuple[NDArray[np.int64], NDArray[np.int64]],
    which: tuple[int, int],
    may_lose: float,
) -> bool:
    """Replace the changes from the first to the last of ``which`` by a single one where that costs least, if it does
    not cost too much."""
    columns, by = changes
    change = int(by[which[0] : which[1] + 1].sum())
    begin = int(columns[which[0] - 1]) + 1 if which[0] else 0
    end = int(columns[which[1] + 1]) if which[1] + 1 < len(by) else len(bases) - 1
    covered = np.flatnonzero(bases[begin : end + 1] >= 0)
    stretch = np.arange(begin + covered[0], begin + covered[-1] + 1)
    now = bases[stretch]
    left, right = stretch - stretch[0] + now[0], stretch - stretch[-1] + now[-1]
    empty = max(change, 0)
    if empty >= len(stretch):
        return False

    def earned(placed: NDArray[np.int64]) -> NDArray[np.float32]:
        inside = (placed >= 0) & (placed < len(read))
        return np.where(inside, profile_bits[stretch, read[np.where(inside, placed, 0)]], np.float32(-np.inf))

    of_left = np.r_[0, np.cumsum(earned(left))]  # by the number of columns of the left part
    of_right = np.r_[0, np.cumsum(earned(right)[::-1])][::-1]
    total = of_left[: len(of_left) - empty] + of_right[empty:]
    cut = int(total.argmax())
    if total[cut] < earned(now)[now >= 0].sum() - may_lose:
        return False
    place = np.arange(len(stretch))
    bases[stretch] = np.where(place < cut, left, np.where(place < cut + empty, LEFT_OUT, right))
    return True
