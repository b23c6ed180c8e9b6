"""What ``classify`` and ``merge`` show on the terminal at their end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from barcodeembed.cli.console import console

if TYPE_CHECKING:
    from barcodeembed.workflows.tables.summary import CallSummary


def say_summary(counted: CallSummary) -> None:
    """Show how many reads have which status and verdict."""
    from barcodeembed.classify.own_names import AGREEMENTS
    from barcodeembed.taxonomy import RANKS
    from barcodeembed.workflows.tables.summary import VERDICT_NAMES
    from barcodeembed.workflows.tables.summary_warnings import summary_warnings

    rejected = {status: n for status, n in sorted(counted.status.items()) if status != "ok"}
    rejected |= dict(sorted(counted.skipped.items()))
    named = {rank: counted.rank[rank] for rank in reversed(RANKS) if counted.rank[rank]}
    lines = [f"read      {counted.reads + sum(counted.skipped.values()):>11,}", _counted("with a taxon ", 8, named)]
    if counted.reads > counted.queries:
        lines[0] += f"  ({counted.queries:,} records, {counted.distinct:,} distinct sequences)"
    if nameless := counted.verdict.total() - counted.named:
        lines.append(f"without a taxon {nameless:>5,}")
    lines += [f"  {words:<14}{counted.verdict[verdict]:>5,}" for verdict, words in VERDICT_NAMES.items()]
    lines.append(_counted("rejected  ", 11, rejected))
    if counted.own:
        agreeing = {name: counted.own[name] for name in AGREEMENTS if counted.own[name]}
        lines.append(_counted("own names ", 11, agreeing))
        if differing := sum(n for name, n in agreeing.items() if name.startswith("other_")):
            how = "own_name of the calls is other_...: mislabelled, swapped, contaminated, or a synonym"
            lines.append(f"  {'To look at':<14}{differing:>5,}  ({how})")
    if counted.error_rate >= 0:
        how = "in reads near a reference: by the qualities of FASTQ, else by comparison with it"
        lines.append(f"wrong bases {100 * counted.error_rate:>8.2f}%  ({how})")
    if counted.subtraction:
        lines.append(f"{counted.subtraction} (the counts above are from before this, tables of samples from after)")
    for line in lines:
        console().say(line)
    for line in summary_warnings(counted):
        console().warn(line)


def _counted(what: str, width: int, numbers: Mapping[str, int]) -> str:
    """Return the sum of the numbers, followed by the numbers in brackets."""
    words = ", ".join(f"{name} {n:,}" for name, n in numbers.items())
    return f"{what}{sum(numbers.values()):>{width},}" + (f"  ({words})" if words else "")
