"""SIGKILL before every file operation of a command: the old or the new file stands whole, and a plain rerun works."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from barcodeembed.workflows.calling.call_files import MULTIQC, PHYLOSEQ
from tests.faults.harness import Runner, digests
from tests.faults.kept_files import K

pytestmark = pytest.mark.slow

CLASSIFY = (
    *("classify", "reads.fasta", "--library", "lib.barcodelib", "-o", "calls.tsv", "--threads", "1"),
    *("--summary", "s.json", "--multiqc", "a_mqc.tsv", "--report", "r.html", "--manifest", "run.json"),
)

WHOLE = (
    *("classify", "many.fasta", "--library", "lib.barcodelib", "-o", "calls.tsv", "--threads", "1", "--resume"),
    *("--groups", "--summary", "s.json", "--multiqc", "mqc", "--report", "r.html", "--table", "t.tsv"),
    *("--phyloseq", "physeq", "--biom", "t.biom"),
    *("--samples", "sheet.tsv", "--in-controls", "held.tsv", "--subtract-controls"),
)
"""Every output that has the same bytes whenever it is made."""


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
    "classify-resume": Killed(
        WHOLE,
        ("--resume",),
        (
            *("calls.tsv", "s.json", "r.html", "t.tsv", "t.biom", "held.tsv"),
            *(f"mqc/{name}" for name in MULTIQC),
            *(f"physeq/{name}" for name in PHYLOSEQ),
        ),
    ),
    "merge": Killed(
        (
            "merge",
            "one.tsv",
            "two.tsv",
            "-o",
            "calls.tsv",
            "--summary",
            "s.json",
            "--report",
            "r.html",
            "--table",
            "t.tsv",
        ),
        ("--force",),
        ("calls.tsv", "s.json", "r.html", "t.tsv"),
    ),
    "split": Killed(
        ("split", "reads.fasta", "--parts", "3", "-o", "parts"),
        (),
        tuple(f"parts/reads.part-00{n}.fasta" for n in (1, 2, 3)),
    ),
    "pretrain": Killed(
        ("pretrain", "refs.tsv", "--run", "new", "-o", "new.safetensors", "--config", "c.toml", "--dim", "0", *K[2:]),
        ("--resume",),
        ("new.safetensors",),
    ),
}

ALREADY = {"add": "already", "classify-resume": "calls.tsv exists", "split": "reads.part-001.fasta exists"}
"""What commands say that had done everything when they were killed."""


def outputs_of(folder: Path, names: tuple[str, ...]) -> dict[str, object]:
    """The content of each output, None where there is none."""
    found: dict[str, object] = {}
    for name in names:
        path = folder / name
        found[name] = digests(path) if path.is_dir() else path.read_bytes() if path.exists() else None
    return found


@pytest.mark.parametrize("name", ["embed", "classify"])
def test_some_kills(kept: Path, runner: Runner, tmp_path: Path, name: str) -> None:
    kill(kept, runner, tmp_path, name, at_most=4)


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize("name", COMMANDS)
def test_a_kill_before_any_file_operation(
    kept: Path, runner: Runner, tmp_path: Path, request: pytest.FixtureRequest, name: str
) -> None:
    kill(kept, runner, tmp_path, name, at_most=request.config.getoption("--kills"))


def write_sheet(folder: Path) -> None:
    """Write a sample sheet of ``many.fasta``: three samples and a negative control."""
    ids = dict.fromkeys(line[1:] for line in (folder / "many.fasta").read_text().splitlines() if line.startswith(">"))
    samples = [f"{'blank' if i % 9 == 0 else f'site {i % 3}'}\t{id}\t{i % 9 == 0}\n" for i, id in enumerate(ids)]
    (folder / "sheet.tsv").write_text("".join(["sample\tid\tis_control\n", *samples]))


def kill(kept: Path, runner: Runner, tmp_path: Path, name: str, at_most: int) -> None:
    """Kill a command before about ``at_most`` of its file operations, and look at what is left each time."""
    killed, work, start = COMMANDS[name], tmp_path / "work", tmp_path / "start"
    shutil.copytree(kept, start)
    records = (start / "reads.fasta").read_text().split(">")[1:]
    taxa = "tax=k:Animalia,p:Arthropoda,c:Insecta,o:Diptera,f:Culicidae,g:Culex,s:Culex pipiens;"
    (start / "more.fasta").write_text("".join(f">n{i};{taxa}\n{r.split(chr(10), 1)[1]}" for i, r in enumerate(records)))
    (start / "parts").mkdir()
    write_sheet(start)
    for part in ("one", "two"):
        shutil.copy(start / "few.fasta", start / f"{part}.fasta")
        called = ("classify", f"{part}.fasta", "--library", "lib.barcodelib", "-o", f"{part}.tsv", *K[2:])
        assert runner(called, start).code == 0
    before, old = digests(start), outputs_of(start, killed.outputs)
    shutil.copytree(start, work)
    clean = runner(killed.command, work)
    assert clean.code == 0, clean.err
    new = outputs_of(work, killed.outputs)
    for step in range(0, clean.steps, -(-clean.steps // at_most)):
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
        if again.code == 2:  # all had been done: the references added, the calls or the parts written
            assert ALREADY[name] in again.err
        else:
            assert again.code == 0, f"killed at {step}: {again.err}"
        assert outputs_of(work, killed.outputs) == new, f"killed at {step}"
        left = [str(path.relative_to(work)) for path in (*work.glob(".*"), *work.glob("parts/.*"))]
        if again.code == 2:  # a run that is refused clears nothing away: free locks stay until the next one
            left = [path for path in left if not path.endswith(".barcodeembed-lock")]
        assert left == [], f"killed at {step}"


SLOW_FORMATS = [pytest.param(format, marks=pytest.mark.slow) for format in ("krona", "qiime2", "sintax")]


@pytest.mark.parametrize("format", ["tsv", "jsonl", *SLOW_FORMATS])
def test_a_resumed_classify_makes_the_same_bytes(kept: Path, runner: Runner, tmp_path: Path, format: str) -> None:
    """Killed when its journal has one, two and three blocks of reads, one after the other."""
    command = [*WHOLE, "--format", format] + ([] if format == "tsv" else ["--force"])
    command[command.index("calls.tsv")] = "calls.jsonl" if format == "jsonl" else "calls.tsv"
    once, again = tmp_path / "once", tmp_path / "again"
    for folder in (once, again):
        shutil.copytree(kept, folder)
        write_sheet(folder)
    assert runner([part for part in command if part != "--resume"], once).code == 0
    for rows in (256, 512, 768):
        assert runner(command, again, rows=rows).code == -9
    outcome = runner(command, again)
    assert outcome.code == 0, outcome.err
    assert digests(again) == digests(once)
