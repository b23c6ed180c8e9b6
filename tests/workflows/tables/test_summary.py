"""Counts of calls add up, keep their keys, and MultiQC can read them."""

import json

from barcodeembed.classify.call import VERDICTS, Assignment, Call
from barcodeembed.workflows.tables.summary import VERDICT_NAMES, CallSummary


def summary_of(calls: list[Call]) -> CallSummary:
    summary = CallSummary()
    for call in calls:
        summary.add(call)
    return summary


def test_golden(calls: list[Call], golden) -> None:
    summary = summary_of(calls)
    summary.skipped["other_marker"] = 3
    golden("calls-summary.json", json.dumps(summary.to_dict(), indent=1) + "\n")
    golden("calls-multiqc.tsv", summary.multiqc('12 "x"\t'))


def test_counts_add_up_and_keys_are_always_there(calls: list[Call]) -> None:
    full, empty = summary_of(calls).to_dict(), CallSummary().to_dict()
    assert sum(full["status"].values()) == sum(full["strand"].values()) == full["queries"] == len(calls)
    assert sum(full["verdict"].values()) == sum(full["rank_named"].values()) == full["status"]["ok"]
    assert [list(value) if isinstance(value, dict) else None for value in full.values()] == [
        list(value) if isinstance(value, dict) else None for value in empty.values()
    ]
    assert empty["median_identity"] is None
    assert tuple(VERDICT_NAMES) == VERDICTS == tuple(full["verdict"])


def test_median_identity(make_call) -> None:
    for identities, median in [([0.9], 0.9), ([0.9, 0.95, 1.0], 0.95), ([0.8, 1.0], 0.8)]:
        calls = [make_call("a", Assignment("named", identity=identity)) for identity in identities]
        assert summary_of(calls).median_identity == median


def test_multiqc_form(calls: list[Call]) -> None:
    """Comment lines of YAML, then one table of a header and a row, sample first and quoted."""
    lines = summary_of(calls).multiqc("S 1").splitlines()
    comments = [line for line in lines if line.startswith("#")]
    header, row = lines[len(comments) :]
    assert "# plot_type: bargraph" in comments
    assert header.split("\t")[0] == "Sample"
    assert row.split("\t")[0] == '"S 1"'
    assert sum(map(int, row.split("\t")[1:])) == len(calls)
