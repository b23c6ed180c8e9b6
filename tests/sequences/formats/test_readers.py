"""Readers: what each format becomes, that nothing is lost, and what is refused."""

import bz2
import gzip
import io
import lzma
import os
import random
import sys
import threading
import tracemalloc

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from barcodeembed.errors import EmptyFileError, InputError, UsageError
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.formats import fasta, fastq, readers
from barcodeembed.sequences.formats.counting import count_records
from barcodeembed.sequences.formats.files import zstd
from barcodeembed.sequences.formats.readers import READERS, read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.sequences.names.taxonomy_files import read_taxonomy
from barcodeembed.taxonomy import Lineage

COMPRESS = {
    "plain": bytes,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd.compress,
}
FASTQ = "@a x\nACGT\n+\nIIII\n@b\nGGCC\n+b\n@III\n"
TABLE = "processid\tgenus\tnuc\na\tCulex\tACGT\nb\tNone\tGG\n"


@pytest.fixture
def write(tmp_path):
    def write(content, name="input"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def read(write):
    """Reads the content as a file; checks that every record is accounted for and nothing else was written."""

    def read(content, counts=None):
        path = write(content)
        counts = ReadCounts() if counts is None else counts
        barcodes = list(read_barcodes([path], counts))
        assert counts.read == len(barcodes) + counts.skipped.total()
        assert count_records([path]) in (None, counts.read)
        assert [entry.name for entry in path.parent.iterdir()] == [path.name]
        return barcodes

    return read


def pairs(barcodes):
    return [(barcode.id, barcode.sequence) for barcode in barcodes]


def random_fasta(n):
    bases = random.Random(0).choices("ACGT", k=10_000)
    return "".join(f">q{i}\n{''.join(bases[i % 9000 :][:640])}\n" for i in range(n)).encode()


# FASTA


FASTA_CASES = {
    "two": (">a x\nACGT\nAC\n>b\nGG\n", [("a", "ACGTAC"), ("b", "GG")]),
    "crlf": (">a x\r\nACGT\r\n\r\nAC\r\n>b\r\nGG\r\n", [("a", "ACGTAC"), ("b", "GG")]),
    "old_mac": (">a x\rACGT\rAC\r>b\rGG\r", [("a", "ACGTAC"), ("b", "GG")]),
    "blank_lines": ("\n \r\n\n>a\nAC\n\nGT\n\n>b\n\nGG\n\n", [("a", "ACGT"), ("b", "GG")]),
    "no_final_newline": (">a\nAC\n>b\nGG", [("a", "AC"), ("b", "GG")]),
    "byte_order_mark": ("\ufeff>a\nAC\n>b\nGG\n", [("a", "AC"), ("b", "GG")]),
    "lower_case_rna_gaps": (">a\nacgu-.N\n", [("a", "ACGTN")]),
    "white_space_inside": (">a\nAC GT\tA \n", [("a", "ACGTA")]),
    "empty_sequences": (">a\n>b\n\n>c\nG\n>d", [("a", ""), ("b", ""), ("c", "G"), ("d", "")]),
    "empty_headers": (
        ">\nA\n>b\nC\n> \nG\n>",
        [("unnamed_1", "A"), ("b", "C"), ("unnamed_3", "G"), ("unnamed_4", "")],
    ),
    "lone_sign": (">", [("unnamed_1", "")]),
    "space_after_sign": ("> a b\nAC\n>\tc\nG\n", [("a", "AC"), ("c", "G")]),
    "tab_in_header": (">a\tb\nAC\n", [("a", "AC")]),
    "duplicate_ids": (">a\nA\n>a\nC\n>a\nA\n", [("a", "A"), ("a", "C"), ("a", "A")]),
    "not_ascii": (">né1 ü\nAC\n>b\nG\n", [("né1", "AC"), ("b", "G")]),
    "size": (">a;size=12\nAC\n>b;size=3; x\nG\n", [("a;size=12", "AC"), ("b;size=3;", "G")]),
    # kseq, inside pyfastx, reads the next as one record.
    "plus_line": (">a\nAC\n+GT\n>b\nCC\n", [("a", ""), ("b", "CC")]),
    "sign_inside": (">a\nAC>GT\n>b>c\nA\n", [("a", "AC"), ("GT", ""), ("b>c", "A")]),
    "indented_sign": (">a\nA\n >b\nC\n>c\nG\n", [("a", "A"), ("b", "C"), ("c", "G")]),
    "joined_by_cat": (">a x\nACGT>b y>z\nCC\nGG>c\n>d\nT", [("a", "ACGT"), ("b", "CCGG"), ("c", ""), ("d", "T")]),
    "joined_by_cat_crlf": (">a\r\nACGT>b\r\nCC\r>c\nT\r\n", [("a", "ACGT"), ("b", "CC"), ("c", "T")]),
    "mark_within": (">a\nAC\n\ufeff>b\nGG\ufeff>c\nT\n\ufeff\n", [("a", "AC"), ("b", "GG"), ("c", "T")]),
    "mark_between_bases": (">a\nAC\ufeffGT\n>b\ufeff\nG\n", [("a", "ACGT"), ("b", "G")]),
    "cut_header_joined": (">a\nAC\n>b>c\nG\n", [("a", "AC"), ("b>c", "G")]),
}


@pytest.mark.parametrize("compression", COMPRESS)
@pytest.mark.parametrize("case", FASTA_CASES)
def test_fasta(read, case, compression):
    text, expected = FASTA_CASES[case]
    assert pairs(read(COMPRESS[compression](text.encode()))) == expected


def test_protein_is_kept_as_not_dna(read):
    assert read(">p\nMKVL*\n>d\nACGT\n") == [Barcode("p", "", is_dna=False), Barcode("d", "ACGT")]


def test_a_split_is_remarked(write):
    counts = ReadCounts()
    list(read_barcodes([write(b">a\nAC\nGT>b x\nA\n\xef\xbb\xbf>c\nC>\nG\n")], counts))
    split, mark = counts.remarks.lines()
    what = "records that begin within a line, split there (files were joined without a line end): 2, the first in "
    assert split.startswith(what)
    assert split.endswith("input, record 2 (id 'b'), line 3")
    assert mark.startswith("lines with a byte-order mark, left out (files were joined): 1, the first in ")
    assert mark.endswith("input, record 2, line 5")


@pytest.mark.parametrize(("text", "record", "line"), [("@b\nACGT\n+\nIIII\n", 1, 3), ("A\n>b\n@c\nA\n", 2, 5)])
def test_fastq_joined_to_fasta_is_an_error(write, text, record, line):
    what = f"record {record}, line {line}: a line of FASTA begins with @, as a record of FASTQ does; files of two"
    with pytest.raises(InputError, match=what):
        list(read_barcodes([write(">a\nACGT\n" + text)]))


def test_signs_are_counted_across_chunks(monkeypatch):
    text = ">a\nACGT>b long>er\nCC\n>c>d\n\ufeff>e\nA>f\nACGTACGT\n"
    for size in range(1, 20):
        monkeypatch.setattr(fasta, "CHUNK", size)
        scan = fasta.scan_fasta(io.BytesIO(text.encode()))
        assert (scan.records, scan.strict) == (5, False)


def test_characters_beyond_iupac_are_read_or_named(write):
    text = ">a\nACi!?GT\n>b\n??AC~~GT*\n>c\nMKVE\n>d\nAC\u00e9\n>e\nAIC\n"
    counts = ReadCounts()
    barcodes = list(read_barcodes([write(text)], counts))
    assert pairs(barcodes) == [("a", "ACNNNGT"), ("b", "ACGT"), ("c", ""), ("d", ""), ("e", "ANC")]
    assert [barcode.is_dna for barcode in barcodes] == [True, True, False, False, True]
    said = [(line.split(", the first")[0], line.rpartition("input, ")[2]) for line in counts.remarks.lines()]
    assert said == [
        ("sequences with 'I', read as N: 2", "record 1 (id 'a')"),
        ("sequences with '!', read as N: 1", "record 1 (id 'a')"),
        ("sequences with '?', read as N: 2", "record 1 (id 'a')"),
        ("sequences with '~', left out: 1", "record 2 (id 'b')"),
        ("sequences with '*', left out: 1", "record 2 (id 'b')"),
        ("sequences with characters that are not DNA (status not_dna): 2", "record 3 (id 'c'): 'E'"),
    ]


@pytest.mark.parametrize(
    ("sequence", "advice"),
    [("MFINRWLFSTNHKDIGTLYLIFGAWAGMVGTSLSLLIRAELGQPGTLIGD", True), ("ACGTEACGT", False), ("ACGT@EFILPQ", False)],
)
def test_proteins_are_recognised(read, sequence, advice):
    counts = ReadCounts()
    (barcode,) = read(f">a\n{sequence}\n".encode(), counts=counts)
    assert not barcode.is_dna
    (line,) = counts.remarks.lines()
    assert line.endswith("; are these sequences of proteins?") == advice


def test_fasta_that_is_not_utf8(read):
    assert pairs(read(b">caf\xe9 x\nAC\n")) == [("caf\xe9", "AC")]


@pytest.mark.parametrize("compression", ["plain", "gzip", "xz"])
def test_fasta_with_a_line_of_ten_million_bases(read, compression):
    text = b">" + b"h" * 1_000_000 + b" x\n" + b"ACGTA" * 2_000_000 + b"\n>b\nC\n"
    long, short = read(COMPRESS[compression](text))
    assert (len(long.id), len(long.sequence), short.sequence) == (1_000_000, 10_000_000, "C")


@pytest.mark.parametrize("compression", ["plain", "gzip"])
def test_sintax_lineage(read, compression):
    text = ">a;tax=k:Animalia,s:Culex  pipiens;size=3\nAC\n>b;size=2;tax=g:Abax; x\nGG\n>tax=g:Abax\nT\n"
    assert read(COMPRESS[compression](text.encode())) == [
        Barcode("a", "AC", Lineage.from_ranks(kingdom="Animalia", species="Culex pipiens")),
        Barcode("b;size=2", "GG", Lineage.from_ranks(genus="Abax")),
        Barcode("unnamed_3", "T", Lineage.from_ranks(genus="Abax")),
    ]


def test_midori_in_sintax_form_loses_its_numbers(read):
    text = b">MG1.1.<1.>690;tax=k:Eukaryota_2759,p:Arthropoda_6656,o:order_X_7,g:Culex_71,s:Culex pipiens_75;\nAC\n"
    lineage = Lineage.from_ranks(kingdom="Eukaryota", phylum="Arthropoda", genus="Culex", species="Culex pipiens")
    assert read(text) == [Barcode("MG1.1.<1.>690", "AC", lineage)]
    assert read(b">a;tax=k:Animalia,s:Culex sp_12;\nAC\n")[0].lineage.at("species") == "Culex sp_12"


def test_sintax_with_semicolons_says_where(write):
    path = write(">a\nAC\n>b;tax=k:Animalia;p:Chordata;\nGG\n")
    barcodes = read_barcodes([path])
    assert next(barcodes).id == "a"
    with pytest.raises(InputError, match=r"input, record 2 \(id 'b'\): .* separated by ';'.*write them with commas"):
        next(barcodes)


@pytest.fixture
def parsers(monkeypatch):
    """The names of the parsers that read FASTA, in order."""
    used = []

    def spy(name):
        parser = getattr(readers, name)

        def spied(*args):
            used.append(name)
            return parser(*args)

        monkeypatch.setattr(readers, name, spied)

    spy("by_pyfastx")
    spy("by_biopython")
    return used


def test_pyfastx_reads_plain_and_gzipped_files(write, parsers):
    for name, compress in COMPRESS.items():
        list(read_barcodes([write(compress(b">a\nAC\n"), name)]))
    assert parsers == ["by_pyfastx"] * 2 + ["by_biopython"] * 3


@pytest.mark.parametrize("case", ["sign_inside", "plus_line", "old_mac", "not_ascii", "lone_sign", "empty_headers"])
def test_biopython_reads_what_pyfastx_gets_wrong(read, parsers, case):
    read(FASTA_CASES[case][0])
    assert parsers == ["by_biopython"]


@pytest.mark.parametrize("content", [">a\nA\n", ">a\nA\n>b\nC\n>c\nG\n"])
def test_a_file_changed_while_pyfastx_reads_is_an_error(write, monkeypatch, content):
    path = write(">a\nA\n>b\nC\n")
    scan = readers.scan_fasta

    def scan_then_change(stream, *limits):
        found = scan(stream, *limits)
        path.write_text(content)
        return found

    monkeypatch.setattr(readers, "scan_fasta", scan_then_change)
    with pytest.raises(InputError, match="records were read where 2 had been counted; the file was changed"):
        list(read_barcodes([path]))


ASCII_IDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)
ANY_IDS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=6)
RECORDS = st.lists(
    st.tuples(
        st.one_of(ASCII_IDS, ANY_IDS).filter(lambda id: "tax=" not in id),
        st.text("ACGTacgtuNnRyK-.", max_size=40),
    ),
    min_size=1,
    max_size=6,
)


