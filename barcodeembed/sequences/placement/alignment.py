"""Align reads with insertions and deletions to a profile, near a place that is known.

The best path (:mod:`band`) is tidied: no base stands in two columns, and in reads with few changes those are merged
that chance may have made.

Letters in shapes: B reads, C columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from barcodeembed.sequences.codes import Codes
from barcodeembed.sequences.placement.band import LEFT_OUT, SHIFT_BITS, TRIM_BITS, find_paths

CHANGE_BITS = 16.0
"""Least gain in bits of a change of the shift in a read with few of them, so that chance fits make no changes."""

_READS = 256
_CLOSE, _FEW = 40, 8
_NEVER, _ROUNDING = 1e4, 0.1  # what a base costs that a read does not have; by how much sums of bits may differ


@dataclass(frozen=True)
class Changes:
    """Changes of the shift in paths, in order.

    Attributes
    ----------
    read
        int (n,): number of the read.
    before, behind
        int (n,): last column with a base before the change, and first column with one behind it.
    by
        int (n,): by how many columns the shift changes.
    """

    read: NDArray[np.int64]
    before: NDArray[np.int64]
    behind: NDArray[np.int64]
    by: NDArray[np.int64]

    def by_read(self, n_reads: int) -> list[Changes]:
        """Return the changes of each read."""
        ends = np.searchsorted(self.read, np.arange(n_reads + 1)).tolist()
        some = [slice(*pair) for pair in pairwise(ends)]
        return [Changes(self.read[one], self.before[one], self.behind[one], self.by[one]) for one in some]


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
        few = np.flatnonzero((paths.n_moves > 0) & (paths.n_moves <= _FEW)) + begin
        few = few[_may_be_simpler(bases[few], [reads[i] for i in few.tolist()], profile_bits)]
        for i, changes in zip(few.tolist(), changes_of(bases[few]).by_read(len(few)), strict=True):
            _simplify(bases[i], reads[i], profile_bits, changes)
    return bases, score


def changes_of(bases: NDArray[np.int64]) -> Changes:
    """Return where paths (B, C) change their shift."""
    covered = (bases >= 0).reshape(-1).nonzero()[0]
    shift = covered - bases.reshape(-1)[covered]
    changed = (shift[1:] != shift[:-1]).nonzero()[0]
    read, before = np.divmod(covered[changed], bases.shape[1])
    read_behind, behind = np.divmod(covered[changed + 1], bases.shape[1])
    one = read == read_behind
    return Changes(read[one], before[one], behind[one], (shift[changed + 1] - shift[changed])[one])


def settle(bases: NDArray[np.int64], read: Codes, column: int, profile_bits: NDArray[np.float32]) -> None:
    """Move the change behind ``column``, where two parts of a path (C,) meet, to where it costs least, in place."""
    changes = changes_of(bases[None])
    k = int(np.searchsorted(changes.before, column))
    if k < len(changes.before) and changes.before[k] == column:
        _cut(bases, read, profile_bits, changes, (k, k), np.inf)


def _simplify(bases: NDArray[np.int64], read: Codes, profile_bits: NDArray[np.float32], changes: Changes) -> None:
    """Replace two changes close together by one or none, in place, as long as that loses less than ``CHANGE_BITS``.

    A surplus or missing codon is one event, but bases that fit by chance scatter it over a few columns. Also, in a read
    with few errors, two changes that cancel each other within a few columns are more likely chance than errors. The
    same holds for a few bases that fit behind a change if everything after them is left out.
    """
    while any(_merge(bases, read, profile_bits, changes, k) for k in _close(changes)):
        changes = changes_of(bases[None])
    for k, end in ((0, 0), (-1, len(bases) - 1)):
        covered = (bases >= 0).nonzero()[0]
        if not len(changes.by) or covered[k] == end or bases[covered[k]] in (0, len(read) - 1):
            continue
        part = covered[covered <= changes.before[0]] if k == 0 else covered[covered > changes.before[-1]]
        if profile_bits[part, read[bases[part]]].sum() < SHIFT_BITS:
            bases[part] = LEFT_OUT
            changes = changes_of(bases[None])


def _may_be_simpler(
    bases: NDArray[np.int64], reads: Sequence[Codes], profile_bits: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Return which paths (B, C) :func:`_simplify` may change. It would change few, and this tells for all at once."""
    changes = changes_of(bases)
    covered, lengths = bases >= 0, np.array([len(read) for read in reads], dtype=np.int64)
    ends = covered.argmax(axis=1), bases.shape[1] - 1 - covered[:, ::-1].argmax(axis=1)
    may = np.zeros(len(reads), dtype=np.bool_)
    for end, outermost in zip(ends, (0, bases.shape[1] - 1), strict=True):
        base = bases[np.arange(len(reads)), end]
        may |= (end != outermost) & (base != 0) & (base != lengths - 1)
    of, close = np.r_[-1, changes.read, -1], changes.before[1:] - changes.before[:-1] <= _CLOSE
    k = np.flatnonzero(close & (changes.read[1:] == changes.read[:-1]))
    read, by = changes.read[k], changes.by[k] + changes.by[k + 1]
    first = np.where(of[k] == read, np.r_[0, changes.behind][k], ends[0][read])
    last = np.where(of[k + 3] == read, np.r_[changes.before, 0][k + 2], ends[1][read])
    some = np.flatnonzero(np.maximum(by, 0) <= last - first)
    if len(some):
        loss = _losses(bases, reads, profile_bits, (read[some], first[some], last[some], by[some]))
        may[read[some][loss <= np.where(by[some] != 0, CHANGE_BITS, 2 * CHANGE_BITS) + _ROUNDING]] = True
    return may


