"""``barcodeembed merge``: join the calls of several runs, and make every file that can be made from calls alone."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from barcodeembed.classify.call import Call
from barcodeembed.errors import UsageError
from barcodeembed.workflows.calling.call_files import CallFiles, CallSink
from barcodeembed.workflows.samples.sheet import check_inputs
from barcodeembed.workflows.tables.native import read_calls
from barcodeembed.workflows.tables.repeated_calls import RepeatedCalls
from barcodeembed.workflows.tables.summary import CallSummary, read_skipped

REPORT_EVERY = 1000  # progress is reported after this many rows


def merge_calls(
    inputs: Sequence[str | Path],
    files: CallFiles,
    *,
    warn: Callable[[str], None] = lambda line: None,
    on_progress: Callable[[int], None] = lambda rows: None,
) -> CallSummary:
    """Write the calls of native tables one after another, as one run over all their inputs would have written them.

    The page of a merged run has no map, because calls hold no vectors. Groups are numbered within a run, so those of
    several runs are left out, and ``warn`` is told. It is also told of a sequence that two runs call differently: then
    they were not made alike.

    ``inputs`` may have the ``summary.json`` of the runs as well. They tell of records that became no query, which calls
    do not; ``warn`` is told if they are not of as many queries as there are calls.

    Raises
    ------
    InputError
        naming file and line, if an input is neither a native table nor a summary, or is damaged.
    UsageError
        if a file is given twice, or no calls are, or a package for one of the files is not installed.
    """
    from barcodeembed.workflows.report.report_data import ReportData

    check_inputs(inputs)
    summaries = [path for path in inputs if Path(path).suffix == ".json"]
    tables = [path for path in inputs if Path(path).suffix != ".json"]
    if not tables:
        raise UsageError("summaries alone were given: give the calls as well")
    queries, skipped = 0, Counter[str]()
    for path in summaries:
        number, reasons = read_skipped(path)
        queries += number
        skipped += reasons
    title = ", ".join(Path(path).name for path in tables)
    # An empty control leaves no calls: one run knows its file, but here only the sheet knows its name.
    sink = CallSink(files, ReportData(title) if files.report else None, of_files=files.controls)
    checks, repeated = _Checks(several=len(tables) > 1), RepeatedCalls()
    sink.write((checks.passed(call), None) for call in _calls(tables, repeated, on_progress))
    sink.finish(skipped)
    if unseen := sorted(name for name in files.controls if not sink.summary.samples[name].reads):
        what = f"negative controls in --samples that no call has: {len(unseen):,}, the first {unseen[0]!r}"
        warn(f"{what}; they are written with 0 reads, which is right only if they had none")
    if summaries and queries != sink.summary.queries:
        warn(
            f"the summaries are of {queries:,} queries, but there are {sink.summary.queries:,} calls: give those of all"
        )
    for line in (*repeated.lines(), *checks.lines(), *sink.remarks):
        warn(line)
    return sink.summary


_NO_SEQUENCE = hashlib.sha1(b"").hexdigest()


class _Checks:
    """Finds what keeps calls of several runs from being one run: groups, and a sequence that two runs call differently.

    Each distinct sequence takes about 120 bytes of memory.
    """

    def __init__(self, several: bool) -> None:
        self._several = several
        self._grouped = 0
        self._called: dict[bytes, int] = {}
        self._differ: list[str] = []

    def passed(self, call: Call) -> Call:
        """Return the call as the merged run has it."""
        if not self._several:
            return call
        outcome = hash((call.status, call.verdict, call.lineage.names))
        sha1 = str(call.read["sha1"])
        # Records without a base, and with characters that are not DNA, all have the checksum of no sequence.
        if sha1 != _NO_SEQUENCE and self._called.setdefault(bytes.fromhex(sha1[:16]), outcome) != outcome:
            self._differ.append(call.id)
        self._grouped += bool(call.group)
        return replace(call, group="") if call.group else call

    def lines(self) -> Iterator[str]:
        """Yield what was found, in words."""
        if self._grouped:
            what = f"{self._grouped:,} calls had groups, which are numbered within one run: merged calls have none"
            yield f"{what}; classify all inputs in one run with --groups"
        if self._differ:
            what = f"calls that differ from an earlier one of the same sequence: {len(self._differ):,}, the first is"
            yield f"{what} {self._differ[0]!r}: were the parts made with the same library, version and options?"


def _calls(inputs: Sequence[str | Path], repeated: RepeatedCalls, on_progress: Callable[[int], None]) -> Iterator[Call]:
    done = 0
    for path in inputs:
        calls = read_calls(path)
        for call in repeated.checked(path, calls) if len(inputs) > 1 else calls:
            yield call
            done += 1
            if not done % REPORT_EVERY:
                on_progress(done)
    on_progress(done)
