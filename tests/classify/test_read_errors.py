"""Errors of reads told from mutations, on barcodes laid on the columns of COI."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from barcodeembed.classify import read_errors
from barcodeembed.classify.candidates import evidence_of
from barcodeembed.classify.features import FEATURES
from barcodeembed.classify.read_errors import LONGEST, MOST, TOO_MANY, dense_stretches, find_errors, trusted_identity
from barcodeembed.library.hits import Hits
from barcodeembed.sequences.identity import identity
from barcodeembed.sequences.placement.anchor import shipped_anchor
from barcodeembed.sequences.placement.placements import NO_QUALITY
from barcodeembed.taxonomy import SPECIES

FREQUENCIES = shipped_anchor().profile.frequencies
THIRD = np.arange(shipped_anchor().profile.frame + 2, 658, 3)
FIXED = np.flatnonzero(FREQUENCIES.max(axis=1) > 0.98)
BASES = np.array([1, 2, 4, 8], dtype=np.uint8)


@pytest.fixture
def reference() -> np.ndarray:
    """The commonest base of each column (C,)."""
    return BASES[FREQUENCIES.argmax(axis=1)]


def hits_of(queries: np.ndarray, references: np.ndarray) -> Hits:
    """Hits of queries (Q, C) that all have these references (K, C)."""
    columns = np.broadcast_to(references, (len(queries), *references.shape)).copy()
    share, overlap = identity(queries, columns)
    rows = np.broadcast_to(np.arange(len(references)), share.shape)
    return Hits(rows, share, share, overlap, columns)


def mutated(sequence: np.ndarray, number: int, seed: int = 0) -> np.ndarray:
    """Other common bases at third codon positions."""
    rng, out = np.random.default_rng(seed), sequence.copy()
    for place in rng.choice(THIRD, number, replace=False):
        share = np.where(sequence[place] == BASES, 0, FREQUENCIES[place])
        out[place] = rng.choice(BASES, p=share / share.sum())
    return out


def misread(sequence: np.ndarray, number: int, seed: int = 0) -> np.ndarray:
    """Any other base anywhere."""
    rng, out = np.random.default_rng(seed), sequence.copy()
    for place in rng.choice(len(out), number, replace=False):
        out[place] = rng.choice(BASES[sequence[place] != BASES])
    return out


def found(queries: np.ndarray, references: np.ndarray, qualities: np.ndarray | None = None):
    hits = hits_of(queries, references)
    errors = find_errors(queries, hits, hits.columns, qualities)
    return errors, trusted_identity(queries, hits, hits.columns, errors.trust)


@pytest.mark.parametrize("number", [4, 13, 33])
def test_errors_are_counted_and_hardly_count(reference, number: int) -> None:
    queries = np.stack([misread(reference, number, seed) for seed in range(20)])
    errors, share = found(queries, reference[None])
    assert errors.expected.mean() == pytest.approx(number, rel=0.25)
    assert share.mean() > 1 - 0.3 * number / 658


@pytest.mark.parametrize("number", [4, 13, 33])
def test_mutations_are_no_errors(reference, number: int) -> None:
    queries = np.stack([mutated(reference, number, seed) for seed in range(20)])
    errors, share = found(queries, reference[None])
    assert errors.expected.mean() < 0.2 * number
    assert share.mean() == pytest.approx(1 - number / 658, abs=0.2 * number / 658)


@pytest.mark.parametrize(("odds", "believed"), [(1.0, 0), (4.0, 0), (8.0, 0), (10.0, 1), (40.0, 1)])
def test_errors_must_explain_a_read_much_better_than_mutations_do(odds: float, believed: int) -> None:
    """With odds of 8 each of two is rather an error, but the read is not e ** 4 times as likely with them."""
    of_query, compared = np.zeros(2, dtype=np.int64), np.array([658])
    assert (
        read_errors._mixture(of_query, np.full(2, odds), compared, np.array([np.inf])).round().tolist()
        == [believed] * 2
    )


def test_errors_upon_mutations_leave_the_mutations(reference) -> None:
    """A noisy read of a species at 5 % from its nearest relative is not taken for one of that relative."""
    queries = np.stack([misread(mutated(reference, 33, seed), 13, seed) for seed in range(20)])
    _, share = found(queries, reference[None])
    assert 0.03 < (1 - share).mean() < 0.06


def test_a_base_that_a_relative_has_is_no_error(reference) -> None:
    """The same rare base at a fixed column: an error where nobody has it, a mutation where a relative does."""
    query, relative = reference.copy(), reference.copy()
    places = FIXED[::40][:4]
    query[places] = [BASES[FREQUENCIES[p].argmin()] for p in places]
    relative[THIRD[::4]] = np.where(reference[THIRD[::4]] == 1, 8, 1)
    alone, _ = found(query[None], np.stack([reference, relative]))
    relative[places] = query[places]
    shared, _ = found(query[None], np.stack([reference, relative]))
    assert alone.expected[0] > 3.5
    assert shared.expected[0] < 1


def test_without_errors_nothing_changes(reference) -> None:
    queries = np.stack([reference, mutated(reference, 20)])
    hits = hits_of(queries, np.stack([reference, mutated(reference, 40, 7)]))
    errors = find_errors(queries, hits, hits.columns)
    assert (errors.trust == 1).all()
    assert (errors.expected == 0).all()
    assert (trusted_identity(queries, hits, hits.columns, errors.trust) == hits.identity).all()


@pytest.mark.parametrize("number", [70, 100])
def test_what_has_too_many_errors_is_something_else(reference, number: int) -> None:
    queries = np.stack([misread(reference, number, seed) for seed in range(20)])
    errors, share = found(queries, reference[None])
    assert np.median(share) == pytest.approx(1 - number / 658, abs=0.03)
    assert (errors.expected < 20).mean() > 0.9


def test_nearly_too_many_errors_are_believed_in_part(reference) -> None:
    differences = [(TOO_MANY - MOST) * 658 * part + MOST * 658 for part in (0.25, 0.5, 0.75)]
    queries = [np.stack([misread(reference, round(n), seed) for seed in range(20)]) for n in differences]
    shares = [np.median(found(some, reference[None])[1]) for some in queries]
    assert 0.99 > shares[0] > shares[1] > shares[2] > 1 - differences[2] / 658 + 0.01


def test_how_far_a_query_is_from_all_that_is_known_has_no_excuse(reference) -> None:
    queries = misread(reference, 33)[None]
    hits = hits_of(queries, reference[None])
    library = SimpleNamespace(codes_of=lambda rows: np.ones((*rows.shape, 7), dtype=np.int32))
    evidence = evidence_of(library, hits, queries)
    assert evidence.errors[0] > 20
    assert evidence.features[0, SPECIES, FEATURES.index("distance")] < 0.02
    assert evidence.best_identity[0] == pytest.approx(1 - 33 / 658)


def test_one_wrong_base_in_twenty_is_not_too_many(reference) -> None:
    _, share = found(np.stack([misread(reference, 33, seed) for seed in range(20)]), reference[None])
    assert share.min() > 0.98


def test_a_stretch_in_wrong_columns_is_left_out(reference) -> None:
    query = reference.copy()
    query[300:320] = reference[301:321]
    errors, share = found(query[None], reference[None])
    assert share[0, 0] == 1
    assert errors.expected[0] == 2  # the indels at its ends
    assert not errors.trust[0, 302:318][(query != reference)[302:318]].any()


def test_half_of_another_animal_is_no_stretch(reference) -> None:
    """A chimera with an utter stranger."""
    query = reference.copy()
    query[300:500] = np.random.default_rng(0).choice(BASES, 200)
    assert LONGEST < 200
    errors, share = found(query[None], reference[None])
    assert share[0, 0] == pytest.approx((query == reference).mean(), abs=1e-6)
    assert errors.expected[0] == 0


def test_dense_stretches() -> None:
    assert dense_stretches([]) == []
    assert dense_stretches([3, 6, 9, 12, 15, 18]) == []
    assert dense_stretches([10, 11, 12, 13]) == [(0, 3)]
    assert dense_stretches([1, 10, 11, 12, 13, 90, 200, 201, 203, 204, 205]) == [(1, 4), (6, 10)]


@pytest.mark.parametrize(("gap", "stretches"), [(7, [(0, 19)]), (9, [(0, 9), (10, 19)])])
def test_a_stretch_ends_where_its_score_falls_by_eight(gap: int, stretches: list[tuple[int, int]]) -> None:
    """Ten differences earn twenty: without this end a stretch would reach over 17 equal columns to the next one."""
    assert dense_stretches([*range(10), *range(10 + gap, 20 + gap)]) == stretches


def test_low_quality_makes_an_error_likelier(reference) -> None:
    """Two common bases at third positions, one of them of low quality, beside errors that show what read it is."""
    query = misread(reference, 10)
    place = next(int(p) for p in THIRD[50:] if query[p] == reference[p] and FREQUENCIES[p].max() < 0.7)
    query[place] = BASES[np.argsort(FREQUENCIES[place])[-2]]
    high, low = np.full(658, 30, np.uint8), np.full(658, 30, np.uint8)
    low[place] = 3
    trust = [found(query[None], reference[None], quality[None])[0].trust[0, place] for quality in (high, low)]
    assert trust[1] < 0.6 * trust[0]
    unknown = np.full((1, 658), NO_QUALITY, np.uint8)
    with_unknown, without = found(query[None], reference[None], unknown)[0], found(query[None], reference[None])[0]
    assert (with_unknown.trust == without.trust).all()


@pytest.mark.parametrize(("quality", "excused"), [(15, True), (25, True), (45, False)])
def test_a_read_of_high_quality_is_not_excused(reference, quality: int, excused: bool) -> None:
    """20 of 658 bases differ as errors do. Of a read of Q45 they are not errors, of one of Q25 (0.3 %) they may be."""
    query = misread(reference, 20)
    qualities = np.full((1, 658), quality, np.uint8)
    qualities[0, ::2] += 3
    errors, share = found(query[None], reference[None], qualities)
    assert bool(errors.expected[0] > 15) is excused
    assert bool(share[0, 0] > 0.985) is excused


@pytest.mark.parametrize(("quality", "number", "most"), [(33, 13, 5.5), (33, 40, 5.5), (30, 30, 10.5), (25, 80, 2.0)])
def test_qualities_limit_what_is_found(reference, quality: int, number: int, most: float) -> None:
    """A read of Q33 and Q36 may have 5 errors in 658 bases (20 times 0.04 %). 12 % of differences are too many for
    any read, also if its qualities allow 5 %."""
    qualities = np.full((20, 658), quality, np.uint8)
    qualities[:, ::2] += 3
    queries = np.stack([misread(reference, number, seed) for seed in range(20)])
    assert found(queries, reference[None], qualities)[0].expected.mean() < most


def test_qualities_that_are_all_the_same_say_nothing(reference) -> None:
    query = misread(reference, 20)
    constant = found(query[None], reference[None], np.full((1, 658), 45, np.uint8))[0]
    assert (constant.trust == found(query[None], reference[None])[0].trust).all()


def test_a_query_that_shares_no_columns_with_a_reference_has_no_errors(reference) -> None:
    query = reference.copy()
    query[40:] = 0
    far = reference.copy()
    far[:40] = 0
    hits = hits_of(query[None], far[None])
    errors = find_errors(query[None], hits, hits.columns)
    assert errors.expected[0] == 0
    assert errors.rate[0] == 0


def test_a_missing_base_within_the_read_is_an_error_and_a_missing_codon_is_none(reference) -> None:
    queries = np.stack([reference, reference, reference])
    queries[0, 200], queries[1, 200:203], queries[2, :50] = 0, 0, 0
    errors, _ = found(queries, reference[None])
    assert errors.expected.tolist() == [1, 0, 0]


@pytest.mark.parametrize("number", [13, 198, 358])
def test_a_part_that_was_not_read_is_no_error(reference, number: int) -> None:
    query = reference.copy()
    query[200 : 200 + number] = 0
    errors, _ = found(query[None], reference[None])
    assert errors.expected.tolist() == [0.0]


def test_it_does_not_depend_on_the_other_queries(reference) -> None:
    queries = np.stack([misread(mutated(reference, 20, seed), seed, seed) for seed in range(12)])
    together, share = found(queries, reference[None])
    alone, one = found(queries[7:8], reference[None])
    assert (together.trust[7] == alone.trust[0]).all()
    assert share[7, 0] == one[0, 0]
    assert replace(together, expected=together.expected[7:8]).expected[0] == alone.expected[0]