@settings(deadline=None)
@given(
    records=RECORDS,
    width=st.integers(1, 50),
    eol=st.sampled_from(["\n", "\r\n"]),
    comment=st.sampled_from(["", " x y", "\tz"]),
    final=st.booleans(),
    compression=st.sampled_from(sorted(COMPRESS)),
)
def test_fasta_round_trip(tmp_path_factory, records, width, eol, comment, final, compression):
    lines = []
    for id, sequence in records:
        lines += [f">{id}{comment}", *(sequence[i : i + width] for i in range(0, len(sequence), width))]
    path = tmp_path_factory.getbasetemp() / "round_trip"
    path.write_bytes(COMPRESS[compression]((eol.join(lines) + eol * final).encode()))
    assert list(read_barcodes([path])) == [Barcode.from_raw(id, sequence) for id, sequence in records]
    assert count_records([path]) == len(records)


LINES = st.lists(
    st.one_of(
        st.text(">A", max_size=3).map(lambda text: ">" + text),
        st.sampled_from([">id words  and\tmore ", ">a;tax=g:B c,s:D;", "ACGT", "ac-gt", "A C", "MKV*", "", " ", "\t"]),
        st.text(">@+;AC \t\v\f\x1c\r-é", max_size=5),
    ),
    max_size=8,
)


