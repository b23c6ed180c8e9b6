"""References that are another organism than their name says are found by what the rest of their taxon is."""

from collections.abc import Callable

import numpy as np
import pytest

from barcodeembed.classify.classifier import Classifier
from barcodeembed.library.aliens import aliens, find_far
from barcodeembed.library.audit import find_suspects
from barcodeembed.library.library_files import load_library
from barcodeembed.library.reference_library import ReferenceLibrary
from barcodeembed.taxonomy import Lineage
from barcodeembed.workflows.audit import audit_library
from tests.made_up_tree import BASES, COLUMNS, calibrated, library_of, lineage, mutate, vectors_of


def stranger(columns: np.ndarray, share: float = 0.45) -> np.ndarray:
    """A barcode of another phylum: this share of the bases drawn anew."""
    return mutate(columns, share, np.random.default_rng(9))


@pytest.fixture
def contaminated(tree: Callable, make_library: Callable) -> ReferenceLibrary:
    """A species of three has three sequences of something else under its name, a few bases apart."""
    columns, lineages = tree(3)
    rng = np.random.default_rng(4)
    human = stranger(columns[0])
    more = np.stack([mutate(human, 0.004, rng) for _ in range(3)])
    return make_library(np.concatenate([columns, more]), [*lineages, *lineages[:1] * 3])


def test_a_clean_library_has_none(library) -> None:
    assert list(find_far(library)) == []
    assert not aliens(library).any()


@pytest.mark.parametrize("number", [1, 2, 3, 6])
def test_strangers_are_found_however_many_they_are(tree, make_library, number: int) -> None:
    columns, lineages = tree(3)
    more = np.stack([stranger(columns[0])] * number)
    library = make_library(np.concatenate([columns, more]), [*lineages, *lineages[:1] * number])
    assert np.flatnonzero(aliens(library)).tolist() == list(range(288, 288 + number))


def test_one_under_the_name_of_another_family(tree, make_library) -> None:
    """It is no stranger to the library: a reference of another family is near, but a single one contradicts nobody."""
    columns, lineages = tree(3)
    other = lineages[-1]
    library = make_library(np.concatenate([columns[:-2], columns[-1:]]), [*lineages[:-2], lineages[0]])
    assert other.at("family") != lineages[0].at("family")
    assert np.flatnonzero(aliens(library)).tolist() == [286]


def test_a_species_that_is_none_of_its_genus(tree, make_library) -> None:
    """All three references of a species are something else."""
    columns, lineages = tree(3)
    columns[:3] = stranger(columns[0])
    library = make_library(columns, lineages)
    (far,) = find_far(library)
    assert (far.rank, far.alien, far.rows.tolist()) == ("genus", True, [0, 1, 2])


@pytest.mark.parametrize(("species", "found"), [(64, ["genus"]), (65, [])])
def test_genera_of_many_species_are_not_searched(tree, make_library, species: int, found: list[str]) -> None:
    """Of each species there is one reference; the last one is of another phylum."""
    columns, lineages = tree(1, families=2, genera=1, species=species)
    columns[species - 1] = stranger(columns[0])
    assert [far.rank for far in find_far(make_library(columns, lineages))] == found


def test_one_organism_under_names_of_several_families_supports_itself_nowhere(tree, make_library) -> None:
    """The same stranger is the only one of a genus, has no species, and is a species of a genus, all in one order."""
    columns, lineages = tree(3)
    families = sorted({one.names[:5] for one in lineages if one.at("order") == lineages[0].at("order")})
    assert len(families) > 1
    human = stranger(columns[0])
    own = next(one for one in lineages if one.names[:5] == families[1])
    names = [
        Lineage((*families[0], "Novus", "Novus novus")),
        Lineage((*families[1], "", "")),
        Lineage((*own.names[:6], "x y")),
    ]
    library = make_library(np.concatenate([columns, np.stack([human] * 3)]), [*lineages, *names])
    assert np.flatnonzero(aliens(library)).tolist() == [288, 289, 290]


