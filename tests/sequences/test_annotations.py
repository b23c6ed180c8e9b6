"""Abundance and samples in headers."""

from pathlib import Path

import pytest

from barcodeembed.errors import InputError
from barcodeembed.sequences.annotations import (
    Annotations,
    SampleRule,
    parse_annotations,
    unread_size,
    without_annotations,
)
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("OTU_1", Annotations()),
        ("OTU_1 a description of counting samples", Annotations()),
        ("OTU_1;size=120;", Annotations(120)),
        ("OTU_1;size=120", Annotations(120)),
        ("OTU_1;size=120.0;", Annotations(120)),
        ("OTU_1;size=1e+05", Annotations(100_000)),
        ("OTU_1;sample=siteA;size=3;ee=0.21", Annotations(3, "siteA")),
        ("read7;barcodelabel=siteB;", Annotations(1, "siteB")),
        ("OTU_1;size=4;tax=k:Animalia,p:Arthropoda;", Annotations(4)),
        ("seq1 count=12; ali_length=40; sample='x_1';", Annotations(12, "x_1")),
        (
            "seq1 merged_sample={'siteB': 5, 'siteA': 7}; count=12; other=1;",
            Annotations(12, "", (("siteA", 7), ("siteB", 5))),
        ),
        ("seq1 count=7; merged_sample={'siteA': 7};", Annotations(7, "siteA")),
        ("seq1 COUNT=7; MERGED_sample={'siteA': 7}; ID=1;", Annotations(7, "siteA")),
        (
            'seq1 {"count":12,"merged_sample":{"siteB":5,"siteA":7}}',
            Annotations(12, "", (("siteA", 7), ("siteB", 5))),
        ),
        ('seq1 { "count": 3, "sample": "s 1" }', Annotations(3, "s 1")),
        ('seq1 {"count":3,"sample":"s 1"}', Annotations(3, "s 1")),
        ('seq1 {"count":3,"sample":"s 1"} a {description} of it', Annotations(3, "s 1")),
        ("OTU_1;sample=site A 1;size=3", Annotations(3, "site A 1")),
        ("seq1 sample=site A; count=3;", Annotations(3, "site A")),
        ('OTU_1;size=3;sample="site A"', Annotations(3, "site A")),
        ("OTU_1;sample=siteA size=3 other words", Annotations(3, "siteA")),
        ("OTU_1 sample=siteA some note; other", Annotations(1, "siteA")),
        ("a9993e364706816aba3e25717850c26c9cd0d89d_0", Annotations()),
        ("a9993e364706816aba3e25717850c26c9cd0d89d_12", Annotations(12)),
        ("900150983cd24fb0d6963f7d28e17f72_12 x", Annotations(12)),
        ("a9993e364706816aba3e25717850c26c9cd0d89d_12;size=3", Annotations(3)),
        ("OTU_12", Annotations()),
    ],
)
def test_what_a_header_says(header: str, expected: Annotations) -> None:
    assert parse_annotations(header) == expected


def test_an_empty_size_says_nothing() -> None:
    assert parse_annotations("a;size=;") == Annotations()


@pytest.mark.parametrize("size", ["100.2", "1.5e+00", "-3", "0", "many", "1e3", "2}"])
def test_a_size_that_is_no_number_of_reads_is_an_error(size: str) -> None:
    with pytest.raises(ValueError, match="no positive whole number"):
        parse_annotations(f"a;size={size};")


@pytest.mark.parametrize("size", ["1000000000001", "9" * 5000])
def test_a_size_beyond_any_run_is_an_error(size: str) -> None:
    assert parse_annotations("a;size=0001000000000000;").size == 10**12
    with pytest.raises(ValueError, match="more reads than a record may stand for"):
        parse_annotations(f"a;size={size};")


def test_numbers_by_sample_must_add_up() -> None:
    with pytest.raises(ValueError, match="adds up to 12 reads where the header says 13"):
        parse_annotations("a count=13; merged_sample={'x': 7, 'y': 5};")


