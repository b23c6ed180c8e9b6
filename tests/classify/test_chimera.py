"""What two references explain and no single one is a chimera; what is merely far from all of them is none."""

import numpy as np
import pytest

from barcodeembed.classify.chimera import PART, chimeric, chimeric_hits
from barcodeembed.classify.classifier import Classifier
from barcodeembed.library.library_set import LibrarySet

FAR = 50  # rows between references of two genera of one family in a tree of 4 genera and 3 x 3 individuals


def found(query: np.ndarray, references: np.ndarray) -> bool:
    return chimeric(query, references)


def with_errors(query: np.ndarray, share: float) -> np.ndarray:
    rng = np.random.default_rng(0)
    places = rng.choice(len(query), round(share * len(query)), replace=False)
    query = query.copy()
    query[places] = [rng.choice([b for b in (1, 2, 4, 8) if b != query[p]]) for p in places]
    return query


@pytest.mark.parametrize("cut", [PART, 150, 329, 658 - PART])
def test_two_references_joined(library, cut: int) -> None:
    a, b = library.columns[0], library.columns[FAR]
    joined = np.concatenate([a[:cut], b[cut:]])
    references = library.columns[[0, 10, 20, 30, FAR, 90]]
    short = min(cut, 658 - cut) * np.mean(a != b) / 658  # what the shorter part is worth
    assert found(joined, references) == (short >= 0.03)
    assert found(joined[::-1], references[:, ::-1]) == (short >= 0.03)
    assert not found(a, references)


def test_both_parents_must_be_there(references) -> None:
    joined = np.concatenate([references.columns[0][:329], references.columns[FAR][329:]])
    assert not found(joined, references.columns[[0, 10, 20, 30, 90]])
    assert not found(joined, references.columns[[10, 20, 30, FAR, 90]])


def test_a_part_that_is_too_short_is_none(references) -> None:
    a, b = references.columns[0], references.columns[FAR]
    cut = PART - 10
    assert not found(np.concatenate([a[:cut], b[cut:]]), references.columns[[0, FAR]])


@pytest.mark.parametrize(("cut", "is_one"), [(24, False), (60, True)])
def test_a_part_has_fifty_columns(references, cut: int, is_one: bool) -> None:
    a, b = references.columns[0], references.columns[FAR].copy()
    b[:60] = np.where(a[:60] == 1, 2, 1)  # differs from the other parent in each of them
    assert found(np.concatenate([b[:cut], a[cut:]]), np.stack([a, b])) == is_one


def test_the_parents_need_not_be_met_exactly(library) -> None:
    joined = np.concatenate([library.columns[0][:329], library.columns[FAR][329:]])
    references = library.columns[[0, 10, 20, FAR, 90]]
    assert found(with_errors(joined, 0.015), references)
    assert not found(with_errors(joined, 0.045), references)


def test_a_fragment_of_a_parent_hides_nothing(references) -> None:
    a, b = references.columns[0], references.columns[FAR]
    piece = a.copy()
    piece[313:] = 0  # equal to the read in all that it has
    assert found(np.concatenate([a[:329], b[329:]]), np.stack([a, b, piece, references.columns[90]]))


def test_bases_that_a_parent_lacks_explain_nothing(references) -> None:
    """A species of its own up to the last tenth, where the query differs from it and the other has no base."""
    a, b = references.columns[0], references.columns[FAR].copy()
    query = a.copy()
    query[-60:] = with_errors(a[-60:], 0.4)
    b[-62:] = 0
    assert not found(query, np.stack([a, b]))


def test_halves_of_barcodes_are_no_parents(references) -> None:
    """Each is right for half of a read that is far from every whole reference."""
    joined = np.concatenate([references.columns[0][:329], references.columns[FAR][329:]])
    left, right = joined.copy(), joined.copy()
    left[329:], right[:329] = 0, 0
    assert not found(joined, np.stack([left, right, references.columns[20], references.columns[90]]))


def test_n_in_a_parent_is_no_difference_of_the_single_one(references) -> None:
    own = references.columns[0].copy()
    own[100:150] = 15
    assert not found(references.columns[0], np.stack([own, references.columns[FAR]]))


