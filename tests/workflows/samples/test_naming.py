"""Calls get their ids, their samples and their reads."""

import pytest

from barcodeembed.classify.call import Assignment, Call
from barcodeembed.workflows.samples.counts import CountTable
from barcodeembed.workflows.samples.naming import ONE_READ_EACH, SampleNaming
from barcodeembed.workflows.samples.sheet import SampleSheet

TWELVE = (("", 12),)


def call(id: str) -> Call:
    return Call(id, {"sha1": "ab"}, Assignment(), None)


def test_the_sample_of_an_id_gets_all_of_its_reads() -> None:
    sheet = SampleSheet(by_id={"otu1": "A"})
    naming = SampleNaming(sheet=sheet)
    assert naming.named(call("otu1;size=12"), TWELVE).reads == (("A", 12),)
    assert naming.named(call("otu1"), (("B", 3), ("C", 4))).reads == (("A", 7),)
    assert naming.named(call("otu2"), TWELVE).reads == TWELVE
    assert sheet.unused == []


@pytest.mark.parametrize(("naming", "id"), [(SampleNaming(), "otu1"), (ONE_READ_EACH, "otu1;size=12")])
def test_ids_lose_their_annotations_unless_they_are_kept(naming: SampleNaming, id: str) -> None:
    assert naming.named(call("otu1;size=12"), TWELVE) == Call(id, {"sha1": "ab"}, Assignment(), None, TWELVE)


def test_a_count_table_replaces_what_the_record_says() -> None:
    naming = SampleNaming(counts=CountTable("counts.tsv", ["A", "B"], {"otu1": {1: 5}}))
    assert naming.named(call("otu1;size=12"), TWELVE).reads == (("B", 5),)
