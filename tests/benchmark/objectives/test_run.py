"""Objectives under equal budgets: one TOML, a run for each objective and seed, kept and taken up again."""

import json
from pathlib import Path

import numpy as np
import pytest

from barcodeembed.benchmark.objectives.plan import ObjectivesPlan
from barcodeembed.benchmark.objectives.run import benchmark_objectives
from barcodeembed.benchmark.vectors import nearest_by_cosine
from barcodeembed.errors import InputError, UsageError

ROOT = Path(__file__).parents[3]

TOML = f"""
corpus = ["{ROOT / "data" / "library.tsv"}"]
labelled = ["{ROOT / "data" / "library.tsv"}"]
seeds = [1, 2]

[budget]
barcodes = 96

[model]
width = 16
layers = 1
heads = 2
feedforward = 16

[training]
batch_size = 16
warmup = 2
decoder_width = 16
decoder_heads = 2

[objectives.mae]
[objectives.mlm]
[objectives.causal]
learning_rate = 2e-3
"""


@pytest.fixture(autouse=True)
def no_curves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Curves are pretrain's own; drawing them takes longer than these runs."""
    monkeypatch.setattr("barcodeembed.workflows.pretrain.plot_curves", lambda log, image: False)


def write(tmp_path: Path, text: str = TOML) -> Path:
    path = tmp_path / "objectives.toml"
    path.write_text(text)
    return path


@pytest.mark.slow
def test_every_objective_and_seed_gets_the_same_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    results = benchmark_objectives(write(tmp_path), tmp_path / "out", device="cpu", say=said.append)
    assert set(results["summary"]) == {"untrained", "mae", "mlm", "causal"}
    for objective in ("mae", "mlm", "causal"):
        for seed in (1, 2):
            run = results["runs"][f"{objective}-seed{seed}"]
            log = (tmp_path / "out" / "runs" / f"{objective}-seed{seed}" / "log.jsonl").read_text().splitlines()
            assert len(log) == run["steps"] == 6
            assert run["harmonic_mean"] == pytest.approx(
                2 * run["genus"] * run["ami"] / (run["genus"] + run["ami"]), abs=1e-9
            )
        values = [results["runs"][f"{objective}-seed{seed}"]["ami"] for seed in (1, 2)]
        assert results["summary"][objective]["ami"]["mean"] == pytest.approx(np.mean(values))
        assert results["summary"][objective]["ami"]["spread"] == pytest.approx(np.std(values, ddof=1))
    saved = json.loads((tmp_path / "out" / "runs" / "causal-seed1" / "settings.json").read_text())
    assert saved["training"]["learning_rate"] == 2e-3
    assert saved["model"]["causal"] is True
    assert "±" in (tmp_path / "out" / "results.md").read_text()
    assert {p.suffix for p in (tmp_path / "out" / "figures").iterdir()} == {".png", ".svg"}

    monkeypatch.setattr("barcodeembed.benchmark.objectives.report.has_matplotlib", lambda: False)
    # A run whose record is lost is taken up at its state, the others are not touched; the figures are the same.
    (tmp_path / "out" / "runs" / "mlm-seed2.json").unlink()
    again: list[str] = []
    second = benchmark_objectives(tmp_path / "objectives.toml", tmp_path / "out", device="cpu", say=again.append)
    assert [line for line in again if "training" in line] == ["mlm-seed2: training"]
    for name, run in results["runs"].items():
        assert {m: second["runs"][name][m] for m in ("genus", "ami")} == {m: run[m] for m in ("genus", "ami")}


@pytest.mark.slow
@pytest.mark.parametrize(("old", "new"), [("barcodes = 96", "barcodes = 160"), ("width = 16", "width = 32")])
def test_runs_of_another_budget_or_shape_are_not_taken_up(tmp_path: Path, old: str, new: str) -> None:
    one = TOML.replace("seeds = [1, 2]", "seeds = [1]")
    one = one.replace("[objectives.mlm]\n[objectives.causal]\nlearning_rate = 2e-3\n", "")
    benchmark_objectives(write(tmp_path, one), tmp_path / "out", device="cpu")
    with pytest.raises(UsageError, match="a benchmark of other inputs or settings"):
        benchmark_objectives(write(tmp_path, one.replace(old, new)), tmp_path / "out", device="cpu")


@pytest.mark.slow
def test_seconds_become_steps(tmp_path: Path) -> None:
    text = TOML.replace("barcodes = 96", "seconds = 0.3").replace("seeds = [1, 2]", "seeds = [1]")
    text = text.replace("[objectives.mlm]\n[objectives.causal]\nlearning_rate = 2e-3\n", "")
    results = benchmark_objectives(write(tmp_path, text), tmp_path / "out", device="cpu")
    assert set(results["summary"]) == {"untrained", "mae"}
    assert results["runs"]["mae-seed1"]["steps"] > 1
    assert not (tmp_path / "out" / "runs" / "mae-seed1" / "trial").exists()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("barcodes = 96", "", "one of barcodes = N and seconds = N"),
        ("barcodes = 96", "barcodes = 96\nseconds = 5", "one of barcodes = N and seconds = N"),
        ("[objectives.mlm]", "[objectives.gan]", "unknown objective 'gan', choose from mae"),
        ("seeds", "seed", "unknown setting 'seed'"),
        ("barcodes = 96", 'barcodes = "x"', "one of barcodes = N and seconds = N"),
        ("barcodes = 96", "barcodes = inf", r"\[budget\] barcodes must be less than 1,099,511,627,776"),
        ("seeds = [1, 2]", 'seeds = ["a"]', r"seeds = \[...\] must be one or more whole numbers from 0"),
        ("seeds = [1, 2]", "seeds = [1, 1]", r"seeds = \[...\] must be one or more whole numbers from 0"),
        ("seeds = [1, 2]", "seeds = [1, 2]\numap = 5", "umap must be true or false"),
        ("seeds = [1, 2]", "seeds = [1, 2]\nqueries = [5]", r"queries = \[...\] must name files"),
        ("[objectives.mlm]", "[[objectives.mlm]]", r"\[objectives.mlm\] must be a table"),
        ("learning_rate = 2e-3", "learning_rate = -1", "learning_rate = -1.0: must be positive"),
    ],
)
def test_mistakes_in_the_file_are_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ObjectivesPlan.read(write(tmp_path, TOML.replace(old, new, 1)))


def test_files_are_looked_for_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing\.fasta: no such file; objectives\.toml names it"):
        ObjectivesPlan.read(write(tmp_path, 'corpus = "missing.fasta"\nlabelled = "x"\n[budget]\nbarcodes = 1\n'))


def test_missing_umap_is_said_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("barcodeembed.benchmark.clustering.has_umap", lambda: False)
    with pytest.raises(UsageError, match=r"umap = true needs umap-learn: pip install 'barcodeembed\[umap\]'"):
        benchmark_objectives(write(tmp_path, "umap = true\n" + TOML), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_vectors_that_point_almost_the_same_way_are_told_apart() -> None:
    rng = np.random.default_rng(4)
    references = 1 + 1e-5 * rng.normal(size=(50, 16))
    references /= np.linalg.norm(references, axis=1, keepdims=True)
    queries = references[::-1] + 1e-7 * rng.normal(size=(50, 16))
    _, rows = nearest_by_cosine(queries, references)
    assert rows.tolist() == list(range(49, -1, -1))
