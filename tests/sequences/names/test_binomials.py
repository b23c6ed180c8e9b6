"""Binomials among the words of a header are found; prose is not taken for one."""

import pytest

from barcodeembed.sequences.names.cleaning import clean_names
from barcodeembed.sequences.names.lineages import parse_header
from barcodeembed.taxonomy import Lineage

SPECIES = Lineage.from_ranks(genus="Culex", species="Culex pipiens")
OF_FAMILY = Lineage.from_ranks(family="Culicidae", genus="Culex", species="Culex pipiens")
OF_ORDER = Lineage.from_ranks(order="Diptera", family="Culicidae", genus="Culex", species="Culex pipiens")

HEADERS = {
    "MN1.1\tCulex pipiens": ("MN1.1", SPECIES),
    "MN1.1, Culex pipiens": ("MN1.1", SPECIES),
    "MN1.1 - Culex pipiens": ("MN1.1", SPECIES),
    "MN1.1 (Culex pipiens)": ("MN1.1", SPECIES),
    "MN1.1 cytochrome oxidase [Culex pipiens]": ("MN1.1", SPECIES),
    "MN1.1 mosquito COI (Culex pipiens)": ("MN1.1", SPECIES),
    "MN1.1 cytochrome oxidase subunit I (Culex pipiens)": ("MN1.1", SPECIES),
    "MN1.1 COI-5P Culex_pipiens Finland 2019": ("MN1.1", SPECIES),
    "MN1.1 Culicidae Culex pipiens": ("MN1.1", OF_FAMILY),
    "MN1.1 Diptera: Culicidae: Culex pipiens voucher X": ("MN1.1", OF_ORDER),
    "MN1.1 Species: Culex pipiens": ("MN1.1", SPECIES),
    "MN1.1 taxon=Culex pipiens": ("MN1.1", SPECIES),
    "MN1.1 name=Culex pipiens family=Culicidae": ("MN1.1", OF_FAMILY),
    "MN1.1 Family=Culicidae|Genus=Culex|Species=pipiens": ("MN1.1", OF_FAMILY),
    "Country=Finland|Species=Culex pipiens|id=A1": ("A1", SPECIES),
    'A1 {"taxonomic_path":["1@root@no rank","7157@Culicidae@family","7175@Culex pipiens@species"]}': ("A1", OF_FAMILY),
    'A1 {"taxonomy":{"family":"Culicidae","species":"Culex pipiens"}}': ("A1", OF_FAMILY),
    "A1 taxonomic_path=taxon:7157 [Culicidae]@family|taxon:7175 [Culex pipiens]@species;": ("A1", OF_FAMILY),
    "Culex pipiens": ("", SPECIES),
    "Culex pipiens MN123456": ("MN123456", SPECIES),
    "gb|NC_000860|Culex pipiens (mosquito), mitochondrial DNA, complete genome": ("NC_000860", SPECIES),
    "gi|12|gb|KX123456.1| Culex pipiens voucher X": ("KX123456.1", SPECIES),
    "GBMA2505-09|Culex pipiens": ("GBMA2505-09", SPECIES),
    "GBMA2505-09|Diptera": ("GBMA2505-09", Lineage.from_ranks(order="Diptera")),
}


@pytest.mark.parametrize("header", HEADERS)
def test_a_binomial_in_a_header(header: str) -> None:
    id, expected = HEADERS[header]
    found = parse_header(header, labelled=True)
    assert found is not None
    assert (found[0], clean_names(found[1])[0]) == (id, expected)


@pytest.mark.parametrize(
    ("header", "family", "species"),
    [
        ("MN1 Culicidae sp. BOLD:AAA1234 voucher X", "Culicidae", "Culicidae sp. BOLD:AAA1234"),
        ("MN1 Culicidae gen. sp.", "Culicidae", ""),
        ("MN1 Culicidae", "Culicidae", ""),
        ("MN1 Culicidae sp. 12 Finland", "Culicidae", ""),
    ],
)
def test_what_is_known_to_a_family_alone(header: str, family: str, species: str) -> None:
    found = parse_header(header, labelled=True)
    assert found is not None
    cleaned, _ = clean_names(found[1], "keep")
    assert (cleaned.at("family"), cleaned.at("species")) == (family, species)
    assert not cleaned.at("genus")


@pytest.mark.parametrize(
    "header",
    [
        "MN1 collected in Finland",
        "MN1 Helsinki harbour sample",
        "MN1 Blue butterfly from meadow",
        "MN1 Culex collected in Finland",
        "MN1 Beetle larva",
        "MN1 left arm of the river",
        "MN1 Culex pipiens gut content",
        "MN1 Rhine delta",
        "MN1 costa rica",
        "MN1 COSTA RICA",
        "MN1 canada ontario",
        "MN1 CANADA ONTARIO",
        "MN1 culex pipiens",
        "MN1 VANTAA SUOMI",
        "MN1 Culex pipiens (host)",
        "A1|host|Culex pipiens",
        "MN1 Lepidoptera Hymenoptera Apis mellifera",
        "MN1 Diptera Insecta Culex pipiens",
        "GBMA2505-09|Culex",
        "GBMA2505-09|Helsinki",
        "GBMA2505-09|Larva",
        "Culex_pipiens_MN1.1",
        "seq1 Varroa collected on honey bee (Apis mellifera)",
        "seq1 mite on bees (Apis mellifera)",
        "seq1 bee mite (Apis mellifera)",
        "seq1 VARROA ON BEES (Apis mellifera)",
        "seq1 tick of dog (Canis lupus)",
        "seq1 leaf miner, on birch (Betula pendula)",
        "seq1 close to (Culex pipiens)",
        "seq1 Varroa from Apis_mellifera",
        "seq1 leaf of Quercus_robur",
        "seq1 mite on bee, Apis mellifera",
        "seq1, reared from, Apis mellifera",
    ],
)
def test_prose_is_no_name(header: str) -> None:
    assert parse_header(header, labelled=True) is None


def test_one_species_or_another_is_none() -> None:
    found = parse_header("MN1 Culex pipiens or torrentium", labelled=True)
    assert found is not None
    cleaned, _ = clean_names(found[1])
    assert (cleaned.at("genus"), cleaned.at("species")) == ("Culex", "")


def test_a_number_behind_a_class_is_no_species() -> None:
    found = parse_header("MN1 Insecta sp. 12 Finland", labelled=True)
    assert found is not None
    assert clean_names(found[1], "keep")[0] == Lineage.from_ranks(**{"class": "Insecta"})


@pytest.mark.parametrize(
    "word",
    [
        "Cyclorrhapha",
        "Schizophora",
        "Calyptratae",
        "Mallophaga",
        "Rhopalocera",
        "Larva",
        "Finland",
        "Helsinki",
        "Private",
        "Unpublished",
    ],
)
def test_a_word_in_a_header_of_bold_that_is_no_genus(word: str) -> None:
    assert parse_header(f"ABCD123-10|{word}|COI-5P", labelled=True) == ("ABCD123-10", Lineage())