@settings(max_examples=200, deadline=None)
@given(lines=LINES, eol=st.sampled_from(["\n", "\n", "\r\n", "\r"]), final=st.booleans())
@example(lines=[""], eol="\n", final=False)
def test_pyfastx_equals_biopython(tmp_path_factory, lines, eol, final):
    """Plain and gzipped files go to pyfastx if they may, xz goes to Biopython."""
    text = (">first" + eol + eol.join(lines) + eol * final).encode()
    folder = tmp_path_factory.getbasetemp()
    results = []
    for name in ("xz", "gzip", "plain"):
        path = folder / f"differential_{name}"
        path.write_bytes(COMPRESS[name](text))
        counts = ReadCounts()
        try:
            results.append(list(read_barcodes([path], counts)))
            assert count_records([path]) == counts.read
        except InputError as error:
            results.append(str(error).replace(str(path), ""))
    assert results[0] == results[1] == results[2]


# FASTQ


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


# Tables


def test_joined_tables(read):
    counts = ReadCounts()
    assert [barcode.id for barcode in read(TABLE + TABLE, counts)] == ["a", "b", "a", "b"]
    line, repeated = counts.remarks.lines()
    assert repeated.startswith("records with the same id as an earlier record of their file: 2")
    assert line.startswith("header lines within a table, left out (files were joined): 1, the first in ")
    assert line.endswith("input, after record 2")


