"""One run at a time writes an output."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from barcodeembed.errors import OutputError, UsageError
from barcodeembed.outputs import locks
from barcodeembed.outputs.locks import lock, release_all, shortened

HOLD = """
import sys
from pathlib import Path
from barcodeembed.outputs import locks
from barcodeembed.outputs.locks import lock
held = lock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def place(target: Path) -> Path:
    """The file of the lock on an output."""
    return target.with_name(f".{target.name}.barcodeembed-lock")


def test_the_second_run_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    target = tmp_path / "calls.tsv"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, target], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(UsageError, match=rf"is being written by another run \(process {holder.pid} on "):
        lock(target)
    holder.kill()  # which leaves the file, but no lock on it
    holder.communicate()
    assert place(target).exists()
    lock(target).release()
    assert os.listdir(tmp_path) == []


def test_a_link_and_its_file_have_one_lock(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("file")
    held = lock(tmp_path / "link")
    with pytest.raises(UsageError, match="is being written by another run"):
        lock(tmp_path / "file")
    held.release()
    held.release()
    lock(tmp_path / "file").release()


def test_the_file_says_who_we_are(tmp_path: Path) -> None:
    held = lock(tmp_path / "out")
    said = json.loads(place(tmp_path / "out").read_text())
    assert said["process"] == os.getpid()
    assert {"host", "since", "command"} <= said.keys()
    held.release()


@pytest.mark.parametrize("text", ["mine", '{"format": "another"}', "[1]", "[" * 10_000])
def test_a_file_in_the_place_of_a_lock_is_left_alone(tmp_path: Path, text: str) -> None:
    mine = place(tmp_path / "calls.tsv")
    mine.write_text(text)
    with pytest.raises(UsageError, match="is no lock of ours"):
        lock(tmp_path / "calls.tsv")
    assert mine.read_text() == text


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_what_is_no_file_in_the_place_of_a_lock_is_left_alone(tmp_path: Path, kind: str) -> None:
    there = place(tmp_path / "calls.tsv")
    if kind == "link":
        there.symlink_to(tmp_path / "decoy")
    elif kind == "folder":
        there.mkdir()
    else:
        os.mkfifo(there)
    with pytest.raises(UsageError, match="in the way of a lock"):
        lock(tmp_path / "calls.tsv")
    assert os.listdir(tmp_path) == [there.name]


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"cannot write .*: No such file or directory"):
        lock(tmp_path / "no" / "calls.tsv")


@pytest.mark.parametrize("name", ["a" * 255, "é" * 127, "x" * 151])
def test_long_names_leave_room_for_ours(name: str, tmp_path: Path) -> None:
    assert len(os.fsencode(shortened(name))) <= 180
    assert shortened(name) != shortened(f"{name[:-1]}b")
    held = lock(tmp_path / name)
    held.release()


def test_usual_names_stay_as_they_are() -> None:
    assert shortened("x" * 150) == "x" * 150


def test_locks_that_nobody_noted_are_released_when_a_command_ends(tmp_path: Path) -> None:
    lock(tmp_path / "out")
    release_all()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("moment", ["_open", "_say_who"])
def test_a_signal_leaves_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """It waits until the lock is known to be ours."""
    work = getattr(locks, moment)

    def interrupted(*args: object) -> object:
        done = work(*args)
        signal.raise_signal(signal.SIGINT)
        return done

    monkeypatch.setattr(locks, moment, interrupted)
    with pytest.raises(KeyboardInterrupt):
        lock(tmp_path / "out")
    release_all()
    assert os.listdir(tmp_path) == []
