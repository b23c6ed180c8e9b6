"""Count calls, for ``summary.json`` and for the last messages of a run. The counts are numbers of reads."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.classify.call import CHIMERA, DOUBTFUL, VERDICTS, Call
from barcodeembed.classify.coding import FRAMESHIFT, STOP_CODON
from barcodeembed.classify.own_names import AGREEMENTS, agreement
from barcodeembed.errors import InputError
from barcodeembed.sequences.batches import STATUSES
from barcodeembed.sequences.formats.files import open_binary
from barcodeembed.sequences.placement.placements import FLAGS
from barcodeembed.taxonomy import RANKS
from barcodeembed.workflows.tables.columns import DECIMALS

FORMAT_VERSION = 2
"""Version of the format of ``summary.json``. Version 1 counted records instead of reads, and had no samples."""

VERDICT_NAMES = {
    "named": "Named",
    "ambiguous": "Ambiguous",
    "new_species": "New species",
    "new_genus": "New genus",
    "unplaced": "Unplaced",
}
"""Verdicts in words."""

OUT_OF_FRAME = frozenset({FRAMESHIFT, STOP_CODON})
"""Flags that errors of a sequencer give to most reads of a run, and pseudogenes to a few."""

BROKEN = frozenset({*OUT_OF_FRAME, *CHIMERA})
"""Flags of reads that are not the barcode of one animal."""

NEAR = 0.9
"""Least identity of the reads from which the error rate of a run is estimated. Further away, errors cannot be told from
the differences between the read's species and the reference."""

_STEPS = 1000  # number of steps of the histogram of identities


