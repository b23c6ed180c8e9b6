"""Lay reads on columns: in one piece if they fit, otherwise with gaps or in parts that lie apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from barcodeembed.sequences.codes import COMPLEMENT, Codes, encode
from barcodeembed.sequences.placement.alignment import align, changes_of, misfits, settle
from barcodeembed.sequences.placement.band import LEFT_OUT, SHIFT_BITS
from barcodeembed.sequences.placement.profile import Profile
from barcodeembed.sequences.placement.search import MIN_BITS, WINDOW, Found, Search

FAR = 36
"""Longest insertion or deletion, in columns. Parts that lie farther apart are separate parts."""

N_RUN = 8
"""Number of N in a row that divides a read. Programs join read pairs by ten N; fewer may stand for bases."""

SECOND_BITS = 60.0
"""Least score of a second barcode in a read: about 45 bases of one, twice what random reads ever had."""

DIFFERENT = 0.1
"""Share of different bases that errors alone leave between two reads of one template with 5 % errors each."""

BY_CHANCE = 4.0
"""Two parts on the same columns are of two templates if they differ by more than errors explain and this many standard
deviations. With 5 % errors in both reads that is true of 1 of 1,800 pairs that overlap on 60 to 600 columns, and of
1,534 of 1,600 pairs of barcodes of two families that share 100 to 658 columns."""

_REST, _FLANK = 25, 100
_N = int(encode("N")[0])
_RUN = bytes([_N] * N_RUN)
_RUNS = re.compile(re.escape(bytes([_N])) + b"{%d,}" % N_RUN)


@dataclass
class Layout:
    """The columns on which the bases of B reads lie.

    Attributes
    ----------
    reads
        the reads, turned to the strand of the barcode.
    strand
        int (B,): 0 for a read as it came, 1 for a turned one.
    bases
        int (B, C): number of the base of the read that stands in each column, ``LEFT_OUT`` where none does.
    columns
        uint8 (B, C): code of that base, 0 where there is none.
    earned
        float32 (B,): score in bits, less the cost of gaps.
    in_parts
        bool (B,): whether the read did not fit in one piece.
    second
        strand and start of another barcode in the read, by read, as in ``Placements``.
    """

    reads: list[Codes]
    strand: NDArray[np.int64]
    bases: NDArray[np.int64]
    columns: Codes
    earned: NDArray[np.float32]
    in_parts: NDArray[np.bool_]
    second: dict[int, tuple[str, int]]

    def ends(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the first and last column (B,) in which a base stands; for a read without bases the whole region."""
        covered = self.bases >= 0
        return covered.argmax(axis=1), covered.shape[1] - 1 - covered[:, ::-1].argmax(axis=1)


