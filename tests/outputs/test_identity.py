"""Which file a name means, and runs that would write over what they read."""

import errno
import os
from pathlib import Path

import pytest

from barcodeembed.errors import UsageError
from barcodeembed.outputs.identity import (
    check_distinct,
    files_within,
    identity,
    is_own_file,
    is_own_folder,
    open_own,
    through_links,
    why_no_file,
)


@pytest.fixture
def names(tmp_path: Path) -> list[Path]:
    """Three names of one file: its own, a hard link, and a link to it."""
    file, hard, soft = tmp_path / "file", tmp_path / "hard", tmp_path / "soft"
    file.write_text("x")
    os.link(file, hard)
    soft.symlink_to("file")
    return [file, hard, soft]


def test_all_names_of_a_file_have_one_identity(names: list[Path], tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("x")
    assert len({identity(name) for name in names}) == 1
    assert identity(other) != identity(names[0])


def test_a_file_that_is_not_there_yet_is_known_by_its_folder_and_name(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to("a")
    assert identity(tmp_path / "a" / "new") == identity(tmp_path / "link" / "new")
    assert identity(tmp_path / "a" / "new") != identity(tmp_path / "new")
    assert identity(tmp_path / "a" / "new") != identity(tmp_path / "a" / "newer")
    assert identity("/no/such/folder/new") == identity("/no/such/folder/../folder/new")


def test_an_output_that_is_an_input_is_refused_by_any_name(names: list[Path]) -> None:
    for one in names:
        for other in names:
            with pytest.raises(UsageError, match="is an input as well"):
                check_distinct([one], [other])


def test_streams_that_are_pipes_are_passed_over(names: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = os.pipe()
    fstat = os.fstat
    monkeypatch.setattr(os, "fstat", lambda handle: fstat(pipe[handle]))
    check_distinct(names, ["-"])
    check_distinct(["-"], [*names[:1], "-", "-"])
    monkeypatch.undo()
    for end in pipe:
        os.close(end)


def test_streams_that_the_shell_opened_are_files_as_others(names: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    found = os.stat(names[1])
    monkeypatch.setattr(os, "fstat", lambda handle: found)
    with pytest.raises(UsageError, match="standard output goes to is an input as well"):
        check_distinct([names[0]], ["-"])
    with pytest.raises(UsageError, match="is an input as well"):
        check_distinct(["-"], [names[2]])
    with pytest.raises(UsageError, match="are one file"):
        check_distinct([], [names[0], "-"])


def test_one_output_twice_is_refused(names: list[Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"two outputs are .*file: give each its own"):
        check_distinct([], [names[0], names[0]])
    with pytest.raises(UsageError, match=r"file and .*soft are one file"):
        check_distinct([], [names[0], names[2]])
    with pytest.raises(UsageError, match="are one file"):
        check_distinct([], [tmp_path / "new", tmp_path / "." / ".." / tmp_path.name / "new"])


def test_links_are_followed_to_their_end(names: list[Path], tmp_path: Path) -> None:
    (tmp_path / "again").symlink_to("soft")
    (tmp_path / "nowhere").symlink_to("missing")
    assert through_links(tmp_path / "again") == names[0].resolve()
    assert through_links(tmp_path / "nowhere") == tmp_path.resolve() / "missing"


def test_links_in_a_circle_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(UsageError, match="links lead in a circle"):
        through_links(tmp_path / "a")


def test_only_a_file_with_one_name_is_opened(names: list[Path], tmp_path: Path) -> None:
    own, pipe = tmp_path / "own", tmp_path / "pipe"
    os.close(open_own(own, os.O_RDWR | os.O_CREAT))
    os.mkfifo(pipe)
    for path in (*names, pipe, tmp_path):
        with pytest.raises(OSError) as caught:
            open_own(path, os.O_RDONLY)
        assert caught.value.errno in (errno.ELOOP, errno.ENXIO)
    os.close(open_own(own, os.O_RDONLY))


def test_what_is_a_file_or_a_folder_and_no_link_to_one(names: list[Path], tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "to folder").symlink_to("folder")
    assert [is_own_file(tmp_path / name) for name in ("file", "soft", "folder", "no")] == [True, False, False, False]
    assert [is_own_folder(tmp_path / name) for name in ("folder", "to folder", "file", "no")] == [True, *[False] * 3]
    assert sorted(path.name for path in files_within(tmp_path)) == ["file", "hard", "soft"]
    assert files_within(tmp_path / "no") == files_within(tmp_path / "file") == []


def test_what_is_no_file_is_called_by_its_name(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "circle").symlink_to("circle")
    given = [tmp_path / "none", tmp_path, tmp_path / "pipe", os.devnull, tmp_path / "circle", "a\0b"]
    assert [why_no_file(path) for path in given[:4]] == [
        *("no such file", "this is a folder, not a file", "this is a pipe, not a file", "this is a device, not a file")
    ]
    assert all(why_no_file(path).startswith("no such file (") for path in given[4:])
    assert why_no_file(tmp_path / "pipe", "library") == "this is a pipe, not a library"
