"""Read embedding files (:mod:`barcodeembed.embeddings.writer` describes them) slice by slice."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from barcodeembed.embeddings.bounded_memory import bounded_memory
from barcodeembed.embeddings.hdf5 import DAMAGE, check_self_contained
from barcodeembed.embeddings.schema import FORMAT_VERSION, MISSING, OBS_COLUMNS, Rows
from barcodeembed.errors import InputError, UsageError
from barcodeembed.outputs.identity import STREAM, why_no_file
from barcodeembed.sequences.batches import STATUSES

_KNOWN = {
    "sha1": re.compile("[0-9a-f]{40}|"),  # empty in files of other programs
    "status": re.compile("|".join(STATUSES)),
    "strand": re.compile("[+-]?"),
}
"""What the texts of some columns must be."""

_LARGEST = np.iinfo(np.int32).max
_AGAIN = "make it again or copy it again"
_A_FILE = "embedding files are not read in one go: give a file"
_LENGTH_OFF = 0.1  # the length of a vector may differ from 1 by this much: float16 and other programs round


class EmbeddingStore:
    """An embedding file that is open for reading; a context manager.

    A file that AnnData has read, subset and written again can be read, too.

    Raises
    ------
    InputError
        if ``path`` does not exist, is not HDF5, is truncated, or lacks a part of an embedding file. Reading raises it
        as well if the file is damaged inside.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise InputError(why_no_file(path), path=path, hint=_A_FILE if os.path.exists(path) else None)
        try:
            # Some network file systems have no locks. All who have the file open in a process must use the same flag.
            self._file = h5py.File(self.path, "r", locking="best-effort")
        except OSError as error:
            raise self._not_opened(error) from error
        try:
            check_self_contained(self._file)
            self._validate()
            self.dim: int = self._file["X"].shape[1]
            self.manifest: dict[str, str | int | float] = {
                name: _scalar(node)
                for name, node in self._file["uns"].items()
                if isinstance(node, h5py.Dataset) and node.shape == ()
            }
            if (version := self.manifest.get("format_version", FORMAT_VERSION)) != FORMAT_VERSION:
                raise self._refused(f"format version {version} is not known; update barcodeembed")
        except InputError:
            self._file.close()
            raise
        except DAMAGE as error:
            self._file.close()
            raise self._damaged(error) from error

    def _not_opened(self, error: OSError) -> InputError:
        if "truncated" in str(error):
            return InputError("the file is truncated", path=self.path, hint=_AGAIN)
        if error.errno is not None:
            return InputError(os.strerror(error.errno).lower(), path=self.path)
        return self._damaged(error) if h5py.is_hdf5(self.path) else self._refused("it is not HDF5")

    def _refused(self, why: str) -> InputError:
        return InputError(f"not an embedding file that can be read: {why}", path=self.path)

    def _damaged(self, error: Exception) -> InputError:
        return InputError(f"the file is damaged ({error})", path=self.path, hint=_AGAIN)

    def _validate(self) -> None:
        """Refuse a file without the parts that reading needs."""
        if self._file.attrs.get("encoding-type") != "anndata":
            raise self._refused("it is HDF5 but not AnnData")
        x, obs = self._file.get("X"), self._file.get("obs")
        if not isinstance(x, h5py.Dataset) or x.ndim != 2 or x.dtype.kind != "f":
            raise self._refused("X is not a dense matrix of floating-point numbers")
        if not isinstance(obs, h5py.Group) or not isinstance(self._file.get("uns"), h5py.Group):
            raise self._refused("obs or uns is missing")
        for name in (obs.attrs.get("_index", "_index"), *OBS_COLUMNS):
            if name not in obs and name in MISSING:
                continue
            if name not in obs:
                raise self._refused(f"obs has no column {name!r}")
            node = obs[name]
            # AnnData stores columns in several ways; plain arrays and categories are read.
            values = node.get("codes") if isinstance(node, h5py.Group) else node
            if values is None:
                raise self._refused(f"column {name!r} is neither an array nor categories")
            if values.shape != (x.shape[0],):
                raise self._refused(f"column {name!r} has shape {values.shape} for {x.shape[0]} rows")

    def __enter__(self) -> EmbeddingStore:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. Afterwards nothing can be read from it."""
        self._file.close()

    def __len__(self) -> int:
        return int(self._file["X"].shape[0])

    @cached_property
    def ids(self) -> list[str]:
        """Return all N ids, in order."""
        return self._ids(slice(None))

    def obs(self, column: str) -> np.ndarray:
        """Return all values (N,) of one of ``OBS_COLUMNS``; text as an array of ``str`` objects."""
        return self._column(column, slice(None))

    def vectors(self, start: int = 0, stop: int | None = None) -> np.ndarray:
        """Return the vectors of the rows from ``start`` to before ``stop``, (n, D) float32."""
        try:
            return self._file["X"][start:stop].astype(np.float32, copy=False)
        except DAMAGE as error:
            raise self._damaged(error) from error

    def batches(self, rows: int) -> Iterator[Rows]:
        """Yield all rows in order, ``rows`` at a time (the last may be fewer)."""
        for start in range(0, len(self), rows):
            part = slice(start, min(start + rows, len(self)))
            obs = {name: self._column(name, part) for name in OBS_COLUMNS}
            yield self._ids(part), self.vectors(part.start, part.stop), obs

    def unit_batches(self, rows: int) -> Iterator[Rows]:
        """Yield the same, after checking that the vectors of embedded barcodes have unit length, so that they can be
        compared.

        Raises
        ------
        InputError
            if a vector does not, or if a SHA-1, a status or a strand is none.
        """
        for ids, vectors, obs in self.batches(rows):
            lengths = np.linalg.norm(vectors[obs["status"] == "ok"].astype(np.float64), axis=1)
            if not (np.abs(lengths - 1) < _LENGTH_OFF).all():
                raise self._damaged(ValueError("a vector is not of unit length"))
            for name, known in _KNOWN.items():
                if odd := next((text for text in obs[name] if not known.fullmatch(text)), None):
                    raise self._damaged(ValueError(f"{odd!r:.50} is no {name}"))
            yield ids, vectors, obs

    def _ids(self, part: slice) -> list[str]:
        return self._read(self._file["obs"].attrs.get("_index", "_index"), part, str).tolist()

    def _column(self, name: str, part: slice) -> np.ndarray:
        kind = OBS_COLUMNS[name]
        if name in MISSING and name not in self._file["obs"]:
            n_rows = len(range(*part.indices(len(self))))
            return np.full(n_rows, MISSING[name], dtype=object if kind is str else kind)
        return self._read(name, part, kind)

    def _read(self, name: str, part: slice, kind: type) -> np.ndarray:
        """Return a part of a column: ``str`` objects, or numbers of this kind."""
        try:
            node = self._file["obs"][name]
            if isinstance(node, h5py.Group):
                # AnnData writes repeated text as categories; code -1 is a missing value.
                known, codes = _values(node["categories"], slice(None)), node["codes"][part]
                if codes.dtype.kind not in "iu" or ((codes < -1) | (codes >= len(known))).any():
                    raise ValueError(f"a code of {name} has no category")
                if kind is not str and (codes < 0).any():
                    raise ValueError(f"a value of {name} is missing")
                values = (np.append(known, "") if kind is str else known)[codes]
            else:
                values = _values(node, part)
            return _as_kind(name, values, kind)
        except DAMAGE as error:
            raise self._damaged(error) from error


def _values(dataset: Any, part: slice) -> np.ndarray:
    if not h5py.check_string_dtype(dataset.dtype):
        if dataset.dtype.hasobject:  # references to other objects, or lists
            raise ValueError(f"column {dataset.name.removeprefix('/obs/')} is neither text nor numbers")
        return dataset[part]
    with bounded_memory(dataset.file.filename):  # each text claims a length of its own
        return dataset.asstr()[part]


def _as_kind(name: str, values: np.ndarray, kind: type) -> np.ndarray:
    """Return the values of a column in the type that it has in an embedding file.

    Raises
    ------
    ValueError
        if they are of another kind, or numbers that don't fit in this type.
    """
    if kind is str:
        if values.dtype != object:
            raise ValueError(f"column {name} is not text")
        return values
    if values.dtype.kind not in ("f" if kind is np.float32 else "iu"):
        raise ValueError(f"column {name} has {values.dtype} where {np.dtype(kind)} belongs")
    if kind is not np.float32 and values.size and not (values.min() >= -_LARGEST and values.max() <= _LARGEST):
        raise ValueError(f"a number of {name} is too large")
    with np.errstate(over="ignore"):
        return values.astype(kind, copy=False)


def _scalar(dataset: Any) -> str | int | float:
    return dataset.asstr()[()] if h5py.check_string_dtype(dataset.dtype) else dataset[()].item()


def is_embedding_file(path: str | Path) -> bool:
    """Return whether an input is an embedding file (``.h5``, ``.h5ad``) instead of sequences."""
    return str(path) != STREAM and Path(path).suffix.lower() in (".h5", ".h5ad", ".hdf5")


def are_embedding_files(inputs: Sequence[str | Path]) -> bool:
    """Return whether the inputs are embedding files; all must be of one kind.

    Raises
    ------
    UsageError
        if some are and some are not.
    """
    kinds = {is_embedding_file(path) for path in inputs}
    if len(kinds) > 1:
        raise UsageError("the inputs are embedding files and sequence files: give files of one kind")
    return kinds == {True}