@pytest.mark.parametrize("sequences", [">x\nACGT\n", "@x\nACGT\n+\nIIII\n"])
def test_tables_and_sequences_joined_are_an_error(write, sequences):
    with pytest.raises(InputError, match="record 1"):
        list(read_barcodes([write(sequences + TABLE)]))
    with pytest.raises(InputError, match="line 4: 1 field where the header has 3"):
        list(read_barcodes([write(TABLE + sequences)]))


def test_bold_table(read):
    text = (
        "processid\tsampleid\tbin_uri\tphylum\tclass\torder\tfamily\tgenus\tspecies\tnuc\tmarker_code\tnotes\n"
        'p1\ts1\tBOLD:AAA1\tArthropoda\tInsecta\tDiptera\tCulicidae\tCulex\tCulex pipiens\tAC-GT\tCOI-5P\t"\n'
        "p1\ts1\tBOLD:AAA1\tArthropoda\tInsecta\tDiptera\tCulicidae\tCulex\tCulex pipiens\tGGGG\t28S\tx\n"
        "p2\ts2\tNone\tArthropoda\tInsecta\tDiptera\tNone\t\tNone\tGGTT\tNone\t\n"
        "p3\ts3\t\t\t\t\t\t\t\tNone\tCOI-5P\t\n"
        "p4\ts4\t\t\t\t\t\t\t\t-NN-\tCOI-5P\t\n"
    )
    counts = ReadCounts()
    culex = Lineage(("", "Arthropoda", "Insecta", "Diptera", "Culicidae", "Culex", "Culex pipiens"))
    diptera = Lineage(("", "Arthropoda", "Insecta", "Diptera", "", "", ""))
    assert read(text, counts) == [Barcode("p1", "ACGT", culex, "BOLD:AAA1"), Barcode("p2", "GGTT", diptera)]
    assert counts == ReadCounts(5, {"other_marker": 1, "no_sequence": 2})