@pytest.fixture
def deep_family() -> Callable[[list[Lineage]], ReferenceLibrary]:
    """A family of 700 references without species, about 29 % apart, and near its beginning some of one organism, 1 %
    apart; behind them another family of its order."""
    rng = np.random.default_rng(11)
    root = rng.choice(BASES, COLUMNS)
    others = [mutate(root, 0.22, rng) for _ in range(700)]
    kind = mutate(root, 0.22, rng)

    def make(names: list[Lineage]) -> ReferenceLibrary:
        more = [mutate(kind, 0.006, rng) for _ in names]
        columns = np.stack([others[0], *more, *others[1:], *(stranger(root) for _ in range(3))])
        lineages = [lineage_of_family(0), *names, *[lineage_of_family(0)] * 699, *[lineage_of_family(2)] * 3]
        return library_of(columns, lineages)

    return make


def lineage_of_family(number: int) -> Lineage:
    return Lineage((*lineage(number, 0, 0).names[:5], "", ""))


def test_one_wrong_name_makes_no_aliens_of_those_that_are_right(deep_family) -> None:
    """In a family of many far lineages only the nearest references know each other."""
    library = deep_family([lineage_of_family(0)] * 9 + [lineage_of_family(1)])
    assert not aliens(library).any()
    assert not any(set(far.rows.tolist()) & set(range(1, 10)) for far in find_far(library))


@pytest.mark.parametrize("number", [2, 3])
def test_a_species_of_several_is_no_alien_because_one_stands_under_another_name(deep_family, number: int) -> None:
    alone = Lineage((*lineage(0, 0, 0).names[:5], "Novus", "Novus novus"))
    library = deep_family([alone] * number + [lineage_of_family(1)])
    assert not aliens(library).any()
    assert [far.rank for far in find_far(library) if 1 in far.rows] == ["family"]


def test_the_only_genus_of_its_kind_is_far_but_no_alien(tree, make_library) -> None:
    columns, lineages = tree(3)
    names = Lineage((*lineages[0].names[:5], "Novus", "Novus novus"))
    library = make_library(np.concatenate([columns, stranger(columns[0])[None]]), [*lineages, names])
    assert [(far.rank, far.alien, far.rows.tolist()) for far in find_far(library)] == [("family", False, [288])]


@pytest.mark.parametrize(("to_another_family", "is_alien"), [(0.81, False), (0.83, True)])
def test_another_family_must_be_clearly_nearer_than_its_own(to_another_family: float, is_alien: bool) -> None:
    """The third reference has 80 % of the bases of its species."""
    rng = np.random.default_rng(5)
    own = rng.choice(BASES, COLUMNS)

    def differing(from_this: np.ndarray, identity: float) -> np.ndarray:
        other, places = from_this.copy(), rng.permutation(COLUMNS)[: round((1 - identity) * COLUMNS)]
        other[places] = np.where(from_this[places] == 1, 2, 1)
        return other

    odd = differing(own, 0.8)
    names = [lineage(0, 0, 0)] * 3 + [lineage(0, 0, 1), lineage(1, 0, 0)]
    columns = np.stack([own, own, odd, differing(own, 0.95), differing(odd, to_another_family)])
    library = library_of(columns, names)
    (far,) = find_far(library)
    assert (far.rows.tolist(), far.alien) == ([2], is_alien)
    assert (far.own, far.other) == pytest.approx((0.8, to_another_family), abs=0.002)


def test_a_deep_split_within_a_species_is_far_but_no_alien(tree, make_library) -> None:
    columns, lineages = tree(3)
    columns[0] = mutate(columns[0], 0.24, np.random.default_rng(2))
    library = make_library(columns, lineages)
    found = list(find_far(library))
    assert [far.rows.tolist() for far in found] == [[0]]
    assert not aliens(library).any()
    (suspect,) = find_suspects(library)
    assert (suspect.id, suspect.why, suspect.rank) == ("r0", "far", "species")


