"""Counts of calls add up, keep their keys, and MultiQC can read them."""

import json
from dataclasses import replace

from barcodeembed.classify.call import VERDICTS, Assignment, Call
from barcodeembed.taxonomy import Lineage
from barcodeembed.workflows.tables.multiqc import verdict_bars
from barcodeembed.workflows.tables.summary import VERDICT_NAMES, CallSummary, Outcomes


def summary_of(calls: list[Call]) -> CallSummary:
    summary = CallSummary()
    for call in calls:
        summary.add(call)
    return summary


def test_golden(calls: list[Call], golden) -> None:
    summary = summary_of(calls)
    summary.skipped["other_marker"] = 3
    golden("calls-summary.json", json.dumps(summary.to_dict(), indent=1) + "\n")
    golden("calls-multiqc.tsv", verdict_bars({'12 "x"\t': summary}))


def test_counts_add_up_and_keys_are_always_there(calls: list[Call]) -> None:
    full, empty = summary_of(calls).to_dict(), CallSummary().to_dict()
    assert sum(full["status"].values()) == sum(full["strand"].values()) == full["queries"] == len(calls)
    assert sum(full["verdict"].values()) == sum(full["rank_named"].values()) == full["status"]["ok"]
    assert full["reads"] == len(calls)
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
    lines = verdict_bars({"S 1": summary_of(calls)}).splitlines()
    comments = [line for line in lines if line.startswith("#")]
    header, row = lines[len(comments) :]
    assert "# plot_type: bargraph" in comments
    assert header.split("\t")[0] == "Sample"
    assert row.split("\t")[0] == '"S 1"'
    assert sum(map(int, row.split("\t")[1:])) == len(calls)


def test_reads_weigh_and_samples_are_told_apart(make_call) -> None:
    named = Assignment("named", Lineage(("", "", "", "", "", "Culex", "Culex pipiens")), identity=0.99)
    calls = [
        replace(make_call("a", named, sha1="1a"), reads=(("A", 7), ("B", 2))),
        replace(make_call("b", named, sha1="1a"), reads=(("B", 1),)),
        replace(make_call("c", status="not_coi", strand="", sha1="2b"), reads=(("C", 5),)),
    ]
    counted = summary_of(calls).to_dict()
    assert (counted["queries"], counted["distinct_sequences"], counted["reads"]) == (3, 2, 15)
    assert (counted["verdict"]["named"], counted["status"]["not_coi"]) == (10, 5)
    assert {name: one["reads"] for name, one in counted["samples"].items()} == {"A": 7, "B": 3, "C": 5}
    lines = [line for line in verdict_bars(summary_of(calls).samples).splitlines() if not line.startswith("#")]
    assert [line.split("\t")[0] for line in lines] == ["Sample", '"A"', '"B"', '"C"']
    assert [sum(map(int, line.split("\t")[1:])) for line in lines[1:]] == [7, 3, 5]


def test_errors_count_by_the_identity_that_the_table_has() -> None:
    read = {"status": "ok", "strand": "+", "flags": "", "sha1": "00"}
    found = Assignment("named", nearest=1, identity=0.89996, overlap=100, expected_errors=1.0)
    counted, merged = Outcomes(), Outcomes()
    counted.count(Call("a", read, found), 1)
    merged.count(Call("a", read, replace(found, identity=0.9)), 1)
    assert counted.error_rate == merged.error_rate == 0.01
