"""The loop: the same seed, the same losses; a killed run goes on bit by bit; bad numbers stop it."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from barcodeembed.errors import InputError, MismatchError, TrainingError, UsageError
from barcodeembed.model.checkpoint import Checkpoint
from barcodeembed.model.config import OPTIMIZER_NAMES, ModelConfig, TrainingConfig
from barcodeembed.model.training.distributed import Ranks
from barcodeembed.model.training.examples import BatchOrder
from barcodeembed.model.training.loop import Step, Trainer, starting_model
from barcodeembed.model.training.schedules import SCHEDULES
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.corpus import PlacedCorpus, build_corpus
from barcodeembed.sequences.placement.anchor import shipped_anchor

MODEL = ModelConfig(width=32, layers=1, heads=2, feedforward=64, regions=5)
CONFIG = TrainingConfig(
    steps=12, batch_size=8, warmup=3, decoder_width=32, decoder_heads=2, validate_every=6, checkpoint_every=4
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory, library_sequences: list[str]) -> PlacedCorpus:
    directory = tmp_path_factory.mktemp("corpus")
    return build_corpus([Barcode("x", s) for s in library_sequences], shipped_anchor(), directory, min_columns=200)


def trainer(corpus: PlacedCorpus, directory: Path, **changes: object) -> Trainer:
    config = TrainingConfig.from_dict({**CONFIG.to_dict(), **changes})
    return Trainer(MODEL, config, corpus, directory, torch.device("cpu"))


def losses(steps: list[Step]) -> list[float]:
    return [step.loss for step in steps]


def test_same_seed_same_losses_other_seed_others(corpus: PlacedCorpus, tmp_path: Path) -> None:
    first, second, other = (list(trainer(corpus, tmp_path, seed=seed).run()) for seed in (1, 1, 2))
    assert losses(first) == losses(second) != losses(other)
    assert first[-1].validation_loss is not None
    assert first[5].validation_loss is not None
    assert first[0].validation_loss is None


@pytest.mark.parametrize("optimizer", OPTIMIZER_NAMES)
def test_a_resumed_run_is_the_uninterrupted_one(corpus: PlacedCorpus, tmp_path: Path, optimizer: str) -> None:
    whole = list(trainer(corpus, tmp_path, optimizer=optimizer).run())
    (tmp_path / "b").mkdir()
    killed = trainer(corpus, tmp_path / "b", optimizer=optimizer).run()
    for _ in range(6):
        next(killed)
    again = trainer(corpus, tmp_path / "b", optimizer=optimizer)
    again.resume()
    assert again.step == 4
    assert losses(list(again.run())) == losses(whole)[4:]


class Evil:
    """Runs something where its pickle is read."""

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("made by a pickle",)


def test_a_state_with_code_is_refused_without_advice_to_run_it(
    corpus: PlacedCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = trainer(corpus, tmp_path)
    torch.save({"step": Evil()}, run.state_file)
    with pytest.raises(InputError, match=r"something else than numbers; nothing of it was run.; start a new run"):
        run.resume()
    assert not (tmp_path / "made by a pickle").exists()


def test_resume_refuses_other_settings_but_takes_more_steps(corpus: PlacedCorpus, tmp_path: Path) -> None:
    for _ in zip(range(5), trainer(corpus, tmp_path).run(), strict=False):
        pass
    with pytest.raises(MismatchError, match=r"learning_rate was 0\.001 and is now 0\.01"):
        trainer(corpus, tmp_path, learning_rate=0.01).resume()
    longer = trainer(corpus, tmp_path, steps=40)
    longer.resume()
    assert longer.step == 4


def test_a_run_goes_on_from_a_model(corpus: PlacedCorpus, tmp_path: Path) -> None:
    made = trainer(corpus, tmp_path).objective.encoder
    torch.nn.init.constant_(made.positions.weight, 0.25)
    Checkpoint.of(made, {}).save(tmp_path / "first.safetensors")
    start = str(tmp_path / "first.safetensors")
    begun = trainer(corpus, tmp_path, start=start, seed=7)
    begun.start()
    for name, weight in begun.objective.encoder.state_dict().items():
        assert torch.equal(weight, made.state_dict()[name])
    assert losses(list(begun.run())) != losses(list(trainer(corpus, tmp_path, seed=7).run()))
    assert begun.started_from == starting_model(replace(MODEL, regions=2), start).fingerprint
    with pytest.raises(MismatchError, match="its layers is 1, the run asks for 2"):
        starting_model(replace(MODEL, layers=2), start)


def test_a_resumed_run_needs_no_model_to_start_from(corpus: PlacedCorpus, tmp_path: Path) -> None:
    file = tmp_path / "first.safetensors"
    Checkpoint.of(trainer(corpus, tmp_path).objective.encoder, {}).save(file)
    first = trainer(corpus, tmp_path, start=str(file))
    first.start()
    for _ in zip(range(5), first.run(), strict=False):
        pass
    file.unlink()
    again = trainer(corpus, tmp_path, start=str(file))
    again.resume()
    assert again.started_from == first.started_from != ""


def test_numbers_that_are_not_finite_stop_the_run(corpus: PlacedCorpus, tmp_path: Path) -> None:
    run = trainer(corpus, tmp_path)
    steps = run.run()
    for _ in range(5):
        next(steps)
    before = run.state_file.read_bytes()
    with torch.no_grad():
        run.objective.head.weight.fill_(float("nan"))
    with pytest.raises(TrainingError, match=r"step 5: .*state\.pt"):
        next(steps)
    assert run.state_file.read_bytes() == before


def test_every_epoch_sees_every_barcode_once() -> None:
    rows = np.arange(100, 140, dtype=np.uint32)
    order = BatchOrder(rows, 8, seed=1)
    epochs = [np.concatenate([order.rows(5 * epoch + i) for i in range(5)]) for epoch in range(2)]
    for epoch in epochs:
        assert sorted(epoch) == list(rows)
    assert epochs[0].tolist() != epochs[1].tolist()
    assert BatchOrder(rows, 8, seed=1).rows(7).tolist() == epochs[1][16:24].tolist()


def test_the_rate_rises_stays_and_falls() -> None:
    config = TrainingConfig(steps=100, warmup=10, decay=0.2, learning_rate=1.0)
    rates = [SCHEDULES["wsd"](config, step).learning_rate for step in range(100)]
    assert rates[0] == 0.1
    assert rates[9:80] == [1.0] * 71
    assert rates[80] == 1.0
    assert rates[99] == pytest.approx(0.05)


def test_one_cycle_is_that_of_pytorch() -> None:
    """The published models were trained with it, at its defaults."""
    config = TrainingConfig(steps=50, warmup=0.3, schedule="one_cycle", learning_rate=1e-4, betas=(0.9, 0.999))
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=1e-4)
    theirs = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1e-4, total_steps=50)
    for step in range(50):
        group, rates = optimizer.param_groups[0], SCHEDULES["one_cycle"](config, step)
        assert rates.learning_rate == pytest.approx(group["lr"], rel=1e-6)
        assert rates.beta == pytest.approx(group["betas"][0], rel=1e-6)
        optimizer.step()
        if step < 49:
            theirs.step()


def test_a_batch_in_parts_is_the_same_step(corpus: PlacedCorpus, tmp_path: Path) -> None:
    whole = list(trainer(corpus, tmp_path).run())
    parts = list(trainer(corpus, tmp_path, accumulate=3).run())
    assert losses(parts) == pytest.approx(losses(whole), rel=1e-5)
    assert [step.gradient_norm for step in parts] == pytest.approx([s.gradient_norm for s in whole], rel=1e-4)
    with pytest.raises(UsageError, match="lower accumulate"):
        trainer(corpus, tmp_path, accumulate=9)


def test_processes_share_a_batch_without_gap_or_overlap(corpus: PlacedCorpus, tmp_path: Path) -> None:
    def values(ranks: Ranks) -> torch.Tensor:
        config = TrainingConfig.from_dict({**CONFIG.to_dict(), "batch_size": 7, "accumulate": 2})
        made = Trainer(MODEL, config, corpus, tmp_path, torch.device("cpu"), ranks).work(3).parts
        return torch.cat([example.targets for example in made])

    alone = values(Ranks())
    assert torch.equal(torch.cat([values(Ranks(rank, 3)) for rank in range(3)]), alone)


def test_offsets_shift_the_reading_frame(corpus: PlacedCorpus, tmp_path: Path) -> None:
    model = ModelConfig.from_dict({**MODEL.to_dict(), "tokenizer": {"name": "reads", "k": 6}, "pooling": "mean"})
    plain, shifted = (
        Trainer(
            model,
            TrainingConfig.from_dict({**CONFIG.to_dict(), "batch_size": 64, "offsets": offsets, "objective": "mlm"}),
            corpus,
            tmp_path,
            torch.device("cpu"),
        )
        .work(0)
        .parts[0]
        for offsets in (False, True)
    )
    same = (plain.targets == shifted.targets).all(dim=-1).all(dim=-1)
    assert 0 < int(same.sum()) < 32


def test_mean_vectors_are_of_every_token(corpus: PlacedCorpus, tmp_path: Path) -> None:
    made = trainer(corpus, tmp_path)
    vectors = made.mean_vectors(corpus.columns(np.arange(5)))
    assert vectors.shape == (5, 32)
    assert np.isfinite(vectors).all()
    assert made.objective.encoder.training


@pytest.mark.gpu
@pytest.mark.parametrize("objective", ["mae", "mlm", "causal"])
@pytest.mark.parametrize("optimizer", OPTIMIZER_NAMES)
def test_on_a_gpu_every_objective_learns(corpus: PlacedCorpus, tmp_path: Path, objective: str, optimizer: str) -> None:
    model = replace(MODEL, causal=objective == "causal")
    config = replace(CONFIG, objective=objective, optimizer=optimizer, steps=60, learning_rate=3e-3, batch_size=32)
    steps = losses(list(Trainer(model, config, corpus, tmp_path, torch.device("cuda")).run()))
    assert sum(steps[-5:]) < 0.95 * sum(steps[:5])


@pytest.mark.gpu
def test_on_a_gpu_a_step_is_that_of_a_cpu(corpus: PlacedCorpus, tmp_path: Path) -> None:
    config = replace(CONFIG, precision="fp32", steps=3)
    both = [
        losses(list(Trainer(MODEL, config, corpus, tmp_path, torch.device(device)).run())) for device in ("cpu", "cuda")
    ]
    assert both[0] == pytest.approx(both[1], rel=1e-3)
