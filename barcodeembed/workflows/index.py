"""``barcodeembed index``: from labelled references to a calibrated library, which can be changed later."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from barcodeembed.classify.calibrated import CalibratedLibrary
from barcodeembed.classify.fitting.fit_calibration import calibrate
from barcodeembed.embeddings.reader import are_embedding_files
from barcodeembed.errors import MismatchError, UnknownModelError, UsageError
from barcodeembed.library.aliens import aliens
from barcodeembed.library.reference_library import ReferenceLibrary
from barcodeembed.library.taxon_table import TaxonTable
from barcodeembed.library.vector_index import check_kind
from barcodeembed.model import zoo
from barcodeembed.sequences.batches import Limits
from barcodeembed.sequences.formats.taxonomy_files import read_taxonomy
from barcodeembed.version import __version__
from barcodeembed.workflows.embedders import (
    THIS_MACHINE,
    AnyEmbedder,
    Machine,
    earlier_default,
    library_model,
    open_embedder,
    open_library_embedder,
)
from barcodeembed.workflows.references.fragments import cut_fragments, noisy_copies
from barcodeembed.workflows.references.intake import References, read_embedded, read_references
from barcodeembed.workflows.references.report import Reading, ReferenceReport
from barcodeembed.workflows.references.selection import Selection

DEFAULT_MODEL = zoo.DEFAULT
"""Name of the model that new libraries are made with; for a library that is changed it stands for the library's own."""


@dataclass(frozen=True)
class IndexSettings:
    """Settings by which a library is made or changed."""

    model: str = DEFAULT_MODEL
    """Name or file of the model. A library that is changed keeps its own, whose file may be given."""
    index: str = "flat"
    """``flat`` (exact), ``hnsw``, ``ivf``, ``ivfpq`` or a FAISS factory string."""
    source: str = ""
    """Where the references come from; kept in the library."""
    licence: str = ""
    """Their licence; kept in the library."""
    taxonomy: Path | None = None
    """File of lineages by id, if the input has none."""
    limits: Limits = field(default_factory=Limits)
    """What a barcode must have to become a reference."""
    selection: Selection = field(default_factory=Selection)
    """Which records become references."""
    machine: Machine = THIS_MACHINE
    """On what the model computes."""
    reading: Reading = field(default_factory=Reading)
    """How labelled records are read."""


@dataclass
class Made:
    """A library that was made or changed, a report on the records (None if no records were read), and the number of
    references that were removed."""

    library: CalibratedLibrary
    report: ReferenceReport | None = None
    removed: int = 0


def make_library(
    inputs: Sequence[str | Path],
    settings: IndexSettings,
    *,
    on_progress: Callable[[int], None] = lambda rows: None,
) -> Made:
    """Return a calibrated library, in memory, of labelled sequences or of embedding files of such.

    ``on_progress`` is called with the number of references done.

    Raises
    ------
    InputError
        if a file cannot be read in full, or if no record can be a reference.
    UsageError, MismatchError
        for settings that cannot work, a kind of index that needs more references, or files of two models.
    """
    check_kind(settings.index)
    embedder = None if are_embedding_files(inputs) else open_embedder(settings.model, settings.machine)
    references = _read(inputs, embedder, Path(settings.model).stem, settings, True, on_progress)
    library = _library_of(
        references,
        model=references.model,
        fingerprint=references.fingerprint,
        index=settings.index,
        source=settings.source,
        licence=settings.licence,
    )
    references.ids, references.lineages, references.bins = [], [], []  # the library has them; calibration needs room
    return Made(_calibrated(library, references), references.report)


def change_library(
    library: ReferenceLibrary,
    inputs: Sequence[str | Path],
    remove: Sequence[str],
    settings: IndexSettings,
    *,
    on_progress: Callable[[int], None] = lambda rows: None,
) -> Made:
    """Return the library without the ids ``remove`` and with the references of ``inputs``, calibrated anew, in memory.

    Raises
    ------
    InputError, UsageError, MismatchError
        as :func:`make_library` says, and if an id to remove does not exist, or an id to add does with another barcode
        or other names.
    """
    model = library_model(library)
    embedder = None
    if library.has_columns:
        embedder = open_library_embedder(
            library, settings.model if settings.model != DEFAULT_MODEL else "", settings.machine
        )
    if file := next((id for id in remove if os.path.isfile(id) and id not in library.ids), None):
        raise UsageError(f"--remove {file}: no reference has this id, but there is such a file: @{file} takes its ids")
    references = None
    if inputs:
        reader = None if are_embedding_files(inputs) else embedder
        references = _read(inputs, reader, model, settings, False, on_progress)
        if not library.has_columns:
            references.columns = references.columns[:, :0]
    before = len(library)
    library = library.remove(remove) if remove else library
    removed = before - len(library)
    library = grow_library(library, references) if references else library
    for name, value in (("source", settings.source), ("licence", settings.licence)):
        known = str(library.manifest.get(name, ""))
        if inputs and known and value not in known.split("; "):
            value = f"{known}; {value}" if value else known
        library.manifest[name] = value or known
    return Made(recalibrate(library, embedder), references.report if references else None, removed)


