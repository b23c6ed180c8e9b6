"""Names of genera and families as people type them: what they become, or that they are no name."""

import pytest

from barcodeembed.sequences.names.cleaning import clean_names
from barcodeembed.taxonomy import Lineage

GENERA = {
    # Doubt, before the name or within it, and two names
    "cf. Culex": "",
    "nr Culex": "",
    "not Culex": "",
    "Culex?": "",
    "Culex/Aedes": "",
    "Culex & Aedes": "",
    "Culex + Aedes": "",
    "Culex and Aedes": "",
    "C.": "",
    # What stands beside a name
    "Culex.": "Culex",
    "Culex,": "Culex",
    "Culex/": "Culex",
    "(Culex)": "Culex",
    "[Culex]": "Culex",
    "genus Culex": "Culex",
    "gen.": "",
    "gen. nov.": "",
    "indet. genus": "",
    "Gen. Culex": "Culex",
    "Culex (mosquito)": "Culex",
    "Culex s.l.": "Culex",
    "Culex<br>": "Culex",
    "Culex Smith & Jones, 1901": "Culex",
    # Common names
    "Mosquito": "",
    "Honey bee": "",
    "Honey Bee": "",
    "Mosquito Fish": "",
    # Authors with the names of animals
    "Limonia Bird": "Limonia",
    "Cyphoderus Fish": "Cyphoderus",
    "Tomocerus Salmon": "Tomocerus",
}

FAMILIES = {
    "cf. Culicidae": "",
    "near Culicidae": "",
    "not Culicidae": "",
    "Culicidae?": "",
    "Culicidae/Chironomidae": "",
    "Culicidae + Chironomidae": "",
    "Family Culicidae": "Culicidae",
    "fam. Culicidae": "Culicidae",
    "Culicidae (mosquitoes)": "Culicidae",
    "Culicidae [sic]": "Culicidae",
    "Culicidae s. l.": "Culicidae",
    "Culicidae sensu lato": "Culicidae",
    "Culicidae.": "Culicidae",
    "[Culicidae]": "Culicidae",
    "Coleoptera_fam": "",
    "Insecta indet.": "",
    "PX12": "PX12",
}


@pytest.mark.parametrize("name", GENERA)
def test_a_genus_as_it_is_typed(name: str) -> None:
    cleaned, changes = clean_names(Lineage.from_ranks(family="Culicidae", genus=name))
    assert cleaned.at("genus") == GENERA[name]
    assert changes


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_as_it_is_typed(name: str) -> None:
    cleaned, changes = clean_names(Lineage.from_ranks(order="Diptera", family=name))
    assert cleaned.at("family") == FAMILIES[name]
    assert bool(changes) == (name != FAMILIES[name])


def test_the_species_tells_a_genus_that_is_doubted() -> None:
    cleaned, _ = clean_names(Lineage.from_ranks(family="Culicidae", genus="Culex?", species="Culex pipiens"))
    assert cleaned.names[-2:] == ("Culex", "Culex pipiens")


def test_a_family_at_the_rank_of_an_order_is_no_order() -> None:
    names = Lineage.from_ranks(order="Order Culicidae", family="Family Culicidae")
    assert clean_names(names)[0] == Lineage.from_ranks(family="Culicidae")


@pytest.mark.parametrize(("family", "kept"), [("", "Culicidae"), ("Aedidae", "Aedidae")])
def test_a_family_at_the_rank_of_a_genus_is_no_genus(family: str, kept: str) -> None:
    names = Lineage.from_ranks(order="Diptera", family=family, genus="Culicidae")
    cleaned, changes = clean_names(names)
    assert cleaned == Lineage.from_ranks(order="Diptera", family=kept)
    assert changes


def test_a_class_of_two_names_is_one() -> None:
    names = Lineage.from_ranks(**{"class": "Copepoda/Thecostraca"})
    assert clean_names(names)[0] == names


@pytest.mark.parametrize(
    ("rank", "name", "cleaned"),
    [
        ("order", "Diptera_ord", "Diptera"),
        ("phylum", "Arthropoda phylum", "Arthropoda"),
        ("class", "cl. Insecta", "Insecta"),
        ("family", "Culicidae fam.", "Culicidae"),
        ("family", "Diptera_fam", ""),
        ("order", "Insecta_order", ""),
        # Rank words of other languages, and names of other ranks or authors beside the one that is known
        ("family", "Familie Culicidae", "Culicidae"),
        ("order", "Ordnung: Diptera", "Diptera"),
        ("order", "Ordre Diptera", "Diptera"),
        ("order", "Diptera: Nematocera", "Diptera"),
        ("order", "Zweifl\xfcgler (Diptera)", "Diptera"),
        ("order", "Diptera - Zweifl\xfcgler", "Diptera"),
        ("family", "Culicidae, Culicinae", "Culicidae"),
        ("phylum", "Arthropoda von Siebold, 1848", "Arthropoda"),
        ("phylum", "Arthropoda: Hexapoda", "Arthropoda"),
        ("order", "Diptera/Hymenoptera", "Diptera/Hymenoptera"),
        ("order", "Cf. Diptera", ""),
        ("order", "Except Diptera", "Except Diptera"),
        ("order", "Diptera Host", "Diptera Host"),
        ("family", "Culicidae Gut Parasite", "Culicidae Gut Parasite"),
        ("order", "Unknown Diptera", ""),
        ("genus", "Culicinae", ""),
        ("genus", "Culex oder Aedes", ""),
        ("genus", "Culex, Linnaeus", "Culex"),
        ("genus", "\u2020Culex", "Culex"),
        ("genus", "macho", ""),
    ],
)
def test_a_name_beside_its_own_rank_is_kept(rank: str, name: str, cleaned: str) -> None:
    assert clean_names(Lineage.from_ranks(**{rank: name}))[0].at(rank) == cleaned


@pytest.mark.parametrize("species", ["Culicinae sp. 1", "Culicinae sp.", "Culicinae ngen"])
def test_a_subfamily_beside_an_open_name_is_no_genus(species: str) -> None:
    assert clean_names(Lineage.from_ranks(species=species), "keep")[0].at("genus") == ""
