"""What the counts of a run say against its calls, in words: nothing was named, or errors pass for something else."""

from __future__ import annotations

from collections.abc import Iterator

from barcodeembed.classify.coding import FRAMESHIFT, STOP_CODON
from barcodeembed.sequences.batches import why_none
from barcodeembed.workflows.tables.summary import BROKEN, CallSummary

NEARLY_ALL = 0.9
"""Share of the reads from which pseudogenes are no likely reason for rejecting so many."""

CONSENSUS = "make a consensus of the reads of each species first (NGSpeciesID, or vsearch --cluster_size --consout)"


def summary_warnings(counted: CallSummary) -> Iterator[str]:
    """Yield a line for each doubt about a whole run, with what the user can do about it."""
    broken = counted.status[FRAMESHIFT] + counted.status[STOP_CODON]
    if not counted.reads:
        yield "there is not a single sequence in the input, or all counts are 0"
    elif broken and broken >= NEARLY_ALL * counted.reads:
        how_many = "all" if broken == counted.reads else f"{broken:,} of {counted.reads:,}"
        yield (
            f"{how_many} reads were rejected for frameshifts or stop codons: --reject-pseudogenes is not for single "
            "reads with errors of the sequencer (Nanopore); leave it out"
        )
    elif not counted.status["ok"]:
        rejected = {status: n for status, n in counted.status.items() if status != "ok"}
        yield why_none(rejected | counted.skipped)
    yield from _of_new(counted)


def _of_new(counted: CallSummary) -> Iterator[str]:
    """Yield a line if some of those called new have flags of what is no new taxon."""
    if not counted.new_but_broken:
        return
    if 2 * counted.out_of_frame >= counted.status["ok"]:
        yield (
            f"most reads of this run ({counted.out_of_frame:,} of {counted.status['ok']:,}) are flagged {FRAMESHIFT} "
            f"or {STOP_CODON}: mostly errors of the sequencer, so the flags do not tell which of those called new are "
            f"real; {CONSENSUS}"
        )
        return
    *most, last = sorted(BROKEN)
    are = "is" if counted.new_but_broken == 1 else "are"
    yield (
        f"{counted.new_but_broken:,} of those called new {are} flagged {', '.join(most)} or {last}: likelier two "
        "templates joined, a pseudogene (NUMT) or a read full of errors than a new taxon"
    )


def too_many_errors_for_groups(error_rate: float, threshold: float) -> Iterator[str]:
    """Yield a line if two reads of one species differ by their errors alone by more than the threshold of groups.

    Both reads have errors, mostly at different places, so they differ at twice the rate of errors. An unknown rate
    (NaN) gives no line.
    """
    if 2 * error_rate > threshold:
        yield (
            f"--groups: {error_rate:.1%} of the bases are errors, so two reads of one species differ in about "
            f"{2 * error_rate:.1%}, more than the {threshold:.1%} of a group: a species becomes many groups; "
            f"{CONSENSUS}"
        )
