"""The tables find the best path that there is, whatever reads are filled beside it."""

import random

import numpy as np
import pytest

from barcodeembed.sequences.placement.band import BAND, GAP_BITS, SHIFT_BITS, TRIM_BITS, find_paths

COLUMNS = 90


@pytest.fixture(scope="module")
def profile() -> np.ndarray:
    """A profile with scores in sixteenths of a bit, so that nothing is rounded."""
    rng = np.random.default_rng(3)
    bits = np.zeros((COLUMNS, 16), dtype=np.float32)
    bits[:, [1, 2, 4, 8]] = np.rint(rng.uniform(-5, 2, (COLUMNS, 4)) * 16) / 16
    return bits


def made_read(profile: np.ndarray, rng: random.Random, *, errors: bool = True) -> np.ndarray:
    bases = [1 << int(column[[1, 2, 4, 8]].argmax()) for column in profile]
    for place in sorted(rng.sample(range(COLUMNS), 6), reverse=True) if errors else ():
        bases[place : place + 1] = rng.choice([[], [1, bases[place]], [2], [8, 4, 2, 1, bases[place]]])
    return np.array(bases[rng.randrange(10) :], dtype=np.uint8)


def best_score(read: np.ndarray, start: int, profile: np.ndarray) -> float:
    """The score of the best path, cell by cell as it is defined."""
    shifts = range(2 * BAND + 1)

    def earned(column: int, shift: int) -> float:
        base = column - start + BAND - shift
        return float(profile[column, read[base]]) if 0 <= base < len(read) else 0.0

    before = {shift: earned(0, shift) for shift in shifts}
    best = max(before.values()) - TRIM_BITS
    for column in range(1, COLUMNS):
        floor = max(max(before.values()) - SHIFT_BITS, -TRIM_BITS)
        now = {}
        for shift in shifts:
            arriving = max(before[shift], before.get(shift + 1, -np.inf) - GAP_BITS, floor) + earned(column, shift)
            now[shift] = max(arriving, before.get(shift - 1, -np.inf) - GAP_BITS)
        before = now
        best = max(best, max(now.values()) - (TRIM_BITS if column < COLUMNS - 1 else 0))
    return best


def path_score(bases: np.ndarray, read: np.ndarray, profile: np.ndarray) -> float:
    """What a path of surplus and missing bases alone earns; its ends are not left out."""
    covered = np.flatnonzero(bases >= 0)
    gaps = np.abs(np.diff(covered) - np.diff(bases[covered])).sum()
    return float(profile[covered, read[bases[covered]]].sum() - GAP_BITS * gaps)


def test_the_best_path_is_found_and_scores_what_it_says(profile: np.ndarray) -> None:
    rng = random.Random(1)
    reads = [made_read(profile, rng) for _ in range(31)]
    starts = np.array([COLUMNS - len(read) + rng.randrange(-3, 4) for read in reads])
    paths = find_paths(reads, starts, profile)
    expected = [best_score(read, start, profile) for read, start in zip(reads, starts.tolist(), strict=True)]
    assert paths.score.tolist() == expected
    stepwise = [i for i in range(len(reads)) if not paths.jumping[i] and paths.bases[i, -1] == len(reads[i]) - 1]
    whole = [i for i in stepwise if paths.bases[i].max() >= 0 and 0 in paths.bases[i]]
    assert len(whole) > 10
    assert [path_score(paths.bases[i], reads[i], profile) for i in whole] == [expected[i] for i in whole]


def test_a_path_does_not_depend_on_the_reads_beside_it(profile: np.ndarray) -> None:
    rng = random.Random(2)
    reads = [made_read(profile, rng)[: rng.choice([20, 50, 90])] for _ in range(12)]
    starts = np.array([rng.randrange(-5, 60) for _ in reads])
    together = find_paths(reads, starts, profile)
    for i, read in enumerate(reads):
        alone = find_paths([read], starts[i : i + 1], profile)
        assert (alone.bases[0] == together.bases[i]).all()
        assert alone.score[0] == together.score[i]
        assert alone.n_moves[0] == together.n_moves[i]


def test_a_run_of_more_than_64_columns_is_one(profile: np.ndarray) -> None:
    read = made_read(profile, random.Random(5), errors=False)
    paths = find_paths([read], np.array([COLUMNS - len(read)]), profile)
    assert paths.n_moves.tolist() == [0]
    assert paths.bases[0].tolist() == [max(c - COLUMNS + len(read), -1) for c in range(COLUMNS)]


def test_a_path_is_the_same_beside_a_read_with_ambiguous_bases(profile: np.ndarray) -> None:
    rng = random.Random(7)
    reads = [made_read(profile, rng) for _ in range(9)]
    reads[4][10:12] = 15  # N earns as much as no base
    starts = np.array([COLUMNS - len(read) for read in reads])
    ambiguous = reads[0] | np.uint8(2)
    beside = find_paths([*reads, ambiguous], np.r_[starts, starts[0]], profile)
    alone = find_paths(reads, starts, profile)
    assert (alone.bases == beside.bases[:-1]).all()
    assert alone.score.tolist() == beside.score[:-1].tolist()
