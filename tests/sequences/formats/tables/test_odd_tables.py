"""Tables that are written in an unusual way: what they become, or what is said of them; also taxonomies as tables."""

from dataclasses import replace
from pathlib import Path

import pytest

from barcodeembed.errors import InputError
from barcodeembed.sequences.annotations import SampleRule
from barcodeembed.sequences.formats.counting import count_records
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.sequences.formats.taxonomy_files import read_taxonomy
from barcodeembed.sequences.names.cleaning import clean_lineage
from barcodeembed.taxonomy import RANKS, Lineage

DNA = "ACGTTGCATT" * 8
CULEX = Lineage(("Eukaryota", "Arthropoda", "Insecta", "Diptera", "Culicidae", "Culex", "Culex pipiens"))
SPECIES = Lineage.from_ranks(genus="Culex", species="Culex pipiens")
NAMES = "\t".join(CULEX.names)


@pytest.mark.parametrize("corner", ["sample\t", ""])
def test_a_table_of_counts_is_no_table_of_sequences(tmp_path: Path, corner: str) -> None:
    path = tmp_path / "seqtab.tsv"
    path.write_text(f"{corner}{DNA}\t{DNA[::-1]}\ns1\t1\t2\n")
    with pytest.raises(InputError, match=r"a table of counts or names by sequence, .* to --counts"):
        list(read_barcodes([path]))
    path.write_text(f'"","s1","s2"\n"{DNA}",1,2\n')
    with pytest.raises(InputError, match=r"a table of counts or names by sequence, .* to --counts"):
        list(read_barcodes([path]))