def _losses(
    bases: NDArray[np.int64],
    reads: Sequence[Codes],
    profile_bits: NDArray[np.float32],
    stretches: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
) -> NDArray[np.float64]:
    """Return how many bits (n,) stretches of paths (B, C) lose if a single change takes the place of those in them.

    ``stretches`` are read, first and last column, and by how many columns the shift changes, (n,) each. As in
    :func:`_cut`, the single change stands where that costs least.
    """
    read, first, last, by = stretches
    size, empty = last - first + 1, np.maximum(by, 0)
    of, step = _ragged(size)
    lengths = np.array([len(read) for read in reads], dtype=np.int64)
    codes, begin_of_read = np.concatenate(reads), (np.cumsum(lengths) - lengths)[read][of]
    place, length = (first[of] + step) * profile_bits.shape[1], lengths[read][of]

    def earned(base: NDArray[np.int64], otherwise: float) -> NDArray[np.float64]:
        code = codes.take(base + begin_of_read, mode="clip")
        there = (base >= 0) & (base < length)
        return np.where(there, profile_bits.take(place + code), otherwise).astype(np.float64)

    begin = np.cumsum(size) - size
    now = np.add.reduceat(earned(bases[read[of], first[of] + step], 0.0), begin)
    left = np.r_[0.0, earned(bases[read, first][of] + step, -_NEVER).cumsum()]
    right = np.r_[0.0, earned((bases[read, last] - size + 1)[of] + step, -_NEVER).cumsum()]
    of, step = _ragged(size - empty + 1)
    cut = begin[of] + step
    total = left[cut] - left[begin][of] + right[begin + size][of] - right[cut + empty[of]]
    return now - np.maximum.reduceat(total, np.flatnonzero(step == 0))


def _ragged(sizes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for each place of stretches of these sizes (n,), one after the other, its stretch and its number in it."""
    of = np.repeat(np.arange(len(sizes)), sizes)
    return of, np.arange(len(of)) - (np.cumsum(sizes) - sizes)[of]


def _close(changes: Changes) -> list[int]:
    """Return which changes of a path are followed by another one within ``_CLOSE`` columns."""
    return (changes.before[1:] - changes.before[:-1] <= _CLOSE).nonzero()[0].tolist()


def _recut(bases: NDArray[np.int64], read: Codes, profile_bits: NDArray[np.float32]) -> None:
    """Let no base stand in two columns, in place: a jump to a higher shift uses the bases at its cut twice."""
    changes = changes_of(bases[None])
    for k, (column, by) in enumerate(zip(changes.before.tolist(), changes.by.tolist(), strict=True)):
        if by > 0 and bases[column + 1] >= 0:
            _cut(bases, read, profile_bits, changes, (k, k), np.inf)


def _merge(bases: NDArray[np.int64], read: Codes, profile_bits: NDArray[np.float32], changes: Changes, k: int) -> bool:
    """Merge changes ``k`` and ``k + 1`` of a path if that pays; return whether they were merged."""
    may_lose = CHANGE_BITS * (1 if changes.by[k] + changes.by[k + 1] else 2)
    return _cut(bases, read, profile_bits, changes, (k, k + 1), may_lose)


def _cut(
    bases: NDArray[np.int64],
    read: Codes,
    profile_bits: NDArray[np.float32],
    changes: Changes,
    which: tuple[int, int],
    may_lose: float,
) -> bool:
    """Replace the changes from the first to the last of ``which`` by a single one where that costs least, if it does
    not cost too much."""
    begin = int(changes.before[which[0] - 1]) + 1 if which[0] else 0
    end = int(changes.before[which[1] + 1]) if which[1] + 1 < len(changes.by) else len(bases) - 1
    covered = (bases[begin : end + 1] >= 0).nonzero()[0] + begin
    first, n_columns = int(covered[0]), int(covered[-1] - covered[0]) + 1
    empty = max(int(changes.by[which[0] : which[1] + 1].sum()), 0)
    if empty >= n_columns:
        return False
    now = bases[first : first + n_columns]
    left, right = int(now[0]), int(now[-1]) - n_columns + 1
    of_left = np.zeros(n_columns + 1, dtype=np.float32)  # by the number of columns of the left part
    _earned(left, first, n_columns, read, profile_bits).cumsum(out=of_left[1:])
    of_right = np.zeros(n_columns + 1, dtype=np.float32)
    _earned(right, first, n_columns, read, profile_bits)[::-1].cumsum(out=of_right[-2::-1])
    total = of_left[: n_columns + 1 - empty] + of_right[empty:]
    cut = int(total.argmax())
    if total[cut] < profile_bits.take(covered * profile_bits.shape[1] + read[bases[covered]]).sum() - may_lose:
        return False
    now[:cut], now[cut : cut + empty] = np.arange(left, left + cut), LEFT_OUT
    now[cut + empty :] = np.arange(right + cut + empty, right + n_columns)
    return True


def _earned(base: int, column: int, n: int, read: Codes, profile_bits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what bases (n,) from ``base`` on earn in columns from ``column`` on; a base that the read does not have
    costs everything."""
    first, behind = max(-base, 0), max(min(len(read) - base, n), 0)
    n_codes = profile_bits.shape[1]
    places = np.arange((column + first) * n_codes, (column + behind) * n_codes, n_codes)
    places += read[base + first : base + behind]
    if behind - first == n:
        return profile_bits.take(places)
    earned = np.full(n, -np.inf, dtype=np.float32)
    earned[first:behind] = profile_bits.take(places)
    return earned
