"""Libraries in memory and on disk: changed, saved, loaded, and refused where they are damaged."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from barcodeembed.errors import InputError, MismatchError, UsageError
from barcodeembed.library.library_files import is_library, load_library, save_library
from barcodeembed.library.library_set import LibrarySet
from barcodeembed.library.taxon_table import TaxonTable
from barcodeembed.outputs import folders
from barcodeembed.taxonomy import RANKS, Lineage

CALIBRATION = {"threshold": 0.8}


@pytest.fixture
def saved(library, tmp_path: Path) -> Path:
    save_library(library, tmp_path / "tree.barcodelib", CALIBRATION)
    return tmp_path / "tree.barcodelib"


def test_a_library_comes_back_as_it_was(library, saved: Path) -> None:
    again = load_library(saved)
    assert again.ids.tolist() == library.ids.tolist()
    assert again.bins.tolist() == library.bins.tolist()
    assert [again.lineage(row) for row in range(len(again))] == [library.lineage(row) for row in range(len(library))]
    assert np.array_equal(again.columns, library.columns)
    assert np.array_equal(again.stored, library.stored)
    assert isinstance(again.stored, np.memmap)
    assert again.manifest == library.manifest
    assert json.loads((saved / "calibration.json").read_text()) == CALIBRATION
    assert again.name == "tree"


def test_the_same_library_gives_the_same_bytes(library, saved: Path, tmp_path: Path) -> None:
    save_library(library, tmp_path / "again.barcodelib", CALIBRATION)
    for name in ("records.h5", "calibration.json"):
        assert (saved / name).read_bytes() == (tmp_path / "again.barcodelib" / name).read_bytes()


def test_search_finds_a_reference_itself(library) -> None:
    cosine, rows = library.search(library.stored[[5, 70]], 4)
    assert rows[:, 0].tolist() == [5, 70]
    assert np.allclose(cosine[:, 0], 1, atol=1e-5)
    assert (np.diff(cosine, axis=1) <= 0).all()


def test_search_for_more_than_there_are(library) -> None:
    few = library.select(np.array([3, 9]))
    cosine, rows = few.search(library.stored[:1], 5)
    assert (rows[0, 2:] == -1).all()
    assert np.isnan(cosine[0, 2:]).all()


def test_remove_and_add_give_the_library_back(library) -> None:
    less = library.remove(["r7", "r100"])
    assert len(less) == len(library) - 2
    assert "r7" not in less.ids
    more = less.add(library.select(np.array([7, 100])))
    assert sorted(more.ids) == sorted(library.ids)
    row = more.ids.tolist().index("r100")
    assert more.lineage(row) == library.lineage(100)
    assert np.array_equal(more.columns[row], library.columns[100])


def test_what_cannot_be_removed_or_added(library) -> None:
    with pytest.raises(UsageError, match="no reference 'nobody'"):
        library.remove(["r1", "nobody"])
    with pytest.raises(UsageError, match="without a single reference"):
        library.remove(library.ids.tolist())
    with pytest.raises(UsageError, match=r"a reference 'r1' already \(1 ids"):
        library.add(library.select(np.array([1])))
    other = library.select(np.array([1]))
    other.manifest["model_fingerprint"] = "toy-2"
    with pytest.raises(MismatchError, match=r"toy-1.*toy-2"):
        library.add(other)
    bare = library.select(np.array([1]))
    bare.columns = bare.columns[:, :0]
    with pytest.raises(MismatchError, match="an embedding file"):
        library.add(bare)


def with_names(library, row: int, **names: str):
    """A library of this row, with other names."""
    one = library.select(np.array([row]))
    known = dict(zip(RANKS, library.lineage(row).names, strict=True))
    return replace(one, taxa=TaxonTable.of([Lineage.from_ranks(**(known | names))]))


def test_what_a_library_has_already(library) -> None:
    new = library.select(np.array([7, 100]))
    less = library.remove(["r7"])
    assert less.repeats(new).tolist() == [False, True]
    assert library.repeats(new).all()
    # Gaps above a name may have been filled in the library; other names are not the same record.
    assert library.repeats(with_names(library, 7, family="")).all()
    for names in ({"genus": "Other"}, {"species": ""}):
        with pytest.raises(UsageError, match=r"1 references have ids .* other names, the first is 'r7': --remove"):
            library.repeats(with_names(library, 7, **names))
    new.columns[1, 300] ^= 15
    with pytest.raises(UsageError, match=r"1 references have ids .* other barcodes .*'r100'"):
        library.repeats(new)


def test_a_reference_whose_name_was_joined_is_known_again(library) -> None:
    lineages = [library.lineage(row).names for row in range(len(library))]
    mixed = [Lineage(("Metazoa" if row % 3 == 1 else names[0], *names[1:])) for row, names in enumerate(lineages)]
    again = replace(library, taxa=TaxonTable.of(mixed))
    in_order = replace(again)
    in_order.put_names_in_order()
    assert in_order.lineage(1).at("kingdom") == "Animalia"
    assert in_order.repeats(again).all()


def test_vectors_of_another_model_are_refused_and_both_named(library) -> None:
    library.check_model("toy", "toy-1")
    with pytest.raises(MismatchError, match=r"toy \(toy-1\).*other \(other-9\)") as error:
        library.check_model("other", "other-9")
    with pytest.raises(MismatchError, match="make the library again with this version"):
        library.check_model("toy", "toy-2")
    assert error.value.exit_code == 4


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("name", ["manifest.json", "records.h5"])
def test_a_file_that_may_not_be_read_is_named(saved: Path, name: str) -> None:
    (saved / name).chmod(0)
    with pytest.raises(InputError, match=f"{name}: no permission to read the file; let it be read"):
        load_library(saved)


@pytest.mark.parametrize(
    ("files", "is_one"),
    [
        ({"manifest.json": '{"name": "a page"}'}, False),
        ({"manifest.json": "[]"}, False),
        ({"records.h5": ""}, False),
        ({"records.h5": "", "calibration.json": ""}, True),
        ({"manifest.json": "{", "records.h5": "", "calibration.json": ""}, True),
    ],
)
def test_a_damaged_library_is_told_from_other_folders(tmp_path: Path, files: dict[str, str], is_one: bool) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert is_library(tmp_path) is is_one
    assert not is_library(tmp_path / "none")


def test_an_existing_directory_is_not_overwritten(library, saved: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--force"):
        save_library(library, saved, CALIBRATION)
    save_library(library.select(np.arange(10)), saved, CALIBRATION, force=True)
    assert len(load_library(saved)) == 10
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "data.txt").write_text("precious")
    with pytest.raises(UsageError, match="is not a library"):
        save_library(library, tmp_path / "mine", CALIBRATION, force=True)
    assert (tmp_path / "mine" / "data.txt").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "tree.barcodelib"]


def cut(path: Path) -> None:
    with (path / "records.h5").open("r+b") as file:
        file.truncate(5000)


def edit(path: Path) -> None:
    text = (path / "calibration.json").read_text()
    (path / "calibration.json").write_text(text.replace("0", "1", 1))


def flip(path: Path) -> None:
    content = bytearray((path / "records.h5").read_bytes())
    content[-100] ^= 1
    (path / "records.h5").write_bytes(content)


def lose(path: Path) -> None:
    (path / "records.h5").unlink()


def forge(path: Path, **facts: object) -> None:
    manifest = json.loads((path / "manifest.json").read_text())
    (path / "manifest.json").write_text(json.dumps({**manifest, **facts}))


def seal(path: Path) -> None:
    """Make the manifest agree with records.h5, as one who crafts a library would."""
    facts = json.loads((path / "manifest.json").read_text())["files"]
    content = (path / "records.h5").read_bytes()
    facts["records.h5"] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    forge(path, files=facts)


def craft(path: Path, name: str, data: object, dtype: object = None) -> None:
    """Put something else in the place of a dataset; a group, if it is nothing."""
    with h5py.File(path / "records.h5", "r+") as file:
        del file[name]
        if data is None:
            file.create_group(name)
        else:
            file.create_dataset(name, data=data, dtype=dtype)
    seal(path)


def empty(path: Path) -> None:
    for name in ("ids", "bins", "columns", "vectors", "taxa/codes"):
        with h5py.File(path / "records.h5", "r") as file:
            content, kind = file[name][:0], file[name].dtype
        craft(path, name, content, kind)


def forge_entry(path: Path, name: str, entry: object) -> None:
    forge(path, files={**json.loads((path / "manifest.json").read_text())["files"], name: entry})


TEXT = h5py.string_dtype()

DAMAGE = {
    "cut": (cut, r"records.h5: the file has 5,000 bytes where"),
    "edited": (edit, r"calibration.json: the file was changed after the library was made"),
    "flipped": (flip, r"records.h5: the file was changed"),
    "lost": (lose, r"records.h5: the file is missing"),
    "newer": (lambda path: forge(path, format_version=99), r"format version 99 is not known; update"),
    "older than any": (lambda path: forge(path, format_version=0), r"format version 0 is not known"),
    "fewer references": (lambda path: forge(path, references=287), r"its references are 287 where 288 belong"),
    "another width": (lambda path: forge(path, dim="128"), r"its dim are '128' where 128 belong"),
    "other": (lambda path: forge(path, format="something"), r"not the manifest of a library"),
    "no list": (lambda path: forge(path, files=None), r"not the manifest of a library"),
    "no JSON": (lambda path: (path / "manifest.json").write_text("{"), r"not the manifest of a library"),
    "no manifest": (lambda path: (path / "manifest.json").unlink(), r"it has no manifest.json"),
    "empty": (empty, r"the library is empty"),
    "list of files": (lambda path: forge(path, files=["records.h5", "calibration.json"]), r"not the manifest of a lib"),
    "entry without bytes": (
        lambda path: forge_entry(path, "records.h5", {"sha256": "0"}),
        r"not the manifest of a lib",
    ),
    "entry of text": (lambda path: forge_entry(path, "records.h5", "0"), r"not the manifest of a library"),
    "bytes as text": (
        lambda path: forge_entry(path, "records.h5", {"bytes": "9", "sha256": "0"}),
        r"not the manifest of a library \(bytes or sha256 of records.h5\)",
    ),
    "file elsewhere": (
        lambda path: forge_entry(path, "/etc/hostname", {"bytes": 1, "sha256": "0"}),
        r"no library has a file '/etc/hostname'",
    ),
    "infinite version": (lambda path: forge(path, format_version=float("inf")), r"not the manifest of a library"),
    "kind as list": (lambda path: forge(path, index_kind=["flat"]), r"not the manifest of a library"),
    "vectors of text": (
        lambda path: craft(path, "vectors", ["x"] * 288, TEXT),
        r"vectors is object \(288,\) where float32",
    ),
    "square of text": (lambda path: craft(path, "vectors", [["x"] * 9] * 288, TEXT), r"vectors is object \(288, 9\)"),
    "double vectors": (lambda path: craft(path, "vectors", np.zeros((288, 128))), r"vectors is float64 \(288, 128\)"),
    "vectors no array": (lambda path: craft(path, "vectors", None), r"vectors is not an array"),
    "longer vectors": (
        lambda path: craft(path, "vectors", np.full((288, 128), 0.1, np.float32)),
        r"a vector is not of unit length",
    ),
    "base of five bits": (
        lambda path: craft(path, "columns", np.full((288, 658), 16, np.uint8)),
        r"a code of a base is not one",
    ),
    "columns of text": (lambda path: craft(path, "columns", [["x"] * 9] * 288, TEXT), r"columns is object \(288, 9\)"),
    "fewer columns": (
        lambda path: craft(path, "columns", np.zeros((9, 658), np.uint8)),
        r"columns is uint8 \(9, 658\)",
    ),
    "fewer ids": (lambda path: craft(path, "ids", ["r1"], TEXT), r"ids is object \(1,\) where text \(288,\) belongs"),
    "bins as table": (lambda path: craft(path, "bins", [["b"]] * 288, TEXT), r"bins is object \(288, 1\)"),
    "bins as numbers": (lambda path: craft(path, "bins", np.zeros(288)), r"bins is float64 \(288,\) where text"),
    "six ranks": (
        lambda path: craft(path, "taxa/codes", np.zeros((288, 6), np.int32)),
        r"taxa/codes is int32 \(288, 6\)",
    ),
    "code too high": (
        lambda path: craft(path, "taxa/codes", np.full((288, 7), 999, np.int32)),
        r"number without a name",
    ),
    "code below 0": (lambda path: craft(path, "taxa/codes", np.full((288, 7), -1, np.int32)), r"number without a name"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_one_clear_line(saved: Path, kind: str) -> None:
    damage, message = DAMAGE[kind]
    damage(saved)
    with pytest.raises(InputError, match=message) as error:
        load_library(saved)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["tree.barcodelib.old", "tree.barcodelib.tmp"])
def test_folders_beside_a_library_are_nobodys_business(library, saved: Path, tmp_path: Path, name: str) -> None:
    backup = tmp_path / name
    save_library(library, backup, CALIBRATION)
    save_library(library.select(np.arange(10)), saved, CALIBRATION, force=True)
    assert len(load_library(saved)) == 10
    assert len(load_library(backup)) == len(library)


@pytest.mark.parametrize("one_step", [True, False])
def test_what_is_not_ours_stays_in_a_library(
    library, saved: Path, monkeypatch: pytest.MonkeyPatch, one_step: bool
) -> None:
    if not one_step:
        monkeypatch.setattr(folders, "exchange", lambda one, other: False)
    (saved / "notes.txt").write_text("mine")
    (saved / "more").mkdir()
    (saved / "more" / "notes.txt").write_text("mine too")
    (saved / "link").symlink_to("nowhere")
    save_library(library.select(np.arange(10)), saved, CALIBRATION, force=True)
    assert len(load_library(saved)) == 10
    assert [(saved / name).read_text() for name in ("notes.txt", "more/notes.txt")] == ["mine", "mine too"]
    assert os.readlink(saved / "link") == "nowhere"
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_a_library_that_is_a_link_stays_one(library, saved: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.barcodelib"
    link.symlink_to(saved)
    save_library(library.select(np.arange(10)), link, CALIBRATION, force=True)
    assert link.is_symlink()
    assert len(load_library(saved)) == len(load_library(link)) == 10


KILLED_EVERYWHERE = """
import os, sys
from pathlib import Path
import numpy as np
from barcodeembed.library.library_files import check_library_input, load_library, save_library
from barcodeembed.outputs import folders

