"""Place reads on barcode coordinates: strand, start column, score, and the bases in each column.

The profile slides along both strands of a read (one FFT cross-correlation for a batch). COI's barcode region
hardly ever has insertions or deletions, so one ungapped placement is enough for nearly all reads; where part
of a read scores badly it is laid in several parts (:mod:`shifts`), and the read is flagged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from barcodeembed.sequences.codes import COMPLEMENT, ONE_HOT, SINGLE_BASE, Codes, encode
from barcodeembed.sequences.codons import STOP_CODONS
from barcodeembed.sequences.profile import Profile, shipped_profile
from barcodeembed.sequences.shifts import lay, lay_in_parts, misfits

MIN_BITS = 30.0
"""Least score of a placed read in bits. A log-odds score of S bits occurs by chance with probability
<= 2**-S at one place; a read is tried at about 2**11 places, so 30 bits is one chance hit in 2**19 reads.
The highest of 30,000 random and shuffled reads had 18 (docs/experiments.md)."""

MIN_BITS_PER_BASE = 0.25
"""Least mean score of a placed read, so that a long foreign read isn't placed by a short lucky stretch."""

DIVERGENT_BITS = 0.75
"""Mean score below which a read is flagged ``divergent``. 99 % of insects, annelids, snails, fish and birds
lie above 0.87; bivalves, tunicates and some hydrozoans (0.5-0.75) lie below, but so does the cox1 of
Wolbachia and Rickettsia (0.58-0.71): the score alone cannot tell these apart (docs/experiments.md)."""

PIECE = 120
"""Bases in a piece of a read that does not fit as a whole: an indel in the middle, adapters at both ends."""

PIECED = 50_000
"""Bases of a read that are searched by pieces: a mitogenome, not a chromosome."""

WINDOW = 4096
"""A longer read (a mitogenome) is searched in windows of this many bases."""

FLAGS = {
    "stop_codon": "TAA or TAG in the reading frame: a pseudogene (NUMT) or a sequencing error",
    "frameshift": "placed in parts, two of which differ in their columns by a number that three does not divide",
    "indel": "placed in parts whose columns differ by multiples of three",
    "trimmed": "bases at an end that lie within the region but don't fit it were left out",
    "divergent": "scores lower than most animals: bivalve, tunicate, or the cox1 of a bacterium",
}

NO_QUALITY = 255
"""Stands for a quality that isn't known."""

_ERROR_OF_QUALITY = (10.0 ** (-np.arange(256) / 10)).astype(np.float32)
_ERROR_OF_QUALITY[NO_QUALITY] = 0

_GROUP = 64


@dataclass(frozen=True)
class Placements:
    """Where B reads lie on C barcode columns; arrays are parallel.

    Attributes
    ----------
    columns
        uint8 (B, C): the base in each column as an IUPAC code of :mod:`codes`, 0 where the read has none.
    strand
        (B,) of ``"+"``, ``"-"``; ``""`` for a read that could not be placed.
    start
        int (B,): column of the first base of the oriented read; negative if flank comes before the region.
    score
        float32 (B,): mean log-odds per covered column, in bits; NaN for a read without bases.
    stops
        int (B,): stop codons in the reading frame of the region.
    flags
        (B,) of comma-joined words of :data:`FLAGS`.
    qualities
        uint8 (B, C): Phred quality of the base in each column; :data:`NO_QUALITY` where it isn't known or no base is.
    """

    columns: Codes
    strand: NDArray[np.str_]
    start: NDArray[np.int32]
    score: NDArray[np.float32]
    stops: NDArray[np.int32]
    flags: NDArray[np.object_]
    qualities: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.start)

    @classmethod
    def none(cls, n_reads: int, n_columns: int = 0) -> Placements:
        """Reads that are nowhere placed: there are none, or their marker has no profile."""
        return cls(
            np.zeros((n_reads, n_columns), dtype=np.uint8),
            np.full(n_reads, ""),
            np.zeros(n_reads, dtype=np.int32),
            np.full(n_reads, np.nan, dtype=np.float32),
            np.zeros(n_reads, dtype=np.int32),
            np.full(n_reads, "", dtype=object),
            np.full((n_reads, n_columns), NO_QUALITY, dtype=np.uint8),
        )

    def rows(self, index: NDArray[np.int64]) -> Placements:
        """The placements of these reads only."""
        return Placements(
            self.columns[index],
            self.strand[index],
            self.start[index],
            self.score[index],
            self.stops[index],
            self.flags[index],
            self.qualities[index],
        )

    @property
    def placed(self) -> NDArray[np.bool_]:
        """(B,) True where the read is a barcode of this marker."""
        return self.strand != ""

    @property
    def expected_errors(self) -> NDArray[np.float32]:
        """Errors (B,) to be expected in the bases that are placed; NaN for a read without qualities.

        The sum of the probabilities 10 ** (-Q / 10) (Edgar & Flyvbjerg 2015; ``ee`` of USEARCH and VSEARCH).
        """
        known = (self.qualities != NO_QUALITY).any(axis=1)
        return np.where(known, _ERROR_OF_QUALITY[self.qualities].sum(axis=1), np.float32(np.nan))