def _read(
    inputs: Sequence[str | Path],
    embedder: AnyEmbedder | None,
    model: str,
    settings: IndexSettings,
    fragments: bool,
    on_progress: Callable[[int], None],
) -> References:
    if embedder is None:
        if settings.taxonomy:
            raise UsageError("--taxonomy goes with sequence files: an embedding file has its lineages")
        if settings.limits != Limits():
            raise UsageError("--min-length goes with sequence files: vectors were judged by 'embed'")
        references = read_embedded(inputs, settings.selection, settings.reading)
        return _with_fragments(references, settings) if fragments else references
    return read_references(
        inputs,
        embedder,
        model=model,
        taxonomy=read_taxonomy(settings.taxonomy) if settings.taxonomy else None,
        limits=settings.limits,
        selection=settings.selection,
        reading=settings.reading,
        fragments=fragments,
        on_progress=on_progress,
    )


def _with_fragments(references: References, settings: IndexSettings) -> References:
    """Return the references of embedding files, with fragments and noisy copies for the calibration if these can be
    made: the files must have bases, and their model must be at hand.

    Raises
    ------
    MismatchError
        if another model was asked for by name or file.
    """
    if not references.columns.shape[1]:
        return references
    asked = "" if settings.model == DEFAULT_MODEL else settings.model
    try:
        embedder = open_embedder(asked or references.model, settings.machine)
    except UnknownModelError:
        if asked:
            raise
        return references
    if not asked and embedder.fingerprint != references.fingerprint:
        embedder = earlier_default(references.fingerprint, references.model, settings.machine) or embedder
    if embedder.fingerprint == references.fingerprint:
        references.fragments = cut_fragments(references.columns, embedder)
        references.noisy = noisy_copies(references.columns, embedder)
    elif asked:
        made = f"the embedding file was made with model {references.model} ({references.fingerprint})"
        raise MismatchError(f"{made}, not with {asked} ({embedder.fingerprint}): leave --model out, or give that model")
    return references


def library_of(
    references: References,
    *,
    model: str,
    fingerprint: str,
    index: str = "flat",
    source: str = "",
    licence: str = "",
) -> CalibratedLibrary:
    """Return a calibrated library of these references.

    Raises
    ------
    UsageError
        for a kind of index that FAISS does not know, or that needs more references than there are.
    """
    facts = {"index": index, "source": source, "licence": licence}
    return _calibrated(_library_of(references, model=model, fingerprint=fingerprint, **facts), references)


def _library_of(references: References, **facts: str) -> ReferenceLibrary:
    """Return a library of these references that is not calibrated yet; ``facts`` are arguments of
    :meth:`ReferenceLibrary.build`."""
    library = ReferenceLibrary.build(
        references.ids,
        references.lineages,
        references.bins,
        references.columns,
        references.vectors,
        **facts,
        tool_version=__version__,
    )
    if library.put_names_in_order():
        references.report.count_taxa(library.taxa)
    return library


def _calibrated(library: ReferenceLibrary, references: References) -> CalibratedLibrary:
    """Find the aliens of a library, and calibrate it by the fragments and noisy copies of these references."""
    library.aliens = aliens(library)
    library.manifest["counts"] = references.report.to_dict()
    return CalibratedLibrary(library, calibrate(library, references.fragments, references.noisy))


def grow_library(library: ReferenceLibrary, references: References) -> ReferenceLibrary:
    """Return the library with these references added, not yet calibrated anew (see :func:`recalibrate`).

    Those that it has already, with the same id, barcode and names, are counted in their report as ``repeated_record``.

    Raises
    ------
    MismatchError, UsageError
        as :meth:`ReferenceLibrary.repeats` says.
    """
    more = ReferenceLibrary.build(
        references.ids,
        references.lineages,
        references.bins,
        references.columns,
        references.vectors,
        model=references.model,
        fingerprint=references.fingerprint,
    )
    repeated = library.repeats(more)
    if not repeated.any():
        return library.add(more)
    references.report.note_repeated(more.ids[repeated].tolist())
    more = more.select(np.flatnonzero(~repeated))
    references.report.identical = len(more) - len({vector.tobytes() for vector in more.stored})
    references.report.count_taxa(TaxonTable.of([more.lineage(row) for row in range(len(more))]))
    return library.add(more)


def recalibrate(library: ReferenceLibrary, embedder: AnyEmbedder | None) -> CalibratedLibrary:
    """Put the names of a library in order, and fit its calibration to the references that it has now.

    Without an embedder the calibration knows whole barcodes only.
    """
    # Facts on the records that were first read no longer hold.
    library.manifest.pop("counts", None)
    library.put_names_in_order()
    library.aliens = aliens(library)
    if embedder is None or not library.has_columns:
        return CalibratedLibrary(library, calibrate(library))
    fragments, noisy = cut_fragments(library.columns, embedder), noisy_copies(library.columns, embedder)
    return CalibratedLibrary(library, calibrate(library, fragments, noisy))
