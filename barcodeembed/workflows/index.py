"""``barcodeembed index``: labelled references in, a calibrated library out; grown and pruned later."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from barcodeembed import __version__
from barcodeembed.classify.calibrated import CalibratedLibrary
from barcodeembed.classify.fit_calibration import calibrate
from barcodeembed.errors import InputError, UsageError
from barcodeembed.library.reference_library import ReferenceLibrary
from barcodeembed.sequences.formats.files import STDIN, open_binary
from barcodeembed.taxonomy import RANKS
from barcodeembed.workflows.embedders import AnyEmbedder
from barcodeembed.workflows.references.fragments import cut_fragments
from barcodeembed.workflows.references.intake import References
from barcodeembed.workflows.references.report import NEVER_MET_SHOWN, ReferenceReport

_FEW = 0.05  # share of references without a name at a rank that is worth a warning


def build_library(
    references: References,
    *,
    model: str,
    fingerprint: str,
    index: str = "flat",
    source: str = "",
    licence: str = "",
) -> CalibratedLibrary:
    """A calibrated library of these references.

    Raises
    ------
    UsageError
        for an index kind that FAISS does not know, or that needs more references than there are.
    """
    library = ReferenceLibrary.build(
        references.ids,
        references.lineages,
        references.bins,
        references.columns,
        references.vectors,
        model=model,
        fingerprint=fingerprint,
        index=index,
        source=source,
        licence=licence,
        tool_version=__version__,
    )
    if library.put_names_in_order():
        references.report.count_taxa(library.taxa)
    library.manifest["counts"] = references.report.to_dict()
    return CalibratedLibrary(library, calibrate(library, references.fragments))


def grow_library(library: ReferenceLibrary, references: References) -> ReferenceLibrary:
    """The library with these references added; not yet calibrated anew (:func:`recalibrate`).

    Raises
    ------
    MismatchError, UsageError
        as :meth:`ReferenceLibrary.add` says.
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
    return library.add(more)


def recalibrate(library: ReferenceLibrary, embedder: AnyEmbedder | None) -> CalibratedLibrary:
    """The library, its names put in order, with a calibration fitted to the references it has now; without an embedder
    to whole ones only."""
    # What was read when the library was first made says nothing of it any more.
    library.manifest.pop("counts", None)
    library.put_names_in_order()
    fragments = cut_fragments(library.columns, embedder) if embedder and library.has_columns else {}
    return CalibratedLibrary(library, calibrate(library, fragments))


def library_model(library: ReferenceLibrary) -> str:
    """Name of the model that a library was made with, as ``--model`` takes it."""
    return str(library.manifest["model"])


def read_ids(values: Sequence[str]) -> list[str]:
    """Ids as given to ``--remove``: an id itself, or ``@FILE`` with one id a line.

    Raises
    ------
    InputError
        if such a file is missing or empty.
    """
    ids: list[str] = []
    for value in values:
        if not value.startswith("@"):
            ids.append(value)
            continue
        with open_binary(value[1:]) as stream:
            found = [line.decode("utf-8", errors="replace").strip() for line in stream]
        if not any(found):
            raise InputError("no id in this file", path=value[1:], hint="write one id a line")
        ids += filter(None, found)
    return ids


def is_embedding_file(path: str | Path) -> bool:
    """Whether an input is an embedding file (``.h5``, ``.h5ad``) and not sequences."""
    return str(path) != STDIN and Path(path).suffix.lower() in (".h5", ".h5ad", ".hdf5")


def split_inputs(inputs: Sequence[str | Path]) -> bool:
    """Whether the inputs are embedding files; all have to be of one kind.

    Raises
    ------
    UsageError
        if some are and some are not.
    """
    kinds = {is_embedding_file(path) for path in inputs}
    if len(kinds) > 1:
        raise UsageError("the inputs are embedding files and sequence files: give files of one kind")
    return kinds == {True}


def warnings_of(library: ReferenceLibrary, report: ReferenceReport | None = None) -> list[str]:
    """What its maker should know of a library, one line each."""
    lines = []
    taxa = {rank: np.unique(library.taxa.codes[:, place]) for place, rank in enumerate(RANKS)}
    species = taxa["species"][taxa["species"] > 0]
    if not len(species):
        lines.append("no reference has a species: no query will be named below genus")
    elif len(species) == 1:
        name = library.taxa.names[-1][species[0]]
        lines.append(f"{name} is the only species: what is near it can't be told from its relatives; add some of them")
    for place, rank in enumerate(RANKS[1:-1], start=1):
        missing = int((library.taxa.codes[:, place] == 0).sum())
        if missing > _FEW * len(library):
            lines.append(f"{missing:,} of {len(library):,} references have no {rank}: it can't be told from them")
    if report and report.never_met:
        shown, more = report.never_met[:NEVER_MET_SHOWN], len(report.never_met) - NEVER_MET_SHOWN
        lines.append(
            f"no record has {', '.join(shown)}" + (f" and {more:,} more that were asked for" if more > 0 else "")
        )
    lines += library.manifest.get("names_in_order", [])
    if not library.has_columns:
        lines.append("made from vectors alone: identities are not known, calls rest on cosine")
    return lines
