"""Dialects of lineages in headers, tables and taxonomy files; what is none of them stays as it is."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from barcodeembed.errors import InputError
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.sequences.formats.taxonomy_files import read_taxonomy
from barcodeembed.sequences.names.cleaning import clean_names
from barcodeembed.sequences.names.lineages import DIALECTS, LOOSE_DIALECTS, may_be_marked, parse_header, parse_lineage
from barcodeembed.taxonomy import RANKS, Lineage

ABOVE = ("Animalia", "Arthropoda", "Insecta", "Diptera", "Culicidae")
CULEX = Lineage((*ABOVE, "Culex", "Culex pipiens"))
TO_GENUS = Lineage((*ABOVE, "Culex", ""))
NAMES = ";".join(CULEX.names)
PREFIXED = ";".join(f"{letter}__{name}" for letter, name in zip("kpcofgs", CULEX.names, strict=True))
SPECIES = Lineage.from_ranks(genus="Culex", species="Culex pipiens")

HEADERS = {
    "qiime2": (
        "ID k__Animalia; p__Arthropoda; c__Insecta; o__Diptera; f__Culicidae; g__Culex; s__Culex pipiens",
        ("ID", CULEX),
    ),
    "qiime2 short": (
        "ID k__Animalia;p__Arthropoda",
        ("ID", Lineage.from_ranks(kingdom="Animalia", phylum="Arthropoda")),
    ),
    "qiime2 domain and kingdom": (
        "ID d__Eukaryota;k__Metazoa;p__;g__Culex",
        ("ID", Lineage.from_ranks(kingdom="Metazoa", genus="Culex")),
    ),
    "unite": (
        f"Culex_pipiens|MK1|SH12.9FU|refs|{PREFIXED}",
        ("Culex_pipiens|MK1|SH12.9FU|refs", CULEX),
    ),
    "dada2": ("Animalia;Arthropoda;Insecta;Diptera;Culicidae;Culex;", ("", TO_GENUS)),
    "dada2 species": (f"{NAMES};", ("", CULEX)),
    "dada2 gap": (
        "Animalia;Arthropoda;Insecta;NA;;Culex;Culex pipiens;",
        ("", Lineage((*ABOVE[:3], "", "", *CULEX.names[5:]))),
    ),
    "rdp": (f"ID\tRoot;{NAMES}", ("ID", CULEX)),
    "rdp of cellular organisms": (
        f"ID\tcellularOrganisms;Eukaryota;{NAMES}",
        ("ID", CULEX),
    ),
    "idtaxa": ("ID;Root;Animalia;Arthropoda;Insecta;Diptera;Culicidae;Culex", ("ID", TO_GENUS)),
    "rdp with ranks": (
        "ID Culex sp.\tLineage=Root;rootrank;Animalia;kingdom;Arthropoda;phylum;Insecta;class;Pterygota;subclass;"
        "Diptera;order;Culicidae;family;Culex;genus",
        ("ID", TO_GENUS),
    ),
    "levels of PR2 in prefixes": (
        "ID d__Eukaryota;k__Obazoa;p__Opisthokonta;c__Metazoa;o__Arthropoda;f__Insecta;g__Culex;s__Culex_pipiens",
        ("ID", Lineage(("Metazoa", "Arthropoda", "Insecta", "", "", "Culex", "Culex_pipiens"))),
    ),
    "levels of PR2 in prefixes, to the genus": (
        "ID d__Eukaryota;k__Obazoa;p__Opisthokonta;c__Metazoa;o__Arthropoda;f__Insecta;g__Culex",
        ("ID", Lineage(("Metazoa", "Arthropoda", "Insecta", "", "", "Culex", ""))),
    ),
    "from the phylum": (
        "ID Arthropoda;Insecta;Diptera;Culicidae;Culex;Culex pipiens",
        ("ID", Lineage(("", *CULEX.names[1:]))),
    ),
    "species and genus only": (
        "ID Animalia;Arthropoda;Culex;Culex pipiens",
        ("ID", Lineage((*ABOVE[:2], "", "", "", "Culex", "Culex pipiens"))),
    ),
    "midori": (
        "MG1.1.<1.>690\troot_1;Eukaryota_2759;Discosea_555280;Flabellinia_1485085;"
        "order_Vannellidae_95227;Vannellidae_95227"
        ";Clydonella_218657;Clydonella sawyeri_2201168",
        (
            "MG1.1.<1.>690",
            Lineage(("Eukaryota", "Discosea", "Flabellinia", "", "Vannellidae", "Clydonella", "Clydonella sawyeri")),
        ),
    ),
    "midori blast": (
        "AB1.1.2.3###root_1;Eukaryota_2759;Arthropoda_6656;Insecta_50557;"
        "Diptera_7147;Culicidae_7157;Culex_7174;Culex pipiens_7175",
        ("AB1.1.2.3", Lineage(("Eukaryota", *CULEX.names[1:]))),
    ),
    "a bin behind the species": (
        "ABC123-12 k:Animalia,p:Arthropoda,c:Insecta,o:Diptera,f:Culicidae,g:Culex,s:Culex pipiens,bin:BOLD:AAA1234",
        ("ABC123-12", CULEX),
    ),
    "bold": ("ABC123-12|Culex pipiens|COI-5P|MK123456", ("ABC123-12", SPECIES)),
    "bold without accession": ("GBMIN123-13|Culicidae|COI-5P", ("GBMIN123-13", Lineage.from_ranks(family="Culicidae"))),
    "bold of an order": ("ABC123-12|Diptera|COI-5P|", ("ABC123-12", Lineage.from_ranks(order="Diptera"))),
    "bold of a genus": ("ABC123-12|Xyzzia|COI-5P|", ("ABC123-12", Lineage.from_ranks(genus="Xyzzia"))),
    "bold of a subfamily": ("ABC123-12|Culicinae|COI-5P|", ("ABC123-12", Lineage())),
    "bold with a sample": ("ABC123-12|Culex pipiens|BIOUG01234-A01|COI-5P", ("ABC123-12", SPECIES)),
    "bold with a bin": ("ABC123-12|BOLD:AAA1234|Culex pipiens|COI-5P", ("ABC123-12", SPECIES)),
    "bold bulk": (
        "ABC123-12|COI-5P|United States|Animalia,Arthropoda,Insecta,Diptera,Culicidae,"
        "Culicinae,Culicini,Culex,Culex pipiens,None",
        ("ABC123-12", CULEX),
    ),
    "bold bulk without tribe": (
        "ABC123-12|COI-5P|None|Animalia,Arthropoda,Insecta,Diptera,Culicidae,None,Culex,None,None",
        ("ABC123-12", TO_GENUS),
    ),
    "bold bulk of other form": ("ABC123-12|COI-5P|None|Ontario,Guelph", ("ABC123-12", Lineage())),
    "bold bulk without a kingdom": (
        "ABC123-12|COI-5P|Mexico|Arthropoda,Insecta,Diptera,Culicidae,Culicinae,Culex,Culex pipiens",
        ("ABC123-12", Lineage(("", *CULEX.names[1:]))),
    ),
}

LOOSE = {
    "assign species": ("MK1 Culex pipiens", ("MK1", SPECIES)),
    "genbank": (
        "MK123456.1 Culex pipiens isolate X cytochrome c oxidase subunit I (COI) gene, partial cds",
        ("MK123456.1", SPECIES),
    ),
    "genbank sp.": (
        "MK1.1 Culex sp. BOLD:AAA1 voucher",
        ("MK1.1", Lineage.from_ranks(genus="Culex", species="Culex sp. BOLD:AAA1")),
    ),
    "dada2 of ids": ("K1;P1;C1;O1;F1;G1;S1;", ("", Lineage(("K1", "P1", "C1", "O1", "F1", "G1", "S1")))),
    "dada2 of ids to genus": ("K1;P1;C1;O1;F1;G1;", ("", Lineage(("K1", "P1", "C1", "O1", "F1", "G1", "")))),
}

NO_DIALECT = (
    *(
        "",
        " ",
        "OTU_1",
        "OTU1;size=12",
        "OTU1;size=12;",
        "source|id",
        "a|b|c",
        "x Root;",
        "k__",
        "ASV__1;s__x",
        "a;b;c;d",
    ),
    *("OTU1 k__x", "Animalia", "Fungi;", "x Bacteria;size=3;", "sp|P69905|HBA_HUMAN", "gi|123|gb|MK1.1| Culex pipiens"),
    *("ABC123-12|x|y", "M00176:17:0:1:2:3 1:N:0:1;x", "lcl|x;y|z", ";;;;;;;", "root;", "k__;p__"[:3] + ";"),
)


@pytest.mark.parametrize("name", HEADERS)
def test_dialects(name: str) -> None:
    header, expected = HEADERS[name]
    assert may_be_marked(header)
    assert parse_header(header) == parse_header(header, labelled=True) == expected


@pytest.mark.parametrize("name", LOOSE)
def test_loose_dialects_are_for_references(name: str) -> None:
    header, expected = LOOSE[name]
    assert parse_header(header, labelled=True) == expected
    assert parse_header(header) is None


@pytest.mark.parametrize("header", NO_DIALECT)
def test_what_is_no_dialect(header: str) -> None:
    assert parse_header(header) is None


def test_dialects_by_name() -> None:
    assert (list(DIALECTS), list(LOOSE_DIALECTS)) == (
        ["marked", "bold"],
        ["annotated", "bare", "fielded"],
    )


PIECES = st.sampled_from(
    [
        "k__",
        "d__",
        "p__",
        "root;",
        "Root",
        ";",
        "\t",
        " ",
        "###",
        "Animalia",
        "Animalia;",
        "Eukaryota_2759",
        "COI-5P",
        "ABC123-12",
        "Culex pipiens",
        "A",
        "_",
        ",",
        "None",
        ";tax=",
        "=",
        "order_x_1",
    ]
)


@given(st.lists(st.one_of(PIECES, st.just("|"), st.text(max_size=3)), max_size=14).map("".join), st.booleans())
@example("Animalia;;", False)
def test_no_header_makes_a_dialect_fail(header: str, labelled: bool) -> None:
    found = parse_header(header, labelled=labelled)
    if found and not labelled:
        assert may_be_marked(header)
    if found:
        assert found[0] in header
        assert found[0] == found[0].strip()
        assert len(found[1].names) == 7


@pytest.mark.parametrize(
    ("text", "lineage"),
    [
        ("k__Animalia; p__Arthropoda; c__Insecta; o__Diptera; f__Culicidae; g__Culex; s__Culex pipiens", CULEX),
        ("k__Animalia,p__Arthropoda,c__Insecta,o__Diptera,f__Culicidae,g__Culex", TO_GENUS),
        ("Animalia;Arthropoda;Insecta;Diptera;Culicidae;Culex;Culex pipiens", CULEX),
        ("k:Animalia,p:Arthropoda,c:Insecta,o:Diptera,f:Culicidae,g:Culex", TO_GENUS),
        ("Animalia;Arthropoda;Insecta;Diptera;Culicidae;Culex pipiens", CULEX),
        ("Animalia;Arthropoda;Insecta;Diptera;Culicidae;Culex_pipiens;", Lineage((*ABOVE, "Culex", "Culex_pipiens"))),
        ("Animalia;Arthropoda;Culex pipiens", Lineage((*ABOVE[:2], "", "", "", "Culex", "Culex pipiens"))),
        ("Arthropoda;Insecta;Diptera;Culicidae;Culex pipiens", Lineage(("", *CULEX.names[1:]))),
        (
            "Arthropoda;Insecta;Diptera;Culicidae;Barraudius;Culex pipiens",
            Lineage(("", *ABOVE[1:], "Barraudius", "Culex pipiens")),
        ),
        (
            "Animalia;Arthropoda;Insecta;Diptera;Culicidae;Culicidae_unclassified;",
            Lineage((*ABOVE, "Culicidae_unclassified", "")),
        ),
        (
            "Animalia;Arthropoda;Insecta;Insecta_unclassified;Insecta_unclassified;",
            Lineage((*ABOVE[:3], "Insecta_unclassified", "Insecta_unclassified", "", "")),
        ),
        ("Animalia;Arthropoda;Ambiguous_taxa", Lineage((*ABOVE[:2], "Ambiguous_taxa", "", "", "", ""))),
        ("Unassigned", Lineage()),
        ("Culex", Lineage()),
        ("", Lineage()),
    ],
)
def test_taxonomy_columns(text: str, lineage: Lineage) -> None:
    assert parse_lineage(text) == lineage


# Reading files


@pytest.fixture
def write(tmp_path):
    def write(text, name="input"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_header_without_id_gets_the_hash_of_its_sequence(write) -> None:
    path = write(">Animalia;Arthropoda;Insecta;Diptera;Culicidae;Culex;\nac-gt\n>OTU1;size=3\nGG\n")
    first, second = read_barcodes([path])
    assert first == Barcode("2108994e17f6cca9ff2352ada92b6511db076034", "ACGT", TO_GENUS)
    assert second == Barcode("OTU1;size=3", "GG")


def test_loose_dialects_in_files(write) -> None:
    path = write(">MK1 Culex pipiens\nAC\n>MK2\nGG\n")
    assert list(read_barcodes([path], labelled=True)) == [Barcode("MK1", "AC", SPECIES), Barcode("MK2", "GG")]
    assert list(read_barcodes([path])) == [Barcode("MK1", "AC"), Barcode("MK2", "GG")]


def test_the_sintax_separator_is_an_error_with_a_hint_still(write) -> None:
    path = write(">a;tax=k:Animalia;p:Arthropoda\nAC\n")
    with pytest.raises(InputError, match=r"record 1 .*write them with commas"):
        list(read_barcodes([path], labelled=True))


def test_a_lineage_column_counts_where_there_are_no_ranks(write) -> None:
    path = write("id\tTaxon\tsequence\na\tk__Animalia;p__Arthropoda\tAC\n")
    assert next(read_barcodes([path])).lineage == Lineage.from_ranks(kingdom="Animalia", phylum="Arthropoda")
    path = write("id\ttaxon\tgenus\tsequence\na\tk__Animalia;p__Arthropoda;g__Culex\tCulex\tAC\n")
    assert next(read_barcodes([path])).lineage == Lineage.from_ranks(
        kingdom="Animalia", phylum="Arthropoda", genus="Culex"
    )


@pytest.mark.parametrize("lineage", ["k__Animalia;g__Aedes", "adult", ""])
def test_a_lineage_that_says_otherwise_adds_nothing(write, lineage) -> None:
    path = write(f"id\ttaxonomy\tgenus\tfamily\tsequence\na\t{lineage}\tCulex\t\tAC\n")
    assert next(read_barcodes([path])).lineage == Lineage.from_ranks(genus="Culex")


TAXON = "k__Animalia; p__Arthropoda; c__Insecta; o__Diptera; f__Culicidae; g__Culex; s__Culex pipiens"
TAXONOMIES = {
    "qiime2": f"Feature ID\tTaxon\tConfidence\na\t{TAXON}\t0.9\nb\tUnassigned\t0.2\n",
    "qiime2 with types": f"Feature ID\tTaxon\n#q2:types\tcategorical\na\t{TAXON}\nb\t\n",
    "otu table": f"#OTU ID\ttaxonomy\na\t{TAXON}\nb\tUnassigned\n",
    "write.table of R": f'"Feature ID"\t"Taxon"\n"a"\t"{TAXON}"\n"b"\t"Unassigned"\n',
    "comma in the header": 'id,"note, free",' + ",".join(RANKS) + "\na,x," + ",".join(CULEX.names) + "\nb,x,,,,,,,\n",
    "no header, unassigned first": f"b\tUnassigned\na\t{TAXON}\n",
    "mothur, unknown first": f"b\tunknown(100);unclassified(100);\na\t{NAMES};\n",
    "no header": f"a\t{TAXON}\nb\tUnassigned\n",
    "mothur": f"a\t{NAMES};\r\nb\tunclassified;\r\n",
    "ranks": "\t".join(("id", *RANKS)) + "\na\t" + "\t".join(CULEX.names) + "\nb" + "\t" * 7 + "\n",
    "csv": "\ufeff"
    + ",".join((*reversed(RANKS), "ID"))
    + "\n"
    + ",".join((*reversed(CULEX.names), "a"))
    + "\nNA,,,,,,,b\n",
}


@pytest.mark.parametrize("name", TAXONOMIES)
def test_taxonomy_files(write, name: str) -> None:
    taxonomy = read_taxonomy(write(TAXONOMIES[name], "taxonomy"))
    assert taxonomy == {"a": CULEX, "b": Lineage()}
    counts = ReadCounts()
    barcodes = read_barcodes([write(">b\nAC\n>a x\nGG\n>c;tax=g:Abax\nTT\n")], counts, taxonomy=taxonomy)
    assert [barcode.lineage for barcode in barcodes] == [Lineage(), CULEX, Lineage.from_ranks(genus="Abax")]
    assert (counts.read, counts.matched) == (3, 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hello\n", "line 1: not a taxonomy; give an id and a lineage"),
        ("id\tsize\na\t3\n", "line 1: not a taxonomy"),
        ("Feature ID\tTaxon\na\tUnassigned\n", "no lineage was found"),
        (f"Feature ID\tTaxon\na\t{TAXON}\na\tk__Fungi;p__x\n", "id 'a' has two lineages; keep one row"),
        (f"Feature ID\tTaxon\na\t{TAXON}\nb\n", "line 3: 1 field where the header has 2"),
        (f"a\t{TAXON}\nb\n", "line 2: not a taxonomy"),
    ],
)
def test_broken_taxonomy_files(write, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_taxonomy(write(text))


def test_the_taxonomy_of_other_sequences(write) -> None:
    barcodes = read_barcodes([write(">x\nAC\n")], taxonomy={"a": CULEX})
    with pytest.raises(
        InputError, match=r"no sequence has its id in the taxonomy: the last is 'x', .* first 'a'; give"
    ):
        list(barcodes)


@pytest.mark.parametrize(
    "text",
    [
        "Culex pipiens;Culex;Culicidae;Diptera;Insecta;Arthropoda;Animalia",
        "species:Culex pipiens;genus:Culex;family:Culicidae;order:Diptera;class:Insecta;phylum:Arthropoda;"
        "kingdom:Animalia",
        "Animalia / Arthropoda / Insecta / Diptera / Culicidae / Culex / Culex pipiens",
        "Animalia:Arthropoda:Insecta:Diptera:Culicidae:Culex:Culex pipiens",
        "Animalia_Arthropoda_Insecta_Diptera_Culicidae_Culex_Culex_pipiens",
        "Animalia Arthropoda Insecta Diptera Culicidae Culex Culex_pipiens",
        '["Animalia", "Arthropoda", "Insecta", "Diptera", "Culicidae", "Culex", "Culex pipiens"]',
        'c("Animalia", "Arthropoda", "Insecta", "Diptera", "Culicidae", "Culex", "Culex pipiens")',
        "{'kingdom': 'Animalia', 'phylum': 'Arthropoda', 'class': 'Insecta', 'order': 'Diptera', "
        "'family': 'Culicidae', 'genus': 'Culex', 'species': 'Culex pipiens'}",
    ],
)
def test_orders_and_separators_of_a_lineage(text: str) -> None:
    assert clean_names(parse_lineage(text))[0] == CULEX


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Diptera / Culicidae / Culex pipiens", CULEX.names[3:]),
        ("Insecta/Diptera/Culicidae/Culex/pipiens", CULEX.names[2:]),
        ("Culex pipiens/Culex/Culicidae/Diptera/Insecta", CULEX.names[2:]),
        ("Insecta:Diptera:Culicidae:Culex", TO_GENUS.names[2:]),
        ("Insecta Diptera Culicidae Culex pipiens", CULEX.names[2:]),
    ],
)
def test_lineages_with_signs_of_other_uses(text: str, names: tuple[str, ...]) -> None:
    assert clean_names(parse_lineage(text))[0].names[-len(names) :] == names


@pytest.mark.parametrize(
    "text",
    [
        *("Culex pipiens", "Culex_pipiens", "left side of the river", "2019/05/12", "site A: pond"),
        *("Culicidae/Chironomidae", "Culicidae/Chironomidae/Simuliidae", "Diptera:Coleoptera:Hymenoptera"),
        *("Diptera / Culicidae / Culex pipiens/torrentium", "Insecta/Diptera/Culicidae/pipiens"),
        *("Arthropoda Insecta Diptera larva Helsinki", "Arthropoda Insecta Diptera larva", "Arthropoda:Insecta:12:30"),
        *("Arthropoda/Insecta/Diptera/Helsinki", "Insecta Diptera Culicidae Helsinki", "Diptera/Insecta/Culicidae"),
        *("Arthropoda/Insecta/Diptera/12", "Insecta/Diptera/Culicidae/Culex sp. 12", "Insecta Diptera Culicidae leg"),
    ],
)
def test_words_that_are_no_lineage(text: str) -> None:
    assert not parse_lineage(text)


@pytest.mark.parametrize("text", ["(" + "," * 100_000, "(" + "," * 100_000 + "()", "c(" + " " * 100_000 + "x"])
def test_a_long_list_that_does_not_end_takes_no_time(text: str) -> None:
    begun = time.process_time()
    assert not parse_lineage(text)
    assert time.process_time() - begun < 5  # if it took the square of the length, it would be minutes


def test_full_lineages_of_ncbi_name_clades_without_a_rank() -> None:
    header = (
        "AB1.1.<1.>392 root_1;norank_cellular_organisms_131567;superkingdom_Eukaryota_2759;clade_Opisthokonta_33154;"
        "kingdom_Metazoa_33208;clade_Bilateria_33213;phylum_Chordata_7711;superclass_Sarcopterygii_8287;"
        "clade_Dipnotetrapodomorpha_1338369;clade_Archelosauria_1329799;subclass_Testudinata_2841271;"
        "order_Testudines_8459;cohort_None_12;family_Pelomedusidae_44515;genus_Pelusios_44525;"
        "species_Pelusios nanus_91172"
    )
    found = parse_header(header)
    assert found
    assert found[0] == "AB1.1.<1.>392"
    names = ("Metazoa", "Chordata", "", "Testudines", "Pelomedusidae", "Pelusios", "Pelusios nanus")
    assert clean_names(found[1])[0] == Lineage(names)
