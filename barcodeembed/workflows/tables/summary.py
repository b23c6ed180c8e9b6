"""Counts of calls: for ``summary.json``, for MultiQC, and for the last words of a run."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.classify.call import CHIMERA, VERDICTS, Call
from barcodeembed.sequences.anchor import FLAGS
from barcodeembed.sequences.batches import STATUSES
from barcodeembed.taxonomy import RANKS
from barcodeembed.workflows.tables.columns import clean_text

FORMAT_VERSION = 1

VERDICT_NAMES = {
    "named": "Named",
    "ambiguous": "Ambiguous",
    "new_species": "New species",
    "new_genus": "New genus",
    "unplaced": "Unplaced",
}
"""Verdicts in words."""

BROKEN = frozenset({"frameshift", "stop_codon", *CHIMERA})
"""Flags of reads that are no barcode of one animal."""

_STEPS = 1000  # of the identity histogram


@dataclass
class CallSummary:
    """What became of the queries. Every query has one status; those with status ``ok`` have one verdict.

    ``skipped`` counts records that never became a query, by reason; ``new_but_broken`` queries that are called new and
    have one of the flags ``BROKEN``.
    """

    queries: int = 0
    status: Counter[str] = field(default_factory=Counter)
    verdict: Counter[str] = field(default_factory=Counter)
    rank: Counter[str] = field(default_factory=Counter)
    strand: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    new_but_broken: int = 0
    _identities: NDArray[np.int64] = field(default_factory=lambda: np.zeros(_STEPS + 1, dtype=np.int64), repr=False)

    def add(self, call: Call) -> None:
        """Count one call."""
        self.queries += 1
        self.status[call.status] += 1
        self.strand[str(call.read["strand"])] += 1
        self.flags.update(call.flags)
        found = call.assignment
        if found.verdict:
            self.verdict[found.verdict] += 1
            self.new_but_broken += found.verdict.startswith("new_") and not BROKEN.isdisjoint(call.flags)
            self.rank[call.rank] += 1
            if not math.isnan(found.identity):
                self._identities[round(found.identity * _STEPS)] += 1

    @property
    def median_identity(self) -> float:
        """Median identity with the nearest reference, to a tenth of a percent; NaN without any."""
        total = int(self._identities.sum())
        if not total:
            return float("nan")
        return float(np.searchsorted(np.cumsum(self._identities), (total + 1) // 2)) / _STEPS

    def to_dict(self) -> dict[str, Any]:
        """For ``summary.json``: all keys are always there, in this order; statuses and flags as they may occur."""
        identity = self.median_identity
        return {
            "format_version": FORMAT_VERSION,
            "queries": self.queries,
            "status": _all_of(self.status, STATUSES),
            "verdict": _all_of(self.verdict, VERDICTS),
            "rank_named": {**{rank: self.rank[rank] for rank in RANKS}, "none": self.rank[""]},
            "strand": {"+": self.strand["+"], "-": self.strand["-"], "none": self.strand[""]},
            "flags": _all_of(self.flags, (*FLAGS, *CHIMERA)),
            "new_but_broken": self.new_but_broken,
            "skipped": dict(sorted(self.skipped.items())),
            "median_identity": None if math.isnan(identity) else identity,
        }

    def multiqc(self, sample: str) -> str:
        """A custom-content file for MultiQC: a bar of outcomes. Name it ``<sample>_mqc.tsv``."""
        counts = {name: self.verdict[verdict] for verdict, name in VERDICT_NAMES.items()}
        counts |= {status_name(s): number for s, number in _all_of(self.status, STATUSES).items() if s != "ok"}
        return "".join(
            [
                "# id: barcodeembed_calls\n",
                "# section_name: barcodeembed\n",
                "# description: What became of each sequence. Verdicts need a placed barcode; the rest was rejected.\n",
                "# plot_type: bargraph\n",
                "# pconfig:\n",
                "#     id: barcodeembed_calls_plot\n",
                "#     title: 'barcodeembed: calls'\n",
                "#     ylab: 'Sequences'\n",
                "\t".join(["Sample", *counts]) + "\n",
                # Quotes keep MultiQC from taking the name 12 for a number.
                "\t".join([f'"{clean_text(sample).replace(chr(34), chr(39))}"', *map(str, counts.values())]) + "\n",
            ]
        )


def status_name(status: str) -> str:
    """A status in words: ``not_coi`` is "Not COI"."""
    return status.replace("_", " ").capitalize().replace(" coi", " COI").replace(" dna", " DNA")


def _all_of(counts: Counter[str], known: Iterable[str]) -> dict[str, int]:
    """The known keys in their order, then others by name."""
    return {key: counts[key] for key in (*known, *sorted(set(counts) - set(known)))}
