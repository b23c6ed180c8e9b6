"""Names put in order: synonyms joined, homonyms apart, gaps filled, clashes settled or left empty."""

from collections.abc import Callable

import numpy as np
import pytest

from barcodeembed.library.hits import REFERENCE_OVERLAP
from barcodeembed.library.naming.homonyms import NEAR, split_homonyms
from barcodeembed.library.naming.lineage_table import LineageTable
from barcodeembed.library.naming.resolution import nearness, resolve
from barcodeembed.library.reference_library import ReferenceLibrary
from barcodeembed.library.taxon_table import TaxonTable
from barcodeembed.taxonomy import FAMILY, GENUS, RANKS, SPECIES, Lineage

MORUS = ("Morus", "Morus alba")
BIRD = ("Animalia", "Chordata", "Aves", "Suliformes", "Sulidae")
PLANT = ("Plantae", "Tracheophyta", "Magnoliopsida", "Rosales", "Moraceae")


def renamed(lineage: Lineage, rank: str, name: str) -> Lineage:
    """The lineage with another name at a rank."""
    names = list(lineage.names)
    names[RANKS.index(rank)] = name
    return Lineage(tuple(names))


def near_all(one: np.ndarray, other: np.ndarray) -> float:
    return 1.0


def put_in_order(lineages: list[Lineage], near=near_all):
    """Lineages as text, and what was done."""
    taxa, done = resolve(TaxonTable.of(lineages), near)
    return [taxa.lineage(row) for row in range(len(lineages))], done


@pytest.fixture
def lineages(tree: Callable) -> list[Lineage]:
    """288 lineages of 8 families and 32 genera of 3 species, 3 of each."""
    return list(tree(3)[1])


def test_a_clean_library_is_left_alone(lineages) -> None:
    taxa = TaxonTable.of(lineages)
    after, done = resolve(taxa, near_all)
    assert after is taxa
    assert not done
    assert list(done.lines()) == []


@pytest.mark.parametrize("every", [3, 5, 14, 100])
@pytest.mark.parametrize(
    ("rank", "name", "synonym"),
    [("kingdom", "Animalia", "Metazoa"), ("class", "Insecta", "Hexapoda"), ("order", "Order1", "Ordo1")],
)
def test_names_with_the_same_taxa_below_them_are_one(lineages, every: int, rank: str, name: str, synonym: str) -> None:
    mixed = [
        renamed(one, rank, synonym) if row % every == 1 and one.at(rank) == name else one
        for row, one in enumerate(lineages)
    ]
    after, done = put_in_order(mixed)
    assert after == lineages
    (found,) = done.synonyms
    assert (found.rank, found.name, found.other) == (rank, name, synonym)
    assert found.references == sum(one.at(rank) == synonym for one in mixed)
    assert next(done.lines()).endswith(f"{rank} {name} = {synonym} ({found.references})")


def test_synonyms_at_two_ranks_at_once(lineages) -> None:
    """All of NCBI's names in the records that have one of them: no class of the one is in a kingdom of the other."""
    mixed = [renamed(renamed(one, "kingdom", "Metazoa"), "class", "Hexapoda") for one in lineages[1::3]]
    after, done = put_in_order(lineages + mixed)
    assert set(after) == set(lineages)
    assert {one.other for one in done.synonyms} == {"Metazoa", "Hexapoda"}


def test_a_synonym_of_a_family_with_few_records(lineages) -> None:
    mixed = list(lineages)
    for row in (0, 10, 20):
        mixed[row] = renamed(mixed[row], "family", "Family0idae")
    after, _ = put_in_order(mixed)
    assert after == lineages


@pytest.mark.parametrize(("far", "joined"), [(0, True), (1, True), (2, True), (3, False), (4, False)])
def test_two_names_are_one_if_half_of_the_taxa_below_have_near_barcodes(lineages, far: int, joined: bool) -> None:
    """A family of four genera, in every third record under another name; in ``far`` of them barcodes are far."""
    apart = {f"Genus0-{genus}" for genus in range(far)}
    mixed = [
        renamed(one, "family", "Familia") if row % 3 == 1 and one.at("family") == "Family0" else one
        for row, one in enumerate(lineages)
    ]

    def near(one: np.ndarray, other: np.ndarray) -> float:
        return 0.5 if {mixed[row].at("genus") for row in (*one, *other)} & apart else 1.0

    _, done = put_in_order(mixed, near)
    assert [one.name for one in done.synonyms if one.rank == "family"] == ["Family0"] * joined


