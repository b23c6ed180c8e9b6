"""Tables with a header line: what their records become, and what is refused."""

import pytest

from barcodeembed.errors import InputError
from barcodeembed.sequences.annotations import SampleRule
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.taxonomy import Lineage
from tests.made_up_files import COMPRESS, TABLE, pairs


def test_joined_tables(read):
    counts = ReadCounts()
    assert [barcode.id for barcode in read(TABLE + TABLE, counts)] == ["a", "b", "a", "b"]
    line, repeated = counts.remarks.lines()
    assert repeated.startswith("records with the same id as an earlier record of their file: 2")
    assert line.startswith("header lines within a table, left out (files were joined): 1, the first in ")
    assert line.endswith("input, after record 2")


def test_a_marker_in_the_place_of_a_sequence_is_no_header(read):
    counts = ReadCounts()
    found = list(read("id\tnote\tsequence\na\tx\tCOI-5P\nid\tnote\tsequence\n", counts))
    assert [(barcode.id, barcode.is_dna) for barcode in found] == [("a", False)]
    assert counts.read == 1


def test_a_marker_in_the_first_row_makes_no_header_of_it(read):
    rows = [("a", "COI-5P", "ACGT" * 20), ("b", "COI-5P", "ACGA" * 20)]
    for sign in "\t,;":
        found = list(read("".join(f"{sign.join(row)}\n" for row in rows)))
        assert [(barcode.id, barcode.sequence, bool(barcode.lineage)) for barcode in found] == [
            ("a", "ACGT" * 20, False),
            ("b", "ACGA" * 20, False),
        ]


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
        ('id,nuc,x\na,AC,"1\n2"\nb\n', "input, line 4: 1 field where the header has 3"),
        ('id,nuc\na,AC\n"b,GT\nc,GT\n', r"input, line 3: this row can't be read \(unexpected end of data\)"),
        ('id,nuc\n"a"x,AC\n', "input, line 2: this row can't be read"),
    ],
)
def test_broken_tables(write, text, message):
    with pytest.raises(InputError, match=message):
        list(read_barcodes([write(text)]))


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


def test_cells_that_a_spreadsheet_keeps_as_text(write):
    text = 'id,genus,species,sequence\n"=""007""","=""Culex""",="pipiens","=""ACGT"""\n=,a,b,AC\n\x1a'
    found = list(read_barcodes([write(text)], labelled=True))
    assert pairs(found) == [("007", "ACGT"), ("=", "AC")]
    assert found[0].lineage.names[-2:] == ("Culex", "pipiens")


def test_the_row_of_types_of_qiime_is_no_record(read):
    text = "feature id\tTaxon\tSequence\n#q2:types\tcategorical\tcategorical\na\tk__Animalia;p__Mollusca\tACGT\n"
    (barcode,) = read(text)
    assert (barcode.id, barcode.lineage.at("phylum")) == ("a", "Mollusca")


def test_haplotypes_of_an_otu_have_ids_of_their_own(read):
    text = "sort,haplotype,OTU,siteA,sequences\n1,haplo_1,OTU_1,4,ACGT\n2,haplo_2,OTU_1,3,ACGA\n"
    assert [barcode.id for barcode in read(text)] == ["haplo_1", "haplo_2"]


@pytest.mark.parametrize("columns", ["total_reads", "total,abundance", "ESVsize", "n_reads"])
def test_columns_with_the_reads_of_a_row(write, columns):
    others = ",3" * columns.count(",")
    text = f"GlobalESV,{columns},sequence\na,12{others},ACGT\n"
    (barcode,) = read_barcodes([write(text, "table.csv")], samples=SampleRule())
    assert (barcode.id, barcode.annotations.size) == ("a", 12)


@pytest.mark.parametrize(
    ("organism", "species"),
    [("Culex pipiens", "Culex pipiens"), ("Culex sp. BOLD:AAA1234", "Culex sp. BOLD:AAA1234"), ("Aedes vexans", "")],
)
def test_the_species_beside_a_lineage_of_genbank(read, organism, species):
    lineage = (
        "Eukaryota; Metazoa; Arthropoda; Hexapoda; Insecta; Pterygota; Diptera; Nematocera; Culicidae; Culex; Culex"
    )
    (barcode,) = read(f"Name,Organism,Taxonomy,Sequence\na,{organism},{lineage},ACGT\n")
    assert (barcode.lineage.at("family"), barcode.lineage.at("genus")) == ("Culicidae", "Culex")
    assert barcode.lineage.at("species") == species


def test_beside_a_sample_all_its_reads_are_no_size(write):
    text = "asv,sample,abundance,total_reads,sequence\na,s1,2,9000,ACGT\n"
    (barcode,) = read_barcodes([write(text, "table.csv")], samples=SampleRule())
    assert barcode.annotations.size == 2
    (alone,) = read_barcodes(
        [write("asv,sample,total_reads,sequence\na,s1,9000,ACGT\n", "b.csv")], samples=SampleRule()
    )
    assert alone.annotations.size == 1


def test_an_accession_goes_before_a_haplotype(read):
    text = "accession,species,haplotype,sequence\nAB1,Culex pipiens,H1,ACGT\nAB2,Culex pipiens,H1,ACGA\n"
    assert [barcode.id for barcode in read(text)] == ["AB1", "AB2"]


@pytest.mark.parametrize("padding", ["N", "NNN", "nN", "N-N", "N.", "N N", "N-"])
def test_what_pads_a_sequence_in_a_table_is_no_part_of_it(read, padding):
    assert pairs(read(f"id,sequence\na,NACNGT{padding}\n")) == [("a", "NACNGT")]


@pytest.mark.parametrize(
    ("cell", "id"), [('="007"', "007"), ('a7"', 'a7"'), ('="', '="'), ('=a"', '=a"'), ('="a', '="a')]
)
def test_only_what_a_spreadsheet_keeps_as_text_is_unwrapped(read, cell, id):
    assert pairs(read(f"id\tsequence\n{cell}\tACGT\n")) == [(id, "ACGT")]
