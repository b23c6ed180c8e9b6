"""A read with insertions and deletions lies in its columns in every part; what does not belong stays out."""

import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from Bio.Seq import reverse_complement

from barcodeembed.sequences.codes import encode
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.placement import alignment
from barcodeembed.sequences.placement.alignment import align, changes_of
from barcodeembed.sequences.placement.anchor import shipped_anchor
from barcodeembed.sequences.placement.band import GAP_BITS
from barcodeembed.sequences.placement.placements import Placements

LIBRARY = Path(__file__).parents[3] / "data" / "library.tsv"


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


def test_a_missing_base_costs_a_gap() -> None:
    read = encode("".join(random.Random(2).choices("ACGT", k=120)))
    profile = np.full((120, 16), -1.0, dtype=np.float32)
    profile[np.arange(120), read] = 1.0
    straight, score = align([read], [2], profile)
    assert straight[0].tolist() == list(range(120))
    assert score[0] == 120
    shifted = np.delete(read, 60)
    moved, score = align([shifted], [0], profile)
    assert score[0] == 119 - GAP_BITS
    assert changes_of(moved).by.tolist() == [1]


def noisy(sequence: str, rate: float, rng: random.Random) -> tuple[str, list[int]]:
    """A read with errors, and the column of each of its bases; -1 for one too many."""
    bases, columns = [], []
    for column, base in enumerate(sequence):
        kind = rng.random() if rng.random() < rate else 1.0
        if kind < 0.35:
            continue
        if kind < 0.6:
            bases.append(rng.choice("ACGT"))
            columns.append(-1)
        bases.append(rng.choice("ACGT".replace(base, "")) if 0.6 <= kind < 1 else base)
        columns.append(column)
    return "".join(bases), columns


@pytest.mark.parametrize(("rate", "least"), [(0.01, 0.99), (0.03, 0.98), (0.05, 0.97)])
@pytest.mark.parametrize("turn", [str, reverse_complement])
def test_reads_with_errors_lie_in_their_columns(
    whole: list[str], turn: Callable[[str], str], rate: float, least: float
) -> None:
    rng = random.Random(3)
    made = [noisy(s, rate, rng) for s in whole]
    placed = shipped_anchor().place([turn(read) for read, _ in made])
    assert placed.placed.all()
    right = [
        placed.columns[i][column] == code
        for i, (read, columns) in enumerate(made)
        for column, code in zip(columns, encode(read), strict=True)
        if column >= 0
    ]
    assert np.mean(right) >= least


@pytest.mark.parametrize(("left", "right"), [(230, 230), (150, 150), (300, 350), (60, 90)])
@pytest.mark.parametrize("between", ["N" * 10, "N" * 30, "n" * 8])
def test_pairs_joined_by_n_lie_both_in_their_columns(whole: list[str], left: int, right: int, between: str) -> None:
    placed = shipped_anchor().place([s[:left] + between.upper() + s[-right:] for s in whole])
    expected = np.stack([encode(s) for s in whole])
    expected[:, left:-right] = 0
    known = np.where(placed.columns == encode("N"), 0, placed.columns)
    assert (known == expected).all(axis=1).mean() > 0.95
    assert all(set(f.split(",")) <= {"joined", ""} for f in placed.flags)


@pytest.mark.parametrize("run", [10, 18, 30])
def test_what_follows_a_run_of_n_and_fits_nowhere_is_left_out(whole: list[str], run: int) -> None:
    # One part of two is laid: no column changes its place, and there is nothing to be joined.
    placed = shipped_anchor().place([s[70:300] + "N" * run + "ACGTTGCAAC" for s in whole])
    assert placed.placed.all()
    assert set(placed.flags) == {"trimmed"}


def test_pairs_that_overlap_are_laid_over_each_other(whole: list[str]) -> None:
    placed = shipped_anchor().place([s[:400] + "N" * 10 + s[-400:] for s in whole])
    assert (same(placed, whole) > 0.99).all()
    assert set(placed.second) == {""}


