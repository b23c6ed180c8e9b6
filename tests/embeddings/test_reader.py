"""The embedding file: what goes in comes out, AnnData opens it, the bytes are the rows', damage is refused."""

import os
import subprocess
import sys
import textwrap
import tracemalloc
from pathlib import Path

import anndata
import h5py
import numpy as np
import pytest

from barcodeembed.embeddings.reader import EmbeddingStore, are_embedding_files
from barcodeembed.embeddings.schema import MISSING, OBS_COLUMNS
from barcodeembed.embeddings.writer import EmbeddingWriter
from barcodeembed.errors import InputError, OutputError, UsageError

MANIFEST = {"model": "tiny", "fingerprint": "é9", "dim": 7, "share": 0.25, "options": '{"pool": "mean"}'}


def make_rows(n, dim=7, seed=0):
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((n, dim), dtype=np.float32)
    vectors[1::5] = np.nan
    obs = {
        "length": rng.integers(0, 700, n).tolist(),
        "n_ambiguous": rng.integers(0, 9, n),
        "strand": [("+", "-", "")[i % 3] for i in range(n)],
        "start": rng.integers(-40, 600, n).tolist(),
        "score": np.where(np.arange(n) % 4 == 0, np.nan, rng.random(n)).astype(np.float32),
        "stops": [0] * n,
        "flags": [""] * n,
        "status": ["too_short" if i % 5 == 1 else "ok" for i in range(n)],
        "sha1": [f"{i:040x}" for i in range(n)],
        "lineage": ["Animalia;Arthropoda" if i % 2 else "" for i in range(n)],
        "bin": [f"BOLD:AAA{i % 9}" for i in range(n)],
    }
    obs |= {name: [value] * n for name, value in MISSING.items()}
    return [f"læsning {i}" for i in range(n)], vectors, obs


def write(path, rows, size=None, dtype="float32"):
    ids, vectors, obs = rows
    with EmbeddingWriter(path, vectors.shape[1], MANIFEST, dtype) as writer:
        for i in range(0, len(ids), size or max(1, len(ids))):
            part = slice(i, i + (size or len(ids)))
            writer.append(ids[part], vectors[part], {name: column[part] for name, column in obs.items()})
    return path


