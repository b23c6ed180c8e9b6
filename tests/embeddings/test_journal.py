"""The journal of a run: whatever kills a run, wherever, the next one ends with the same file."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from barcodeembed.embeddings.journal import Journal, assemble
from barcodeembed.embeddings.journal_files import discard
from barcodeembed.embeddings.reader import EmbeddingStore
from barcodeembed.embeddings.schema import MISSING, OBS_COLUMNS
from barcodeembed.errors import InputError, MismatchError, OutputError, UsageError
from barcodeembed.outputs.staging import Staging

DIM, BLOCK = 3, 4
SETTINGS = {"model": "tiny", "block": BLOCK, "sizes": (1, 2), "share": 0.1}


def make_block(first, n, dim=DIM):
    """Rows ``first`` to ``first + n``; a row depends on nothing but its number."""
    numbers = np.arange(first, first + n)
    vectors = np.sin(numbers[:, None] * 7 + np.arange(dim)).astype(np.float32)
    vectors[numbers % 5 == 1] = np.nan
    obs = {
        "length": numbers,
        "n_ambiguous": numbers % 3,
        "strand": [("+", "-", "")[i % 3] for i in numbers],
        "start": numbers - 9,
        "score": np.where(numbers % 4 == 0, np.nan, numbers / 7).astype(np.float32),
        "stops": [0] * n,
        "flags": [""] * n,
        "status": ["too_short" if i % 5 == 1 else "ok" for i in numbers],
        "sha1": [f"{i:040x}" for i in numbers],
        "lineage": ["Animalia;Ævertebrata" if i % 2 else "" for i in numbers],
        "bin": ["BOLD:AAA1"] * n,
    }
    obs |= {name: [value] * n for name, value in MISSING.items()}
    return [f'læs "{i % 7}"\u2028\n' for i in numbers], vectors, obs


def fill(journal, n, dim=DIM):
    """Append what is missing of ``n`` rows."""
    for first in range(journal.n_rows, n, journal.block):
        journal.append(*make_block(first, min(journal.block, n - first), dim))


def assert_rows(batch, first, n):
    ids, vectors, obs = make_block(first, n)
    assert batch[0] == ids
    np.testing.assert_array_equal(batch[1], vectors)
    for name in OBS_COLUMNS:
        np.testing.assert_array_equal(batch[2][name], np.asarray(obs[name], batch[2][name].dtype))


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "out.h5.partial"


@pytest.fixture
def journal(directory):
    with Journal.create(directory, DIM, SETTINGS) as journal:
        yield journal


def test_rows_come_back_exactly(journal):
    fill(journal, 10)
    assert journal.n_rows == 10
    first = 0
    for batch in journal:
        assert_rows(batch, first, len(batch[0]))
        first += len(batch[0])
    assert first == 10


@pytest.mark.parametrize(("start", "stop"), [(0, 10), (3, 10), (5, 6), (8, 10), (4, 4), (10, 10), (2, 99)])
def test_slices(journal, start, stop):
    fill(journal, 10)
    done = start
    for batch in journal.rows(start, stop):
        assert 0 < len(batch[0]) <= BLOCK
        assert_rows(batch, done, len(batch[0]))
        done += len(batch[0])
    assert done == min(stop, 10)


def test_slices_after_appends_of_several_blocks(journal):
    journal.append(*make_block(0, 12))
    journal.append(*make_block(12, 5))
    for start in range(17):
        assert_rows(next(journal.rows(start, start + 1)), start, 1)


def test_read_vectors(journal):
    assert journal.read_vectors([]).shape == (0, DIM)
    fill(journal, 10)
    found = journal.read_vectors(np.array([9, 0, 4, 4]))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, make_block(0, 10)[1][[9, 0, 4, 4]])
    for bad in ([10], [-1]):
        with pytest.raises(IndexError):
            journal.read_vectors(bad)


def test_only_the_last_block_may_be_short(journal):
    journal.append(*make_block(0, 3))
    with pytest.raises(ValueError, match="follow a block of 3"):
        journal.append(*make_block(3, 1))


def test_appending_nothing_changes_nothing(journal):
    journal.append(*make_block(0, 0))
    assert journal.n_rows == 0
    assert list(journal) == []


def final_file(journal, n):
    fill(journal, n)
    path = journal.directory.with_name("out.h5")
    assemble(journal, path, {"model": "tiny"})
    journal.remove()
    return path.read_bytes()


def test_assemble(journal, directory):
    final_file(journal, 10)
    assert os.listdir(directory.parent) == ["out.h5"]
    with EmbeddingStore(directory.with_name("out.h5")) as store:
        (batch,) = store.batches(100)
        assert_rows(batch, 0, 10)
        assert store.manifest["model"] == "tiny"


def test_assembled_file_does_not_depend_on_the_block(tmp_path):
    made = [final_file(Journal.create(tmp_path / "j", DIM, {"block": block}), 30) for block in (1, 7, 64)]
    assert made[0] == made[1] == made[2]


@pytest.mark.slow
def test_cut_at_every_byte(directory):
    """Each file cut anywhere: a whole number of blocks is left, and the run ends as if nothing had happened."""
    n, settings, row = 5, {"block": 2}, DIM * 4
    journal = Journal.create(directory, DIM, settings)
    fill(journal, n)
    vectors, rows = ((directory / name).read_bytes() for name in ("vectors.bin", "rows.jsonl"))
    expected = final_file(journal, n)
    Journal.create(directory, DIM, settings).close()
    ends = [i + 1 for i, byte in enumerate(rows) if byte == ord("\n")]
    cuts = [(size, ends[size % n] - size % 2) for size in range(len(vectors) + 1)]
    cuts += [(row * (size % (n + 1)) - size % 2 * (size % (n + 1) > 0), size) for size in range(len(rows) + 1)]
    for vectors_size, rows_size in cuts:
        (directory / "vectors.bin").write_bytes(vectors[:vectors_size])
        (directory / "rows.jsonl").write_bytes(rows[:rows_size])
        complete = min(vectors_size // row, sum(end <= rows_size for end in ends))
        with Journal.resume(directory, settings) as resumed:
            assert resumed.n_rows == complete // 2 * 2
            assert (directory / "vectors.bin").stat().st_size == resumed.n_rows * row
            assert (directory / "rows.jsonl").read_bytes().count(b"\n") == resumed.n_rows
            fill(resumed, n)
        assert (directory / "vectors.bin").read_bytes() == vectors
        assert (directory / "rows.jsonl").read_bytes() == rows
    with Journal.resume(directory, settings) as resumed:
        assert final_file(resumed, n) == expected


RUN = """
    import sys
    sys.path.insert(0, sys.argv[1])
    from test_journal import *
    directory = Path(sys.argv[2]) / "out.h5.partial"
    settings = {"block": 16}
    journal = Journal.resume(directory, settings) if directory.exists() else Journal.create(directory, 64, settings)
    print(journal.n_rows, flush=True)
    for first in range(journal.n_rows, 20_000, 16):
        journal.append(*make_block(first, 16, 64))
        print(journal.n_rows, flush=True)
    assemble(journal, directory.with_name("out.h5"), {"model": "tiny"})
    journal.remove()
