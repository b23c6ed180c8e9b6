"""The report on labelled records on their way into a library: counts by reason, examples, and the report in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from barcodeembed.errors import InputError
from barcodeembed.library.taxon_table import TaxonTable
from barcodeembed.sequences.formats.characters import NOT_DNA
from barcodeembed.sequences.formats.headers import DOUBTED
from barcodeembed.sequences.formats.remarks import Remarks
from barcodeembed.sequences.names.cleaning import REASONS, Change, clean_names
from barcodeembed.taxonomy import RANKS, Lineage
from barcodeembed.workflows.references.doubts import (
    Conflict,
    RawNames,
    described,
    lineage_conflicts,
    rank_doubts,
)
from barcodeembed.workflows.references.losses import ADVICE, WHAT, loss_lines, shortened
from barcodeembed.workflows.references.selection import Selector
from barcodeembed.workflows.text_table import TextTable

EXAMPLES_SHOWN = 3
"""Number of changed names that are kept as examples of each reason."""

NEVER_MET_SHOWN = 5
"""Number of options without effect that a message names."""

_POSITIVE = (1 << 63) - 1


@dataclass(frozen=True)
class Reading:
    """How labelled records are read."""

    interim: str = "keep"
    """Whether a species without a name keeps its provisional name: a word of ``cleaning.INTERIM``."""
    whole_headers: bool = False
    """Whether the id is the whole header of FASTA, instead of its first word."""
    allow_losses: bool = False
    """Whether more than half of the records may be dropped for one reason."""


@dataclass
class ReferenceReport:
    """Counts of labelled records: ``read`` = ``kept`` + the sum of ``dropped``.

    Attributes
    ----------
    cleaned, examples
        number of changed names by reason, with examples.
    identical
        number of references whose barcode an earlier one has.
    named, taxa
        number of references with a name, and number of different names, by rank.
    remarks
        what was odd in the files.
    selection, never_met
        what was asked of the records, and the options whose taxa, places or ids no record has.
    reading
        how records were read.
    dropped_first
        the first id that was dropped for each reason.
    first
        id and lineage of the first reference.
    doubts
        what looks wrong with the names.
    raw
        what the names were before they were cleaned.
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
    reading: Reading = field(default_factory=lambda: Reading())
    dropped_first: dict[str, str] = field(default_factory=dict)
    first: tuple[str, Lineage] | None = None
    doubts: list[str] = field(default_factory=list)
    raw: RawNames = field(default_factory=RawNames)

    def note_cleaned(self, before: Lineage, after: Lineage, changes: Sequence[Change]) -> None:
        """Count a changed lineage once for each reason, and keep the first few names as examples."""
        for reason in dict.fromkeys(reason for _, reason in changes):
            self.cleaned[reason] += 1
            shown = self.examples.setdefault(reason, [])
            place = next(place for place, why in reversed(changes) if why == reason)
            example = f"{before.names[place]!r} to {after.names[place]!r}"
            if len(shown) < EXAMPLES_SHOWN and example not in shown:
                shown.append(example)

    def drop(self, reason: str, id: str) -> None:
        """Count a record that does not become a reference, and keep the first id of each reason."""
        self.dropped[reason] += 1
        self.dropped_first.setdefault(reason, id)

    def note_repeated(self, ids: Sequence[str]) -> None:
        """Count references as records that are in the library already, with the same barcode and names."""
        self.kept -= len(ids)
        for id in ids:
            self.drop("repeated_record", id)

    def note_selection(self, selector: Selector) -> None:
        """Take over the counts of a selection, and what it asked for without effect."""
        self.dropped += selector.dropped
        self.selection = selector.selection.to_dict()
        self.never_met = selector.never_met()

    def note_names(self, lineages: Sequence[Lineage]) -> None:
        """Count names by rank, and find those that clash."""
        for place, rank in enumerate(RANKS):
            names = Counter(lineage.names[place] for lineage in lineages)
            self.named[rank] = len(lineages) - names[""]
            self.taxa[rank] = len(names) - ("" in names)
        self.conflicts = lineage_conflicts(lineages)
        self.doubts = rank_doubts(lineages, self.raw)

    def count_taxa(self, taxa: TaxonTable) -> None:
        """Count names by rank again, after they were put in order."""
        for place, rank in enumerate(RANKS):
            self.named[rank] = int((taxa.codes[:, place] > 0).sum())
            self.taxa[rank] = len(taxa.names[place]) - 1

    def to_dict(self) -> dict[str, Any]:
        """Return the counts for the manifest."""
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


