"""Opening input: one stream of decompressed bytes from a file or standard input, checked to its end.

The compression is found from the first bytes, never from the file's name. The standard library's ``bz2`` and
``lzma`` files take a damaged later member for padding and drop it without a word; here members are
decompressed one by one, so that whatever isn't whole data is an error, for every compression alike.
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
from typing import TYPE_CHECKING, BinaryIO, Protocol

from barcodeembed.errors import EmptyFileError, InputError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CHUNK = 1 << 16
"""Size of the buffer of a stream, and a good number of bytes to read at a time."""

# Small, as compressed bytes may become a thousand times as many at once.
_STORED_CHUNK = 1 << 14


class RecordLimit:
    """How long a record may be: a small compressed file may hold one that fills any memory."""

    characters = 100_000_000

    @classmethod
    def check(cls, length: int, path: str | os.PathLike[str] | None) -> None:
        """Refuse a record, or a line of one, that is longer.

        Raises
        ------
        InputError
            saying how longer ones are allowed.
        """
        if length > cls.characters:
            what = f"a record is longer than {cls.characters:,} characters"
            raise InputError(what, path=path, hint="--max-record-length allows longer ones")


STDIN = "-"
"""The path that means standard input."""


class _Decompressor(Protocol):
    """What the decompressors of all four formats have in common; one instance reads one member."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


# First bytes -> name and decompressor. A zstd file may start with a skippable frame (pzstd writes one).
_COMPRESSIONS: dict[bytes, tuple[str, Callable[[], _Decompressor]]] = {
    b"\x1f\x8b": ("gzip", lambda: zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)),
    b"BZh": ("bzip2", bz2.BZ2Decompressor),
    b"\xfd7zXZ\0": ("xz", lzma.LZMADecompressor),
    b"\x28\xb5\x2f\xfd": ("zstd", zstd.ZstdDecompressor),
    b"\x50\x2a\x4d\x18": ("zstd", zstd.ZstdDecompressor),
}
_DAMAGE = (zlib.error, OSError, lzma.LZMAError, zstd.ZstdError)

_BINARY_HINTS = {
    b"\x89HDF": "an embedding file is not a sequence file",
    b"PK\x03\x04": "unpack a zip archive, save a spreadsheet as CSV",
    b"\xff\xfe": "save the text as UTF-8",
    b"\xfe\xff": "save the text as UTF-8",
}


def open_binary(path: str | os.PathLike[str]) -> io.BufferedReader:
    """Open a file, or standard input for ``-``, as a buffered stream of decompressed bytes.

    Standard input is not closed with the stream.

    Raises
    ------
    EmptyFileError
        if there is nothing in it.
    InputError
        here, if the file is missing, a directory or not readable; here or from any later read, if
        compressed data is cut off or damaged, or if the content is binary (holds NUL bytes).
    """
    stream: io.BufferedReader = io.BufferedReader(_Chunks(_text_chunks(path)), CHUNK)
    if not stream.peek(1):
        stream.close()
        raise EmptyFileError("the file is empty", path=path)
    return stream


def is_stream(path: str | os.PathLike[str]) -> bool:
    """Whether ``path`` can be read only once: standard input, a named pipe, a device."""
    if str(path) == STDIN:
        return True
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


def compression_of(path: str | os.PathLike[str]) -> str:
    """The compression of a regular file by its first bytes: gzip, bzip2, xz, zstd, or ``""``.

    Raises
    ------
    InputError
        if the file can't be read.
    """
    return _compression(next(_stored_chunks(path), b""))[0]


class _Chunks(io.RawIOBase):
    """A readable stream over byte strings; fills every buffer it is given, except at the end."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._held = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        target = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(target):
            if not self._held:
                chunk = next(self._chunks, None)
                if chunk is None:
                    break
                self._held = memoryview(chunk)
            n = min(len(self._held), len(target) - filled)
            target[filled : filled + n] = self._held[:n]
            self._held = self._held[n:]
            filled += n
        return filled

    def close(self) -> None:
        # Dropping the generators closes the file that the innermost one holds open.
        self._chunks = iter(())
        super().close()


def _text_chunks(path: str | os.PathLike[str]) -> Iterator[bytes]:
    """The decompressed content; a NUL byte anywhere in it is an error, as no text file has one."""
    head, line = None, 0
    for chunk in _decompressed_chunks(path):
        head = head or chunk
        end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        line = line + len(chunk) if end < 0 else len(chunk) - end - 1
        RecordLimit.check(line, path)
        if b"\0" in chunk:
            hint = next((hint for magic, hint in _BINARY_HINTS.items() if head.startswith(magic)), None)
            if head[257:262] == b"ustar":
                hint = f"it is a tar archive: tar -xOf {path} --wildcards '*.tsv' | barcodeembed ... - reads its table"
            what = "this is a binary file, not sequences (it holds NUL bytes)"
            raise InputError(what, path=path, hint=hint)
        yield chunk


def _decompressed_chunks(path: str | os.PathLike[str]) -> Iterator[bytes]:
    stored = _stored_chunks(path)
    first = next(stored, b"")
    name, new_decompressor = _compression(first)
    chunks = chain([first], stored)
    return _members(chunks, name, new_decompressor, path) if new_decompressor else chunks


def _members(
    chunks: Iterator[bytes], name: str, new: Callable[[], _Decompressor], path: str | os.PathLike[str]
) -> Iterator[bytes]:
    """Decompress member after member (gzip's word; a stream of xz, a frame of zstd), each to its own end."""
    decompressor = new()
    for data in chunks:
        # Zeros between and after members are padding.
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
    """The bytes as they are stored, in full chunks."""
    try:
        with nullcontext(_standard_input()) if str(path) == STDIN else open(path, "rb") as stored:
            while chunk := _read_full(stored):
                yield chunk
    except FileNotFoundError:
        raise InputError("there is no such file", path=path) from None
    except IsADirectoryError:
        raise InputError("this is a directory, not a file", path=path) from None
    except PermissionError:
        raise InputError("no permission to read the file", path=path) from None
    except OSError as error:
        raise InputError(f"the file can't be read ({error.strerror or error})", path=path) from None


def _read_full(stored: BinaryIO) -> bytes:
    """One chunk, shorter only at the end: an unbuffered pipe gives what is there, even a single byte."""
    chunk = bytearray()
    while len(chunk) < _STORED_CHUNK and (part := stored.read(_STORED_CHUNK - len(chunk))):
        chunk += part
    return bytes(chunk)


def _standard_input() -> BinaryIO:
    """Unbuffered: Python aborts at exit if a thread still waits inside the buffer of standard input."""
    buffer: BinaryIO = sys.stdin.buffer
    return getattr(buffer, "raw", buffer)
