"""Archives, workbooks and Parquet files: the one table or FASTA in them is read, or the error says what to do."""

import bz2
import gzip
import io
import random
import tarfile
import zipfile
from pathlib import Path

import pytest

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.counting import count_records
from barcodeembed.sequences.formats.files import open_binary
from barcodeembed.sequences.formats.opening.spreadsheets import MERGED, workbook_lines
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.sequences.formats.taxonomy_files import read_taxonomy

TABLE = "processid\tgenus\tnuc\n" + "".join(f"P{i}\tCulex\tACGTACGT\n" for i in range(300))
FASTA = "".join(f">P{i}\nACGTACGT\n" for i in range(300))
IDS = [f"P{i}" for i in range(300)]


def packed(path: Path, files: dict[str, str | bytes]) -> Path:
    """An archive of the kind that its name says."""
    content = {name: text.encode() if isinstance(text, str) else text for name, text in files.items()}
    if ".zip" in path.name or path.suffix == ".qza":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in content.items():
                archive.writestr(name, data)
        return path
    compression = {".gz": "gz", ".bz2": "bz2", ".xz": "xz"}.get(path.suffix, "")
    with tarfile.open(path, f"w:{compression}") as tar:
        for name, data in content.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz", "a.tar.bz2", "a.tar.xz", "a.zip"])
@pytest.mark.parametrize("content", [TABLE, FASTA])
def test_the_one_file_of_an_archive_is_read(tmp_path: Path, name: str, content: str) -> None:
    beside = {"BOLD/datapackage.json": '{"a": 1}', "__MACOSX/._x": "\0", "BOLD/README.txt": "what it is\n"}
    path = packed(tmp_path / name, {**beside, "BOLD/BOLD_Public": content})
    assert [barcode.id for barcode in read_barcodes([path])] == IDS
    assert count_records([path]) == 300


def test_a_compressed_file_within_an_archive(tmp_path: Path) -> None:
    for name in ("a.tar", "a.zip"):
        path = packed(tmp_path / name, {"x.tsv.gz": gzip.compress(TABLE.encode())})
        assert [barcode.id for barcode in read_barcodes([path])] == IDS


@pytest.mark.parametrize("name", ["a.tar", "a.zip"])
def test_a_large_bzip2_file_within_an_archive(tmp_path: Path, name: str) -> None:
    bases = random.Random(1).choices("ACGT", k=400_000)
    stored = bz2.compress("".join([">a\n", *bases, "\n"]).encode())
    assert len(stored) > 1 << 16  # more than is read at a time
    (barcode,) = read_barcodes([packed(tmp_path / name, {"x.fasta.bz2": stored})])
    assert barcode.sequence == "".join(bases)


def test_qiime_artifacts(tmp_path: Path) -> None:
    about = {
        "1234/VERSION": "QIIME 2\n",
        "1234/metadata.yaml": "uuid: 1234\n",
        "1234/provenance/citations.bib": "@article{framework|qiime2:2019.4.0|0,\n author = {Bolyen, Evan},\n}\n",
        "1234/provenance/artifacts/5678/action/barcodes.tsv": "sample-id\tbarcode-sequence\tspecies\nS1\tACGT\tfrog\n",
    }
    sequences = packed(tmp_path / "s.qza", {**about, "1234/data/dna-sequences.fasta": FASTA})
    names = packed(
        tmp_path / "t.qza", {**about, "1234/data/taxonomy.tsv": "Feature ID\tTaxon\nP1\tk__Animalia;p__Arthropoda\n"}
    )
    assert [barcode.id for barcode in read_barcodes([sequences])] == IDS
    assert read_taxonomy(names)["P1"].names[:2] == ("Animalia", "Arthropoda")


def test_a_file_of_citations_is_no_fastq(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"refs.bib": "@article{a,\n author = {B},\n}\n", "x.fq": "@P0\nACGT\n+\nIIII\n"})
    assert [barcode.id for barcode in read_barcodes([path])] == ["P0"]


@pytest.mark.parametrize("ends", ["\n", "\r", " \n"])
def test_fastq_in_an_archive_whatever_ends_its_lines(tmp_path: Path, ends: str) -> None:
    path = packed(
        tmp_path / "a.zip", {"README.txt": "what it is\n", "x.fq": ends.join(["@P0 x", "ACGT", "+", "IIII", ""])}
    )
    assert [(barcode.id, barcode.sequence) for barcode in read_barcodes([path])] == [("P0", "ACGT")]


