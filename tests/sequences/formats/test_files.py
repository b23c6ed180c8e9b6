"""Opening input: every compression, from files and from streams, and everything that can be wrong with it."""

import bz2
import gzip
import io
import lzma
import os
import sys
import threading

import pytest

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.files import compression_of, is_stream, open_binary, zstd

TEXT = b"".join(b">q%d\nACGTTGCA%s\n" % (i, b"ACGT"[i % 4 :] * 9) for i in range(40))
WITH_CHECKSUM = {zstd.CompressionParameter.checksum_flag: 1}
COMPRESS = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": lambda data: zstd.compress(data, options=WITH_CHECKSUM),
}
MAGIC_BYTES = {"gzip": 2, "bzip2": 3, "xz": 6, "zstd": 4}


@pytest.fixture(params=COMPRESS)
def compression(request):
    return request.param


def write(folder, content, name="reads"):
    path = folder / name
    path.write_bytes(content)
    return path


def read(path):
    with open_binary(path) as stream:
        return stream.read()


def set_stdin(monkeypatch, raw):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(raw)))


class Dribble(io.RawIOBase):
    """A stream that gives one byte at a time, as a slow pipe does."""

    def __init__(self, content):
        self.content = io.BytesIO(content)

    def readable(self):
        return True

    def readinto(self, buffer):
        return self.content.readinto(memoryview(buffer)[:1])


def test_plain_file(tmp_path):
    path = write(tmp_path, TEXT)
    assert read(path) == TEXT
    assert read(str(path)) == TEXT
    assert compression_of(path) == ""


def test_compression_is_found_by_content_not_by_name(tmp_path, compression):
    path = write(tmp_path, COMPRESS[compression](TEXT), "reads.fasta")
    assert read(path) == TEXT
    assert compression_of(path) == compression
    assert read(write(tmp_path, TEXT, "reads.fasta.gz")) == TEXT


@pytest.mark.parametrize("kind", ["plain", *COMPRESS])
def test_stdin_that_comes_in_single_bytes(monkeypatch, kind):
    content = COMPRESS[kind](TEXT) if kind in COMPRESS else TEXT
    set_stdin(monkeypatch, Dribble(content))
    assert read("-") == TEXT
    assert not sys.stdin.buffer.closed


def test_named_pipe(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(gzip.compress(TEXT),))
    writer.start()
    assert is_stream(path)
    assert read(path) == TEXT
    writer.join()


def test_is_stream(tmp_path):
    assert is_stream("-")
    assert not is_stream(tmp_path)
    assert not is_stream(tmp_path / "missing")
    assert not is_stream(write(tmp_path, TEXT))


def test_content_longer_than_a_chunk(tmp_path, compression):
    text = os.urandom(150_000).hex().encode() + b"A" * 1_000_000
    with open_binary(write(tmp_path, COMPRESS[compression](text))) as stream:
        assert b"".join(iter(lambda: stream.read(9_999), b"")) == text


def test_many_members(tmp_path, compression):
    compress = COMPRESS[compression]
    members = compress(b">a\n") + compress(b"") + compress(TEXT) + compress(b"ACGT")
    assert read(write(tmp_path, members)) == b">a\n" + TEXT + b"ACGT"


def test_zero_padding_between_and_after_members(tmp_path):
    for compress in (gzip.compress, lzma.compress):
        assert read(write(tmp_path, compress(b">a\n") + bytes(8) + compress(TEXT) + bytes(512))) == b">a\n" + TEXT


def test_zstd_skippable_frames(tmp_path):
    skippable = b"\x50\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"size"
    assert read(write(tmp_path, skippable + zstd.compress(b">a\n") + skippable + zstd.compress(TEXT))) == (
        b">a\n" + TEXT
    )


@pytest.mark.slow
def test_every_cut_is_an_error(tmp_path, compression):
    whole = COMPRESS[compression](TEXT)
    for end in range(MAGIC_BYTES[compression], len(whole)):
        with pytest.raises(InputError, match=f"the {compression} data ends early: the file is cut off"):
            read(write(tmp_path, whole[:end]))


@pytest.mark.slow
def test_every_cut_of_the_second_member_is_an_error(tmp_path, compression):
    one = COMPRESS[compression](TEXT)
    for end in range(len(one) + 1, 2 * len(one)):
        with pytest.raises(InputError, match=f"the {compression} data ends early"):
            read(write(tmp_path, (one + one)[:end]))


