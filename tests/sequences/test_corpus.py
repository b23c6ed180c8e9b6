from pathlib import Path

import numpy as np
import pytest

from barcodeembed.errors import InputError
from barcodeembed.sequences import corpus as module
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.codes import SINGLE_BASE, encode
from barcodeembed.sequences.corpus import PlacedCorpus, build_corpus, cropped, with_substitutions, without_first
from barcodeembed.sequences.placement.anchor import shipped_anchor


def make(sequences: list[str], directory: Path) -> PlacedCorpus:
    return build_corpus([Barcode("x", s) for s in sequences], shipped_anchor(), directory, min_columns=200)


def test_distinct_placed_barcodes_in_input_order(barcodes: list[str], tmp_path: Path) -> None:
    corpus = make([*barcodes, barcodes[0], barcodes[1][:150], "ACGT" * 150], tmp_path / "corpus")
    assert len(corpus) == len(barcodes)
    assert np.array_equal(corpus.columns(np.array([2]))[0], encode(barcodes[2]))
    assert corpus.summary["duplicate"] == corpus.summary["too_short"] == corpus.summary["not_placed"] == 1
    assert corpus.packed.shape[1] == 329


def test_it_opens_again_and_the_held_out_part_goes_by_sequence(barcodes: list[str], tmp_path: Path) -> None:
    a = make(barcodes, tmp_path / "a")
    b = make(barcodes[::-1], tmp_path / "b")
    assert PlacedCorpus.open(tmp_path / "a").summary == a.summary
    assert np.array_equal(a.held_out, np.sort(len(b) - 1 - b.held_out))


def test_nothing_placed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no barcode could be placed"):
        make(["ACGT" * 150], tmp_path / "corpus")


def test_a_damaged_corpus(barcodes: list[str], tmp_path: Path) -> None:
    make(barcodes, tmp_path)
    np.save(tmp_path / "columns.npy", np.zeros((1, 329), dtype=np.uint8))
    with pytest.raises(InputError, match="damaged"):
        PlacedCorpus.open(tmp_path)
    with pytest.raises(InputError, match="not a placed corpus"):
        PlacedCorpus.open(tmp_path / "nowhere")


def test_hashes_met_before_are_found_among_recent_and_sorted_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_RECENT", 50)
    hashes = np.random.default_rng(1).integers(300, size=2000).astype(np.uint64)
    seen, new = module._Seen(), []
    for i in range(0, 2000, 70):
        new += (i + seen.add(hashes[i : i + 70])).tolist()
    _, first = np.unique(hashes, return_index=True)
    assert new == sorted(first.tolist())


def test_training_and_validation_share_nothing(tmp_path: Path, library_sequences: list[str]) -> None:
    corpus = make(library_sequences, tmp_path)
    assert 0 < len(corpus.held_out) < 20
    assert sorted([*corpus.training_rows(), *corpus.held_out]) == list(range(len(corpus)))
    assert set(corpus.validation_rows(2)) <= set(corpus.held_out)


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
