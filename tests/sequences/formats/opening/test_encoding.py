"""Text that is not UTF-8."""

from pathlib import Path

import pytest

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
