"""Ranks of names by their prefixes: how many parts must have one, and in which order they may stand."""

import pytest

from barcodeembed.sequences.names.ranks.prefixes import by_prefix, in_known_ranks

TWO = {"kingdom": "Animalia", "phylum": "Arthropoda"}


@pytest.mark.parametrize(
    ("parts", "names"),
    [
        (["k__Animalia", "p__Arthropoda"], TWO),
        (["k__Animalia"], None),
        (["k__Animalia", "p__Arthropoda", "a note"], TWO),
        (["k__Animalia", "p__Arthropoda", "a note", "another"], None),
    ],
)
def test_two_parts_and_more_than_half_of_all_have_a_prefix(parts: list[str], names: dict[str, str] | None) -> None:
    assert by_prefix(parts) == names


@pytest.mark.parametrize(
    ("parts", "names"),
    [
        (["genus=Culex", "family=Culicidae"], {"genus": "Culex", "family": "Culicidae"}),
        (["order=Diptera", "phylum=Arthropoda"], {"order": "Diptera", "phylum": "Arthropoda"}),
        (["family:Culicidae", "g:Culex"], {"family": "Culicidae", "genus": "Culex"}),
        (["genus=Culex", "f=Culicidae"], None),
        (["g=Culex", "f=Culicidae"], None),
        (["subg=Culex", "family=Culicidae"], None),
    ],
)
def test_only_whole_words_may_name_the_ranks_in_any_order(parts: list[str], names: dict[str, str] | None) -> None:
    """Labels out of order may be something else than ranks, unless all of them are the words that ranks have."""
    assert by_prefix(parts) == names


def test_a_single_underscore_is_a_prefix_only_if_all_parts_have_it() -> None:
    assert by_prefix(["k_Animalia", "p_Arthropoda"]) == TWO
    assert by_prefix(["k_Animalia", "p_Arthropoda", "a note"]) is None


@pytest.mark.parametrize(
    ("found", "names"),
    [
        (
            {"class": "Metazoa", "order": "Arthropoda", "family": "Insecta", "genus": "Diptera"},
            {"kingdom": "Metazoa", "phylum": "Arthropoda", "class": "Insecta", "order": "Diptera"},
        ),
        (
            {"class": "Metazoa", "order": "Arthropoda", "family": "Insecta", "genus": "Culex"},
            {"kingdom": "Metazoa", "phylum": "Arthropoda", "class": "Insecta", "genus": "Culex"},
        ),
        ({"class": "Metazoa", "order": "Diptera"}, None),
        ({"class": "Metazoa", "order": "Arthropoda", "kingdom": "Insecta"}, None),
    ],
)
def test_labels_that_count_levels_are_replaced_by_ranks(found: dict[str, str], names: dict[str, str] | None) -> None:
    """Two names stand higher than their labels say, and none lower; otherwise labels are ranks."""
    assert in_known_ranks(found) == (names or found)
