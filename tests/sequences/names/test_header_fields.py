"""Names in annotations and fields of headers, and in lineages with clades that are of no rank of ours."""

import pytest

from barcodeembed.sequences.names.bold import marker_of
from barcodeembed.sequences.names.cleaning import clean_names
from barcodeembed.sequences.names.lineages import parse_header, parse_lineage
from barcodeembed.taxonomy import Lineage

ABOVE = ("Animalia", "Arthropoda", "Insecta", "Diptera", "Culicidae")
CULEX = Lineage((*ABOVE, "Culex", "Culex pipiens"))
METAZOA = Lineage(("Metazoa", *CULEX.names[1:]))
SPECIES = Lineage.from_ranks(genus="Culex", species="Culex pipiens")
FROM_ORDER = Lineage(("", "", "", *CULEX.names[3:]))

PATH = (
    "1@root@no rank|2759@Eukaryota@domain|33208@Metazoa@kingdom|6656@Arthropoda@phylum|50557@Insecta@class"
    "|7147@Diptera@order|7157@Culicidae@family|7174@Culex@genus|7175@Culex pipiens@species"
)
HEADERS = {
    "obitools": ("A1 taxid=7175; species_name=Culex pipiens; family_name=Culicidae; order_name=Diptera;", FROM_ORDER),
    "obitools, from the kingdom": (
        "A1 kingdom_name=Animalia; phylum_name=Arthropoda; species_name=Culex pipiens;",
        Lineage(("Animalia", "Arthropoda", "", "", "", *CULEX.names[5:])),
    ),
    "obitools, name and rank": (
        "A1 taxid=7157; scientific_name=Culicidae; rank=family;",
        Lineage(("",) * 4 + ("Culicidae", "", "")),
    ),
    "obitools 4": (
        'A1 {"scientific_name":"Culex pipiens","order_name":"Diptera","family_name":"Culicidae"}',
        FROM_ORDER,
    ),
    "obitools 4, taxid": ('A1 {"count":1,"taxid":"taxon:7175 [Culex pipiens]@species"}', SPECIES),
    "obitools 4, path": (f'A1 {{"taxonomic_path":"{PATH}"}}', METAZOA),
    "ncbi": ("A1 [organism=Culex pipiens] [isolate=x1] cytochrome oxidase", SPECIES),
    "mbrave": (f"A1|{'|'.join(CULEX.names)}", CULEX),
    "commas": (f"A1,{','.join(CULEX.names)}", CULEX),
    "commas after the id": (f"A1;{','.join(CULEX.names)}", CULEX),
    "spingo": ("A1\tCulex_pipiens\tCulex\tCulicidae\tDiptera", FROM_ORDER),
    "fields": ("A1|Culex pipiens|Culicidae|Diptera", FROM_ORDER),
}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("ACRJP618-11|Culex pipiens molestus|Italy|BOLD:AAA1234", SPECIES),
        ("ACRJP618-11|Culex pipiens|Costa rica|BOLD:AAA1234", SPECIES),
        ("ACRJP618-11|Culicidae|Italy", Lineage.from_ranks(family="Culicidae")),
        ("ACRJP618-11|Culex pipiens|Culicidae|Diptera", FROM_ORDER),
        ("ACRJP618-11|Diptera|Culicidae|Culex|Culex pipiens", FROM_ORDER),
        ("ACRJP618-11|Culicidae|Culex|Culex pipiens|Italy", Lineage(("",) * 4 + CULEX.names[4:])),
    ],
)
def test_fields_behind_an_id_of_bold(header: str, expected: Lineage) -> None:
    id, lineage = parse_header(header, labelled=True) or ("", Lineage())
    assert (id, clean_names(lineage, "keep")[0]) == ("ACRJP618-11", expected)


@pytest.mark.parametrize("name", HEADERS)
def test_names_in_annotations_and_fields(name: str) -> None:
    header, expected = HEADERS[name]
    assert parse_header(header, labelled=True) == ("A1", expected)
    assert parse_header(header) is None


@pytest.mark.parametrize(
    ("header", "id"),
    [
        ("A1|Culex_pipiens", "A1|Culex_pipiens"),
        ("Culex pipiens|ACRJP618-11|COI-5P", "ACRJP618-11"),
        ("ACRJP618-11|BOLD:AAA1234|Animalia|Arthropoda|Insecta", "ACRJP618-11|BOLD:AAA1234"),
    ],
)
def test_the_id_is_what_stands_beside_the_names(header: str, id: str) -> None:
    found = parse_header(header, labelled=True)
    assert found is not None
    assert found[0] == id


@pytest.mark.parametrize("header", ["A1|Consensus_sequence", "A1|x|y", "A1,b,c", "A1 {broken", "A1 {}", "A1 x=1; y=2;"])
def test_fields_without_names(header: str) -> None:
    assert parse_header(header, labelled=True) is None