class Layer:
    """Lays reads on the columns of one profile."""

    def __init__(self, profile: Profile) -> None:
        self.bits = profile.log_odds()
        self._place_of_column = np.arange(0, self.bits.size, self.bits.shape[1])
        self._search = Search(profile)

    def lay(self, reads: list[Codes]) -> Layout:
        """Lay B reads. Bases that do not belong to the barcode are left out, and second barcodes are found."""
        layout = self._lay(reads, by_pieces=True)
        self._lay_rests(layout)
        return layout

    def lay_without(self, layout: Layout, ends: NDArray[np.int64]) -> None:
        """Lay reads again without some bases (B, 2) at their beginning or end, where these are not 0."""
        some = np.flatnonzero(ends.any(axis=1)).tolist()
        cut = [layout.reads[i][ends[i, 0] : len(layout.reads[i]) - ends[i, 1]] for i in some]
        if not some:
            return
        laid = self.lay(cut)
        for place, i in enumerate(some):
            if laid.strand[place]:
                continue
            bases = laid.bases[place]
            layout.bases[i] = np.where(bases >= 0, bases + ends[i, 0], LEFT_OUT)
            layout.columns[i], layout.earned[i] = laid.columns[place], laid.earned[place]
            layout.in_parts[i] = laid.in_parts[place]
            if place in laid.second:
                strand, start = laid.second[place]
                own = strand == "+"
                sign = "-" if layout.strand[i] == own else "+"
                layout.second[i] = (sign, start - int(ends[i, 0 if own else 1]))

    def _lay(self, reads: list[Codes], *, by_pieces: bool) -> Layout:
        found = self._search.find(reads)
        oriented = [COMPLEMENT[read[::-1]] if turn else read for read, turn in zip(reads, found.strand, strict=True)]
        weak = found.score < MIN_BITS
        layout, unfit = self._in_one_piece(oriented, found, weak)
        self._align(layout, np.flatnonzero(unfit), found.start)
        if by_pieces:
            lost = np.flatnonzero(weak & (layout.earned < MIN_BITS))
            start = np.zeros_like(found.start)
            for i in lost:
                layout.strand[i], start[i] = self._search.find_piece(reads[i])
                layout.reads[i] = COMPLEMENT[reads[i][::-1]] if layout.strand[i] else reads[i]
            self._align(layout, lost, start)
        return layout

    def _in_one_piece(
        self, reads: list[Codes], found: Found, weak: NDArray[np.bool_]
    ) -> tuple[Layout, NDArray[np.bool_]]:
        """Lay B reads in one piece, and return which of them (B,) do not fit so.

        Those that are ``weak`` (B,) are only given room: they fit nowhere.
        """
        bases = np.full((len(reads), len(self.bits)), LEFT_OUT)
        columns = np.zeros(bases.shape, dtype=np.uint8)
        for i in np.flatnonzero(~weak).tolist():
            start = int(found.start[i])
            first, behind = max(start, 0), min(start + len(reads[i]), bases.shape[1])
            bases[i, first:behind] = np.arange(first - start, behind - start)
            columns[i, first:behind] = reads[i][first - start : behind - start]
        strong = ~weak if weak.any() else slice(None)
        bits = self.column_bits(columns[strong])
        earned, unfit = np.zeros(len(reads), dtype=np.float32), weak.copy()
        earned[strong], unfit[strong] = bits.sum(axis=1), misfits(bits)
        return Layout(reads, found.strand, bases, columns, earned, np.zeros(len(reads), dtype=np.bool_), {}), unfit

    def _align(self, layout: Layout, some: NDArray[np.int64], start: NDArray[np.int64]) -> None:
        if len(some):
            reads = [layout.reads[i] for i in some]
            layout.bases[some], layout.earned[some] = align(reads, start[some].tolist(), self.bits)
            layout.columns[some] = _taken(reads, layout.bases[some])
            layout.in_parts[some] = True

    def column_bits(self, columns: Codes) -> NDArray[np.float32]:
        """Return the score (B, C) of the base in each column, in bits; 0 where there is none."""
        scores: NDArray[np.float32] = self.bits.take(columns + self._place_of_column)
        return scores

    def _divide(self, layout: Layout) -> dict[int, list[tuple[int, Codes]]]:
        """Lay one stretch of each read that runs of N divide and that does not fit as a whole; return the other
        stretches, by read."""
        divided = {}
        for i in np.flatnonzero(layout.in_parts).tolist():
            if _RUN in layout.reads[i].tobytes() and (stretches := _stretches(layout.reads[i])):
                divided[i] = stretches
        if not divided:
            return {}
        longest = [max(stretches, key=lambda stretch: len(stretch[1])) for stretches in divided.values()]
        laid = self._lay([stretch for _, stretch in longest], by_pieces=False)
        for place, (i, (offset, _)) in enumerate(zip(list(divided), longest, strict=True)):
            if laid.strand[place] or laid.earned[place] < MIN_BITS:
                del divided[i]
                continue
            layout.bases[i] = np.where(laid.bases[place] >= 0, laid.bases[place] + offset, LEFT_OUT)
            layout.columns[i], layout.earned[i] = laid.columns[place], laid.earned[place]
            divided[i] = [other for other in divided[i] if other[0] != offset]
        return divided

    def _lay_rests(self, layout: Layout) -> None:
        """Lay the ends of reads that were left out, if they are part of the barcode, and note those that are another
        barcode."""
        divided = self._divide(layout)
        first, last = layout.ends()
        rests: list[tuple[int, int, Codes]] = []
        least = np.where(layout.in_parts, _REST, _FLANK)
        for i in np.flatnonzero(layout.earned >= MIN_BITS).tolist():
            if i in divided:
                rests += [(i, offset, stretch) for offset, stretch in divided[i]]
                continue
            read = layout.reads[i]
            left, right = int(layout.bases[i, first[i]]), int(layout.bases[i, last[i]]) + 1
            if left >= least[i]:
                rests.append((i, max(0, left - WINDOW), read[max(0, left - WINDOW) : left]))
            if len(read) - right >= least[i]:
                rests.append((i, right, read[right : right + WINDOW]))
        if rests:
            laid = self._lay([rest for _, _, rest in rests], by_pieces=False)
            for place in np.flatnonzero(laid.earned >= MIN_BITS).tolist():
                i, offset, _ = rests[place]
                self._add(layout, i, offset, laid, place)

    def _add(self, layout: Layout, i: int, offset: int, laid: Layout, place: int) -> None:
        """Add the rest of read ``i`` that begins at base ``offset``: as a part of the barcode, or as a second one."""
        bases, read = layout.bases[i], layout.reads[i]
        own, of_rest = np.flatnonzero(bases >= 0), np.flatnonzero(laid.bases[place] >= 0)
        bits = self.bits[of_rest, laid.columns[place, of_rest]]
        shared = np.isin(of_rest, own)
        repeated = bits[shared].sum()
        both = layout.columns[i, of_rest[shared]] & laid.columns[place, of_rest[shared]]
        is_one = not _are_two(int((both == 0).sum()), len(both))
        if laid.strand[place] == 0:
            right = offset > bases[own[0]]
            beyond = of_rest > own[-1] if right else of_rest < own[0]
            of_own, ends = bases[own], offset + laid.bases[place, of_rest[[0, -1]]]
            divided = _is_divided(read, of_own[-1], ends[0]) if right else _is_divided(read, ends[1], of_own[0])
            if bits[beyond].sum() >= SHIFT_BITS:
                bases[of_rest[beyond]] = laid.bases[place, of_rest[beyond]] + offset
                layout.earned[i] += bits[beyond].sum() - SHIFT_BITS
                layout.in_parts[i] = True
                if not divided:
                    settle(bases, read, int(own[-1] if right else of_rest[beyond][-1]), self.bits)
                layout.columns[i] = _taken([read], bases[None])[0]
            if divided and is_one:
                return
        else:
            repeated = bits.sum()
        if repeated >= SECOND_BITS and i not in layout.second:
            start = int(of_rest[0] - laid.bases[place, of_rest[0]])
            turned = bool(laid.strand[place])
            before = len(read) - offset - len(laid.reads[place]) if turned else offset
            layout.second[i] = ("-" if layout.strand[i] ^ turned else "+", start - before)


