"""What every tokenizer promises, whatever its kind."""

import numpy as np
import pytest

from barcodeembed.sequences.placement.anchor import shipped_anchor
from barcodeembed.sequences.tokenizers import TOKENIZERS, make_tokenizer


@pytest.fixture(params=sorted(TOKENIZERS))
def tokenizer(request: pytest.FixtureRequest):
    return make_tokenizer({"name": request.param})


def test_shapes_and_ranges(tokenizer, barcodes: list[str]) -> None:
    pieces = [*barcodes, barcodes[0][200:400], barcodes[1][:130]]
    tokens = tokenizer.tokens(shipped_anchor().place(pieces), pieces)
    assert tokens.mask.shape == tokens.positions.shape == tokens.values.shape[:2]
    assert tokens.mask.any(axis=1).all()
    assert tokens.positions.max() < tokenizer.n_positions
    limit = 16 if tokenizer.patch else tokenizer.vocabulary
    assert tokens.values.min() >= 0
    assert tokens.values.max() < limit
    # Real tokens come first in each row, in the order of their positions.
    assert (np.diff(tokens.mask.astype(int), axis=1) <= 0).all()
    for positions, mask in zip(tokens.positions, tokens.mask, strict=True):
        assert (np.diff(positions[mask]) > 0).all()


def test_tokens_do_not_depend_on_the_batch(tokenizer, barcodes: list[str]) -> None:
    pieces = [barcodes[0], barcodes[1][300:500], barcodes[2]]
    together = tokenizer.tokens(shipped_anchor().place(pieces), pieces)
    for i, piece in enumerate(pieces):
        alone = tokenizer.tokens(shipped_anchor().place([piece]), [piece])
        assert np.array_equal(alone.values[alone.mask], together.values[i : i + 1][together.mask[i : i + 1]])


def test_columns_give_the_tokens_of_the_read(tokenizer, barcodes: list[str]) -> None:
    """Pretraining cuts tokens from placed columns, embedding from the read: for a plain barcode the same."""
    placed = shipped_anchor().place(barcodes)
    from_read, from_columns = tokenizer.tokens(placed, barcodes), tokenizer.from_columns(placed.columns)
    assert np.array_equal(from_read.values[from_read.mask], from_columns.values[from_columns.mask])


def test_rows_cut_to_the_longest(tokenizer, barcodes: list[str]) -> None:
    pieces = [barcodes[0], barcodes[1][:130]]
    tokens = tokenizer.tokens(shipped_anchor().place(pieces), pieces).select(np.array([1]))
    assert tokens.mask.all()
