"""BOLD's headers: the name in any case, without a marker, with a BIN or a country in an unusual place."""

import pytest

from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.names.bold import marker_of, parse_bold, parse_short
from barcodeembed.sequences.names.cleaning import clean_names
from barcodeembed.taxonomy import Lineage


@pytest.mark.parametrize(
    ("name", "species"),
    {
        "CULEX PIPIENS": "Culex pipiens",
        "culex pipiens": "Culex pipiens",
        "Culex Pipiens": "Culex pipiens",
        "Culex PIPIENS": "Culex pipiens",
        "Culex (Culex) pipiens": "Culex pipiens",
        "Culex  pipiens": "Culex pipiens",
        "'Culex pipiens'": "Culex pipiens",
        "Culex\xa0pipiens": "Culex pipiens",
        "Culex \xd7 pipiens": "Culex x pipiens",
        "Culex \xd7pipiens": "Culex x pipiens",
        "Mélissa bicornis": "Mélissa bicornis",
        "Culex pipiens[Linnaeus 1758]": "Culex pipiens",
        "Culex pipiens(Linnaeus, 1758)": "Culex pipiens",
    }.items(),
)
def test_the_name_may_be_written_in_many_ways(name: str, species: str) -> None:
    found = parse_bold(f"ABC123-12|{name}|COI-5P")
    assert found is not None
    cleaned, _ = clean_names(found[1])
    assert cleaned == Lineage.from_ranks(genus=species.split()[0], species=species)


@pytest.mark.parametrize(
    "name", ["FLORIDA", "larvae", "TEXAS", "pupa", "imago", "NYMPHA", "SAUDI ARABIA", "ARIZONA SONORA", "adult female"]
)
def test_places_and_stages_of_life_are_no_names(name: str) -> None:
    assert parse_bold(f"ABC123-12|{name}|COI-5P") == ("ABC123-12", Lineage())
    assert parse_short(f"ABC123-12|{name}") is None


@pytest.mark.parametrize("fields", ["BIOUG|Culex pipiens", "Costa Rica|Culex pipiens", "xyzab|Culex pipiens"])
def test_codes_and_places_beside_the_name_are_no_names(fields: str) -> None:
    found = parse_bold(f"ABC123-12|{fields}|COI-5P")
    assert found == ("ABC123-12", Lineage.from_ranks(genus="Culex", species="Culex pipiens"))


def test_a_lineage_with_eight_names_may_begin_with_the_phylum() -> None:
    header = "ABC123-12|COI-5P|Spain|Arthropoda,Insecta,Diptera,Culicidae,Culicinae,Culex,Culex pipiens,None"
    lineage = Lineage(("", "Arthropoda", "Insecta", "Diptera", "Culicidae", "Culex", "Culex pipiens"))
    assert parse_bold(header) == ("ABC123-12", lineage)


@pytest.mark.parametrize(
    ("field", "marker"), {"USA": "", "UK": "", "CRI": "", "CAD": "CAD", "EF1-ALPHA": "EF1-ALPHA"}.items()
)
def test_codes_of_countries_are_no_markers(field: str, marker: str) -> None:
    assert marker_of(f"ABC123-12|Culex pipiens|{field}") == marker


@pytest.mark.parametrize("labelled", [True, False])
def test_a_bin_in_front_is_no_id_of_two_records(write, labelled: bool) -> None:
    path = write(">BOLD:AAA1234|ABCDE001-10|COI-5P\nACGT\n>BOLD:AAA1234|ABCDE003-10|Culex pipiens|COI-5P\nACGT\n")
    first, second = read_barcodes([path], labelled=labelled)
    assert "ABCDE001-10" in first.id
    assert "ABCDE003-10" in second.id


def test_places_alone_behind_the_process_id_are_no_genera(write) -> None:
    words = ("Guanacaste", "Limon", "Heredia", "Culex_pipiens")
    path = write("".join(f">ABC12{place}-12|{word}\nACGT\n" for place, word in enumerate(words)))
    *places, last = read_barcodes([path], labelled=True)
    assert not any(barcode.lineage for barcode in places)
    assert last.lineage.at("genus") == "Culex"


@pytest.mark.parametrize(
    ("header", "marker"),
    [
        ("BIOUG01234-A01|ABC123-12|Culex pipiens|rbcL", "rbcL"),
        ("BOLD:AAA1234|ABC123-12|Culex pipiens|COI-5P", "COI-5P"),
        ("S1|ABC123-12|Culex pipiens|Finland", ""),
        ("S1|ABC123-12|H3", ""),
        ("16S|S1-12|Culex pipiens", ""),
        ("S1|16S|Culex pipiens", ""),
        ("S1|ABC123-12|16S|18S", ""),
    ],
)
def test_the_marker_behind_a_process_id_that_is_not_first(header: str, marker: str) -> None:
    assert marker_of(header) == marker
