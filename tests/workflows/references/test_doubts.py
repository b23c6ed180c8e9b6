"""Ranks that look shifted are refused or doubted."""

import pytest

from barcodeembed.errors import InputError
from barcodeembed.sequences.names.cleaning import clean_names
from barcodeembed.taxonomy import Lineage
from barcodeembed.workflows.references.doubts import RawNames, lineage_conflicts, rank_doubts

FLY = ("Animalia", "Arthropoda", "Insecta", "Diptera", "Culicidae", "Culex", "Culex pipiens")


def test_shifted_columns_are_refused_with_the_first_lineage() -> None:
    with pytest.raises(InputError, match=r"kingdom Arthropoda \(2\), known as a phylum; .*as kingdom Arthropoda"):
        rank_doubts([Lineage((*FLY[1:], ""))] * 2)


def test_one_rank_that_is_another_is_doubted() -> None:
    lineage = Lineage(("Arthropoda", "", *FLY[2:]))
    (line,) = rank_doubts([lineage] * 3)
    assert line == "most names at one rank are of another: kingdom Arthropoda (3), known as a phylum"


def test_usual_names_are_not_doubted() -> None:
    assert (
        rank_doubts([Lineage(FLY), Lineage(("Eukaryota", *FLY[1:])), Lineage(("", "PX1", "PX2", "", "", "", ""))]) == []
    )


def test_species_without_genera_and_common_endings_are_doubted() -> None:
    lineages = [Lineage.from_ranks(species=f"Aus {letter * 3}us COI5") for letter in "abcdefghijkl"]
    ending, alone = rank_doubts(lineages)
    assert ending == "nearly all names at the rank species end in 'COI5': is that part of them?"
    assert alone == "12 of 12 references have a species, but no genus"
    # Nine names may end alike by chance.
    assert [line.split(" ")[0] for line in rank_doubts(lineages[:9])] == ["9"]


def doubts_of(lineages: list[Lineage]) -> list[str]:
    """What is said of lineages as a file has them."""
    raw, cleaned = RawNames(), []
    for lineage in lineages:
        after, changes = clean_names(lineage)
        raw.note(lineage, after, changes)
        cleaned.append(after)
    return rank_doubts(cleaned, raw)


def test_a_genus_that_is_its_family_everywhere_is_doubted() -> None:
    for species in ("Culex pipiens", ""):
        (line,) = doubts_of([Lineage((*FLY[:4], family, family, species)) for family in ("Culicidae", "Syrphidae")])
        assert line == (
            "2 of 2 names at the rank genus were left out as filler, the first 'Culicidae': "
            "are they the names of that rank?"
        )


def test_ranks_shifted_up_by_one_from_the_order_on_are_refused() -> None:
    lineages = [Lineage((*FLY[:3], "Culicidae", "Culex", f"Culex {name}", "")) for name in ("pipiens", "modestus")]
    with pytest.raises(
        InputError, match=r"order Culicidae \(2\).*; genus Culex pipiens \(2\), which looks like a species"
    ):
        doubts_of(lineages)


@pytest.mark.parametrize("space", [" ", "_"])
def test_genus_and_species_swapped_are_refused(space: str) -> None:
    lineages = [Lineage((*FLY[:5], f"Culex{space}{name}", "Culex")) for name in ("pipiens", "modestus")]
    with pytest.raises(InputError) as error:
        doubts_of([*lineages, Lineage(FLY)])
    assert (
        f"genus Culex{space}pipiens (2), which looks like a species; "
        "species Culex (2), the first word of what stands as genus" in str(error.value)
    )
    # The binomial at both ranks says nothing wrong of the species.
    (line,) = doubts_of([Lineage((*FLY[:5], "Culex pipiens", "Culex pipiens"))])
    assert line == "most names at one rank are of another: genus Culex pipiens (1), which looks like a species"


def test_order_and_family_swapped_are_refused() -> None:
    with pytest.raises(InputError, match=r"known as a family; family Diptera \(2\), known as an order"):
        rank_doubts([Lineage((*FLY[:3], "Culicidae", "Diptera", *FLY[5:]))] * 2)


def test_a_part_that_all_names_of_a_rank_have_is_doubted() -> None:
    families = [f"{start}idae" for start in ("Culic", "Syrph", "Apid", "Musc")]
    assert rank_doubts([Lineage.from_ranks(family=name) for name in families]) == []
    for at, said in (("{}_fam", "end in '_fam'"), ("NL-{}", "begin with 'NL-'")):
        (line,) = rank_doubts([Lineage.from_ranks(family=at.format(name)) for name in families])
        assert line == f"nearly all names at the rank family {said}: is that part of them?"


def test_conflicts() -> None:
    culex = Lineage.from_ranks(family="Culicidae", genus="Culex", species="Culex pipiens")
    moved = Lineage.from_ranks(family="Culicidae", genus="Barraudius", species="Culex pipiens")
    without = Lineage.from_ranks(genus="Barraudius", species="Culex pipiens")
    (conflict,) = lineage_conflicts([culex, moved, without, culex, culex, Lineage()])
    assert str(conflict) == "species Culex pipiens is in genus Culex (3), Barraudius (2)"
    assert lineage_conflicts([culex, culex]) == []
