import pytest

from barcodeembed.errors import InputError
from barcodeembed.taxonomy import Lineage

FLY = Lineage.from_ranks(phylum="Arthropoda", order="Diptera", genus="Culex", species="Culex pipiens")


def test_sintax_round_trip() -> None:
    assert FLY.to_sintax() == "p:Arthropoda,o:Diptera,g:Culex,s:Culex pipiens"
    assert Lineage.from_sintax(f"id;tax={FLY.to_sintax()};") == FLY
    assert Lineage.from_sintax("id;size=3") == Lineage()
    assert Lineage.from_sintax("id;tax=d:Eukaryota,t:strain").at("kingdom") == "Eukaryota"
    assert Lineage.from_sintax("id;tax=d:Eukaryota,K:Metazoa, P:Chordata").names[:2] == ("Metazoa", "Chordata")


def test_ranks_separated_by_semicolons_are_an_error() -> None:
    with pytest.raises(InputError, match="write them with commas"):
        Lineage.from_sintax("id;tax=k:Animalia;p:Arthropoda")


def test_the_common_part_stops_at_the_first_contradiction() -> None:
    other = Lineage.from_ranks(phylum="Arthropoda", order="Diptera", family="Culicidae", genus="Aedes")
    assert FLY.common(other) == Lineage.from_ranks(phylum="Arthropoda", order="Diptera")
    assert FLY.common(FLY) == FLY
    assert not FLY.common(Lineage.from_ranks(phylum="Mollusca"))


def test_an_unknown_rank() -> None:
    with pytest.raises(ValueError, match="unknown rank"):
        Lineage.from_ranks(tribe="Culicini")
