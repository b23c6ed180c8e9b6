"""What a run is told of its counts as a whole."""

from dataclasses import replace

import pytest

from barcodeembed.classify.call import Assignment
from barcodeembed.workflows.tables.summary import CallSummary
from barcodeembed.workflows.tables.summary_warnings import summary_warnings, too_many_errors_for_groups


def counted(**status: int) -> CallSummary:
    summary = CallSummary(reads=sum(status.values()))
    summary.status.update(status)
    return summary


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ({"frameshift": 384, "stop_codon": 122}, "all reads were rejected for frameshifts or stop codons: --reject-"),
        ({"frameshift": 95, "ok": 5}, "95 of 100 reads were rejected for frameshifts"),
        ({"frameshift": 95, "not_coi": 5}, "95 of 100 reads were rejected for frameshifts"),
        ({"not_coi": 7}, "not a single sequence could be placed"),
        ({}, "there is not a single sequence in the input"),
    ],
)
def test_why_nothing_is_left(status: dict[str, int], words: str) -> None:
    (line,) = summary_warnings(counted(**status))
    assert line.startswith(words)


def test_some_pseudogenes_are_what_the_option_is_for() -> None:
    assert list(summary_warnings(counted(frameshift=60, ok=40))) == []


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["frameshift", "stop_codon", ""], "most reads of this run (2 of 3) are flagged frameshift or stop_codon"),
        (["frameshift", "", ""], "1 of those called new is flagged chimera, frameshift or stop_codon: "),
        (["", "", ""], ""),
    ],
)
def test_flags_of_most_reads_tell_nothing_of_new_ones(make_call, flags: list[str], words: str) -> None:
    summary = CallSummary()
    for flag in flags:
        found = Assignment("new_species", identity=0.9, stops=int(flag == "stop_codon"))
        summary.add(replace(make_call("a", found, flags=flag), reads=(("A", 1),)))
    lines = list(summary_warnings(summary))
    assert [line.startswith(words) for line in lines] == [True] * bool(words)


def test_groups_need_reads_with_fewer_errors_than_they_may_differ() -> None:
    (line,) = too_many_errors_for_groups(0.0166, 0.018)
    assert "1.7% of the bases are errors, so two reads of one species differ in about 3.3%, more than the 1.8%" in line
    assert list(too_many_errors_for_groups(0.0089, 0.018)) == []
    assert list(too_many_errors_for_groups(float("nan"), 0.018)) == []
