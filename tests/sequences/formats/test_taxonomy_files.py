"""Ids of a taxonomy that are not quite those of the sequences, and taxonomies of spreadsheets and classifiers."""

import pytest

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.sequences.formats.taxonomy_files import read_taxonomy
from barcodeembed.sequences.names.cleaning import clean_lineage

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


@pytest.mark.parametrize(
    "text",
    [
        "My taxonomy;;\n12.3.2024;;\n\nNr;Gattung;Art\na;Culex;Culex pipiens\n",
        "My taxonomy\n\nid\tgenus\tspecies\na\tCulex\tCulex pipiens\n",
        "sep=;\nid;genus;species\na;Culex;Culex pipiens\n",
        "id\tspecies\tscientificName\na\tpipiens\tCulex pipiens Linnaeus, 1758\n",
        f'"","Genus","Species"\n"{"ACGT" * 20}","Culex","pipiens"\n',
        "a\t\tRoot\trootrank\t1.0\tAnimalia\tkingdom\t1\tArthropoda\tphylum\t0.9\tCulex\tgenus\t0.8\t"
        "Culex_pipiens\tspecies\t0\n",
        "a\t-\tAnimalia\tkingdom\t1.0\tArthropoda\tphylum\t0.9\tCulex\tgenus\t0.8\tCulex_pipiens\tspecies\t0.7\n",
        "a\tRoot [rootrank, 98%]; Animalia [kingdom, 98%]; Arthropoda [phylum, 97.5%]; Insecta [class, 97%]; Diptera "
        "[order, 96%]; Culicidae [family, 95%]; Culex [genus, 94%]; Culex pipiens [species, 60.1%]\n",
    ],
)
def test_taxonomies_of_spreadsheets_and_classifiers(write, text):
    taxonomy = read_taxonomy(write(text, "taxonomy.txt"))
    (barcode,) = read_barcodes([write(f">a\n{'ACGT' * 20}\n")], labelled=True, taxonomy=taxonomy)
    assert clean_lineage(barcode.lineage)[0].names[-2:] == ("Culex", "Culex pipiens")


def test_a_taxonomy_by_bin(write):
    columns = "bin\tkingdom\tphylum\tclass\torder\tfamily\tgenus\tspecies"
    rows = ["BOLD:AAA1234\t-\tArthropoda\tInsecta\tDiptera\tCulicidae\tCulex\tCulex pipiens", "\t" * 7]
    taxonomy = read_taxonomy(write("\n".join([columns, *rows]) + "\n", "taxonomy.tsv"))
    ids = ["ABCDE001-10|BOLD:AAA1234", "ABCDE002-10|BOLD:AAA1234", "ABCDE003-10|BOLD:AAA9999"]
    text = "".join(f">{id}\nACGT\n" for id in ids)
    counts = ReadCounts()
    found = list(read_barcodes([write(text)], counts, labelled=True, taxonomy=taxonomy))
    assert [(one.id, one.bin, one.lineage.at("species")) for one in found] == [
        (id, "BOLD:AAA1234", "Culex pipiens") for id in ids[:2]
    ]
    assert counts.skipped == {"not_in_taxonomy": 1}


def test_signs_of_headers_before_the_ids_of_a_taxonomy(write):
    taxonomy = read_taxonomy(write("ID;Phylum;Genus;Species\n>a;Arthropoda;Culex;pipiens\n", "taxonomy.csv"))
    (barcode,) = read_barcodes([write(">>a\nACGT\n")], labelled=True, taxonomy=taxonomy)
    assert (barcode.id, barcode.lineage.at("genus")) == (">a", "Culex")


def test_what_is_alone_in_the_first_row_is_no_title_without_names_of_columns(write):
    taxonomy = read_taxonomy(write("a Diptera\nb Diptera\n", "taxonomy.txt"))
    assert list(taxonomy) == ["a", "b"]


def test_a_workbook_is_known_whatever_its_name(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["My taxonomy"], [], ["id", "genus", "species"], ["a", "Culex", "Culex pipiens"]):
        book.active.append(row)
    book.save(tmp_path / "taxonomy.xlsx")
    path = (tmp_path / "taxonomy.xlsx").rename(tmp_path / "dataset_7.dat")
    assert read_taxonomy(path)["a"].at("species") == "Culex pipiens"


