"""Binomials in headers of one word are names if the file confirms them; ids of samples are not."""

from pathlib import Path

import pytest

from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.sequences.names.binomials import are_confirmed, joined
from barcodeembed.sequences.names.cleaning import clean_names
from barcodeembed.taxonomy import Lineage

SPECIES = Lineage.from_ranks(genus="Culex", species="Culex pipiens")
OF_FAMILY = Lineage.from_ranks(family="Culicidae", genus="Culex", species="Culex pipiens")

HEADERS = {
    "MN1_Culicidae_Culex_pipiens": ("MN1_Culicidae_Culex_pipiens", OF_FAMILY),
    "Culex_pipiens_MN1.1": ("Culex_pipiens_MN1.1", SPECIES),
    "NC_012920_Culex_pipiens_COI": ("NC_012920_Culex_pipiens_COI", SPECIES),
    "MN1|Culicidae|Culex|pipiens": ("MN1|Culicidae|Culex|pipiens", OF_FAMILY),
    "Culex_pipiens_voucher_12": ("Culex_pipiens_voucher_12", SPECIES),
    "Culex_pipiens_Finland_12": ("Culex_pipiens_Finland_12", SPECIES),
    "Culex_pipiens": ("", SPECIES),
    "2024-05-01_plate1_A1-Culex-pipiens": ("2024-05-01_plate1_A1-Culex-pipiens", SPECIES),
    "Culex.pipiens.12": ("Culex.pipiens.12", SPECIES),
    "NLACA011-15-Culex-pipiens": ("NLACA011-15-Culex-pipiens", SPECIES),
    "Culex_sp_MN123": ("Culex_sp_MN123", Lineage.from_ranks(genus="Culex")),
}


@pytest.mark.parametrize("header", HEADERS)
def test_binomials_in_a_word(header: str) -> None:
    id, expected = HEADERS[header]
    found = joined(header)
    assert found is not None
    assert (found[0], clean_names(found[1])[0]) == (id, expected)


PLACES = "Rhine_delta_0 Costa_rica_12 Monte_rosa_S12 Santa_clara_A1 Nova_scotia_A1 Barcode01_Nova_terra Sierra_nevada_1"
LABORATORY = "Maria_rossi_12 Leaf_litter_S12 Alpha_beta_1 Tube_delta_3 Pool_extra_12 Contig_1_length_658"
BEHIND = (
    *("x_quinquefasciatus_1", "complex_12", "or_torrentium_12", "s.l._12", "parasite_12", "gut_12", "like_12"),
    *("GUT_12", "Host_1", "Aedes_vexans_1", "Wolbachia_1", "molestus_2", "PARASITE1"),
)
DASHES = "Rhine-delta-0 Costa-rica-12 gut-Culex-pipiens-1 Culex-pipiens-or-torrentium-12 Culex.pipiens.like.3"
BEFORE = (
    "HOST",
    "PREY",
    "GUT",
    "NOT",
    "LIKE",
    "CONTROL",
    "MOCK",
    "Our",
    "CF",
    "host",
    "Diptera_Insecta",
    "Coleoptera_Diptera",
)


@pytest.mark.parametrize(
    "header",
    [
        *PLACES.split(),
        *LABORATORY.split(),
        *DASHES.split(),
        *(f"Culex_pipiens_{words}" for words in BEHIND),
        *(f"{word}_Culex_pipiens_1" for word in BEFORE),
    ],
)
def test_other_words_are_no_names(header: str) -> None:
    assert joined(header) is None


@pytest.mark.parametrize(
    ("headers", "confirmed"),
    [
        ("Culex_pipiens_1 Aedes_vexans_2 Osmia_bicornis_3", True),
        ("Culex_pipiens_1 Aedes_vexans_2 Osmia_bicornis_3 Apis_mellifera_4 Sample_5", True),
        ("Culex_pipiens_1 Aedes_vexans_2 Osmia_bicornis_3 Sample_5", False),
        ("Culex_pipiens_1 Culex_torrentium_2 Aedes_vexans_3", False),
        ("MN1_Culicidae_Culex_pipiens MN2_Culicidae_Culex_torrentium", True),
        ("Lugano_alta_1 Lugano_alta_2 Lugano_bassa_3", False),
        ("", False),
    ],
)
def test_a_file_confirms_its_names(headers: str, confirmed: bool) -> None:
    assert are_confirmed(headers.split()) is confirmed


def test_a_confirmed_file_is_read_and_said(tmp_path: Path) -> None:
    path = tmp_path / "references.fasta"
    path.write_text(">Culex_pipiens_1\nACGT\n>Aedes_vexans_2\nACGG\n>Osmia_bicornis_3\nACGC\n")
    counts = ReadCounts()
    barcodes = list(read_barcodes([path], labelled=True, counts=counts))
    assert [barcode.lineage.at("species") for barcode in barcodes] == [
        "Culex pipiens",
        "Aedes vexans",
        "Osmia bicornis",
    ]
    assert list(counts.remarks.lines()) == [
        "names taken from the words of headers: 3, the first in 'Culex_pipiens_1' (Culex pipiens)"
    ]
    assert not any(barcode.lineage for barcode in read_barcodes([path]))


def test_an_unconfirmed_file_has_no_names(tmp_path: Path) -> None:
    path = tmp_path / "references.fasta"
    path.write_text(">Culex_pipiens_1\nACGT\n>Culex_pipiens_2\nACGG\n")
    counts = ReadCounts()
    assert not any(barcode.lineage for barcode in read_barcodes([path], labelled=True, counts=counts))
    assert not list(counts.remarks.lines())
    assert counts.unnamed == "Culex_pipiens_1"
