"""SIGKILL before every file operation of a command: the old or the new file stands whole, and a plain rerun works."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.harness import Runner, digests
from tests.faults.kept_files import K

CLASSIFY = (
    *("classify", "reads.fasta", "--library", "lib.barcodelib", "-o", "calls.tsv", "--threads", "1"),
    *("--summary", "s.json", "--multiqc", "a_mqc.tsv", "--report", "r.html", "--manifest", "run.json"),
)


@dataclass(frozen=True)
class Killed:
    """A command, what is added to it to do it again, and its outputs: each stands as a whole or not at all."""

    command: tuple[str, ...]
    again: tuple[str, ...]
    outputs: tuple[str, ...]


COMMANDS = {
    "embed": Killed(("embed", "reads.fasta", "-o", "new.h5", *K), ("--resume",), ("new.h5",)),
    "index": Killed(("index", "refs.tsv", "-o", "new.barcodelib", *K), ("--force",), ("new.barcodelib",)),
    "add": Killed(("index", "more.fasta", "--add", "-o", "lib.barcodelib", *K[2:]), (), ("lib.barcodelib",)),
    "force": Killed(("index", "refs.tsv", "--force", "-o", "hnsw.barcodelib", *K), (), ("hnsw.barcodelib",)),
    "classify": Killed(CLASSIFY, ("--force",), ("calls.tsv", "s.json", "a_mqc.tsv", "r.html")),
    "pretrain": Killed(
        ("pretrain", "refs.tsv", "--run", "new", "-o", "new.safetensors", "--config", "c.toml", "--dim", "0"),
        ("--resume",),
        ("new.safetensors",),
    ),
}


def outputs_of(folder: Path, names: tuple[str, ...]) -> dict[str, object]:
    """The content of each output, None where there is none."""
    found: dict[str, object] = {}
    for name in names:
        path = folder / name
        found[name] = digests(path) if path.is_dir() else path.read_bytes() if path.exists() else None
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_a_kill_before_any_file_operation(
    kept: Path, runner: Runner, tmp_path: Path, request: pytest.FixtureRequest, name: str
) -> None:
    """Some of the operations by default, all of them with --run-slow."""
    killed, work = COMMANDS[name], tmp_path / "work"
    if name == "pretrain" and not request.config.getoption("--run-slow"):
        pytest.skip("slow: give --run-slow")
    start = tmp_path / "start"
    shutil.copytree(kept, start)
    records = (start / "reads.fasta").read_text().split(">")[1:]
    taxa = "tax=k:Animalia,p:Arthropoda,c:Insecta,o:Diptera,f:Culicidae,g:Culex,s:Culex pipiens;"
    (start / "more.fasta").write_text("".join(f">n{i};{taxa}\n{r.split(chr(10), 1)[1]}" for i, r in enumerate(records)))
    before, old = digests(start), outputs_of(start, killed.outputs)
    shutil.copytree(start, work)
    clean = runner(killed.command, work)
    assert clean.code == 0, clean.err
    new = outputs_of(work, killed.outputs)
    stride = 1 if request.config.getoption("--run-slow") else max(1, clean.steps // 4)
    for step in range(0, clean.steps, stride):
        shutil.rmtree(work)
        shutil.copytree(start, work)
        assert runner(killed.command, work, kill_at=step).code == -9
        for output, content in outputs_of(work, killed.outputs).items():
            assert content in (old[output], new[output]), f"{output} is neither old nor new, killed at {step}"
        after = digests(work)
        own = (*killed.outputs, "new", "run.json")
        lost = [file for file in before if after.get(file) != before[file] and not file.startswith(own)]
        assert lost == [], f"killed at {step}"
        again = runner([*killed.command, *killed.again], work)
        if name == "add" and again.code == 2:
            assert "already" in again.err  # the references had been added
        else:
            assert again.code == 0, f"killed at {step}: {again.err}"
        assert outputs_of(work, killed.outputs) == new, f"killed at {step}"
        left = [path.name for path in work.iterdir() if path.name.startswith(".") and path.name != ".half.h5"]
        assert left == [], f"killed at {step}"