"""


def start_run(folder):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(RUN), Path(__file__).parent, folder],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_killed_at_random_points(tmp_path):
    """SIGKILL again and again, then a run to the end: the file is that of a run that was never killed."""
    (tmp_path / "killed").mkdir()
    (tmp_path / "whole").mkdir()
    rng = np.random.default_rng(4)
    begun = []
    for _ in range(6):
        with start_run(tmp_path / "killed") as run:
            begun.append(int(run.stdout.readline()))
            for _ in range(rng.integers(1, 500)):
                run.stdout.readline()
            run.send_signal(signal.SIGKILL)
        if (tmp_path / "killed" / "out.h5").exists():
            break
    assert begun == sorted(begun)
    assert max(begun) > 0
    for folder in ("killed", "whole"):
        with start_run(tmp_path / folder) as run:
            run.communicate()
        assert run.returncode == 0
        assert os.listdir(tmp_path / folder) == ["out.h5"]
    assert (tmp_path / "killed/out.h5").read_bytes() == (tmp_path / "whole/out.h5").read_bytes()


def test_killed_after_the_last_append(journal, directory):
    """The short block at the end of the input is computed again."""
    fill(journal, 10)
    journal.close()
    with Journal.resume(directory, SETTINGS) as resumed:
        assert resumed.n_rows == 8
        fill(resumed, 10)
        assert resumed.n_rows == 10


def test_killed_while_made_or_removed(directory, tmp_path):
    """What such a run leaves is not taken for a journal, and the next one clears it away."""
    left = Staging(directory)
    left.path.mkdir()
    (left.path / "settings.json").write_text("{")
    os.close(left._guard)  # as its death would
    left._guard = -1
    with Journal.create(directory, DIM, SETTINGS) as journal:
        assert os.listdir(tmp_path) == [directory.name]
        journal.remove()
    assert os.listdir(tmp_path) == []


def test_folders_of_the_user_are_left_alone(directory, tmp_path):
    """Names that the program could have given itself, and a folder in the place of the journal."""
    for name in (directory, tmp_path / "out.h5.partial.tmp"):
        name.mkdir()
        (name / "settings.json").write_text("{}")
    for attempt in (lambda: discard(directory), lambda: Journal.create(directory, DIM, SETTINGS)):
        with pytest.raises(UsageError, match=r"is in the way: it is no unfinished run.*move it away"):
            attempt()
    with pytest.raises(InputError, match=r"damaged .'dim'.; move it away"):
        Journal.resume(directory, SETTINGS)
    assert len(list(tmp_path.rglob("settings.json"))) == 2


def test_a_finished_run_leaves_what_others_put_in_its_folder(journal, directory):
    """Only ``--force`` is refused there: the rows that it would throw away are not asked for any more."""
    fill(journal, 8)
    (directory / "notes.txt").write_text("mine")
    journal.close()
    with pytest.raises(UsageError, match="move it away"):
        discard(directory)
    Journal.resume(directory, SETTINGS).remove()
    assert os.listdir(directory) == ["notes.txt"]


@pytest.mark.parametrize("name", ["vectors.bin", "rows.jsonl", "checks.bin"])
def test_the_advice_for_a_journal_with_a_file_missing_works(journal, directory, name):
    fill(journal, 8)
    journal.close()
    (directory / name).unlink()
    with pytest.raises(InputError, match=f"damaged .{name}: No such file or directory.; start again with --force"):
        Journal.resume(directory, SETTINGS)
    discard(directory)
    assert not directory.exists()


@pytest.mark.parametrize("name", ["settings.json", "vectors.bin", "rows.jsonl", "checks.bin"])
@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_links_in_a_journal_are_not_followed(journal, directory, tmp_path, name, link):
    fill(journal, 8)
    journal.close()
    decoy = tmp_path / "decoy"
    shutil.copy(directory / name, decoy)
    before = decoy.read_bytes()
    (directory / name).unlink()
    link(decoy, directory / name)
    with pytest.raises(InputError, match="damaged"):
        Journal.resume(directory, SETTINGS)
    assert decoy.read_bytes() == before


@pytest.mark.parametrize("name", ["vectors.bin", "rows.jsonl", "checks.bin"])
def test_a_flipped_bit_is_found(journal, directory, name):
    """Also where the line is still one that can be read."""
    fill(journal, 8)
    journal.close()
    content = bytearray((directory / name).read_bytes())
    content[content.index(b"BOLD:AAA1") if name == "rows.jsonl" else 5] ^= 1
    (directory / name).write_bytes(content)
    with pytest.raises(InputError, match=r"rows 1 to 4 of the journal are not what was written"):
        Journal.resume(directory, SETTINGS)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"model": "big"}, r"with model = 'tiny', this run has 'big'"),
        ({"block": 8}, r"with block = 4, this run has 8"),
        ({"sizes": [1, 3]}, r"with sizes = 1, 2, this run has 1, 3;"),
        ({"added": 1}, r"with added = not set, this run has 1"),
    ],
)
def test_other_settings_are_refused_by_name(journal, directory, change, match):
    fill(journal, 8)
    journal.close()
    with pytest.raises(MismatchError, match=match):
        Journal.resume(directory, SETTINGS | change)
    with pytest.raises(MismatchError, match=r"with share = 0\.1, this run has not set"):
        Journal.resume(directory, {name: SETTINGS[name] for name in ("model", "block", "sizes")})
    with Journal.resume(directory, SETTINGS) as resumed:
        assert resumed.n_rows == 8


def test_create_refuses_what_is_there(journal, directory):
    with pytest.raises(UsageError, match="--resume"):
        Journal.create(directory, DIM, SETTINGS)
    journal.close()
    discard(directory)
    discard(directory)
    Journal.create(directory, DIM, SETTINGS).remove()


def test_another_run_is_kept_out(journal, directory):
    """Two runs that write the same journal would mix their rows."""
    pytest.importorskip("fcntl", reason="no file locks here")
    fill(journal, 8)
    for attempt in (lambda: Journal.resume(directory, SETTINGS), lambda: discard(directory)):
        with pytest.raises(UsageError, match="another run"):
            attempt()
    fill(journal, 12)
    assert journal.n_rows == 12


def test_block_has_to_be_positive(directory):
    with pytest.raises(ValueError, match="positive"):
        Journal.create(directory, DIM, {"block": 0})


def test_nothing_to_resume(directory):
    with pytest.raises(InputError, match="no unfinished run"):
        Journal.resume(directory, SETTINGS)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("settings.json", "{"),
        ("settings.json", '{"dim": 3}'),
        ("settings.json", "[]"),
        ("settings.json", '{"dim": 3, "settings": {"block": 0}}'),
        ("rows.jsonl", "garbage\n" * 8),
        ("rows.jsonl", "{}\n" * 8),
        ("rows.jsonl", "7\n" * 8),
        ("rows.jsonl", None),
        ("vectors.bin", None),
    ],
)
def test_damage_is_one_clear_line(journal, directory, name, content):
    fill(journal, 8)
    journal.close()
    if content is None:
        (directory / name).unlink()
    else:
        (directory / name).write_text(content)
    with pytest.raises(InputError, match=r"damaged.*start again with --force") as caught:
        Journal.resume(directory, SETTINGS)
    assert "\n" not in str(caught.value)


def test_rows_that_vanish_are_noticed(journal, directory):
    fill(journal, 8)
    os.truncate(directory / "vectors.bin", 50)
    with pytest.raises(InputError, match="gone"):
        list(journal)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("name", ["vectors.bin", "rows.jsonl"])
def test_full_disk(journal, directory, name, monkeypatch):
    fill(journal, 8)
    with open("/dev/full", "ab", buffering=0) as full:
        monkeypatch.setattr(journal, "_vectors" if name == "vectors.bin" else "_rows", full)
        with pytest.raises(OutputError, match=r"no space left on .*; free some and run again with --resume"):
            journal.append(*make_block(8, 4))
    monkeypatch.undo()
    with pytest.raises(ValueError, match="closed"):
        journal.append(*make_block(8, 4))
    journal.close()
    with Journal.resume(directory, SETTINGS) as resumed:
        assert resumed.n_rows == 8
        fill(resumed, 12)
        assert_rows(next(resumed.rows(8)), 8, 4)


def test_full_disk_while_the_file_is_made(journal, tmp_path):
    """The rows are not lost with the file, and the message says so."""
    fill(journal, 8)
    with pytest.raises(OutputError, match=r"all rows are kept in .*partial, run again with --resume"):
        assemble(journal, tmp_path / "no" / "out.h5", {})
    journal.close()
    with Journal.resume(journal.directory, SETTINGS) as resumed:
        assert resumed.n_rows == 8
