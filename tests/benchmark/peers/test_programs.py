"""The peers as programs: skipped, visibly, where they are not installed."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from barcodeembed.benchmark.peers import blast, programs, vsearch
from barcodeembed.benchmark.peers.names import lineage_table
from barcodeembed.benchmark.peers.programs import ProgramError, run_program
from barcodeembed.sequences.formats.readers import read_barcodes

ROOT = Path(__file__).parents[3]


class Task(NamedTuple):
    """Files, names and truth; query i is reference ``origin[i]`` with a few bases changed, the last is noise."""

    references: Path
    sintax: Path
    queries: Path
    folder: Path
    table: np.ndarray
    coded: np.ndarray
    origin: list[int]


@pytest.fixture
def task(tmp_path: Path) -> Task:
    barcodes = [b for b in read_barcodes([ROOT / "data" / "library.tsv"]) if b.lineage.at("species")][:60]
    table = lineage_table([b.lineage for b in barcodes])
    coded = np.array(sorted({name for name in table.ravel() if name}), dtype=object)
    code = {name: number for number, name in enumerate(coded)}
    origin = list(range(0, 60, 6))
    rng = np.random.default_rng(1)
    queries = []
    for row in origin:
        bases = list(barcodes[row].sequence)
        for place in rng.choice(len(bases), 4, replace=False):
            bases[place] = "ACGT"[("ACGT".find(bases[place]) + 1) % 4]
        queries.append("".join(bases))
    queries.append("".join(rng.choice(list("ACGT"), 400)))
    paths = [tmp_path / name for name in ("references.fasta", "sintax.fasta", "queries.fasta")]
    paths[0].write_text("".join(f">{i}\n{b.sequence}\n" for i, b in enumerate(barcodes)))
    paths[1].write_text(
        "".join(
            f">{i};tax={','.join(f'{rank}:{code[name]}' for rank, name in zip('kpcofgs', names, strict=True) if name)};"
            f"\n{b.sequence}\n"
            for i, (b, names) in enumerate(zip(barcodes, table, strict=True))
        )
    )
    paths[2].write_text("".join(f">{i}\n{sequence}\n" for i, sequence in enumerate(queries)))
    return Task(*paths, tmp_path, table, coded, origin)


needs_blast = pytest.mark.skipif(not shutil.which("blastn"), reason="blastn is not installed")
needs_vsearch = pytest.mark.skipif(not shutil.which("vsearch"), reason="vsearch is not installed")


@pytest.mark.slow
def test_memory_and_time_are_those_of_the_program(tmp_path: Path) -> None:
    small = run_program([sys.executable, "-c", "pass"], tmp_path / "log")
    large = run_program([sys.executable, "-c", "x = bytes(1) * 90_000_000"], tmp_path / "log")
    again = run_program([sys.executable, "-c", "pass"], tmp_path / "log")
    assert large.peak_bytes > 85_000_000 + min(small.peak_bytes, again.peak_bytes)
    assert again.peak_bytes < 60_000_000
    assert 0 < small.seconds < 20


def test_a_failing_program_is_told_with_its_last_line(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match="exit code 3: no space left"):
        run_program([sys.executable, "-c", "print('no space left'); raise SystemExit(3)"], tmp_path / "log")


def test_no_shell_reads_the_arguments(tmp_path: Path) -> None:
    run_program([sys.executable, "-c", "import sys; print(sys.argv[1])", "$(echo x); `y`"], tmp_path / "log")
    assert (tmp_path / "log").read_text() == "$(echo x); `y`\n"


@needs_blast
def test_blast_finds_the_origin_of_each_query(task: Task) -> None:
    assert blast.version().startswith("blastn: ")
    blast.build(task.references, task.folder, 1)
    run = blast.search(task.queries, task.folder, task.folder / "hits.tsv", 1)
    assert run.command[0] == "blastn"
    assert run.command[run.command.index("-num_threads") + 1] == "1"
    found = blast.read_hits(task.folder / "hits.tsv", 11)
    assert [hits.rows[0] if hits.rows else -1 for hits in found] == [*task.origin, -1]
    assert all(99 < hits.identity[0] < 100 and hits.coverage[0] > 0.98 for hits in found[:-1])
    for reading, (_, read) in blast.READINGS.items():
        called = read(found, task.table).called
        wrong = [(a, b) for a, b in zip(called[:-1, -1], task.table[task.origin, -1], strict=True) if a not in ("", b)]
        assert not wrong, reading
        assert not called[-1].any()


@needs_vsearch
def test_sintax_names_the_origin_of_each_query(task: Task) -> None:
    assert vsearch.version().startswith("vsearch v")
    vsearch.sintax(task.queries, task.sintax, task.folder / "sintax.tsv", 1)
    names = vsearch.read_sintax(task.folder / "sintax.tsv", 11, task.coded)
    truth = task.table[task.origin]
    assert (names.candidates[:-1] == truth).mean() > 0.9
    named = names.called[:-1] != ""
    assert (names.called[:-1][named] == truth[named]).all()
    assert (names.confidence[:-1][named] >= np.float32(0.8)).all()
    assert (names.confidence[~(names.called != "") & (names.candidates != "")] < np.float32(0.8)).all()
    assert names.novelty[-1] > names.novelty[:-1].max() - 1e-6


@needs_vsearch
def test_usearch_global_accepts_what_is_near(task: Task) -> None:
    vsearch.usearch_global(task.queries, task.sintax, task.folder / "near.tsv", 1)
    names = vsearch.read_usearch(task.folder / "near.tsv", 11, task.table)
    assert (names.called[:-1] == task.table[task.origin]).mean() > 0.9
    assert not names.called[-1].any()
    assert (names.novelty[:-1] < 1.5).all()


TIDY = """
import signal, sys, time
from pathlib import Path
def tidy(number, frame):
    time.sleep(0.3)
    Path(sys.argv[1]).unlink()
    sys.exit(1)
signal.signal(signal.SIGTERM, tidy)
Path(sys.argv[1]).touch()
time.sleep(60)
"""


@pytest.mark.slow
@pytest.mark.parametrize("stubborn", [False, True])
def test_a_program_may_clear_away_before_it_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stubborn: bool
) -> None:
    begun = tmp_path / "begun"
    code = TIDY.replace("signal.SIGTERM, tidy", "signal.SIGTERM, signal.SIG_IGN") if stubborn else TIDY
    monkeypatch.setattr(programs, "_TO_CLEAR_AWAY", 1.0 if stubborn else 60.0)

    def interrupt() -> None:
        while not begun.exists():
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        run_program([sys.executable, "-c", code, begun], tmp_path / "log")
    assert begun.exists() == stubborn


def test_a_program_that_ends_as_we_are_stopped_is_no_error_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a Ctrl-C, ``Popen.wait`` waits a moment for its child: the child can be gone when we come to end it."""
    wait = subprocess.Popen.wait

    def stopped(child: subprocess.Popen[bytes], timeout: float | None = None) -> int:
        monkeypatch.setattr(subprocess.Popen, "wait", wait)
        wait(child)
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess.Popen, "wait", stopped)
    with pytest.raises(KeyboardInterrupt):
        run_program([sys.executable, "-c", "pass"], tmp_path / "log")
