"""Write text to a file or to standard output, plain or compressed; a file appears under its name when it is
complete."""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from barcodeembed.outputs.identity import STREAM
from barcodeembed.outputs.staging import create, staged

_BUFFER = 1 << 16


@contextmanager
def text_output(path: Path, *, compression: int = 9) -> Iterator[IO[str]]:
    """Yield a text stream to ``path``; ``-`` is standard output.

    A file whose name ends with ``.gz`` is compressed. It has no time in it, so equal texts give equal files.
    ``compression`` is gzip's level, from 1 (fast) to 9 (small). If the block fails, no file is left at ``path``.

    Raises
    ------
    OutputError
        if the file cannot be written, or the disk is full.
    """
    if str(path) == STREAM:
        yield sys.stdout
        sys.stdout.flush()
        return
    with staged(path) as place, new_text_file(place, compression=compression) as text:
        yield text


@contextmanager
def new_text_file(path: Path, *, compression: int) -> Iterator[IO[str]]:
    """Yield a text stream to a new file, which keeps what was written if the block fails."""
    with io.BufferedWriter(create(path), _BUFFER) as raw:
        if path.suffix == ".gz":
            with gzip.GzipFile("", "wb", compression, fileobj=raw, mtime=0) as packed:
                yield from _as_text(packed)
        else:
            yield from _as_text(raw)


def _as_text(raw: Any) -> Iterator[IO[str]]:
    text = io.TextIOWrapper(cast(IO[bytes], raw), encoding="utf-8", errors="replace", newline="\n")
    yield text
    text.flush()
    text.detach()
