"""``barcodeembed merge``: join the calls of several runs, and make every file that can be made from calls alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from barcodeembed.workflows.tables.native import read_calls
from barcodeembed.workflows.tables.outputs import CallFiles, CallSink, Row
from barcodeembed.workflows.tables.summary import CallSummary

REPORT_EVERY = 1000  # progress is reported after this many rows


def merge_calls(
    inputs: Sequence[str | Path], files: CallFiles, *, on_progress: Callable[[int], None] = lambda rows: None
) -> CallSummary:
    """Write the calls of native tables one after another, as one run over all their inputs would have written them.

    The page of a merged run has no map, because calls hold no vectors.

    Raises
    ------
    InputError
        naming file and line, if an input is not a native table, or is damaged.
    UsageError
        if a package for one of the files is not installed.
    """
    from barcodeembed.workflows.report.report_data import ReportData

    title = ", ".join(Path(path).name for path in inputs)
    sink = CallSink(files, ReportData(title) if files.report else None)
    sink.write(_rows(inputs, on_progress))
    sink.finish({})
    return sink.summary


def _rows(inputs: Sequence[str | Path], on_progress: Callable[[int], None]) -> Iterator[Row]:
    done = 0
    for path in inputs:
        for call in read_calls(path):
            yield call, None
            done += 1
            if not done % REPORT_EVERY:
                on_progress(done)
    on_progress(done)
