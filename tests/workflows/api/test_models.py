import subprocess
import sys
from pathlib import Path

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


SCRIPT = """
from barcodeembed.model.embedder import Embedder

begin = Embedder.__init__

def begin_on_a_gpu(self, *args, **options):
    begin(self, *args, **options)
    self.placing_processes = 2

Embedder.__init__ = begin_on_a_gpu

from barcodeembed import load_model

print(load_model(device="cpu").embed(["ACGT" * 100] * 3).shape)
"""


@pytest.mark.slow
def test_a_script_without_a_main_function_may_use_a_gpu(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=100, cwd=root)
    assert done.stdout == "(3, 512)\n", done.stderr
