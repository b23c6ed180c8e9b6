"""What to tell the user if a file could not be written."""

from __future__ import annotations

import errno
from pathlib import Path

from barcodeembed.errors import OutputError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Error numbers of a full disk or a used-up quota."""

_HINTS = {
    errno.EFBIG: "; this disk, or the limit that ulimit -f shows, allows no file as large",
    errno.EROFS: "; give a place on another disk",
    errno.EACCES: "; let its folder be written (chmod u+w), or give another place",
    errno.EPERM: "; let its folder be written (chmod u+w), or give another place",
    errno.ENAMETOOLONG: "; give a shorter name",
}
"""What the user can do about an error of the system, by its number; it is added to the message."""


def write_error(where: Path, error: OSError, again: str = "run again") -> OutputError:
    """Return the error for a failed write to ``where``; ``again`` says what to do once a full disk has space."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutputError(f"no space left on the disk for {where}; free some and {again}")
    hint = _HINTS.get(error.errno or 0, "")
    return OutputError(f"cannot write {where}: {error.strerror or error}{hint}")