def accept(id: str, status: str, raw: Lineage, sha1: str, seen: TextTable, report: ReferenceReport) -> Lineage | None:
    """Return the cleaned lineage of a record that becomes a reference; otherwise count the reason and return None.

    ``seen`` has a hash of barcode (``sha1``) and names by id, of the references so far.
    """
    lineage, changes = clean_names(raw, report.reading.interim)
    if status != "ok":
        report.drop(status, id)
        return None
    if changes:
        report.note_cleaned(raw, lineage, changes)
    if not lineage:
        report.drop("no_name", id)
        return None
    content = hash((sha1, lineage)) & _POSITIVE
    if (known := seen.find(id)) is not None:
        report.drop("repeated_record" if known == content else "repeated_id", id)
        return None
    report.raw.note(raw, lineage, changes)
    if report.first is None:
        report.first = (id, lineage)
    seen.add(id, content)
    return lineage


def refuse_empty(inputs: Sequence[str | Path], report: ReferenceReport) -> None:
    """Raise an error if no record can be a reference.

    Raises
    ------
    InputError
        with the reasons counted, and what to do.
    """
    reasons = ", ".join(f"{n:,} {reason}" for reason, n in report.dropped.most_common())
    hint = None
    if report.never_met:
        hint = f"no record has {', '.join(report.never_met[:NEVER_MET_SHOWN])}: is it spelt as in the data?"
    elif where := report.remarks.first.get(DOUBTED):
        hint = f"{DOUBTED} (the first in {where}); {report.remarks.advice[DOUBTED]}"
    elif report.dropped["no_name"]:
        first = shortened(report.dropped_first["no_name"])
        hint = f"no name was found in the first, {first!r}: {ADVICE['no_name']}"
    elif report.dropped:
        reason, _ = report.dropped.most_common(1)[0]
        said = [WHAT.get(reason, ""), ADVICE.get(reason, "")]
        where = report.remarks.first.get(NOT_DNA) if reason == "not_dna" else None
        odd = f"{NOT_DNA}: {report.remarks.counts[NOT_DNA]:,}, the first in {where}" if where else ""
        hint = "; ".join(filter(None, [*said, odd])) or None
    raise InputError(
        f"not one of {report.read:,} records can be a reference ({reasons})",
        path=inputs[0] if len(inputs) == 1 else None,
        hint=hint,
    )


def lost_lines(report: ReferenceReport) -> Iterator[str]:
    """Yield warnings of what was lost, which are to be said before anything else."""
    yield from loss_lines(report.read, report.dropped, report.dropped_first)


def iter_lines(report: ReferenceReport) -> Iterator[str]:
    """Yield the report in words, line by line."""
    dropped = ", ".join(f"{reason} {n:,}" for reason, n in sorted(report.dropped.items()))
    yield f"read      {report.read:>11,}"
    yield f"kept      {report.kept:>11,}" + (
        f"  ({report.identical:,} with the barcode of an earlier one)" if report.identical else ""
    )
    yield f"dropped   {report.dropped.total():>11,}" + (f"  ({dropped})" if dropped else "")
    for reason in REASONS:
        if not (n := report.cleaned[reason]):
            continue
        yield f"names     {n:>11,}  {reason}: {'; '.join(report.examples.get(reason, []))}"
    if report.cleaned["interim"]:
        yield "interim names are species marked by sp., nr., cf. or aff.; --interim-names drop empties them"
    if report.first:
        yield f"first reference: {report.first[0]}, {described(report.first[1])}"
    ranks = "  ".join(
        f"{rank} {report.named[rank]:,} ({report.taxa[rank]:,})" for rank in RANKS if report.named.get(rank)
    )
    if ranks:
        yield f"references with a name (different names): {ranks}"