class Anchor:
    """Places reads on the columns of one profile."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._bits = profile.log_odds()
        one_hot_bits = self._bits[:, [1, 2, 4, 8]]
        # The reverse strand is searched with the reverse complement of the profile.
        self._search = np.stack([one_hot_bits, one_hot_bits[::-1, ::-1]]).transpose(0, 2, 1)
        self._spectra: dict[int, NDArray[np.complex64]] = {}

    def place(self, sequences: Sequence[str], qualities: Sequence[bytes] = ()) -> Placements:
        """Place B cleaned sequences; the result does not depend on what else is in the batch.

        ``qualities`` are the Phred qualities of the bases of each; empty where they aren't known, or left out.
        """
        if not sequences:
            return Placements.none(0, self.profile.columns)
        strand = np.zeros(len(sequences), dtype=np.int64)
        start = np.zeros(len(sequences), dtype=np.int64)
        codes = [encode(sequence) for sequence in sequences]
        for group in _groups_by_length(codes):
            score, strand[group], start[group] = self._best([codes[i] for i in group])
            for i in group[score < MIN_BITS]:
                # The bases on the wrong side of an indel cost as much as those on the right side earn.
                _, strand[i], start[i] = self._best_window(codes[i][:PIECED], PIECE, PIECE // 2)
        oriented = [COMPLEMENT[read[::-1]] if reverse else read for read, reverse in zip(codes, strand, strict=True)]
        placements, bases = self._describe(oriented, strand, start)
        for i, quality in enumerate(qualities):
            if quality:
                turned = np.frombuffer(quality, dtype=np.uint8)[:: -1 if strand[i] else 1]
                covered = np.flatnonzero(placements.columns[i])
                placements.qualities[i, covered] = turned[bases[i][covered]]
        return placements

    def _best(self, reads: list[Codes]) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
        """Score, strand (0 forward, 1 reverse) and start column of reads of similar length."""
        lengths = np.array([len(read) for read in reads])
        if lengths.max(initial=0) > WINDOW:
            window = self._best_window(reads[0], WINDOW, WINDOW - 2 * self.profile.columns)
            return tuple(np.array([value]) for value in window)  # type: ignore[return-value]
        score, strand, start = self._correlate(reads)
        return score, strand, np.where(strand == 1, self.profile.columns - lengths - start, start)

    def _best_window(self, read: Codes, size: int, step: int) -> tuple[float, int, int]:
        """Score, strand and start column of one read by the best of its windows."""
        offsets = np.arange(0, max(len(read) - size, 0) + step, step)
        best = (-np.inf, 0, 0)
        for chunk in np.array_split(offsets, -(-len(offsets) // 64)):
            scores, strands, starts = self._correlate([read[o : o + size] for o in chunk])
            top = int(np.argmax(scores))
            best = max(best, (float(scores[top]), int(strands[top]), int(starts[top] - chunk[top])))
        score, strand, start = best
        if strand == 1:
            start = self.profile.columns - len(read) - start
        return score, strand, start

    def _correlate(self, reads: list[Codes]) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
        """Best score in bits, strand and start of each read against both profiles.

        For the reverse strand the start is that of the unturned read on the turned profile.
        """
        n_columns = self.profile.columns
        longest = max(len(read) for read in reads)
        size = _fft_size(longest + n_columns)
        if size not in self._spectra:
            self._spectra[size] = np.fft.rfft(self._search, size, axis=-1).astype(np.complex64)
        one_hot = np.zeros((len(reads), 4, longest), dtype=np.float32)
        for row, read in zip(one_hot, reads, strict=True):
            row[:, : len(read)] = ONE_HOT[read].T
        spectrum = np.conj(np.fft.rfft(one_hot, size, axis=-1))
        scores = np.stack(
            [np.fft.irfft((spectrum * profile).sum(axis=1), size) for profile in self._spectra[size]], axis=1
        )
        flat = scores.reshape(len(reads), -1).argmax(axis=1)
        strand, shift = np.divmod(flat, size)
        start = np.where(shift < n_columns, shift, shift - size)
        return scores.reshape(len(reads), -1).max(axis=1), strand, start

    def _describe(
        self, oriented: list[Codes], strand: NDArray[np.int64], start: NDArray[np.int64]
    ) -> tuple[Placements, list[NDArray[np.int64]]]:
        """The placements of oriented reads without their qualities, and which base of each read stands where (C,)."""
        bases = list(np.arange(self.profile.columns) - start[:, None])
        columns = np.stack([lay(read, s, self.profile.columns) for read, s in zip(oriented, start, strict=True)])
        flags: list[list[str]] = [[] for _ in oriented]
        for some in _in_groups(np.flatnonzero(misfits(self._column_bits(columns))), _GROUP):
            parts = lay_in_parts([oriented[i] for i in some], start[some].tolist(), self._bits)
            for i, part in zip(some, parts, strict=True):
                columns[i], bases[i] = part.columns, part.bases
                start[i] += part.shift
                if part.changes:
                    flags[i].append("frameshift" if any(change % 3 for change in part.changes) else "indel")
                if part.trimmed:
                    flags[i].append("trimmed")
        bits = self._column_bits(columns)
        covered = (columns > 0).sum(axis=1)
        total = bits.sum(axis=1)
        score = np.divide(total, covered, out=np.full(len(total), np.nan, np.float32), where=covered > 0)
        placed = (total >= MIN_BITS) & (score >= MIN_BITS_PER_BASE)
        columns[~placed] = 0
        stops = count_stops(columns, self.profile.frame)
        for i in np.flatnonzero(stops):
            flags[i].insert(0, "stop_codon")
        for i in np.flatnonzero(score < DIVERGENT_BITS):
            flags[i].append("divergent")
        joined = np.array([",".join(f) if ok else "" for f, ok in zip(flags, placed, strict=True)], object)
        sign = np.where(placed, np.where(strand == 1, "-", "+"), "")
        qualities = np.full(columns.shape, NO_QUALITY, dtype=np.uint8)
        return Placements(columns, sign, start.astype(np.int32), score, stops, joined, qualities), bases

    def _column_bits(self, columns: Codes) -> NDArray[np.float32]:
        """Score (B, C) of the base in each column; 0 where there is none."""
        return self._bits[np.arange(self.profile.columns), columns]


@cache
def shipped_anchor(name: str = "coi-folmer") -> Anchor:
    """The anchor of a shipped profile, made once."""
    return Anchor(shipped_profile(name))


def count_stops(columns: Codes, frame: int) -> NDArray[np.int32]:
    """Stop codons (B,) of placed reads (B, C) whose first complete codon starts in column ``frame``.

    Only TAA and TAG count: they are stops in the mitochondrial codes of vertebrates and of invertebrates.
    """
    n_codons = (columns.shape[1] - frame) // 3
    codons = SINGLE_BASE[columns[:, frame : frame + 3 * n_codons]].reshape(-1, n_codons, 3)
    stops = np.zeros(len(columns), dtype=np.int32)
    for codon in STOP_CODONS:
        stops += (codons == SINGLE_BASE[encode(codon)]).all(axis=2).sum(axis=1, dtype=np.int32)
    return stops


def _groups_by_length(reads: Sequence[Codes]) -> list[NDArray[np.int64]]:
    """Indices of reads in groups of similar length; reads longer than a window stand alone."""
    lengths = np.array([len(read) for read in reads])
    order = np.argsort(lengths, kind="stable")
    short = order[lengths[order] <= WINDOW]
    return _in_groups(short, _GROUP) + [np.array([i]) for i in order[lengths[order] > WINDOW]]


def _in_groups(rows: NDArray[np.int64], size: int) -> list[NDArray[np.int64]]:
    return [rows[i : i + size] for i in range(0, len(rows), size)]


def _fft_size(least: int) -> int:
    """The smallest 2**a * 3**b * 5**c that is not below ``least``: sizes that an FFT does fast."""
    sizes = (2**a * 3**b * 5**c for a in range(15) for b in range(4) for c in range(3))
    return min(size for size in sizes if size >= least)