def test_pieces_of_a_barcode_that_share_no_columns_are_not_far(tree, make_library) -> None:
    columns, lineages = tree(2)
    columns[0, 320:] = 0
    columns[1, :320] = 0
    assert list(find_far(make_library(columns, lineages))) == []


def test_audit_lists_them_first(contaminated, tmp_path) -> None:
    contaminated.aliens = aliens(contaminated)
    path = tmp_path / "bad.barcodelib"
    calibrated(contaminated).save(path)
    assert load_library(path).aliens.tolist() == contaminated.aliens.tolist()
    audit = audit_library(path)
    found = audit.suspects[:3]
    assert [one.id for one in found] == ["r288", "r289", "r290"]
    assert [one.id for one in audit.suspects if one.why == "alien"] == [one.id for one in found]
    assert {one.why for one in audit.suspects[3:]} == {"stop_codon"}  # the made-up barcodes are no gene
    assert all(one.own_identity < 0.75 for one in found)
    assert any(line.split()[:2] == ["alien", "3"] for line in audit.lines())


def test_a_contradicted_alien_is_listed_as_one_with_the_name_that_is_suggested(tree, make_library, tmp_path) -> None:
    columns, lineages = tree(3)
    library = make_library(columns, [*lineages[:-1], lineages[0]])
    library.aliens = aliens(library)
    calibrated(library).save(tmp_path / "bad.barcodelib")
    audit = audit_library(tmp_path / "bad.barcodelib")
    (one,) = (suspect for suspect in audit.suspects if suspect.why == "alien")
    assert audit.suspects[0] == one
    assert (one.id, one.name, one.suggested) == ("r287", lineages[0].at("family"), lineages[-1].at("family"))
    assert library.aliens.sum() == 1
    counts = next(line for line in audit.lines() if line.startswith("suspects"))
    assert counts.endswith(f"(by rank: family 1, none {len(audit.suspects) - 1})")


def test_they_name_no_query_and_the_call_says_so(contaminated) -> None:
    contaminated.aliens = aliens(contaminated)
    classifier = Classifier([calibrated(contaminated)])
    columns = np.stack([contaminated.columns[288], contaminated.columns[0]])
    human, known = classifier.assign(vectors_of(columns), columns)
    assert human.verdict == "unplaced"
    assert human.doubtful
    assert not human.lineage.at("order")
    assert human.confidence[-1] < 0.5
    assert known.lineage.at("species") == contaminated.lineage(0).at("species")
    assert not known.doubtful


def test_masks_follow_the_references(contaminated) -> None:
    contaminated.aliens = aliens(contaminated)
    assert contaminated.select(np.array([0, 289])).aliens.tolist() == [False, True]
    assert contaminated.remove(["r288"]).aliens.sum() == 2


def test_the_nearest_of_another_family_is_found_behind_relatives(tree, make_library) -> None:
    """Thirty references of its own family have higher cosines to a far reference, as vectors are of many things."""
    columns, lineages = tree(12)
    other = next(row for row, line in enumerate(lineages) if line.at("family") != lineages[0].at("family"))
    columns[0] = columns[other]
    library = make_library(columns, lineages)
    library.stored[1:31] = library.stored[0]
    (far,) = [far for far in find_far(library) if 0 in far.rows]
    assert library.lineage(far.nearest).at("family") == lineages[other].at("family")
    assert far.alien


def test_where_relatives_do_not_tell_the_larger_part_is_the_species(tree, make_library) -> None:
    """A single reference is one point nearer to the next species of its genus than the three others of its own are."""
    columns, lineages = tree(3)
    places = np.random.default_rng(3).permutation(658)
    sister = columns[3].copy()
    columns[3:6] = sister
    columns[0:3] = sister
    own, one = places[:130], places[130:254]
    columns[0:3, own] = np.where(sister[own] == 1, 2, 1)
    extra = sister.copy()
    extra[one] = np.where(sister[one] == 1, 2, 1)
    library = make_library(np.concatenate([columns, extra[None]]), [*lineages, lineages[0]])
    assert [far.rows.tolist() for far in find_far(library) if far.rank == "species"] == [[288]]
