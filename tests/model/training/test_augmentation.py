"""Crops, wrong bases and missing first bases of the barcodes that a step trains on."""

import numpy as np
import pytest

from barcodeembed.model.training.augmentation import cropped, with_substitutions, without_first
from barcodeembed.sequences.codes import SINGLE_BASE


def test_without_the_first_bases() -> None:
    columns = np.array([[0, 0, 1, 2, 4, 8], [1, 2, 4, 8, 0, 0]], dtype=np.uint8)
    cut = without_first(columns, np.array([2, 0]))
    assert cut.tolist() == [[0, 0, 0, 0, 4, 8], [1, 2, 4, 8, 0, 0]]


def test_a_crop_keeps_one_stretch() -> None:
    columns = np.zeros((200, 658), dtype=np.uint8)
    columns[:, 40:640] = 1
    columns[7, 140:] = 0
    chance = np.random.default_rng(1).random((200, 3))
    cut = cropped(columns, chance, 0.5, (130, 450))
    kept = (cut > 0).sum(axis=1)
    whole = kept == (columns > 0).sum(axis=1)
    assert 70 < whole.sum() < 130
    assert whole[7]
    assert kept[~whole].min() >= 130
    assert kept[~whole].max() <= 450
    for row, number in zip(cut[~whole], kept[~whole], strict=True):
        covered = np.flatnonzero(row)
        assert covered[-1] - covered[0] + 1 == number
    assert np.array_equal(cropped(columns, chance, 0, (130, 450)), columns)
    assert np.array_equal(cropped(columns[9:12], chance[9:12], 0.5, (130, 450)), cut[9:12])


def test_substitutions_are_other_bases_at_the_rate_of_each_barcode() -> None:
    chance = np.random.default_rng(1)
    columns = np.uint8(1) << chance.integers(0, 4, size=(4, 20_000)).astype(np.uint8)
    columns[:, ::10], columns[:, 1::10] = 0, 15
    read = with_substitutions(columns, chance.random(columns.shape, dtype=np.float32), np.array([0.0, 0.02, 0.1, 1.0]))
    single = SINGLE_BASE[columns] >= 0
    assert np.array_equal(read[~single], columns[~single])
    assert (SINGLE_BASE[read[single]] >= 0).all()
    rates = [(read[i] != columns[i])[single[i]].mean() for i in range(4)]
    assert rates == pytest.approx([0, 0.02, 0.1, 1], abs=0.01)
    # Every other base is as likely as the next.
    steps = (SINGLE_BASE[read[3]] - SINGLE_BASE[columns[3]])[single[3]] % 4
    assert np.bincount(steps, minlength=4)[1:] / single[3].sum() == pytest.approx([1 / 3] * 3, abs=0.02)