def _taken(reads: Sequence[Codes], bases: NDArray[np.int64]) -> Codes:
    """Return the code (B, C) of the base in each column, 0 where there is none."""
    flat = np.concatenate([*reads, np.zeros(1, dtype=np.uint8)])  # what LEFT_OUT finds is the 0 at the end
    first = np.cumsum([0, *(len(read) for read in reads[:-1])])
    return flat[np.where(bases >= 0, bases + first[:, None], LEFT_OUT)]


def _stretches(read: Codes) -> list[tuple[int, Codes]]:
    """Return the stretches of a read between runs of N that are long enough to be laid, each with the number of its
    first base."""
    borders = [0, *(place for run in _RUNS.finditer(read.tobytes()) for place in run.span()), len(read)]
    pairs = zip(borders[::2], borders[1::2], strict=True)
    return [(begin, read[begin:end]) for begin, end in pairs if end - begin >= _REST]


def _is_divided(read: Codes, before: int, after: int) -> bool:
    """Return whether a run of N lies between two bases of a read or close to them (the N may have been laid with a
    part)."""
    return _RUN in read[max(before - 2 * N_RUN, 0) : after + 2 * N_RUN].tobytes()


def _are_two(different: int, shared: int) -> bool:
    """Return whether so many of the shared columns are different that two reads are of two templates."""
    return different > DIFFERENT * shared + BY_CHANCE * (DIFFERENT * (1 - DIFFERENT) * shared) ** 0.5


def describe_parts(layout: Layout, some: NDArray[np.int64], primed: NDArray[np.int64]) -> list[list[str]]:
    """Return the flags of reads ``some`` (n,) that are laid in parts: ``frameshift`` or ``indel``, ``trimmed``,
    ``joined``.

    ``primed`` (B, 2) is the number of bases at each end that belong to a primer and are left out for that reason.
    """
    bases = layout.bases[some]
    changes = changes_of(bases)
    apart = np.abs(changes.by) > FAR
    with_run = np.array([_RUN in layout.reads[i].tobytes() for i in some.tolist()], dtype=np.bool_)
    for k in np.flatnonzero(with_run[changes.read]).tolist():
        before, behind = bases[changes.read[k], [changes.before[k], changes.behind[k]]].tolist()
        apart[k] |= _is_divided(layout.reads[some[changes.read[k]]], before, behind)

    def with_any(chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.bincount(changes.read[chosen], minlength=len(some)) > 0

    shifted, changed, joined = with_any(~apart & (changes.by % 3 != 0)), with_any(~apart), with_any(apart)
    trimmed = _trimmed(layout, some, primed)
    flags = []
    for k in range(len(some)):
        words = ["frameshift" if shifted[k] else "indel"] if changed[k] else []
        words += ["trimmed"] if trimmed[k] else []
        flags.append([*words, "joined"] if joined[k] else words)
    return flags


def _trimmed(layout: Layout, some: NDArray[np.int64], primed: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which reads ``some`` (n,) have bases at an end that would lie within the region and are left out, other
    than N and those of primers."""
    first, last = (end[some] for end in layout.ends())
    n_columns = layout.bases.shape[1]
    begin, end = layout.bases[some, first], layout.bases[some, last] + 1
    left = np.minimum(begin - primed[some, 0], first)
    beyond = np.array([len(layout.reads[i]) for i in some.tolist()], dtype=np.int64) - primed[some, 1] - end
    right = np.minimum(beyond, n_columns - 1 - last)
    result = np.zeros(len(some), dtype=np.bool_)
    for k in np.flatnonzero((left > 0) | (right > 0)).tolist():
        read = layout.reads[some[k]]
        ends = [read[begin[k] - max(left[k], 0) : begin[k]], read[end[k] : end[k] + max(right[k], 0)]]
        result[k] = any((bases != _N).any() for bases in ends)
    return result
