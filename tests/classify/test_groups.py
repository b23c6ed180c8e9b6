"""Groups of barcodes without a name."""

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from barcodeembed.classify import groups
from barcodeembed.classify.groups import group_barcodes, learnt_threshold
from barcodeembed.sequences import pairwise
from tests.made_up_tree import BASES, lineage, mutate


@pytest.fixture
def cloud() -> tuple[np.ndarray, np.ndarray]:
    """Columns (30, 658) of three species of one genus, ten individuals each, and which species each is of."""
    rng = np.random.default_rng(3)
    genus = rng.choice(BASES, 658)
    kinds = [mutate(genus, 0.12, rng) for _ in range(3)]
    return np.array([mutate(kind, 0.006, rng) for kind in kinds for _ in range(10)]), np.repeat([0, 1, 2], 10)


def test_groups_are_species_numbered_by_their_reads(cloud) -> None:
    columns, kind = cloud
    reads = np.where(kind == 1, 50, np.where(kind == 2, 7, 3)).astype(np.int64)
    numbers = group_barcodes(columns, ["Andrena"] * 30, reads, 0.03)
    assert numbers.tolist() == [3] * 10 + [1] * 10 + [2] * 10


def test_order_of_the_input_changes_nothing(cloud) -> None:
    columns, _ = cloud
    reads = np.ones(30, dtype=np.int64)
    turned = np.random.default_rng(0).permutation(30)
    straight = group_barcodes(columns, ["a"] * 30, reads, 0.03)
    assert group_barcodes(columns[turned], ["a"] * 30, reads, 0.03).tolist() == straight[turned].tolist()


def test_barcodes_of_two_taxa_are_never_one_group(cloud) -> None:
    columns, _ = cloud
    taxa = ["a" if place % 2 else "b" for place in range(30)]
    numbers = group_barcodes(columns, taxa, np.ones(30, dtype=np.int64), 0.03)
    assert {taxon: set(numbers[np.array(taxa) == taxon]) for taxon in "ab"} == {"a": {1, 2, 3}, "b": {1, 2, 3}}


def test_barcodes_that_share_no_columns_stay_apart(cloud) -> None:
    left, right = cloud[0][0].copy(), cloud[0][0].copy()
    left[300:], right[:300] = 0, 0
    numbers = group_barcodes(np.array([left, right]), ["a", "a"], np.array([2, 1]), 0.03)
    assert numbers.tolist() == [1, 2]


