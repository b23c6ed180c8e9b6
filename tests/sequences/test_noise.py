import numpy as np
import pytest

from barcodeembed.sequences.noise import ERROR_KINDS, with_errors

SEQUENCE = "".join(np.random.default_rng(0).choice(list("ACGT"), 5000))


def test_no_errors_at_rate_zero() -> None:
    copy, origin = with_errors(SEQUENCE, 0.0, ERROR_KINDS["mixed"], np.random.default_rng(1))
    assert copy == SEQUENCE
    assert (origin == np.arange(5000)).all()


def test_substitutions_change_bases_and_nothing_else() -> None:
    copy, _ = with_errors(SEQUENCE, 0.1, ERROR_KINDS["substitutions"], np.random.default_rng(1))
    assert len(copy) == 5000
    assert sum(a != b for a, b in zip(copy, SEQUENCE, strict=True)) == pytest.approx(500, rel=0.15)


@pytest.mark.parametrize(("shares", "length"), [((0, 1, 0), 4500), ((0, 0, 1), 5500)])
def test_deletions_and_insertions(shares: tuple[float, float, float], length: int) -> None:
    copy, origin = with_errors(SEQUENCE, 0.1, shares, np.random.default_rng(1))
    assert len(copy) == len(origin) == pytest.approx(length, abs=100)
    first = np.r_[True, np.diff(origin) > 0]
    assert all(copy[i] == SEQUENCE[origin[i]] for i in np.flatnonzero(first))


def test_the_rate_may_differ_by_base() -> None:
    rate = np.where(np.arange(5000) < 1000, 0.5, 0.0)
    copy, _ = with_errors(SEQUENCE, rate, ERROR_KINDS["substitutions"], np.random.default_rng(1))
    different = np.array([a != b for a, b in zip(copy, SEQUENCE, strict=True)])
    assert 400 < different[:1000].sum() < 600
    assert not different[1000:].any()


def test_ambiguous_bases_may_become_any_base() -> None:
    copy, _ = with_errors("N" * 100, 1.0, ERROR_KINDS["substitutions"], np.random.default_rng(1))
    assert set(copy) == set("ACGT")
