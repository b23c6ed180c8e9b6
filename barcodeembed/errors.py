"""Errors in the user's words: each says what is wrong, where, and what to do, and has an exit code.

Exit codes (documented in docs/formats.md): 1 run-time failure, 2 usage, 3 bad input data, 4 model and library do not
match.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from os.path import basename

_LONGEST_REASON = 200

_OF_THE_MACHINE = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""Error numbers that say nothing about the file: too many are open, or there is no memory."""


class BarcodeembedError(Exception):
    """Base class of all errors that are shown to the user as one line."""

    exit_code = 1


class UsageError(BarcodeembedError):
    """The command was called in a way that cannot work (the value of an option, an output that exists)."""

    exit_code = 2


class InputError(BarcodeembedError):
    """An input file is missing, unreadable or not what it should be.

    ``where`` parts are optional and join into one line: ``reads.fasta, record 17 (id 'x'), line 33: what``.
    """

    exit_code = 3

    def __init__(
        self,
        what: str,
        *,
        path: str | PathLike[str] | None = None,
        record: int | None = None,
        record_id: str | None = None,
        line: int | None = None,
        hint: str | None = None,
    ) -> None:
        where = place_in_file(path, record, record_id, line)
        message = f"{where}: {what}" if where else what
        super().__init__(f"{message}; {hint}" if hint else message)


def wrong_width(found: int, expected: int, *, of: str = "the header") -> str:
    """Return what is wrong with a row: ``1 field where the header has 3``."""
    return f"{found} field{'' if found == 1 else 's'} where {of} has {expected}"


def place_in_file(
    path: str | PathLike[str] | None, record: int | None = None, record_id: str | None = None, line: int | None = None
) -> str:
    """Return where in the input something is, as far as known: ``reads.fasta, record 17 (id 'x'), line 33``."""
    where = []
    if path is not None:
        where.append("standard input" if str(path) == "-" else str(path))
    if record is not None:
        where.append(f"record {record}" + (f" (id {record_id!r})" if record_id else ""))
    if line is not None:
        where.append(f"line {line}")
    return ", ".join(where)


@contextmanager
def damaged(what: str, path: str | PathLike[str], hint: str | None = None) -> Iterator[None]:
    """Treat any error in the block, which only reads a file that the program has made, as a damaged file.

    Raises
    ------
    InputError
        with ``what`` and the reason, instead of any error that has no words for the user yet.
    """
    try:
        yield
    except BarcodeembedError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _OF_THE_MACHINE:
            raise
        raise InputError(f"{what} ({reason_of(error)})", path=path, hint=hint) from error


def reason_of(error: Exception) -> str:
    """Return what an error of a library says, as a part of one line. An error of the system is said without its number,
    and with the last part of the file's name only."""
    if isinstance(error, OSError) and error.strerror:
        file = f"{basename(error.filename)}: " if isinstance(error.filename, str) else ""
        return f"{file}{error.strerror}"
    return " ".join(str(error).split())[:_LONGEST_REASON] or type(error).__name__


class EmptyFileError(InputError):
    """An input file has no content at all. Usually it was lost, but a negative control may really be empty."""


class ModelFileError(BarcodeembedError):
    """A model file is unsafe, damaged or not a model; no code in it was run."""

    exit_code = 3


class UnknownModelError(ModelFileError):
    """There is no model of a name, nor a file."""


class MismatchError(BarcodeembedError):
    """Two things that were made by different models or settings cannot be used together."""

    exit_code = 4


class DeviceError(BarcodeembedError):
    """A device that was asked for does not exist, or has too little memory."""


class OutputError(BarcodeembedError):
    """A result could not be written (no space, no permission)."""


class TrainingError(BarcodeembedError):
    """Training met a number that is not finite, or a state from which it cannot continue."""


class Terminated(BarcodeembedError):
    """SIGTERM arrived; everything that can be resumed was kept."""

    exit_code = 143


class Interrupted(BarcodeembedError):
    """The user pressed Ctrl-C; everything that can be resumed was kept."""

    exit_code = 130
