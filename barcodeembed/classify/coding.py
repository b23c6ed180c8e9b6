"""Whether a read can be a gene of the taxon that it is called: stop codons by the taxon's genetic code, frameshifts.

A mitochondrial pseudogene in the nucleus (NUMT) gathers both, and a lab removes such reads by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from barcodeembed.classify.call import Assignment
from barcodeembed.sequences.codes import Codes
from barcodeembed.sequences.genetic_codes import count_codons, genetic_code, stop_codons
from barcodeembed.sequences.placement.anchor import shipped_anchor

STOP_CODON, FRAMESHIFT = "stop_codon", "frameshift"
"""Flags of reads, and the reasons for which they are rejected."""


@dataclass(frozen=True)
class CodingRule:
    """How stop codons are counted, and what becomes of reads that can't be a gene.

    Attributes
    ----------
    code
        number of the genetic code of all reads in NCBI's list; 0: that of the taxon that a read is called.
    reject
        whether reads with stop codons or a frameshift are rejected instead of named.

    Raises
    ------
    UsageError
        if there is no genetic code of this number.
    """

    code: int = 0
    reject: bool = False

    def __post_init__(self) -> None:
        stop_codons(self.code)

    def apply(self, assigned: Sequence[Assignment], columns: Codes, flags: Sequence[str]) -> list[Assignment]:
        """Return the assignments of Q reads with their stop codons counted; those that are rejected have no name.

        ``columns`` (Q, C) are their bases on the barcode columns, ``flags`` (Q,) those of their placement. A read that
        is called no class or phylum with a known code has the stop codons that all codes have. Another marker's columns
        are passed over.
        """
        profile = shipped_anchor().profile
        if columns.shape[1] != profile.columns:
            return list(assigned)
        codes = np.array([self.code or genetic_code(one.lineage) for one in assigned], dtype=np.int64)
        stops = np.zeros(len(assigned), dtype=np.int64)
        for code in set(codes.tolist()):
            own = codes == code
            stops[own] = count_codons(columns[own], profile.frame, stop_codons(code))
        counted = zip(assigned, stops.tolist(), flags, strict=True)
        return [self._judge(replace(one, stops=number), words) for one, number, words in counted]

    def _judge(self, found: Assignment, flags: str) -> Assignment:
        broken = FRAMESHIFT in flags.split(",")
        if not self.reject or not (found.stops or broken):
            return found
        reason = STOP_CODON if found.stops else FRAMESHIFT
        return Assignment(stops=found.stops, rejected=reason, expected_errors=found.expected_errors)


def with_stops(read_flags: str, stops: int) -> str:
    """Return the flags of a read with the one for stop codons if it has any, and without it if not."""
    others = [flag for flag in read_flags.split(",") if flag and flag != STOP_CODON]
    return ",".join([STOP_CODON, *others] if stops else others)
