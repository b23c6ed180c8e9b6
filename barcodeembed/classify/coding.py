"""Decide whether a read can be a gene of the taxon that it is called: stop codons by the taxon's genetic code, and
frameshifts.

A mitochondrial pseudogene in the nucleus (NUMT) accumulates both, and labs remove such reads by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from barcodeembed.classify.call import Assignment
from barcodeembed.sequences.codes import Codes
from barcodeembed.sequences.genetic_codes import count_stops, stop_codons
from barcodeembed.sequences.placement.anchor import shipped_anchor

STOP_CODON, FRAMESHIFT = "stop_codon", "frameshift"
"""Flags of reads, which are also the reasons for which reads are rejected."""


@dataclass(frozen=True)
class CodingRule:
    """How stop codons are counted, and what happens to reads that cannot be a gene.

    Attributes
    ----------
    code
        number of the genetic code of all reads in NCBI's list; 0 for the code of the taxon that a read is called.
    reject
        whether reads with stop codons or a frameshift are rejected instead of named.

    Raises
    ------
    UsageError
        if there is no genetic code with this number.
    """

    code: int = 0
    reject: bool = False

    def __post_init__(self) -> None:
        stop_codons(self.code)

    def apply(self, assigned: Sequence[Assignment], columns: Codes, flags: Sequence[str]) -> list[Assignment]:
        """Return the assignments of Q reads with their stop codons counted; rejected reads have no name.

        ``columns`` (Q, C) are their bases on the barcode columns, ``flags`` (Q,) the flags of their placement. If the
        code of a read's class and phylum is not known, only codons that are stops in all codes are counted. Columns of
        another marker than COI are not looked at.
        """
        profile = shipped_anchor().profile
        if columns.shape[1] != profile.columns:
            return list(assigned)
        stops = count_stops(columns, profile.frame, [one.lineage for one in assigned], self.code)
        counted = zip(assigned, stops.tolist(), flags, strict=True)
        return [self._judge(replace(one, stops=number), words) for one, number, words in counted]

    def _judge(self, found: Assignment, flags: str) -> Assignment:
        broken = FRAMESHIFT in flags.split(",")
        if not self.reject or not (found.stops or broken):
            return found
        reason = STOP_CODON if found.stops else FRAMESHIFT
        return Assignment(stops=found.stops, rejected=reason, expected_errors=found.expected_errors)


def with_stops(read_flags: str, stops: int) -> str:
    """Return the flags of a read, with the flag for stop codons if it has any and without it if it has none."""
    others = [flag for flag in read_flags.split(",") if flag and flag != STOP_CODON]
    return ",".join([STOP_CODON, *others] if stops else others)
