"""A library on disk: written completely or not at all, mapped instead of read, and checked before use.

The directory ``NAME.barcodelib/`` holds ``manifest.json`` (checksums, model, source, licence), ``records.h5`` (ids,
names, BINs, columns, vectors; the large arrays are contiguous, so that they can be memory-mapped), ``index.faiss``
unless the search is exact, and ``calibration.json``. It is written under another name and takes its place in one step.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from barcodeembed.embeddings.bounded_memory import bounded_memory
from barcodeembed.embeddings.hdf5 import DAMAGE, check_self_contained, checked_array, mapped_array
from barcodeembed.errors import InputError, OutputError, UsageError, reason_of
from barcodeembed.library.reference_library import FORMAT, FORMAT_VERSION, ReferenceLibrary
from barcodeembed.library.taxon_table import TaxonTable
from barcodeembed.library.vector_index import read_index, write_index
from barcodeembed.outputs.folders import check_folder_name, staged_folder
from barcodeembed.outputs.identity import through_links, why_no_file
from barcodeembed.outputs.sink import Sink
from barcodeembed.outputs.staging import sweep
from barcodeembed.sequences.formats.unchanged import Mapped
from barcodeembed.taxonomy import RANKS

SUFFIX = ".barcodelib"

CHECKED_BYTES = 1 << 30
"""Files up to this size are checked by their SHA-256 at every start; larger ones by their size only."""

CALIBRATION = "calibration.json"
"""Name of the file with the calibration. This module only stores it; :mod:`barcodeembed.classify.calibration` knows its
contents."""

_MANIFEST, _RECORDS, _INDEX = "manifest.json", "records.h5", "index.faiss"
OWN_FILES = (_MANIFEST, _RECORDS, _INDEX, CALIBRATION)
"""Files that belong to the library. Other files in the directory are the user's, and stay there."""

_LENGTH_OFF = 0.1  # the squared length of a vector may differ from 1 by this much
_ALL_BASES = 15  # a set of bases in four bits, one for each base

_AGAIN = "make the library again or copy it again"
_LEAVE = f"{_AGAIN}, and let nothing write to it meanwhile"


def check_library_output(directory: Path, force: bool) -> None:
    """Check that a library may be written to this directory.

    Raises
    ------
    UsageError
        if the directory exists and ``force`` is not given, if it is something else than a library, if it is within
        one or has the name of a file, or if its parent directory does not exist.
    OutputError
        if the directory exists and may not be written.
    """
    check_folder_name(directory, "a library", f"NAME{SUFFIX}")
    real = through_links(directory)
    if not real.parent.is_dir():
        parent = directory.parent if not directory.is_symlink() else real.parent
        raise UsageError(f"the directory {parent} does not exist: create it first")
    sweep(real)
    if real.exists():
        if not is_library(real):
            raise UsageError(f"{directory} exists and is not a library: give another name")
        if not force:
            raise UsageError(f"{directory} exists: give another name, or --force to overwrite it")
        if not os.access(real, os.W_OK):
            raise OutputError(f"{directory} is read-only for you: let it be written (chmod u+w), or give another name")
    if outer := next(filter(is_library, real.parents), None):
        raise UsageError(f"{directory} is within the library {outer}: give a name outside of it")


def is_library(directory: Path) -> bool:
    """Return whether a directory is a library, which may be damaged: its manifest says so, or all its other files are
    there. A ``manifest.json`` alone may be anybody's."""
    try:
        found = json.loads((directory / _MANIFEST).read_bytes())["format"] == FORMAT
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        found = False
    return found or all(os.path.isfile(directory / name) for name in (_RECORDS, CALIBRATION))


def check_library_input(directory: Path) -> None:
    """Check that there is a library in this directory that can be changed.

    Raises
    ------
    UsageError
        if the directory does not exist.
    """
    sweep(through_links(directory))
    if not directory.exists():
        raise UsageError(f"{directory} does not exist: give the library that --add and --remove shall change")


def library_files(directory: Path) -> list[Path]:
    """Return the paths of the files that a library may have, whether they exist or not."""
    return [directory / name for name in OWN_FILES]


