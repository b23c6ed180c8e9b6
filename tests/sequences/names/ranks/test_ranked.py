"""Lineages of many ranks as our seven, single names, and the numbers that MIDORI writes behind names."""

import pytest

from barcodeembed.sequences.names.ranks.ranked import lineage_of_name, lineage_of_ranks, without_taxids
from barcodeembed.taxonomy import Lineage


@pytest.mark.parametrize(
    ("name", "rank", "ranks"),
    [
        ("Culicidae", "", {"family": "Culicidae"}),
        ("Hexapoda", "", {"class": "Hexapoda"}),  # a subphylum, too, which is none of ours
        ("Xiphosura", "", {}),  # a class and an order
        ("Culex", "", {}),
        ("Culex", "Genus", {"genus": "Culex"}),
        ("Culex_pipiens", "", {"genus": "Culex", "species": "Culex pipiens"}),
    ],
)
def test_a_single_name_has_a_rank_if_only_one_of_ours_is_known(name: str, rank: str, ranks: dict[str, str]) -> None:
    assert lineage_of_name(name, rank) == Lineage.from_ranks(**ranks)


def test_a_domain_stands_for_a_missing_kingdom_and_a_binomial_for_a_missing_genus() -> None:
    names = {"domain": "Eukaryota", "phylum": "Arthropoda", "tribe": "Culicini", "species": "Culex pipiens"}
    assert lineage_of_ranks(names).names == ("Eukaryota", "Arthropoda", "", "", "", "Culex", "Culex pipiens")
    assert lineage_of_ranks(names | {"kingdom": "Metazoa"}).names[0] == "Metazoa"
    assert lineage_of_ranks({"species": "Insecta unclassified"}).at("genus") == ""


def test_numbers_of_taxa_are_taken_from_midori_only() -> None:
    midori = ["Eukaryota_2759", "Discosea_555280", "Flabellinia_1485085", "order_Vannellidae_95227"]
    midori += ["Vannellidae_95227", "Vannella_95228", "Vannella sp._1"]
    expected = ("Eukaryota", "Discosea", "Flabellinia", "", "Vannellidae", "Vannella", "Vannella sp.")
    assert without_taxids(midori).names == expected
    others = ["Animalia_1", *midori[1:]]
    assert without_taxids(others).names == tuple(others)