def test_fasta_goes_before_flat_files_and_data_before_other_folders(tmp_path: Path) -> None:
    flat = "LOCUS       MK1      8 bp    mRNA     linear   INV 12-JAN-2020\nORIGIN\n        1 acgtacgt\n//\n"
    path = packed(tmp_path / "a.zip", {"x.gb": flat, "x.fasta": FASTA})
    assert [barcode.id for barcode in read_barcodes([path])] == IDS
    beside = {"p/VERSION": "1", "p/metadata.yaml": "a: 1", "p/data/readme.txt": "what it is"}
    path = packed(tmp_path / "b.zip", {**beside, "p/x.fasta": FASTA})
    assert [barcode.id for barcode in read_barcodes([path])] == IDS


def test_a_flat_file_in_an_archive(tmp_path: Path) -> None:
    text = "LOCUS       MK1      8 bp    DNA     linear   INV 12-JAN-2020\nORIGIN\n        1 acgtacgt\n//\n"
    (barcode,) = read_barcodes([packed(tmp_path / "a.zip", {"README.md": "what it is\n", "x.gb": text})])
    assert (barcode.id, barcode.sequence) == ("MK1", "ACGTACGT")


@pytest.mark.parametrize(("name", "command"), [("a.tar.gz", "tar -xOf"), ("a.zip", "unzip -p")])
def test_an_archive_with_two_says_how_one_is_taken_out(tmp_path: Path, name: str, command: str) -> None:
    path = packed(tmp_path / name, {"x.tsv": TABLE, "y.fasta": FASTA})
    with pytest.raises(
        InputError, match=rf"2 files with sequences or names: x\.tsv, y\.fasta; .*{command} .*'x\.tsv' \| "
    ):
        list(read_barcodes([path]))


@pytest.mark.parametrize("name", ["a.tar.gz", "a.zip"])
def test_an_archive_with_none_says_what_it_holds(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"holds no FASTA.* but notes\.txt; unpack"):
        list(read_barcodes([packed(tmp_path / name, {"notes.txt": "nothing\n"})]))


@pytest.mark.parametrize(
    ("part", "advice"),
    [
        ("content.xml", "OpenDocument file: save it as"),
        ("word/document.xml", "Word document: save the sequences"),
        ("1234/data/feature-table.biom", "a count table goes to --counts"),
    ],
)
def test_a_document_in_an_archive_is_named(tmp_path: Path, part: str, advice: str) -> None:
    with pytest.raises(InputError, match=advice):
        list(read_barcodes([packed(tmp_path / "a.zip", {"mimetype": "application\n", part: "<x/>\n"})]))


@pytest.mark.parametrize("name", ["a.tar", "a.zip"])
def test_a_cut_archive_is_damaged(tmp_path: Path, name: str) -> None:
    path = packed(tmp_path / name, {"x.tsv": TABLE})
    path.write_bytes(path.read_bytes()[: 1500 if name == "a.tar" else 500])
    with pytest.raises(InputError, match="archive is damaged"):
        list(read_barcodes([path]))


@pytest.mark.slow
@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_no_damage_of_a_zip_archive_is_an_internal_error(tmp_path: Path, method: int) -> None:
    path, chance = tmp_path / "a.zip", random.Random(method)
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("x.tsv", TABLE)
    whole, errors = path.read_bytes(), []
    for place in range(0, len(whole), 3):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ chance.randrange(1, 256)]) + whole[place + 1 :])
        try:
            assert [barcode.id for barcode in read_barcodes([path])] == IDS
        except InputError as error:
            errors.append(str(error))
    assert len(errors) > len(whole) // 6
    assert "\n" not in "".join(errors)


def test_a_zip_archive_within_another_stream(tmp_path: Path) -> None:
    path = tmp_path / "a.zip.gz"
    path.write_bytes(gzip.compress(packed(tmp_path / "a.zip", {"x.tsv": TABLE}).read_bytes()))
    with pytest.raises(InputError, match="can't be read from a stream; give the file itself"):
        list(read_barcodes([path]))


