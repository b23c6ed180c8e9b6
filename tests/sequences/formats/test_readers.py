"""Readers: files of every kind, nothing lost, and what is refused."""

import gzip
import io
import os
import sys
import threading
import tracemalloc

import pytest

from barcodeembed.errors import EmptyFileError, InputError, UsageError
from barcodeembed.sequences.formats.counting import count_records
from barcodeembed.sequences.formats.readers import READERS, read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts
from tests.made_up_files import COMPRESS, FASTQ, TABLE, pairs, random_fasta


@pytest.mark.parametrize("column", ["marker_code", "markercode", "MarkerCode"])
def test_other_markers_are_left_out(write, column):
    counts = ReadCounts()
    path = write(f"processid\tnucleotides\t{column}\na\tACGT\tCOI-5P\nb\tACGT\t16S\n")
    assert [b.id for b in read_barcodes([path], counts)] == ["a"]
    assert counts.skipped == {"other_marker": 1}


def test_empty_files_are_passed_over_where_that_is_asked_for(write, tmp_path):
    (empty := tmp_path / "empty").touch()
    (squeezed := tmp_path / "empty.gz").write_bytes(gzip.compress(b""))
    full = write(">a\nACGT\n")
    paths = [empty, full, squeezed]
    assert [b.id for b in read_barcodes(paths, allow_empty=True)] == ["a"]
    assert count_records(paths, allow_empty=True) == 1
    assert list(read_barcodes([empty, squeezed], allow_empty=True)) == []
    for path in (empty, squeezed):
        with pytest.raises(InputError, match=r"the file is empty$"):
            list(read_barcodes([full, path]))
        with pytest.raises(InputError, match=r"the file is empty$"):
            count_records([full, path])
    with pytest.raises(InputError, match=r"nothing was kept of 1 records"):
        list(read_barcodes([write("id,nuc\na,\n"), empty], allow_empty=True))


def test_nothing_kept(write):
    path = write("id,nuc,marker_code\na,,COI-5P\nb,,\nc,AC,ITS\n")
    with pytest.raises(
        InputError, match=r"records \(2 no_sequence, 1 other_marker\); the column of sequences is empty"
    ):
        list(read_barcodes([path]))
    with pytest.raises(InputError, match=r"nothing was kept of 0 records$"):
        list(read_barcodes([write("id,nuc\n")]))


def test_many_files_of_many_formats_in_order(write):
    paths = [
        write(FASTQ, "q"),
        str(write(TABLE, "t")),
        write(gzip.compress(b">a\nT\n"), "f"),
        write("id,nuc\n", "e"),
    ]
    counts = ReadCounts()
    assert [barcode.id for barcode in read_barcodes(paths, counts)] == ["a", "b", "a", "b", "a"]
    assert counts.read == count_records(paths) == 5


