"""Folders that are replaced as a whole."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from barcodeembed.errors import OutputError
from barcodeembed.outputs import folders
from barcodeembed.outputs.folders import exchange, staged_folder

OWN = ("data", "manifest.json")


@pytest.fixture(params=["one step", "two steps"])
def swap(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How the folders change places: as the system can, or as where it can't."""
    if request.param == "two steps":
        monkeypatch.setattr(folders, "exchange", lambda one, other: False)
    return str(request.param)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """An old folder, with files of ours and of the user's."""
    folder = tmp_path / "lib"
    (folder / "more").mkdir(parents=True)
    for name in ("data", "manifest.json", "notes.txt", "more/notes.txt"):
        (folder / name).write_text(f"old {name}")
    (folder / "link").symlink_to("nowhere")
    return folder


@contextmanager
def rewritten(target: Path) -> Iterator[Path]:
    """A new folder with one file of ours."""
    with staged_folder(target, OWN) as folder:
        (folder / "data").write_text("new data")
        yield folder


def test_a_new_folder_takes_its_place_when_it_is_whole(tmp_path: Path) -> None:
    with rewritten(tmp_path / "lib"):
        assert not (tmp_path / "lib").exists()
    assert (tmp_path / "lib" / "data").read_text() == "new data"
    assert os.listdir(tmp_path) == ["lib"]


def test_ours_is_replaced_and_the_rest_stays(target: Path, swap: str) -> None:
    with rewritten(target):
        assert (target / "data").read_text() == "old data"
    assert sorted(os.listdir(target)) == ["data", "link", "more", "notes.txt"]  # our old manifest.json is gone
    assert (target / "data").read_text() == "new data"
    assert (target / "notes.txt").read_text() == "old notes.txt"
    assert (target / "more" / "notes.txt").read_text() == "old more/notes.txt"
    assert os.readlink(target / "link") == "nowhere"
    assert os.listdir(target.parent) == ["lib"]


def test_what_the_user_adds_meanwhile_is_kept(target: Path, swap: str, monkeypatch: pytest.MonkeyPatch) -> None:
    carry = folders._carry

    def add(old: Path, new: Path, own: tuple[str, ...]) -> None:
        carry(old, new, own)
        (old / "late.txt").write_text("late")

    monkeypatch.setattr(folders, "_carry", add)
    with rewritten(target):
        pass
    assert (target / "late.txt").read_text() == "late"


def test_a_failure_leaves_the_old_folder(target: Path) -> None:
    with pytest.raises(ZeroDivisionError), rewritten(target) as folder:
        (folder / "manifest.json").write_text(str(1 / 0))
    assert (target / "data").read_text() == "old data"
    assert os.listdir(target.parent) == ["lib"]


def test_rights_of_the_old_folder_stay(target: Path, swap: str) -> None:
    target.chmod(0o750)
    with rewritten(target):
        pass
    assert target.stat().st_mode & 0o777 == 0o750


def test_the_old_folder_comes_back_if_the_new_one_cannot_take_its_place(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = os.rename

    def fail(source: Path, to: Path) -> None:
        if to == target and source.name == target.name:
            raise OSError("no")
        rename(source, to)

    monkeypatch.setattr(folders, "exchange", lambda one, other: False)
    monkeypatch.setattr(os, "rename", fail)
    with pytest.raises(OutputError, match=r"cannot write .*: no"), rewritten(target):
        pass
    assert (target / "data").read_text() == "old data"
    assert os.listdir(target.parent) == ["lib"]


def test_two_folders_change_places(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    if not exchange(tmp_path / "a", tmp_path / "b"):
        pytest.skip("this file system can't exchange two folders")
    assert os.listdir(tmp_path / "a") == ["b"]
    with pytest.raises(OSError, match="No such file"):
        exchange(tmp_path / "a", tmp_path / "no")


@pytest.mark.skipif(sys.platform != "linux", reason="uses setpriv where the tests run as root")
def test_folders_that_may_not_be_written_are_deleted(target: Path, unprivileged: list[str]) -> None:
    (target / "more" / "deep").mkdir()
    (target / "more" / "deep" / "notes.txt").touch()
    for folder in ("more/deep", "more"):
        (target / folder).chmod(0o555)
    code = f"""
from pathlib import Path
from barcodeembed.outputs.folders import staged_folder
with staged_folder(Path({str(target)!r}), ("data",)) as folder:
    (folder / "data").write_text("new data")
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run([*unprivileged, sys.executable, "-c", code], check=True, env=environment)
    assert (target / "more" / "deep" / "notes.txt").exists()
    assert os.listdir(target.parent) == ["lib"]
    for folder in ("more", "more/deep"):
        (target / folder).chmod(0o755)
