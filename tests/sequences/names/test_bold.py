"""BOLD's headers: the name in any case, without a marker, with a BIN or a country in an unusual place."""

import pytest

from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.sequences.names.bold import are_genera, common_marker, marker_of, parse_bold, parse_genus, parse_short
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


@pytest.mark.parametrize("name", ["XYZZIA", "xyzzia", "Xyzzia"])
def test_a_genus_alone_may_be_in_any_case(name: str) -> None:
    assert parse_bold(f"ABC123-12|{name}|COI-5P") == ("ABC123-12", Lineage.from_ranks(genus="Xyzzia"))


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


def test_a_bin_may_be_the_id_of_many_records(write) -> None:
    text = "".join(f">BOLD:AAA0001|Culex pipiens|{marker}\nACGT\n" for marker in ("COI-5P", "COI-5P", "COI-3P"))
    counts = ReadCounts()
    barcodes = list(read_barcodes([write(text)], counts, labelled=True))
    assert [barcode.id for barcode in barcodes] == ["BOLD:AAA0001", "BOLD:AAA0001.2"]
    assert {(barcode.bin, barcode.lineage.at("species")) for barcode in barcodes} == {("BOLD:AAA0001", "Culex pipiens")}
    assert counts.other_markers == {"COI-3P": 1}


GENERA = ("Osmia", "Lasioglossum", "Culex")


@pytest.mark.parametrize("others", [(), ("Culex_pipiens",), ("Apidae",)])
def test_genera_alone_behind_the_process_id(write, others) -> None:
    words = (*GENERA, *others)
    path = write("".join(f">ABC12{place}-12|{word}\nACGT\n" for place, word in enumerate(words)))
    barcodes = list(read_barcodes([path], labelled=True))
    assert [barcode.lineage.at("genus") for barcode in barcodes[:3]] == list(GENERA)
    assert [barcode.id for barcode in barcodes[:3]] == ["ABC120-12", "ABC121-12", "ABC122-12"]


@pytest.mark.parametrize("words", [("Kenya", "Ghana", "Cuba"), ("Netherlands", "Stuttgart", "Bonn"), ("Osmia",)])
def test_places_behind_the_process_id_are_no_genera(words) -> None:
    assert not are_genera([f"ABC123-12|{word}" for word in words])


def test_one_word_is_a_genus_only_if_the_file_says_so() -> None:
    assert parse_short("ABC123-12|Osmia") is None
    assert parse_genus("ABC123-12|Osmia") == ("ABC123-12", Lineage.from_ranks(genus="Osmia"))
    assert parse_genus("ABC123-12|Osmia|x") is parse_genus("OTU1|Osmia") is None


@pytest.mark.parametrize(
    ("text", "marker"),
    {
        "COI": "COI-5P",
        "cox1": "COI-5P",
        "COX I": "COI-5P",
        "COI_Leray": "COI-5P",
        "COI-3P": "COI-3P",
        "COII": "COII",
        "COI-PSEUDO": "COI-PSEUDO",
        "16S": "16S",
        "cytb": "cytb",
        "locus 12": "",
        "MK123456": "",
        "Folmer": "",
    }.items(),
)
def test_markers_in_tables_of_ones_own(write, text: str, marker: str) -> None:
    assert common_marker(text) == marker
    counts = ReadCounts()
    path = write(f"id,gene,sequence\na,{text},ACGT\nb,COI,ACGT\n")
    kept = [barcode.id for barcode in read_barcodes([path], counts)]
    assert kept == (["a", "b"] if marker in ("", "COI-5P") else ["b"])
    assert counts.skipped["other_marker"] == 2 - len(kept)
