"""Build a reference library in Python, as ``barcodeembed index`` does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

from barcodeembed.embeddings.reader import are_embedding_files
from barcodeembed.sequences.batches import Limits
from barcodeembed.workflows.api.given import model_given, paths_given, words_of_python
from barcodeembed.workflows.api.libraries import Library, PathOrName, reserved
from barcodeembed.workflows.embedders import Machine
from barcodeembed.workflows.index import IndexSettings, make_library
from barcodeembed.workflows.references.selection import Selection


@words_of_python()
def build_library(
    references: PathOrName | Sequence[PathOrName],
    output: PathOrName | None = None,
    *,
    model: str = "default",
    taxonomy: PathOrName | None = None,
    selection: Selection | None = None,
    min_length: int = Limits.min_length,
    index: str = "flat",
    source: str = "",
    licence: str = "",
    force: bool = False,
    device: str = "auto",
    precision: str = "auto",
    threads: int = 0,
    on_progress: Callable[[int], None] = lambda references: None,
) -> Library:
    """Make a calibrated reference library of labelled barcodes, as ``barcodeembed index`` does.

    Parameters
    ----------
    references
        a file or several: labelled tables, FASTA or FASTQ, or embedding files.
    output
        the directory ``NAME.barcodelib`` to write; None keeps the library in memory only.
    model
        name or file of the model that makes the vectors.
    taxonomy
        a file of lineages by id, where the references have none.
    selection
        which records become references; by default all that have a name.
    min_length
        bases that a reference must have on the barcode region.
    index
        ``flat`` (exact), ``hnsw``, ``ivf``, ``ivfpq`` or a FAISS factory string.
    source, licence
        where the references come from, and their licence; kept in the library.
    force
        whether a library at ``output`` is replaced.
    device, precision, threads
        as for :func:`open_library`.
    on_progress
        called with the number of references done.

    Returns
    -------
    Library
        ready to classify.

    Raises
    ------
    InputError
        if a file can't be read in full, or no record can be a reference.
    UsageError
        if ``output`` exists and ``force`` is not given, if another run is writing it, for an index kind that FAISS
        does not know, or if ``references`` are no names of files.

    Examples
    --------
    >>> library = build_library("references.tsv", "mylib.barcodelib")
    """
    target = None if output is None else Path(output)
    inputs, asked = [str(path) for path in paths_given(references, "references")], model_given(model)
    machine = Machine(device, precision, threads=threads, one_process=True)
    lineages = Path(taxonomy) if taxonomy else None
    chosen = selection or Selection()
    settings = IndexSettings(asked, index, source, licence, lineages, Limits(min_length), chosen, machine)
    with reserved(target, force) if target else nullcontext():
        made = make_library(inputs, settings, on_progress=on_progress).library
        if target:
            made.save(target, force=force)
    return Library([made], "" if are_embedding_files(inputs) else asked, machine)
