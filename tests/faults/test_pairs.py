"""Two runs at once on one output: one does its work, the other ends in one line that names the first."""

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from barcodeembed.outputs.locks import lock
from tests.faults.harness import Outcome, Runner, digests
from tests.faults.kept_files import K

pytestmark = pytest.mark.slow

PAIRS = {
    "classify": ("classify", "few.fasta", "--library", "lib.barcodelib", "-o", "calls.tsv", "--threads", "1"),
    "summary": ("classify", "few.fasta", "--library", "lib.barcodelib", "-o", "other.tsv", "--summary", "calls.tsv"),
    "add": ("index", "refs.fasta", "--taxonomy", "taxa.tsv", "--add", "-o", "lib.barcodelib", "--threads", "1"),
    "force": ("index", "refs.tsv", "--force", "-o", "lib.barcodelib", *K),
    "split": ("split", "few.fasta", "--parts", "1", "-o", "."),
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
HELD = {
    "split": "few.part-001.fasta",
    "classify": "calls.tsv",
    "summary": "calls.tsv",
    "embed": "half.h5",
    "pretrain": "run",
}


@pytest.mark.parametrize("name", PAIRS)
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


@pytest.fixture(scope="module")
def second() -> Iterator[Runner]:
    made = Runner()
    yield made
    made.close()


def at_once(work: Path, runners: tuple[Runner, Runner], commands: list[tuple[str, ...]]) -> list[Outcome]:
    """Run two commands at the same time."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda runner, command: runner(command, work), runners, commands))


@pytest.mark.timeout(0)
@pytest.mark.parametrize("kind", ["classify", "embed"])
def test_two_that_write_one_file(kept: Path, runner: Runner, second: Runner, tmp_path: Path, kind: str) -> None:
    """Ten real pairs: what stands at the end is that of one of the two, whole."""
    work = tmp_path / "work"
    shutil.copytree(kept, work)
    more = ("--library", "lib.barcodelib", *K[2:]) if kind == "classify" else K
    commands = [(kind, f"{name}.fasta", "-o", "out.h5", "--force", *more) for name in ("few", "reads")]
    if kind == "classify":
        commands = [tuple("out.tsv" if part == "out.h5" else part for part in command) for command in commands]
    output, whole = work / commands[0][3], set()
    for command in commands:
        assert runner(command, work).code == 0
        whole.add(output.read_bytes())
    for _ in range(10):
        output.unlink(missing_ok=True)
        ended = at_once(work, (runner, second), commands)
        assert sorted(outcome.code for outcome in ended) in ([0, 0], [0, 2])
        assert all(outcome.check((0, 2)) == "" for outcome in ended)
        assert output.read_bytes() in whole
    assert not [path for path in work.glob(".*") if path.name.startswith(".out")]


@pytest.mark.timeout(0)
def test_two_that_add_to_one_library(kept: Path, runner: Runner, second: Runner, tmp_path: Path) -> None:
    """Ten real pairs: who is told that all went well has added the reference."""
    work = tmp_path / "work"
    shutil.copytree(kept, work)
    rows = (work / "refs.fasta").read_text().split(">")[1:]
    taxa = ";tax=k:Animalia,p:Arthropoda,c:Insecta,o:Diptera,f:Culicidae,g:Culex,s:Culex pipiens;"
    expected = json.loads((work / "lib.barcodelib" / "manifest.json").read_text())["references"]
    for turn in range(10):
        commands = []
        for one in "ab":
            (work / f"{one}.fasta").write_text(f">new_{one}{turn}{taxa}\n{rows[turn].split(chr(10), 1)[1]}")
            commands.append(("index", f"{one}.fasta", "--add", "-o", "lib.barcodelib", *K[2:]))
        ended = at_once(work, (runner, second), commands)
        assert all(outcome.check((0, 2)) == "" for outcome in ended), ended
        expected += sum(outcome.code == 0 for outcome in ended)
        assert json.loads((work / "lib.barcodelib" / "manifest.json").read_text())["references"] == expected
    assert expected > 60
    assert runner(("classify", "few.fasta", "--library", "lib.barcodelib", "-o", "c.tsv", *K[2:]), work).code == 0