WHOLE = ("Metazoa", "Arthropoda", "Insecta", "Diptera", "Culicidae", "Culex", "Culex pipiens")
OF_PROGRAMS = {
    "MEGAN": "a\t[D] Eukaryota; [K] Metazoa; [P] Arthropoda; [C] Insecta; [O] Diptera; [F] Culicidae; [G] Culex; "
    "[S] Culex pipiens;",
    "MEGAN with commas": 'a,"[D] Eukaryota; [K] Metazoa; [P] Arthropoda; [C] Insecta; [O] Diptera; [F] Culicidae; '
    '[G] Culex; [S] Culex pipiens;"',
    "MEGAN with confidences": "a; ;k__Metazoa; 100;p__Arthropoda; 100;c__Insecta; 100;o__Diptera; 100;f__Culicidae; 99;"
    "g__Culex; 90;s__Culex pipiens; 51;",
    "BLCA": "a\tkingdom:Metazoa;100.0;phylum:Arthropoda;100.0;class:Insecta;100.0;order:Diptera;99.5;"
    "family:Culicidae;99.0;genus:Culex;90.2;species:Culex pipiens;50.1;",
    "Kaiju": "C\ta\t7175\tMetazoa; Arthropoda; Insecta; Diptera; Culicidae; Culex; Culex pipiens; ",
    "MMseqs2": "a\t7175\tspecies\tCulex pipiens\t-_cellular organisms;d_Eukaryota;k_Metazoa;-_Bilateria;p_Arthropoda;"
    "c_Insecta;o_Diptera;f_Culicidae;g_Culex;s_Culex pipiens",
    "rankedlineage.dmp": "a\t|\tCulex pipiens\t|\t\t|\tCulex\t|\tCulicidae\t|\tDiptera\t|\tInsecta\t|\tArthropoda\t|\t"
    "Metazoa\t|\tEukaryota\t|",
    "rankedlineage.dmp of a subspecies": "a\t|\tCulex pipiens molestus\t|\tCulex pipiens\t|\tCulex\t|\tCulicidae\t|\t"
    "Diptera\t|\tInsecta\t|\tArthropoda\t|\tMetazoa\t|\tEukaryota\t|",
    "fullnamelineage.dmp": "a\t|\tCulex pipiens\t|\tcellular organisms; Eukaryota; Opisthokonta; Metazoa; Arthropoda; "
    "Insecta; Diptera; Culicidae; Culex; \t|",
}


@pytest.mark.parametrize("program", OF_PROGRAMS)
def test_taxonomies_of_other_programs(write, program):
    path = write(OF_PROGRAMS[program] + "\n", "taxonomy.txt")
    assert {id: lineage.names for id, lineage in read_taxonomy(path).items()} == {"a": WHOLE}


def test_what_kraken_wrote_of_each_sequence(write):
    rows = "U\tc\tunclassified (taxid 0)\t658\t0:624\nC\ta\tCulex pipiens (taxid 7175)\t658\t7175:624\n"
    taxonomy = read_taxonomy(write(rows, "taxonomy.txt"))
    assert {id: lineage.names[-2:] for id, lineage in taxonomy.items()} == {"c": ("", ""), "a": WHOLE[-2:]}


@pytest.mark.parametrize(
    ("row", "hint"),
    {
        "C\ta\t7175\t658\t7175:624\n": "numbers of taxa only",
        "readID\tseqID\ttaxID\tscore\t2ndBestScore\thitLength\tqueryLength\tnumMatches\n": "give an id and a lineage",
        "k__Metazoa|p__Arthropoda|c__Insecta\t33208|6656|50557\t12.5\n": "give an id and a lineage",
    }.items(),
)
def test_numbers_and_names_of_unknown_columns_are_no_lineage(write, row, hint):
    with pytest.raises(InputError, match=hint):
        read_taxonomy(write(row, "taxonomy.txt"))


def test_a_species_beside_the_lineage_above_it(write):
    rows = "q1\tEylais tantilla\tAnimalia;Arthropoda;Arachnida\n"
    names = ("Animalia", "Arthropoda", "Arachnida", "", "", "Eylais", "Eylais tantilla")
    assert read_taxonomy(write(rows, "taxonomy.txt"))["q1"].names == names


@pytest.mark.parametrize(
    "row",
    [LINEAGE, "Animalia\tArthropoda\tInsecta\tDiptera\tCulicidae\tCulex\tCulex pipiens", "Root;Animalia;Arthropoda"],
)
def test_a_taxonomy_without_ids_is_an_error_that_says_so(write, row: str) -> None:
    with pytest.raises(InputError, match="line 1: this taxonomy has no ids: the first row begins with"):
        read_taxonomy(write(f"{row}\n{row.replace('pipiens', 'torrentium')}\n", "taxonomy.tsv"))