def test_bioscan_table(read):
    text = (
        "processid,taxon,phylum,class,order,family,subfamily,genus,species,dna_bin,dna_barcode,split\n"
        "B1,Culex,Arthropoda,Insecta,Diptera,Culicidae,,Culex,not_classified,BOLD:AAA1,ACGTNACNNN,train\n"
        '"B2","a, b",Arthropoda,Insecta,Diptera,NaN,,na,,nan,acgt,"line\nend"\n'
        "B3,,,,,,,,,,MPEN,\n"
    )
    lineage = Lineage.from_ranks(phylum="Arthropoda", **{"class": "Insecta"}, order="Diptera")
    assert read(text) == [
        Barcode("B1", "ACGTNAC", Lineage((*lineage.names[:4], "Culicidae", "Culex", "")), "BOLD:AAA1"),
        Barcode("B2", "ACGT", lineage),
        Barcode("B3", "", is_dna=False),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ID,Sequence\na,AC\n", [("a", "AC")]),
        ("seq\nAC\n\nGT\n", [("row_1", "AC"), ("row_2", "GT")]),
        ("sampleid\tPROCESSID\tnuc\ns\tp\tAC\ns\t\tGT\n", [("p", "AC"), ("row_2", "GT")]),
        ("Feature ID\tsequence\tnuc\na\tGG\tAC\n", [("a", "AC")]),
        ('"id"\t"nuc"\n"a"\t"AC"\n', [("a", "AC")]),
        ("\ufeff\r\n id , nuc \r\n a , AC \r\n\r\nb,GT", [("a", "AC"), ("b", "GT")]),
        ("id\tnuc\ra\tAC\rb\tGT\r", [("a", "AC"), ("b", "GT")]),
        ("id\tnuc\n\u00e9\tAC\n", [("\u00e9", "AC")]),
    ],
)
def test_table_dialects(read, text, expected):
    assert pairs(read(text)) == expected


def test_rank_columns_with_suffix(read):
    (barcode,) = read("id,genus_name,species_name,nuc\na,Culex,Culex pipiens,AC\n")
    assert barcode.lineage == Lineage.from_ranks(genus="Culex", species="Culex pipiens")


@pytest.mark.parametrize("compression", COMPRESS)
def test_compressed_table(read, compression):
    assert pairs(read(COMPRESS[compression](TABLE.encode()))) == [("a", "ACGT"), ("b", "GG")]


def test_field_of_ten_million_bases(read):
    (barcode,) = read("id,nuc\na," + "ACGTA" * 2_000_000 + "\n")
    assert len(barcode.sequence) == 10_000_000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id\tnuc\na\tAC\nb\n", "input, line 3: 1 field where the header has 2"),
        ("\n\nid\tnuc\na\tAC\tx\n", "input, line 4: 3 fields where the header has 2"),
        ('id,nuc,x\na,AC,"1\n2"\nb,AC\n', "input, line 4: 2 fields where the header has 3"),
        ('id,nuc\na,AC\n"b,GT\nc,GT\n', r"input, line 3: this row can't be read \(unexpected end of data\)"),
        ('id,nuc\n"a"x,AC\n', "input, line 2: this row can't be read"),
    ],
)
def test_broken_tables(write, text, message):
    with pytest.raises(InputError, match=message):
        list(read_barcodes([write(text)]))


@pytest.mark.parametrize("column", ["marker_code", "markercode", "MarkerCode"])
def test_other_markers_are_left_out(write, column):
    counts = ReadCounts()
    path = write(f"processid\tnucleotides\t{column}\na\tACGT\tCOI-5P\nb\tACGT\t16S\n")
    assert [b.id for b in read_barcodes([path], counts)] == ["a"]
    assert counts.skipped == {"other_marker": 1}


def test_empty_files_are_passed_over_where_that_is_asked_for(write, tmp_path):
    (empty := tmp_path / "empty").touch()
    (squeezed := tmp_path / "empty.gz").write_bytes(gzip.compress(b""))
    full = write(">a\nACGT\n")
    paths = [empty, full, squeezed]
    assert [b.id for b in read_barcodes(paths, allow_empty=True)] == ["a"]
    assert count_records(paths, allow_empty=True) == 1
    assert list(read_barcodes([empty, squeezed], allow_empty=True)) == []
    for path in (empty, squeezed):
        with pytest.raises(InputError, match=r"the file is empty$"):
            list(read_barcodes([full, path]))
        with pytest.raises(InputError, match=r"the file is empty$"):
            count_records([full, path])
    with pytest.raises(InputError, match=r"nothing was kept of 1 records"):
        list(read_barcodes([write("id,nuc\na,\n"), empty], allow_empty=True))


def test_nothing_kept(write):
    path = write("id,nuc,marker_code\na,,COI-5P\nb,,\nc,AC,ITS\n")
    with pytest.raises(
        InputError, match=r"records \(2 no_sequence, 1 other_marker\); the column of sequences is empty"
    ):
        list(read_barcodes([path]))
    with pytest.raises(InputError, match=r"nothing was kept of 0 records$"):
        list(read_barcodes([write("id,nuc\n")]))


