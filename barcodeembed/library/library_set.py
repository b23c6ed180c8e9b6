"""Search several libraries as one. Rows are numbered consecutively through all libraries.

Letters in shapes: N references of all libraries, Q queries, K neighbours, C columns, R ranks, D width of a vector.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from barcodeembed.errors import MismatchError
from barcodeembed.library.hits import Hits
from barcodeembed.library.naming.resolution import Resolution, nearness, resolve
from barcodeembed.library.reference_library import ReferenceLibrary
from barcodeembed.library.species_cap import spread
from barcodeembed.library.taxon_table import TaxonTable
from barcodeembed.sequences.identity import identity
from barcodeembed.taxonomy import SPECIES, Lineage

COI_COLUMNS = 658
"""Number of columns of the Folmer region of COI."""

_SPARE = 16
"""Neighbours that are looked for beyond those asked for, as rounding decides which of almost equal ones are found."""


class LibrarySet:
    """References of one or more libraries that were made with the same model.

    Attributes
    ----------
    libraries
        the libraries, in order.
    taxa
        names of all references, put in order together if there are several libraries.
    resolution
        what was changed in the names to put them in order.

    Raises
    ------
    MismatchError
        if the libraries were made with different models.
    """

    def __init__(self, libraries: Sequence[ReferenceLibrary]) -> None:
        first = libraries[0]
        for library in libraries[1:]:
            mine, other = first.manifest, library.manifest
            if mine["model_fingerprint"] != other["model_fingerprint"]:
                raise MismatchError(
                    f"library {first.name} was made with model {mine['model']} ({mine['model_fingerprint']}), library "
                    f"{library.name} with {other['model']} ({other['model_fingerprint']}): they can't be searched "
                    "together; make both with the same model"
                )
        self.libraries = list(libraries)
        self._starts = np.cumsum([0, *map(len, libraries)])
        self._aliens = np.concatenate([one.aliens for one in libraries])
        self._has_columns = all(library.has_columns for library in libraries)
        self.taxa, self.resolution = first.taxa, Resolution()
        if len(libraries) > 1:
            together = TaxonTable.concatenate([one.taxa for one in libraries])
            self.taxa, self.resolution = resolve(together, nearness(self.columns_of) if self._has_columns else None)

    def __len__(self) -> int:
        return int(self._starts[-1])

    @property
    def n_columns(self) -> int:
        """Number C of columns of the barcode; that of COI if the library was made from vectors alone."""
        return self.libraries[0].columns.shape[1] or COI_COLUMNS

    def home(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the number of the library that each of these references is in."""
        return np.searchsorted(self._starts, rows, side="right") - 1

    def reference(self, row: int) -> tuple[str, str, Lineage]:
        """Return id, BIN and lineage of one reference."""
        at = int(self.home(np.array([row]))[0])
        library, own = self.libraries[at], row - int(self._starts[at])
        return str(library.ids[own]), str(library.bins[own]), self.taxa.lineage(row)

    def vectors_of(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the unit vectors (n, D) of these rows, which must be sorted."""
        at = self.home(rows)
        parts = [one.stored[rows[at == n] - self._starts[n]] for n, one in enumerate(self.libraries)]
        return np.concatenate(parts)

    def columns_of(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return the bases on columns (..., C) of these rows; empty columns for row -1."""
        width = self.libraries[0].columns.shape[1]
        columns = np.zeros((*rows.shape, width), dtype=np.uint8)
        for library, start, stop in zip(self.libraries, self._starts[:-1], self._starts[1:], strict=True):
            inside = (rows >= start) & (rows < stop)
            columns[inside] = library.columns[rows[inside] - start]
        return columns

    def search(self, vectors: NDArray[np.float32], columns: NDArray[np.uint8] | None, k: int) -> Hits:
        """Return the ``k`` nearest references of all libraries by cosine, with few of each species.

        :mod:`barcodeembed.library.species_cap` says how many of a species. The identities are those to ``columns`` (Q,
        C), the bases of the queries.

        Raises
        ------
        InputError
            if a file of a library was changed since it was opened.
        """
        try:
            return self._search(vectors, columns, k)
        finally:  # what was read of a file that changes may be anything, and end in any error
            for library in self.libraries:
                library.check_files()

    def _search(self, vectors: NDArray[np.float32], columns: NDArray[np.uint8] | None, k: int) -> Hits:
        species = self.taxa.codes[:, SPECIES]
        _, rows = spread(lambda some, wide: self._nearest(vectors[some], wide), len(vectors), species, k + _SPARE)
        # No matrix product, whose rounding depends on the other queries: equal queries must get equal bytes.
        cosine = self._cosines(vectors, rows)
        order = np.lexsort((rows, -np.nan_to_num(cosine, nan=-2.0)), axis=1)[:, :k]
        cosine, rows = np.take_along_axis(cosine, order, 1), np.take_along_axis(rows, order, 1)
        return self.compare(cosine, rows, columns)

    def _cosines(self, vectors: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the cosines (Q, k) of queries (Q, D) and the references in these rows (Q, k); NaN for row -1."""
        cosine = np.full(rows.shape, np.nan, dtype=np.float32)
        for query, (vector, own) in enumerate(zip(vectors, rows, strict=True)):
            for library, start, stop in zip(self.libraries, self._starts[:-1], self._starts[1:], strict=True):
                inside = (own >= start) & (own < stop)
                cosine[query, inside] = (library.stored[own[inside] - start] * vector).sum(axis=1)
        return cosine

    def _nearest(self, vectors: NDArray[np.float32], k: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return cosine and row (Q, k) of the nearest references of all libraries."""
        found = [library.search(vectors, k) for library in self.libraries]
        cosine = np.concatenate([part for part, _ in found], axis=1)
        starts = self._starts[:-1]
        moved = [np.where(part >= 0, part + start, -1) for (_, part), start in zip(found, starts, strict=True)]
        rows = np.concatenate(moved, axis=1)
        if len(found) > 1:
            order = np.argsort(-np.nan_to_num(cosine, nan=-2.0), axis=1, kind="stable")[:, :k]
            cosine, rows = np.take_along_axis(cosine, order, 1), np.take_along_axis(rows, order, 1)
        return cosine, rows

    def compare(self, cosine: NDArray[np.float32], rows: NDArray[np.int64], columns: NDArray[np.uint8] | None) -> Hits:
        """Return hits with known rows and cosines, adding identities; these are NaN if queries or references have no
        columns."""
        if columns is None or not columns.shape[1] or not self._has_columns:
            share = np.full(rows.shape, np.nan, dtype=np.float32)
            return Hits(rows, cosine, share, np.zeros(rows.shape, dtype=np.int32))
        references = self.columns_of(rows)
        share, overlap = identity(columns, references)
        return Hits(rows, cosine, share, overlap, references)

    def codes_of(self, rows: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return the taxon codes (..., R) of these rows; 0 without a name, for row -1, and for aliens."""
        named = (rows >= 0) & ~self._aliens[rows]
        return np.where(named[..., None], self.taxa.codes[rows], 0).astype(np.int32)

    def are_aliens(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which of these rows are aliens (:mod:`barcodeembed.library.aliens`); row -1 is not."""
        return (rows >= 0) & self._aliens[rows]
