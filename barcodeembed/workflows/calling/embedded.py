"""Turn embedding files into calls: their vectors are called as their sequences would be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.classify.call import Assignment, Call
from barcodeembed.classify.classifier import Classifier
from barcodeembed.embeddings.reader import EmbeddingStore
from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.sequences.read_columns import decode_columns
from barcodeembed.workflows import embedding
from barcodeembed.workflows.embedding import Vector
from barcodeembed.workflows.samples.naming import SampleNaming

WITHOUT_BASES = "queries called by cosine alone, as their embedding file was made before version 0.7 and has no bases"


def classify_embedded(
    inputs: Sequence[str | Path],
    classifier: Classifier,
    samples: SampleNaming,
    counts: ReadCounts,
    check: Callable[[], None],
    on_progress: Callable[[int], None],
) -> Iterator[tuple[Call, Vector | None]]:
    """Yield a call, with its vector, for each row of embedding files: the call that its sequence would get."""
    done = 0
    for path in inputs:
        with EmbeddingStore(path) as store:
            classifier.check_model(
                f"{store.manifest.get('model', '')} of {path}", str(store.manifest.get("model_fingerprint", ""))
            )
            for ids, vectors, read in store.unit_batches(embedding.BLOCK):
                calls = _assign_rows(path, vectors, read, classifier, counts)
                for i, call in enumerate(_embedded_rows(path, ids, read, calls, classifier, samples)):
                    yield call, vectors[i] if i in calls else None
                done += len(ids)
                on_progress(done)
                check()
    samples.check_used()


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
    flags = read["flags"][with_bases].tolist()
    assigned = classifier.assign(vectors[with_bases], columns, covered, flags=flags)
    calls = dict(zip(with_bases.tolist(), assigned, strict=True))
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
        call = classifier.call(id, row, calls.get(i, Assignment()))
        yield samples.named(call, samples.reads_in_id(id, path))


def _covered(start: NDArray[np.int32], length: NDArray[np.int32], n_columns: int) -> NDArray[np.int32]:
    """Return the number of barcode columns that reads of this start and length cover, as far as these two tell."""
    end = np.minimum(start + length, n_columns)
    return np.maximum(end - np.maximum(start, 0), 0).astype(np.int32)
