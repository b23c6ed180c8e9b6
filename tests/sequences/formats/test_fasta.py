"""FASTA: what its records become, as Biopython and pyfastx read it alike."""

import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from barcodeembed.errors import InputError
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.formats import fasta, readers
from barcodeembed.sequences.formats.counting import count_records
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.taxonomy import Lineage
from tests.made_up_files import COMPRESS, pairs

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
    "all_signs_indented": (" >a x\nACGT\n\t>b\n  CC\n", [("a", "ACGT"), ("b", "CC")]),
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


def test_an_indented_header_is_no_split(write):
    counts = ReadCounts()
    assert pairs(read_barcodes([write(" >a\nACGT\n >b\nCC\n")], counts)) == [("a", "ACGT"), ("b", "CC")]
    assert list(counts.remarks.lines()) == []


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


def test_levels_of_pr2_in_sintax_form_become_ranks(read):
    """Its second level is no kingdom, so that its classes are what others call phyla."""
    above = "k:Eukaryota,d:Amorphea,p:Obazoa,c:Metazoa,o:Arthropoda,f:Insecta"
    (barcode,) = read(f">a;tax={above},g:Culex,s:Culex_pipiens;\nAC\n".encode())
    assert barcode.lineage.names == ("Metazoa", "Arthropoda", "Insecta", "", "", "Culex", "Culex_pipiens")
    swapped = ">a;tax=k:Animalia,p:Arthropoda,c:Insecta,o:Culicidae,f:Diptera;\nAC\n"
    assert read(swapped.encode())[0].lineage.names[3:5] == ("Culicidae", "Diptera")


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


@pytest.mark.slow
@settings(max_examples=200)
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
