"""A call is compared with the name that the input gives."""

import pytest

from barcodeembed.classify.call import Assignment, Call
from barcodeembed.classify.own_names import AGREEMENTS, agreement
from barcodeembed.taxonomy import Lineage

FAMILY = "k:Animalia,p:Arthropoda,c:Insecta,o:Hymenoptera,f:Andrenidae"
FULVA = f"{FAMILY},g:Andrena,s:Andrena fulva"


def call(own: str, called: str, verdict: str = "named", candidates: tuple[str, ...] = ()) -> Call:
    lineage = Lineage.from_sintax(f"tax={called}")
    return Call("q", {"lineage": own}, Assignment(verdict=verdict, lineage=lineage, candidates=candidates))


@pytest.mark.parametrize(
    ("own", "called", "expected"),
    [
        (FULVA, FULVA, "same"),
        ("g:Andrena", FULVA, "same"),
        ("k:Metazoa,g:Andrena,s:Andrena fulva", FULVA, "same"),
        (FULVA, FAMILY, "higher"),
        ("s:Andrena fulva", FAMILY, "higher"),
        (FULVA, "", "higher"),
        (f"{FAMILY},g:Andrena,s:Andrena cineraria", FULVA, "other_species"),
        (f"{FAMILY},g:Panurgus,s:Panurgus banksianus", FULVA, "other_genus"),
        (f"{FAMILY},g:Panurgus", f"{FAMILY},g:Andrena", "other_genus"),
        ("o:Hymenoptera,f:Apidae,g:Bombus,s:Bombus lucorum", FULVA, "other_family"),
        ("k:Metazoa,o:Diptera", FULVA, "other_order"),
        ("k:Metazoa", FULVA, ""),
        ("k:unidentified,p:unidentified,s:unidentified", FULVA, ""),
        ("s:Andrena_fulva", FULVA, "same"),
        ("g:ANDRENA,s:ANDRENA FULVA", FULVA, "same"),
        ("g:Andrena,s:Andrena fulva (Müller, 1766)", FULVA, "same"),
        ("g:Andrena,s:fulva", FULVA, "same"),
        ("g:Andrena,s:Andrena (Andrena) fulva", FULVA, "same"),
        ("g:Andrena,s:Andrena fulva alba", FULVA, "same"),
        ("g:Andrena,s:Andrena cf. fulva", FULVA, "same"),
        ("g:Andrena,s:Andrena sp. 1", FULVA, "same"),
        ("s:Andrena;s:fulva", FULVA, "other_species"),
        ("s:Bombus lucorum", FULVA, "other_genus"),
        ("s:Andrena flavipes", FULVA, "other_species"),
        ("", FULVA, ""),
    ],
)
def test_names_agree_from_the_first_equal_rank_up(own: str, called: str, expected: str) -> None:
    assert agreement(call(own, called)) == expected
    assert expected in ("", *AGREEMENTS)


def test_the_candidates_of_an_ambiguous_call_count() -> None:
    two = ("Andrena fulva", "Andrena cineraria")
    above = f"{FAMILY},g:Andrena"
    assert agreement(call(FULVA, above, "ambiguous", two)) == "candidate"
    assert agreement(call(f"{above},s:Andrena flavipes", above, "ambiguous", two)) == "other_species"
    assert agreement(call(f"{above},s:Andrena flavipes", above, "ambiguous", two[:1])) == "higher"
    assert agreement(call(above, above, "ambiguous", two)) == "same"
    assert agreement(call("g:Panurgus", FAMILY, "ambiguous", ("Andrena", "Panurgus"))) == "candidate"
    assert agreement(call(f"{FAMILY},g:Melitturga", FAMILY, "ambiguous", ("Andrena", "Panurgus"))) == "other_genus"


def test_what_was_not_called_is_not_compared() -> None:
    assert agreement(call(FULVA, "", "")) == ""
    assert agreement(Call("q", {}, Assignment(verdict="named", lineage=Lineage.from_sintax(f"tax={FULVA}")))) == ""
