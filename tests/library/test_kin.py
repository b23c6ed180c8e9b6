"""How near references are to their relatives, of which a sample is compared."""

import numpy as np
import pytest

from barcodeembed.library.kin import MOST_COMPARED, Kin, highest_identity, sample
from barcodeembed.taxonomy import GENUS

ROOT = np.random.default_rng(0).choice(np.array([1, 2, 4, 8], dtype=np.uint8), 400)


def differing(places: range, start: int = 0, end: int = 400) -> np.ndarray:
    """The root with other bases at these places, as far as it was read."""
    other = ROOT.copy()
    other[places] = np.where(ROOT[places] == 1, 2, 1)
    other[:start], other[end:] = 0, 0
    return other


def taxa(*genus_and_species: tuple[int, int]) -> np.ndarray:
    return np.array([(1, 1, 1, 1, 1, genus, species) for genus, species in genus_and_species], dtype=np.int32)


@pytest.mark.parametrize("number", [3, 64, 65, 1000])
def test_a_sample_is_evenly_spread(number: int) -> None:
    rows = np.arange(number)
    chosen = sample(rows)
    assert len(chosen) == min(number, MOST_COMPARED)
    assert (chosen[0], chosen[-1]) == (0, number - 1)
    assert np.diff(chosen).max() <= np.ceil(number / MOST_COMPARED)


def test_what_can_not_be_compared_has_no_identity() -> None:
    columns = np.stack([ROOT, differing(range(0), end=199), differing(range(40))])
    nothing = np.zeros(0, dtype=np.int64)
    assert highest_identity(columns, np.array([0]), np.array([2])) == pytest.approx(0.9)
    assert highest_identity(columns, np.array([0]), np.array([1])) == -1
    assert highest_identity(columns, nothing, np.array([2])) == -1


def test_relatives_are_of_the_deepest_taxon_above_and_not_of_the_same_species() -> None:
    columns = np.stack([ROOT, ROOT, differing(range(20)), differing(range(4))])
    codes = taxa((1, 1), (1, 1), (1, 2), (2, 3))
    part = np.array([0])
    assert Kin(columns, codes).highest(part, GENUS) == pytest.approx(0.95)
    assert Kin(columns, codes, codes[:, -1] == 2).highest(part, GENUS) == pytest.approx(0.99)
    assert Kin(columns[:2], codes[:2]).highest(part, GENUS) == -1


def test_several_references_of_a_taxon_are_compared_with_its_relatives() -> None:
    """The first one may be a short piece that shares too few columns with any relative."""
    columns = np.stack([differing(range(0), end=150), ROOT, differing(range(20))])
    codes = taxa((1, 1), (1, 1), (1, 2))
    assert Kin(columns, codes).highest(np.array([0, 1]), GENUS) == pytest.approx(0.95)
