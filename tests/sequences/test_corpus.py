import os
from pathlib import Path

import numpy as np
import pytest

from barcodeembed.errors import InputError
from barcodeembed.sequences import corpus as module
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.codes import encode
from barcodeembed.sequences.corpus import PlacedCorpus, build_corpus
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


def test_a_corpus_that_is_cut_off_while_it_is_read(barcodes: list[str], tmp_path: Path) -> None:
    """Reading behind the end of a mapped file would end the process."""
    corpus = make(barcodes, tmp_path)
    os.truncate(tmp_path / "columns.npy", 400)
    with pytest.raises(InputError, match=r"columns\.npy: the file was changed while it was used.*start a new run"):
        corpus.columns(np.array([len(corpus) - 1]))


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