@pytest.mark.parametrize(("begin", "missing"), [(200, 61), (300, 61), (250, 150)])
def test_a_long_gap_costs_no_bases(whole: list[str], begin: int, missing: int) -> None:
    placed = shipped_anchor().place([s[:begin] + s[begin + missing :] for s in whole])
    covered = (placed.columns > 0).sum(axis=1)
    assert (covered >= 658 - missing - 2).all()
    assert all("joined" in f for f in placed.flags)
    assert (placed.flags == "joined").mean() > 0.9  # a few bases at the cut fit behind another gap by chance
    assert (same(placed, whole) > (658 - missing - 12) / 658).all()


PRIMER, BEHIND = "GGTCAACAAATCATAAAGATATTGG", "TGATTTTTTGGTCACCCTGAAGTTTA"


def test_a_second_barcode_is_flagged_with_its_place(whole: list[str]) -> None:
    one, other = (PRIMER + s + BEHIND for s in (whole[0], whole[5]))
    reads = [one + other, one + reverse_complement(other), one + reverse_complement(one), one + one, one]
    placed = shipped_anchor().place(reads)
    assert ["second_barcode" in flags for flags in placed.flags] == [True] * 4 + [False]
    # The strand and start of both, whichever is called the first.
    places = [
        {f"{strand}:{start}", second}
        for strand, start, second in zip(placed.strand, placed.start, placed.second, strict=True)
    ]
    assert places == [
        {"+:-25", f"+:{-25 - len(one)}"},
        {"+:-25", "-:-25"},
        {"+:-25", "-:-25"},
        {"+:-25", f"+:{-25 - len(one)}"},
        {"+:-25", ""},
    ]
    assert all((same(placed.select(np.array([i])), whole[k : k + 1]) > 0.99).any() for i, k in ((2, 0), (3, 0), (4, 0)))


def test_flanks_are_no_second_barcode(whole: list[str]) -> None:
    rng = random.Random(7)
    left, right = ("".join(rng.choices("ACGT", (4, 2, 1, 4), k=800)) for _ in range(2))
    placed = shipped_anchor().place([left + s + right for s in whole])
    assert set(placed.second) == {""}
    assert set(placed.flags) == {""}


@pytest.mark.parametrize("between", ["N" * 10, "N" * 40])
def test_barcodes_of_two_templates_are_two_whatever_divides_them(between: str) -> None:
    barcodes = [b for b in read_barcodes([LIBRARY], labelled=True) if len(b.sequence) == 658]
    families = {b.lineage.at("family"): b.sequence for b in barcodes}
    pairs = [(a, b) for a, b in pairwise(families.values()) if sum(x != y for x, y in zip(a, b, strict=True)) > 110]
    assert len(pairs) > 30
    placed = shipped_anchor().place([a + between + b for a, b in pairs])
    assert all("second_barcode" in flags for flags in placed.flags)
    assert all(placed.second)


@pytest.mark.parametrize(("overlap", "errors"), [(100, 0.02), (100, 0.05), (242, 0.0), (242, 0.05), (450, 0.05)])
def test_two_reads_of_one_template_are_one_whatever_their_errors(whole: list[str], overlap: int, errors: float) -> None:
    """Two reads with 5 % errors each differ in a tenth of their bases."""
    rng = random.Random(overlap)

    def read(sequence: str) -> str:
        return "".join(rng.choice("ACGT".replace(base, "")) if rng.random() < errors else base for base in sequence)

    half = (658 + overlap) // 2
    placed = shipped_anchor().place([read(s[:half]) + "N" * 10 + read(s[-half:]) for s in whole])
    assert set(placed.second) == {""}


def test_no_path_that_would_be_simpler_is_passed_over(whole: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(11)
    places = [rng.sample(range(40, 620), rng.randrange(1, 6)) for _ in whole]
    close = [[place, place + rng.randrange(3, 25)] for place in rng.sample(range(40, 600), len(whole))]
    reads = [with_indels(s, some, rng) for s, some in zip([*whole, *whole], [*places, *close], strict=True)]
    chosen = shipped_anchor().place(reads)
    may_be_simpler, looked_at = alignment._may_be_simpler, []

    def all_of_them(bases: np.ndarray, *given: Any) -> np.ndarray:
        looked_at.append(int(may_be_simpler(bases, *given).sum()))
        return np.ones(len(bases), dtype=bool)

    monkeypatch.setattr(alignment, "_may_be_simpler", all_of_them)
    assert (shipped_anchor().place(reads).columns == chosen.columns).all()
    assert 0 < sum(looked_at) < len(reads) / 2