def test_a_changed_byte_never_changes_the_text(tmp_path, compression):
    whole = COMPRESS[compression](TEXT)
    errors = 0
    for place in range(MAGIC_BYTES[compression], len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 0x55
        try:
            assert read(write(tmp_path, bytes(changed))) == TEXT
        except InputError as error:
            assert f"the {compression} data" in str(error)  # noqa: PT017 (a few bytes carry no data)
            errors += 1
    assert errors > len(whole) * 0.8


def test_a_damaged_second_member_is_an_error(tmp_path, compression):
    """bz2.open and lzma.open drop it silently."""
    one = COMPRESS[compression](TEXT)
    changed = bytearray(one + one)
    changed[len(one)] ^= 1
    with pytest.raises(InputError, match=f"the {compression} data is damaged .*; fetch it again"):
        read(write(tmp_path, bytes(changed)))


def test_what_follows_the_compressed_data_is_an_error(tmp_path, compression):
    with pytest.raises(InputError, match=r"damaged|ends early"):
        read(write(tmp_path, COMPRESS[compression](TEXT) + b"an HTML error page"))


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match=r"reads: there is no such file$"):
        open_binary(tmp_path / "reads")
    with pytest.raises(InputError, match="there is no such file"):
        compression_of(tmp_path / "reads")


def test_directory(tmp_path):
    with pytest.raises(InputError, match="this is a directory, not a file"):
        open_binary(tmp_path)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (PermissionError(13, "Permission denied"), "no permission to read the file"),
        (OSError(5, "Input/output error"), r"the file can't be read \(Input/output error\)"),
        (OSError("odd"), r"the file can't be read \(odd\)"),
    ],
)
def test_faults_of_the_system(tmp_path, monkeypatch, fault, message):
    def fail(*_):
        raise fault

    monkeypatch.setattr("barcodeembed.sequences.formats.files.open", fail, raising=False)
    with pytest.raises(InputError, match=message):
        open_binary(tmp_path / "reads")


@pytest.mark.parametrize("kind", ["plain", *COMPRESS])
def test_empty(tmp_path, kind):
    content = COMPRESS[kind](b"") if kind in COMPRESS else b""
    with pytest.raises(InputError, match="the file is empty"):
        open_binary(write(tmp_path, content))


def test_empty_stdin(monkeypatch):
    set_stdin(monkeypatch, io.BytesIO())
    with pytest.raises(InputError, match="standard input: the file is empty"):
        open_binary("-")


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (
            b"\x89HDF\r\n\x1a\n\0\0\0",
            "; an embedding file goes to classify and index, under a name in .h5; fast5 must be basecalled first",
        ),
        (b"\xd0\xcf\x11\xe0\0\0", "; an old .xls workbook: save it as .xlsx or CSV"),
        (">a\nACGT\n".encode("utf-32-le"), "; save the text as UTF-8"),
        (b"7z\xbc\xaf'\x1c\0\0", "; a 7z archive: unpack it first"),
        (b"RDX3\nX\n\0\0", "; data of R: save them with write.csv, or writeXStringSet"),
        (b"X\n\0\0\0\3", "; data of R: save them with write.csv, or writeXStringSet"),
        (b"BAM\1\0\0", "; a BAM file: samtools fastq makes FASTQ of it"),
        (b"\x8bPOD\r\n\0", "; a POD5 file: basecall it first"),
        (b"SQLite format 3\0", "; a database: export its table as CSV"),
        (b"ABIF\0e\0\0", "; a chromatogram: export its sequence as FASTQ or FASTA"),
        (b"\x7fELF\0\0", ""),
    ],
)
def test_binary_content(tmp_path, content, hint):
    for packed in (content, gzip.compress(content)):
        with pytest.raises(InputError) as caught:
            read(write(tmp_path, packed))
        assert str(caught.value).endswith(f"not sequences (it holds NUL bytes){hint}")


def test_a_tail_of_zeros_is_an_error(tmp_path):
    """What a full disk or a crash leaves behind."""
    with pytest.raises(InputError, match="NUL bytes"):
        read(write(tmp_path, TEXT * 200 + bytes(4096)))


def test_a_document_is_named(tmp_path):
    with pytest.raises(InputError, match="not sequences; a PDF document: give the sequences as FASTA"):
        read(write(tmp_path, b"%PDF-1.4\n"))


@pytest.mark.parametrize("outer", [gzip.compress, bz2.compress, lzma.compress])
def test_what_is_compressed_twice_is_said(tmp_path, outer):
    path = tmp_path / "twice.fasta.gz"
    path.write_bytes(gzip.compress(outer(b">a\nACGT\n")))
    with pytest.raises(InputError, match=r"binary file, .*compressed twice: decompress it once first"):
        open_binary(path).read()
