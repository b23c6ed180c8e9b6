"""Read count tables in both versions of BIOM, also within QIIME 2's ``.qza``, if biom-format is installed."""

from __future__ import annotations

import bz2
import errno
import gzip
import lzma
import shutil
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from barcodeembed.embeddings.hdf5 import DAMAGE, check_self_contained
from barcodeembed.errors import InputError, UsageError
from barcodeembed.workflows.samples.cells import advice, reads_of
from barcodeembed.workflows.samples.counts import CountTable

_HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_MOST_UNPACKED = 1 << 32  # bytes of a BIOM table in an archive
_UNPACKERS: dict[bytes, Callable[[Path], Any]] = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open, b"\xfd7": lzma.open}
"""Openers of compressed files, by their first two bytes."""

_HEAD = 64  # bytes that tell a BIOM table
_CHUNK = 1 << 20  # bytes that are unpacked at a time
_DAMAGED_ZIP = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, RuntimeError)


def read_biom(path: Path) -> CountTable | None:
    """Return the BIOM table that a file is, compressed or not, or that is in a zip archive, as QIIME 2's ``.qza`` are;
    None for any other file.

    Raises
    ------
    InputError
        if the table is damaged, holds something other than numbers of reads, or is too large to be unpacked here; or
        if an archive has several.
    UsageError
        if biom-format is not installed.
    """
    if not path.is_file():
        return None
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if _begins_biom(head):
        return _read(path)
    if zipfile.is_zipfile(path):
        return _of_archive(path)
    return _of_compressed(path, unpack) if (unpack := _UNPACKERS.get(head[:2])) else None


def _begins_biom(head: bytes) -> bool:
    """Return whether a file begins as BIOM 2 (HDF5) or BIOM 1 (a JSON object) does."""
    return head.startswith(_HDF5_MAGIC) or head.lstrip().startswith(b"{")


def _of_compressed(path: Path, unpack: Callable[[Path], Any]) -> CountTable | None:
    """Return the BIOM table in a compressed file; None if there is something else in it."""
    try:
        with unpack(path) as stored:
            if not _begins_biom(stored.read(_HEAD)):
                return None
            stored.seek(0)
            with TemporaryDirectory(prefix="barcodeembed-") as folder:
                unpacked = Path(folder) / "table.biom"
                with unpacked.open("xb") as file:
                    while chunk := stored.read(_CHUNK):
                        file.write(chunk)
                        if file.tell() > _MOST_UNPACKED:
                            raise InputError("too large a BIOM table", path=path, hint="unpack it first")
                return _read(unpacked, path)
    except (zlib.error, lzma.LZMAError, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise InputError(f"the compressed data is damaged ({error})", path=path, hint="fetch it again") from None


def _of_archive(path: Path) -> CountTable | None:
    """Return the one BIOM table in a zip archive; None if there is none."""
    try:
        with zipfile.ZipFile(path) as archive, TemporaryDirectory(prefix="barcodeembed-") as folder:
            found = [one for one in archive.infolist() if one.filename.endswith(".biom")]
            if not found:
                return None
            if len(found) > 1 or found[0].file_size > _MOST_UNPACKED:
                what = f"{len(found):,} BIOM tables in this archive" if len(found) > 1 else "too large a BIOM table"
                raise InputError(what, path=path, hint="unpack the table, and give it to --counts")
            unpacked = Path(folder) / "table.biom"
            with archive.open(found[0]) as stored, unpacked.open("xb") as file:
                shutil.copyfileobj(stored, file)
            return _read(unpacked, path)
    except (*_DAMAGED_ZIP, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # EINVAL: the archive points before its start
            raise
        raise InputError(f"the zip archive is damaged ({error})", path=path, hint="fetch it again") from None


def _read(path: Path, given: Path | None = None) -> CountTable:
    """Read a BIOM table; ``given`` is the file that the user gave, if the table was unpacked from it."""
    given = given or path
    try:
        import biom
        import h5py
    except ImportError:
        raise UsageError(
            f"{given} is a BIOM file: pip install biom-format reads it, or give the table as text"
        ) from None
    try:
        if h5py.is_hdf5(path):
            with h5py.File(path) as file:
                check_self_contained(file)
        table: Any = biom.load_table(str(path))
        samples, features = [str(one) for one in table.ids()], [str(one) for one in table.ids(axis="observation")]
        cells = table.matrix_data.tocoo()
    except DAMAGE as error:
        reason = "something that such a table has is missing" if isinstance(error, KeyError) else str(error)
        hint = "give the BIOM table anew, or the counts as text (.tsv)"
        raise InputError(f"not a BIOM table ({reason})", path=given, hint=hint) from None
    rows: dict[str, dict[int, int]] = {feature: {} for feature in features}
    for row, column, value in zip(cells.row.tolist(), cells.col.tolist(), cells.data.tolist(), strict=True):
        number = reads_of(str(value))
        if number is None:
            what = f"feature {features[row]!r} has {value} reads in sample {samples[column]!r}"
            raise InputError(what, path=given, hint=advice(str(value)))
        if number:
            rows[features[row]][column] = number
    return CountTable(given, samples, rows)