def test_families_are_not_joined_by_a_misplaced_genus(lineages) -> None:
    """One reference of a genus stands in another family: it is put beside the others, and the families stay two."""
    mixed = list(lineages)
    mixed[0] = renamed(renamed(mixed[0], "family", "Family2"), "order", "Order0")
    after, done = put_in_order(mixed)
    assert after == lineages
    assert not done.synonyms
    assert done.moved == {"family": 1}
    assert list(done.lines()) == ["references placed as most of their taxon are, not as they say: family 1"]


def test_a_small_family_is_not_joined_with_a_large_one_by_a_wrong_record(lineages) -> None:
    small = [renamed(one, "family", "Smallidae") for one in lineages[:2]]
    small = [renamed(renamed(one, "genus", "Smallus"), "species", "Smallus one") for one in small]
    after, done = put_in_order([*lineages, *small, renamed(small[0], "family", "Family2")])
    assert not done.synonyms
    assert [one.at("family") for one in after[-3:]] == ["Smallidae"] * 3


def test_a_family_that_references_of_a_genus_disagree_on_stays_empty(lineages) -> None:
    """Half of a genus stands in another family that has genera of its own: no telling which is right."""
    mixed = list(lineages)
    for row in range(0, 36, 2):
        if mixed[row].at("genus") == "Genus0-0":
            mixed[row] = renamed(mixed[row], "family", "Family2")
    after, done = put_in_order(mixed)
    genus = [one for one in after if one.at("genus") == "Genus0-0"]
    assert {one.at("family") for one in genus} == {""}
    assert {one.at("order") for one in genus} == {"Order0"}
    assert done.emptied == [("family", "genus", "Genus0-0")]
    assert list(done.lines()) == ["names left empty because references of a taxon disagree: family of genus Genus0-0"]
    assert [one for one in after if one.at("genus") != "Genus0-0"] == [
        one for one in lineages if one.at("genus") != "Genus0-0"
    ]


def test_missing_names_come_from_the_same_genus_or_family(lineages) -> None:
    gaps = list(lineages)
    gaps[0] = renamed(gaps[0], "family", "")
    gaps[3] = renamed(renamed(gaps[3], "order", ""), "class", "")
    gaps[40] = renamed(renamed(renamed(gaps[40], "family", ""), "order", ""), "kingdom", "")
    after, done = put_in_order(gaps)
    assert after == lineages
    assert done.filled == {"family": 2, "order": 2, "class": 1, "kingdom": 1}
    assert list(done.lines()) == [
        "missing names filled in from other references of the same taxon: kingdom 1, class 1, order 2, family 2"
    ]


def test_a_family_that_no_reference_of_the_genus_has_stays_empty(lineages) -> None:
    gaps = [renamed(one, "family", "") if one.at("genus") == "Genus0-0" else one for one in lineages]
    after, done = put_in_order(gaps)
    assert after == gaps
    assert not done


def test_the_genus_of_a_binomial_decides_between_two_genera(lineages) -> None:
    mixed = list(lineages)
    mixed[0] = renamed(mixed[0], "genus", "Genus0-1")
    mixed[1] = renamed(mixed[1], "genus", "Genus0-1")
    after, _ = put_in_order(mixed)
    assert after == lineages


def homonyms(tree: Callable, make_library: Callable, distance: float) -> ReferenceLibrary:
    """A made-up tree with six birds and six plants of one genus and species, this share of their bases drawn anew."""
    columns, lineages = tree(3)
    rng = np.random.default_rng(3)
    plant = columns[0].copy()
    places = rng.random(plant.size) < distance
    plant[places] = rng.choice(np.array([1, 2, 4, 8], dtype=np.uint8), places.sum())
    both = np.concatenate([columns, columns[[0] * 6], plant[None][[0] * 6]])
    return make_library(both, [*lineages, *[Lineage(BIRD + MORUS)] * 6, *[Lineage(PLANT + MORUS)] * 6])


def test_homonyms_with_far_barcodes_stay_apart(tree, make_library) -> None:
    library = homonyms(tree, make_library, 0.5)
    done = library.put_names_in_order()
    assert not done.synonyms
    assert done.homonyms == [("species", "Morus alba"), ("genus", "Morus")]
    birds, plants = library.taxa.codes[-12:-6], library.taxa.codes[-6:]
    assert not (birds[0] == plants[0]).any()
    assert (birds == birds[0]).all()
    assert (plants == plants[0]).all()
    assert library.lineage(len(library) - 1) == Lineage(PLANT + MORUS)
    (line,) = done.lines()
    assert "genus Morus; species Morus alba" in line
    # Once more changes nothing.
    codes = library.taxa.codes
    library.put_names_in_order()
    assert np.array_equal(library.taxa.codes, codes)


