"""Align reads with insertions and deletions to a profile, near a place that is known.

The best path (:mod:`band`) is tidied: no base stands in two columns, and in reads with few changes those are merged
that chance may have made.

Letters in shapes: B reads, C columns.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from barcodeembed.sequences.codes import Codes
from barcodeembed.sequences.placement.band import LEFT_OUT, SHIFT_BITS, TRIM_BITS, find_paths

CHANGE_BITS = 16.0
"""Least gain in bits of a change of the shift in a read with few of them, so that chance fits make no changes."""

_READS = 256
_CLOSE, _FEW = 40, 8


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
        paths = find_paths(reads[some], np.array(starts[some]), profile_bits)
        bases[some], score[some] = paths.bases, paths.score
        for i in (np.flatnonzero(paths.jumping) + begin).tolist():
            _recut(bases[i], reads[i], profile_bits)
        for i in (np.flatnonzero((paths.n_moves > 0) & (paths.n_moves <= _FEW)) + begin).tolist():
            _simplify(bases[i], reads[i], profile_bits)
    return bases, score


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
