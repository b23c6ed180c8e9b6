"""Identity on columns is what one counts by hand: equal bases among the columns in which both have one."""

import numpy as np
import pytest

from barcodeembed.sequences.codes import SINGLE_BASE, encode
from barcodeembed.sequences.identity import identity, identity_between


def by_hand(one: np.ndarray, other: np.ndarray, where: np.ndarray) -> tuple[int, int]:
    """Equal bases and columns compared."""
    compared = [(a, b) for a, b, w in zip(one, other, where, strict=True) if w and SINGLE_BASE[[a, b]].min() >= 0]
    return sum(a == b for a, b in compared), len(compared)


@pytest.fixture
def made() -> tuple[np.ndarray, np.ndarray]:
    """Queries (6, 40) and references (6, 5, 40) that are alike in many columns, with gaps, N and mixed bases."""
    rng = np.random.default_rng(3)
    queries = encode("ACGTACGTRN-ACGTTTACG" * 2)[None].repeat(6, axis=0)
    references = queries[:, None].repeat(5, axis=1)
    for array, share in ((queries, 0.1), (references, 0.25)):
        changed = rng.random(array.shape) < share
        array[changed] = rng.choice(encode("ACGTN-Y"), changed.sum())
    references[5, :, :20] = 0  # these share few columns with their query
    return queries, references


def test_identity_and_overlap_are_those_counted_by_hand(made) -> None:
    queries, references = made
    share, overlap = identity(queries, references)
    everywhere = np.ones(queries.shape[1], dtype=bool)
    for q, k in np.ndindex(overlap.shape):
        equal, compared = by_hand(queries[q], references[q, k], everywhere)
        assert (overlap[q, k], share[q, k]) == (compared, np.float32(equal) / np.float32(compared))


@pytest.mark.parametrize("least", [1, 15, 22])
def test_identity_of_references_counts_the_columns_that_the_query_has(made, least: int) -> None:
    queries, references = made
    share = identity_between(queries, references, least)
    counted = []
    for q, i, j in np.ndindex(share.shape):
        equal, compared = by_hand(references[q, i], references[q, j], SINGLE_BASE[queries[q]] >= 0)
        expected = np.float32(equal) / np.float32(compared) if compared >= least else np.float32(np.nan)
        np.testing.assert_equal(share[q, i, j], expected)
        counted.append(compared >= least)
    assert all(counted) == (least == 1)


def test_references_that_share_no_column_have_no_identity() -> None:
    one, other = encode("ACGT----"), encode("----ACGT")
    share = identity_between(encode("ACGTACGT")[None], np.stack([one, other])[None], 1)
    np.testing.assert_equal(share[0], np.array([[1, np.nan], [np.nan, 1]], dtype=np.float32))


def test_many_queries_are_compared_as_single_ones_are() -> None:
    rng = np.random.default_rng(0)
    queries = rng.integers(0, 16, (60, 658)).astype(np.uint8)
    references = rng.integers(0, 16, (60, 40, 658)).astype(np.uint8)
    share, overlap = identity(queries, references)
    alone = [identity(queries[i : i + 1], references[i : i + 1]) for i in range(60)]
    assert np.array_equal(share, np.concatenate([one for one, _ in alone]))
    assert np.array_equal(overlap, np.concatenate([one for _, one in alone]))
    assert identity(queries[:0], references[:0])[0].shape == (0, 40)