def test_the_columns_of_a_table_without_sequences_are_said(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    path.write_text("OTU\tsiteA\tsiteB\na\t1\t2\n")
    with pytest.raises(InputError, match="the columns of its first line are 'OTU', 'siteA', 'siteB'"):
        list(read_barcodes([path]))


@pytest.mark.parametrize(
    ("header", "row", "lineage"),
    [
        ("gbifID\tscientificName\ttaxonRank", "A1\tCulex pipiens Linnaeus, 1758\tSPECIES", SPECIES),
        (
            "occurrenceID\tscientificName\ttaxonRank",
            "A1\tCulicidae\tFAMILY",
            Lineage(("",) * 4 + ("Culicidae", "", "")),
        ),
        ("id\torganism", "A1\tCulex pipiens", SPECIES),
        ("id\ttaxon", "A1\tCulex_pipiens", SPECIES),
        ("id\ttaxon", "A1\tInsecta", Lineage.from_ranks(**{"class": "Insecta"})),
        ("id\tgenus\tspecificEpithet", "A1\tCulex\tpipiens", Lineage.from_ranks(genus="Culex", species="pipiens")),
        ("id\tspecies\tidentification", "A1\t\tCulex pipiens", Lineage()),
        ("id\tGenus/Species", "A1\tCulex pipiens", SPECIES),
        ("id\ttaxon\trank", "A1\tCulex\tgenus", Lineage.from_ranks(genus="Culex")),
        ("id\tgenus\ttaxon", "A1\tCulex\tCulex pipiens", SPECIES),
        ("id\tgenus\ttaxon", "A1\tOsmia\tCulex pipiens", Lineage.from_ranks(genus="Osmia")),
        ("id\tgenus\tspecies\ttaxon", "A1\tCulex\t\tCulex pipiens", Lineage.from_ranks(genus="Culex")),
        ("id\tsciNameValid", "A1\tCulex pipiens", SPECIES),
        # Codes, opinions and states of a record are no names.
        ("id\tscientific_name\tsp", "A1\tCulex pipiens\tCULPIP", SPECIES),
        ("id\ttaxon\tsp", "A1\tCulex pipiens\tCP1", SPECIES),
        ("id\ttaxon\ttaxonRank\tspecies_id", "A1\tCulex\tgenus\t80", Lineage.from_ranks(genus="Culex")),
        ("id\ttaxon\ttaxonRank\tdetermination", "A1\tCulex\tgenus\tBarcode", Lineage.from_ranks(genus="Culex")),
        ("id\tfamily\tclassification", "A1\tCulicidae\tLeast concern", Lineage.from_ranks(family="Culicidae")),
        ("\tsample_code\tspecies", "A1\tS1\tCulex pipiens", Lineage.from_ranks(species="Culex pipiens")),
        ("id | species | notes ", "A1 | Culex pipiens | x", Lineage.from_ranks(species="Culex pipiens")),
    ],
)
def test_columns_of_names(tmp_path: Path, header: str, row: str, lineage: Lineage) -> None:
    path = tmp_path / "refs.tsv"
    sign = " | " if "|" in header else "\t"
    path.write_text(f"{header}{sign}sequence\n{row}{sign}ACGT\n")
    (barcode,) = read_barcodes([path])
    assert (barcode.id, barcode.lineage) == ("A1", lineage)


@pytest.mark.parametrize(
    "header",
    [
        "Specimen,,Taxonomy,,,Sequence data\nSample ID,Museum,Family,Genus,Species,COI\n",
        "Sample ID,,Taxonomy,,,Sequence\n,Museum,Family,Genus,Species,\n",
    ],
)
def test_a_header_of_two_lines(tmp_path: Path, header: str) -> None:
    path = tmp_path / "refs.csv"
    path.write_text(f"{header}S1,M,Culicidae,Culex,Culex pipiens,{DNA}\nS2,M,Culicidae,Culex,Culex torrentium,{DNA}\n")
    first, second = read_barcodes([path], labelled=True)
    assert (first.id, first.lineage) == ("S1", replace(SPECIES, names=("",) * 4 + ("Culicidae", *SPECIES.names[5:])))
    assert (second.id, second.lineage.at("species")) == ("S2", "Culex torrentium")


def test_a_header_of_two_lines_that_cannot_be_told_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "refs.csv"
    path.write_text(
        f"ID,Country,Region,BIN,Taxonomy,,Sequence\n,,,,Genus,Species,\nS1,a,b,,Culex,Culex pipiens,{DNA}\n"
    )
    with pytest.raises(
        InputError, match=r"line 2: the names of the columns stand in two lines \(genus, species in this"
    ):
        list(read_barcodes([path]))


def test_ranks_beside_names_are_no_header(tmp_path: Path) -> None:
    """As MetaWorks writes what RDP's classifier found."""
    path = tmp_path / "taxonomy.csv"
    path.write_text(
        "GlobalESV,Kingdom,KingdomRank,Genus,GenusRank,Species,SpeciesRank\n"
        "ESV1,Metazoa,kingdom,Culex,genus,Culex_pipiens,species\n"
    )
    assert read_taxonomy(path)["ESV1"].at("genus") == "Culex"


def test_a_row_with_a_sequence_is_no_header(tmp_path: Path) -> None:
    path = tmp_path / "reads.csv"
    path.write_text(f"code,COI,level,rank\nS1,{DNA},species,genus\nS2,{DNA},species,genus\n")
    assert [barcode.id for barcode in read_barcodes([path])] == ["S1", "S2"]


def test_a_taxonomy_of_single_names(tmp_path: Path) -> None:
    path = tmp_path / "names.tsv"
    path.write_text("A1\tCulex pipiens\nA2\tInsecta\n")
    assert read_taxonomy(path) == {"A1": SPECIES, "A2": Lineage.from_ranks(**{"class": "Insecta"})}


@pytest.mark.parametrize("comments", ["# Constructed from biom file\n", ";old FASTA\n\n; and more\n"])
@pytest.mark.parametrize("content", [f">a\n{DNA}\n>b\n{DNA}\n", f"#OTU ID\tsequence\na\t{DNA}\nb\t{DNA}\n"])
def test_comments_above_the_first_record_are_passed_over(tmp_path: Path, comments: str, content: str) -> None:
    path = tmp_path / "x"
    path.write_text(comments + content)
    assert [(barcode.id, barcode.sequence) for barcode in read_barcodes([path])] == [("a", DNA), ("b", DNA)]
    assert count_records([path]) == 2


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("#NEXUS\nbegin data;\n", "a NEXUS file"),
        (">DL;a\nCulex pipiens\nACGT*\n", "a PIR file"),
        ("CLUSTAL W\n\na ACGT\n", "an alignment in Clustal format"),
        ("2 658\na ACGT\n", "an alignment in PHYLIP format"),
        ("@HD\tVN:1.6\n", "a SAM file, .*; samtools fasta"),
        ("<!DOCTYPE html>\n", "a web page, .*; the download went wrong"),
        ('{"id":"a","nuc":"ACGT"}\n', "a JSON file"),
        ("[\n{}]\n", "a JSON file"),
        ("q1\tKX123456\t99.8\t658\t1\t0\t1\t658\t1\t658\t0.0\t1200\n", "a table of BLAST hits"),
        ("H\t0\t658\t99.1\t+\t0\t0\t658M\tq1\tOTU1\n", r"a table of clusters \(.uc\)"),
        ("{\\rtf1\\ansi\n>a\nACGT\n}", "a document of a word processor .*; save it as plain text"),
        ("version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS"),
    ],
)
def test_a_foreign_format_is_named(tmp_path: Path, text: str, what: str) -> None:
    path = tmp_path / "x"
    path.write_text(text)
    with pytest.raises(InputError, match=f"this is {what}"):
        list(read_barcodes([path]))


