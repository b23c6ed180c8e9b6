"""Closed pipes, full devices and terminals at the ends of the program."""

import os
import sys
from pathlib import Path

import pytest

from tests.waits import TIMEOUT

pty = pytest.importorskip("pty", reason="needs pseudo-terminals")

PRINTING = [["--version"], ["--help"], ["models", "list"]]


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("command", PRINTING, ids=" ".join)
def test_a_closed_pipe_is_quiet_and_141(run_program, command: list[str], unbuffered: str) -> None:
    read, write = os.pipe()
    os.close(read)
    program = run_program(command, stdout=write, env={"PYTHONUNBUFFERED": unbuffered})
    os.close(write)
    _, err = program.communicate(timeout=TIMEOUT)
    assert (program.returncode, err) == (141, b"")


@pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full")
@pytest.mark.parametrize("command", PRINTING[:2], ids=" ".join)
def test_a_full_standard_output_is_one_line_and_1(run_program, command: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        program = run_program(command, stdout=full)
    _, err = program.communicate(timeout=TIMEOUT)
    assert program.returncode == 1
    assert err.count(b"\n") == 1
    assert err.startswith(b"barcodeembed: error: standard output: No space left on device")


def test_a_folder_that_is_gone_is_named(run_program, reads: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    command = [sys.executable, "-c", "import os, sys; os.rmdir(os.getcwd()); os.execv(sys.argv[1], sys.argv[1:])"]
    program = run_program(["embed", "--model", "kmer4", "few.fasta", "-o", "o.h5"], cwd=gone, prefix=command)
    _, err = program.communicate(timeout=TIMEOUT)
    assert program.returncode in (1, 2)
    assert b"the folder that this command was started in is gone" in err


def test_a_pipe_is_no_output(run, tmp_path: Path) -> None:
    (tmp_path / "q.fasta").write_text(">a\nACGT\n")
    for name, hint in (("pipe", "give the name of a file"), ("stdout", "or - if this command writes to standard")):
        os.mkfifo(tmp_path / name)
        code, _, err = run(["embed", "--model", "kmer4", tmp_path / "q.fasta", "-o", tmp_path / name])
        assert code == 2
        assert hint in " ".join(err.split())


def test_no_standard_input(run_program, tmp_path: Path) -> None:
    program = run_program(
        ["embed", "--model", "kmer4", "-", "-o", tmp_path / "o.h5"], stdin=None, preexec_fn=lambda: os.close(0)
    )
    _, err = program.communicate(timeout=TIMEOUT)
    assert program.returncode == 3
    assert err.startswith(b"barcodeembed: error: standard input: ")
    assert err.count(b"\n") == 1


def test_the_file_is_written_though_nobody_reads_the_words(run_program, reads: Path, tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    output, manifest = tmp_path / "o.h5", tmp_path / "run.json"
    command = ["embed", "--model", "kmer4", reads, "-o", output, "--manifest", manifest]
    program = run_program(command, stderr=write)
    os.close(write)
    assert program.wait(TIMEOUT) in (0, 141)
    assert output.exists()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "value"), [("TERM", "xterm"), ("NO_COLOR", "1")])
def test_a_terminal_gets_a_bar_and_then_the_report(
    run_program, reads: Path, tmp_path: Path, name: str, value: str
) -> None:
    master, slave = pty.openpty()
    command = ["embed", "--model", "kmer4", reads, "-o", tmp_path / "o.h5"]
    program = run_program(command, stderr=slave, env={"TERM": "xterm", name: value})
    os.close(slave)
    shown = b""
    while chunk := _read(master):
        shown += chunk
    os.close(master)
    assert program.wait(TIMEOUT) == 0
    assert b"embedding" in shown
    assert b"10/10" in shown
    assert shown.rstrip().splitlines()[-1].startswith(b"wrote ")
    assert (b"\x1b[3" in shown) == (name != "NO_COLOR")


def _read(master: int) -> bytes:
    try:
        return os.read(master, 65536)
    except OSError:  # Linux's way to say that the other end is closed
        return b""


def test_no_bar_where_there_is_no_terminal(run, reads: Path, tmp_path: Path) -> None:
    _, out, err = run(["embed", "--model", "kmer4", reads, "-o", tmp_path / "o.h5"])
    assert out == ""
    assert "\x1b" not in err
    assert [line.split()[0] for line in err.splitlines()] == ["read", "embedded", "rejected", "wrote"]


def test_home_may_be_unwritable(run_program, reads: Path, tmp_path: Path) -> None:
    environment = {"HOME": "/nonexistent", "XDG_CACHE_HOME": "/nonexistent", "XDG_DATA_HOME": ""}
    program = run_program(["embed", "--model", "kmer4", reads, "-o", tmp_path / "o.h5"], env=environment)
    _, err = program.communicate(timeout=TIMEOUT)
    assert program.returncode == 0, err


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are those of Linux")
@pytest.mark.parametrize("limit", [200_000, 550_000])
def test_too_little_memory_is_one_line(run_program, reads: Path, tmp_path: Path, limit: int) -> None:
    """Numpy would crash in the first, and torch in the second."""
    begin = ["bash", "-c", f'ulimit -v {limit}; exec "$@"', "bash"]
    program = run_program(["embed", reads, "-o", tmp_path / "o.h5", "--threads", "1"], prefix=begin)
    _, err = program.communicate(timeout=TIMEOUT)
    assert program.returncode == 1
    assert err.count(b"\n") == 1
    assert b"ulimit -v" in err
    assert not (tmp_path / "o.h5").exists()
