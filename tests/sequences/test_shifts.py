"""A read with insertions and deletions lies in its columns in every part; what does not belong stays out."""

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from Bio.Seq import reverse_complement

from barcodeembed.sequences.anchor import Placements, shipped_anchor
from barcodeembed.sequences.codes import encode
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.shifts import SHIFT_BITS, TRIM_BITS, best_paths, lay, lay_in_parts

LIBRARY = Path(__file__).parents[2] / "data" / "library.tsv"


@pytest.fixture(scope="module")
def whole() -> list[str]:
    """Barcodes of 658 bases."""
    return [b.sequence for b in read_barcodes([LIBRARY]) if len(b.sequence) == 658][:40]


def with_indels(sequence: str, places: list[int], rng: random.Random) -> str:
    bases = list(sequence)
    for place in sorted(places, reverse=True):
        bases[place : place + 1] = rng.choice(["", bases[place] + rng.choice("ACGT")])
    return "".join(bases)


def same(placed: Placements, sequences: list[str]) -> np.ndarray:
    """Share of the columns that hold the base of the sequence, for each."""
    truth = np.stack([encode(s) for s in sequences])
    return (placed.columns == truth).mean(axis=1)


@pytest.mark.parametrize("places", [[120, 180], [85, 145], [190, 250], [100, 330, 560], [60, 150, 240, 330, 420, 510]])
def test_all_parts_between_indels_are_in_their_columns(whole: list[str], places: list[int]) -> None:
    rng = random.Random(0)
    placed = shipped_anchor().place([with_indels(s, places, rng) for s in whole])
    straight = same(shipped_anchor().place(whole), whole)
    assert (straight - same(placed, whole)).max() < 0.012 * len(places)
    assert all("frameshift" in f for f in placed.flags)


def test_two_indels_that_cancel_out_are_found(whole: list[str]) -> None:
    changed = [s[:200] + s[201:300] + "A" + s[300:] for s in whole]
    placed = shipped_anchor().place(changed)
    assert (same(placed, whole) > 0.97).all()
    assert all("frameshift" in f for f in placed.flags)


def test_a_missing_base_leaves_its_column_empty_and_none_stands_twice(whole: list[str]) -> None:
    placed = shipped_anchor().place([s[:300] + s[303:] for s in whole])
    assert ((placed.columns > 0).sum(axis=1) <= 655).all()
    assert ((placed.columns > 0).sum(axis=1) >= 645).all()
    assert set(placed.flags) == {"indel"}


@pytest.mark.parametrize("missing", [3, 6, 12])
def test_a_long_deletion_is_cut_where_it_is(whole: list[str], missing: int) -> None:
    placed = shipped_anchor().place([s[:300] + s[300 + missing :] for s in whole])
    assert set(placed.flags) == {"indel"}
    straight = shipped_anchor().place(whole).columns
    assert ((placed.columns == 0) & (straight > 0)).sum(axis=1).tolist() == [missing] * len(whole)
    wrong = (placed.columns > 0) & (placed.columns != straight)
    assert wrong.sum(axis=1).mean() < 8  # bases that fit at both sides leave some freedom


def test_a_long_insertion_is_cut_out(whole: list[str]) -> None:
    placed = shipped_anchor().place([s[:300] + s[100:130] + s[300:] for s in whole])
    assert all("indel" in f for f in placed.flags)
    assert (same(placed, whole) > 0.97).all()


def test_a_begin_that_is_a_few_bases_off(whole: list[str]) -> None:
    """Too few bases for a part of their own: they are left out, or stay where they do little harm."""
    placed = shipped_anchor().place([s[:14] + s[15:] for s in whole])
    assert set(placed.start) <= {0, 1}
    cut = np.array(["trimmed" in f or "frameshift" in f for f in placed.flags])
    assert cut.mean() > 0.5
    assert (same(placed, whole) > 0.97).all()


@pytest.mark.parametrize("turn", [str, reverse_complement])
def test_indels_in_the_middle_of_a_long_read(whole: list[str], turn: Callable[[str], str]) -> None:
    rng = random.Random(4)
    reads = []
    for s in whole[:8]:
        left, right = ("".join(rng.choices("ACGT", k=7000)) for _ in range(2))
        reads.append(turn(left + s[:200] + s[201:430] + s[431:] + right))
    placed = shipped_anchor().place(reads)
    assert (same(placed, whole[:8]) > 0.97).all()


@pytest.mark.parametrize("weights", [(1, 1, 1, 1), (4, 2, 1, 4)])
def test_foreign_ends_are_left_out_whole(whole: list[str], weights: tuple[int, ...]) -> None:
    rng = random.Random(1)
    reads = []
    for s in whole:
        tail = "".join(rng.choices("ACGT", weights, k=200))
        reads += [s[:458] + tail, tail + s[200:]]
    placed = shipped_anchor().place(reads)
    assert set(placed.flags) == {"trimmed"}
    covered = (placed.columns > 0).sum(axis=1)
    assert ((covered > 440) & (covered < 475)).all()
    assert set(placed.start) == {0}


def bits(rows: list[list[float]]) -> np.ndarray:
    """(1, S, C): runs of (bits, columns) at each shift."""
    return np.repeat(np.array(rows, dtype=np.float32), 50, axis=1)[None]


def test_the_path_changes_its_shift_where_that_pays() -> None:
    assert best_paths(bits([[1, -1, 1], [-1, 1, -1]]))[0, ::50].tolist() == [0, 1, 0]
    little = (SHIFT_BITS - 1) / 100  # two changes cost more than the 50 columns gain
    assert set(best_paths(bits([[1, -little, 1], [-1, little, -1]]))[0]) == {0}


def test_an_end_is_left_out_if_it_loses_more_than_it_costs() -> None:
    lost = TRIM_BITS / 50
    assert best_paths(bits([[-lost * 1.1, 1, -lost * 1.1]]))[0, ::50].tolist() == [-1, 0, -1]
    assert best_paths(bits([[-lost * 0.9, 1, -lost * 0.9]]))[0, ::50].tolist() == [0, 0, 0]


def test_the_shift_of_the_first_part_is_given() -> None:
    read = encode("".join(random.Random(2).choices("ACGT", k=120)))
    profile = np.full((120, 16), -1.0, dtype=np.float32)
    profile[np.arange(120), lay(read, 0, 120)] = 1.0
    (part,) = lay_in_parts([read[:60]], [2], profile)
    assert (part.shift, part.changes, part.trimmed) == (-2, (), False)
    assert np.array_equal(part.columns[:60], read[:60])
