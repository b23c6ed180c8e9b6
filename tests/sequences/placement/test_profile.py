from pathlib import Path

import numpy as np
import pytest

from barcodeembed.errors import InputError
from barcodeembed.sequences.codes import encode
from barcodeembed.sequences.placement.profile import Profile, shipped_profile, weighted_frequencies


def test_the_shipped_profile() -> None:
    profile = shipped_profile()
    assert (profile.name, profile.columns, profile.frame) == ("coi-folmer", 658, 1)
    assert profile.provenance["placed"] > 10_000
    bits = profile.log_odds()
    assert bits.shape == (658, 16)
    assert (bits[:, 15] == 0).all()
    # Sequences drawn from the profile earn bits, background earns none.
    assert (profile.frequencies * bits[:, [1, 2, 4, 8]]).sum(axis=1).mean() > 0.8


def test_save_and_load(tmp_path: Path) -> None:
    profile = shipped_profile()
    profile.save(tmp_path / "p.tsv")
    again = Profile.load(tmp_path / "p.tsv")
    assert np.allclose(again.frequencies, profile.frequencies, atol=1e-4)
    assert again.provenance == profile.provenance


def test_what_is_no_profile(tmp_path: Path) -> None:
    (tmp_path / "p.tsv").write_text("# {}\nA\tC\n1\t2\n")
    with pytest.raises(InputError, match="not a barcode profile"):
        Profile.load(tmp_path / "p.tsv")
    with pytest.raises(InputError, match="no barcode profile"):
        shipped_profile("nonsense")


def test_rare_sequences_weigh_more() -> None:
    many, one = np.stack([encode("AAAA")] * 9), encode("CCCC")[None]
    frequencies = weighted_frequencies([many, one], 4)
    assert np.allclose(frequencies[:, 0], 0.5)
    assert np.allclose(frequencies[:, 1], 0.5)
