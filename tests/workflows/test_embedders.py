"""Which model embeds the queries of a library."""

from pathlib import Path

import pytest
import torch

from barcodeembed import build_library, open_library
from barcodeembed.errors import MismatchError
from barcodeembed.model import zoo
from barcodeembed.model.checkpoint import Checkpoint
from barcodeembed.model.config import ModelConfig
from barcodeembed.model.encoder import BarcodeEncoder

ROOT = Path(__file__).parents[2]
LIBRARY = str(ROOT / "data" / "library.tsv")
TINY = ModelConfig(width=32, layers=1, heads=2, feedforward=64, regions=5, views=("bases",), output=8)


def model(path: Path, seed: int) -> str:
    torch.manual_seed(seed)
    Checkpoint.of(BarcodeEncoder(TINY), {}).save(path)
    return str(path)


@pytest.mark.slow
def test_a_library_of_an_earlier_default_finds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = (model(tmp_path / f"{seed}.safetensors", seed) for seed in (1, 2))
    monkeypatch.setattr(zoo, "SHIPPED", {"default": old})
    place = tmp_path / "lib.barcodelib"
    build_library(LIBRARY, place, source="x", licence="x")
    monkeypatch.setattr(zoo, "SHIPPED", {"default": new, "earlier": old})
    query = [Path(ROOT / "data" / "reads.fasta").read_text().split(">")[1].partition("\n")[2].replace("\n", "")]
    assert open_library(place).classify(query)[0].status == "ok"
    with pytest.raises(MismatchError, match="made with model default"):
        open_library(place, model=new)
    monkeypatch.setattr(zoo, "SHIPPED", {"default": new})
    with pytest.raises(MismatchError, match="make the library again"):
        open_library(place).classify(query)