@pytest.mark.parametrize(("width", "is_one"), [(198, False), (202, True)])
def test_short_reads_are_not_judged(references, width: int, is_one: bool) -> None:
    a, b = references.columns[0].copy(), references.columns[FAR].copy()
    joined = np.concatenate([a[:329], b[329:]])
    joined[: 329 - width // 2], joined[329 + width // 2 :] = 0, 0
    assert found(joined, references.columns[[0, FAR]]) == is_one


def test_a_new_species_is_no_chimera(tree, references) -> None:
    columns, _ = tree(1, seed=7)  # another tree: nothing of it is near
    assert not any(found(query, references.columns[:64]) for query in columns[:20])
    rng = np.random.default_rng(0)
    for query in references.columns[:20].copy():
        places = rng.random(658) < 0.06  # 4.5 % from its own species
        query[places] = rng.choice([1, 2, 4, 8], places.sum())
        assert not found(query, references.columns[:64])


def test_the_classifier_says_so_and_leaves_the_verdict(grown, embed_columns) -> None:
    a, b = grown.references.columns[0], grown.references.columns[FAR]
    queries = np.stack([np.concatenate([a[:329], b[329:]]), a])
    with_columns = Classifier([grown]).assign(embed_columns(queries), queries)
    assert [call.chimera for call in with_columns] == [True, False]
    assert with_columns[0].verdict not in ("", "named")
    assert not any(call.chimera for call in Classifier([grown]).assign(embed_columns(queries)))


def test_a_parent_that_is_no_neighbour_is_found(grown, embed_columns) -> None:
    """Only the parent of the longer part is among four neighbours."""
    a, b = grown.references.columns[0], grown.references.columns[FAR]
    joined = np.concatenate([a[:450], b[450:]])[None]
    classifier = Classifier([grown], neighbours=4)
    hits = classifier.references.search(embed_columns(joined), joined, 4)
    assert not chimeric_hits(hits, joined, lambda query: np.zeros((0, 658), dtype=np.uint8))[0]
    assert classifier.assign(embed_columns(joined), joined)[0].chimera


def test_what_is_of_the_other_parent_is_no_error(grown, embed_columns) -> None:
    """The shorter part differs in fewer bases than a read may have errors."""
    a, b = grown.references.columns[0], grown.references.columns[FAR]
    joined = np.concatenate([a[:580], b[580:]])[None]
    assert 0.03 < (a != joined[0]).mean() < 0.06
    called = Classifier([grown]).assign(embed_columns(joined), joined)[0]
    assert called.chimera
    assert called.expected_errors == 0
    assert called.verdict != "named"


def test_hits_near_a_single_reference_are_passed_over_and_nothing_else_changes(library) -> None:
    a, b = library.columns[0], library.columns[FAR]
    half = np.concatenate([a[:200], np.zeros(458, dtype=np.uint8)])
    joined = [np.concatenate([a[:cut], b[cut:]]) for cut in (0, 20, 100, 200, 329, 500, 650)]
    near = np.concatenate([a[:100], library.columns[9][100:]])
    assert 0.03 < (library.columns != near).mean(axis=1).min() < 0.06
    queries = np.stack([*joined, half, *(with_errors(one, 0.02) for one in joined), near])
    hits = LibrarySet([library]).search(library.stored[np.zeros(len(queries), dtype=int)], queries, len(library))
    found = chimeric_hits(hits, queries, lambda query: np.zeros((0, 658), dtype=np.uint8))
    assert found.tolist() == [chimeric(*one) for one in zip(queries, hits.columns, strict=True)]
    assert found[-1]
    assert not found.all()


@pytest.mark.parametrize(("errors", "is_one"), [(18, True), (19, False)])
def test_what_two_parents_may_leave_is_three_in_a_hundred(errors: int, is_one: bool) -> None:
    """Of 600 columns; the parents differ in all of them."""
    a, b = np.full(600, 1, dtype=np.uint8), np.full(600, 2, dtype=np.uint8)
    joined = np.concatenate([a[:300], b[300:]])
    joined[100 : 100 + errors] = 4
    assert found(joined, np.stack([a, b])) == is_one
