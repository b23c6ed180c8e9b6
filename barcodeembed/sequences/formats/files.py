"""Open inputs: one stream of decompressed bytes from a file or standard input, checked to its end.

The compression is found from the first bytes, never from the file's name. The standard library's ``bz2`` and ``lzma``
files take a damaged later member for padding and silently drop it. Here members are decompressed one by one, so that
incomplete data is an error for every kind of compression.
"""

from __future__ import annotations

import bz2
import io
import lzma
import os
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from itertools import chain
from typing import BinaryIO, Protocol

from barcodeembed.errors import EmptyFileError, InputError
from barcodeembed.sequences.formats.opening.archives import ZIP_MAGIC, is_tar, tar_content, zip_content
from barcodeembed.sequences.formats.opening.encoding import utf16_as_utf8, utf16_of
from barcodeembed.sequences.formats.opening.spreadsheets import (
    PARQUET_MAGIC,
    is_workbook,
    parquet_lines,
    workbook_lines,
)
from barcodeembed.sequences.formats.opening.streams import Chunks

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CHUNK = 1 << 16
"""Size in bytes of the buffer of a stream, and number of bytes that are read at a time."""

# Small, as compressed bytes may become a thousand times as many at once.
_STORED_CHUNK = 1 << 14


_FILES_SHOWN = 5
_HEAD = 512  # bytes that tell an archive


class RecordLimit:
    """Largest length of a record. A small compressed file may hold a record that fills any memory."""

    characters = 100_000_000

    @classmethod
    def check(cls, length: int, path: str | os.PathLike[str] | None) -> None:
        """Refuse a record, or a line of one, that is longer.

        Raises
        ------
        InputError
            saying how longer records can be allowed.
        """
        if length > cls.characters:
            what = f"a record is longer than {cls.characters:,} characters"
            raise InputError(what, path=path, hint="--max-record-length allows longer ones")


STDIN = "-"
"""The path that means standard input."""


