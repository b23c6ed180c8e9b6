"""Text that is not UTF-8."""

from pathlib import Path

import pytest

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.counting import count_records
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.sequences.formats.taxonomy_files import read_taxonomy

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
    assert f"read as Windows-1252 by guess: 1, the first in {path}: 'Moli\xe8re'" in "\n".join(counts.remarks.lines())


def test_utf8_is_no_remark(tmp_path: Path) -> None:
    path, counts = tmp_path / "a.fasta", ReadCounts()
    path.write_text(f">Moli\xe8re\n{BASES}\n", encoding="utf-8")
    assert [barcode.id for barcode in read_barcodes([path], counts)] == ["Moli\xe8re"]
    assert list(counts.remarks.lines()) == []


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("encoding", ["utf-16-be", "utf-16-le"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.fasta", f">M\xfcller\n{BASES}\n"),
        ("a.txt", f"processid\tspecies\tnuc\r\nM\xfcller\tApis mellifera\t{BASES}\r\n"),
    ],
)
def test_utf16_is_decoded_and_the_file_is_named(
    name: str, content: str, encoding: str, mark: str, tmp_path: Path
) -> None:
    path, counts = tmp_path / name, ReadCounts()
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


WESTERN = [
    *("Moli\xe8re", "d\u2019Arc", "S\xfc\xdf", "\xc5\xc4\xd6_1", "\xd8resund", "M\xe4\xe4tt\xe4"),
    *("5\xb030\u201912\u201d", "\u0160koda", "Mentha\xd7piperita"),
    *("\u201eM\xfcllerberg\u201c", "\u2020Osmia", "35\u2030"),
]
OTHERS = {
    "shift_jis": "\u30ab\u30d6\u30c8\u30e0\u30b7",
    "euc_jp": "\u65e5\u672c",
    "gbk": "\u4e91\u5357",
    "euc_kr": "\uc11c\uc6b8",
    "cp1251": "\u0421\u0438\u0431\u0438\u0440\u044c",
    "koi8_r": "\u0421\u0438\u0431\u0438\u0440\u044c",
    "cp1253": "\u039a\u03c1\u03ae\u03c4\u03b7",
    "mac_roman": "M\xfcller",
    "cp437": "M\xfcller",
    "cp850": "R\xe9union",
}


@pytest.mark.parametrize("word", WESTERN)
def test_western_words_are_read_and_called_a_guess(word: str, tmp_path: Path) -> None:
    path, counts = tmp_path / "a.tsv", ReadCounts()
    path.write_bytes(f"id\tcountry\tnuc\n{word}\tx\t{BASES}\n".encode("cp1252"))
    assert [barcode.id for barcode in read_barcodes([path], counts)] == [word]
    (line,) = counts.remarks.lines()
    assert line.startswith("places with bytes that are not UTF-8, read as Windows-1252 by guess: ")
    assert line.endswith("if this is not how it should read, save the file as UTF-8")


@pytest.mark.parametrize("encoding", OTHERS)
def test_other_encodings_are_refused_and_shown(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "a.fasta"
    path.write_bytes(f">one {'x' * 200}\n{BASES}\n>site_{OTHERS[encoding]}_1\n{BASES}\n".encode(encoding))
    with pytest.raises(InputError, match=r"neither UTF-8 nor Windows-1252: .* behind '>site_.*save the file as UTF-8"):
        list(read_barcodes([path]))


def test_a_taxonomy_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "taxa.tsv"
    path.write_bytes("Moli\xe8re\tk__Animalia;p__Arthropoda\n".encode("cp1252"))
    assert list(read_taxonomy(path)) == ["Moli\xe8re"]
    path.write_bytes("\u30ab\u30d6\u30c8\tk__Animalia;p__Arthropoda\n".encode("shift_jis"))
    with pytest.raises(InputError, match="neither UTF-8 nor Windows-1252"):
        read_taxonomy(path)