@pytest.mark.parametrize("text", [f"{DNA}\n", f"{DNA}\n{DNA[::-1]}\n{DNA}\n"])
def test_sequences_without_headers(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.fasta").write_text(text)
    with pytest.raises(InputError, match="these are sequences without headers; give each sequence a line above it"):
        list(read_barcodes([tmp_path / "x.fasta"]))


@pytest.mark.parametrize("sign", [";", ","])
def test_columns_are_listed_whatever_stands_between_them(tmp_path: Path, sign: str) -> None:
    (tmp_path / "x.csv").write_text(sign.join(["Numer", "Rodzaj", "Gatunek", "Sekwencja"]) + "\n")
    with pytest.raises(
        InputError, match="the columns of its first line are 'Numer', 'Rodzaj', 'Gatunek', 'Sekwencja'; name"
    ):
        list(read_barcodes([tmp_path / "x.csv"]))


def test_x_and_dashes_of_word_processors_in_sequences(tmp_path: Path) -> None:
    path = tmp_path / "x.fasta"
    path.write_text(">a\nACXXGT\n>b\nAC\u2013G\u00a0T\n", encoding="utf-8")
    assert [barcode.sequence for barcode in read_barcodes([path])] == ["ACNNGT", "ACGT"]


A, B = "ACGT" * 20, "TTGA" * 20
TABLES = {
    "spaces": f"id species sequence\na Culex_pipiens {A}\nb Aedes_vexans {B}\n",
    "spaces in line": f"id   species         sequence\na    Culex_pipiens   {A}\nb    Aedes_vexans    {B}  \n",
    "r": f'"id" "species" "sequence"\n"1" "a" "Culex pipiens" "{A}"\n"2" "b" "Aedes vexans" "{B}"\n',
    "r with tabs": f"species\tsequence\na\tCulex pipiens\t{A}\nb\tAedes vexans\t{B}\n",
    "r with numbers": f"ASV\tspecies\tsequence\n1\ta\tCulex pipiens\t{A}\n2\tb\tAedes vexans\t{B}\n",
    "tabs at the end": f"id\tspecies\tsequence\na\tCulex pipiens\t{A}\t\nb\tAedes vexans\t{B}\t\n",
    "spaces after commas": f'id, species, sequence\na, "Culex pipiens", "{A}"\nb, "Aedes vexans", "{B}"\n',
    "bars": f"id|species|sequence\na|Culex pipiens|{A}\nb|Aedes vexans|{B}\n",
    "excel": f"sep=;\nid;species;sequence\na;Culex pipiens;{A}\nb;Aedes vexans;{B}\n",
    "spaces, no header": f"a Culex pipiens {A}\nb Aedes vexans {B}\n",
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_other_programs(name: str, tmp_path: Path) -> None:
    path = tmp_path / "table.txt"
    path.write_text(TABLES[name])
    read = [(one.id, one.sequence, clean_lineage(one.lineage)[0].at("species")) for one in read_barcodes([path])]
    assert read == [("a", A, "Culex pipiens"), ("b", B, "Aedes vexans")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"id species sequence\na Culex pipiens {A}\n", "line 2: 4 fields where the header has 3; put quotes around"),
        (f"id\tspecies\tsequence\na\tx\t{A}\ty\n", "line 2: 4 fields where the header has 3"),
        (f"id,country,sequence\n1,Costa Rica, Limon,{A}\n", "line 2: 4 fields where the header has 3"),
        (f'"id","country","sequence"\n1,Costa Rica, Limon,{A}\n', "line 2: 4 fields where the header has 3"),
        (f"id;country;sequence\n1;Costa Rica; Limon;{A}\n", "line 2: 4 fields where the header has 3"),
        (f"id species sequence\n1 Culex pipiens {A}\n", "line 2: 4 fields where the header has 3"),
        (f"species,sequence\na,Culex pipiens,{A}\nCulex pipiens,{A}\n", "line 3: 2 fields where the header has 3"),
        ("id\tspecies\tsequence\na\n", "line 2: 1 field where the header has 3; delete it if it is no row"),
        ("specimen id,my sequence\na,none\n", "first line are 'specimen id', 'my sequence'"),
        (f"specimen id,forward,reverse\na,{A},{B}\n", "first line are 'specimen id', 'forward', 'reverse'"),
        (f"a {A}\nb {B}\n\n{A}\n", "line 4: 1 field where the first row has 3"),
        (f"a\t{A}\n{A}\n", "line 2: 1 field where the first row has 2"),
        (f"a {A}\nb {A} {B}\n", "line 2: this row has several sequences"),
        (f"a Culex pipiens {A}\nb {A} {B}\n", "line 2: this row has several sequences"),
        (f">a\tCulex pipiens\t{A}\n", "record 1: the sequence stands in the header line; write it on a line"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "table.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        list(read_barcodes([path]))


@pytest.mark.parametrize("rows", [f"a Culex pipiens {A}\nb {B}\n", f"b {B}\na Culex pipiens {A}\n"])
def test_a_row_without_a_name_among_others(rows: str, tmp_path: Path) -> None:
    path = tmp_path / "table.txt"
    path.write_text(rows)
    found = {one.id: (one.sequence, one.lineage.at("species")) for one in read_barcodes([path])}
    assert found == {"a": (A, "Culex pipiens"), "b": (B, "")}


@pytest.mark.parametrize("labelled", [False, True])
@pytest.mark.parametrize("odd", [f">{A}", f">gap {'-' * 60}"])
def test_one_record_that_is_named_by_its_sequence_and_has_none(odd: str, labelled: bool, tmp_path: Path) -> None:
    path = tmp_path / "x.fasta"
    path.write_text(f"{odd}\n>Culex_pipiens\n{A}\n")
    found = [(one.id, one.sequence) for one in read_barcodes([path], labelled=labelled)]
    assert [sequence for _, sequence in found] == ["", A]
    path.write_text(f"{odd}\n")
    if "-" not in odd:
        with pytest.raises(InputError, match="record 1: the sequence stands in the header line"):
            list(read_barcodes([path], labelled=labelled))


def test_repeated_headers_are_found_in_the_taxonomy_by_what_they_say(tmp_path: Path) -> None:
    path = tmp_path / "x.fasta"
    names = ["Aedes_vexans", "Anopheles_gambiae", "Culex_pipiens", "Culex_pipiens", "Culex_pipiens 2"]
    path.write_text("".join(f">{name}\n{A}\n" for name in names))
    found = list(read_barcodes([path], labelled=True, unlisted=True, taxonomy={"Culex_pipiens": CULEX}))
    assert [one.id for one in found][:4] == [*names[:3], "Culex_pipiens.2"]
    assert [one.lineage for one in found][2:] == [CULEX] * 3


def test_a_taxonomy_with_names_of_rows(tmp_path: Path) -> None:
    path = tmp_path / "taxonomy.tsv"
    path.write_text('"genus"\t"species"\n"a"\t"Culex"\t"Culex pipiens"\n"b"\t"Aedes"\t"Aedes vexans"\n')
    found = read_taxonomy(path)
    assert {id: lineage.at("species") for id, lineage in found.items()} == {"a": "Culex pipiens", "b": "Aedes vexans"}


@pytest.mark.parametrize(
    "text",
    [
        "a Animalia;Arthropoda;Insecta;Diptera;Culicidae;Culex;Culex_pipiens\n",
        "a,Animalia;Arthropoda;Insecta;Diptera;Culicidae;Culex;Culex pipiens\n",
        ">a\tAnimalia;Arthropoda;Insecta;Diptera;Culicidae;Culex;Culex pipiens\n",
        "sep=,\nid,genus,species\na,Culex,pipiens\n",
        "a;k__Animalia;p__Arthropoda;c__Insecta;o__Diptera;f__Culicidae;g__Culex;s__pipiens\n",
        "a|Animalia|Arthropoda|Insecta|Diptera|Culicidae|Culex|Culex pipiens\n",
        "a\ttax=k:Animalia,p:Arthropoda,c:Insecta,o:Diptera,f:Culicidae,g:Culex,s:Culex_pipiens;\n",
        "id\ttaxonomy\na\tk:Animalia,p:Arthropoda,g:Culex,s:pipiens;\n",
        "a Culex pipiens\n",
        "a,Culex pipiens\n",
        "a\tCulex_pipiens\n",
    ],
)
def test_taxonomies_with_other_signs_after_the_id(text: str, tmp_path: Path) -> None:
    path = tmp_path / "taxonomy.txt"
    path.write_text(text)
    found = {id: clean_lineage(lineage)[0].at("species") for id, lineage in read_taxonomy(path).items()}
    assert found == {"a": "Culex pipiens"}


@pytest.mark.parametrize(
    ("header", "row", "name"),
    [
        ("id,species,species,sequence", "a,Culex pipiens,Aedes vexans,ACGT", "species"),
        ("id\tspecies\tsequence\tSequence", "a\tCulex pipiens\tACGT\tGGTT", "sequence"),
    ],
)
def test_a_column_that_occurs_twice_is_an_error(tmp_path: Path, header: str, row: str, name: str) -> None:
    path = tmp_path / "twice.txt"
    path.write_text(f"\n{header}\n{row}\n")
    with pytest.raises(InputError, match=f"line 2: the column '{name}' occurs 2 times"):
        list(read_barcodes([path], labelled=True))


@pytest.mark.parametrize(("id", "said"), [("1-Mar", 1), ("2-Sep-2019", 1), ("1.23E+11", 1), ("1-March", 0), ("A-1", 0)])
def test_ids_that_a_spreadsheet_rewrote_are_said(tmp_path: Path, id: str, said: int) -> None:
    path = tmp_path / "ids.csv"
    path.write_text(f"id,sequence\n{id},ACGT\n")
    counts = ReadCounts()
    assert next(read_barcodes([path], counts)).id == id
    assert sum("that a spreadsheet may have rewritten" in line for line in counts.remarks.lines()) == said


def test_a_file_of_other_markers_says_how_they_are_chosen(tmp_path: Path) -> None:
    path = tmp_path / "markers.csv"
    path.write_text("id,marker_code,sequence\na,COI-3P,ACGT\n")
    with pytest.raises(
        InputError, match=r"nothing was kept of 1 records .*; the markers .*index --marker .*--marker COI-3P"
    ):
        list(read_barcodes([path]))


def test_queries_need_no_names(tmp_path: Path) -> None:
    path = tmp_path / "twice.csv"
    path.write_text("id,species,species,genus,sample,sample,sequence\na,Culex pipiens,Aedes vexans,Culex,s1,s2,ACGT\n")
    counts = ReadCounts()
    (query,) = read_barcodes([path], counts)
    assert (query.id, query.sequence, query.lineage) == ("a", "ACGT", Lineage.from_ranks(genus="Culex"))
    assert [line.split(":")[0] for line in counts.remarks.lines()] == ["columns that occur twice and are not read"]
    with pytest.raises(InputError, match="line 1: the column 'sample' occurs 2 times"):
        list(read_barcodes([path], samples=SampleRule()))


@pytest.mark.parametrize("name", ["id", "sequence", "marker_code"])
def test_queries_need_one_column_of_ids_and_one_of_sequences(tmp_path: Path, name: str) -> None:
    path = tmp_path / "twice.csv"
    path.write_text(f"id,marker_code,sequence,{name}\na,COI-5P,ACGT,b\n")
    with pytest.raises(InputError, match=f"line 1: the column '{name}' occurs 2 times"):
        list(read_barcodes([path]))


def test_columns_that_are_not_read_may_occur_twice(tmp_path: Path) -> None:
    path = tmp_path / "twice.csv"
    path.write_text("id,note,note,# Nucleotides,Sequence\na,x,y,4,ACGT\n")
    assert [barcode.sequence for barcode in read_barcodes([path])] == ["ACGT"]


@pytest.mark.parametrize(
    ("text", "option", "message"),
    [
        (
            "id,nation,sequence\na,Peru,ACGT\n",
            "--country",
            "needs a column 'country/ocean'; the columns are 'id', '",
        ),
        (
            "id,country,sequence\na,Peru,ACGT\n",
            "--region",
            "needs a column 'province/state', 'region'; the columns are 'id'",
        ),
        (">a\nACGT\n", "--country", "needs a table with a column 'country/ocean'; this file has no columns"),
        ("@a\nACGT\n+\nIIII\n", "--region", "needs a table with a column 'province/state', 'region'"),
    ],
)
def test_what_is_chosen_by_place_has_a_column_of_places(tmp_path: Path, text: str, option: str, message: str) -> None:
    path = tmp_path / "references"
    path.write_text(text)
    with pytest.raises(InputError, match=f"{option} {message}.*; name the column so, or leave {option} out"):
        list(read_barcodes([path], labelled=True, places=[option]))
    other = "--region" if option == "--country" else "--country"
    if text[:2] == "id" and "country" in text:
        assert len(list(read_barcodes([path], labelled=True, places=[other]))) == 1


@pytest.mark.parametrize("column", ["Epithet", "species epithet", "specificEpithet"])
def test_epithets_in_a_column_of_their_own(tmp_path: Path, column: str) -> None:
    path = tmp_path / "references.csv"
    path.write_text(f"ID,Genus,{column},Sequence\na,Culex,pipiens,ACGT\n")
    (barcode,) = read_barcodes([path], labelled=True)
    assert clean_lineage(barcode.lineage)[0] == SPECIES


@pytest.mark.parametrize("column", ["taxon_name", "Latin name", "scientificName", "Organism"])
def test_a_name_of_any_rank_in_one_column(tmp_path: Path, column: str) -> None:
    path = tmp_path / "references.csv"
    path.write_text(f"ID,{column},Sequence\na,Culex pipiens,ACGT\n")
    assert next(read_barcodes([path], labelled=True)).lineage == SPECIES


def test_a_cell_may_hold_a_record_of_fasta(tmp_path: Path) -> None:
    path = tmp_path / "references.csv"
    path.write_text('id,genus,fasta\na,Culex,">a of Helsinki\nACGT\nGG"\n')
    assert next(read_barcodes([path])).sequence == "ACGTGG"


@pytest.mark.parametrize(
    ("header", "number"),
    [("", ""), ("", "7175\t"), ("#acc\t" + "\t".join(RANKS) + "\n", ""), ("# made by hand\n", "7175\t")],
)
def test_a_taxonomy_with_a_column_for_each_rank_and_no_header(tmp_path: Path, header: str, number: str) -> None:
    path = tmp_path / "taxonomy.txt"
    path.write_text(f"{header}a\t{number}Animalia\tArthropoda\tInsecta\tDiptera\tCulicidae\tCulex\tpipiens\n")
    names = ("Animalia", *CULEX.names[1:])
    assert clean_lineage(read_taxonomy(path)["a"])[0].names == names


@pytest.mark.parametrize("tax", ["; tax=", " tax=", ";tax= ", " ; tax="])
def test_sintax_with_spaces(tmp_path: Path, tax: str) -> None:
    path = tmp_path / "references.fasta"
    path.write_text(f">a;size=3{tax}k:Animalia, f:Culicidae, g:Culex, s:Culex_pipiens;\nACGT\n")
    found = next(read_barcodes([path], labelled=True)).lineage
    assert clean_lineage(found)[0] == replace(SPECIES, names=("Animalia", "", "", "", "Culicidae", *SPECIES.names[5:]))


def test_ranks_below_the_phylum_before_it(tmp_path: Path) -> None:
    path = tmp_path / "references.fasta"
    ranks = "species:Culex pipiens;genus:Culex;family:Culicidae;phylum:Arthropoda;superkingdom:Eukaryota;"
    path.write_text(f">a\t{ranks}\nAC\n")
    found = next(read_barcodes([path], labelled=True)).lineage
    assert found.names == ("Eukaryota", "Arthropoda", "", "", "Culicidae", "Culex", "Culex pipiens")


def test_smart_quotes_around_cells(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f"id,species,sequence\n\u201ca\u201d,\u201cCulex pipiens\u201d,\u201c{DNA}\u201d\n")
    (barcode,) = read_barcodes([path], labelled=True)
    assert (barcode.id, barcode.sequence, barcode.lineage.at("species")) == ("a", DNA, "Culex pipiens")
