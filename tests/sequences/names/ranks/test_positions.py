"""Ranks of names without prefixes: how many known names are enough, and how many names a lineage may have."""

import pytest

from barcodeembed.sequences.names.ranks.positions import by_position, by_sure_names
from barcodeembed.taxonomy import RANKS

ANIMALS = ["Metazoa", "Arthropoda", "Insecta", "Diptera", "Culicidae", "Culex", "Culex pipiens"]


def test_two_known_names_may_be_apart_by_chance() -> None:
    """Between them stands a sign that has other uses, too."""
    assert by_sure_names(["Arthropoda", "Insecta"]) is None
    assert by_sure_names(["Arthropoda", "Insecta", "Diptera"]) == {
        "phylum": "Arthropoda",
        "class": "Insecta",
        "order": "Diptera",
    }


@pytest.mark.parametrize(
    ("names", "genus", "species"),
    [
        (ANIMALS, "Culex", "Culex pipiens"),
        (ANIMALS[1:], "Culex", "Culex pipiens"),
        ([*ANIMALS[:6], "unresolved.Culex"], "Culex", "unresolved.Culex"),
        (
            [*ANIMALS[:5], "unresolved.Culicidae", "unresolved.Culicidae"],
            "unresolved.Culicidae",
            "unresolved.Culicidae",
        ),
        (ANIMALS[:6], "Culex", "BOLD:AAA1234"),
        (ANIMALS[1:6], "Culex", "BOLD:AAA1234"),
    ],
)
def test_a_bin_behind_all_ranks_is_no_name(names: list[str], genus: str, species: str) -> None:
    found = by_position([*names, "BOLD:AAA1234"])
    assert found is not None
    assert (found["family"], found["genus"], found["species"]) == ("Culicidae", genus, species)


def test_full_lineages_have_many_clades_between_the_ranks() -> None:
    """What has more than 40 names is no lineage."""
    for clades in (8, 30):
        found = by_position(["Eukaryota", *(f"clade{n}" for n in range(clades)), *ANIMALS])
        assert found is not None
        assert [found[rank] for rank in ("kingdom", "phylum", "genus", "species")] == [*ANIMALS[:2], *ANIMALS[-2:]]
    assert by_position(["Eukaryota", *(f"clade{n}" for n in range(33)), *ANIMALS]) is None


@pytest.mark.parametrize(
    "between", ["Sophophora;melanogaster group;melanogaster subgroup", "Drosophila;melanogaster species complex"]
)
def test_groups_of_species_stand_between_a_genus_and_its_species(between: str) -> None:
    above = "cellular organisms;Eukaryota;Metazoa;Arthropoda;Insecta;Diptera;Drosophilidae;Drosophila"
    found = by_position([*above.split(";"), *between.split(";"), "Drosophila melanogaster"])
    assert found is not None
    assert (found["genus"], found["species"]) == ("Drosophila", "Drosophila melanogaster")


def test_behind_a_domain_the_kingdom_is_what_is_often_missing() -> None:
    """An empty name behind a domain stands for a phylum, and of two names that may be a phylum the higher one is it."""
    assert by_position(["Eukaryota", "", "Globothalamea", "Ammonia"]) == {
        "domain": "Eukaryota",
        "phylum": "",
        "class": "Globothalamea",
        "order": "Ammonia",
    }
    algae = ["Eukaryota", "Sar", "Ochrophyta", "Bacillariophyta", "Bacillariophyceae", "Naviculales"]
    found = by_position(algae)
    assert found is not None
    assert (found["phylum"], found["class"]) == ("Ochrophyta", "Bacillariophyceae")


@pytest.mark.parametrize("n", [5, 6, 7])
def test_in_a_lineage_of_small_letters_they_mark_no_epithet(n: int) -> None:
    names = [name.lower() for name in ANIMALS[:n]]
    assert by_position(names) == dict(zip(RANKS, names, strict=False))


def test_a_species_that_ends_a_lineage_with_other_signs_has_two_words() -> None:
    above = ["Arthropoda", "Insecta"]
    found = by_sure_names([*above, "Culex pipiens"])
    assert found == {"phylum": "Arthropoda", "class": "Insecta", "species": "Culex pipiens"}
    assert by_sure_names([*above, "Culex pipiens pipiens"]) is None