def test_one_name_with_other_parents_and_near_barcodes_is_one_taxon(tree, make_library) -> None:
    library = homonyms(tree, make_library, 0.01)
    done = library.put_names_in_order()
    assert not done.homonyms
    for rank in (GENUS, SPECIES):
        assert len(np.unique(library.taxa.codes[-12:, rank])) == 1
    assert len(np.unique(library.taxa.codes[-12:, FAMILY])) == 1


def test_nearness_needs_columns_in_common() -> None:
    columns = np.ones((4, 2 * REFERENCE_OVERLAP), dtype=np.uint8)
    columns[1, 0] = 2
    columns[2, REFERENCE_OVERLAP - 1 :] = 0
    near = nearness(columns.__getitem__)
    assert near(np.array([0]), np.array([1])) == pytest.approx(1 - 1 / 400)
    assert near(np.array([0, 3]), np.array([1, 3])) == 1
    assert np.isnan(near(np.array([0]), np.array([2])))


def test_without_barcodes_names_alone_decide(lineages) -> None:
    mixed = [renamed(one, "kingdom", "Metazoa") if row % 3 else one for row, one in enumerate(lineages)]
    taxa, done = resolve(TaxonTable.of(mixed), None)
    assert taxa.names[0] == ("", "Metazoa")
    assert len(done.synonyms) == 1


def test_names_that_differ_by_capitals_are_one(lineages) -> None:
    mixed = list(lineages)
    for row, rank in ((0, "species"), (40, "species"), (80, "genus"), (120, "order")):
        mixed[row] = renamed(mixed[row], rank, mixed[row].at(rank).swapcase())
    after, done = put_in_order(mixed)
    assert after == list(lineages)
    assert sorted((one.rank, one.references) for one in done.synonyms) == [
        ("genus", 1),
        ("order", 1),
        ("species", 1),
        ("species", 1),
    ]


def test_ids_are_written_as_most_ids_of_their_rank_are() -> None:
    ids = [Lineage.from_ranks(order=f"PX{i}", genus=f"G{i}" if i % 2 else f"g{i}") for i in range(10)]
    after, done = put_in_order([renamed(one, "order", "px3") if i == 3 else one for i, one in enumerate(ids)])
    assert after == ids
    assert [(one.rank, one.name, one.other) for one in done.synonyms] == [("order", "PX3", "px3")]
    # Also where the other spelling is there, and is as common or commoner.
    after, done = put_in_order([*ids, *[renamed(ids[3], "order", "px3")] * 2])
    assert after == [*ids, ids[3], ids[3]]
    assert [(one.rank, one.name, one.other, one.references) for one in done.synonyms] == [("order", "PX3", "px3", 2)]


LIMITS = {"phylum": 0.65, "class": 0.70, "order": 0.75, "family": 0.80, "genus": 0.82, "species": 0.85}


@pytest.mark.parametrize("rank", LIMITS)
@pytest.mark.parametrize("nearer", [True, False])
def test_how_near_the_barcodes_of_one_taxon_are(rank: str, nearer: bool) -> None:
    """Birds and plants of one name at a rank: below this identity of the nearest two the name is a homonym."""
    bird, plant = (
        Lineage(tuple("Bothus" if r == rank else name for r, name in zip(RANKS, names, strict=True)))
        for names in ((*BIRD, "Avis", "Avis una"), (*PLANT, "Planta", "Planta una"))
    )
    near = LIMITS[rank] + (0.005 if nearer else -0.005)
    _, done = put_in_order([bird] * 3 + [plant] * 3, lambda one, other: near)
    assert ((rank, "Bothus") in done.homonyms) == (not nearer)


def test_thirty_two_references_of_each_side_are_compared() -> None:
    """A large genus has a few records that are something else: one or two references would not show that."""
    numbers: list[int] = []

    def near(one: np.ndarray, other: np.ndarray) -> float:
        numbers.extend([len(one), len(other)])
        return 0.5

    put_in_order([Lineage((*BIRD, *MORUS))] * 40 + [Lineage((*PLANT, *MORUS))] * 50, near)
    assert set(numbers) == {32}