@pytest.mark.parametrize(
    "header",
    [
        "seq1 order: 1234 class: B",
        "seq1 family: 12 plate: 4",
        "seq1 order: Express",
        "seq1 class: Diptera",
        "seq1 species: larva",
        "seq1 species: 12 genus: 3",
        "seq1 genus: Finland",
        "seq1 genus: Sample species: unknown",
    ],
)
def test_labels_of_other_uses(header: str) -> None:
    assert parse_header(header, labelled=True) is None


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("A1 order: Diptera family: Culicidae", Lineage.from_ranks(order="Diptera", family="Culicidae")),
        ("A1 genus: Culex species: pipiens", SPECIES),
        ("A1 species: Culex pipiens, plate: 4", SPECIES),
        ("A1 order: Craniida family: Craniidae", Lineage.from_ranks(order="Craniida", family="Craniidae")),
        ("A1 order: 1234 family: Culicidae", Lineage.from_ranks(family="Culicidae")),
    ],
)
def test_labels_with_names(header: str, expected: Lineage) -> None:
    found = parse_header(header, labelled=True)
    assert found is not None
    assert (found[0], clean_names(found[1])[0]) == ("A1", expected)


def test_the_marker_is_the_field_that_names_one() -> None:
    assert marker_of("ACRJP618-11|Culex pipiens|BIOUG01234-A01|COI-5P") == "COI-5P"
    assert marker_of("ACRJP618-11|Culex pipiens|BIOUG01234-A01") == ""
    assert marker_of("ACRJP618-11|Culex pipiens|CAD4|") == "CAD4"


CLADES = {
    "ncbi": "Eukaryota; Metazoa; Ecdysozoa; Arthropoda; Hexapoda; Insecta; Pterygota; Neoptera; Endopterygota; "
    "Diptera; Nematocera; Culicoidea; Culicidae; Culicinae; Culicini; Culex; Culex; Culex pipiens.",
    "silva": "Eukaryota;Amorphea;Obazoa;Opisthokonta;Holozoa;Choanozoa;Metazoa (Animalia);Eumetazoa;Bilateria;"
    "Arthropoda;Hexapoda;Insecta;Pterygota;Neoptera;Diptera;Culicidae;Culex pipiens",
    "silva, numbered": "D_0__Eukaryota;D_1__Opisthokonta;D_2__Holozoa;D_3__Metazoa (Animalia);D_4__Eumetazoa;"
    "D_5__Bilateria;D_6__Arthropoda;D_7__Hexapoda;D_8__Insecta;D_9__Diptera;D_10__Culicidae;D_11__Culex pipiens",
    "pr2": "Eukaryota;Obazoa;Opisthokonta;Metazoa;Arthropoda;Insecta;Diptera;Culicidae;Culex;Culex_pipiens;",
}


@pytest.mark.parametrize("name", CLADES)
def test_clades_of_no_rank_shift_nothing(name: str) -> None:
    assert clean_names(parse_lineage(CLADES[name]))[0] == METAZOA


@pytest.mark.parametrize(
    "lineage",
    [
        "Animalia;Arthropoda;Insecta;Lepidoptera;Geometridae;Theria;Theria primaria",
        "Animalia;Brachiopoda;Craniata;Craniida;Craniidae;Novocrania;Novocrania turbinata",
        "Animalia;Chordata;Reptilia;Testudines;Emydidae;Emydoidea;",
        "Animalia;Arthropoda;Merostomata;Xiphosura;Limulidae;Tachypleus;Tachypleus tridentatus",
        "Animalia;Arthropoda;Insecta;Coleoptera;Staphylinidae;Aloconota;Aloconota insecta",
    ],
)
def test_names_that_look_like_those_of_other_ranks(lineage: str) -> None:
    assert ";".join(clean_names(parse_lineage(lineage))[0].names) == lineage


def test_an_epithet_may_be_the_name_of_a_class() -> None:
    lineage = Lineage(("Animalia", "Arthropoda", "Insecta", "Coleoptera", "Staphylinidae", "Aloconota", "insecta"))
    assert clean_names(lineage)[0].names[-1] == "Aloconota insecta"


@pytest.mark.parametrize("left", ["(1.00)", "(100)", "[98%]", "_1000", ":0.98"])
def test_a_number_without_a_name_is_no_name(left: str) -> None:
    cleaned, changes = clean_names(Lineage(("Animalia", left, *CULEX.names[2:])))
    assert (cleaned.names[1], changes) == ("", ((1, "no_name"),))


def test_a_number_of_unite_is_no_part_of_the_species() -> None:
    found = parse_header("U1|k__Fungi;p__Ascomycota;g__Fusarium;s__Fusarium_oxysporum|SH1234567.08FU")
    assert found is not None
    assert (found[0], found[1].names[-1]) == ("U1", "Fusarium_oxysporum")


def test_the_species_may_stand_before_the_ranks_above() -> None:
    header = "A1 scientificName=Culex pipiens (Linnaeus, 1758);kingdom=Animalia;phylum=Arthropoda;family=Culicidae"
    found = parse_header(header, labelled=True)
    assert found is not None
    assert found[0] == "A1"
    assert (found[1].at("kingdom"), found[1].at("species")) == ("Animalia", "Culex pipiens")
