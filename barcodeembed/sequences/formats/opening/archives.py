"""Read archives (tar, zip, QIIME 2's .qza): the one file in them that holds sequences or their names.

That file is found by how it begins, not by its name. If an archive has no such file or several, an error says how to
take one out.
"""

from __future__ import annotations

import io
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from itertools import chain
from os import PathLike

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.opening.foreign import is_flat_file
from barcodeembed.sequences.formats.opening.streams import Chunks
from barcodeembed.sequences.formats.tables.headed import split_header
from barcodeembed.sequences.formats.tables.known_columns import find_columns, has_names

_FASTQ = re.compile(r"@[^\r\n]*(?:\r\n?|\n)[A-Za-z.*-]*[ \t]*(?:[\r\n]|$)")  # a file of citations begins with @, too
ZIP_MAGIC = b"PK\x03\x04"
_CHUNK = 1 << 16
_SHOWN = 5
# Documents that are zip archives, by a file in them.
_DOCUMENTS = {
    "content.xml": "this is an OpenDocument file: save it as .xlsx or CSV",
    "xl/workbook.bin": "this is a binary workbook (.xlsb): save it as .xlsx or CSV",
    "word/document.xml": "this is a Word document: save the sequences as plain text",
}
_DAMAGE = (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError)  # bz2 and a seek before the start: OSError
_MOST_FILES = 10_000  # a small compressed archive may hold millions of empty files
_LONGEST_HEADER = 1 << 20  # bytes; a header with a long name is read into memory
_IN_MEMORY = (*tarfile.GNU_TYPES, tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)

Decompress = Callable[[Iterator[bytes]], Iterator[bytes]]
"""A function that decompresses a file within an archive, if it is compressed."""


class _Member(tarfile.TarInfo):
    """A file of a tar archive, whose header is limited so that it cannot fill the memory."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Member:
        """Read a header as ``TarInfo`` does.

        Raises
        ------
        tarfile.ReadError
            if the header is longer than that of any real file, or if the file is stored as sparse.
        """
        found = super().frombuf(buf, encoding, errors)
        if found.type in _IN_MEMORY and (found.size > _LONGEST_HEADER or found.type == tarfile.GNUTYPE_SPARSE):
            raise tarfile.ReadError(f"the header of {found.name!r} is sparse or too long")
        return found


def is_tar(head: bytes) -> bool:
    """Return whether a file with this beginning is a tar archive."""
    return head[257:262] == b"ustar"


def tar_content(chunks: Iterator[bytes], path: str | PathLike[str], decompress: Decompress) -> Iterator[bytes]:
    """Yield the content of the one file of a tar archive that we can read, while the archive is read as a stream.

    Raises
    ------
    InputError
        if there is no such file or a second one, or if the archive is damaged.
    """
    others: list[str] = []
    read = ""
    try:
        with tarfile.open(fileobj=io.BufferedReader(Chunks(chunks)), mode="r|", tarinfo=_Member) as archive:
            for number, member in enumerate(archive, start=1):
                _check_number(number, path)
                stored = archive.extractfile(member) if member.isfile() and not _is_beside(member.name) else None
                if stored is None:
                    continue
                content = decompress(_chunks_of(stored))
                head = _beginning(content)
                if not _is_ours(head):
                    others.append(member.name)
                elif read:
                    raise _not_one([read, member.name], path)
                else:
                    read = member.name
                    yield from chain([head], content)
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        raise InputError(f"the tar archive is damaged ({error})", path=path, hint="fetch it again") from None
    if not read:
        raise _none(others, path)


def zip_content(path: str | PathLike[str], decompress: Decompress) -> Iterator[bytes]:
    """Yield the content of the one file of a zip archive that we can read.

    Raises
    ------
    InputError
        if there is no such file or several, or if the archive is damaged or encrypted.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_number(len(archive.infolist()), path)
            names = [one.filename for one in archive.infolist() if not one.is_dir() and not _is_beside(one.filename)]
            heads = {name: _head(archive, name, decompress) for name in names}
            ours = [name for name in names if _is_ours(heads[name])]
            ours = ours or [name for name in names if is_flat_file(_text(heads[name]))]
            ours = _data_of_qiime2(names, ours) or ours
            if len(ours) > 1:
                raise _not_one(ours, path)
            if not ours:
                raise _none(names, path)
            with archive.open(ours[0]) as stored:
                yield from decompress(_chunks_of(stored))
    except (zipfile.BadZipFile, *_DAMAGE) as error:
        raise InputError(f"the zip archive is damaged ({error})", path=path, hint="fetch it again") from None
    except RuntimeError as error:  # encrypted, or compressed by a method that Python does not have
        raise InputError(f"the zip archive can't be read ({error})", path=path, hint="unpack it first") from None


def _data_of_qiime2(names: list[str], ours: list[str]) -> list[str]:
    """Return which of ``ours`` are in the folder of data of one of QIIME 2's artifacts, beside which it has citations
    and tables that it was made with; none for any other archive."""
    folder = names[0].split("/")[0] if names else ""
    if not {f"{folder}/VERSION", f"{folder}/metadata.yaml"} <= set(names):
        return []
    return [name for name in ours if name.startswith(f"{folder}/data/")]


def _check_number(files: int, path: str | PathLike[str]) -> None:
    if files > _MOST_FILES:
        raise InputError(f"the archive holds more than {_MOST_FILES:,} files", path=path, hint="unpack it first")


def _head(archive: zipfile.ZipFile, name: str, decompress: Decompress) -> bytes:
    with archive.open(name) as stored:
        return _beginning(decompress(_chunks_of(stored)))


def _beginning(content: Iterator[bytes]) -> bytes:
    """Return the first bytes of a file; bzip2 yields none before it has a whole block."""
    return next(filter(None, content), b"")


def _chunks_of(stored: object) -> Iterator[bytes]:
    read = stored.read  # type: ignore[attr-defined]
    while chunk := read(_CHUNK):
        yield chunk


def _is_beside(name: str) -> bool:
    """Return whether this is a file that macOS or a tool has added to the data."""
    return any(part.startswith((".", "__MACOSX")) for part in name.split("/"))


def _is_ours(head: bytes) -> bool:
    """Return whether a file begins as FASTA, FASTQ, a table of sequences or a table of names does."""
    if b"\0" in head:
        return False
    text = _text(head)
    if text[:1] == ">" or _FASTQ.match(text):
        return True
    found = find_columns(split_header(next(iter(text.splitlines()), "")))
    return "sequence" in found or ("id" in found and has_names(found))


def _text(head: bytes) -> str:
    return head.decode("utf-8-sig", errors="replace").lstrip()


def _not_one(names: list[str], path: str | PathLike[str]) -> InputError:
    take = f"unzip -p {path} '{names[0]}'" if zipfile.is_zipfile(path) else f"tar -xOf {path} '{names[0]}'"
    what = f"the archive holds {len(names)} files with sequences or names: {_listed(names)}"
    return InputError(what, path=path, hint=f"take one out, or pass it on: {take} | barcodeembed ... -")


def _none(names: list[str], path: str | PathLike[str]) -> InputError:
    what = "the archive holds no FASTA, FASTQ, flat file or table with a sequence column"
    hint = next((hint for name, hint in _DOCUMENTS.items() if name in names), "unpack it first")
    if any(name.endswith(".biom") for name in names):
        hint = "a count table goes to --counts"
    return InputError(f"{what}, but {_listed(names)}" if names else what, path=path, hint=hint)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