def insects(numbers: dict[tuple[str, str], int]) -> list[Lineage]:
    """So many references of each class and order, one species an order."""
    return [
        Lineage(("Animalia", "Arthropoda", name, order, f"{order}idae", f"{order}us", f"{order}us one"))
        for (name, order), number in numbers.items()
        for _ in range(number)
    ]


def are_joined(numbers: dict[tuple[str, str], int], near=near_all) -> bool:
    """Whether Hexapoda becomes Insecta."""
    _, done = put_in_order(insects(numbers), near)
    return [(one.name, one.other) for one in done.synonyms] == [("Insecta", "Hexapoda")]


@pytest.mark.parametrize(("shared", "joined"), [(7, True), (5, False)])
def test_six_in_ten_references_of_a_synonym_have_taxa_of_the_other_name(shared: int, joined: bool) -> None:
    """The others are of an order that only the rarer name has."""
    numbers = {("Insecta", "Aus"): 50, ("Hexapoda", "Aus"): shared, ("Hexapoda", "Bus"): 10 - shared}
    assert are_joined(numbers) == joined


@pytest.mark.parametrize(("commoner", "joined"), [(25, True), (15, False)])
def test_a_name_with_taxa_of_its_own_must_be_twice_as_common_where_both_are(commoner: int, joined: bool) -> None:
    """Most of Insecta is of an order that Hexapoda has not: the order that both have may simply be misplaced."""
    numbers = {("Insecta", "Aus"): commoner, ("Insecta", "Bus"): 200, ("Hexapoda", "Aus"): 10}
    assert are_joined(numbers) == joined


@pytest.mark.parametrize(("far", "joined"), [(1, True), (2, False)])
def test_most_taxa_below_a_synonym_have_near_barcodes(far: int, joined: bool) -> None:
    """One of three orders is a homonym below the two names; two of three would make them two classes."""
    orders = ("Aus", "Bus", "Cus")
    numbers = {(name, order): 10 for name in ("Insecta", "Hexapoda") for order in orders}
    numbers["Insecta", "Aus"] = 20
    lineages = insects(numbers)

    def near(one: np.ndarray, other: np.ndarray) -> float:
        return 0.1 if lineages[int(one[0])].at("order") in orders[:far] else 1.0

    assert are_joined(numbers, near) == joined


def test_names_whose_barcodes_cannot_be_compared_are_one_taxon(lineages) -> None:
    """One genus in two families, by references that share no columns: nothing says that they are of two genera."""
    families = [next(one for one in lineages if one.at("family") == name) for name in ("Family0", "Family1")]
    both = [renamed(renamed(one, "genus", "Morus"), "species", "Morus unus") for one in families for _ in range(3)]
    _, done = put_in_order([*lineages, *both], lambda one, other: float("nan"))
    assert done.homonyms == []
    _, done = put_in_order([*lineages, *both], lambda one, other: 0.5)
    assert done.homonyms == [("species", "Morus unus"), ("genus", "Morus")]


def test_taxa_whose_barcodes_cannot_be_compared_do_not_keep_two_names_apart(lineages) -> None:
    mixed = [renamed(one, "kingdom", "Metazoa") if row % 3 == 1 else one for row, one in enumerate(lineages)]
    _, done = put_in_order(mixed, lambda one, other: float("nan"))
    assert [one.other for one in done.synonyms] == ["Metazoa"]


@pytest.mark.parametrize("commoner", [0, 1])
def test_one_name_that_differs_above_by_a_kingdom_alone_is_two_taxa_if_barcodes_are_far(commoner: int) -> None:
    """Animalia is the first of the names of its rank, and Plantae the second."""
    both = [Lineage(("Animalia", "", "", "", "", *MORUS)), Lineage(("Plantae", "", "", "", "", *MORUS))]
    lineages = [*both, both[commoner]]
    after, done = put_in_order(lineages, lambda one, other: 0.5)
    assert after == lineages
    assert done.homonyms == [("species", "Morus alba"), ("genus", "Morus")]


@pytest.mark.parametrize(("identity", "apart"), [(NEAR["species"], False), (NEAR["species"] - 0.01, True)])
def test_how_near_the_barcodes_of_one_name_must_be(identity: float, apart: bool) -> None:
    both = [Lineage((*BIRD, *MORUS)), Lineage((*PLANT, *MORUS))]
    found = split_homonyms(LineageTable.of_taxa(TaxonTable.of(both)), lambda one, other: identity)
    assert (("species", "Morus alba") in found) == apart