def run_script(script, folder, **environment):
    """Run Python in a process of its own, with this module's folder and ``folder`` as arguments."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), Path(__file__).parent, folder],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def assert_rows(batch, rows):
    assert list(batch[0]) == list(rows[0])
    np.testing.assert_array_equal(batch[1], rows[1])
    assert list(batch[2]) == list(OBS_COLUMNS)
    for name, kind in OBS_COLUMNS.items():
        np.testing.assert_array_equal(batch[2][name], np.asarray(rows[2][name], batch[2][name].dtype))
        assert kind is str or batch[2][name].dtype == kind


@pytest.mark.parametrize("n", [0, 1, 12, 4096, 9000])
def test_round_trip(tmp_path, n):
    rows = make_rows(n)
    with EmbeddingStore(write(tmp_path / "a.h5", rows)) as store:
        assert (len(store), store.dim) == (n, 7)
        assert store.manifest == {**MANIFEST, "format_version": 1}
        obs = {name: store.obs(name) for name in OBS_COLUMNS}
        assert_rows((store.ids, store.vectors(), obs), rows)
        np.testing.assert_array_equal(store.vectors(3, 9), rows[1][3:9])
        size, sizes = max(5, n // 3), []
        for ids, vectors, obs in store.batches(size):
            part = slice(sum(sizes), sum(sizes) + len(ids))
            expected = {name: column[part] for name, column in rows[2].items()}
            assert_rows((ids, vectors, obs), (rows[0][part], rows[1][part], expected))
            sizes.append(len(ids))
        assert sum(sizes) == n
        assert set(sizes[:-1]) <= {size}
    assert [file.name for file in tmp_path.iterdir()] == ["a.h5"]


def test_half_precision_is_read_as_single(tmp_path):
    rows = make_rows(30)
    path = write(tmp_path / "a.h5", rows, dtype="float16")
    with h5py.File(path) as file, EmbeddingStore(path) as store:
        assert file["X"].dtype == np.float16
        assert store.vectors().dtype == np.float32
        np.testing.assert_array_equal(store.vectors(), rows[1].astype(np.float16).astype(np.float32))


@pytest.mark.parametrize("backed", [None, "r"])
def test_anndata_opens_it(tmp_path, backed):
    ids, vectors, obs = rows = make_rows(5000)
    data = anndata.read_h5ad(write(tmp_path / "a.h5", rows), backed=backed)
    np.testing.assert_array_equal(data.X[:], vectors)
    assert list(data.obs_names) == ids
    assert data.obs.index.name == "id"
    assert list(data.obs.columns) == list(OBS_COLUMNS)
    for name in OBS_COLUMNS:
        np.testing.assert_array_equal(data.obs[name].to_numpy(), obs[name])
    assert dict(data.uns) == {**MANIFEST, "format_version": 1}
    assert data.n_vars == 7
    if backed:
        data.file.close()


def test_anndata_opens_an_empty_file(tmp_path):
    assert anndata.read_h5ad(write(tmp_path / "a.h5", make_rows(0))).shape == (0, 7)


def test_ids_may_repeat(tmp_path):
    _, vectors, obs = make_rows(4)
    path = write(tmp_path / "a.h5", (["x", "y", "x", "x"], vectors, obs))
    with pytest.warns(UserWarning, match="not unique"):
        assert list(anndata.read_h5ad(path).obs_names) == ["x", "y", "x", "x"]
    with EmbeddingStore(path) as store:
        assert store.ids == ["x", "y", "x", "x"]


def test_file_that_anndata_has_written_is_read(tmp_path):
    ids, vectors, obs = rows = make_rows(60)
    data = anndata.read_h5ad(write(tmp_path / "a.h5", rows))[10:40].copy()
    data.uns["umap"] = {"neighbours": 15}
    data.write_h5ad(tmp_path / "b.h5ad")
    with EmbeddingStore(tmp_path / "b.h5ad") as store:
        columns = {name: store.obs(name) for name in OBS_COLUMNS}
        expected = {name: column[10:40] for name, column in obs.items()}
        assert_rows((store.ids, store.vectors(), columns), (ids[10:40], vectors[10:40], expected))
        assert store.manifest["model"] == "tiny"


def test_same_rows_same_bytes_whatever_the_appends(tmp_path):
    rows = make_rows(9001)
    whole = write(tmp_path / "whole.h5", rows).read_bytes()
    for size in (1000, 4096, 4097):
        assert write(tmp_path / "parts.h5", rows, size).read_bytes() == whole
    few = make_rows(300)
    assert write(tmp_path / "a.h5", few, 1).read_bytes() == write(tmp_path / "b.h5", few).read_bytes()


@pytest.mark.slow
def test_same_bytes_at_another_time_in_another_process(tmp_path):
    """Neither the clock nor what the memory held before is in the file."""
    here = write(tmp_path / "here.h5", make_rows(500)).read_bytes()
    script = """
        import sys, time
        sys.path.insert(0, sys.argv[1])
        from test_reader import *
        time.sleep(1.1)
        write(Path(sys.argv[2], "there.h5"), make_rows(500))
    """
    done = run_script(script, tmp_path, MALLOC_PERTURB_="77")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "there.h5").read_bytes() == here


def test_small_file_is_small_and_large_chunks_are_wide(tmp_path):
    assert write(tmp_path / "a.h5", make_rows(3)).stat().st_size < 60_000
    with h5py.File(write(tmp_path / "b.h5", make_rows(5000, dim=512))) as file:
        assert file["X"].chunks == (256, 512)


@pytest.mark.slow
def test_writer_memory_does_not_grow_with_rows(tmp_path):
    rows = make_rows(4096)
    with EmbeddingWriter(tmp_path / "a.h5", 7, MANIFEST) as writer:
        writer.append(*rows)
        tracemalloc.start()
        try:
            for _ in range(2):
                writer.append(*rows)
            tracemalloc.reset_peak()
            once = tracemalloc.get_traced_memory()[0]
            for _ in range(6):
                writer.append(*rows)
            assert tracemalloc.get_traced_memory()[0] - once < 200_000
        finally:
            tracemalloc.stop()


def test_error_leaves_the_old_file_and_nothing_else(tmp_path):
    path = write(tmp_path / "a.h5", make_rows(3))
    before = path.read_bytes()
    writer = EmbeddingWriter(path, 7, MANIFEST)

    def run():
        with writer:
            writer.append(*make_rows(5000))
            raise KeyError("stop")

    with pytest.raises(KeyError):
        run()
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_missing_folder_is_an_output_error(tmp_path):
    with pytest.raises(OutputError, match="No such file"):
        write(tmp_path / "no" / "a.h5", make_rows(3))


@pytest.mark.slow
def test_full_disk_is_one_error_and_no_crash(tmp_path):
    """HDF5 segfaults when it cannot flush. A limit on the size of files stands in for a full disk."""
    script = """
        import resource, sys
        sys.path.insert(0, sys.argv[1])
        from test_reader import *
        rows = make_rows(2000)
        path = Path(sys.argv[2], "full.h5")
        full = write(path, rows).stat().st_size
        for size in range(0, full, full // 40):
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
            with pytest.raises(OutputError, match="cannot write .*full.h5: File too large"):
                write(path, rows, 700)
        print("all refused")
    """
    done = run_script(script, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "all refused\n", "")
    assert [file.name for file in tmp_path.iterdir()] == ["full.h5"]


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda ids, vectors, obs: (ids, vectors[:, :3], obs), "shape"),
        (lambda ids, vectors, obs: (ids[:2], vectors, obs), "shape"),
        (lambda ids, vectors, obs: (ids, vectors, obs | {"bin": ["x"]}), "column bin"),
        (lambda ids, vectors, obs: (ids, vectors, obs | {"extra": ids}), "extra"),
    ],
)
def test_rows_that_do_not_fit_together(tmp_path, change, match):
    with pytest.raises(ValueError, match=match), EmbeddingWriter(tmp_path / "a.h5", 7, MANIFEST) as writer:
        writer.append(*change(*make_rows(3)))


@pytest.mark.parametrize(("bad", "match"), [("a\0b", "NUL"), ("a\udc80b", "not text")])
def test_ids_that_hdf5_cannot_hold(tmp_path, bad, match):
    _, vectors, obs = make_rows(2)
    with pytest.raises(InputError, match=match):
        write(tmp_path / "a.h5", (["fine", bad], vectors, obs))


def test_truncated_file_is_refused_at_any_length(tmp_path):
    whole = write(tmp_path / "a.h5", make_rows(40)).read_bytes()
    cut = tmp_path / "cut.h5"
    for size in [*range(0, len(whole), len(whole) // 60), len(whole) - 1]:
        cut.write_bytes(whole[:size])
        with pytest.raises(InputError, match=r"cut\.h5: (the file is truncated|not an embedding file)") as caught:
            EmbeddingStore(cut)
        assert "\n" not in str(caught.value)


def refused(path, match):
    with pytest.raises(InputError, match=match) as caught:
        EmbeddingStore(path)
    assert "\n" not in str(caught.value)


def test_what_is_not_an_embedding_file_is_refused(tmp_path):
    refused(tmp_path / "none.h5", "no such file")
    (tmp_path / "text.h5").write_text(">a\nACGT\n" * 100)
    refused(tmp_path / "text.h5", "not HDF5")
    with h5py.File(tmp_path / "plain.h5", "w") as file:
        file["X"] = np.zeros((2, 3))
    refused(tmp_path / "plain.h5", "not AnnData")
    anndata.AnnData(np.zeros((2, 3), np.float32)).write_h5ad(tmp_path / "cells.h5ad")
    refused(tmp_path / "cells.h5ad", "obs has no column 'length'")


def test_file_of_a_later_format_is_refused(tmp_path):
    path = write(tmp_path / "a.h5", make_rows(3))
    with h5py.File(path, "r+") as file:
        file["uns/format_version"][()] = 2
    refused(path, "format version 2 is not known; update barcodeembed")


def test_column_of_another_length_is_refused(tmp_path):
    path = write(tmp_path / "a.h5", make_rows(3))
    with h5py.File(path, "r+") as file:
        file["obs/bin"].resize(2, axis=0)
    refused(path, "'bin' has shape")


@pytest.mark.parametrize(
    "bad", [bytes(32), b"\1\0" + bytes(6) + b"\xff" * 8, b"\1\0" + bytes(6) + (1 << 40).to_bytes(8, "little")]
)
def test_texts_without_end_are_refused(tmp_path, bad):
    """HDF5 itself steps through them for ever."""
    path = write(tmp_path / "a.h5", make_rows(300))
    content = path.read_bytes()
    heap = content.index(b"GCOL")
    path.write_bytes(content[: heap + 16] + bad + content[heap + 16 + len(bad) :])
    refused(path, "the heap of texts is damaged at byte")


@pytest.mark.parametrize("before", [0, 5])
def test_numbers_that_look_like_a_heap_are_none(tmp_path, before):
    path = write(tmp_path / "a.h5", make_rows(3))
    with h5py.File(path, "a") as file:
        file["more"] = np.frombuffer(bytes(before) + b"GCOL\x01\0\0\0" + b"\xff" * 40, dtype=np.uint8)
    with EmbeddingStore(path) as store:
        assert len(store.ids) == 3


@pytest.mark.parametrize(
    ("column", "values"),
    [("sha1", ["", "0" * 40, "0" * 15 + "m" + "0" * 24]), ("status", ["ok", "ok", "fine"]), ("strand", ["", "-", "x"])],
)
def test_a_text_that_a_column_cannot_have_is_refused(tmp_path, column, values):
    ids, vectors, obs = make_rows(3)
    vectors[:] = np.eye(3, vectors.shape[1], dtype=np.float32)
    path = write(tmp_path / "a.h5", (ids, vectors, {**obs, column: values}))
    with EmbeddingStore(path) as store, pytest.raises(InputError, match=f"'{values[2]}' is no {column}"):
        list(store.unit_batches(2))


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("id", np.arange(3), "column id is not text"),
        ("bin", np.ones(3), "column bin is not text"),
        ("status", np.ones(3, dtype=bool), "column status is not text"),
        ("length", np.array([b"1"] * 3), "column length has"),
        ("length", np.full(3, np.nan), "column length has float64 where int32 belongs"),
        ("stops", np.full(3, 1 << 40), "a number of stops is too large"),
        ("score", np.ones(3, dtype=np.complex64), "column score has complex64"),
        ("start", np.zeros(3, dtype=[("a", "<i4")]), "column start has"),
    ],
)
def test_a_column_of_another_kind_is_refused(tmp_path, column, values, message):
    path = write(tmp_path / "a.h5", make_rows(3))
    with h5py.File(path, "r+") as file:
        del file["obs"][column]
        file["obs"][column] = values
    with EmbeddingStore(path) as store, pytest.raises(InputError, match=message):
        list(store.batches(2))


@pytest.mark.parametrize("column", ["id", "status", "length"])
@pytest.mark.parametrize("kind", ["references", "lists", "categories"])
def test_a_column_of_references_to_other_objects_is_refused(tmp_path, column, kind):
    path = write(tmp_path / "a.h5", make_rows(3))
    with h5py.File(path, "r+") as file:
        own = np.array([file["X"].ref] * 3, dtype=h5py.ref_dtype)
        del file["obs"][column]
        if kind == "lists":
            file["obs"].create_dataset(column, (3,), h5py.vlen_dtype(np.uint8))
        elif kind == "references":
            file["obs"][column] = own
        else:
            file[f"obs/{column}/codes"], file[f"obs/{column}/categories"] = np.arange(3), own
    with EmbeddingStore(path) as store, pytest.raises(InputError, match=f"column {column}.* is neither text nor numb"):
        list(store.batches(2))


def test_groups_in_groups_without_end_are_refused(tmp_path):
    """HDF5 takes a minute for 3,000 of them, because it goes through all of a path again for each."""
    path = write(tmp_path / "a.h5", make_rows(3))
    with h5py.File(path, "r+") as file:
        group = file["uns"]
        for _ in range(70):
            group = group.create_group("g")
    refused(path, "groups 64 levels deep")


def test_a_column_that_an_older_file_lacks_has_its_stand_in(tmp_path, monkeypatch):
    path = write(tmp_path / "a.h5", make_rows(5))
    with h5py.File(path, "a") as file:
        del file["obs/bin"]
    refused(path, "obs has no column 'bin'")
    monkeypatch.setitem(MISSING, "bin", "not told")
    with EmbeddingStore(path) as store:
        assert store.obs("bin").tolist() == ["not told"] * 5
        assert [part[2]["bin"].tolist() for part in store.batches(3)] == [["not told"] * 3, ["not told"] * 2]


def test_it_opens_while_others_have_it_open(tmp_path):
    path = write(tmp_path / "a.h5", make_rows(3))
    with h5py.File(path), EmbeddingStore(path) as first, EmbeddingStore(path) as second:
        assert first.ids == second.ids


def test_inputs_of_two_kinds() -> None:
    assert are_embedding_files(["a.h5", "b.H5AD"])
    assert not are_embedding_files(["-", "b.fasta"])
    with pytest.raises(UsageError, match="of one kind"):
        are_embedding_files(["a.h5", "b.fasta"])


def test_columns_that_older_files_lack_are_read_where_they_are(tmp_path) -> None:
    ids, vectors, obs = make_rows(5)
    given = {name: [f"{n}" if isinstance(value, str) else n for n in range(5)] for name, value in MISSING.items()}
    with EmbeddingStore(write(tmp_path / "new.h5", (ids, vectors, obs | given))) as store:
        _, _, columns = next(store.batches(5))
    assert {name: columns[name].tolist() for name in given} == given