def test_a_workbook(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    path, book = tmp_path / "refs.xlsx", openpyxl.Workbook()
    book.active.append(["notes", "x"])
    sheet = book.create_sheet("data")
    for row in (["id", "species", "sequence"], [12.0, "Culex pipiens", "ACGT"], [None, None, None], ["NA", None, "GG"]):
        sheet.append(row)
    book.save(path)
    first, second = read_barcodes([path])
    assert (first.id, first.sequence, first.lineage.at("species")) == ("12", "ACGT", "Culex pipiens")
    assert (second.id, second.lineage.at("species")) == ("NA", "")
    book.create_sheet("more").append(["id", "sequence"])
    book.save(path)
    with pytest.raises(InputError, match=r"2 of the sheets \(.*data, more\) have a table of sequences"):
        list(read_barcodes([path]))


def test_merged_cells_of_a_workbook(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    path, book = tmp_path / "refs.xlsx", openpyxl.Workbook()
    rows = [
        ["id", "sequence", "genus", "species"],
        ["a", "ACGT", "Culex", "pipiens"],
        ["b", "GG", None, "torrentium"],
        ["c", "CC", None, "torrentium"],
        [],
        ["d", "TT", None, None],
    ]
    for row in rows:
        book.active.append(row)
    for cells in ("C2:C5", "D3:D4"):
        book.active.merge_cells(cells)
    book.save(path)
    counts = ReadCounts()
    found = [(one.id, *one.lineage.names[-2:]) for one in read_barcodes([path], counts, labelled=True)]
    assert found == [
        ("a", "Culex", "pipiens"),
        ("b", "Culex", "torrentium"),
        ("c", "Culex", "torrentium"),
        ("d", "", ""),
    ]
    assert [line.split(":")[0] for line in counts.remarks.lines()] == [MERGED]


@pytest.mark.parametrize("sequence", ["sequence", "my own name"])
def test_merged_numbers_ids_and_sequences_are_not_repeated(tmp_path: Path, sequence: str) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    path, book = tmp_path / "refs.xlsx", openpyxl.Workbook()
    rows = [
        ["id", sequence, "species", "reads", "note"],
        ["a", "ACGTTGCATT" * 8, "Culex pipiens", 10, "x"],
        [None, None, None, None, "y"],
        ["c", "GGCATTACGT" * 8, "Aedes vexans", "1e2", "x"],
    ]
    for row in rows:
        book.active.append(row)
    book.active.append(["d", None, None, None, None])
    for column in "ABCD":
        book.active.merge_cells(f"{column}2:{column}3")
    for column in "BCD":
        book.active.merge_cells(f"{column}4:{column}5")
    book.save(path)
    found = [line.decode().rstrip("\n").split("\t") for line in workbook_lines(path, [])]
    assert found[2] == ["", "", "Culex pipiens", "", "y"]
    assert found[-1] == ["d", "", "Aedes vexans", "", ""]


@pytest.mark.parametrize("said", ["A1", "A1:C2", "B2:C3", "A1:XFD1048576"])
def test_a_workbook_that_is_wrong_about_its_size(tmp_path: Path, said: str) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["id", "species", "sequence"], ["a", None, "ACGT"], ["b", "Culex pipiens", "CC"], ["c", "x", None]):
        book.active.append(row)
    book.save(tmp_path / "right.xlsx")
    with zipfile.ZipFile(tmp_path / "right.xlsx") as right:
        files = {name: right.read(name) for name in right.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    assert b'ref="A1:C4"' in files[sheet]
    files[sheet] = files[sheet].replace(b'ref="A1:C4"', f'ref="{said}"'.encode())
    path = packed(tmp_path / "wrong.zip", files).rename(tmp_path / "wrong.xlsx")
    counts = ReadCounts()
    assert [(barcode.id, barcode.sequence) for barcode in read_barcodes([path], counts)] == [("a", "ACGT"), ("b", "CC")]
    assert counts.read == 3


def test_a_workbook_with_nothing_in_its_first_rows(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    path, book = tmp_path / "refs.xlsx", openpyxl.Workbook()
    book.active["A13"] = "id"
    book.save(path)
    with pytest.raises(InputError, match="no sheet has anything in its first 10 rows; delete what stands above"):
        list(read_barcodes([path]))


def test_titles_above_the_table_of_a_workbook_are_left_out(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    path, book = tmp_path / "refs.xlsx", openpyxl.Workbook()
    book.active["A1"] = "Read me"
    sheet = book.create_sheet("references")
    rows = [
        ["My references"],
        [],
        ["id", "class", "family", "species", "nuc"],
        ["a", None, None, "Culex pipiens", "ACGT" * 30],
    ]
    for row in rows:
        sheet.append(row)
    book.save(path)
    counts = ReadCounts()
    (one,) = read_barcodes([path], counts, labelled=True)
    assert (one.id, one.lineage.at("class"), one.lineage.at("species")) == ("a", "", "Culex pipiens")
    assert "lines above the names of their columns" in "".join(counts.remarks.lines())


def test_a_workbook_that_fills_the_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openpyxl")
    monkeypatch.setattr("barcodeembed.sequences.formats.opening.spreadsheets._SMALL", 1_000_000)
    files = {"xl/workbook.xml": "", "xl/sharedStrings.xml": "A" * 2_000_000}
    path = packed(tmp_path / "a.zip", files)
    with pytest.raises(InputError, match="unpacks to 2,000,000 bytes, more than 200 times its size"):
        list(read_barcodes([path]))


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_SPARSE])
def test_a_tar_header_that_fills_the_memory_is_refused(tmp_path: Path, kind: bytes) -> None:
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        info = tarfile.TarInfo("x")
        info.type, info.size = kind, 3 << 20
        tar.addfile(info, io.BytesIO(bytes(info.size)))
    with pytest.raises(InputError, match=r"tar archive is damaged .*the header of 'x' is sparse or too long"):
        list(read_barcodes([path]))


@pytest.mark.parametrize("name", ["a.tar.gz", "a.zip"])
def test_an_archive_of_very_many_files_is_refused(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("barcodeembed.sequences.formats.opening.archives._MOST_FILES", 3)
    path = packed(tmp_path / name, {f"{i}.txt": "" for i in range(4)})
    with pytest.raises(InputError, match="the archive holds more than 3 files; unpack it first"):
        list(read_barcodes([path]))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_links_in_an_archive_lead_nowhere(tmp_path: Path, kind: bytes) -> None:
    (tmp_path / "secret.fasta").write_text(FASTA)
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as tar:
        info = tarfile.TarInfo("x.fasta")
        info.type, info.linkname = kind, str(tmp_path / "secret.fasta")
        tar.addfile(info)
    with pytest.raises(InputError, match="the archive holds no FASTA"):
        list(read_barcodes([path]))


def test_a_parquet_file(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "refs.parquet"
    columns = {"processid": ["A", "B"], "species": ["Culex pipiens", None], "nuc": ["ACGT", "G\tG"], "lat": [1.5, None]}
    parquet.write_table(pyarrow.table(columns), path)
    first, second = read_barcodes([path])
    assert (first.id, first.lineage.at("species"), second.id, second.sequence) == ("A", "Culex pipiens", "B", "GG")
    parquet.write_table(pyarrow.table({"id": [b"A"], "nuc": [b"ACGT"]}), path)
    (first,) = read_barcodes([path])
    assert (first.id, first.sequence) == ("A", "ACGT")
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(InputError, match="Parquet file is damaged"):
        list(read_barcodes([path]))
    parquet.write_table(pyarrow.table(columns), path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-100] + bytes(20) + whole[-80:])
    with pytest.raises(InputError, match=r"Parquet file is damaged \([^\n]*\); fetch it again$"):
        list(read_barcodes([path]))


def test_without_the_package_the_message_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    workbook = packed(tmp_path / "a.zip", {"xl/workbook.xml": ""})
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    for path, package in ((workbook, "openpyxl"), (tmp_path / "a.parquet", "pyarrow")):
        with pytest.raises(InputError, match=rf"read with {package}; pip install 'barcodeembed\[tables\]', or save"):
            open_binary(path).read()


def test_a_directory_says_what_is_in_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="this is a directory, not a file; give the files themselves"):
        open_binary(tmp_path)
    for name in "cab":
        (tmp_path / f"{name}.fasta").touch()
    with pytest.raises(InputError, match=r"it holds a\.fasta, b\.fasta, c\.fasta; give its files, .*\*\.fasta"):
        open_binary(tmp_path)


def test_a_hidden_sheet_is_not_read(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["id", "sequence"])
    book.active.append(["old", "ACGA"])
    book.active.sheet_state = "hidden"
    shown = book.create_sheet("new")
    shown.append(["id", "sequence"])
    shown.append(["new", "ACGT"])
    book.active = 1
    book.save(tmp_path / "a.xlsx")
    assert [barcode.id for barcode in read_barcodes([tmp_path / "a.xlsx"])] == ["new"]
