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


def test_a_nanopore_barcode_is_the_sample_that_the_sheet_says() -> None:
    header = "read1 runid=9 ch=7 barcode=barcode01 barcode_alias=barcode01"
    by_barcode = {"barcode01": "site A", "barcode02": "blank"}
    rule = SampleNaming(sheet=SampleSheet(by_file=by_barcode, by_barcode=by_barcode)).rule
    for said in (header, "read1\tqs:f:12.1\tBC:Z:SQK-NBD114-24_barcode01"):
        assert rule.annotations(said, "all.fastq").sample == "site A"
    assert rule.annotations(header.replace("barcode01", "unclassified"), "all.fastq").sample == "unclassified"
    assert rule.annotations(f"{header};sample=X;", "all.fastq").sample == "X"


def test_several_barcodes_in_a_file_are_one_sample_and_said() -> None:
    naming = SampleNaming()
    for number in (1, 2, 2):
        assert naming.rule.annotations(f"r{number} barcode=barcode0{number}", "all.fastq").sample == "all"
    naming.rule.annotations("r barcode=barcode07", "siteA.fastq")
    (line,) = naming.sheet.disagreements()
    assert line.startswith("all.fastq has reads of 2 barcodes (barcode01, barcode02, ...), counted as one sample;")


def test_headers_that_take_the_reads_of_a_control_away_are_said() -> None:
    sheet = SampleSheet(by_file={"a.fq": "A", "blank.fq": "blank"}, controls=frozenset({"blank"}))
    rule = SampleNaming(sheet=sheet).rule
    assert rule.annotations("r1;sample=A;", "a.fq").sample == "A"
    assert sheet.disagreements() == []
    assert rule.annotations("r1;sample=A;", "x/blank.fq").sample == "A"
    (line,) = sheet.disagreements()
    assert line.endswith(
        "1, the first x/blank.fq, of 'A' and not of 'blank' (a negative control); give ids, or headers without samples"
    )
