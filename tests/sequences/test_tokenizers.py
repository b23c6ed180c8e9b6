import itertools
from dataclasses import asdict

import numpy as np
import pytest

from barcodeembed.errors import UsageError
from barcodeembed.sequences.codes import encode
from barcodeembed.sequences.placement.anchor import shipped_anchor
from barcodeembed.sequences.placement.placements import Placements
from barcodeembed.sequences.tokenizers import (
    KmerTokenizer,
    PatchTokenizer,
    ReadTokenizer,
    kmer_ids,
    make_tokenizer,
)


def laid(sequence: str, start: int) -> Placements:
    """A read put on columns by hand."""
    placements = Placements.none(1, 658)
    placements.columns[0, start : start + len(sequence)] = encode(sequence)
    return placements


def test_patches_are_in_codon_frame_and_keep_their_place() -> None:
    tokens = PatchTokenizer(12).tokens(laid("ACGTACGTACGTACGT", 10), [""])
    # Two empty columns lead: patch 1 begins in column 10, patch 2 in column 22.
    assert tokens.positions.tolist() == [[1, 2]]
    assert tokens.mask.all()
    assert np.array_equal(tokens.values[0, 0], encode("ACGTACGTACGT"))
    assert tokens.values[0, 1].tolist() == [*encode("ACGT"), *[0] * 8]


def test_uncovered_patches_are_absent_and_rows_are_packed() -> None:
    columns = np.concatenate([laid("A" * 24, 10).columns, laid("C" * 12, 646).columns])
    placements = Placements.none(2, 658)
    placements.columns[:] = columns
    tokens = PatchTokenizer(12).tokens(placements, ["", ""])
    assert tokens.positions[:, 0].tolist() == [1, 54]
    assert tokens.mask.tolist() == [[True, True], [True, False]]


def test_kmer_ids_are_those_of_the_published_vocabulary() -> None:
    kmers = ["".join(letters) for letters in itertools.product("ACGT", repeat=3)]
    grid = np.stack([encode(kmer) for kmer in kmers])[None]
    assert kmer_ids(grid).tolist() == [list(range(2, 66))]
    assert kmer_ids(encode("ANA")[None, None]).tolist() == [[1]]


def test_kmers_on_coordinates() -> None:
    tokens = KmerTokenizer(6).tokens(laid("AAAAACAAAANA", 4), [""])
    assert tokens.positions.tolist() == [[1, 2]]
    assert tokens.values.tolist() == [[3, 1]]


def test_raw_reads_are_cut_as_published() -> None:
    """From the first base, in frame 0, the last incomplete k-mer dropped, at most 660 bases."""
    tokens = ReadTokenizer(6, anchored=False).tokens(Placements.none(2, 658), ["AAAAAC" + "AAAAAA" + "ACG", "T" * 700])
    assert tokens.mask.sum(axis=1).tolist() == [2, 110]
    assert tokens.values[0, :2].tolist() == [3, 2]
    assert set(tokens.values[1]) == {2 + 4**6 - 1}


def test_an_anchored_read_is_turned_and_freed_of_its_primer(barcodes: list[str]) -> None:
    from Bio.Seq import reverse_complement

    tokenizer = ReadTokenizer(6)
    changed = ["GGTCAACAAATCATAAAGATATTGG" + s for s in barcodes] + [reverse_complement(s) for s in barcodes]
    plain = tokenizer.tokens(shipped_anchor().place(barcodes), barcodes)
    other = tokenizer.tokens(shipped_anchor().place(changed), changed)
    assert np.array_equal(np.tile(plain.values, (2, 1)), other.values)


@pytest.mark.parametrize("settings", [{"name": "patches", "size": 9}, {"name": "kmers", "k": 4}, {"name": "reads"}])
def test_a_tokenizer_has_the_settings_that_it_was_made_with(settings: dict[str, object]) -> None:
    tokenizer = make_tokenizer(settings)
    assert settings.items() <= {"name": tokenizer.name, **asdict(tokenizer)}.items()


@pytest.mark.parametrize(
    "settings",
    [{}, {"name": "bpe"}, {"name": "patches", "size": 7}, {"name": "kmers", "length": 6}, {"name": "kmers", "k": 0}],
)
def test_settings_that_make_no_tokenizer(settings: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        make_tokenizer(settings)
