"""Real barcodes (data/library.tsv) find their columns, however they come; what is no barcode does not."""

import random
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from Bio.Seq import reverse_complement

from barcodeembed.sequences.codes import decode, encode
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.genetic_codes import STOPS_IN_ALL, count_codons
from barcodeembed.sequences.placement.anchor import shipped_anchor
from barcodeembed.sequences.placement.placements import NO_QUALITY

LIBRARY = Path(__file__).parents[3] / "data" / "library.tsv"
FORWARD_PRIMER = "GGTCAACAAATCATAAAGATATTGG"
REVERSE_PRIMER = "TAAACTTCAGGGTGACCAAAAAATCA"


@cache
def full_length() -> list[str]:
    """Barcodes of exactly 658 bases that start in column 0."""
    sequences = [b.sequence for b in read_barcodes([LIBRARY]) if len(b.sequence) == 658]
    placed = shipped_anchor().place(sequences)
    return [s for s, start in zip(sequences, placed.start, strict=True) if start == 0][:60]


def test_full_length_barcodes_start_in_column_0() -> None:
    sequences = [b.sequence for b in read_barcodes([LIBRARY]) if len(b.sequence) == 658]
    placed = shipped_anchor().place(sequences)
    assert (placed.start == 0).mean() > 0.98
    assert set(placed.strand) == {"+"}
    assert placed.stops.sum() == 0
    assert [decode(row) for row in placed.columns[:5]] == sequences[:5]


def test_what_is_placed_scores_thirty_bits() -> None:
    """Short pieces of barcodes score from 5 to 40 bits; random reads reach 18."""
    pieces = [s[begin : begin + 22] for s in full_length() for begin in (100, 300, 500)]
    placed = shipped_anchor().place(pieces)
    bits = placed.score * (placed.columns > 0).sum(axis=1)
    assert placed.placed.any()
    assert not placed.placed.all()
    assert (bits[placed.placed] >= 29.9).all()


def wrong_at_every(k: int) -> list[str]:
    """Barcodes in which every k-th base is another one."""
    other = {"A": "C", "C": "G", "G": "T", "T": "G"}
    return ["".join(other.get(b, b) if i % k == 0 else b for i, b in enumerate(s)) for s in full_length()[:20]]


def test_a_read_that_fits_badly_all_along_is_not_placed() -> None:
    """It earns more than thirty bits, but over 658 columns: less than a quarter of a bit each."""
    placed = shipped_anchor().place([*wrong_at_every(5), *wrong_at_every(3)])
    assert placed.placed.any()
    assert not placed.placed.all()
    assert (placed.score[placed.placed] >= 0.25).all()


def test_a_read_is_divergent_below_three_quarters_of_a_bit() -> None:
    placed = shipped_anchor().place([s for k in (7, 9) for s in wrong_at_every(k)])
    assert 0 < (placed.score < 0.75).sum() < len(placed)
    assert ["divergent" in flags.split(",") for flags in placed.flags] == (placed.score < 0.75).tolist()


@pytest.mark.parametrize("turn", [str, reverse_complement])
def test_a_part_of_a_barcode_is_found_within_a_long_foreign_read(turn) -> None:
    """No window of 4,096 bases fits, as the foreign bases on both sides cost more than the part earns; a piece does."""
    rng = random.Random(5)
    left, right = ("".join(rng.choices("ACGT", k=4000)) for _ in range(2))
    placed = shipped_anchor().place([turn(left + s[254:404] + right) for s in full_length()[:10]])
    assert placed.placed.all()
    assert [decode(row[254:404]) for row in placed.columns] == [s[254:404] for s in full_length()[:10]]


@pytest.mark.parametrize("begin", [0, 240, 345, 500])
@pytest.mark.parametrize("length", [130, 313])
def test_fragments_lie_where_they_were_cut(begin: int, length: int) -> None:
    if begin + length > 658:
        pytest.skip("beyond the region")
    pieces = [s[begin : begin + length] for s in full_length()]
    placed = shipped_anchor().place(pieces)
    assert placed.start.tolist() == [begin] * len(pieces)


@pytest.mark.parametrize(
    "change",
    [
        reverse_complement,
        lambda s: FORWARD_PRIMER + s,
        lambda s: FORWARD_PRIMER + s + reverse_complement(REVERSE_PRIMER),
        lambda s: REVERSE_PRIMER + reverse_complement(s) + reverse_complement(FORWARD_PRIMER),
    ],
)
def test_strand_and_primers_change_nothing(change) -> None:
    plain = shipped_anchor().place(full_length())
    changed = shipped_anchor().place([change(s) for s in full_length()])
    assert np.array_equal(plain.columns, changed.columns)


def test_placement_does_not_depend_on_the_batch() -> None:
    mixed = [*full_length(), full_length()[0][100:240], "ACGT" * 2000]
    together = shipped_anchor().place(mixed)
    for i in (0, 7, len(mixed) - 2, len(mixed) - 1):
        alone = shipped_anchor().place([mixed[i]])
        assert np.array_equal(alone.columns[0], together.columns[i])
        assert alone.flags[0] == together.flags[i]


