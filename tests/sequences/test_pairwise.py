"""Distances between barcodes of one set."""

import numpy as np
import pytest

from barcodeembed.sequences import pairwise
from barcodeembed.sequences.pairwise import LEAST_COLUMNS, Pairwise
from tests.made_up_tree import BASES, mutate


@pytest.fixture
def columns() -> np.ndarray:
    """Columns (9, 658): alike in most, with ambiguous bases, gaps, and a last one that covers 80 columns."""
    rng = np.random.default_rng(4)
    kind = rng.choice(BASES, 658)
    made = np.array([mutate(kind, 0.05, rng) for _ in range(9)])
    made[1, 300:] = 0
    made[2, 40:90] = 15
    made[3, ::7] = 5
    made[8, 80:] = 0
    return made


def by_hand(one: np.ndarray, other: np.ndarray) -> np.float32:
    both = np.isin(one, BASES) & np.isin(other, BASES)
    if both.sum() < LEAST_COLUMNS:
        return np.float32(1)
    return np.float32((one != other)[both].sum()) / np.float32(both.sum())


def test_distances_are_those_of_counting_columns(columns: np.ndarray) -> None:
    rows = np.arange(9)
    found = Pairwise(columns).distances(rows, rows[::-1])
    assert found.tolist() == [[by_hand(one, other) for other in columns[::-1]] for one in columns]
    assert (found[8] == 1).all()


@pytest.mark.parametrize("side", [1, 4, 9])
def test_every_pair_is_in_one_block(columns: np.ndarray, side: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairwise, "_AT_ONCE", side)
    rows = np.array([7, 0, 3, 1, 5, 2])
    pairs = Pairwise(columns)
    seen = np.zeros((6, 6), dtype=int)
    for top, left, apart in pairs.blocks(rows):
        there = np.ix_(range(top, top + apart.shape[0]), range(left, left + apart.shape[1]))
        assert apart.tolist() == pairs.distances(rows, rows)[there].tolist()
        seen[there] += 1
    assert (np.triu(seen) == np.triu(np.ones((6, 6)))).all()


@pytest.mark.parametrize("side", [1, 2, 9])
def test_the_nearest_is_the_first_of_equals(columns: np.ndarray, side: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairwise, "_AT_ONCE", side)
    twice = np.concatenate([columns, columns])
    apart, place = Pairwise(twice).nearest(np.array([0, 4, 8]), np.array([5, 13, 4, 0]))
    assert place.tolist() == [3, 1, 0]
    assert apart[1:].tolist() == [0, 1]


@pytest.mark.parametrize("side", [1, 2, 9])
def test_pairs_may_be_skipped(columns: np.ndarray, side: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairwise, "_AT_ONCE", side)
    pairs = Pairwise(np.concatenate([columns, columns]))
    rows = np.array([0, 4, 9])
    apart, place = pairs.nearest(rows, rows, lambda some, others: some[:, None] == others)
    assert apart.tolist() == [0, pairs.distances(rows[[1]], rows[[0]])[0, 0], 0]
    assert place.tolist() == [2, 0, 0]
    apart, place = pairs.nearest(rows, rows, lambda some, others: np.ones((len(some), len(others)), dtype=bool))
    assert np.isinf(apart).all()
    assert place.tolist() == [0, 0, 0]
