"""Several libraries searched as one: their references are numbered through, one library after another.

Letters in shapes: N references of all libraries, Q queries, K neighbours, C columns, R ranks.
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
"""Of the Folmer region."""


class LibrarySet:
    """References of one or more libraries made with the same model.

    ``taxa`` are the names of all of them; ``resolution`` is what was done to the names of several libraries, so that a
    taxon with two names is one.

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
        """Columns C of the barcode; those of COI where the library was made from vectors alone."""
        return self.libraries[0].columns.shape[1] or COI_COLUMNS

    def home(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Which library each of these references is in."""
        return np.searchsorted(self._starts, rows, side="right") - 1

    def reference(self, row: int) -> tuple[str, str, Lineage]:
        """Id, BIN and lineage of one reference."""
        at = int(self.home(np.array([row]))[0])
        library, own = self.libraries[at], row - int(self._starts[at])
        return str(library.ids[own]), str(library.bins[own]), self.taxa.lineage(row)

    def vectors_of(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Unit vectors (n, D) of these rows, which are sorted."""
        at = self.home(rows)
        parts = [one.stored[rows[at == n] - self._starts[n]] for n, one in enumerate(self.libraries)]
        return np.concatenate(parts)

    def columns_of(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Placed bases (..., C) of these rows; of row -1 none."""
        width = self.libraries[0].columns.shape[1]
        columns = np.zeros((*rows.shape, width), dtype=np.uint8)
        for library, start, stop in zip(self.libraries, self._starts[:-1], self._starts[1:], strict=True):
            inside = (rows >= start) & (rows < stop)
            columns[inside] = library.columns[rows[inside] - start]
        return columns

    def search(self, vectors: NDArray[np.float32], columns: NDArray[np.uint8] | None, k: int) -> Hits:
        """The ``k`` nearest references of all libraries by cosine, few of each species
        (:mod:`barcodeembed.library.species_cap`), with their identity to ``columns`` (Q, C)."""
        species = self.taxa.codes[:, SPECIES]
        _, rows = spread(lambda some, wide: self._nearest(vectors[some], wide), len(vectors), species, k)
        # A matrix product rounds by what else is in the block: one by one, equal queries get equal bytes.
        cosine = self._cosines(vectors, rows)
        order = np.argsort(-np.nan_to_num(cosine, nan=-2.0), axis=1, kind="stable")
        cosine, rows = np.take_along_axis(cosine, order, 1), np.take_along_axis(rows, order, 1)
        return self.compare(cosine, rows, columns)

    def _cosines(self, vectors: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Cosines (Q, k) of queries (Q, D) and rows (Q, k), NaN for row -1."""
        cosine = np.full(rows.shape, np.nan, dtype=np.float32)
        for query, (vector, own) in enumerate(zip(vectors, rows, strict=True)):
            for library, start, stop in zip(self.libraries, self._starts[:-1], self._starts[1:], strict=True):
                inside = (own >= start) & (own < stop)
                cosine[query, inside] = (library.stored[own[inside] - start] * vector).sum(axis=1)
        return cosine

    def _nearest(self, vectors: NDArray[np.float32], k: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Cosine and row (Q, k) of the nearest references of all libraries."""
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
        """Hits of known rows; without columns on either side no identity is known."""
        if columns is None or not columns.shape[1] or not self._has_columns:
            share = np.full(rows.shape, np.nan, dtype=np.float32)
            return Hits(rows, cosine, share, np.zeros(rows.shape, dtype=np.int32))
        references = self.columns_of(rows)
        share, overlap = identity(columns, references)
        return Hits(rows, cosine, share, overlap, references)

    def codes_of(self, rows: NDArray[np.int64]) -> NDArray[np.int32]:
        """Taxa (..., R) of these rows at each rank; 0 without a name, for row -1, and for references that are not what
        they are called (:mod:`barcodeembed.library.aliens`)."""
        named = (rows >= 0) & ~self._aliens[rows]
        return np.where(named[..., None], self.taxa.codes[rows], 0).astype(np.int32)

    def are_aliens(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of these rows are references that are not what they are called; none of row -1."""
        return (rows >= 0) & self._aliens[rows]
