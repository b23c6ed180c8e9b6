"""What became of labelled records on their way into a library: counts by reason, examples, the report in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from barcodeembed.errors import InputError
from barcodeembed.library.taxon_table import TaxonTable
from barcodeembed.sequences.formats.remarks import Remarks
from barcodeembed.sequences.names.cleaning import Conflict, clean_lineage, lineage_conflicts
from barcodeembed.taxonomy import RANKS, Lineage
from barcodeembed.workflows.references.selection import Selector

EXAMPLES_SHOWN = 3
"""Changed names that are kept for each reason."""

NEVER_MET_SHOWN = 5
"""Options asked for in vain that a message names."""


@dataclass
class ReferenceReport:
    """What became of the labelled records: ``read`` = ``kept`` + the sum of ``dropped``.

    ``cleaned`` counts changed names by reason, with ``examples``; ``identical`` counts references whose barcode an
    earlier one has, ``named`` and ``taxa`` the references with a name and the names, by rank; ``remarks`` say what was
    odd in the files. ``selection`` is what was asked of the records, ``never_met`` the options whose taxa, places or
    ids no record has.
    """

    read: int = 0
    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    cleaned: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    identical: int = 0
    named: dict[str, int] = field(default_factory=dict)
    taxa: dict[str, int] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    remarks: Remarks = field(default_factory=Remarks)
    selection: dict[str, Any] = field(default_factory=dict)
    never_met: list[str] = field(default_factory=list)

    def note_cleaned(self, before: Lineage, after: Lineage, reasons: str) -> None:
        """Count a lineage that was changed, and keep the first few as examples."""
        for reason in reasons.split(","):
            self.cleaned[reason] += 1
            shown = self.examples.setdefault(reason, [])
            changed = [(b, a) for b, a in zip(before.names, after.names, strict=True) if b != a]
            if changed and len(shown) < EXAMPLES_SHOWN:
                shown.append(f"{changed[-1][0]!r} to {changed[-1][1]!r}")

    def note_selection(self, selector: Selector) -> None:
        """Take over what a selection left out, and what it asked for in vain."""
        self.dropped += selector.dropped
        self.selection = selector.selection.to_dict()
        self.never_met = selector.never_met()

    def note_names(self, lineages: Sequence[Lineage]) -> None:
        """Count names by rank, and find the conflicts."""
        for place, rank in enumerate(RANKS):
            names = Counter(lineage.names[place] for lineage in lineages)
            self.named[rank] = len(lineages) - names[""]
            self.taxa[rank] = len(names) - ("" in names)
        self.conflicts = lineage_conflicts(lineages)

    def count_taxa(self, taxa: TaxonTable) -> None:
        """Count names by rank anew, after they were put in order."""
        for place, rank in enumerate(RANKS):
            self.named[rank] = int((taxa.codes[:, place] > 0).sum())
            self.taxa[rank] = len(taxa.names[place]) - 1

    def to_dict(self) -> dict[str, Any]:
        """Counts for the manifest."""
        return {
            "read": self.read,
            "kept": self.kept,
            "dropped": dict(sorted(self.dropped.items())),
            "names_changed": dict(sorted(self.cleaned.items())),
            "identical_to_an_earlier_one": self.identical,
            "references_named": self.named,
            "taxa": self.taxa,
            "conflicts": len(self.conflicts),
            **({"selection": self.selection} if self.selection else {}),
        }


def accept(id: str, status: str, raw: Lineage, seen_ids: set[str], report: ReferenceReport) -> Lineage | None:
    """The cleaned lineage of a record that becomes a reference; None, and a count by reason, if it doesn't."""
    lineage, changed = clean_lineage(raw)
    if status != "ok":
        report.dropped[status] += 1
        return None
    if changed:
        report.note_cleaned(raw, lineage, changed)
    if not lineage:
        report.dropped["no_name"] += 1
        return None
    if id in seen_ids:
        report.dropped["repeated_id"] += 1
        return None
    seen_ids.add(id)
    return lineage


def refuse_empty(inputs: Sequence[str | Path], report: ReferenceReport) -> None:
    """End where no record can be a reference.

    Raises
    ------
    InputError
        with the reasons counted, and what to do.
    """
    reasons = ", ".join(f"{n:,} {reason}" for reason, n in report.dropped.most_common())
    hint = None
    if report.never_met:
        hint = f"no record has {', '.join(report.never_met[:NEVER_MET_SHOWN])}: is it spelt as in the data?"
    elif report.dropped["no_name"]:
        hint = "references need names: a table with ranks, lineages in the headers, or --taxonomy FILE"
    raise InputError(
        f"not one of {report.read:,} records can be a reference ({reasons})",
        path=inputs[0] if len(inputs) == 1 else None,
        hint=hint,
    )


def iter_lines(report: ReferenceReport) -> Iterator[str]:
    """The report in words, a line each."""
    dropped = ", ".join(f"{reason} {n:,}" for reason, n in sorted(report.dropped.items()))
    yield f"read      {report.read:>11,}"
    yield f"kept      {report.kept:>11,}" + (
        f"  ({report.identical:,} with the barcode of an earlier one)" if report.identical else ""
    )
    yield f"dropped   {report.dropped.total():>11,}" + (f"  ({dropped})" if dropped else "")
    for reason, n in sorted(report.cleaned.items()):
        yield f"names     {n:>11,}  {reason}: {'; '.join(report.examples.get(reason, []))}"
    yield from report.remarks.lines()
    ranks = "  ".join(f"{rank} {report.named[rank]:,}/{report.taxa[rank]:,}" for rank in RANKS)
    yield f"references with a name / names: {ranks}"
