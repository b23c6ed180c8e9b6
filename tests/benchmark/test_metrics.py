"""Metrics against computations that share no code with them."""

from itertools import product
from math import comb, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barcodeembed.benchmark import metrics


def texts(values: list[str]) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def test_a_wrong_name_is_wrong_also_where_the_true_one_is_unknown_to_the_library() -> None:
    truth = texts(["a", "b", "new", "new", "", ""])
    called = texts(["a", "a", "a", "", "a", ""])
    found = metrics.outcomes(truth, called)
    assert found.tolist() == [
        metrics.RIGHT,
        metrics.WRONG,
        metrics.WRONG,
        metrics.BLANK,
        metrics.NOT_SCORED,
        metrics.NOT_SCORED,
    ]
    assert metrics.score(found) == metrics.Score(right=1, wrong=2, blank=1)


def test_shares_of_a_score() -> None:
    score = metrics.Score(right=6, wrong=2, blank=4)
    assert (score.scored, score.accuracy, score.precision) == (12, 0.5, 0.75)
    assert score.to_dict()["recall"] == 0.5
    assert np.isnan(metrics.Score(0, 0, 0).accuracy)
    assert np.isnan(metrics.Score(0, 0, 3).precision)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("abc")), min_size=1, max_size=30))
def test_balanced_accuracy_is_the_mean_recall_of_the_classes(pairs: list[tuple[str, str]]) -> None:
    truth, called = texts([t for t, _ in pairs]), texts([c for _, c in pairs])
    recalls = [np.mean([c == name for t, c in pairs if t == name]) for name in {t for t, _ in pairs}]
    assert metrics.balanced_accuracy(truth, called) == pytest.approx(np.mean(recalls))


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40))
def test_auroc_is_the_share_of_pairs_in_order(scored: list[tuple[int, bool]]) -> None:
    high, low = [s for s, p in scored if p], [s for s, p in scored if not p]
    found = metrics.auroc(np.array([s for s, _ in scored], float), np.array([p for _, p in scored]))
    if not high or not low:
        assert np.isnan(found)
        return
    pairs = [1.0 if a > b else 0.5 if a == b else 0.0 for a, b in product(high, low)]
    assert found == pytest.approx(sum(pairs) / len(pairs))


@settings(max_examples=30)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_calibration_error_is_the_weighted_gap_of_the_bins(predictions: list[tuple[float, bool]]) -> None:
    bins: dict[int, list[tuple[float, bool]]] = {}
    for confidence, right in predictions:
        bins.setdefault(min(int(confidence * 10), 9), []).append((confidence, right))
    gaps = [abs(sum(c for c, _ in b) - sum(r for _, r in b)) for b in bins.values()]
    found = metrics.reliability(np.array([c for c, _ in predictions]), np.array([r for _, r in predictions]))
    assert found.error == pytest.approx(sum(gaps) / len(predictions))
    assert {i: n for i, n in enumerate(found.count) if n} == {i: len(b) for i, b in bins.items()}


def test_predictions_without_a_confidence_are_in_no_bin() -> None:
    found = metrics.reliability(np.array([np.nan, 0.25]), np.array([True, True]))
    assert found.count.sum() == 1
    assert found.error == pytest.approx(0.75)
    assert np.isnan(metrics.reliability(np.array([np.nan]), np.array([True])).error)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sampled_from([0.1, 0.5, 0.9, None]), st.booleans()), min_size=1, max_size=30))
def test_right_against_wrong_counts_what_lies_above_each_threshold(found: list[tuple[float | None, bool]]) -> None:
    confidence = np.array([np.nan if c is None else c for c, _ in found])
    rights, wrongs, thresholds = metrics.right_against_wrong(confidence, np.array([r for _, r in found]))
    assert thresholds.tolist() == sorted({c for c, _ in found if c is not None}, reverse=True)
    for r, w, t in zip(rights, wrongs, thresholds, strict=True):
        named = [right for c, right in found if c is not None and c >= t]
        assert r == pytest.approx(sum(named) / len(found))
        assert w == pytest.approx((len(named) - sum(named)) / len(found))


def test_harmonic_mean() -> None:
    assert metrics.harmonic_mean(0.5, 1.0) == pytest.approx(2 / 3)
    assert metrics.harmonic_mean(0.0, 0.0) == 0.0


def plain_ami(a: list[str], b: list[int]) -> float:
    """Adjusted mutual information from its definition: expectation over the hypergeometric tables."""
    n = len(a)
    rows = [a.count(name) for name in sorted(set(a))]
    columns = [b.count(name) for name in sorted(set(b))]
    cells = {(x, y): sum(p == (x, y) for p in zip(a, b, strict=True)) for x, y in zip(a, b, strict=True)}
    information = sum(k / n * log(n * k / (a.count(x) * b.count(y))) for (x, y), k in cells.items())
    expected = sum(
        k / n * log(n * k / (r * c)) * comb(c, k) * comb(n - c, r - k) / comb(n, r)
        for r in rows
        for c in columns
        for k in range(max(1, r + c - n), min(r, c) + 1)
    )
    entropies = [-sum(k / n * log(k / n) for k in counts) for counts in (rows, columns)]
    return (information - expected) / (sum(entropies) / 2 - expected)


def test_ami_follows_its_definition() -> None:
    rng = np.random.default_rng(1)
    truth = [f"bin{i}" for i in rng.integers(0, 6, 40)]
    clusters = [int(name[3:]) // 2 if rng.random() < 0.7 else int(rng.integers(0, 4)) for name in truth]
    found = metrics.adjusted_mutual_information(texts(truth), np.array(clusters))
    assert found == pytest.approx(plain_ami(truth, clusters), abs=1e-9)
    assert 0.1 < found < 0.9
    assert metrics.adjusted_mutual_information(texts(truth), np.array([int(t[3:]) for t in truth])) == pytest.approx(1)
