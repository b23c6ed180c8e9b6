"""pretrain and profile from the command line, small: a run, its files, its resumption, and an encoder that embeds."""

import json
from pathlib import Path

import pytest

from barcodeembed.cli.app import main
from barcodeembed.model.zoo import load
from barcodeembed.sequences.profile import Profile

ROOT = Path(__file__).parents[2]
LIBRARY = str(ROOT / "data" / "library.tsv")
TOML = """
[model]
width = 32
layers = 1
heads = 2
feedforward = 64
regions = 5

[training]
steps = 6
batch_size = 16
warmup = 2
decoder_width = 32
decoder_heads = 2
visible = [0.3, 0.5]
span_share = 0.2
validate_every = 3
checkpoint_every = 2
"""


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    (tmp_path / "tiny.toml").write_text(TOML)
    config, run, output = (str(tmp_path / name) for name in ("tiny.toml", "run", "tiny.safetensors"))
    return ["pretrain", LIBRARY, "--config", config, "--run", run, "-o", output, "--dim", "8", "--device", "cpu"]


def test_a_run_and_what_it_leaves(arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*arguments, "--threads", "1"]) == 0
    steps = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert [step["step"] for step in steps] == list(range(6))
    assert {"loss", "accuracy", "learning_rate"} <= set(steps[0])
    assert "validation_loss" in steps[2]
    assert (tmp_path / "run" / "curves.png").stat().st_size > 1000
    assert "282 distinct barcodes" in capsys.readouterr().err
    checkpoint = load(str(tmp_path / "tiny.safetensors"))
    assert checkpoint.config.output == 8
    assert checkpoint.origin["training"]["visible"] == [0.3, 0.5]
    assert checkpoint.origin["corpus"]["barcodes"] == 282
    reads, emb = str(ROOT / "data" / "reads.fasta"), str(tmp_path / "emb.h5")
    assert main(["embed", reads, "-o", emb, "--model", str(tmp_path / "tiny.safetensors")]) == 0


@pytest.mark.slow
def test_resume_takes_the_settings_of_the_run(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 0
    assert main([*arguments, "--force"]) == 2
    assert "--resume" in capsys.readouterr().err
    resumed = [a for a in arguments if not a.endswith(".toml") and a != "--config"]
    assert main([*resumed, "--resume", "--force", "--set", "training.learning_rate=0.5"]) == 4
    assert "learning_rate was 0.001 and is now 0.5" in capsys.readouterr().err
    first = load(str(tmp_path / "tiny.safetensors")).fingerprint
    assert main([*resumed, "--resume", "--force"]) == 0
    assert load(str(tmp_path / "tiny.safetensors")).fingerprint == first


@pytest.mark.parametrize(
    ("toml", "code", "words"),
    [
        ("[model]\nheads = 3\n", 2, "heads = 3"),
        ("[modle]\n", 2, "unknown table [modle]"),
        ("[model\n", 3, "not a TOML file"),
        ("[training]\nobjective = 'magic'\n", 2, "choose from mae, mlm, causal"),
    ],
)
def test_bad_settings_are_one_line(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], toml: str, code: int, words: str
) -> None:
    (tmp_path / "tiny.toml").write_text(toml)
    assert main(["--quiet", *arguments]) == code
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_a_profile_from_the_example_library(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "mine.profile.tsv"
    assert (
        main(["profile", LIBRARY, "-o", str(output), "--name", "mine", "--rounds", "1", "--source", "Naturalis"]) == 0
    )
    profile = Profile.load(output)
    assert profile.columns == 658
    assert profile.provenance["placed"] == 282
    assert main(["profile", LIBRARY, "-o", str(output), "--force", "--columns", "300"]) == 3
    assert "only 0 sequences have exactly 300" in capsys.readouterr().err