class _Decompressor(Protocol):
    """The common interface of the decompressors of all four formats; an instance reads one member."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


# Name and decompressor by first bytes. A zstd file may start with a skippable frame (pzstd writes one).
_COMPRESSIONS: dict[bytes, tuple[str, Callable[[], _Decompressor]]] = {
    b"\x1f\x8b": ("gzip", lambda: zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)),
    b"BZh": ("bzip2", bz2.BZ2Decompressor),
    b"\xfd7zXZ\0": ("xz", lzma.LZMADecompressor),
    b"\x28\xb5\x2f\xfd": ("zstd", zstd.ZstdDecompressor),
    b"\x50\x2a\x4d\x18": ("zstd", zstd.ZstdDecompressor),
}
_DAMAGE = (zlib.error, OSError, lzma.LZMAError, zstd.ZstdError)

_BINARY_HINTS: dict[bytes, str] = {
    b"\x89HDF": "an embedding file goes to classify and index, under a name in .h5; fast5 must be basecalled first",
    b"\xd0\xcf\x11\xe0": "an old .xls workbook: save it as .xlsx or CSV",
    **dict.fromkeys(_COMPRESSIONS, "compressed twice: decompress it once first"),
    b"7z\xbc\xaf'\x1c": "a 7z archive: unpack it first",
    b"Rar!\x1a\x07": "a rar archive: unpack it first",
    b"\x1f\x9d": "packed by compress: unpack it with gunzip first",
    b"BAM\1": "a BAM file: samtools fastq makes FASTQ of it",
    **dict.fromkeys((b"CRAM\2", b"CRAM\3"), "a CRAM file: samtools fastq makes FASTQ of it"),
    b"\x8bPOD": "a POD5 file: basecall it first",
    b".sff": "an SFF file: export it as FASTQ",
    b"SQLite format 3": "a database: export its table as CSV",
    **dict.fromkeys((b"RDX", b"X\n\0"), "data of R: save them with write.csv, or writeXStringSet"),
    b"%PDF": "a PDF document: give the sequences as FASTA",
    b"ABIF": "a chromatogram: export its sequence as FASTQ or FASTA",
    b".scf": "a chromatogram: export its sequence as FASTQ or FASTA",
}


def open_binary(path: str | os.PathLike[str]) -> io.BufferedReader:
    """Open a file, or standard input for ``-``, as a buffered stream of decompressed bytes.

    Standard input is not closed with the stream.

    Raises
    ------
    EmptyFileError
        if there is nothing in it.
    InputError
        here, if the file is missing, a directory or not readable; here or from any later read, if compressed data is
        cut off or damaged, or if the content is binary (has NUL bytes).
    """
    said: list[str] = []
    stream: io.BufferedReader = io.BufferedReader(Chunks(_text_chunks(path, said), said), CHUNK)
    if not stream.peek(1):
        stream.close()
        raise EmptyFileError("the file is empty", path=path)
    return stream


def is_stream(path: str | os.PathLike[str]) -> bool:
    """Return whether ``path`` can be read only once: standard input, a named pipe, or a device."""
    if str(path) == STDIN:
        return True
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


def compression_of(path: str | os.PathLike[str]) -> str:
    """Return what a regular file is by its first bytes: gzip, bzip2, xz, zstd, ``archive`` of any kind,
    ``UTF-16``, or ``""``.

    Raises
    ------
    InputError
        if the file cannot be read.
    """
    head = next(_stored_chunks(path), b"")
    name, _ = _compression(head)
    if name:
        head = next(_decompressed(iter([head]), path), b"")
    if utf16_of(head):
        return "UTF-16"
    return "archive" if is_tar(head) or head.startswith((ZIP_MAGIC, PARQUET_MAGIC)) else name


def _text_chunks(path: str | os.PathLike[str], said: list[str]) -> Iterator[bytes]:
    """Yield the decompressed content, as UTF-8 if it is UTF-16, which is noted in ``said``.

    A NUL byte in it is an error, because no text file has one.
    """
    head, line = None, 0
    for chunk in utf16_as_utf8(_content(path, said), path, said):
        head = head or chunk
        end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        line = line + len(chunk) if end < 0 else len(chunk) - end - 1
        RecordLimit.check(line, path)
        hint = next((hint for magic, hint in _BINARY_HINTS.items() if head.startswith(magic)), None)
        if hint or b"\0" in chunk:
            first_line = head.replace(b"\0", b"")[:_HEAD].decode("latin-1").split("\n")[0]
            if not hint and first_line.isprintable() and b"\0" in head[:4]:
                hint = "save the text as UTF-8"  # UTF-32
            what = "this is a binary file, not sequences" + (" (it holds NUL bytes)" if b"\0" in chunk else "")
            raise InputError(what, path=path, hint=hint)
        yield chunk


def _content(path: str | os.PathLike[str], said: list[str]) -> Iterator[bytes]:
    """Yield the decompressed content; of an archive, a workbook or a Parquet file the part that can be read.

    ``said`` is as in :func:`_text_chunks`.

    Raises
    ------
    InputError
        for one that cannot be read from beginning to end, if it comes as a stream.
    """
    chunks = _decompressed(_stored_chunks(path), path)
    head = b""
    while len(head) < _HEAD and (chunk := next(chunks, None)) is not None:
        head += chunk
    if head.startswith((ZIP_MAGIC, PARQUET_MAGIC)):
        if is_stream(path) or not next(_stored_chunks(path)).startswith(head[: len(ZIP_MAGIC)]):
            what = "a zip archive, a workbook or a Parquet file can't be read from a stream"
            raise InputError(what, path=path, hint="give the file itself, not compressed")
        if head.startswith(PARQUET_MAGIC):
            return parquet_lines(path)
        if is_workbook(path):
            return workbook_lines(path, said)
        return zip_content(path, lambda data: _decompressed(data, path))
    chunks = chain([head], chunks)
    return tar_content(chunks, path, lambda data: _decompressed(data, path)) if is_tar(head) else chunks


def _decompressed(stored: Iterator[bytes], path: str | os.PathLike[str]) -> Iterator[bytes]:
    first = next(stored, b"")
    name, new_decompressor = _compression(first)
    chunks = chain([first], stored)
    return _members(chunks, name, new_decompressor, path) if new_decompressor else chunks


def _members(
    chunks: Iterator[bytes], name: str, new: Callable[[], _Decompressor], path: str | os.PathLike[str]
) -> Iterator[bytes]:
    """Decompress member after member (the word of gzip; xz calls it a stream, zstd a frame), each to its own end."""
    decompressor = new()
    for data in chunks:
        # Zeros between members and after the last one are padding.
        while data := data.lstrip(b"\0") if decompressor.eof else data:
            if decompressor.eof:
                decompressor = new()
            try:
                text = decompressor.decompress(data)
            except _DAMAGE as error:
                what = f"the {name} data is damaged ({error})"
                raise InputError(what, path=path, hint="fetch it again") from None
            yield text
            data = decompressor.unused_data
    if not decompressor.eof:
        what = f"the {name} data ends early: the file is cut off or damaged"
        raise InputError(what, path=path, hint="fetch it again")


def _compression(head: bytes) -> tuple[str, Callable[[], _Decompressor] | None]:
    return next((found for magic, found in _COMPRESSIONS.items() if head.startswith(magic)), ("", None))


def _stored_chunks(path: str | os.PathLike[str]) -> Iterator[bytes]:
    """Yield the bytes as they are stored, in full chunks."""
    try:
        with nullcontext(_standard_input()) if str(path) == STDIN else open(path, "rb") as stored:
            while chunk := _read_full(stored):
                yield chunk
    except FileNotFoundError:
        hint = "nothing is fetched: download it, then give the file" if "://" in str(path) else None
        raise InputError("there is no such file", path=path, hint=hint) from None
    except IsADirectoryError:
        raise _directory(path) from None
    except PermissionError:
        raise InputError("no permission to read the file", path=path) from None
    except OSError as error:
        raise InputError(f"the file can't be read ({error.strerror or error})", path=path) from None


def _directory(path: str | os.PathLike[str]) -> InputError:
    """Return an error for a directory, which names files in it and says how to give them."""
    try:
        names = sorted(entry.name for entry in os.scandir(path) if entry.is_file() and entry.name[:1] != ".")
    except OSError:
        names = []
    if {"manifest.json", "records.h5"} <= set(names):
        what = "this is a reference library, not a file of sequences"
        return InputError(what, path=path, hint="classify takes it as --library")
    what = "this is a directory, not a file"
    if not names:
        return InputError(what, path=path, hint="give the files themselves")
    more = f" and {len(names) - _FILES_SHOWN} more" if len(names) > _FILES_SHOWN else ""
    ending = os.path.splitext(names[0])[1]
    hint = f"give its files, for instance {os.path.join(path, '*' + ending)}"
    return InputError(f"{what}; it holds {', '.join(names[:_FILES_SHOWN])}{more}", path=path, hint=hint)


def _read_full(stored: BinaryIO) -> bytes:
    """Read one full chunk, or less at the end: an unbuffered pipe may give a single byte at a time."""
    chunk = bytearray()
    while len(chunk) < _STORED_CHUNK and (part := stored.read(_STORED_CHUNK - len(chunk))):
        chunk += part
    return bytes(chunk)


def _standard_input() -> BinaryIO:
    """Return standard input, unbuffered: Python aborts at exit if a thread still waits inside its buffer."""
    buffer: BinaryIO = sys.stdin.buffer
    return getattr(buffer, "raw", buffer)
