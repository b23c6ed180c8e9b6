import numpy as np
import pytest

import barcodeembed
from barcodeembed import load_model
from barcodeembed.errors import UsageError


def test_the_default_model_embeds(barcodes: list[str]) -> None:
    model = load_model(device="cpu")
    vectors = model.embed([*barcodes, "ACGT", barcodes[0].lower()])
    assert vectors.shape == (12, model.dim)
    assert vectors.dtype == np.float32
    assert np.isnan(vectors[10]).all()
    assert model.status(["ACGT", barcodes[0]]) == ["too_short", "ok"]
    assert vectors[11] @ vectors[0] > 0.99999
    assert len(model.fingerprint) == 16


def test_an_iterator_and_nothing() -> None:
    model = load_model("kmer4")
    assert model.embed(iter([])).shape == (0, 256)
    with pytest.raises(UsageError, match="list of sequences"):
        model.embed("ACGT")


def test_public_names() -> None:
    assert barcodeembed.__version__
    with pytest.raises(AttributeError, match="no attribute 'magic'"):
        _ = barcodeembed.magic
