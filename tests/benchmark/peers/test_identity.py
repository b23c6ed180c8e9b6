"""Nearest by identity against a plain loop over columns."""

import numpy as np
import pytest

from barcodeembed.benchmark.peers import identity
from barcodeembed.sequences.codes import encode


def plain(query: np.ndarray, reference: np.ndarray) -> tuple[int, int]:
    """Equal bases and compared columns, one column after another."""
    single = {1, 2, 4, 8}
    both = [(a, b) for a, b in zip(query.tolist(), reference.tolist(), strict=True) if a in single and b in single]
    return sum(a == b for a, b in both), len(both)


def columns(seed: int, n: int, width: int = 60) -> np.ndarray:
    """Random codes: mostly bases, some N, Y, and uncovered ends."""
    rng = np.random.default_rng(seed)
    codes = rng.choice(np.array([1, 2, 4, 8, 15, 10], np.uint8), (n, width), p=[0.23, 0.23, 0.23, 0.23, 0.04, 0.04])
    for row in codes:
        row[: rng.integers(0, 20)] = 0
        row[width - rng.integers(0, 20) :] = 0
    return codes


@pytest.mark.parametrize("k", [1, 3])
def test_neighbours_are_those_of_a_plain_loop(monkeypatch: pytest.MonkeyPatch, k: int) -> None:
    monkeypatch.setattr(identity, "QUERY_BLOCK", 7)
    monkeypatch.setattr(identity, "REFERENCE_BLOCK", 11)
    queries, references = columns(1, 20), columns(2, 50)
    references[30] = references[5]  # equal references: the earlier one comes first
    found, overlap, rows = identity.nearest(queries, references, k)
    for q, query in enumerate(queries):
        least = 0.5 * sum(base in (1, 2, 4, 8) for base in query)
        pairs = [(r, *plain(query, reference)) for r, reference in enumerate(references)]
        ranked = sorted((p for p in pairs if p[2] >= least), key=lambda p: (-p[1] / p[2], -p[2], p[0]))[:k]
        assert rows[q].tolist() == [r for r, _, _ in ranked]
        assert overlap[q].tolist() == [n for _, _, n in ranked]
        assert found[q] == pytest.approx([equal / n for _, equal, n in ranked])


def test_a_query_that_shares_too_few_columns_has_no_neighbour() -> None:
    query, reference = encode("ACGTACGTAA----------".replace("-", "N")), encode("NNNNNNNNAACCCCCCCCCC")
    found, overlap, rows = identity.nearest(query[None], reference[None], 2)
    assert rows.tolist() == [[-1, -1]]
    assert overlap.tolist() == [[0, 0]]
    assert np.isnan(found).all()
    assert identity.nearest(query[None], reference[None], 1, min_overlap=0.2)[2].tolist() == [[0]]