path = Path(sys.argv[1])
if sys.argv[2] == "two steps":
    folders.exchange = lambda one, other: False
whole, CALIBRATION = load_library(path), {}
two = whole.select(np.arange(2))
STEPS = ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree")
step, finished = 0, False
while not finished:
    save_library(whole, path, CALIBRATION, force=True)
    child = os.fork()
    if child == 0:
        steps = iter(range(step))

        def hook(event, args):
            if event in STEPS and next(steps, None) is None:
                os._exit(9)

        sys.addaudithook(hook)
        save_library(two, path, CALIBRATION, force=True)
        os._exit(0)
    finished = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    if sys.argv[2] == "one step":
        assert path.is_dir()
    assert len(load_library(path)) in (2, len(whole))
    check_library_input(path)
    step += 1
assert len(load_library(path)) == 2
save_library(whole, path, CALIBRATION, force=True)
print(step, sorted(os.listdir(path.parent)))
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills itself in a copy of the process")
@pytest.mark.parametrize("swap", ["one step", "two steps"])
def test_a_kill_at_any_step_of_a_rewrite_leaves_a_library(saved: Path, swap: str) -> None:
    """Ended at each of its steps in turn, a rewrite leaves the old or the new library, and nothing else for long."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED_EVERYWHERE, str(saved), swap],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    steps, left = done.stdout.split(maxsplit=1)
    assert int(steps) >= 8
    assert left.strip() == "['tree.barcodelib']"


def test_a_missing_library(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such library"):
        load_library(tmp_path / "none.barcodelib")


def test_an_index_of_other_vectors_is_refused(tree, make_library, tmp_path: Path) -> None:
    columns, lineages = tree(3)
    save_library(make_library(columns, lineages, index="hnsw"), tmp_path / "a", CALIBRATION)
    save_library(make_library(columns[:50], lineages[:50], index="hnsw"), tmp_path / "b", CALIBRATION)
    (tmp_path / "a" / "index.faiss").write_bytes((tmp_path / "b" / "index.faiss").read_bytes())
    facts = {"a": json.loads((tmp_path / "a" / "manifest.json").read_text())["files"]}
    facts["a"]["index.faiss"] = json.loads((tmp_path / "b" / "manifest.json").read_text())["files"]["index.faiss"]
    forge(tmp_path / "a", files=facts["a"])
    with pytest.raises(InputError, match="50 vectors of width 128 where 288"):
        load_library(tmp_path / "a")


@pytest.mark.parametrize("kind", ["flat", "hnsw", "ivf"])
@pytest.mark.parametrize("change", ["cut off", "written to"])
def test_files_that_change_while_a_library_is_searched_are_one_line(
    library, tmp_path: Path, kind: str, change: str
) -> None:
    """Reading behind the end of a mapped file, as FAISS does, would end the process; other numbers give other names."""
    remade = replace(library, manifest=library.manifest | {"index_kind": kind}).select(np.arange(len(library)))
    path = tmp_path / "own.barcodelib"
    save_library(remade, path, CALIBRATION)
    opened = LibrarySet([load_library(path)])
    vectors, columns = remade.stored[:3].copy(), remade.columns[:3].copy()
    assert opened.search(vectors, columns, 4).rows[:, 0].tolist() == [0, 1, 2]
    changed = path / ("records.h5" if kind == "flat" else "index.faiss")
    content = changed.read_bytes()
    if change == "cut off":
        os.truncate(changed, 2048)
    else:
        changed.write_bytes(b"\x7f" * len(content))
        os.utime(changed, (1, 1))
    with pytest.raises(InputError, match=f"{changed.name}: the file was changed while it was used.*make the library"):
        opened.search(vectors, columns, 4)
    changed.write_bytes(content)
    assert opened.search(vectors, columns, 4).rows[:, 0].tolist() == [0, 1, 2]


def test_no_thread_of_faiss_reads_on_after_the_search(tmp_path: Path) -> None:
    """Behind the end of a file that is cut off then, it would end the process; a hundred searches show it."""
    script = """
import os, sys
import faiss
import numpy as np
from pathlib import Path
from barcodeembed.library.vector_index import make_index, nearest, read_index, write_index

path = Path(sys.argv[1])
vectors = np.random.default_rng(1).normal(size=(4000, 64)).astype(np.float32)
write_index(make_index(vectors, "ivf"), path)
content = path.read_bytes()
for _ in range(100):
    index = read_index(path, *vectors.shape)
    nearest(index, vectors, vectors[:3], 4)
    os.truncate(path, 2048)
    path.write_bytes(content)
"""
    command = [sys.executable, "-c", script, str(tmp_path / "index.faiss")]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr


def test_a_library_that_is_replaced_while_it_is_used_stays_as_it_was(library, saved: Path) -> None:
    opened = LibrarySet([load_library(saved)])
    save_library(library.select(np.arange(1, 9)), saved, CALIBRATION, force=True)
    assert opened.search(library.stored[:3], library.columns[:3], 4).rows[:, 0].tolist() == [0, 1, 2]
