"""A small encoder that learns the vectors of a large one: the loss is the distance of the finished vectors."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from barcodeembed.errors import MismatchError, ModelFileError, UsageError
from barcodeembed.model.checkpoint import Checkpoint
from barcodeembed.model.config import ModelConfig, TrainingConfig
from barcodeembed.model.encoder import BarcodeEncoder
from barcodeembed.model.training.base_objective import Example
from barcodeembed.model.training.distillation import SHORTEST, Distillation
from barcodeembed.model.training.loop import Trainer
from barcodeembed.model.training.objectives import make_objective
from barcodeembed.model.transformer import sample_seeded
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.corpus import PlacedCorpus, build_corpus
from barcodeembed.sequences.placement.anchor import shipped_anchor

TOKENS = {"name": "patches", "size": 30}
LARGE = ModelConfig(
    tokenizer=TOKENS, width=48, layers=1, heads=2, feedforward=96, regions=11, views=("bases", "amino_acids")
)
SMALL = replace(LARGE, width=32, feedforward=64)


def teacher(path: Path, config: ModelConfig = LARGE, seed: int = 1, output: int = 16) -> str:
    """Save a model of random weights, whose views and tokens both matter."""
    torch.manual_seed(seed)
    encoder = BarcodeEncoder(replace(config, output=output))
    encoder.pooling.mean.normal_(std=0.1)
    if encoder.pooling.project is not None:
        torch.nn.init.normal_(encoder.pooling.project.weight, std=0.05)
    Checkpoint.of(encoder, {}).save(path)
    return str(path)


@pytest.fixture
def taught(tmp_path: Path) -> str:
    return teacher(tmp_path / "large.safetensors")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory, library_sequences: list[str]) -> PlacedCorpus:
    directory = tmp_path_factory.mktemp("corpus")
    return build_corpus([Barcode("x", s) for s in library_sequences], shipped_anchor(), directory, min_columns=200)


def objective(name: str, model: ModelConfig = SMALL) -> Distillation:
    torch.manual_seed(2)
    made = make_objective(BarcodeEncoder(model), TrainingConfig(objective="distil", teacher=name))
    assert isinstance(made, Distillation)
    return made


def vectors(encoder: BarcodeEncoder, columns: np.ndarray) -> torch.Tensor:
    tokens = encoder.tokenizer.from_columns(columns)
    values, positions, mask = (torch.from_numpy(a) for a in (tokens.values, tokens.positions, tokens.mask))
    with torch.no_grad():
        return encoder.pooling(encoder(values, positions, mask), values, positions, mask)


def example(made: Distillation, columns: np.ndarray) -> Example:
    tokens = made.encoder.tokenizer.from_columns(columns)
    mask = torch.from_numpy(tokens.mask)
    return made.prepare(torch.from_numpy(tokens.values), mask, made.draw(len(mask), sample_seeded(1, 0)))


def test_the_loss_is_the_distance_between_the_finished_vectors(taught: str, corpus: PlacedCorpus) -> None:
    columns = corpus.columns(np.arange(12))
    columns[3:6, :345] = 0  # fragments
    columns[6:9, 200:] = 0
    columns[9, 300:330] = 0  # a token of no bases, within
    made = objective(taught).eval()
    finished, large = made.finished(corpus, 16), Checkpoint.load(Path(taught)).encoder()
    given, wanted = vectors(finished, columns), vectors(large, columns)
    length = wanted.norm(dim=1).clamp(min=SHORTEST)
    expected = ((given - wanted).norm(dim=1) / length).square().sum()
    with torch.no_grad():
        outcome = made(example(made, columns))
    assert outcome.loss.item() == pytest.approx(expected.item(), rel=1e-4)
    assert finished.config == replace(SMALL, output=16)


@pytest.mark.slow
def test_it_learns(taught: str, corpus: PlacedCorpus) -> None:
    columns = corpus.columns(np.arange(16))
    made = objective(taught)
    shown = example(made, columns)
    optimizer = torch.optim.AdamW([p for p in made.parameters() if p.requires_grad], lr=1e-2)
    for _ in range(300):
        outcome = made(shown)
        optimizer.zero_grad()
        outcome.loss.backward()
        optimizer.step()
    assert outcome.right == shown.n_targets == 16
    given = vectors(made.finished(corpus, 16), columns)
    wanted = vectors(Checkpoint.load(Path(taught)).encoder(), columns)
    assert torch.cosine_similarity(given, wanted).min() > 0.98


def test_a_smaller_dim_keeps_the_first_numbers(taught: str, corpus: PlacedCorpus) -> None:
    made, columns = objective(taught), corpus.columns(np.arange(4))
    whole, part = (vectors(made.finished(corpus, dim), columns) for dim in (16, 5))
    torch.testing.assert_close(part, whole[:, :5])


def test_a_teacher_that_does_not_suit_is_refused(taught: str, tmp_path: Path) -> None:
    with pytest.raises(MismatchError, match=r"its tokenizer is .* set model\.tokenizer to what the teacher has"):
        objective(taught, replace(SMALL, tokenizer={"name": "patches", "size": 12}))
    with pytest.raises(MismatchError, match="its views is"):
        objective(taught, replace(SMALL, views=("bases",)))
    with pytest.raises(MismatchError, match="it has no projection"):
        objective(teacher(tmp_path / "bare.safetensors", output=0))
    with pytest.raises(ModelFileError, match="no model 'none'"):
        objective("none")


@pytest.mark.parametrize(
    ("name", "said"), [("distil", "needs a model in training.teacher"), ("mae", "has no teacher: leave out")]
)
def test_only_distil_has_a_teacher(taught: str, name: str, said: str) -> None:
    config = TrainingConfig(objective=name, teacher="" if name == "distil" else taught)
    with pytest.raises(UsageError, match=f"the objective {name} {said}"):
        make_objective(BarcodeEncoder(SMALL), config)


def test_a_run_goes_on_with_the_same_teacher_only(taught: str, corpus: PlacedCorpus, tmp_path: Path) -> None:
    config = TrainingConfig(
        objective="distil", teacher=taught, steps=4, batch_size=8, warmup=1, cropped=0.5, noise=0.1, checkpoint_every=2
    )

    def trainer(run: Path) -> Trainer:
        run.mkdir(exist_ok=True)
        return Trainer(SMALL, config, corpus, run, torch.device("cpu"))

    whole = [step.loss for step in trainer(tmp_path / "a").run()]
    killed = trainer(tmp_path / "b").run()
    for _ in range(3):
        next(killed)
    again = trainer(tmp_path / "b")
    again.resume()
    assert again.step == 2
    assert [step.loss for step in again.run()] == whole[2:]
    assert not any("teacher" in name for name in again.objective.state_dict())
    teacher(tmp_path / "large.safetensors", seed=3)
    other = trainer(tmp_path / "b")
    with pytest.raises(MismatchError, match=r"another model as training\.teacher"):
        other.resume()