@pytest.mark.parametrize("compression", COMPRESS)
@pytest.mark.parametrize("text", [">a\nACGT\n>b\nGG\n", FASTQ.replace("GGCC", "GG").replace("@III", "@I"), TABLE])
def test_standard_input(monkeypatch, write, text, compression):
    content = COMPRESS[compression](text.encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    path = write(">c\nA\n")
    assert count_records(["-", path]) is None
    assert pairs(read_barcodes(["-", path])) == [("a", "ACGT"), ("b", "GG"), ("c", "A")]


def test_standard_input_twice():
    with pytest.raises(UsageError, match="only once"):
        read_barcodes(["-", "x", "-"])


def test_named_pipe_is_read_once(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(b">a\nACGT\n",))
    writer.start()
    assert count_records([path]) is None
    assert pairs(read_barcodes([path])) == [("a", "ACGT")]
    writer.join()


@pytest.mark.parametrize("content", ["\n \n", "# made by hand\n\n"])
def test_a_file_of_blank_lines_is_empty(write, content):
    path = write(content)
    with pytest.raises(EmptyFileError, match="input: the file holds nothing but blank lines and comments"):
        next(read_barcodes([path]))
    assert count_records([path], allow_empty=True) == 0
    assert list(read_barcodes([path], allow_empty=True)) == []


@pytest.mark.parametrize(
    "content",
    ["hello\n", "id,taxon\na,b\n", "\uff1ea\nACGT\n", b"\xfd7z\xe9"],
)
def test_not_a_sequence_file(write, content):
    path = write(content)
    for start in (lambda: next(read_barcodes([path])), lambda: count_records([path])):
        with pytest.raises(InputError, match="input: neither FASTA, FASTQ nor a table with a sequence column"):
            start()


def test_missing_file(tmp_path):
    for start in (lambda: next(read_barcodes([tmp_path / "x"])), lambda: count_records([tmp_path / "x"])):
        with pytest.raises(InputError, match="there is no such file"):
            start()


@pytest.mark.slow
@pytest.mark.parametrize("compression", ["gzip", "bzip2", "xz", "zstd"])
@pytest.mark.parametrize("text", [">a\nACGT\n>b\nGG\n", FASTQ, TABLE])
def test_every_cut_of_a_compressed_file_is_an_error(write, text, compression):
    whole = COMPRESS[compression](text.encode())
    for end in range(len(whole)):
        path = write(whole[:end])
        with pytest.raises(InputError):
            list(read_barcodes([path]))
        with pytest.raises(InputError):
            count_records([path])


def test_a_cut_gzip_yields_nothing_before_the_error(write):
    """FASTA is checked to its end before the first record is given."""
    whole = gzip.compress(random_fasta(5_000))
    with pytest.raises(InputError, match="the gzip data ends early"):
        next(read_barcodes([write(whole[: len(whole) // 2])]))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (FASTQ, 2),
        ("@a\nAC\nGT\n+\nII\nII\n", None),
        (TABLE, 2),
        ("id,nuc\na,AC\n\nb,GT\n", 2),
        ('id,nuc\n"a",AC\n', None),
        (">a\n>b\r\n>c", 3),
    ],
)
def test_count_records(write, text, number):
    assert count_records([write(text)]) == number


@pytest.mark.slow
def test_memory_does_not_grow_with_the_input(write):
    path = write(gzip.compress(random_fasta(30_000), compresslevel=1))
    next(read_barcodes([path]))
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_barcodes([path])) == 30_000
        assert tracemalloc.get_traced_memory()[1] < 8_000_000  # of 20 MB
    finally:
        tracemalloc.stop()


def test_readers_by_name():
    assert list(READERS) == ["fasta", "fastq", "table", "bare table", "flat file"]


@pytest.mark.parametrize("id", ["NA", "None", "nan", "not_classified", "0", "-"])
def test_ids_are_never_taken_for_missing(read, id):
    assert pairs(read(f"id\tgenus\tnuc\n{id}\t{id}\tACGT\n")) == [(id, "ACGT")]
    assert pairs(read(f">{id}\nACGT\n")) == [(id, "ACGT")]


def test_made_ids_are_unique(write):
    first, second = write("seq\nAC\nGT\n", "a"), write("seq\nAC\n", "b")
    assert [barcode.id for barcode in read_barcodes([first, second])] == ["row_1", "row_2", "row_1.2"]
    dada2 = write(">Animalia;Arthropoda;Insecta;\nAC\n>Animalia;Arthropoda;Arachnida;\nAC\n>\nAC\n", "c")
    found = list(read_barcodes([dada2], labelled=True))
    assert [barcode.id for barcode in found] == [found[0].sha1, f"{found[0].sha1}.2", "unnamed_3"]
    assert [barcode.lineage.at("class") for barcode in found] == ["Insecta", "Arachnida", ""]


def test_ids_that_come_again_are_remarked(write):
    counts = ReadCounts()
    list(read_barcodes([write(">a 1\nAC\n>a 2\nAC\n>b\nAC\n", "x"), write(">b\nAC\n>c\nAC\n", "y")], counts))
    within, across = counts.remarks.lines()
    assert "x: 'a'; each gets a row" in within
    assert "ids end at the first space" in within
    assert "--whole-headers" in within
    assert "another file has too" in across
    assert across.endswith(f"y: 'b', which is in {write('', 'x')}")


def test_other_markers_of_bold_fasta_are_left_out(write):
    text = ">ABC123-12|Culex pipiens|{}|\nACGT\n"
    path = write("".join(map(text.format, ["COI-PSEUDO", "COI-5P", "CYTB", "28S-D2", "wnt1", "COI"])))
    counts = ReadCounts()
    assert len(list(read_barcodes([path], counts))) == 2
    assert (counts.read, counts.skipped) == (6, {"other_marker": 4})
    assert len(list(read_barcodes([path], markers=["CYTB"]))) == 1
