"""The result of placement: arrays that say where reads lie on barcode columns.

Tokens, stop codons and identities are computed from them.
"""

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
"""Flags for what is unusual about a placement, and their meanings."""

NO_QUALITY = 255
"""Stands for a quality that is not known."""

_ERROR_OF_QUALITY = (10.0 ** (-np.arange(256) / 10)).astype(np.float32)
_ERROR_OF_QUALITY[NO_QUALITY] = 0


@dataclass(frozen=True)
class Placements:
    """The places of B reads on C barcode columns; all arrays are parallel.

    Attributes
    ----------
    columns
        uint8 (B, C): the base in each column, as a set of bases in four bits (:mod:`barcodeembed.sequences.codes`); 0
        where the read has none.
    strand
        text (B,): ``"+"``, ``"-"``, or ``""`` for a read that could not be placed.
    start
        int (B,): column of the first base of the oriented read; negative if bases come before the region.
    score
        float32 (B,): mean log-odds per covered column, in bits; NaN for a read without bases.
    stops
        int (B,): number of stop codons in the reading frame of the region.
    flags
        text (B,): words of :data:`FLAGS`, joined by commas.
    qualities
        uint8 (B, C): Phred quality of the base in each column; :data:`NO_QUALITY` where it is not known or there is no
        base.
    second
        text (B,): strand and start of another barcode in the read, as ``-:-709``; ``""`` if there is none.
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
        """Return placements of reads that are not placed: their marker has no profile, or there are no reads."""
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
        """bool (B,): True where the read is a barcode of this marker."""
        return self.strand != ""

    @property
    def expected_errors(self) -> NDArray[np.float32]:
        """Expected number of errors (B,) in the bases that are placed; NaN for a read without qualities.

        It is the sum of the probabilities 10 ** (-Q / 10) (Edgar & Flyvbjerg 2015; ``ee`` of USEARCH and VSEARCH).
        """
        known = (self.qualities != NO_QUALITY).any(axis=1)
        return np.where(known, _ERROR_OF_QUALITY[self.qualities].sum(axis=1), np.float32(np.nan))