# Many files, streams, and what is no sequence file


def test_many_files_of_many_formats_in_order(write):
    paths = [
        write(FASTQ, "q"),
        str(write(TABLE, "t")),
        write(gzip.compress(b">a\nT\n"), "f"),
        write("id,nuc\n", "e"),
    ]
    counts = ReadCounts()
    assert [barcode.id for barcode in read_barcodes(paths, counts)] == ["a", "b", "a", "b", "a"]
    assert counts.read == count_records(paths) == 5


@pytest.mark.parametrize("compression", COMPRESS)
@pytest.mark.parametrize("text", [">a\nACGT\n>b\nGG\n", FASTQ.replace("GGCC", "GG").replace("@III", "@I"), TABLE])
def test_standard_input(monkeypatch, write, text, compression):
    content = COMPRESS[compression](text.encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    path = write(">c\nA\n")
    assert count_records(["-", path]) is None
    assert pairs(read_barcodes(["-", path])) == [("a", "ACGT"), ("b", "GG"), ("c", "A")]


def test_standard_input_twice():
    with pytest.raises(UsageError, match="only once"):
        read_barcodes(["-", "x", "-"])


def test_named_pipe_is_read_once(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(b">a\nACGT\n",))
    writer.start()
    assert count_records([path]) is None
    assert pairs(read_barcodes([path])) == [("a", "ACGT")]
    writer.join()


@pytest.mark.parametrize("content", ["\n \n", "# made by hand\n\n"])
def test_a_file_of_blank_lines_is_empty(write, content):
    path = write(content)
    with pytest.raises(EmptyFileError, match="input: the file holds nothing but blank lines and comments"):
        next(read_barcodes([path]))
    assert count_records([path], allow_empty=True) == 0
    assert list(read_barcodes([path], allow_empty=True)) == []


@pytest.mark.parametrize(
    "content",
    ["hello\n", "id,taxon\na,b\n", " >a\nACGT\n", b"\xfd7z\xe9"],
)
def test_not_a_sequence_file(write, content):
    path = write(content)
    for start in (lambda: next(read_barcodes([path])), lambda: count_records([path])):
        with pytest.raises(InputError, match="input: neither FASTA, FASTQ nor a table with a sequence column"):
            start()


def test_missing_file(tmp_path):
    for start in (lambda: next(read_barcodes([tmp_path / "x"])), lambda: count_records([tmp_path / "x"])):
        with pytest.raises(InputError, match="there is no such file"):
            start()


@pytest.mark.parametrize("compression", ["gzip", "bzip2", "xz", "zstd"])
@pytest.mark.parametrize("text", [">a\nACGT\n>b\nGG\n", FASTQ, TABLE])
def test_every_cut_of_a_compressed_file_is_an_error(write, text, compression):
    whole = COMPRESS[compression](text.encode())
    for end in range(len(whole)):
        path = write(whole[:end])
        with pytest.raises(InputError):
            list(read_barcodes([path]))
        with pytest.raises(InputError):
            count_records([path])


def test_a_cut_gzip_yields_nothing_before_the_error(write):
    """FASTA is checked to its end before the first record is given."""
    whole = gzip.compress(random_fasta(5_000))
    with pytest.raises(InputError, match="the gzip data ends early"):
        next(read_barcodes([write(whole[: len(whole) // 2])]))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (FASTQ, 2),
        ("@a\nAC\nGT\n+\nII\nII\n", None),
        (TABLE, 2),
        ("id,nuc\na,AC\n\nb,GT\n", 2),
        ('id,nuc\n"a",AC\n', None),
        (">a\n>b\r\n>c", 3),
    ],
)
def test_count_records(write, text, number):
    assert count_records([write(text)]) == number


@pytest.mark.slow
def test_memory_does_not_grow_with_the_input(write):
    path = write(gzip.compress(random_fasta(30_000), compresslevel=1))
    next(read_barcodes([path]))
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_barcodes([path])) == 30_000
        assert tracemalloc.get_traced_memory()[1] < 8_000_000  # of 20 MB
    finally:
        tracemalloc.stop()


def test_readers_by_name():
    assert list(READERS) == ["fasta", "fastq", "table", "bare table"]


# Ids


ID_COLUMNS = (
    *("ASV_ID", "#OTU ID", "OTU", "hash", "accession", "FeatureID", "Feature ID", "sequence_id", "sampleid", "ID"),
    *("zOTU", "Accession Number", "", "Unnamed: 0", "seqName"),
)


@pytest.mark.parametrize("column", ID_COLUMNS)
@pytest.mark.parametrize("separator", ["\t", ",", ";"])
def test_usual_columns_of_ids(read, column, separator):
    text = separator.join([column, "sequence", "siteA"]) + "\n" + separator.join(["ASV_1", "ACGT", "7"]) + "\n"
    assert pairs(read(text)) == [("ASV_1", "ACGT")]


def test_an_unknown_column_of_ids_is_an_error_with_the_columns(write):
    with pytest.raises(InputError, match="no column of ids was found among 'my thing', 'siteA'; give the column"):
        list(read_barcodes([write("my thing\tsequence\tsiteA\nx\tACGT\t1\n")]))


@pytest.mark.parametrize("id", ["NA", "None", "nan", "not_classified", "0", "-"])
def test_ids_are_never_taken_for_missing(read, id):
    assert pairs(read(f"id\tgenus\tnuc\n{id}\t{id}\tACGT\n")) == [(id, "ACGT")]
    assert pairs(read(f">{id}\nACGT\n")) == [(id, "ACGT")]


def test_made_ids_are_unique(write):
    first, second = write("seq\nAC\nGT\n", "a"), write("seq\nAC\n", "b")
    assert [barcode.id for barcode in read_barcodes([first, second])] == ["row_1", "row_2", "row_1.2"]
    dada2 = write(">Animalia;Arthropoda;Insecta;\nAC\n>Animalia;Arthropoda;Arachnida;\nAC\n>\nAC\n", "c")
    found = list(read_barcodes([dada2], labelled=True))
    assert [barcode.id for barcode in found] == [found[0].sha1, f"{found[0].sha1}.2", "unnamed_3"]
    assert [barcode.lineage.at("class") for barcode in found] == ["Insecta", "Arachnida", ""]


@pytest.mark.parametrize(
    ("behind", "ids"),
    {
        ";KX1 ;KX2": "KX1 KX2",
        ";KX123456.1 ;NC_001566.1": "KX123456.1 NC_001566.1",
        "|KX123456|Finland ,KX123457": "KX123456 KX123457",
        ";NLACA001-15 ;NLACA002-15": "NLACA001-15 NLACA002-15",
    }.items(),
)
def test_an_accession_behind_the_name_is_the_id(write, behind, ids):
    path = write("".join(f">Culex pipiens{end}\nACGT\n" for end in behind.split()))
    for labelled in (True, False):
        found = list(read_barcodes([path], labelled=labelled))
        assert [barcode.id for barcode in found] == ids.split()
        assert [barcode.lineage.at("species") for barcode in found] == ["Culex pipiens" if labelled else ""] * 2


@pytest.mark.parametrize("end", [";size=3", ";BOLD:AAA1234", " COI-5P", ";12", ";2019", " COX1 gene"])
def test_what_is_no_id_behind_a_name_makes_none(write, end):
    path = write(f">Culex pipiens{end}\nAC\n>Culex pipiens{end}\nAC\n")
    found = list(read_barcodes([path], labelled=True))
    assert [barcode.id for barcode in found] == [f"Culex pipiens{end}", f"Culex pipiens{end}.2"]
    assert {barcode.lineage.at("species") for barcode in found} == {"Culex pipiens"}


@pytest.mark.parametrize("header", ["Culex pipiens; CO1", "Culex pipiens;COI2"])
def test_a_marker_behind_a_name_is_no_id(write, header):
    assert next(read_barcodes([write(f">{header}\nACGT\n")])).id != header.split(";")[1].strip()


@pytest.mark.parametrize("header", ["Consensus sequence;AB1", "Sample water;AB12", "Apis COI;KX1", "otu culex;KX1"])
def test_the_id_of_other_headers_stays_the_first_word(write, header):
    assert next(read_barcodes([write(f">{header}\nACGT\n")])).id == header.split()[0]


def test_whole_headers(write):
    path = write(">Voucher 1 (reversed)\nAC\n>Voucher  2 tax\nAC\n>Sample 3;tax=g:Culex;\nAC\n>ID4 Culex pipiens\nAC\n")
    ids = [barcode.id for barcode in read_barcodes([path], whole_headers=True)]
    assert ids == ["Voucher 1 (reversed)", "Voucher 2 tax", "Sample 3", "ID4 Culex pipiens"]
    found = list(read_barcodes([path], whole_headers=True, labelled=True))
    assert [barcode.id for barcode in found] == ids
    assert found[3].lineage.at("species") == "Culex pipiens"


def test_ids_that_come_again_are_remarked(write):
    counts = ReadCounts()
    list(read_barcodes([write(">a 1\nAC\n>a 2\nAC\n>b\nAC\n", "x"), write(">b\nAC\n>c\nAC\n", "y")], counts))
    within, across = counts.remarks.lines()
    assert "x: 'a'; each gets a row" in within
    assert "ids end at the first space" in within
    assert "--whole-headers" in within
    assert "another file has too" in across
    assert across.endswith(f"y: 'b', which is in {write('', 'x')}")


def test_other_markers_of_bold_fasta_are_left_out(write):
    text = ">ABC123-12|Culex pipiens|{}|\nACGT\n"
    path = write("".join(map(text.format, ["COI-PSEUDO", "COI-5P", "CYTB", "28S-D2", "wnt1", "COI"])))
    counts = ReadCounts()
    assert len(list(read_barcodes([path], counts))) == 2
    assert (counts.read, counts.skipped) == (6, {"other_marker": 4})
    assert len(list(read_barcodes([path], markers=["CYTB"]))) == 1


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        (">a\nACGT\n;a note\n;\nGG\n>b\n;another\nTT\n", "lines of FASTA that begin with ; or are //, left out: 3"),
        (">a\nACGTGG\n//\n>b\nTT\n//\n", "lines of FASTA that begin with ; or are //, left out: 2"),
        (
            ">a\n   1 acgt\n   5 gg\n>b\n\t1: tt\n",
            "lines of FASTA with a number before the bases, which is left out: 3",
        ),
        (">a\nACGTGG\n>b\nTT\n\x1a", ""),
        (">a\n  ACGT\n\tGG\n>b\nTT\x1a\n", ""),
    ],
)
def test_what_other_programs_write_between_the_bases(write, text, remark):
    counts = ReadCounts()
    assert pairs(list(read_barcodes([write(text)], counts))) == [("a", "ACGTGG"), ("b", "TT")]
    assert [line.split(", the first")[0] for line in counts.remarks.lines()] == [remark] * bool(remark)


def test_a_number_within_the_bases_is_no_number_of_a_line(write):
    (barcode,) = read_barcodes([write(">a\nACG4T\n")])
    assert not barcode.is_dna


def test_cells_that_a_spreadsheet_keeps_as_text(write):
    text = 'id,genus,species,sequence\n"=""007""","=""Culex""",="pipiens","=""ACGT"""\n=,a,b,AC\n\x1a'
    found = list(read_barcodes([write(text)], labelled=True))
    assert pairs(found) == [("007", "ACGT"), ("=", "AC")]
    assert found[0].lineage.names[-2:] == ("Culex", "pipiens")


LINEAGE = "k__Animalia;p__Arthropoda;c__Insecta;o__Diptera;f__Culicidae;g__Culex;s__pipiens"


@pytest.mark.parametrize(
    ("id", "key"),
    [
        ("KX123456.1", "KX123456"),
        ("KX123456", "KX123456.1"),
        ("KX123456.2", "KX123456.1"),
        ("a", "a of Helsinki"),
        ("a b", ">a b"),
        ("NC_001566.1 Culex", "NC_001566 Culex pipiens"),
        ("a;size=3;", "a"),
        ("a", "a;size=3"),
        ("OTU_A", "otu_a"),
        ("gb|KX123456.1|", "KX123456"),
        ("gi|12|gb|KX123456.1|", "KX123456.1"),
    ],
)
def test_ids_of_a_taxonomy_may_lack_a_version_or_go_on(write, id, key):
    counts = ReadCounts()
    taxonomy = read_taxonomy(write(f"{key}\t{LINEAGE}\nother\tk__Animalia;p__Mollusca\n", "taxonomy.tsv"))
    (barcode,) = read_barcodes([write(f">{id}\nACGT\n")], counts, labelled=True, taxonomy=taxonomy)
    assert barcode.lineage.at("genus") == "Culex"
    assert [line.split(":")[0] for line in counts.remarks.lines()] == [
        "ids found in the taxonomy in another form (version, size, case, first word)"
    ]


def test_an_id_that_would_have_two_lineages_is_not_shortened(write):
    taxonomy = read_taxonomy(write(f"a 1\t{LINEAGE}\na 2\tk__Animalia;p__Mollusca\nOTU.1\t{LINEAGE}\n", "taxonomy.tsv"))
    for id in ("a", "OTU", "OTU.2", "OTU.1.1"):
        with pytest.raises(InputError, match="no sequence has its id in the taxonomy"):
            list(read_barcodes([write(f">{id}\nACGT\n")], labelled=True, taxonomy=taxonomy))
