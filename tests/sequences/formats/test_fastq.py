"""FASTQ: its records and qualities, and what is refused."""

import pytest

from barcodeembed.errors import InputError
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.formats import fastq
from barcodeembed.sequences.formats.counting import count_records
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.taxonomy import Lineage
from tests.made_up_files import COMPRESS, FASTQ, pairs


@pytest.mark.parametrize("compression", COMPRESS)
def test_fastq(read, compression):
    assert pairs(read(COMPRESS[compression](FASTQ.encode()))) == [("a", "ACGT"), ("b", "GGCC")]


@pytest.mark.parametrize(
    "text",
    [
        FASTQ.replace("\n", "\r\n"),
        "\n\n" + FASTQ + "\n\n",
        "\ufeff" + FASTQ,
        FASTQ.removesuffix("\n"),
        "@a x\nAC\nGT\n+\nII\nII\n@b\nGG\nCC\n+b\n@I\nII\n",
    ],
)
def test_fastq_dialects(read, text):
    assert pairs(read(text)) == [("a", "ACGT"), ("b", "GGCC")]


def test_fastq_sintax_and_empty_header(read):
    assert read("@\nAC\n+\nII\n@b;tax=g:Abax\nG\n+\nI\n") == [
        Barcode("unnamed_1", "AC"),
        Barcode("b", "G", Lineage.from_ranks(genus="Abax")),
    ]


@pytest.mark.parametrize("cut", range(FASTQ.index("@b") + 1, len(FASTQ) - 1))
def test_every_cut_of_the_last_fastq_record_is_an_error(write, cut):
    path = write(FASTQ[:cut])
    counts = ReadCounts()
    with pytest.raises(InputError, match=r"input, record 2, line \d+: the FASTQ record is broken or cut off \("):
        list(read_barcodes([path], counts))
    assert counts.read == 1
    assert count_records([path]) is None


@pytest.mark.parametrize(
    "text", ["@a\nACGT\n+\nIIIII\n", "@a\nACGT\n+x\nIIII\n", "@a\nAC GT\n+\nIIIII\n", "@a\nAC\n>b\nA\n"]
)
def test_broken_fastq(write, text):
    with pytest.raises(InputError, match=r"record 1, line \d: the FASTQ record is broken"):
        list(read_barcodes([write(text)]))


@pytest.mark.parametrize(
    ("last", "why"),
    [
        ("@c\nACGT\n+\nII\n@d\nACGT\n+\nIIII\n", "its sequence and its qualities are not equally long"),
        ("@c\nACGT\n", "the file ends within it"),
    ],
)
def test_a_broken_record_is_found_by_its_first_line(write, last, why):
    with pytest.raises(InputError, match=rf"record 3, line 9: the FASTQ record is broken or cut off \({why}\); fetch"):
        list(read_barcodes([write("@a\nACGT\n+\nIIII\n@b\nACGT\n+\nIIII\n" + last)]))


JOINED = ["@b\nGG>c\nA\n", ">b\nGG\n", "\n>b\nGG\n", "@b\nGG\n+\nII\n"]


@pytest.mark.parametrize("tail", JOINED)
def test_files_joined_to_fastq_without_a_line_end_are_an_error(write, tail):
    with pytest.raises(InputError, match=r"record 1, line \d: the FASTQ record is broken"):
        list(read_barcodes([write("@a\nACGT\n+\nIIII" + tail)]))


def test_byte_order_mark_within_fastq(read):
    counts = ReadCounts()
    assert pairs(read("@a\nAC\n+\nII\n\ufeff@b\nG\n+\nI\n", counts)) == [("a", "AC"), ("b", "G")]
    assert next(counts.remarks.lines()).startswith("lines with a byte-order mark")


@pytest.mark.parametrize(
    ("quality", "phred"),
    [
        ("!5I~", [0, 20, 40, 93]),
        ("IIII", [40] * 4),
        (";@Th", [0, 0, 20, 40]),
        ("BBff", [2, 2, 38, 38]),
        ("KKKK", [42] * 4),
        ("~~~~", [93] * 4),
    ],
)
def test_qualities_of_either_offset(read, quality, phred):
    counts = ReadCounts()
    assert list(read(f"@a\nACGT\n+\n{quality}\n", counts)[0].quality) == phred
    assert bool(counts.remarks.counts) == (quality in (";@Th", "BBff"))


def test_qualities_go_with_the_bases_that_are_kept(read):
    assert list(read("@a\nA-C*GT?\n+\n!\"#$%&'\n")[0].quality) == [0, 2, 4, 5]
    assert read(">a\nACGT\n")[0].quality == b""


def test_qualities_of_another_offset_later_are_an_error(write, monkeypatch):
    monkeypatch.setattr(fastq, "TRIED", 2)
    text = "@a\nAC\n+\nhh\n@b\nAC\n+\nff\n@c\nAC\n+\n5h\n"
    with pytest.raises(InputError, match=r"record 3 \(id 'c'\): a quality is below ';' .* file of Phred\+64"):
        list(read_barcodes([write(text)]))


def test_the_first_thousand_records_tell_the_offset(read):
    """Qualities of A are usual in either offset; those of h are those of Phred+64."""
    for before, phred in ((999, 40), (1000, 71)):
        text = "".join(f"@r{n}\nA\n+\nA\n" for n in range(before)) + "@last\nA\n+\nh\n"
        assert list(read(text)[-1].quality) == [phred]


def test_a_broken_first_record_begins_at_the_first_line(write):
    with pytest.raises(InputError, match="record 1, line 1: the FASTQ record is broken"):
        list(read_barcodes([write("@a\nACGT\n+\nIIIII\n")]))
