"""The file of the journal of ``classify --resume``: found, recognised and deleted, and its lines with their checksums.

:mod:`~barcodeembed.workflows.calling.journal` says what stands in the lines.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from barcodeembed.embeddings.journal_files import START_AGAIN
from barcodeembed.errors import InputError, OutputError, UsageError, reason_of
from barcodeembed.outputs.identity import is_own_file, open_own, through_links
from barcodeembed.outputs.staging import sweep

FORMAT = "barcodeembed-calls-journal"

_LONGEST_HEAD = 1 << 20
_CHECK = 16  # bytes of a checksum


def journal_path(output: Path) -> Path:
    """Return the path of the journal of a run with this output."""
    return output.with_name(output.name + ".partial")


def outputs_of(path: Path) -> frozenset[str]:
    """Return, as absolute paths, the outputs of the run that began a journal. Files at these paths were made by that
    run.

    Raises
    ------
    InputError
        if it is not a journal, or is damaged.
    """
    return frozenset(map(str, read_head(path)["outputs"]))


def read_head(path: Path) -> dict[str, Any]:
    """Return the content of the first line of a journal: its settings and its outputs.

    Raises
    ------
    InputError
        if it is not a journal, or is damaged.
    """
    if not is_journal(path):
        raise InputError("this is no journal of an unfinished run", path=path, hint="move it away")
    try:
        with io.FileIO(open_own(path, os.O_RDONLY), "r") as file, io.BufferedReader(file) as stream:
            line = stream.readline(_LONGEST_HEAD)
        content, _ = unsealed(line, b"", path)
        if content["format"] != FORMAT or not line.endswith(b"\n"):
            raise ValueError(f"its format is {content['format']!r}")
        return {**content, "settings": dict(content["settings"]), "outputs": list(content["outputs"])}
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"the journal is damaged ({reason_of(error)})", path=path, hint=START_AGAIN) from error


def discard(path: Path) -> None:
    """Delete the journal at ``path``, if there is one.

    Raises
    ------
    UsageError
        if the file is not a journal.
    OutputError
        if it cannot be deleted.
    """
    sweep(through_links(path))  # a run may have been killed while it began the journal
    if not os.path.lexists(path):
        return
    check_is_journal(path)
    try:
        path.unlink()
    except OSError as error:
        raise OutputError(f"cannot delete {path}: {error.strerror}") from error


def check_is_journal(path: Path) -> None:
    """Check that what is at the place of a journal is one, even if it is damaged.

    Raises
    ------
    UsageError
        if it is something else.
    """
    if not is_journal(path):
        raise UsageError(f"{path} is in the way, as it is no journal of an unfinished run: move it away")


def is_journal(path: Path) -> bool:
    """Return whether a path is a file that begins as a journal does; the rest may be damaged."""
    if not is_own_file(path):
        return False
    try:
        with path.open("rb") as stream:
            return f'"{FORMAT}"'.encode() in stream.read(200)
    except OSError:
        return False


def sealed(before: bytes, content: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """Return the checksum of a line with this content, and the line; ``before`` is that of the previous line."""
    text = json.dumps(content, separators=(",", ":"), default=lambda number: number.item()).encode()
    check = hashlib.blake2b(before + text, digest_size=_CHECK).digest()
    return check, check.hex().encode() + b" " + text + b"\n"


def unsealed(line: bytes, before: bytes, path: Path) -> tuple[dict[str, Any], bytes]:
    """Return the content of a line, and its checksum.

    Raises
    ------
    InputError
        if the line is not what was written.
    """
    said, _, text = line.rstrip(b"\n").partition(b" ")
    check = hashlib.blake2b(before + text, digest_size=_CHECK).digest()
    if said != check.hex().encode():
        raise InputError("a block of the journal is not what was written", path=path, hint=START_AGAIN)
    try:
        return dict(json.loads(text)), check
    except (ValueError, TypeError, RecursionError) as error:
        raise InputError(f"the journal is damaged ({error})", path=path, hint=START_AGAIN) from error