def save_library(
    library: ReferenceLibrary, directory: Path, calibration: Mapping[str, Any], *, force: bool = False
) -> None:
    """Write a library. An old library keeps its place until the new one is complete.

    ``calibration`` is stored in it as JSON.

    Raises
    ------
    UsageError
        as :func:`check_library_output` says.
    OutputError
        if it cannot be written, or the disk is full; the old library then stays as it was.
    """
    check_library_output(directory, force)
    with staged_folder(directory, OWN_FILES) as folder:
        library.manifest["name"] = through_links(directory).name.removesuffix(SUFFIX)
        _write_records(library, folder / _RECORDS)
        if library.index is not None:
            write_index(library.index, folder / _INDEX)
        (folder / CALIBRATION).write_text(json.dumps(calibration, indent=1) + "\n", encoding="utf-8")
        library.manifest |= {
            "references": len(library),
            "dim": library.dim,
            "files": {path.name: _file_facts(path) for path in sorted(folder.iterdir())},
        }
        (folder / _MANIFEST).write_text(json.dumps(library.manifest, indent=1) + "\n", encoding="utf-8")


def load_library(directory: Path) -> ReferenceLibrary:
    """Open a library. Its vectors and columns are mapped into memory, not read.

    Raises
    ------
    InputError
        if the directory does not exist, is not a library, has a newer format, or was cut off or changed.
    """
    _bring_back(directory)
    manifest = _read_manifest(directory)
    files = _check_files(directory, manifest)
    path = directory / _RECORDS
    try:
        with bounded_memory(path), h5py.File(path, "r", locking="best-effort") as file:
            check_self_contained(file)
            stored = mapped_array(file, "vectors", np.float32, (None, None))
            n = len(stored)
            columns = mapped_array(file, "columns", np.uint8, (n, None))
            ids, bins = (checked_array(file, name, None, (n,)).asstr()[:] for name in ("ids", "bins"))
            taxa = _read_taxa(file, n)
            # Libraries made before version 0.7 have no list of aliens.
            known = n > 0 and "aliens" in file
            aliens = checked_array(file, "aliens", np.uint8, (n,))[:] > 0 if known else np.zeros(n, dtype=bool)
            if path.stat().st_size <= CHECKED_BYTES:
                _check_values(stored, columns)
    except DAMAGE as error:
        raise InputError(f"the file is damaged ({reason_of(error)})", path=path, hint=_AGAIN) from error
    if not len(stored):
        raise InputError("the library is empty", path=directory, hint=_AGAIN)
    _check_facts(directory, manifest, stored)
    index = read_index(directory / _INDEX, *stored.shape) if _INDEX in manifest["files"] else None
    for mapped in files:
        mapped.check_place()
    return ReferenceLibrary(ids, bins, taxa, columns, stored, manifest, index, aliens, files)


def _bring_back(directory: Path) -> None:
    """Put a library back in its place, if a killed run left it under another name.

    This can happen where the file system cannot exchange two folders in one step.
    """
    if not directory.exists():
        with suppress(OSError):
            sweep(through_links(directory))


def _write_records(library: ReferenceLibrary, path: Path) -> None:
    """Write ids, names, BINs, columns and vectors as HDF5."""
    text = h5py.string_dtype()
    arrays = {"ids": library.ids, "bins": library.bins, "columns": library.columns, "vectors": library.stored}
    arrays |= {"taxa/codes": library.taxa.codes, "aliens": library.aliens.astype(np.uint8)}
    arrays |= {
        f"taxa/{rank}": np.array(names, dtype=object) for rank, names in zip(RANKS, library.taxa.names, strict=True)
    }
    with Sink(path) as sink:
        with h5py.File(sink, "w") as file:
            for name, array in arrays.items():
                file.create_dataset(name, data=array, dtype=text if array.dtype == object else None)
                if sink.error is not None:
                    raise sink.error
        sink.settle()


