"""A reference library: vectors, names, barcode columns and an index.

Letters in shapes: N references, D width of a vector, C columns of the barcode, Q queries, K neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.errors import MismatchError, UsageError
from barcodeembed.library.naming.resolution import Resolution, nearness, resolve
from barcodeembed.library.taxon_table import TaxonTable
from barcodeembed.library.vector_index import factory, make_index, nearest
from barcodeembed.sequences.formats.unchanged import Mapped
from barcodeembed.taxonomy import Lineage

FORMAT = "barcodeembed-library"
FORMAT_VERSION = 1
"""Format version in the manifest; a library with a higher number is refused."""

_KIND = {True: "sequences", False: "an embedding file, without barcode columns"}


@dataclass
class ReferenceLibrary:
    """References with their names, searched by cosine.

    Attributes
    ----------
    ids, bins
        text (N,).
    taxa
        names at all ranks, as numbers.
    columns
        uint8 (N, C): bases on the barcode columns as sets in four bits; (N, 0) in a library made from vectors alone.
    stored
        float32 (N, D): unit vectors.
    manifest
        facts on the library: model and fingerprint, source, licence, kind of index, counts.
    index
        a FAISS index; None if the search is exact.
    aliens
        bool (N,): references that are another organism than their name says (:mod:`barcodeembed.library.aliens`). They
        are kept, but name no query.
    files
        the files that the arrays and the index are mapped from; none if they are in memory.
    """

    ids: NDArray[np.object_]
    bins: NDArray[np.object_]
    taxa: TaxonTable
    columns: NDArray[np.uint8]
    stored: NDArray[np.float32]
    manifest: dict[str, Any]
    index: Any = None
    aliens: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))
    files: Sequence[Mapped] = ()

    def __post_init__(self) -> None:
        if not len(self.aliens):
            self.aliens = np.zeros(len(self.stored), dtype=bool)

    @classmethod
    def build(
        cls,
        ids: Sequence[str],
        lineages: Sequence[Lineage],
        bins: Sequence[str],
        columns: NDArray[np.uint8],
        vectors: NDArray[np.float32],
        *,
        model: str,
        fingerprint: str,
        index: str = "flat",
        **facts: Any,
    ) -> ReferenceLibrary:
        """Make a library of N references in memory; ``facts`` (source, licence) go into the manifest.

        Raises
        ------
        UsageError
            for a kind of index that FAISS does not know, or that needs more references than there are.
        """
        stored = np.ascontiguousarray(vectors, dtype=np.float32)
        manifest = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "model": model,
            "model_fingerprint": fingerprint,
            "index_kind": index,
            "index": factory(index, *stored.shape),
            **facts,
        }
        taxa = TaxonTable.of(lineages)
        return cls(_texts(ids), _texts(bins), taxa, columns, stored, manifest, make_index(stored, index))

    def __len__(self) -> int:
        return len(self.stored)

    @property
    def dim(self) -> int:
        """Width D of a vector."""
        return int(self.stored.shape[1])

    @property
    def name(self) -> str:
        """Name of the library."""
        return str(self.manifest.get("name", "library"))

    @property
    def has_columns(self) -> bool:
        """Whether identities can be computed: False if the library was made from vectors alone."""
        return self.columns.shape[1] > 0

    def lineage(self, row: int) -> Lineage:
        """Return the names of one reference."""
        return self.taxa.lineage(row)

    def check_model(self, name: str, fingerprint: str) -> None:
        """Check that vectors of this model may be compared with those of the library.

        Raises
        ------
        MismatchError
            if the library was made with another model; the message names both.
        """
        mine = self.manifest["model_fingerprint"]
        if fingerprint != mine:
            other_version = name == self.manifest["model"]
            cure = (
                "make the library again with this version of the program"
                if other_version
                else "take one model for both"
            )
            raise MismatchError(
                f"library {self.name} was made with model {self.manifest['model']} ({mine}), the queries with {name} "
                f"({fingerprint}): their vectors can't be compared; {cure}"
            )

    def put_names_in_order(self) -> Resolution:
        """Join synonyms, separate homonyms and fill gaps, and return what was changed.

        The rules are in :mod:`barcodeembed.library.naming.resolution`.
        """
        self.taxa, done = resolve(self.taxa, nearness(self.columns.__getitem__) if self.has_columns else None)
        self.manifest["names_in_order"] = list(done.lines())
        return done

    def search(self, vectors: NDArray[np.float32], k: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return cosine and row (Q, k) of the nearest references, the nearest first; NaN and row -1 where there are
        fewer.

        Raises
        ------
        InputError
            if a file of the library has been changed since it was opened.
        """
        self.check_files()
        return nearest(self.index, self.stored, vectors, k)

    def check_files(self) -> None:
        """Check that the files of the library are as they were when it was opened; one that is not is an InputError."""
        for file in self.files:
            file.check()

    def select(self, rows: NDArray[np.int64]) -> ReferenceLibrary:
        """Return a library of these rows only, with the same kind of index."""
        stored = np.ascontiguousarray(self.stored[rows])
        return replace(
            self,
            ids=self.ids[rows],
            bins=self.bins[rows],
            aliens=self.aliens[rows],
            taxa=self.taxa.select(rows),
            columns=np.ascontiguousarray(self.columns[rows]),
            stored=stored,
            manifest=self._manifest_of(stored),
            index=make_index(stored, self.manifest["index_kind"]),
            files=(),
        )

    def remove(self, ids: Sequence[str]) -> ReferenceLibrary:
        """Return a library without the references of these ids.

        Raises
        ------
        UsageError
            if an id is not in the library, or if no reference would be left.
        """
        unwanted = set(ids)
        gone = np.array([id in unwanted for id in self.ids], dtype=bool)
        if missing := unwanted - set(self.ids[gone]):
            raise UsageError(
                f"library {self.name} has no reference {min(missing)!r}"
                + (f" (nor {len(missing) - 1:,} others to be removed)" if len(missing) > 1 else "")
            )
        if gone.all():
            raise UsageError(f"library {self.name} would be left without a single reference")
        return self.select(np.flatnonzero(~gone))

    def repeats(self, other: ReferenceLibrary) -> NDArray[np.bool_]:
        """Return which references of ``other`` (N,) are in this library already, with their id, barcode and names.

        Names are the same if those of this library only fill gaps, or if putting the names of ``other`` in order gives
        them.

        Raises
        ------
        MismatchError
            if the other's vectors are of another model, or if only one of the two has barcode columns.
        UsageError
            if an id is in both, with another barcode or other names.
        """
        self._check_kind_of(other)
        row_of = {id: row for row, id in enumerate(self.ids)}
        known = np.array([row for row, id in enumerate(other.ids) if id in row_of], dtype=np.int64)
        mine = np.array([row_of[id] for id in other.ids[known]], dtype=np.int64)
        names = self.taxa.select(mine).decoded()
        same_names = _same_but_for_gaps(other.taxa.select(known).decoded(), names)
        if not same_names.all():
            # Synonyms were joined in this library, too.
            ordered, _ = resolve(other.taxa, nearness(other.columns.__getitem__) if other.has_columns else None)
            same_names |= _same_but_for_gaps(ordered.select(known).decoded(), names)
        # A barcode without its columns is known by its vector.
        barcodes = (self.columns, other.columns) if self.has_columns else (self.stored, other.stored)
        same = same_names & (barcodes[0][mine] == barcodes[1][known]).all(axis=1)
        if not same.all():
            first = other.ids[known[~same][0]]
            raise UsageError(
                f"{(~same).sum():,} references have ids that library {self.name} has for other barcodes or other "
                f"names, the first is {first!r}: --remove these ids first, or rename the new references"
            )
        repeated = np.zeros(len(other), dtype=bool)
        repeated[known] = True
        return repeated

    def add(self, other: ReferenceLibrary) -> ReferenceLibrary:
        """Return a library with the references of both; manifest and kind of index are those of this one.

        Raises
        ------
        MismatchError
            if the other's vectors are of another model, or if only one of the two has barcode columns.
        UsageError
            if an id is in both (see :meth:`repeats`).
        """
        self._check_kind_of(other)
        if twice := set(self.ids) & set(other.ids):
            raise UsageError(
                f"library {self.name} has a reference {min(twice)!r} already ({len(twice):,} ids are in both): "
                "--remove them first, or rename"
            )
        stored = np.concatenate([self.stored, other.stored])
        return replace(
            self,
            ids=np.concatenate([self.ids, other.ids]),
            bins=np.concatenate([self.bins, other.bins]),
            aliens=np.concatenate([self.aliens, other.aliens]),
            taxa=TaxonTable.concatenate([self.taxa, other.taxa]),
            columns=np.concatenate([self.columns, other.columns]),
            stored=stored,
            manifest=self._manifest_of(stored),
            index=make_index(stored, self.manifest["index_kind"]),
            files=(),
        )

    def _check_kind_of(self, other: ReferenceLibrary) -> None:
        """Check that references of ``other`` can be added to this library."""
        self.check_model(str(other.manifest["model"]), other.manifest["model_fingerprint"])
        if self.columns.shape[1] != other.columns.shape[1]:
            raise MismatchError(
                f"library {self.name} was made from {_KIND[self.has_columns]}, the new references are "
                f"{_KIND[other.has_columns]}: add references of the same kind"
            )

    def _manifest_of(self, stored: NDArray[np.float32]) -> dict[str, Any]:
        return {**self.manifest, "index": factory(self.manifest["index_kind"], *stored.shape)}


def _texts(values: Sequence[str]) -> NDArray[np.object_]:
    array = np.empty(len(values), dtype=object)
    array[:] = list(values)
    return array


def _same_but_for_gaps(given: NDArray[np.object_], known: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return which lineages (N, R) are the known ones, which may have names in the gaps above the last name given."""
    has_name = given != ""
    below = has_name[:, ::-1].cumsum(axis=1)[:, ::-1] == 0
    return np.where(has_name, given == known, (known == "") | ~below).all(axis=1)
