"""Outputs that are whole or not there, and what killed runs leave."""

import errno
import io
import os
from pathlib import Path

import pytest

from barcodeembed.errors import OutputError
from barcodeembed.outputs.staging import (
    Staging,
    aside,
    beside,
    remove_all,
    staged,
    sweep,
    write_all,
    write_error,
    write_text,
)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A file that is there already."""
    path = tmp_path / "calls.tsv"
    path.write_text("old")
    return path


def killed(target: Path) -> Staging:
    """What a run that was killed while it wrote an output has left."""
    left = Staging(target)
    left.path.write_text("half")
    return die(left)


def die(left: Staging) -> Staging:
    """Let go of the marker, as the death of the process would."""
    os.close(left._guard)
    left._guard = -1
    return left


def test_the_old_file_stays_until_the_new_one_is_whole(target: Path) -> None:
    with staged(target) as place:
        place.write_text("new")
        assert target.read_text() == "old"
        assert place.parent.parent == target.parent  # on one disk: renaming is one step
    assert target.read_text() == "new"
    assert os.listdir(target.parent) == ["calls.tsv"]


def test_a_failure_leaves_the_old_file_and_nothing_else(target: Path) -> None:
    with pytest.raises(ZeroDivisionError), staged(target) as place:
        place.write_text(str(1 / 0))
    assert target.read_text() == "old"
    assert os.listdir(target.parent) == ["calls.tsv"]


def test_what_was_not_published_is_gone(target: Path) -> None:
    with beside(target) as staging:
        staging.path.write_text("for a while")
    assert target.read_text() == "old"
    assert os.listdir(target.parent) == ["calls.tsv"]


def test_a_link_is_written_through(target: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(target)
    write_text(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert target.read_text() == "new"


def test_the_next_run_clears_away_what_a_killed_one_left(target: Path) -> None:
    killed(target)
    assert len(os.listdir(target.parent)) == 2
    write_text(target, "new")
    assert os.listdir(target.parent) == ["calls.tsv"]


def test_what_a_living_run_has_is_left_alone(target: Path) -> None:
    with beside(target) as other:
        other.path.write_text("not yet whole")
        sweep(target)
        assert other.path.read_text() == "not yet whole"


def test_what_is_of_another_output_or_of_nobody_is_left_alone(target: Path, tmp_path: Path) -> None:
    killed(tmp_path / "calls.tsv.other")
    mine = tmp_path / ".calls.tsv.0123.unfinished"
    mine.mkdir()
    (mine / "notes").write_text("mine")
    (tmp_path / ".calls.tsv.notes").write_text("mine")
    before = sorted(os.listdir(tmp_path))
    sweep(target)
    assert sorted(os.listdir(tmp_path)) == before
    assert (mine / "notes").read_text() == "mine"


@pytest.mark.parametrize("marker", ["", "{", "[]", '{"format": "another", "target": "calls.tsv"}'])
def test_a_folder_without_a_marker_of_ours_is_left_alone(target: Path, marker: str) -> None:
    left = killed(target)
    (left.folder / "barcodeembed-unfinished.json").write_text(marker)
    sweep(target)
    assert left.path.read_text() == "half"


def test_a_folder_that_a_killed_run_moved_aside_comes_back(tmp_path: Path) -> None:
    target = tmp_path / "lib"
    left = killed(target)
    aside(left.folder, target).mkdir()
    (aside(left.folder, target) / "manifest.json").write_text("old")
    sweep(target)
    assert (target / "manifest.json").read_text() == "old"
    assert os.listdir(tmp_path) == ["lib"]


def test_a_half_written_folder_is_not_taken_for_one_moved_aside(tmp_path: Path) -> None:
    target = tmp_path / "replaced"  # once the name of what was moved aside
    left = Staging(target)
    left.path.mkdir()
    die(left)
    sweep(target)
    assert os.listdir(tmp_path) == []


def test_a_newer_folder_is_not_replaced_by_an_older_one(tmp_path: Path) -> None:
    target = tmp_path / "lib"
    left = killed(target)
    aside(left.folder, target).mkdir()
    target.mkdir()
    (target / "manifest.json").write_text("new")
    sweep(target)
    assert (target / "manifest.json").read_text() == "new"


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match=r"cannot write .*calls.tsv: No such file or directory"),
        staged(tmp_path / "no" / "calls.tsv"),
    ):
        pass


def test_an_error_of_another_file_keeps_its_name(target: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"input\.fasta"), beside(target):
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", "input.fasta")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_says_what_to_do(target: Path, number: int) -> None:
    assert str(write_error(target, OSError(number, "full"), "resume")).endswith("calls.tsv; free some and resume")
    with pytest.raises(OutputError, match="no space left on"), beside(target):
        raise OSError(number, "full")


def test_a_write_that_takes_a_part_is_followed_by_the_rest(tmp_path: Path) -> None:
    class Slow(io.FileIO):
        def write(self, data) -> int:
            return super().write(memoryview(data)[:3])

    with Slow(tmp_path / "x", "w") as file:
        write_all(file, b"0123456789")
    assert (tmp_path / "x").read_bytes() == b"0123456789"


def test_what_was_begun_is_deleted_when_a_command_ends(target: Path) -> None:
    """A signal may come after a folder was made and before anything would delete it."""
    Staging(target).path.write_text("half")
    remove_all()
    remove_all()
    assert os.listdir(target.parent) == ["calls.tsv"]
