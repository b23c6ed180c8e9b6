"""Reference libraries in Python: open one and name barcodes with it, with the same numbers as the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

from barcodeembed.classify.calibrated import CalibratedLibrary
from barcodeembed.classify.call import Call
from barcodeembed.classify.classifier import Classifier
from barcodeembed.classify.coding import CodingRule
from barcodeembed.embeddings.reader import are_embedding_files
from barcodeembed.errors import UsageError
from barcodeembed.library.library_files import check_library_output
from barcodeembed.outputs.locks import lock
from barcodeembed.sequences.batches import Limits
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.workflows.api.calls import Calls
from barcodeembed.workflows.api.given import (
    Given,
    barcodes_given,
    files_given,
    model_given,
    paths_given,
    thresholds_given,
    words_of_python,
)
from barcodeembed.workflows.classify import classify_barcodes, classify_with, open_libraries
from barcodeembed.workflows.embedders import AnyEmbedder, Machine, library_model, open_library_embedder
from barcodeembed.workflows.samples.naming import SampleNaming

PathOrName = str | PathLike[str]


class Library:
    """One or more reference libraries that can name barcodes. :func:`build_library` and :func:`open_library` make
    one."""

    def __init__(self, libraries: Sequence[CalibratedLibrary], model: str, machine: Machine) -> None:
        self._libraries = list(libraries)
        self._asked = model
        self._machine = machine
        self._embedder: AnyEmbedder | None = None
        Classifier(self._libraries)  # refuses libraries of two models at once

    def __len__(self) -> int:
        return sum(map(len, self._libraries))

    def __repr__(self) -> str:
        names = ", ".join(library.references.name for library in self._libraries)
        return f"<Library {names}: {len(self):,} references, model {self.model}>"

    @property
    def model(self) -> str:
        """Name of the model that made the vectors."""
        return library_model(self._libraries[0].references)

    @property
    def facts(self) -> list[dict[str, Any]]:
        """Return the manifest of each library: model, source, licence, counts."""
        return [dict(library.references.manifest) for library in self._libraries]

    @words_of_python()
    def save(self, path: PathOrName, *, force: bool = False) -> None:
        """Write the library to a directory ``NAME.barcodelib``.

        Parameters
        ----------
        path
            the directory.
        force
            whether an existing library is replaced.

        Raises
        ------
        UsageError
            if the directory exists and ``force`` is not given, if it is something else than a library, if these are
            several libraries, or if another run is writing it.
        """
        if len(self._libraries) > 1:
            raise UsageError("these are several libraries: save each by itself")
        with reserved(Path(path), force):
            self._libraries[0].save(Path(path), force=force)

    @words_of_python()
    def classify(
        self,
        queries: PathOrName | Iterable[Given],
        *,
        min_confidence: float | Mapping[str, float] | str | None = None,
        min_length: int = Limits.min_length,
        max_ambiguous: float = Limits.max_ambiguous,
        genetic_code: int = 0,
        reject_pseudogenes: bool = False,
        on_progress: Callable[[int], None] = lambda queries: None,
    ) -> Calls:
        """Name barcodes: a name as deep as it is supported, how sure, and on what evidence.

        Parameters
        ----------
        queries
            sequences: text, ``Bio.SeqRecord`` or pairs of id and sequence, in any mixture; or the name of one file of
            any format that ``barcodeembed classify`` reads.
        min_confidence
            the probability from which names are given, between 0 and 1, for all ranks or by rank
            (``{"species": 0.9}`` or ``"species=0.9"``); by default each library's own.
        min_length
            bases, and bases on the barcode region, that a query must have.
        max_ambiguous
            largest share of its bases that may not be A, C, G or T, between 0 and 1.
        genetic_code
            number of the genetic code of all queries in NCBI's list, for counting stop codons; 0 takes that of the
            class that each is called.
        reject_pseudogenes
            whether queries with stop codons or a frameshift are rejected instead of named.
        on_progress
            called with the number of queries done, every 1,024 queries.

        Returns
        -------
        Calls
            one for each query, in their order.

        Raises
        ------
        InputError
            if the file can't be read in full.
        UsageError
            for a rank, a probability or a genetic code that is none, or what is no list of sequences.
        MismatchError
            if an embedding file was made with another model.

        Examples
        --------
        >>> calls = library.classify(["AACTTTATATTTTATTTTTGGAGCTTGATCAGG..."])
        >>> calls[0].verdict, calls[0].taxon, calls[0].probability["genus"], calls[0].nearest.id
        """
        coding = CodingRule(genetic_code, reject_pseudogenes)
        classifier = Classifier(self._libraries, min_confidence=thresholds_given(min_confidence), coding=coding)
        limits, counts = Limits(min_length, max_ambiguous), ReadCounts()
        files = files_given(queries)
        found: Iterator[tuple[Call, Any]]
        if files is None:
            barcodes = barcodes_given(queries, counts)  # type: ignore[arg-type]
            found = classify_barcodes(barcodes, classifier, self._model(), limits, on_progress=on_progress)
        else:
            embedder = None if are_embedding_files(files) else self._model()
            found = classify_with(
                files,
                classifier,
                embedder,
                model=self.model,
                limits=limits,
                counts=counts,
                samples=SampleNaming(),
                on_progress=on_progress,
            )
        return Calls([call for call, _ in found], counts)

    def _model(self) -> AnyEmbedder:
        """Return the model, which is loaded when it is first needed."""
        if self._embedder is None:
            self._embedder = open_library_embedder(self._libraries[0].references, self._asked, self._machine)
        return self._embedder


@contextmanager
def reserved(directory: Path, force: bool) -> Iterator[None]:
    """Keep other runs from writing a library while the block runs, after checking that it may be written."""
    check_library_output(directory, force)
    held = lock(directory)
    try:
        yield
    finally:
        held.release()


@words_of_python()
def open_library(
    path: PathOrName | Sequence[PathOrName],
    *,
    model: str = "",
    device: str = "auto",
    precision: str = "auto",
    threads: int = 0,
) -> Library:
    """Open a library of ``barcodeembed index``, or several that are searched as one.

    Parameters
    ----------
    path
        the directory ``NAME.barcodelib``, or several of them.
    model
        name or file of the library's model, if it is not found by the name that the library has for it.
    device
        ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.
    precision
        ``auto``, ``fp32``, ``bf16`` or ``int8``.
    threads
        for the model; 0 leaves the choice to its libraries.

    Returns
    -------
    Library
        its vectors are mapped, not read; the model is loaded when it is first needed, or now if it was given.

    Raises
    ------
    InputError
        if a library is not there, damaged, or of another format.
    UsageError, ModelFileError
        if ``path`` is no name or list of names, or if there is no such model.
    MismatchError
        if the libraries were made with different models, or with another one than ``model``.

    Examples
    --------
    >>> library = open_library("mylib.barcodelib")
    """
    asked = model_given(model or "")
    machine = Machine(device, precision, threads=threads, one_process=True)
    library = Library(open_libraries(paths_given(path, "path")), asked, machine)
    if asked:
        library._model()
    return library
