"""``barcodeembed classify``: queries in, calls out, one for each and in their order, in constant memory.

read -> clean -> place and judge (ahead, in a thread) -> identical queries once -> encoder -> neighbours ->
evidence -> calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.classify.calibrated import CalibratedLibrary
from barcodeembed.classify.call import Assignment, Call, Reference
from barcodeembed.classify.classifier import Classifier
from barcodeembed.embeddings.reader import EmbeddingStore
from barcodeembed.errors import UsageError
from barcodeembed.sequences.batches import Block, Limits, in_blocks, prepare, read_ahead
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.sequences.read_columns import read_columns
from barcodeembed.taxonomy import RANKS
from barcodeembed.workflows.embedders import AnyEmbedder
from barcodeembed.workflows.index import split_inputs
from barcodeembed.workflows.interrupts import StopSignal

BLOCK = 256
"""Queries that are placed, embedded and called together."""

REMEMBERED = 20_000
"""Distinct queries whose call is remembered, twice over: about 40 MB."""

Vector = NDArray[np.float32]


class RecentCalls:
    """What the last 20,000 to 40,000 distinct queries were called.

    Two generations bound the memory: when the young one is full it becomes the old one, and the old is forgotten.
    """

    def __init__(self, limit: int = REMEMBERED) -> None:
        self._limit = limit
        self._young: dict[str, Assignment] = {}
        self._old: dict[str, Assignment] = {}

    def find(self, sha1: str) -> Assignment | None:
        """What this sequence was called, None if it is new or forgotten."""
        found = self._young.get(sha1)
        if found is None and (found := self._old.get(sha1)) is not None:
            self.add(sha1, found)
        return found

    def add(self, sha1: str, assignment: Assignment) -> None:
        """Remember a call."""
        if len(self._young) >= self._limit:
            self._old, self._young = self._young, {}
        self._young[sha1] = assignment


def open_classifier(
    library_paths: Sequence[Path], *, min_confidence: Mapping[str, float] | None = None, **options: Any
) -> Classifier:
    """A classifier of these libraries.

    Raises
    ------
    InputError, MismatchError, UsageError
        as :meth:`CalibratedLibrary.open` and :class:`Classifier` say.
    """
    if len({Path(path).resolve() for path in library_paths}) < len(library_paths):
        raise UsageError("--library: the same library is given twice")
    libraries = [CalibratedLibrary.open(Path(path)) for path in library_paths]
    return Classifier(libraries, min_confidence=min_confidence, **options)


def min_confidences(text: str) -> dict[str, float]:
    """``0.9`` for all ranks, or ``species=0.9,genus=0.7``; empty for none.

    Raises
    ------
    UsageError
        if it is neither.
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
    """Call every record of ``inputs``: sequence files by ``embedder``, or embedding files without one.

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
    on_progress: Callable[[int], None] = lambda rows: None,
) -> Iterator[tuple[Call, Vector | None]]:
    """Calls with the vector of each query; None where there is none, or an equal one went before.

    With ``allow_empty`` sequence files may be without content.

    Raises
    ------
    MismatchError
        if the vectors are of another model than the library's.
    InputError, Terminated
        on the way.
    """
    if split_inputs(inputs):
        yield from _classify_embedded(inputs, classifier, on_progress)
        return
    if embedder is None:
        raise ValueError("sequence files need an embedder")
    classifier.check_model(model or "of another kind", embedder.fingerprint)
    barcodes = read_barcodes(inputs, counts, allow_empty=allow_empty)
    blocks = (prepare(block, embedder.anchor, limits or Limits()) for block in in_blocks(barcodes, BLOCK))
    recent, done = RecentCalls(), 0
    with StopSignal() as stop:
        for block in read_ahead(blocks, while_waiting=stop.check):
            yield from _classify_block(block, classifier, embedder, recent)
            done += len(block)
            on_progress(done)
            stop.check()


def _classify_block(
    block: Block, classifier: Classifier, embedder: AnyEmbedder, recent: RecentCalls
) -> Iterator[tuple[Call, Vector | None]]:
    known_of = read_columns(block)
    new: dict[str, int] = {}
    known: dict[str, Assignment] = {}
    for i in block.ok:
        sha1 = str(known_of["sha1"][i])
        if sha1 in new or sha1 in known:
            continue
        found = recent.find(sha1)
        if found is None:
            new[sha1] = int(i)
        else:
            known[sha1] = found
    rows = np.array(list(new.values()), dtype=np.int64)
    vectors = embedder.embed(block.placements.rows(rows), [block.barcodes[i].sequence for i in rows])
    columns = block.placements.columns[rows]
    # A library made from vectors alone shares no columns with a query: then its own length chooses the model.
    covered = (columns > 0).sum(axis=1, dtype=np.int32)
    for sha1, assignment in zip(new, classifier.assign(vectors, columns, covered), strict=True):
        known[sha1] = assignment
        recent.add(sha1, assignment)
    place = {row: n for n, row in enumerate(new.values())}
    for i, barcode in enumerate(block.barcodes):
        assignment = known[str(known_of["sha1"][i])] if block.status[i] == "ok" else Assignment()
        call = _call(barcode.id, {name: values[i] for name, values in known_of.items()}, assignment, classifier)
        yield call, vectors[place[i]] if i in place else None


def _classify_embedded(
    inputs: Sequence[str | Path], classifier: Classifier, on_progress: Callable[[int], None]
) -> Iterator[tuple[Call, Vector | None]]:
    """The rows of embedding files. Barcode columns are not in them, so calls rest on cosine and on the length."""
    done = 0
    with StopSignal() as stop:
        for path in inputs:
            with EmbeddingStore(path) as store:
                classifier.check_model(
                    f"{store.manifest.get('model', '')} of {path}", str(store.manifest.get("model_fingerprint", ""))
                )
                for ids, vectors, obs in store.batches(BLOCK):
                    ok = np.flatnonzero(obs["status"] == "ok")
                    covered = _covered(obs["start"][ok], obs["length"][ok], classifier.references.n_columns)
                    calls = dict(zip(ok.tolist(), classifier.assign(vectors[ok], None, covered), strict=True))
                    for i, id in enumerate(ids):
                        row = {name: values[i] for name, values in obs.items()}
                        yield _call(id, row, calls.get(i, Assignment()), classifier), vectors[i] if i in calls else None
                    done += len(ids)
                    on_progress(done)
                    stop.check()


def _covered(start: NDArray[np.int32], length: NDArray[np.int32], n_columns: int) -> NDArray[np.int32]:
    """Barcode columns that reads of this start and length cover, as far as these two tell."""
    end = np.minimum(start + length, n_columns)
    return np.maximum(end - np.maximum(start, 0), 0).astype(np.int32)


def _call(id: str, read: Mapping[str, Any], assignment: Assignment, classifier: Classifier) -> Call:
    near = assignment.nearest
    return Call(id, read, assignment, Reference(*classifier.references.reference(near)) if near >= 0 else None)