@pytest.mark.parametrize(
    ("id", "plain"),
    [
        ("OTU_1;size=120;", "OTU_1"),
        ("OTU_1;size=120;ee=0.2;sample=A", "OTU_1"),
        ("OTU_1", "OTU_1"),
        ("a;b;size=2", "a;b"),
        ("centroid=r1;seqs=3;size=9", "centroid=r1"),
        (";size=3;", ";size=3;"),
        ("a9993e364706816aba3e25717850c26c9cd0d89d_12", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("OTU_12", "OTU_12"),
    ],
)
def test_an_id_without_its_annotations(id: str, plain: str) -> None:
    assert without_annotations(id) == plain


@pytest.mark.parametrize(
    ("header", "size"),
    [
        ("OTU_1|size=12", "size=12"),
        ("OTU_1_size_12", "size_12"),
        ("OTU_1 size:12", "size:12"),
        ("OTU_1;abundance=12;", "abundance=12"),
        ("OTU_1 reads: 12", "reads: 12"),
        ("consensus_barcode01_0_0(120)", "consensus_barcode01_0_0(120)"),
        ("consensus_cl_id_3_total_supporting_reads_12", "supporting_reads_12"),
        ("ABC123.1_25", "ABC123.1_25"),
        ("AB123456.2_7;x", "AB123456.2_7"),
        ("ABC123.1_1", ""),
        ("NODE_1.5_25", ""),
        ("OTU_1;size=1", ""),
        ("OTU_12", ""),
        ("read_12 ch=12 read=12", ""),
        ("NODE_1_length_658_cov_12", ""),
    ],
)
def test_a_number_of_reads_in_another_form_is_noticed(header: str, size: str) -> None:
    assert unread_size(header) == size


def test_a_number_of_reads_in_another_form_is_said(tmp_path: Path) -> None:
    path, counts = tmp_path / "a.fasta", ReadCounts()
    path.write_text(">a|size=12\nACGT\n>b;size=3\nACGT\n>c\nACGT\n")
    assert [one.annotations.size for one in read_barcodes([path], counts, samples=SampleRule())] == [1, 3, 1]
    assert list(counts.remarks.lines()) == [
        "headers that may state a number of reads in a form that is not read, so counted as one read each: 1, "
        f"the first in {path}: 'size=12'; write it as ;size=12"
    ]
    list(read_barcodes([path], counts := ReadCounts(), samples=SampleRule(sizes=False)))
    assert list(counts.remarks.lines()) == []


@pytest.mark.parametrize("text", ["1.000", "12.000", "999.000"])
def test_a_number_that_may_be_a_thousand_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=rf"size={text} may be \d+000 or \d+ reads: write it without a point"):
        parse_annotations(f"a;size={text}")


@pytest.mark.parametrize(("text", "size"), [("1000.000", 1000), ("12.0", 12), ("12.00", 12)])
def test_decimals_that_are_no_thousands(text: str, size: int) -> None:
    assert parse_annotations(f"a;size={text}").size == size


def test_the_reads_of_qiime_1_name_their_sample() -> None:
    header = "Site.A_12 M00967:43:000000000-A3JHG:1:1101:18327:1699 1:N:0:188 orig_bc=ACGT new_bc=ACGT bc_diffs=0"
    assert parse_annotations(header) == parse_annotations(header, sizes=False) == Annotations(1, "Site.A")
    assert parse_annotations("Site.A_12 M00967:43").sample == ""


@pytest.mark.parametrize("column", ["total", "Total reads", "size"])
def test_an_error_in_a_column_of_reads_names_the_column(tmp_path: Path, column: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"id,{column},sequence\na,3,ACGT\nb,0,ACGT\n")
    with pytest.raises(InputError, match=f"record 2: {column}=0 is no positive .* mend the column '{column}'"):
        list(read_barcodes([path], samples=SampleRule()))
