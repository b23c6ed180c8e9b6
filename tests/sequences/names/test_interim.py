"""Interim names: kept in one form if they single out a species, otherwise emptied."""

import pytest

from barcodeembed.sequences.names.cleaning import clean_lineage
from barcodeembed.sequences.names.interim import interim_name, is_interim
from barcodeembed.taxonomy import Lineage

MASON_BEE = {"order": "Hymenoptera", "family": "Megachilidae", "genus": "Osmia"}

INTERIM_NAMES = {
    "Osmia sp. 3": "Osmia sp. 3",
    "Osmia sp3": "Osmia sp. 3",
    "Osmia_sp._3": "Osmia sp. 3",
    "Osmia species A": "Osmia sp. A",
    "Osmia Rodriguez37": "Osmia sp. Rodriguez37",
    "Rodriguez37": "Osmia sp. Rodriguez37",
    "Osmia bicornisDHJ03": "Osmia sp. bicornisDHJ03",
    "Osmia nr. bicornis A": "Osmia nr. bicornis A",
    "Osmia cf bicornis 2": "Osmia cf. bicornis 2",
    "BOLD:AAA1234": "Osmia sp. BOLD:AAA1234",
    "Osmia sp. BOLD:AAA1234": "Osmia sp. BOLD:AAA1234",
    "Osmia sp.": "",
    "Osmia sp. L": "",  # Linnaeus
    "Osmia sp. x": "",
    "Osmia sp. nov.": "",
    "Osmia cf. bicornis": "",
    "Osmia bicornis group": "",
}


@pytest.mark.parametrize("species", INTERIM_NAMES)
def test_interim_names(species: str) -> None:
    lineage = Lineage.from_ranks(**MASON_BEE, species=species)
    kept, reason = clean_lineage(lineage, "keep")
    assert kept.at("species") == INTERIM_NAMES[species]
    assert (reason == "interim") == is_interim(kept.at("species")) == bool(INTERIM_NAMES[species])
    assert clean_lineage(kept, "keep")[0] == kept
    assert clean_lineage(lineage, "drop")[0].at("species") == ""


def test_an_interim_name_needs_no_genus() -> None:
    lineage = Lineage.from_ranks(family="Culicidae", species="BOLD:AAA1234")
    assert clean_lineage(lineage, "keep")[0].names[4:] == ("Culicidae", "", "Culicidae sp. BOLD:AAA1234")
    named = Lineage.from_ranks(species="Osmia bicornis")
    assert not is_interim(clean_lineage(named, "keep")[0].at("species"))


def test_an_interim_name_needs_a_genus_or_what_stands_above_it() -> None:
    assert interim_name("nr. cf. bicornis A", "Osmia", "") == "Osmia nr. cf. bicornis A"
    assert interim_name("nr. cf. bicornis A", "", "Megachilidae") == "Megachilidae nr. cf. bicornis A"
    assert interim_name("nr. cf. bicornis A", "", "") == ""
    assert interim_name("Osmia sp. 3", "", "") == "Osmia sp. 3"
