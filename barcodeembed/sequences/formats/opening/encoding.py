"""Read text that is not UTF-8 as Windows-1252, so that names and ids keep their letters.

Tables saved by a spreadsheet on Windows usually have this encoding. A byte that Windows-1252 does not have is read as
Latin-1.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from itertools import chain
from os import PathLike

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.remarks import Remarks

NOT_UTF8 = "barcodeembed-not-utf-8"
"""The name of the error handler, for ``errors=`` of a text stream."""


def remember_odd_bytes(remarks: Remarks | None, path: str | PathLike[str]) -> str:
    """Return the name of an error handler that reads bytes that are not UTF-8, and adds a remark on the file with such
    bytes.

    The handler serves one file, until this function is called for another; files are read one after another.
    """

    def read(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        if remarks is not None:
            remarks.add("places with bytes that are not UTF-8, read as Windows-1252", str(path))
        odd = error.object[error.start : error.end]
        try:
            return odd.decode("cp1252"), error.end
        except UnicodeDecodeError:
            return odd.decode("latin-1"), error.end

    codecs.register_error(NOT_UTF8, read)
    return NOT_UTF8


READ_AS_UTF16 = "files in UTF-16 (Unicode text of a spreadsheet), decoded"
"""What is said of a file that :func:`utf16_as_utf8` decodes."""

UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""The first bytes of text in UTF-16."""


def utf16_as_utf8(chunks: Iterator[bytes], path: str | PathLike[str], said: list[str]) -> Iterator[bytes]:
    """Yield text in UTF-16, known by its byte-order mark, as UTF-8, and note it in ``said``; all else as it is.

    Raises
    ------
    InputError
        if text in UTF-16 is damaged or cut off.
    """
    first = next(chunks, b"")
    if not first.startswith(UTF16_MARKS):
        yield from chain([first], chunks)
        return
    said.append(READ_AS_UTF16)
    decoder = codecs.getincrementaldecoder("utf-16")()
    try:
        for chunk in chain([first], chunks):
            yield decoder.decode(chunk).encode()
        decoder.decode(b"", final=True)
    except UnicodeError:
        what = "the text in UTF-16 is damaged or cut off"
        raise InputError(what, path=path, hint="save it again, as UTF-8") from None
