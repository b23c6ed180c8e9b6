"""Runs as programs: killed, terminated, started again, and shared by two processes."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch

from barcodeembed.model.zoo import load
from tests.waits import wait_until

ROOT = Path(__file__).parents[2]
LIBRARY = str(ROOT / "data" / "library.tsv")
SETTINGS = [
    *("model.views=[]", "model.width=32", "model.layers=1", "model.heads=2", "model.feedforward=64", "model.regions=5"),
    *("training.batch_size=16", "training.warmup=2", "training.decoder_width=32", "training.decoder_heads=2"),
    *("training.checkpoint_every=7", "training.validate_every=12"),
]


TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "--no-python", "--"]


def arguments(folder: Path, steps: int, *more: str) -> list[str]:
    settings = [part for setting in SETTINGS for part in ("--set", setting)]
    where = ["--run", str(folder / "run"), "-o", str(folder / "out.safetensors")]
    return [LIBRARY, *where, *settings, "--steps", str(steps), "--dim", "8", "--device", "cpu", "--threads", "1", *more]


@pytest.fixture
def start(run_program: Callable[..., "subprocess.Popen[str]"]) -> Callable[..., "subprocess.Popen[str]"]:
    """``start(folder, steps, *more, prefix=())``: the command as a program."""

    def started(folder: Path, steps: int, *more: str, prefix: Sequence[str] = ()) -> "subprocess.Popen[str]":
        folder.mkdir(exist_ok=True)
        return run_program(["pretrain", *arguments(folder, steps, *more)], prefix=prefix, text=True)

    return started


def log(folder: Path) -> list[dict[str, float]]:
    file = folder / "run" / "log.jsonl"
    lines = file.read_text().splitlines(keepends=True) if file.exists() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def losses(folder: Path) -> list[float]:
    steps = log(folder)
    assert [step["step"] for step in steps] == list(range(len(steps)))
    return [step["loss"] for step in steps]


def wait_for_steps(folder: Path, number: int, process: "subprocess.Popen[str]") -> None:
    def is_so_far() -> bool:
        assert process.poll() is None, process.communicate()
        return len(log(folder)) >= number

    wait_until(is_so_far)


def finish(process: "subprocess.Popen[str]", code: int = 0) -> str:
    _, error = process.communicate(timeout=240)
    assert process.returncode == code, error
    return error


@pytest.mark.slow
def test_a_run_killed_anywhere_ends_as_one_that_was_not(start, tmp_path: Path) -> None:
    finish(start(tmp_path / "whole", 24))
    for steps in (9, 16):
        program = start(tmp_path / "killed", 24, *(["--resume"] if steps > 9 else []))
        wait_for_steps(tmp_path / "killed", steps, program)
        program.kill()
        program.communicate()
    finish(start(tmp_path / "killed", 24, "--resume"))
    assert losses(tmp_path / "killed") == losses(tmp_path / "whole")
    whole, killed = (load(str(tmp_path / name / "out.safetensors")) for name in ("whole", "killed"))
    assert whole.fingerprint == killed.fingerprint


@pytest.mark.slow
def test_sigterm_saves_the_state(start, tmp_path: Path) -> None:
    process = start(tmp_path, 100_000)
    wait_for_steps(tmp_path, 3, process)
    process.send_signal(signal.SIGTERM)
    error = finish(process, 143)
    assert "run again with --resume" in error
    assert error.count("error:") == 1
    state = torch.load(tmp_path / "run" / "state.pt", weights_only=True)
    assert state["step"] == len(losses(tmp_path)) >= 3


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["mae", "mlm", "causal"])
def test_two_processes_make_the_steps_of_one(start, tmp_path: Path, objective: str) -> None:
    more = ["--set", f"training.objective={objective}", "--set", f"model.causal={str(objective == 'causal').lower()}"]
    finish(start(tmp_path / "two", 14, *more, "--set", "training.accumulate=2", prefix=TORCHRUN))
    finish(start(tmp_path / "one", 14, *more))
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), rel=1e-4)
    one, two = (
        [step["validation_loss"] for step in log(tmp_path / name) if "validation_loss" in step]
        for name in ("one", "two")
    )
    assert one == pytest.approx(two, rel=1e-4)
    assert (tmp_path / "two" / "out.safetensors").exists()


@pytest.mark.slow
def test_two_processes_compare_the_labels_of_one(start, tmp_path: Path) -> None:
    more = ["--set", "training.labels_weight=1", "--set", "training.labels_batch=30", "--set", "training.cropped=0.3"]
    finish(start(tmp_path / "two", 14, *more, "--set", "training.accumulate=2", prefix=TORCHRUN))
    finish(start(tmp_path / "one", 14, *more))
    one, two = ([step["labels_loss"] for step in log(tmp_path / name)] for name in ("one", "two"))
    assert two == pytest.approx(one, rel=1e-4)
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), rel=1e-4)
