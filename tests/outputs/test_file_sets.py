"""Several files that get their names together."""

import os
from pathlib import Path

import pytest

from barcodeembed.errors import UsageError
from barcodeembed.outputs import file_sets
from barcodeembed.outputs.file_sets import file_set
from barcodeembed.outputs.staging import Staging, sweep

NAMES = ["a", "b", "c"]


@pytest.fixture(params=["links", "no links"])
def disk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Whether the disk has hard links."""

    def refuse(source: Path, target: Path, **options: bool) -> None:
        raise PermissionError

    if request.param == "no links":
        monkeypatch.setattr(os, "link", refuse)
    return str(request.param)


def make(folder: Path) -> None:
    """Write three files as a set."""
    with file_set(folder / "a") as made:
        for name in NAMES:
            (made / name).write_text(name)
        assert not (folder / "a").exists()


def test_files_get_their_names_when_all_are_there(tmp_path: Path, disk: str) -> None:
    make(tmp_path)
    assert sorted(os.listdir(tmp_path)) == NAMES
    assert [(tmp_path / name).read_text() for name in NAMES] == NAMES
    assert (tmp_path / "a").stat().st_nlink == 1


def test_a_file_that_is_there_stays_and_the_others_lose_their_names(tmp_path: Path, disk: str) -> None:
    (tmp_path / "b").write_text("mine")
    with pytest.raises(UsageError, match="b exists: give an empty directory"):
        make(tmp_path)
    assert (tmp_path / "b").read_text() == "mine"
    assert os.listdir(tmp_path) == ["b"]


def test_a_run_that_was_killed_between_two_names_is_cleared_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is there of the same name, and is no file of the run, stays."""

    class Killed(BaseException):
        pass

    def die(staging: Staging) -> None:
        os.close(staging._guard)
        staging._guard = -1

    def kill(*what: object) -> None:
        raise Killed

    with monkeypatch.context() as at_the_end:
        at_the_end.setattr(Staging, "remove", die)
        at_the_end.setattr(file_sets, "take_back", lambda made, place: None)
        at_the_end.setattr(os, "rename", kill)
        with pytest.raises(Killed):
            make(tmp_path)
    assert [name for name in sorted(os.listdir(tmp_path)) if name in NAMES] == NAMES
    (tmp_path / "c").unlink()
    (tmp_path / "c").write_text("mine")
    sweep(tmp_path / "a")
    assert os.listdir(tmp_path) == ["c"]
    assert (tmp_path / "c").read_text() == "mine"