def test_more_than_can_be_linked_join_the_nearest_group(cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    columns, kind = cloud
    reads = np.where(np.arange(30) % 10 < 2, 9, 1).astype(np.int64)
    said: list[str] = []
    whole = group_barcodes(columns, ["a"] * 30, reads, 0.03, warn=said.append)
    assert said == []
    assert len(set(zip(kind.tolist(), whole.tolist(), strict=True))) == 3
    for limit in ("MOST_LINKED", "MOST_COMPARED"):
        with monkeypatch.context() as patch:
            patch.setattr(groups, limit, 7)
            assert group_barcodes(columns, ["a"] * 30, reads, 0.03, warn=said.append).tolist() == whole.tolist()
    before, after, *more = said
    assert before.startswith("--groups: 30 barcodes are called 'a': comparing them takes up to about 10 seconds of")
    assert "too many barcodes called 'a' hang together: the 7 most abundant were linked" in after
    assert len(more) == 1
    assert more[0].startswith("--groups: too many barcodes called 'a'")


def test_the_cost_of_many_barcodes_of_a_taxon_is_said_before_the_work(cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(groups, "MOST_LINKED", 10)

    def grouped(columns: np.ndarray, threshold: float) -> tuple[np.ndarray, int]:
        assert len(said) == 1
        return np.ones(len(columns), dtype=np.int64), len(columns)

    monkeypatch.setattr(groups, "_grouped", grouped)
    group_barcodes(cloud[0], [""] * 30, np.ones(30, dtype=np.int64), 0.03, warn=said.append)
    assert said[0].startswith("--groups: 30 barcodes are called 'unplaced': comparing them takes")
    assert len(said) == 1


def test_barcodes_that_are_far_from_the_most_abundant_are_a_group_each(cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    columns, kind = cloud
    monkeypatch.setattr(groups, "MOST_COMPARED", 10)
    numbers = group_barcodes(columns, ["a"] * 30, np.where(kind == 0, 9, 1).astype(np.int64), 0.03)
    assert sorted(np.bincount(numbers).tolist()) == [0, *[1] * 20, 10]


def test_what_joins_no_group_of_the_most_abundant_is_linked_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """A chain of near barcodes that hangs together: its end is far from its beginning, which is linked first."""
    rng = np.random.default_rng(6)
    start = rng.choice(BASES, 658)
    chain = [start.copy() for _ in range(9)]
    for step, place in enumerate(rng.permutation(658)[: 8 * 16].reshape(8, 16), start=1):
        for later in chain[step:]:
            later[place] = np.where(start[place] == 1, 2, 1)
    columns, reads = np.array(chain), np.arange(9, 0, -1)
    whole = group_barcodes(columns, ["a"] * 9, reads, 0.026)
    monkeypatch.setattr(groups, "MOST_LINKED", 4)
    first, last = np.split(group_barcodes(columns, ["a"] * 9, reads, 0.026), [5])
    assert len(set(whole)) < 9
    assert len(set(last)) < len(last)
    assert not set(first) & set(last[1:])


def test_groups_are_those_of_linking_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chains of near barcodes: parts that no near pair connects are linked by themselves, to the same groups."""
    rng = np.random.default_rng(8)
    columns = [rng.choice(BASES, 658)]
    for step in range(119):
        columns.append(mutate(columns[-1] if step % 20 else rng.choice(BASES, 658), rng.uniform(0.002, 0.03), rng))
    made = np.array(columns)
    reads = np.arange(120, 0, -1)
    numbers = group_barcodes(made, ["a"] * 120, reads, 0.03)
    apart = (made[:, None] != made).mean(axis=2)
    whole = fcluster(linkage(squareform(apart), "average"), 0.03, criterion="distance")
    assert len(set(zip(numbers.tolist(), whole.tolist(), strict=True))) == len(set(whole)) == numbers.max()
    assert 12 < len(set(whole)) < 100
    monkeypatch.setattr(pairwise, "_AT_ONCE", 50)
    assert group_barcodes(made, ["a"] * 120, reads, 0.03).tolist() == numbers.tolist()


def test_no_barcode_is_no_group() -> None:
    empty = np.zeros((0, 658), dtype=np.uint8)
    assert group_barcodes(empty, [], np.zeros(0, dtype=np.int64), 0.03).tolist() == []


def test_the_library_sets_the_threshold(tree, make_library) -> None:
    """Individuals differ by 0.4 % twice over, species of a genus by 8 % and more: the cut lies between."""
    assert 0.01 <= learnt_threshold(make_library(*tree(3))) <= 0.06
    close = learnt_threshold(make_library(*tree(3, within=0.02)))
    assert 0.02 < close <= 0.06


def test_a_library_that_can_not_tell_has_the_usual_threshold(tree, make_library) -> None:
    assert learnt_threshold(make_library(*tree(1))) is None
    few = make_library(*tree(2, families=2, genera=2, species=2))  # 16 references, so 16 distances of each kind
    assert learnt_threshold(few) is None


def test_species_that_hardly_differ_do_not_bring_the_threshold_near_zero(make_library) -> None:
    """Individuals are equal and species differ by two bases: a cut between would make a species of each read error."""
    rng = np.random.default_rng(1)
    columns, lineages = [], []
    for genus in range(12):
        kind = rng.choice(BASES, 658)
        other = kind.copy()
        other[[100, 400]] = np.where(kind[[100, 400]] == 1, 2, 1)
        columns += [kind, kind, other, other]
        lineages += [lineage(0, genus, species) for species in (0, 0, 1, 1)]
    assert learnt_threshold(make_library(np.array(columns), lineages)) == 0.01


def test_a_few_columns_in_common_say_nothing() -> None:
    whole = np.random.default_rng(1).choice(BASES, 658)
    left, right = whole.copy(), whole.copy()
    left[360:], right[:300] = 0, 0  # 60 equal bases
    assert group_barcodes(np.array([left, right]), ["a", "a"], np.array([2, 1]), 0.03).tolist() == [1, 2]
    left[360:410] = whole[360:410]  # 110
    assert group_barcodes(np.array([left, right]), ["a", "a"], np.array([2, 1]), 0.03).tolist() == [1, 1]


def test_rare_barcodes_among_a_hundred_others_are_one_group() -> None:
    rng = np.random.default_rng(2)
    common, rare = rng.choice(BASES, (2, 658))
    columns = np.array([mutate(common, 0.005, rng) for _ in range(100)] + [mutate(rare, 0.005, rng) for _ in range(3)])
    numbers = group_barcodes(columns, ["a"] * 103, np.repeat([5, 1], [100, 3]), 0.03)
    assert numbers.tolist() == [1] * 100 + [2] * 3


def test_a_rare_barcode_that_is_far_from_all_groups_is_one_of_its_own(cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes after those that can be linked with each other."""
    monkeypatch.setattr(groups, "MOST_LINKED", 3)
    columns = cloud[0][[0, 1, 2, 3, 10]]
    assert group_barcodes(columns, ["a"] * 5, np.array([9, 9, 9, 1, 1]), 0.03).tolist() == [1, 1, 1, 1, 2]