def _file_facts(path: Path) -> dict[str, Any]:
    """Return size and checksum of a file."""
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _read_manifest(directory: Path) -> dict[str, Any]:
    """Read and check ``manifest.json``."""
    path = directory / _MANIFEST
    if not path.is_file():
        if directory.is_file():
            what, hint = "this is a file, not a library", "give the folder that barcodeembed index made"
        elif directory.is_dir():
            what, hint = "not a library: it has no manifest.json", "make one with barcodeembed index"
        else:
            what, hint = why_no_file(directory, "library"), "make one with barcodeembed index"
        raise InputError(what, path=directory, hint=hint)
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        version, files = int(manifest["format_version"]), manifest["files"]
        if manifest["format"] != FORMAT or not {_RECORDS, CALIBRATION} <= set(files):
            raise KeyError("format")
        if not all(isinstance(manifest[name], str) for name in ("model", "model_fingerprint", "index_kind")):
            raise TypeError("a name is not text")
        for name, facts in dict(files).items():
            # Only these files are opened, whatever the manifest lists: it may come from anybody.
            if name not in (_RECORDS, CALIBRATION, _INDEX):
                raise ValueError(f"no library has a file {name!r}")
            if not isinstance(facts["bytes"], int) or not isinstance(facts["sha256"], str):
                raise TypeError(f"bytes or sha256 of {name}")
    except PermissionError:
        raise _not_permitted(path) from None
    except (OSError, OverflowError, RecursionError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"not the manifest of a library ({reason_of(error)})", path=path, hint=_AGAIN) from error
    if not 1 <= version <= FORMAT_VERSION:
        raise InputError(f"format version {version} is not known", path=path, hint="update barcodeembed")
    return manifest


def _check_facts(directory: Path, manifest: dict[str, Any], vectors: NDArray[np.float32]) -> None:
    """Check that the numbers of a manifest are those of the vectors; libraries of early versions lack some."""
    for name, found in (("references", vectors.shape[0]), ("dim", vectors.shape[1])):
        if (said := manifest.get(name, found)) != found:
            what = f"its {name} are {said!r:.50} where {found} belong"
            raise InputError(f"the manifest was changed: {what}", path=directory / _MANIFEST, hint=_AGAIN)


def _check_files(directory: Path, manifest: dict[str, Any]) -> list[Mapped]:
    """Check that the files of a library have the sizes and checksums of its manifest. Return those that will be mapped,
    to check them again."""
    mapped = []
    for name, facts in manifest["files"].items():
        path = directory / name
        if not path.is_file():
            raise InputError("the file is missing", path=path, hint=_AGAIN)
        if (size := path.stat().st_size) != facts["bytes"]:
            raise InputError(f"the file has {size:,} bytes where {facts['bytes']:,} belong", path=path, hint=_AGAIN)
        try:
            if name in (_RECORDS, _INDEX):
                mapped.append(Mapped(path, facts["sha256"], _LEAVE))
            changed = size <= CHECKED_BYTES and _file_facts(path)["sha256"] != facts["sha256"]
        except PermissionError:
            raise _not_permitted(path) from None
        if changed:
            raise InputError("the file was changed after the library was made", path=path, hint=_AGAIN)
    return mapped


def _not_permitted(path: Path) -> InputError:
    return InputError("no permission to read the file", path=path, hint="let it be read (chmod a+r)")


def _check_values(vectors: NDArray[np.float32], columns: NDArray[np.uint8]) -> None:
    """Check that vectors have unit length and that columns are sets of bases."""
    lengths = np.einsum("nd,nd->n", vectors, vectors)
    if not (np.abs(lengths - 1) < _LENGTH_OFF).all():
        raise ValueError("a vector is not of unit length")
    if columns.max(initial=0) > _ALL_BASES:
        raise ValueError("a code of a base is not one")


def _read_taxa(file: Any, n: int) -> TaxonTable:
    """Read the names and codes of the references."""
    codes = checked_array(file, "taxa/codes", np.int32, (n, len(RANKS)))[:]
    names = tuple(tuple(checked_array(file, f"taxa/{rank}", None, (None,)).asstr()[:]) for rank in RANKS)
    if ((codes < 0) | (codes >= [len(known) for known in names])).any():
        raise ValueError("taxa/codes has a number without a name")
    return TaxonTable(names, codes)
