"""Count tables in BIOM, by itself and in an archive of QIIME 2."""

import bz2
import gzip
import lzma
import zipfile
from pathlib import Path

import numpy as np
import pytest

from barcodeembed.errors import InputError
from barcodeembed.workflows.samples.count_files import read_counts


def test_biom_of_both_versions(tmp_path: Path) -> None:
    biom = pytest.importorskip("biom")
    import h5py

    table = biom.Table(np.array([[7, 0], [1, 5]]), ["f1", "f2"], ["siteA", "siteB"])
    (tmp_path / "one.biom").write_text(table.to_json("a test"))
    with h5py.File(tmp_path / "two.biom", "w") as file:
        table.to_hdf5(file, "a test")
    for name in ("one.biom", "two.biom"):
        read = read_counts(tmp_path / name)
        assert read.of("f2", "") == (("siteA", 1), ("siteB", 5))
        assert read.unused == ["f1"]


@pytest.mark.parametrize(("ending", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)])
@pytest.mark.parametrize("version", [1, 2])
def test_a_compressed_table_is_read(tmp_path: Path, ending: str, pack, version: int) -> None:
    biom = pytest.importorskip("biom")
    import h5py

    table = biom.Table(np.array([[7, 0], [1, 5]]), ["f1", "f2"], ["siteA", "siteB"])
    plain, packed = tmp_path / "t.biom", tmp_path / f"t.biom.{ending}"
    if version == 1:
        plain.write_text(table.to_json("a test"))
    else:
        with h5py.File(plain, "w") as file:
            table.to_hdf5(file, "a test")
    packed.write_bytes(pack(plain.read_bytes()))
    read = read_counts(packed)
    assert read.of("f2", "") == (("siteA", 1), ("siteB", 5))
    assert read.path == packed
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(InputError, match=rf"^{packed}: the compressed data is damaged .*; fetch it again"):
        read_counts(packed)


def test_a_table_of_qiime2_is_unpacked(tmp_path: Path) -> None:
    biom = pytest.importorskip("biom")
    text = biom.Table(np.array([[7, 0], [1, 5]]), ["f1", "f2"], ["siteA", "siteB"]).to_json("a test")
    for name, members in (("one.qza", ["table.biom"]), ("two.qza", ["a.biom", "b.biom"])):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("0a1b/VERSION", "QIIME 2")
            for member in members:
                archive.writestr(f"0a1b/data/{member}", text)
    table = read_counts(tmp_path / "one.qza")
    assert table.of("f2", "") == (("siteA", 1), ("siteB", 5))
    assert table.path == tmp_path / "one.qza"
    with pytest.raises(InputError, match="2 BIOM tables in this archive; unpack the table"):
        read_counts(tmp_path / "two.qza")


def test_a_damaged_archive_is_named_itself(tmp_path: Path) -> None:
    pytest.importorskip("biom")
    path = tmp_path / "table.qza"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("0a1b/data/table.biom", '{"no": "table"}')
    whole = path.read_bytes()
    with pytest.raises(InputError, match=rf"^{path}: not a BIOM table"):
        read_counts(path)
    for damaged in (whole.replace(b"PK\x01\x02", b"XXXX"), whole[:20] + whole[60:]):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=rf"^{path}: the zip archive is damaged"):
            read_counts(path)


def test_a_biom_file_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    biom = pytest.importorskip("biom")
    import h5py

    table = biom.Table(np.array([[7, 0], [1, 5]]), ["f1", "f2"], ["siteA", "siteB"])
    other, path = tmp_path / "other.biom", tmp_path / "t.biom"
    for name in (other, path):
        with h5py.File(name, "w") as file:
            table.to_hdf5(file, "a test")
    with h5py.File(path, "a") as file:
        del file["observation/matrix/data"]
        file["observation/matrix/data"] = h5py.ExternalLink(str(other), "observation/matrix/data")
    with pytest.raises(InputError, match=r"not a BIOM table .* is a link to elsewhere"):
        read_counts(path)


def test_zeros_are_no_counts(tmp_path: Path) -> None:
    """A table of BIOM 1 may state them."""
    biom = pytest.importorskip("biom")
    text = biom.Table(np.array([[7, 0], [1, 5]]), ["f1", "f2"], ["siteA", "siteB"]).to_json("a test")
    assert "[0,0,7" in text
    (tmp_path / "one.biom").write_text(text.replace("[0,0,7", "[0,1,0.0],[0,0,7", 1))
    assert read_counts(tmp_path / "one.biom").of("f1", "") == (("siteA", 7),)


@pytest.mark.parametrize(("n_bytes", "message"), [(4 << 30, "not a BIOM table"), ((4 << 30) + 1, "too large a")])
def test_tables_of_up_to_four_gibibytes_are_unpacked(tmp_path: Path, n_bytes: int, message: str) -> None:
    """The archive only claims to hold so much."""
    with zipfile.ZipFile(tmp_path / "table.qza", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0a1b/data/table.biom", "{")
        archive.filelist[0].file_size = n_bytes
    with pytest.raises(InputError, match=message):
        read_counts(tmp_path / "table.qza")


def test_a_table_that_would_fill_the_disk_stays_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("barcodeembed.workflows.samples.biom_tables._MOST_UNPACKED", 1 << 20)
    with zipfile.ZipFile(tmp_path / "table.qza", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0a1b/data/table.biom", "{" + " " * (1 << 20))
    with pytest.raises(InputError, match="too large a BIOM table; unpack the table"):
        read_counts(tmp_path / "table.qza")
