"""The features of a candidate, each computed by hand for one query."""

import numpy as np
import pytest

from barcodeembed.classify.features import COSINE_FEATURES, FEATURES, features_of
from barcodeembed.classify.neighbours import Neighbours
from barcodeembed.library.hits import Hits
from barcodeembed.taxonomy import RANKS

GENUS, SPECIES = RANKS.index("genus"), RANKS.index("species")

COLUMNS = 600
DISTANCE = [0.01, 0.03, 0.06, 0.10]
COSINE = [0.90, 0.85, 0.60, 0.50]
APART = [[0.0, 0.04, 0.05, 0.08], [0.04, 0.0, 0.07, 0.09], [0.05, 0.07, 0.0, 0.02], [0.08, 0.09, 0.02, 0.0]]
"""Of four neighbours: distance and cosine to the query, and distances between them."""


def neighbours(
    genera: list[int], species: list[int], *, distance: list[float] = DISTANCE, overlap: int = COLUMNS
) -> Neighbours:
    """The four neighbours, of these genera and species of one family."""
    codes = np.ones((1, 4, len(RANKS)), dtype=np.int32)
    codes[0, :, GENUS], codes[0, :, SPECIES] = genera, species
    share = 1 - np.array([distance], dtype=np.float64)
    cosine = np.array([COSINE], dtype=np.float64)
    hits = Hits(np.arange(4)[None], cosine, share, np.full((1, 4), overlap, dtype=np.int32))
    return Neighbours.of(hits, codes, 1 - np.array([APART]))


def features(near: Neighbours, rank: int) -> dict[str, float]:
    """The features of the taxon of the first neighbour."""
    codes = near.codes[:, :, rank]
    members = codes == codes[:, :1]
    return dict(zip(FEATURES, features_of(near, rank, members, (codes > 0) & ~members)[0].tolist(), strict=True))


def smoothed(distance: float) -> float:
    return (distance * COLUMNS + 1) / (COLUMNS + 2)


def test_features_of_a_genus_with_two_species_before_two_other_genera() -> None:
    near = neighbours([1, 1, 2, 3], [1, 2, 3, 4])
    log_distance, log_gap = np.log(smoothed(0.01)), np.log(smoothed(0.06) / smoothed(0.01))
    lead = near.score(GENUS)[0, 0] - near.score(GENUS)[0, 2]
    weights = np.exp((np.array(COSINE) - 0.90) / 0.05)
    expected = {
        "log_distance": log_distance,
        "distance": 0.01,
        "log_gap": log_gap,
        "gap": 0.05,
        "log_separation": np.log(0.05 + 0.002),
        "ratio": 0.01 / 0.05,
        "log_distance_squared": log_distance**2,
        "log_gap_squared": log_gap**2,
        "log_distance_x_log_gap": log_distance * log_gap,
        "has_relatives": 1.0,
        "ratio_to_relatives": 0.01 / 0.04,
        "lead": lead,
        "lead_squared": lead**2,
        "cosine": 0.90,
        "cosine_gap": 0.30,
        "log_support": np.log(weights[:2].sum() / weights.sum() + 0.001),
        "nearness": np.mean(COSINE),
    }
    assert lead > 0
    assert features(near, GENUS) == pytest.approx(expected)


def test_at_species_neither_relatives_nor_numbers_of_neighbours_count() -> None:
    found = features(neighbours([1, 1, 2, 3], [1, 2, 3, 4]), SPECIES)
    assert (found["gap"], found["cosine"]) == pytest.approx((0.02, 0.90))
    zero = ("has_relatives", "ratio_to_relatives", "lead", "lead_squared", "log_support", "nearness")
    assert [found[name] for name in zero] == [0.0] * len(zero)


def test_where_all_neighbours_are_of_one_taxon_another_is_as_far_as_the_farthest() -> None:
    found = features(neighbours([1, 1, 1, 1], [1, 2, 3, 4], distance=[0.01, 0.03, 0.06, 0.2]), GENUS)
    assert found["gap"] == pytest.approx(0.2 - 0.01)
    assert found["log_gap"] == pytest.approx(np.log(smoothed(0.2) / smoothed(0.01)))
    assert found["log_separation"] == pytest.approx(np.log(0.2 + 0.002))
    assert found["cosine_gap"] == pytest.approx(0.90 - 0.50)
    near = features(neighbours([1, 1, 1, 1], [1, 2, 3, 4], distance=[0.01, 0.02, 0.03, 0.04]), GENUS)
    assert near["gap"] == pytest.approx(0.1 - 0.01)  # and at least 0.1 away


@pytest.mark.parametrize("species", [[1, 1, 3, 4], [0, 2, 3, 4], [1, 0, 3, 4]])
def test_relatives_are_of_two_named_species(species: list[int]) -> None:
    found = features(neighbours([1, 1, 2, 3], species), GENUS)
    assert (found["has_relatives"], found["ratio_to_relatives"]) == (0.0, 1.0)


def test_a_neighbour_without_a_name_speaks_neither_for_nor_against() -> None:
    weights = np.exp((np.array(COSINE) - 0.90) / 0.05)
    found = features(neighbours([1, 0, 2, 3], [1, 0, 3, 4]), GENUS)
    assert found["log_support"] == pytest.approx(np.log(weights[0] / weights[[0, 2, 3]].sum() + 0.001))


def test_a_ratio_is_at_most_three_and_finite_for_identical_references() -> None:
    near = neighbours([1, 2, 2, 3], [1, 2, 3, 4], distance=[0.3, 0.4, 0.5, 0.5])
    assert features(near, GENUS)["ratio"] == 3.0
    same = np.where(np.array(APART) == 0.04, 0.0, APART)
    near = Neighbours(**{**vars(neighbours([1, 2, 2, 3], [1, 2, 3, 4])), "apart": same[None]})
    assert features(near, GENUS)["ratio"] == 3.0
    near = neighbours([1, 2, 2, 3], [1, 2, 3, 4], distance=[0.001, 0.03, 0.06, 0.1])
    near = Neighbours(**{**vars(near), "apart": same[None]})
    assert features(near, GENUS)["ratio"] == pytest.approx(0.001 / 0.002)


def test_without_identities_only_the_features_of_cosines_are_known() -> None:
    found = list(features(neighbours([1, 1, 2, 3], [1, 2, 3, 4], overlap=49), GENUS).values())
    assert found[: COSINE_FEATURES.start] == [0.0] * COSINE_FEATURES.start
    assert all(found[COSINE_FEATURES])
