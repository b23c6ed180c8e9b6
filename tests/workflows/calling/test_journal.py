"""The journal of classify: what it keeps comes back as it was, and what is damaged is not believed."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from barcodeembed.classify.call import Assignment
from barcodeembed.errors import InputError, MismatchError, UsageError
from barcodeembed.taxonomy import Lineage
from barcodeembed.workflows.calling.journal import KEPT, Answers, CallJournal
from barcodeembed.workflows.calling.journal_file import discard

SETTINGS = {"version": "1", "groups": False}
FOUND = Assignment(
    verdict="ambiguous",
    lineage=Lineage.from_ranks(order="Diptera", genus="Culex"),
    confidence=(0.1 + 0.2, *[float("nan")] * 6),
    nearest=7,
    cosine=1 / 3,
    identity=0.97,
    overlap=600,
    n_agree=3,
    candidates=("Culex pipiens", "Culex torrentium"),
    chimera=True,
    far=True,
)


def answers(first: int, size: int = 2) -> Answers:
    """A block whose first read is new and whose others are not."""
    read = {**dict.fromkeys(KEPT, 1), "score": 1.25, "status": "ok", "sha1": "00", "flags": "indel", "columns": "AAA="}
    ids = [f"r{first + i}" for i in range(size)]
    vector = np.array([0.5, 1 / 3, 0.0], dtype=np.float32)
    keys = ["00" + "ab" * 8, *["00"] * (size - 1)]
    return Answers(ids, keys, [read] * size, [0.5, *[float("nan")] * (size - 1)], {0: FOUND}, {0: vector})


OPENED: list[CallJournal] = []


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Every journal of a test is closed after it."""
    yield
    while OPENED:
        OPENED.pop().close()


def journal(path: Path, **more: object) -> CallJournal:
    OPENED.append(CallJournal(path, {**SETTINGS, **more}, 2))
    return OPENED[-1]


def filled(path: Path, blocks: int = 3, **more: object) -> bytes:
    """A journal of some blocks; its bytes."""
    made = journal(path, **more)
    assert list(made.blocks()) == []
    for number in range(blocks):
        made.append(answers(2 * number))
    made.close()
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.tsv.partial"


@pytest.mark.parametrize("groups", [False, True])
def test_what_is_kept_comes_back_as_it_was(path: Path, groups: bool) -> None:
    filled(path, groups=groups)
    again = journal(path, groups=groups)
    blocks = list(again.blocks())
    assert [block.ids for block in blocks] == [["r0", "r1"], ["r2", "r3"], ["r4", "r5"]]
    assert again.n_rows == 6
    found = blocks[1]
    assert repr(found.new) == repr({0: FOUND})  # NaN is never equal
    assert found.keys == ["00abababababababab", "00"]
    assert found.expected[0] == 0.5
    assert math.isnan(found.expected[1])
    assert np.array_equal(found.vectors[0], answers(0).vectors[0])
    assert found.reads[0] == {name: answers(0).reads[0][name] for name in (*KEPT, *(["columns"] if groups else []))}


@pytest.mark.parametrize("cut", [1, 30])
def test_what_a_kill_left_behind_the_last_block_is_cut_off(path: Path, cut: int) -> None:
    whole = filled(path)
    path.write_bytes(whole[:-cut])
    again = journal(path)
    assert len(list(again.blocks())) == 2
    again.append(answers(4))
    assert path.read_bytes() == whole


def test_a_short_block_is_done_again(path: Path) -> None:
    whole = filled(path, 1)
    made = journal(path)
    assert len(list(made.blocks())) == 1
    made.append(answers(2, size=1))
    made.close()
    assert path.read_bytes() != whole
    again = journal(path)
    assert len(list(again.blocks())) == 1
    assert path.read_bytes() == whole


def test_a_vector_that_is_not_drawn_is_not_kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("barcodeembed.workflows.calling.journal.MAX_POINTS", 2)
    filled(path, 20)
    kept = [block.vectors[0].size for block in journal(path).blocks()]
    assert kept[:2] == [3, 3]
    assert len(kept) == 20
    assert 2 <= sum(size > 0 for size in kept) < 15


@pytest.mark.parametrize("change", ["byte", "order", "lost"])
def test_damage_is_found(path: Path, change: str) -> None:
    lines = filled(path).splitlines(keepends=True)
    if change == "byte":
        lines[2] = lines[2].replace(b"Culex", b"Aedes")
    elif change == "order":
        lines[1], lines[2] = lines[2], lines[1]
    else:
        del lines[1]
    path.write_bytes(b"".join(lines))
    with pytest.raises(InputError, match=r"is not what was written; start again with --force"):
        list(journal(path).blocks())


def test_other_settings_are_refused(path: Path) -> None:
    filled(path)
    with pytest.raises(MismatchError, match=r"was begun with version = '1', this run has '2'"):
        journal(path, version="2")


@pytest.mark.parametrize("content", ["", "calls\n", '{"format": "barcodeembed-calls-journal"}\n'])
def test_another_file_is_no_journal(path: Path, content: str) -> None:
    path.write_text(content)
    with pytest.raises(InputError, match=r"calls\.tsv\.partial: "):
        journal(path)


def test_only_a_journal_is_deleted(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    filled(other)
    path.symlink_to(other)
    with pytest.raises(UsageError, match="is no journal"):
        discard(path)
    with pytest.raises(InputError, match="no journal"):
        journal(path)
    path.unlink()
    path.write_text("mine")
    with pytest.raises(UsageError, match="is no journal"):
        discard(path)
    with pytest.raises(InputError, match="move it away"):
        journal(path)
    discard(other)
    discard(other)
    assert not other.exists()


def test_a_verdict_that_is_none_is_damage(path: Path) -> None:
    made = journal(path)
    assert list(made.blocks()) == []
    made.append(replace(answers(0), new={0: replace(FOUND, verdict="certain")}))
    made.close()
    with pytest.raises(InputError, match="the journal is damaged"):
        list(journal(path).blocks())
