"""Which records become references, and why the others do not."""

from collections import Counter

import pytest

from barcodeembed.errors import UsageError
from barcodeembed.taxonomy import Lineage
from barcodeembed.workflows.references.selection import REASONS, Selection, Selector

SPIDER = Lineage.from_ranks(order="Araneae", family="Lycosidae", genus="Pardosa", species="Pardosa amentata")
FLY = Lineage.from_ranks(order="Diptera", genus="Culex")


def test_nothing_asked_nothing_left_out() -> None:
    selector = Selector(Selection())
    assert selector.wants("a", Lineage())
    assert selector.has_room("sha1", SPIDER)
    assert selector.has_room("sha1", SPIDER)
    assert not selector.dropped
    assert Selection().to_dict() == {}


@pytest.mark.parametrize(
    ("selection", "record", "reason"),
    [
        (Selection(taxa=["araneae"]), ("a", FLY), "other_taxon"),
        (Selection(taxa=["Araneae", "Pardosa_amentata"]), ("a", SPIDER), ""),
        (Selection(countries=["Finland"]), ("a", SPIDER, "Sweden"), "other_country"),
        (Selection(countries=["finland"]), ("a", SPIDER, "Finland"), ""),
        (Selection(countries=["Finland"]), ("a", SPIDER), "no_country"),
        (Selection(regions=["Lapland"]), ("a", SPIDER, "Finland", ("Uusimaa",)), "other_region"),
        (Selection(regions=["Lapland"]), ("a", SPIDER, "Finland", ("", "Lapland")), ""),
        (Selection(require="species"), ("a", FLY), "no_rank"),
        (Selection(require="family"), ("a", FLY), ""),  # a genus is given: the family may be filled in later
        (Selection(exclude=["a"]), ("a", SPIDER), "excluded"),
    ],
)
def test_what_stands_in_the_record_is_asked_first(selection: Selection, record: tuple, reason: str) -> None:
    selector = Selector(selection)
    assert selector.wants(*record) is (reason == "")
    assert selector.dropped == Counter([reason] if reason else [])


def test_good_records_are_counted_by_species_and_by_barcode() -> None:
    selector = Selector(Selection(max_per_species=2, dereplicate=True, require="genus"))
    shown = [
        ("1", SPIDER),
        ("1", SPIDER),
        ("1", FLY),
        ("2", SPIDER),
        ("3", SPIDER),
        ("3", Lineage.from_ranks(order="Diptera")),
    ]
    assert [selector.has_room(*one) for one in shown] == [True, False, True, True, False, False]
    assert selector.dropped == {"duplicate": 1, "enough_of_species": 1, "no_rank": 1}


def test_what_was_asked_for_in_vain_is_told() -> None:
    selector = Selector(Selection(taxa=["Araneae", "Aranea"], countries=["Finnland"], exclude=["x", "y"]))
    selector.wants("x", SPIDER)
    selector.wants("z", SPIDER, "Finland")
    asked = ["--taxon Aranea (did you mean 'Araneae'?)", "--country Finnland (did you mean 'Finland'?)", "--exclude y"]
    assert selector.never_met() == asked


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("spidre", ""), ("Lycosa_", ""), ("PARDOSSA", "Pardosa"), ("pardosa lugubri", "Pardosa lugubris"), ("Aves", "")],
)
def test_a_name_is_suggested_if_it_is_spelt_like_the_one_asked_for(asked: str, meant: str) -> None:
    selector = Selector(Selection(taxa=[asked]))
    spider = Lineage.from_ranks(order="Araneae", family="Lycosidae", genus="Pardosa", species="Pardosa lugubris")
    for lineage in (spider, Lineage.from_ranks(order="_", genus=" ")):
        assert not selector.wants("x", lineage)
    assert selector.never_met() == [f"--taxon {asked}" + (f" (did you mean {meant!r}?)" if meant else "")]


def test_a_single_name_is_no_list_of_letters() -> None:
    one = Selection(taxa="Insecta", countries="Finland", regions="Lapland", markers="COI-3P", exclude="r1")
    assert one == Selection(
        taxa=("Insecta",), countries=("Finland",), regions=("Lapland",), markers=("COI-3P",), exclude=("r1",)
    )
    assert Selection(taxa="") == Selection()


def test_wrong_questions_are_refused() -> None:
    with pytest.raises(UsageError, match="'spezies' can't be required: it is not one of kingdom"):
        Selection(require="spezies")


def test_every_reason_is_documented() -> None:
    from pathlib import Path

    text = (Path(__file__).parents[3] / "docs" / "references.md").read_text()
    for reason in REASONS:
        assert f"`{reason}`" in text
