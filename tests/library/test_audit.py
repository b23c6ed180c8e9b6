"""The audit finds labels that were exchanged, and lists barcodes that species share."""

import numpy as np
import pytest

from barcodeembed.library.audit import find_suspects, shared_barcodes


@pytest.fixture(scope="module")
def exchanged(tree, make_library):
    """References 10 and 200 have each other's name."""
    columns, lineages = tree(5)
    lineages[10], lineages[200] = lineages[200], lineages[10]
    return make_library(columns, lineages)


def test_exchanged_labels_are_the_only_suspects(exchanged) -> None:
    suspects = {one.id: one for one in find_suspects(exchanged)}
    assert set(suspects) == {"r10", "r200"}
    one = suspects["r10"]
    assert one.rank == "family"
    assert one.name == exchanged.lineage(10).at("family")
    assert one.suggested == exchanged.lineage(11).at("family")
    assert one.identity > 0.98
    assert {"r11", "r12", "r13", "r14"} & set(one.neighbours)


def test_a_wrong_species_of_the_right_genus(tree, make_library) -> None:
    columns, lineages = tree(5)
    lineages[0] = lineages[5]
    (one,) = find_suspects(make_library(columns, lineages))
    assert (one.id, one.rank, one.suggested) == ("r0", "species", lineages[1].at("species"))
    assert one.own_identity < one.identity


def test_one_neighbour_alone_contradicts_nobody(tree, make_library) -> None:
    columns, lineages = tree(2)
    lineages[0] = lineages[2]
    assert list(find_suspects(make_library(columns, lineages))) == []


def test_a_near_species_does_not_contradict(tree, make_library) -> None:
    """One reference is at 4 % from three of another species, and at 12 % from those of its own."""
    columns, lineages = tree(5)
    columns = columns.copy()
    columns[1:3] = columns[0]
    columns[5], columns[6:10] = columns[0], columns[0]
    for rows, first, number in ((slice(5, 6), 0, 26), (slice(6, 10), 300, 53)):
        places = first + 6 * np.arange(number)
        columns[rows, places] = np.where(columns[0, places] == 1, 2, 1)
    assert lineages[0].at("genus") == lineages[5].at("genus")
    assert list(find_suspects(make_library(columns, lineages))) == []


def test_a_clean_library_has_no_suspects(library) -> None:
    assert list(find_suspects(library)) == []
    assert shared_barcodes(library) == []


@pytest.mark.parametrize("with_columns", [True, False])
@pytest.mark.parametrize("swapped", [False, True])
def test_species_with_one_barcode_and_many_records_are_no_suspects(
    tree, make_library, with_columns: bool, swapped: bool
) -> None:
    """Twenty records of each: more equal barcodes of the one than there are neighbours."""
    columns, lineages = tree(1)
    pair = [lineages[3], lineages[0]] if swapped else [lineages[0], lineages[3]]
    together = np.concatenate([columns[[0] * 40], columns[6:]])
    names = [pair[0]] * 20 + [pair[1]] * 20 + lineages[6:]
    assert pair[0].at("genus") != pair[1].at("genus")
    library = make_library(together, names)
    if not with_columns:
        library.columns = np.zeros((len(names), 0), dtype=np.uint8)
    assert list(find_suspects(library)) == []
    (shared,) = shared_barcodes(library)
    assert len(shared.ids) == 40


@pytest.mark.parametrize("with_columns", [True, False])
def test_the_own_taxon_is_looked_up_beyond_the_neighbours(tree, make_library, with_columns: bool) -> None:
    columns, lineages = tree(20, families=2, genera=1, species=2)
    lineages[0] = lineages[20]  # now of the second species, whose records are farther than the 19 of the first
    library = make_library(columns, lineages)
    expected = max((columns[0] == columns[row]).mean() for row in range(20, 40))
    if not with_columns:
        expected = float((library.stored[20:40] @ library.stored[0]).max())
        library.columns = np.zeros((len(lineages), 0), dtype=np.uint8)
    (one,) = [one for one in find_suspects(library) if one.id == "r0"]
    assert (one.rank, one.suggested) == ("species", lineages[1].at("species"))
    assert one.own_identity == pytest.approx(expected, abs=1e-5)


def test_shared_barcodes_may_differ_in_length(library) -> None:
    columns = library.columns.copy()
    columns[30] = columns[3]
    columns[30, :50] = 0
    library.columns = columns
    (one,) = shared_barcodes(library)
    assert set(one.ids) == {"r3", "r30"}
    assert set(one.names) == {library.lineage(3).at("species"), library.lineage(30).at("species")}


def beside(tree, make_library, rank: str, own: int, other: int, records: tuple[int, int] = (2, 3)):
    """Reference 0 differs in ``own`` bases from two of its taxon, and in ``other`` bases from three of another one."""
    columns, lineages = tree(1, families=4, genera=4, species=4)
    rng = np.random.default_rng(5)
    places = rng.permutation(658)
    near, far = columns[0].copy(), columns[0].copy()
    near[places[:other]] = np.where(near[places[:other]] == 1, 2, 1)
    far[places[-own:]] = np.where(far[places[-own:]] == 1, 2, 1)
    names = {
        "species": (lineages[0], lineages[1]),
        "genus": (lineages[1], lineages[4]),
        "family": (lineages[4], lineages[16]),
    }[rank]
    both = np.concatenate([columns[:1], np.stack([far] * records[0]), np.stack([near] * records[1]), columns[32:]])
    return make_library(both, [lineages[0], *[names[0]] * records[0], *[names[1]] * records[1], *lineages[32:]])


@pytest.mark.parametrize(
    ("rank", "own", "other", "is_suspect"),
    [
        ("species", 60, 5, True),  # 99.2 %
        ("species", 60, 8, False),  # 98.8 %
        ("genus", 120, 30, True),  # 95.4 %
        ("genus", 120, 36, False),  # 94.5 %
        ("family", 150, 60, True),  # 90.9 %
        ("family", 150, 70, False),  # 89.4 %
    ],
)
def test_how_near_another_taxon_must_be_to_contradict(
    tree, make_library, rank: str, own: int, other: int, is_suspect: bool
) -> None:
    library = beside(tree, make_library, rank, own, other)
    suspects = [one.rank for one in find_suspects(library) if one.id == "r0" and one.why == "contradicted"]
    assert suspects == [rank] * is_suspect


def test_a_few_bases_decide_between_two_species(tree, make_library) -> None:
    """Three of another species have this very barcode, and two of its own differ in four bases."""
    library = beside(tree, make_library, "species", 4, 0)
    (one,) = [one for one in find_suspects(library) if one.why == "contradicted"]
    assert (one.id, one.identity, one.own_identity) == ("r0", 1.0, pytest.approx(654 / 658))


def test_as_many_near_records_of_its_own_taxon_outvote_nearer_ones(tree, make_library) -> None:
    library = beside(tree, make_library, "species", 4, 1, records=(3, 3))
    assert "r0" not in {one.id for one in find_suspects(library)}


def test_the_first_reference_counts_as_a_neighbour(tree, make_library) -> None:
    """References 0 and 1 are of one species, and so is 2, which has the name of another: two contradict it."""
    columns, lineages = tree(3, within=0.0)
    lineages[2] = lineages[3]
    (one,) = find_suspects(make_library(columns, lineages))
    assert one.id == "r2"
    assert {"r0", "r1"} <= set(one.neighbours)
