"""``barcodeembed classify``: read queries and yield calls, one for each and in their order, in constant memory.

read -> clean -> place and judge (ahead, in a thread) -> identical queries once -> encoder -> neighbours -> evidence ->
calls.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np

from barcodeembed.classify.calibrated import CalibratedLibrary
from barcodeembed.classify.call import Assignment, Call
from barcodeembed.classify.classifier import Classifier
from barcodeembed.errors import UsageError
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.batches import Limits, with_quality
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.sequences.read_columns import read_columns
from barcodeembed.taxonomy import RANKS
from barcodeembed.workflows.calling.embedded import classify_embedded
from barcodeembed.workflows.calling.journal import Answers, CallJournal, other_input
from barcodeembed.workflows.embedders import AnyEmbedder
from barcodeembed.workflows.embedding import Embedded, Recent, Vector, embedded_blocks
from barcodeembed.workflows.samples.naming import ONE_READ_EACH, SampleNaming

_SHA1 = 40  # hexadecimal digits

REMEMBERED = 20_000
"""Number of distinct queries whose call is remembered; up to twice as many, about 40 MB."""


def open_libraries(paths: Sequence[Path]) -> list[CalibratedLibrary]:
    """Open the libraries in these directories.

    Raises
    ------
    InputError, UsageError
        as :meth:`CalibratedLibrary.open` says, and if a library is given twice.
    """
    if not paths or len({os.path.realpath(path) for path in paths}) < len(paths):
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
        hint = ": write 95 % as 0.95" if "%" in text else ", such as 0.9 or species=0.95,genus=0.8"
        raise UsageError(f"--min-confidence: {text!r} is neither a number nor rank=number,...{hint}") from None


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
    journal: CallJournal | None = None,
    check: Callable[[], None] = lambda: None,
    on_progress: Callable[[int], None] = lambda rows: None,
) -> Iterator[tuple[Call, Vector | None]]:
    """Return a stream of calls, each with the vector of its query; None if it has none or an equal query came before.

    Without an ``embedder``, the inputs are embedding files. With ``allow_empty``, sequence files may be without
    content. ``samples`` says how numbers of reads and samples are found. ``check`` is called between blocks and may
    raise an error, to stop. ``on_progress`` is called with the number of queries done. A ``journal`` is for sequence
    files only.

    Raises
    ------
    MismatchError
        if the model, or an embedding file when its turn comes, has other vectors than those of the library.
    InputError
        while reading.
    """
    if embedder is None:
        return classify_embedded(inputs, classifier, samples, counts or ReadCounts(), check, on_progress)
    classifier.check_model(model or "of another kind", embedder.fingerprint)
    barcodes = read_barcodes(inputs, counts, allow_empty=allow_empty, whole_headers=whole_headers, samples=samples.rule)
    return classify_barcodes(
        barcodes,
        classifier,
        embedder,
        limits or Limits(),
        samples=samples,
        journal=journal,
        check=check,
        on_progress=on_progress,
    )


def classify_barcodes(
    barcodes: Iterable[Barcode],
    classifier: Classifier,
    embedder: AnyEmbedder,
    limits: Limits,
    *,
    samples: SampleNaming = ONE_READ_EACH,
    journal: CallJournal | None = None,
    check: Callable[[], None] = lambda: None,
    on_progress: Callable[[int], None] = lambda rows: None,
) -> Iterator[tuple[Call, Vector | None]]:
    """Yield calls of barcodes, as :func:`classify_with` does. The barcodes are read as they are needed.

    The first calls come from the ``journal``, if there is one. What is found of the other barcodes is added to it.

    Raises
    ------
    MismatchError
        if the barcodes are not those of the journal.
    InputError, OutputError
        if the journal is damaged, or can't be written, or if a count table of ``samples`` is not of these barcodes.
    """
    recent = KnownCalls()
    stream, done = iter(barcodes), 0
    for kept in journal.blocks() if journal else ():
        done += len(kept.ids)
        block, assigned = _go_over(kept, stream, recent, str(journal and journal.path))
        yield from _calls(block, kept, assigned, classifier, samples)
        on_progress(done)
        check()
    keys = attrgetter("with_qualities")
    for found in embedded_blocks(stream, embedder, limits, memory=recent, keys=keys, check=check):
        new = found.block.placements.select(found.new)
        # A library made from vectors alone shares no columns with a query, so the query's own length chooses the model.
        covered = (new.columns > 0).sum(axis=1, dtype=np.int32)
        named = classifier.assign(found.vectors, new.columns, covered, new.qualities, list(new.flags))
        answers = _answers(found, named)
        recent.add(answers)
        if journal:
            journal.append(answers)
        places = enumerate(found.place.tolist())
        assigned = [named[at] if at >= 0 else found.known.get(i, Assignment()) for i, at in places]
        yield from _calls(found.block.barcodes, answers, assigned, classifier, samples)
        done += len(found.block)
        on_progress(done)
    samples.check_used()


class KnownCalls:
    """Calls of recent queries, so that none depends on what was read before it.

    Qualities matter where a query differs from its nearest reference: they tell errors from mutations. So such a call
    is kept for the sequence with these qualities. A call of a query that is equal to its nearest reference is kept for
    the sequence, whatever its qualities.
    """

    def __init__(self) -> None:
        self._recent: Recent[Assignment] = Recent(REMEMBERED)

    def find(self, key: str) -> Assignment | None:
        """Return the call of a query by its key (``Block.with_qualities``); None if it is new or forgotten."""
        return self._recent.find(key[:_SHA1]) or self._recent.find(key)

    def add(self, answers: Answers) -> None:
        """Remember the calls of the new queries of a block."""
        for i, assignment in answers.new.items():
            key = answers.keys[i]
            self._recent.add(key[:_SHA1] if assignment.identity == 1 else key, assignment)


def _answers(found: Embedded[Assignment], named: Sequence[Assignment]) -> Answers:
    """Return what is found of a block whose new reads were ``named``."""
    block, values = found.block, read_columns(found.block)
    new = dict(zip(found.new.tolist(), named, strict=True))
    return Answers(
        [barcode.id for barcode in block.barcodes],
        block.with_qualities,
        [{name: column[i] for name, column in values.items()} for i in range(len(block))],
        block.placements.expected_errors.tolist(),
        new,
        {i: vector for (i, one), vector in zip(new.items(), found.vectors, strict=True) if one.verdict},
    )


def _go_over(
    kept: Answers, barcodes: Iterator[Barcode], recent: KnownCalls, journal: str
) -> tuple[list[Barcode], list[Assignment]]:
    """Return the reads of a block of the journal, which must be the next of the input, and their assignments, which are
    remembered.

    Raises
    ------
    MismatchError
        with the first read that differs.
    """
    block, assigned = [], []
    of_block: dict[str, Assignment] = {}
    for i, (id, key, read) in enumerate(zip(kept.ids, kept.keys, kept.reads, strict=True)):
        barcode = next(barcodes, None)
        if barcode is None or (barcode.id, with_quality(barcode.sha1, barcode)) != (id, key):
            raise other_input(journal, id, barcode)
        if key not in of_block and read["status"] == "ok":
            # The memory is asked as in the run that was killed, so that it forgets what it forgot there.
            known = recent.find(key) or kept.new.get(i)
            if known is None:
                raise other_input(journal, id, barcode)
            of_block[key] = known
        block.append(barcode)
        assigned.append(of_block[key] if read["status"] == "ok" else Assignment())
    recent.add(kept)
    return block, assigned


def _calls(
    barcodes: Sequence[Barcode],
    answers: Answers,
    assigned: Sequence[Assignment],
    classifier: Classifier,
    samples: SampleNaming,
) -> Iterator[tuple[Call, Vector | None]]:
    """Yield the call of each barcode of a block, with its vector."""
    for i, (barcode, assignment) in enumerate(zip(barcodes, assigned, strict=True)):
        if not math.isnan(errors := answers.expected[i]):
            assignment = replace(assignment, expected_errors=errors)
        call = classifier.call(barcode.id, answers.reads[i], assignment)
        yield samples.named(call, barcode.annotations.reads), answers.vectors.get(i)