def test_random_and_shuffled_dna_is_not_placed() -> None:
    rng = random.Random(0)
    reads = ["".join(rng.choices("ACGT", weights, k=n)) for weights in ((1, 1, 1, 1), (4, 2, 1, 4)) for n in (150, 658)]
    reads += ["".join(rng.sample(s, len(s))) for s in full_length()]
    placed = shipped_anchor().place(reads)
    assert not placed.placed.any()
    assert not placed.columns.any()
    assert set(placed.flags) == {""}


def test_a_barcode_is_found_in_a_long_read() -> None:
    rng = random.Random(1)
    barcode = full_length()[0]
    left, right = ("".join(rng.choices("ACGT", k=n)) for n in (9000, 5000))
    placed = shipped_anchor().place([left + barcode + right, reverse_complement(left + barcode + right)])
    assert [decode(row) for row in placed.columns] == [barcode] * 2
    assert placed.strand.tolist() == ["+", "-"]
    assert placed.start.tolist() == [-9000, -9000]


def test_a_missing_base_is_a_frameshift_and_both_parts_are_placed() -> None:
    s = full_length()[0]
    placed = shipped_anchor().place([s[:300] + s[301:], s[:300] + s[303:], s[:300] + "C" + s[300:]])
    assert ["frameshift" in f for f in placed.flags] == [True, False, True]
    assert "indel" in placed.flags[1]
    assert placed.start.tolist() == [0, 0, 0]
    same = placed.columns == encode(s)
    assert (same.sum(axis=1) > 640).all()


def test_the_start_is_that_of_the_first_base_where_the_left_part_is_the_shifted_one() -> None:
    s = full_length()[0]
    placed = shipped_anchor().place([s[:150] + s[151:], s[:150] + "AAA" + s[150:], s])
    assert placed.start.tolist() == [0, 0, 0]


def test_adapter_at_an_end_is_left_out() -> None:
    rng = random.Random(3)
    s = full_length()[0]
    adapter = "".join(rng.choices("ACGT", k=100))
    placed = shipped_anchor().place([s[:400] + adapter])
    assert "trimmed" in placed.flags[0]
    assert abs(int((placed.columns[0] > 0).sum()) - 400) <= 6


def test_a_stop_codon_is_counted_and_flagged() -> None:
    s = full_length()[0]
    broken = s[:301] + "TAA" + s[304:]
    placed = shipped_anchor().place([s, broken])
    assert placed.stops.tolist() == [0, 1]
    assert "stop_codon" in placed.flags[1]


def test_stops_are_counted_in_frame_only() -> None:
    columns = np.zeros((2, 658), dtype=np.uint8)
    columns[0, 1:4] = encode("TAG")
    columns[1, 2:5] = encode("TAG")
    assert count_codons(columns, 1, STOPS_IN_ALL).tolist() == [1, 0]


def test_empty_and_tiny_reads() -> None:
    placed = shipped_anchor().place(["", "A", "N" * 200])
    assert not placed.placed.any()
    assert len(shipped_anchor().place([])) == 0


def test_qualities_go_with_the_bases() -> None:
    whole = full_length()[0]
    quality = bytes(i % 60 for i in range(658))
    cut = whole[:300] + whole[303:]
    reads = [whole, reverse_complement(whole), FORWARD_PRIMER + whole, cut, reverse_complement(cut), whole]
    of_cut = quality[:300] + quality[303:]
    given = [quality, quality[::-1], bytes(25) + quality, of_cut, of_cut[::-1], b""]
    placed = shipped_anchor().place(reads, given)
    expected = np.frombuffer(quality, np.uint8)
    assert (placed.qualities[:3] == expected).all()
    assert (placed.qualities[5] == NO_QUALITY).all()
    for row in (3, 4):
        covered = placed.columns[row] > 0
        assert covered.sum() == 655
        assert (placed.qualities[row] != NO_QUALITY).tolist() == covered.tolist()
        assert (placed.qualities[row][covered] == expected[covered]).mean() > 0.98


def test_expected_errors_are_the_sum_of_the_probabilities() -> None:
    whole = full_length()[0]
    primer = bytes([2] * len(FORWARD_PRIMER))
    reads = [whole, FORWARD_PRIMER + whole, whole, "ACGT" * 150]
    placed = shipped_anchor().place(reads, [bytes([20] * 658), primer + bytes([10] * 658), b"", bytes(600)])
    assert placed.expected_errors[:2] == pytest.approx([6.58, 65.8])
    assert np.isnan(placed.expected_errors[2:]).all()
    assert placed.select(np.array([1])).expected_errors == pytest.approx([65.8])
    assert len(shipped_anchor().place([]).expected_errors) == 0


def test_where_two_places_fit_equally_the_reads_beside_it_do_not_decide() -> None:
    """A palindrome fits as well on the other strand, a concatemer elsewhere: its scores differ by rounding alone."""
    equal = []
    for i, s in enumerate(full_length()[:20]):
        part = s[5 * i : 300 + 15 * i]
        equal += [part + "N" * (i % 5) + reverse_complement(part), part + "ACGTTGCA" + part]
    together = shipped_anchor().place(equal)
    for i, read in enumerate(equal):
        alone = shipped_anchor().place([read])
        assert (alone.strand[0], alone.start[0]) == (together.strand[i], together.start[i])
        assert np.array_equal(alone.columns[0], together.columns[i])
    assert (together.strand == "+").all()
