"""Read text that is not UTF-8 as Windows-1252, so that names and ids keep their letters.

Tables saved by a spreadsheet on Windows usually have this encoding. A byte that Windows-1252 does not have is read as
Latin-1.
"""

from __future__ import annotations

import codecs
from os import PathLike

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
