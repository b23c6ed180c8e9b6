"""Read text that is not UTF-8 as Windows-1252 if it can be that, so that names and ids keep their letters.

Tables saved by a spreadsheet on Windows usually have this encoding; a byte that it does not have is read as Latin-1.
Which encoding a text has is a guess where a file has a few odd letters only, so the user is shown how the first of them
were read. Bytes that make no sense as letters of western languages (Shift-JIS, Cyrillic, Mac, DOS) are an error. A
wrong guess would give ids and places that nobody recognises, and a few names are too little text for a good guess.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from itertools import chain
from os import PathLike

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.remarks import Remarks

NOT_UTF8 = "barcodeembed-not-utf-8"
"""The name of the error handler, for ``errors=`` of a text stream."""

READ_AS_GUESS = "places with bytes that are not UTF-8, read as Windows-1252 by guess"
"""What is said of a file that :func:`remember_odd_bytes` decodes."""

_HOW_TO_BE_SURE = "if this is not how it should read, save the file as UTF-8"
_WORD = re.compile(rb"[A-Za-z\x80-\xff']+")
# What bytes of other encodings look like as Windows-1252: signs that stand in no name, four letters with accents in a
# row (Cyrillic, Greek, Chinese), a sign between two letters (DOS), a capital with a caron within a word (Mac). A low
# quote or a dagger before a word, and a per mille sign alone, are western.
_NOT_WESTERN = re.compile(
    r"[\x81\x8d\x8f\x90\x9d\u201a\u0192\u2021\u02c6\u2039\u203a\u02dc\u0178]|[^\x00-\x7f\xa0]{4}"
    r"|(?<!^)[\u201e\u2020]|[\u201e\u2020](?![^\W\d_])|.\u2030|\u2030."
    r"|[^\W\d_][\u20ac\u201c\u201d\u2122\xa1-\xa9\xab\xac\xae-\xb1\xb6\xb8\xbb-\xbf\xf7][^\W\d_]|[a-z][\u0160\u0152\u017d]"
)


def remember_odd_bytes(remarks: Remarks | None, path: str | PathLike[str]) -> str:
    """Return the name of an error handler that reads bytes that are not UTF-8, and adds a remark on the file with such
    bytes.

    The handler serves one file, until this function is called for another; files are read one after another. It raises
    :class:`InputError` for bytes that are neither UTF-8 nor Windows-1252.
    """

    def read(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        word = _word_around(error.object, error.start)
        if _NOT_WESTERN.search(word):
            line = error.object[error.object.rfind(b"\n", 0, error.start) + 1 : error.start].decode("utf-8", "replace")
            what = f"this text is neither UTF-8 nor Windows-1252: as such, it would have {word!r} behind {line[-30:]!r}"
            raise InputError(what, path=path, hint="save the file as UTF-8")
        if remarks is not None:
            remarks.add(READ_AS_GUESS, f"{path}: {word!r}", _HOW_TO_BE_SURE)
        return _western(error.object[error.start : error.end]), error.end

    codecs.register_error(NOT_UTF8, read)
    return NOT_UTF8


def _word_around(text: bytes, place: int) -> str:
    """Return the word with the byte at this place, read as Windows-1252."""
    start = max(0, place - 100)
    words = _WORD.finditer(text, start, place + 100)
    return next((_western(word[0]) for word in words if word.start() <= place < word.end()), "")


def _western(text: bytes) -> str:
    """Return the text that these bytes are in Windows-1252; those that it lacks as in Latin-1."""
    return "".join(
        bytes([byte]).decode("cp1252" if byte not in b"\x81\x8d\x8f\x90\x9d" else "latin-1") for byte in text
    )


READ_AS_UTF16 = "files in UTF-16 (Unicode text of a spreadsheet), decoded"
"""What is said of a file that :func:`utf16_as_utf8` decodes."""

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LOOKED_AT = 200  # bytes that tell UTF-16 without its mark


def utf16_of(head: bytes) -> str:
    """Return the name of the kind of UTF-16 that a file with this beginning is in; ``""`` if it is in none.

    Without a byte-order mark it is known by its zeros: of western letters every other byte is 0,
    of signs such as curved quotes not.
    """
    if head.startswith(_UTF16_MARKS):
        return "utf-16"
    first, second = head[:_LOOKED_AT:2], head[1:_LOOKED_AT:2]
    for name, letters, zeros in (("utf-16-le", first, second), ("utf-16-be", second, first)):
        if len(zeros) > 1 and 0 not in letters and 4 * zeros.count(0) >= 3 * len(zeros):
            return name
    return ""


def utf16_as_utf8(chunks: Iterator[bytes], path: str | PathLike[str], said: list[str]) -> Iterator[bytes]:
    """Yield text in UTF-16 (see :func:`utf16_of`) as UTF-8, and note it in ``said``; all else as it is.

    Raises
    ------
    InputError
        if text in UTF-16 is damaged or cut off.
    """
    first = next(chunks, b"")
    if not (name := utf16_of(first)):
        yield from chain([first], chunks)
        return
    said.append(READ_AS_UTF16)
    decoder = codecs.getincrementaldecoder(name)()
    try:
        for chunk in chain([first], chunks):
            yield decoder.decode(chunk).encode()
        decoder.decode(b"", final=True)
    except UnicodeError:
        what = "the text in UTF-16 is damaged or cut off"
        raise InputError(what, path=path, hint="save it again, as UTF-8") from None
