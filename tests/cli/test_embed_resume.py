"""``embed``: stopped at any point, resumed, and what stands in the way of that."""

import resource
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from barcodeembed.errors import OutputError, Terminated
from barcodeembed.model.kmer_profile import KmerProfileEmbedder
from barcodeembed.workflows.embed import embed_files
from tests.waits import TIMEOUT, wait_until

MODEL = ["embed", "--model", "kmer4"]


@pytest.fixture
def run_program(run_program):
    return partial(run_program, module="tests.small_blocks")


def blocks_done(output: Path, blocks: int = 1) -> Callable[[], bool]:
    rows = output.with_name(output.name + ".partial") / "rows.jsonl"
    return lambda: rows.exists() and rows.read_bytes().count(b"\n") >= 256 * blocks


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory, many_records: str) -> bytes:
    """What an uninterrupted run on ``many_reads`` writes."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "many.fasta").write_text(many_records)
    embed_files([folder / "many.fasta"], folder / "o.h5", KmerProfileEmbedder(4), model="kmer4")
    return (folder / "o.h5").read_bytes()


@pytest.fixture
def running(run_program, many_reads: Path) -> Callable[..., "Popen[bytes]"]:
    """Starts a program that gets ``many_reads`` from its standard input, and waits for more until that is closed."""

    def start(args: list[str | Path]) -> "Popen[bytes]":
        program = run_program(args, stdin=PIPE)
        program.stdin.write(many_reads.read_bytes())
        program.stdin.flush()
        return program

    return start


@pytest.fixture
def stopped(many_reads: Path, tmp_path: Path) -> Path:
    """The output of a run on ``many_reads`` that was stopped after two blocks."""

    def stop(rows: int) -> None:
        if rows >= 512:
            raise Terminated("terminated")

    with pytest.raises(Terminated):
        embed_files([many_reads], tmp_path / "o.h5", KmerProfileEmbedder(4), model="kmer4", on_progress=stop)
    assert (tmp_path / "o.h5.partial").is_dir()
    return tmp_path / "o.h5"


@pytest.fixture
def unfinished(run, monkeypatch: pytest.MonkeyPatch, reads: Path, tmp_path: Path) -> Path:
    """The output of a run that had all rows but could not write them."""

    def fail(*args: object) -> None:
        raise OutputError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr("barcodeembed.workflows.embed.assemble", fail)
        assert run([*MODEL, reads, "-o", tmp_path / "o.h5"]).code == 1
    assert (tmp_path / "o.h5.partial").is_dir()
    return tmp_path / "o.h5"


@pytest.mark.slow
def test_killed_again_and_again(run, running, many_reads: Path, tmp_path: Path, whole: bytes) -> None:
    output = tmp_path / "o.h5"
    for blocks in (1, 2, 4):
        program = running([*MODEL, "-", "-o", output, "--resume"])
        wait_until(blocks_done(output, blocks))
        program.kill()
        program.wait()
        assert not output.exists()
    code, _, err = run([*MODEL, many_reads, "-o", output, "--resume"])
    assert code == 0
    assert "rows that were there" in err
    assert output.read_bytes() == whole
    assert not (tmp_path / "o.h5.partial").exists()


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_keeps_what_is_done(
    run, running, many_reads: Path, tmp_path: Path, whole: bytes, number: int, code: int
) -> None:
    output = tmp_path / "o.h5"
    program = running([*MODEL, "-", "-o", output])
    wait_until(blocks_done(output))
    program.send_signal(number)
    program.wait(TIMEOUT)
    err = program.stderr.read()
    assert program.returncode == code
    assert err.count(b"\n") == 1
    assert b"--resume" in err
    assert run([*MODEL, many_reads, "-o", output, "--resume"]).code == 0
    assert output.read_bytes() == whole


@pytest.mark.parametrize(
    ("number", "code"), [pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow), (signal.SIGINT, 130)]
)
def test_a_signal_while_standard_input_is_silent(running, tmp_path: Path, number: int, code: int) -> None:
    program = running([*MODEL, "-", "-o", tmp_path / "o.h5"])
    wait_until(blocks_done(tmp_path / "o.h5", blocks=5))
    time.sleep(1)  # all that came is done
    program.send_signal(number)
    assert program.wait(TIMEOUT) == code


def test_resume_of_nothing_is_a_first_run(run, reads: Path, tmp_path: Path) -> None:
    code, _, err = run([*MODEL, reads, "-o", tmp_path / "o.h5", "--resume"])
    assert code == 0
    assert "that were there" not in err


def test_an_unfinished_run_is_in_the_way(run, unfinished: Path, reads: Path) -> None:
    code, _, err = run([*MODEL, reads, "-o", unfinished])
    assert code == 2
    assert "--resume" in err
    assert "--force" in err
    assert run([*MODEL, reads, "-o", unfinished, "--force"]).code == 0
    assert not unfinished.with_name("o.h5.partial").exists()


def test_a_full_last_step_is_resumed(run, unfinished: Path, reads: Path, tmp_path: Path) -> None:
    assert run([*MODEL, reads, "-o", unfinished, "--resume"]).code == 0
    assert run([*MODEL, reads, "-o", tmp_path / "fresh.h5"]).code == 0
    assert unfinished.read_bytes() == (tmp_path / "fresh.h5").read_bytes()


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (["--model", "kmer5"], "model"),
        (["--min-length", "200"], "min_length"),
        (["--max-ambiguous", "0.2"], "max_ambiguous"),
    ],
)
def test_resume_with_other_settings(run, unfinished: Path, reads: Path, options: list[str], name: str) -> None:
    code, _, err = run([*MODEL, reads, "-o", unfinished, "--resume", *options])
    assert code == 4
    assert f"begun with {name} = " in err


@pytest.mark.parametrize("change", ["another id", "another sequence", "shorter"])
def test_resume_with_another_input(run, stopped: Path, many_reads: Path, change: str) -> None:
    records = many_reads.read_text().split(">")[1:]
    records[5] = {"another id": "x" + records[5], "another sequence": records[5][:-5] + "\n"}.get(change, records[5])
    many_reads.write_text(">" + ">".join(records[: 300 if change == "shorter" else None]))
    code, _, err = run([*MODEL, many_reads, "-o", stopped, "--resume"])
    assert code == 4
    assert f"record {301 if change == 'shorter' else 6} is" in err
    assert stopped.with_name("o.h5.partial").is_dir()


def test_a_damaged_journal(run, stopped: Path, many_reads: Path) -> None:
    with (stopped.with_name("o.h5.partial") / "rows.jsonl").open("r+b") as rows:
        rows.write(b"garbage")
    code, _, err = run([*MODEL, many_reads, "-o", stopped, "--resume"])
    assert code == 3
    assert "the journal is damaged in rows 1 to 256" in err
    assert "--force" in err


@pytest.mark.parametrize("option", ["--resume", pytest.param("--force", marks=pytest.mark.slow)])
def test_a_run_that_is_alive_is_left_alone(
    run, running, many_reads: Path, tmp_path: Path, whole: bytes, option: str
) -> None:
    output = tmp_path / "o.h5"
    first = running([*MODEL, "-", "-o", output])
    wait_until(blocks_done(output))
    code, _, err = run([*MODEL, many_reads, "-o", output, option])
    assert code in (1, 2)
    assert "another run" in err
    first.stdin.close()
    assert first.wait(TIMEOUT) == 0
    assert output.read_bytes() == whole


@pytest.mark.slow
@pytest.mark.parametrize("kilobytes", [250, 1600], ids=["journal", "file"])
def test_a_file_that_cannot_grow_is_resumed(
    run, run_program, many_reads: Path, tmp_path: Path, whole: bytes, kilobytes: int
) -> None:
    """The limit on file sizes fails a write as a full disk does, and needs no disk of its own."""
    output, limit = tmp_path / "o.h5", kilobytes * 1000
    program = run_program(
        [*MODEL, many_reads, "-o", output],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    _, err = program.communicate(timeout=TIMEOUT)
    assert program.returncode == 1
    assert err.count(b"\n") == 1
    assert b"File too large" in err
    assert not output.exists()
    assert not output.with_name("o.h5.part").exists()
    assert run([*MODEL, many_reads, "-o", output, "--resume"]).code == 0
    assert output.read_bytes() == whole
