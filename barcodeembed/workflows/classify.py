"""``barcodeembed classify``: read queries and yield calls, one for each and in their order, in constant memory.

read -> clean -> place and judge (ahead, in a thread) -> identical queries once -> encoder -> neighbours -> evidence ->
calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.classify.calibrated import CalibratedLibrary
from barcodeembed.classify.call import Assignment, Call, Reference
from barcodeembed.classify.classifier import Classifier
from barcodeembed.embeddings.reader import EmbeddingStore
from barcodeembed.errors import InputError, UsageError
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.batches import Limits
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.sequences.read_columns import decode_columns, read_columns
from barcodeembed.taxonomy import RANKS
from barcodeembed.workflows.embedders import AnyEmbedder
from barcodeembed.workflows.embedding import BLOCK, Embedded, Recent, embedded_blocks
from barcodeembed.workflows.index import are_embedding_files
from barcodeembed.workflows.samples.naming import ONE_READ_EACH, SampleNaming

REMEMBERED = 20_000
"""Number of distinct queries whose call is remembered; up to twice as many, about 40 MB."""

WITHOUT_BASES = "queries called by cosine alone, as their embedding file was made before version 0.7 and has no bases"

Vector = NDArray[np.float32]


def open_libraries(paths: Sequence[Path]) -> list[CalibratedLibrary]:
    """Open the libraries in these directories.

    Raises
    ------
    InputError, UsageError
        as :meth:`CalibratedLibrary.open` says, and if a library is given twice.
    """
    if not paths or len({path.resolve() for path in paths}) < len(paths):
        raise UsageError("--library: the same library is given twice" if paths else "--library: give one or more")
    return [CalibratedLibrary.open(path) for path in paths]


def open_classifier(
    library_paths: Sequence[Path], *, min_confidence: Mapping[str, float] | None = None, **options: Any
) -> Classifier:
    """Return a classifier that uses the libraries in these directories.

    Raises
    ------
    InputError, MismatchError, UsageError
        as :meth:`CalibratedLibrary.open` and :class:`Classifier` say.
    """
    return Classifier(open_libraries([Path(path) for path in library_paths]), min_confidence=min_confidence, **options)


def min_confidences(text: str) -> dict[str, float]:
    """Return thresholds by rank from a text: ``0.9`` for all ranks, or ``species=0.9,genus=0.7``; none from an empty
    text.

    Raises
    ------
    UsageError
        if the text is neither.
    """
    if not text:
        return {}
    try:
        if "=" not in text:
            return dict.fromkeys(RANKS, float(text))
        parts = [part.partition("=") for part in text.split(",")]
        return {rank.strip(): float(value) for rank, _, value in parts}
    except ValueError:
        raise UsageError(f"--min-confidence: {text!r} is neither a number nor rank=number,...") from None


def classify_files(
    inputs: Sequence[str | Path],
    library_paths: Sequence[Path],
    embedder: AnyEmbedder | None,
    *,
    model: str = "",
    limits: Limits | None = None,
    min_confidence: Mapping[str, float] | None = None,
) -> Iterator[Call]:
    """Yield a call for every record of ``inputs``: sequence files, which need an ``embedder``, or embedding files,
    which do not.

    Raises
    ------
    InputError, MismatchError, UsageError
        at the first call, or where the input is damaged.
    """
    classifier = open_classifier(library_paths, min_confidence=min_confidence)
    for call, _ in classify_with(inputs, classifier, embedder, model=model, limits=limits):
        yield call


def classify_with(
    inputs: Sequence[str | Path],
    classifier: Classifier,
    embedder: AnyEmbedder | None,
    *,
    model: str = "",
    limits: Limits | None = None,
    counts: ReadCounts | None = None,
    allow_empty: bool = False,
    whole_headers: bool = False,
    samples: SampleNaming = ONE_READ_EACH,
    check: Callable[[], None] = lambda: None,
    on_progress: Callable[[int], None] = lambda rows: None,
) -> Iterator[tuple[Call, Vector | None]]:
    """Yield calls, each with the vector of its query; None if it has none, or if an equal query came before.

    With ``allow_empty``, sequence files may be without content. ``samples`` says how numbers of reads and samples are
    found. ``check`` is called between blocks and may raise an error, to stop. ``on_progress`` is called with the number
    of queries done.

    Raises
    ------
    MismatchError
        if the vectors are of another model than those of the library.
    InputError
        while reading.
    """
    if are_embedding_files(inputs):
        yield from _classify_embedded(inputs, classifier, samples, counts or ReadCounts(), check, on_progress)
        return
    if embedder is None:
        raise ValueError("sequence files need an embedder")
    classifier.check_model(model or "of another kind", embedder.fingerprint)
    barcodes = read_barcodes(inputs, counts, allow_empty=allow_empty, whole_headers=whole_headers, samples=samples.rule)
    rows = classify_barcodes(barcodes, classifier, embedder, limits or Limits(), check=check, on_progress=on_progress)
    yield from samples.named(rows)


def classify_barcodes(
    barcodes: Iterable[Barcode],
    classifier: Classifier,
    embedder: AnyEmbedder,
    limits: Limits,
    *,
    check: Callable[[], None] = lambda: None,
    on_progress: Callable[[int], None] = lambda rows: None,
) -> Iterator[tuple[Call, Vector | None]]:
    """Yield calls of barcodes, as :func:`classify_with` does. The barcodes are read as they are needed."""
    recent: Recent[Assignment] = Recent(REMEMBERED)
    done = 0
    for found in embedded_blocks(barcodes, embedder, limits, memory=recent, check=check):
        yield from _classify_block(found, classifier, recent)
        done += len(found.block)
        on_progress(done)


def _classify_block(
    found: Embedded[Assignment], classifier: Classifier, recent: Recent[Assignment]
) -> Iterator[tuple[Call, Vector | None]]:
    block, read = found.block, read_columns(found.block)
    placements, expected = block.placements.select(found.new), block.placements.expected_errors
    # A library made from vectors alone shares no columns with a query, so the query's own length chooses the model.
    covered = (placements.columns > 0).sum(axis=1, dtype=np.int32)
    assigned = classifier.assign(found.vectors, placements.columns, covered, placements.qualities)
    for i, assignment in zip(found.new.tolist(), assigned, strict=True):
        recent.add(block.sha1[i], assignment)
    vectors = dict(zip(found.new.tolist(), found.vectors, strict=True))
    for i, (barcode, place) in enumerate(zip(block.barcodes, found.place.tolist(), strict=True)):
        assignment = assigned[place] if place >= 0 else found.known.get(i, Assignment())
        if not np.isnan(expected[i]):
            assignment = replace(assignment, expected_errors=float(expected[i]))
        call = _call(barcode.id, {name: values[i] for name, values in read.items()}, assignment, classifier)
        yield replace(call, reads=barcode.annotations.reads), vectors.get(i)


def _classify_embedded(
    inputs: Sequence[str | Path],
    classifier: Classifier,
    samples: SampleNaming,
    counts: ReadCounts,
    check: Callable[[], None],
    on_progress: Callable[[int], None],
) -> Iterator[tuple[Call, Vector | None]]:
    """Yield calls of the rows of embedding files, as their sequences would be called."""
    done = 0
    for path in inputs:
        with EmbeddingStore(path) as store:
            classifier.check_model(
                f"{store.manifest.get('model', '')} of {path}", str(store.manifest.get("model_fingerprint", ""))
            )
            for ids, vectors, read in store.unit_batches(BLOCK):
                calls = _assign_rows(path, vectors, read, classifier, counts)
                rows = _embedded_rows(path, ids, read, calls, classifier, samples)
                found = ((call, vectors[i] if i in calls else None) for i, call in enumerate(rows))
                yield from samples.named(found)
                done += len(ids)
                on_progress(done)
                check()


def _assign_rows(
    path: str | Path, vectors: Vector, read: Mapping[str, Any], classifier: Classifier, counts: ReadCounts
) -> dict[int, Assignment]:
    """Return the assignments of those rows of a slice that have a vector, by their place in the slice.

    Embedding files made before version 0.7 have no barcode columns. Then calls rest on the cosine, and on the number of
    columns that start and length suggest.
    """
    ok = read["status"] == "ok"
    known, width = read["columns"] != "", classifier.references.n_columns
    with_bases, without = np.flatnonzero(ok & known), np.flatnonzero(ok & ~known)
    try:
        columns = decode_columns(read["columns"][with_bases], width)
    except ValueError as error:
        raise InputError(f"the file is damaged ({error})", path=path, hint="make it again with 'embed'") from error
    covered = (columns > 0).sum(axis=1, dtype=np.int32)
    calls = dict(zip(with_bases.tolist(), classifier.assign(vectors[with_bases], columns, covered), strict=True))
    covered = _covered(read["start"][without], read["length"][without], width)
    calls |= zip(without.tolist(), classifier.assign(vectors[without], None, covered), strict=True)
    for _ in without:
        counts.remarks.add(WITHOUT_BASES, str(path))
    return calls


def _embedded_rows(
    path: str | Path,
    ids: Sequence[str],
    read: Mapping[str, Any],
    calls: Mapping[int, Assignment],
    classifier: Classifier,
    samples: SampleNaming,
) -> Iterator[Call]:
    """Yield the calls of one slice of an embedding file."""
    for i, id in enumerate(ids):
        row = {name: values[i] for name, values in read.items()}
        call = _call(id, row, calls.get(i, Assignment()), classifier)
        yield replace(call, reads=samples.reads_in_id(id, path))


def _covered(start: NDArray[np.int32], length: NDArray[np.int32], n_columns: int) -> NDArray[np.int32]:
    """Return the number of barcode columns that reads of this start and length cover, as far as these two tell."""
    end = np.minimum(start + length, n_columns)
    return np.maximum(end - np.maximum(start, 0), 0).astype(np.int32)


def _call(id: str, read: Mapping[str, Any], assignment: Assignment, classifier: Classifier) -> Call:
    near = assignment.nearest
    return Call(id, read, assignment, Reference(*classifier.references.reference(near)) if near >= 0 else None)
