"""The rows of an embedding file: a vector, and what is known of its read.

Letters in shapes: N rows of a file, n rows of one call, D width of a vector.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from barcodeembed.errors import InputError
from barcodeembed.sequences.read_columns import READ_COLUMNS

OBS_COLUMNS: dict[str, type] = {column.name: column.type for column in READ_COLUMNS}
"""Columns of ``/obs`` in the order of the file, and the type of each (:mod:`barcodeembed.sequences.read_columns`)."""

MISSING = {column.name: column.missing for column in READ_COLUMNS if column.missing is not None}
"""Columns that older files lack, and the values that their rows get."""

FORMAT_VERSION = 1
"""Format version in ``/uns/format_version``; a file with a higher number is refused."""

Rows = tuple[list[str], np.ndarray, dict[str, np.ndarray]]
"""Ids, vectors (n, D) float32, and one array (n,) for each of ``OBS_COLUMNS``."""


def checked_rows(
    dim: int, ids: Sequence[str], vectors: np.ndarray, obs: Mapping[str, Sequence[Any] | np.ndarray]
) -> Rows:
    """Convert rows to the types of the file, and check that they fit together.

    Raises
    ------
    ValueError
        if shapes or columns are not those of the file (a mistake of the caller).
    InputError
        if a text cannot be stored because it holds a NUL or is not Unicode.
    """
    vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    if vectors.shape != (len(ids), dim):
        raise ValueError(f"vectors have shape {vectors.shape}, expected {(len(ids), dim)}")
    if set(obs) != set(OBS_COLUMNS):
        raise ValueError(f"columns are {', '.join(obs)}, expected {', '.join(OBS_COLUMNS)}")
    columns: dict[str, np.ndarray] = {}
    for name, kind in OBS_COLUMNS.items():
        columns[name] = np.asarray(obs[name], dtype=object if kind is str else kind)
        if columns[name].shape != (len(ids),):
            raise ValueError(f"column {name} has shape {columns[name].shape}, expected {(len(ids),)}")
        if kind is str:
            _check_text(name, columns[name])
    _check_text("id", ids)
    return list(ids), vectors, columns


def _check_text(name: str, texts: Sequence[str] | np.ndarray) -> None:
    joined = "\n".join(texts)
    try:
        joined.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"{name} holds {joined[error.start]!r}, which is not text") from error
    if "\0" in joined:
        bad = next(text for text in texts if "\0" in text)
        raise InputError(f"{name} {bad!r} holds a NUL character, which HDF5 cannot store")
