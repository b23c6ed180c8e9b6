"""Write embedding files: plain HDF5 that is also a valid AnnData file.

There is one row for each input record, in input order. A rejected record keeps its row; its vector is NaN, and its
``status`` says why. Ids may repeat.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np

from barcodeembed.embeddings.schema import FORMAT_VERSION, OBS_COLUMNS, checked_rows
from barcodeembed.outputs.failures import write_error
from barcodeembed.outputs.sink import Sink
from barcodeembed.outputs.staging import Staging

# Number of rows gathered before anything is written, and in a chunk of /obs. The file is always written in these
# steps, so that its bytes don't depend on the sizes of the appends.
_STEP = 4096
_CHUNK_BYTES = 512 * 1024
_TEXT = h5py.string_dtype()


class EmbeddingWriter:
    """Writes an embedding file in constant memory; a context manager.

    The file takes its place at ``path`` when the ``with`` block ends without an error; otherwise nothing is left of it.
    The same rows give the same bytes, because no times are stored.

    Parameters
    ----------
    path
        the file to make; it is replaced if it exists.
    dim
        width D of the vectors.
    manifest
        facts on how the vectors were made: text and numbers by name, stored in ``/uns`` beside ``format_version``.
    dtype
        ``"float32"`` or ``"float16"``: how vectors are stored.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        dim: int,
        manifest: Mapping[str, str | int | float],
        dtype: str = "float32",
    ) -> None:
        if dtype not in ("float32", "float16"):
            raise ValueError(f"dtype is {dtype!r}, choose float32 or float16")
        self.path = Path(path)
        self.dim = dim
        self.n_rows = 0
        self._manifest = {**manifest, "format_version": FORMAT_VERSION}
        # Rows that wait for a full step: the first `_waiting` rows of each buffer.
        self._vectors = np.empty((_STEP, dim), dtype=dtype)
        self._columns: dict[str, np.ndarray] = {
            name: np.empty(_STEP, dtype=object if kind is str else kind)
            for name, kind in {"id": str, **OBS_COLUMNS}.items()
        }
        self._waiting = 0

    def __enter__(self) -> EmbeddingWriter:
        self._staging = Staging(self.path)
        try:
            self._sink = Sink(self._staging.path)
        except OSError as error:
            self._staging.remove()
            raise write_error(self.path, error) from error
        # The oldest format cannot store times in groups, and every HDF5 version reads it.
        self._file = h5py.File(self._sink, "w", libver=("earliest", "v110"))
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with self._sink:
                with self._file:
                    if exc_type is None:
                        self._complete()
                if exc_type is None:
                    # The caller may now delete what the rows were made from, so they must be on the disk.
                    self._sink.settle()
            if exc_type is None:
                self._staging.publish()
        except OSError as error:
            raise write_error(self.path, error) from error
        finally:
            self._staging.remove()

    def append(self, ids: Sequence[str], vectors: np.ndarray, obs: Mapping[str, Sequence[Any] | np.ndarray]) -> None:
        """Add rows: ``ids`` (n,), ``vectors`` (n, D), and for each of ``OBS_COLUMNS`` n values.

        Raises
        ------
        ValueError, InputError
            as :func:`checked_rows` says.
        OutputError
            if the file cannot be written.
        """
        ids, vectors, columns = checked_rows(self.dim, ids, vectors, obs)
        columns["id"] = np.asarray(ids, dtype=object)
        start = 0
        while start < len(ids):
            stop = min(len(ids), start + _STEP - self._waiting)
            free = slice(self._waiting, self._waiting + stop - start)
            self._vectors[free] = vectors[start:stop]
            for name, column in self._columns.items():
                column[free] = columns[name][start:stop]
            self._waiting = free.stop
            start = stop
            if self._waiting == _STEP:
                self._write_step()
                self._sink.let_signals_in()

    def _write_step(self) -> None:
        """Write the waiting rows behind those in the file."""
        if self.n_rows == 0:
            self._create_datasets()
        new = slice(self.n_rows, self.n_rows + self._waiting)
        for dataset, buffer in [
            (self._file["X"], self._vectors),
            *((self._file["obs"][name], column) for name, column in self._columns.items()),
        ]:
            dataset.resize(new.stop, axis=0)
            dataset[new] = buffer[: self._waiting]
            if self._sink.error is not None:
                raise write_error(self.path, self._sink.error)
        self.n_rows, self._waiting = new.stop, 0

    def _create_datasets(self) -> None:
        """Create the arrays. The first step is known by now, so that a small file gets small chunks."""
        _encode(self._file, "anndata", "0.1.0")
        step = max(1, self._waiting)
        # A power of two divides the step, so that no chunk is written twice.
        rows = max(1, min(_STEP, _CHUNK_BYTES // self._vectors[0].nbytes))
        rows = 1 << (rows.bit_length() - 1)
        x = self._file.create_dataset(
            "X",
            shape=(0, self.dim),
            maxshape=(None, self.dim),
            chunks=(min(rows, step), self.dim),
            dtype=self._vectors.dtype,
            track_times=False,
        )
        _encode(x, "array", "0.2.0")
        obs = self._file.create_group("obs")
        for name, kind in {"id": str, **OBS_COLUMNS}.items():
            column = obs.create_dataset(
                name,
                shape=(0,),
                maxshape=(None,),
                chunks=(step,),
                dtype=_TEXT if kind is str else kind,
                track_times=False,
            )
            _encode(column, "string-array" if kind is str else "array", "0.2.0")
        _encode_frame(obs, "id", list(OBS_COLUMNS))

    def _complete(self) -> None:
        """Write the waiting rows, and everything that is not a row."""
        if self._waiting or self.n_rows == 0:
            self._write_step()
        var = self._file.create_group("var")
        names = [f"dim{i}" for i in range(self.dim)]
        _encode(_create(var, "_index", np.array(names, dtype=object), _TEXT), "string-array", "0.2.0")
        _encode_frame(var, "_index", [])
        for name in ("layers", "obsm", "obsp", "uns", "varm", "varp"):
            _encode(self._file.create_group(name), "dict", "0.1.0")
        for key, value in sorted(self._manifest.items()):
            if isinstance(value, str):
                _encode(_create(self._file["uns"], key, value, _TEXT), "string", "0.2.0")
            else:
                _encode(_create(self._file["uns"], key, value), "numeric-scalar", "0.2.0")


def _create(group: Any, name: str, data: Any, dtype: Any = None) -> Any:
    return group.create_dataset(name, data=data, dtype=dtype, track_times=False)


def _encode(node: Any, kind: str, version: str) -> None:
    """Mark ``node`` as what it is in AnnData's format."""
    node.attrs["encoding-type"] = kind
    node.attrs["encoding-version"] = version


def _encode_frame(group: Any, index: str, columns: list[str]) -> None:
    _encode(group, "dataframe", "0.2.0")
    group.attrs["_index"] = index
    group.attrs.create("column-order", np.array(columns, dtype=object), dtype=_TEXT)
