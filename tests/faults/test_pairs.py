"""Two runs at once on one output: one does its work, the other ends in one line that names the first."""

import shutil
from pathlib import Path

import pytest

from barcodeembed.outputs.locks import lock
from tests.faults.harness import Runner, digests
from tests.faults.kept_files import K

PAIRS = {
    "classify": ("classify", "few.fasta", "--library", "lib.barcodelib", "-o", "calls.tsv", "--threads", "1"),
    "summary": ("classify", "few.fasta", "--library", "lib.barcodelib", "-o", "other.tsv", "--summary", "calls.tsv"),
    "add": ("index", "refs.fasta", "--taxonomy", "taxa.tsv", "--add", "-o", "lib.barcodelib", "--threads", "1"),
    "force": ("index", "refs.tsv", "--force", "-o", "lib.barcodelib", *K),
    "embed": ("embed", "few.fasta", "-o", "half.h5", "--force", *K),
    "pretrain": (
        "pretrain",
        "refs.tsv",
        "--run",
        "run",
        "-o",
        "m2.safetensors",
        "--resume",
        "--config",
        "c.toml",
        "--dim",
        "0",
    ),
}
SLOW = ("summary", "force", "embed", "pretrain")
HELD = {"classify": "calls.tsv", "summary": "calls.tsv", "embed": "half.h5", "pretrain": "run"}


@pytest.mark.parametrize("name", ["classify", "add", *(pytest.param(n, marks=pytest.mark.slow) for n in SLOW)])
def test_the_second_names_the_first(kept: Path, runner: Runner, tmp_path: Path, name: str) -> None:
    work = tmp_path / "work"
    shutil.copytree(kept, work)
    before = digests(work)
    held = lock(work / HELD.get(name, "lib.barcodelib"))
    outcome = runner(PAIRS[name], work)
    held.release()
    assert outcome.check((2,)) == "", outcome.err
    assert "is being written by another run (process " in outcome.err
    after = digests(work)
    assert {name: after.get(name) for name in before} == before
    assert runner(PAIRS[name], work).code in (0, 2)  # --add of what is there: 2


def test_the_lock_of_a_killed_run_is_free(kept: Path, runner: Runner, tmp_path: Path) -> None:
    work = tmp_path / "work"
    shutil.copytree(kept, work)
    command = ["embed", "many.fasta", "-o", "new.h5", *K]
    assert runner(command, work, rows=256).code == -9
    assert (work / ".new.h5.barcodeembed-lock").exists()
    assert runner([*command, "--resume"], work).code == 0
    assert not (work / ".new.h5.barcodeembed-lock").exists()


def test_a_file_in_the_place_of_a_lock_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / ".calls.tsv.barcodeembed-lock"
    mine.write_text("mine")
    with pytest.raises(Exception, match="is no lock of ours"):
        lock(tmp_path / "calls.tsv")
    assert mine.read_text() == "mine"
