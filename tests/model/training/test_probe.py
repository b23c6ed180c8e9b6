"""Linear probe and fine-tuning: a run that is killed goes on and ends in the same weights."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from barcodeembed.model.checkpoint import Checkpoint
from barcodeembed.model.config import ModelConfig
from barcodeembed.model.encoder import BarcodeEncoder
from barcodeembed.model.training.probe import FinetuneConfig, ProbeConfig, finetune, linear_probe
from barcodeembed.sequences.placement.anchor import shipped_anchor

N_LABELS = 5


def stop_at(epoch: int) -> Callable[[int], None]:
    def on_epoch(done: int) -> None:
        if done == epoch:
            raise KeyboardInterrupt

    return on_epoch


def check_resume(train: Callable[..., np.ndarray], state: Path) -> None:
    """The answers of a run in one go are those of a run that was killed after its second epoch."""
    whole = train(state_file=None)
    epochs: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        train(state_file=state, on_epoch=stop_at(2))
    resumed = train(state_file=state, on_epoch=epochs.append)
    assert epochs == [3, 4]
    assert (resumed == whole).all()
    assert len(set(whole)) > 1


def test_a_killed_probe_goes_on(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    labels = np.arange(200) % N_LABELS
    vectors = (rng.normal(size=(200, 16)) + labels[:, None] * rng.normal(size=16)).astype(np.float32)
    queries = rng.normal(size=(300, 16)).astype(np.float32) * 3

    def train(**options: object) -> np.ndarray:
        config = ProbeConfig(epochs=4, batch_size=32, learning_rate=0.1)
        return linear_probe(vectors, labels, queries, config, **options)

    check_resume(train, tmp_path / "state.pt")
    assert (linear_probe(vectors, labels, vectors, ProbeConfig(epochs=50, learning_rate=0.1)) == labels).mean() > 0.5


def test_killed_fine_tuning_goes_on(tmp_path: Path, library_sequences: list[str]) -> None:
    encoder = BarcodeEncoder(ModelConfig(width=16, layers=1, heads=2, feedforward=16))
    checkpoint = Checkpoint.of(encoder, {})
    sequences = [library_sequences[number] for number in (0, 100, 200)] * 20
    tokens = encoder.tokenizer.tokens(shipped_anchor().place(sequences), sequences)
    labels = np.arange(60) % 3
    drawn: list[float] = []

    def train(**options: object) -> np.ndarray:
        def examples(rows: np.ndarray, chance: np.random.Generator) -> object:
            drawn.append(chance.random())
            return tokens.select(rows)

        config = FinetuneConfig(epochs=4, batch_size=16, learning_rate=1e-2)
        return finetune(checkpoint, examples, labels, tokens, config, **options)

    check_resume(train, tmp_path / "state.pt")
    assert drawn[:16] == drawn[16:]  # four batches an epoch: the same chance, killed or not