@dataclass
class Outcomes:
    """Counts of what became of reads. Every read has one status; those with status ``ok`` have one verdict.

    ``new_but_broken`` counts reads that are called new and have one of the flags ``BROKEN``; ``out_of_frame`` counts
    reads with a verdict and one of the flags ``OUT_OF_FRAME``; ``flagged`` counts reads with any flag. ``species`` are
    the names of the species that were called. ``own`` counts how calls agree with names that the input gives.
    """

    reads: int = 0
    status: Counter[str] = field(default_factory=Counter)
    verdict: Counter[str] = field(default_factory=Counter)
    rank: Counter[str] = field(default_factory=Counter)
    strand: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    flagged: int = 0
    new_but_broken: int = 0
    out_of_frame: int = 0
    species: set[str] = field(default_factory=set)
    own: Counter[str] = field(default_factory=Counter)
    _errors: float = field(default=0.0, repr=False)
    _compared: int = field(default=0, repr=False)
    _identities: NDArray[np.int64] = field(default_factory=lambda: np.zeros(_STEPS + 1, dtype=np.int64), repr=False)

    def count(self, call: Call, reads: int) -> None:
        """Count a call for this many reads."""
        self.reads += reads
        self.status[call.status] += reads
        self.strand[str(call.read["strand"])] += reads
        for flag in call.flags:
            self.flags[flag] += reads
        self.flagged += reads * bool(call.flags)
        found = call.assignment
        if found.verdict:
            self.verdict[found.verdict] += reads
            self.new_but_broken += reads * (found.verdict.startswith("new_") and not BROKEN.isdisjoint(call.flags))
            self.out_of_frame += reads * (not OUT_OF_FRAME.isdisjoint(call.flags))
            self.rank[call.rank] += reads
            if agrees := agreement(call):
                self.own[agrees] += reads
            if call.rank == "species" and reads:
                self.species.add(call.taxon)
            if not math.isnan(found.identity):
                # Rounded as in the native table, so that calls read from a table give the same counts.
                self._identities[round(round(found.identity, DECIMALS) * _STEPS)] += reads
            if round(found.identity, DECIMALS) >= NEAR and not math.isnan(found.expected_errors):
                self._errors += reads * round(found.expected_errors, DECIMALS)
                self._compared += reads * found.overlap

    @property
    def median_identity(self) -> float:
        """Median identity with the nearest reference, to a tenth of a percent; NaN if no read has an identity."""
        total = int(self._identities.sum())
        if not total:
            return float("nan")
        return float(np.searchsorted(np.cumsum(self._identities), (total + 1) // 2)) / _STEPS

    @property
    def error_rate(self) -> float:
        """Expected errors per base in reads that are near a reference; NaN if there are none."""
        return self._errors / self._compared if self._compared else float("nan")

    @property
    def named(self) -> int:
        """Number of reads with a name of any rank."""
        return sum(number for rank, number in self.rank.items() if rank)

    def to_dict(self) -> dict[str, Any]:
        """Return the counts for ``summary.json``. Its keys and their order are always the same, but unknown statuses
        and flags may be added."""
        identity, errors = self.median_identity, self.error_rate
        return {
            "reads": self.reads,
            "status": all_of(self.status, STATUSES),
            "verdict": all_of(self.verdict, VERDICTS),
            "rank_named": {**{rank: self.rank[rank] for rank in RANKS}, "none": self.rank[""]},
            "species_named": len(self.species),
            "strand": {"+": self.strand["+"], "-": self.strand["-"], "none": self.strand[""]},
            "flags": all_of(self.flags, (*FLAGS, *CHIMERA, *DOUBTFUL)),
            "flagged": self.flagged,
            "new_but_broken": self.new_but_broken,
            "median_identity": None if math.isnan(identity) else identity,
            "error_rate": None if math.isnan(errors) else round(errors, 5),
            "own_names": all_of(self.own, AGREEMENTS),
        }


@dataclass
class CallSummary(Outcomes):
    """Counts of what became of all reads, and of those of each sample.

    ``queries`` counts calls: a call belongs to one record and stands for as many reads as the record's size says.
    ``skipped`` counts records that became no query, by reason. ``without_bases`` counts queries that were called by
    cosine alone because their embedding file has no barcode columns. ``subtraction`` says in words what was subtracted
    from the samples for negative controls, ``""`` if it was not asked for; all counts are of before. Each distinct
    sequence takes about 80 bytes of memory.
    """

    queries: int = 0
    without_bases: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    samples: dict[str, Outcomes] = field(default_factory=dict)
    subtraction: str = ""
    _distinct: set[int] = field(default_factory=set, repr=False)

    def add(self, call: Call) -> None:
        """Count one call."""
        self.queries += 1
        self.without_bases += bool(call.verdict) and call.read.get("columns") == ""
        self._distinct.add(hash(str(call.read["sha1"])))
        self.count(call, call.size)
        for sample, reads in call.reads:
            self.samples.setdefault(sample, Outcomes()).count(call, reads)

    @property
    def distinct(self) -> int:
        """Number of distinct sequences among the queries."""
        return len(self._distinct)

    def to_dict(self) -> dict[str, Any]:
        """Return, for ``summary.json``, the counts of all reads, and those of each sample if there are several."""
        whole = {
            "format_version": FORMAT_VERSION,
            "queries": self.queries,
            "distinct_sequences": self.distinct,
            "without_bases": self.without_bases,
            **super().to_dict(),
            "skipped": dict(sorted(self.skipped.items())),
        }
        samples = {name: counts.to_dict() for name, counts in self.samples.items()}
        return {**whole, "samples": samples if len(samples) > 1 else {}}


def read_skipped(path: str | PathLike[str]) -> tuple[int, Counter[str]]:
    """Return, from a ``summary.json``, the number of queries and the records that became none, by reason.

    Raises
    ------
    InputError
        if the file is no such summary, or one of another version.
    """
    with open_binary(path) as stream:
        try:
            found = json.loads(stream.read())
            version, queries, skipped = found["format_version"], found["queries"], Counter(found["skipped"])
            numbers = [queries, *skipped.values()]
        except (ValueError, TypeError, KeyError, RecursionError):
            version, numbers = None, []
    if version != FORMAT_VERSION or any(type(number) is not int or number < 0 for number in numbers):
        raise InputError(f"this is no file of --summary in version {FORMAT_VERSION} of its format", path=path)
    return queries, skipped


def status_name(status: str) -> str:
    """Return a status in words: "Not COI" for ``not_coi``."""
    return status.replace("_", " ").capitalize().replace(" coi", " COI").replace(" dna", " DNA")


def all_of(counts: Counter[str], known: Iterable[str]) -> dict[str, int]:
    """Return the counts of the known keys in their order, then of all others by name."""
    return {key: counts[key] for key in (*known, *sorted(set(counts) - set(known)))}
