"""Find reads on a profile: strand and start column, by cross-correlation with both strands of the profile.

Letters in shapes: B reads, C columns, F size of a Fourier transform.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from barcodeembed.sequences.codes import ONE_HOT, Codes
from barcodeembed.sequences.placement.profile import Profile

MIN_BITS = 30.0
"""Least score of a placed read in bits. A log-odds score of S bits occurs by chance with probability
<= 2**-S at one place; a read is tried at about 2**11 places, so 30 bits is one chance hit in 2**19 reads.
The highest of 30,000 random and shuffled reads had 18 (see docs/experiments.md, "Does a
log-odds profile tell COI from what is not?")."""

PIECE = 120
"""Length in bases of the pieces by which a read is searched that does not fit as a whole (because of an indel in the
middle, or adapters at both ends)."""

PIECED = 50_000
"""Number of bases of a read that are searched by pieces: enough for a mitogenome, not for a chromosome."""

WINDOW = 4096
"""A read longer than this (a mitogenome) is searched in windows of this many bases."""

_TIE = 0.1
"""Bits by which equal places of a read may differ: the reads beside it decide how its scores are rounded. Palindromes
and concatemers have equal places."""

_GROUP = 64
_NEAR = 4


@dataclass(frozen=True)
class Found:
    """The most likely places of B reads.

    Attributes
    ----------
    score
        float (B,): score in bits of the read laid in one piece.
    strand
        int (B,): 0 forward, 1 reverse.
    start
        int (B,): column of the first base of the oriented read. If the score is below ``MIN_BITS``, strand and start
        are those at which most of the read would fit if it were shifted by a few bases again and again.
    """

    score: NDArray[np.float32]
    strand: NDArray[np.int64]
    start: NDArray[np.int64]


class Search:
    """Finds reads on one profile."""

    def __init__(self, profile: Profile) -> None:
        self._columns = profile.columns
        bits = profile.log_odds()[:, [1, 2, 4, 8]]
        # The reverse strand is searched with the reverse complement of the profile.
        self._profiles = np.stack([bits, bits[::-1, ::-1]]).transpose(0, 2, 1)
        chance = bits @ profile.frequencies.mean(axis=0)
        self._chance = np.stack([np.r_[0, np.cumsum(c)] for c in (chance, chance[::-1])]).astype(np.float32)
        self._spectra: dict[int, NDArray[np.complex64]] = {}

    def find(self, reads: Sequence[Codes]) -> Found:
        """Return the most likely place of each read. The result for a read does not depend on the other reads."""
        score = np.zeros(len(reads), dtype=np.float32)
        strand = np.zeros(len(reads), dtype=np.int64)
        start = np.zeros(len(reads), dtype=np.int64)
        for group in _groups_by_length(reads):
            score[group], strand[group], start[group] = self._best([reads[i] for i in group])
        return Found(score, strand, start)

    def find_piece(self, read: Codes) -> tuple[int, int]:
        """Return strand and start column of a read by the best of its pieces.

        This is for a read that fits nowhere as a whole: the bases on the wrong side of an indel cost as much as those
        on the right side earn.
        """
        _, strand, start = self._best_window(read[:PIECED], PIECE, PIECE // 2)
        return strand, start if strand == 0 else start - max(len(read) - PIECED, 0)

    def _best(self, reads: list[Codes]) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
        """Return score, strand and start column of reads of similar length."""
        lengths = np.array([len(read) for read in reads])
        if lengths.max(initial=0) > WINDOW:
            window = self._best_window(reads[0], WINDOW, WINDOW - 2 * self._columns)
            return tuple(np.array([value]) for value in window)  # type: ignore[return-value]
        scores = self._correlate(reads)
        score, strand, start = self._highest(scores, MIN_BITS)
        weak = np.flatnonzero(score < MIN_BITS)
        if len(weak):
            strand[weak], start[weak] = self._likeliest(scores[weak], lengths[weak])
        return score, strand, np.where(strand == 1, self._columns - lengths - start, start)

    def _best_window(self, read: Codes, size: int, step: int) -> tuple[float, int, int]:
        """Return score, strand and start column of one read by the best of its windows."""
        offsets = np.arange(0, max(len(read) - size, 0) + step, step)
        best = (-np.inf, 0, 0)
        for chunk in np.array_split(offsets, -(-len(offsets) // _GROUP)):
            scores, strands, starts = self._highest(self._correlate([read[o : o + size] for o in chunk]))
            top = int(np.argmax(scores))
            best = max(best, (float(scores[top]), int(strands[top]), int(starts[top] - chunk[top])))
        score, strand, start = best
        if strand == 1:
            start = self._columns - len(read) - start
        return score, strand, start

    def _correlate(self, reads: list[Codes]) -> NDArray[np.float32]:
        """Return the scores (B, 2, F) in bits at each place on both profiles; a place is a start column, modulo F.

        For the reverse strand the start is that of the unturned read on the turned profile.
        """
        size = _fft_size(max(len(read) for read in reads) + self._columns)
        if size not in self._spectra:
            self._spectra[size] = np.fft.rfft(self._profiles, size).astype(np.complex64)
        codes = np.zeros((len(reads), size), dtype=np.uint8)
        for row, read in zip(codes, reads, strict=True):
            row[: len(read)] = read
        one_hot = np.empty((4, len(reads), size), dtype=np.float32)
        for share, of_base in zip(ONE_HOT.T, one_hot, strict=True):
            share.take(codes, out=of_base, mode="clip")
        spectrum = np.fft.rfft(one_hot)
        np.conj(spectrum, out=spectrum)
        scores = np.empty((len(reads), len(self._profiles), size), dtype=np.float32)
        for strand, profile in enumerate(self._spectra[size]):
            product = spectrum[0] * profile[0]
            for of_read, of_column in zip(spectrum[1:], profile[1:], strict=True):
                product += of_read * of_column
            np.fft.irfft(product, size, out=scores[:, strand])  # type: ignore[arg-type]
        return scores

    def _highest(
        self, scores: NDArray[np.float32], least: float = -np.inf
    ) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
        """Return score, strand and start column of the best place of each read; of equal places the first, if they
        score ``least``."""
        flat = scores.reshape(len(scores), -1)
        best = flat.argmax(axis=1)
        score = flat[np.arange(len(flat)), best]
        lowest = self._columns - scores.shape[2]
        several = np.count_nonzero(flat >= score[:, None] - _TIE, axis=1) > 1
        for i in np.flatnonzero(several & (score >= least)).tolist():
            turned = np.roll(scores[i], -lowest, axis=1)
            strand, place = divmod(int(_first_of_the_highest(turned.reshape(1, -1))[0]), scores.shape[2])
            best[i] = strand * scores.shape[2] + (place + lowest) % scores.shape[2]
        strand, place = np.divmod(best, scores.shape[2])
        return score, strand, np.where(place < self._columns, place, place - scores.shape[2])

    def _likeliest(
        self, scores: NDArray[np.float32], lengths: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return strand and start of reads that fit well at no place, but with their parts at places close to each
        other.

        Bases in wrong columns cost their share at every place. What random bases would score there is taken off, and
        the rest is summed over ``2 * _NEAR + 1`` neighbouring places.
        """
        lowest = self._columns - scores.shape[2]
        near = _sums(np.concatenate([scores[:, :, self._columns :], scores[:, :, : self._columns]], axis=2))
        pad = ((0, 0), (-lowest, max(int(lengths.max()) - 1, 0)))
        chance = _sums(np.pad(self._chance, pad, mode="edge"))
        by_begin = np.lib.stride_tricks.sliding_window_view(chance, near.shape[2], axis=1)
        near -= by_begin[:, lengths].swapaxes(0, 1)
        near += by_begin[:, 0]
        strand, place = np.divmod(_first_of_the_highest(near.reshape(len(near), -1)), near.shape[2])
        return strand, lowest + _NEAR + place


def _sums(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the sums of each nine (``2 * _NEAR + 1``) neighbouring scores along the last axis."""
    pairs = scores[..., :-1] + scores[..., 1:]
    fours = pairs[..., :-2] + pairs[..., 2:]
    sums: NDArray[np.float32] = fours[..., :-5] + fours[..., 4:-1] + scores[..., 8:]
    return sums


def _first_of_the_highest(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return where (B,) the highest of the scores (B, P) is; of scores that are equal but for rounding, the first."""
    first: NDArray[np.int64] = (scores >= scores.max(axis=1, keepdims=True) - _TIE).argmax(axis=1)
    return first


def _groups_by_length(reads: Sequence[Codes]) -> list[NDArray[np.int64]]:
    """Return the numbers of reads in groups of similar length; reads longer than a window are alone."""
    lengths = np.array([len(read) for read in reads])
    order = np.argsort(lengths, kind="stable")
    short = order[lengths[order] <= WINDOW]
    groups = [short[i : i + _GROUP] for i in range(0, len(short), _GROUP)]
    return groups + [np.array([i]) for i in order[lengths[order] > WINDOW]]


def _fft_size(least: int) -> int:
    """Return the smallest 2**a * 3**b * 5**c that is not below ``least``: an FFT of such a size is fast."""
    sizes = (2**a * 3**b * 5**c for a in range(15) for b in range(4) for c in range(3))
    return min(size for size in sizes if size >= least)
