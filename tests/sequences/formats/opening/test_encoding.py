"""Text that is not UTF-8."""

from pathlib import Path

import pytest

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.counting import count_records
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts

BASES = "ACGT" * 30


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.fasta", f">Moli\xe8re_1 x\n{BASES}\n>two\n{BASES}\n"),
        ("a.tsv", f"processid\tnuc\tspecies\nMoli\xe8re_1\t{BASES}\tApis mellifera\ntwo\t{BASES}\tApis mellifera\n"),
    ],
)
def test_ids_keep_their_letters_and_the_file_is_named(name: str, content: str, tmp_path: Path) -> None:
    path, counts = tmp_path / name, ReadCounts()
    path.write_bytes(content.encode("cp1252"))
    assert [barcode.id for barcode in read_barcodes([path], counts)] == ["Moli\xe8re_1", "two"]
    assert f"read as Windows-1252: 1, the first in {path}" in "\n".join(counts.remarks.lines())


def test_utf8_is_no_remark(tmp_path: Path) -> None:
    path, counts = tmp_path / "a.fasta", ReadCounts()
    path.write_text(f">Moli\xe8re\n{BASES}\n", encoding="utf-8")
    assert [barcode.id for barcode in read_barcodes([path], counts)] == ["Moli\xe8re"]
    assert list(counts.remarks.lines()) == []


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-16-le"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.fasta", f">M\xfcller\n{BASES}\n"),
        ("a.txt", f"processid\tspecies\tnuc\r\nM\xfcller\tApis mellifera\t{BASES}\r\n"),
    ],
)
def test_utf16_is_decoded_and_the_file_is_named(name: str, content: str, encoding: str, tmp_path: Path) -> None:
    path, counts = tmp_path / name, ReadCounts()
    mark = "" if encoding == "utf-16" else "\ufeff"
    path.write_bytes((mark + content).encode(encoding))
    assert count_records([path]) == 1
    assert [(one.id, one.sequence) for one in read_barcodes([path], counts)] == [("M\xfcller", BASES)]
    assert list(counts.remarks.lines()) == [
        f"files in UTF-16 (Unicode text of a spreadsheet), decoded: 1, the first in {path}"
    ]


def test_utf16_that_is_cut_off_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.fasta"
    path.write_bytes(f">a\n{BASES}\n".encode("utf-16")[:-1])
    with pytest.raises(InputError, match="UTF-16 is damaged or cut off; save it again, as UTF-8"):
        count_records([path])
