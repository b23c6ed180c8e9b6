"""Calibration: the models that ship, models by length, and their file."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from barcodeembed.classify.calibration import BANDS, BASES, Calibration, as_whole
from barcodeembed.classify.features import FEATURES
from barcodeembed.classify.fitting.fit_calibration import (
    calibrate,
)
from barcodeembed.errors import InputError
from barcodeembed.taxonomy import RANKS, SPECIES


def test_the_default_is_complete_and_sensible() -> None:
    default = Calibration.default()
    assert set(default.models) == {(basis, band, rank) for basis in BASES for band in BANDS for rank in RANKS}
    same, far = np.zeros((2, len(RANKS), len(FEATURES)))
    for features, distance in ((same, 0.0), (far, 0.12)):
        smoothed = (distance * 658 + 1) / 660
        known = {"log_distance": np.log(smoothed), "distance": distance, "log_gap": np.log(0.13 / smoothed)}
        known |= {"gap": 0.13 - distance, "log_separation": np.log(0.13), "ratio": distance / 0.13}
        known |= {"log_distance_squared": known["log_distance"] ** 2, "log_gap_squared": known["log_gap"] ** 2}
        known["log_distance_x_log_gap"] = known["log_distance"] * known["log_gap"]
        features[:] = [known.get(name, 0.0) for name in FEATURES]
    p = default.probabilities(np.stack([same, far]), np.array([658, 658]), np.array([True, True]))
    assert p[0, SPECIES] > 0.9
    assert p[1, SPECIES] < 0.1
    assert (p[1, :4] > p[1, SPECIES]).all()


def test_a_candidate_with_its_ties_is_never_less_likely_than_alone() -> None:
    """The features of several taxa together may look worse; that one of them is right is no less likely."""
    near, far = np.zeros((2, 1, len(RANKS), len(FEATURES)))
    near[..., FEATURES.index("log_distance")] = np.log(1 / 660)
    far[..., FEATURES.index("log_distance")] = np.log(0.12)
    fixed = {"candidates": np.ones((1, len(RANKS)), dtype=np.int32), "overlap": np.array([658])}
    fixed |= {"by_identity": np.array([True]), "best_identity": np.ones(1)}
    alone, together = Calibration.default().confidence(SimpleNamespace(features=near, tied=far, **fixed))
    turned, same = Calibration.default().confidence(SimpleNamespace(features=far, tied=near, **fixed))
    assert not np.allclose(alone, turned)
    assert np.array_equal(together, same)
    assert (together >= np.maximum(alone, turned)).all()


def test_lengths_between_two_models_are_interpolated() -> None:
    default = Calibration.default()
    features = np.zeros((7, len(RANKS), len(FEATURES)))
    lengths = np.array([50, 130, 160, 200, 400, 658, 900])
    p = default.probabilities(features, lengths, np.ones(7, dtype=bool))[:, SPECIES]
    assert p[0] == p[1]
    assert p[5] == p[6]
    assert min(p[1], p[3]) <= p[2] <= max(p[1], p[3])


def test_calibration_comes_back_from_its_file(library, tmp_path: Path) -> None:
    fitted = calibrate(library)
    (tmp_path / "c.json").write_text(json.dumps(fitted.to_dict()))
    again = Calibration.load(tmp_path / "c.json")
    assert again.facts == fitted.facts
    assert json.dumps(again.to_dict()) == (tmp_path / "c.json").read_text()
    (tmp_path / "c.json").write_text("{}")
    with pytest.raises(InputError, match="not a calibration"):
        Calibration.load(tmp_path / "c.json")
    for version, hint in ((1, "barcodeembed index"), (99, "update barcodeembed")):
        (tmp_path / "c.json").write_text(json.dumps({**fitted.to_dict(), "format_version": version}))
        with pytest.raises(InputError, match=hint):
            Calibration.load(tmp_path / "c.json")


def test_ranks_of_which_too_few_taxa_could_be_hidden_are_known() -> None:
    examples = {"known": 50, "new_species": 20, "new_genus": 19, "new_family": 30, "new_class": 1}
    calibration = Calibration({}, {"examples": {"130": {"new_genus": 90}, str(BANDS[-1]): examples}})
    assert calibration.untested_ranks(20) == ["phylum", "class", "order", "genus"]
    assert Calibration({}).untested_ranks(1) == ["phylum", "class", "order", "family", "genus", "species"]


@pytest.mark.parametrize(("overlap", "less"), [(658, 0.0), (900, 0.0), (130, 0.65 * (130**-0.5 - 658**-0.5))])
def test_what_a_short_read_is_nearer_by_chance_is_taken_off(overlap: int, less: float) -> None:
    evidence = SimpleNamespace(overlap=np.array([overlap]), best_identity=np.array([0.9]))
    assert as_whole(evidence) == pytest.approx([0.9 - less])
