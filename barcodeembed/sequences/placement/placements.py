"""Where reads lie on barcode columns: the arrays that tokens, stop codons and identity are made of."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from barcodeembed.sequences.codes import Codes

FLAGS = {
    "stop_codon": "TAA or TAG in the reading frame: a pseudogene (NUMT) or a sequencing error",
    "frameshift": "bases are missing or too many by a number that three does not divide",
    "indel": "bases are missing or too many by multiples of three",
    "trimmed": "bases at an end that lie within the region but don't fit it were left out",
    "joined": "laid in parts that lie apart: pairs joined by N, or more than 36 columns missing",
    "second_barcode": "another barcode lies in the read, see `second`: a concatemer, a palindrome, two templates",
    "primer": "bases of a known primer at an end lay on the region and were left out",
    "divergent": "scores lower than most animals: bivalve, tunicate, or the cox1 of a bacterium",
}
"""What is remarkable about a placement, and what it means."""

NO_QUALITY = 255
"""Stands for a quality that isn't known."""

_ERROR_OF_QUALITY = (10.0 ** (-np.arange(256) / 10)).astype(np.float32)
_ERROR_OF_QUALITY[NO_QUALITY] = 0


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
    second
        (B,) of strand and start of another barcode in the read, ``-:-709``; ``""`` where there is none.
    """

    columns: Codes
    strand: NDArray[np.str_]
    start: NDArray[np.int32]
    score: NDArray[np.float32]
    stops: NDArray[np.int32]
    flags: NDArray[np.object_]
    qualities: NDArray[np.uint8]
    second: NDArray[np.object_]

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
            np.full(n_reads, "", dtype=object),
        )

    def select(self, rows: NDArray[np.int64]) -> Placements:
        """Return the placements of the reads with these numbers only."""
        return Placements(*(getattr(self, field.name)[rows] for field in fields(self)))

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
