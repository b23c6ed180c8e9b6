"""``barcodeembed classify`` as a whole: from inputs and libraries to every file that was asked for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from barcodeembed.classify.classifier import Classifier
from barcodeembed.classify.coding import CodingRule
from barcodeembed.classify.groups import USUAL_THRESHOLD, learnt_threshold
from barcodeembed.embeddings.reader import are_embedding_files
from barcodeembed.errors import InputError, UsageError
from barcodeembed.library.reference_library import ReferenceLibrary
from barcodeembed.sequences.batches import Limits
from barcodeembed.sequences.formats.counting import count_records
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.version import __version__
from barcodeembed.workflows import embedding
from barcodeembed.workflows.calling.call_files import CallFiles, CallSink
from barcodeembed.workflows.calling.grouping import Grouping, write_grouped
from barcodeembed.workflows.calling.journal import CallJournal
from barcodeembed.workflows.calling.journal_file import discard, journal_path
from barcodeembed.workflows.classify import classify_with, open_classifier
from barcodeembed.workflows.embedders import (
    THIS_MACHINE,
    AnyEmbedder,
    Machine,
    library_model,
    open_library_embedder,
)
from barcodeembed.workflows.interrupts import NOTHING_WRITTEN, StopSignal
from barcodeembed.workflows.report.report_data import ReportData, sample_rows
from barcodeembed.workflows.samples.controls import check_controls
from barcodeembed.workflows.samples.naming import SampleNaming
from barcodeembed.workflows.samples.sheet import check_inputs
from barcodeembed.workflows.tables.summary import CallSummary
from barcodeembed.workflows.tables.summary_warnings import too_many_errors_for_groups


@dataclass(frozen=True)
class ClassifySettings:
    """Settings of a classification."""

    min_confidence: Mapping[str, float] = field(default_factory=dict)
    """For each rank, the probability from which a name is given; ranks that are not in it keep the threshold of the
    library."""
    limits: Limits = field(default_factory=Limits)
    """What a query must have to be classified."""
    allow_empty: bool = False
    """Whether an empty file is accepted instead of being an error."""
    samples: SampleNaming = field(default_factory=SampleNaming)
    """How numbers of reads and samples are found."""
    groups: bool = False
    """Whether queries without a species' name are put in groups."""
    model: str = ""
    """Name or file of the libraries' model, if it is not found by the name that they have for it."""
    machine: Machine = THIS_MACHINE
    """On what the model computes."""
    whole_headers: bool = False
    """Whether ids are whole headers, instead of their first words."""
    coding: CodingRule = field(default_factory=CodingRule)
    """How stop codons are counted, and whether reads that can't be a gene are rejected."""
    resume: bool = False
    """Whether the run keeps a journal, and goes on where a run with this journal was. The caller deletes the journal
    when every output is written."""


class Groups(NamedTuple):
    """The groups that a run made of queries without a species' name."""

    number: int
    threshold: float
    """Share of different bases up to which barcodes are of one group."""
    learnt: bool
    """Whether the threshold was learnt from the library's species."""


@dataclass
class Classified:
    """The result of a run: counts, remarks on the input, and facts for the manifest.

    ``groups`` is None if no groups were asked for.
    """

    summary: CallSummary
    remarks: list[str]
    groups: Groups | None
    model: dict[str, Any]
    libraries: list[dict[str, Any]]
    options: dict[str, Any]


def classify_to(
    inputs: Sequence[str | Path],
    libraries: Sequence[Path],
    files: CallFiles,
    settings: ClassifySettings,
    *,
    warn: Callable[[str], None] = lambda line: None,
    say: Callable[[str], None] = lambda line: None,
    detail: Callable[[str], None] = lambda line: None,
    on_total: Callable[[int | None], None] = lambda queries: None,
    on_progress: Callable[[int], None] = lambda queries: None,
) -> Classified:
    """Classify every record of ``inputs`` and write ``files``.

    Before the first query, ``warn`` and ``detail`` are called with what concerns the libraries and the device, and
    ``on_total`` with the number of queries (None: not known). ``on_progress`` is called with the number of queries
    done, then ``say`` and ``warn`` with what concerns the groups.

    Raises
    ------
    InputError, MismatchError, UsageError
        for inputs, libraries or settings that cannot work, or that differ from those of the run that is resumed.
    Terminated, Interrupted
        after SIGTERM or Ctrl-C; then nothing is written but the journal.
    """
    check_inputs(inputs)
    settings.samples.sheet.match(inputs)
    classifier = open_classifier(libraries, min_confidence=settings.min_confidence, coding=settings.coding)
    for line in classifier.references.resolution.lines():
        warn(line)
    name, embedder = _open_embedder(inputs, classifier, settings, detail)
    if embedder is None and settings.limits != Limits():
        raise UsageError("--min-length and --max-ambiguous are for sequences; vectors were judged by 'embed'")
    options = _asked(settings) | (asdict(settings.limits) if embedder else {})
    seen = ReadCounts()
    of_files = settings.samples.samples_of(inputs)
    if files.needs_controls and not settings.samples.may_have(files.controls, inputs):
        check_controls(sorted(of_files), files.controls, needed=True)  # now, and not after the work
    sink = CallSink(files, _page(inputs, classifier, name, settings, options) if files.report else None, of_files)
    on_total(None if embedder is None else count_records(inputs, allow_empty=settings.allow_empty))
    with _journal(files, classifier, embedder, settings, say) as journal:
        with StopSignal() as stop:
            rows = classify_with(
                inputs,
                classifier,
                embedder,
                model=name,
                limits=settings.limits,
                counts=seen,
                allow_empty=settings.allow_empty,
                whole_headers=settings.whole_headers,
                samples=settings.samples,
                journal=journal,
                check=lambda: stop.check(journal.kept if journal else NOTHING_WRITTEN),
                on_progress=on_progress,
            )
            groups = None
            if settings.groups:
                learnt = learnt_threshold(max(classifier.references.libraries, key=len))
                threshold = USUAL_THRESHOLD if learnt is None else learnt
                number = write_grouped(rows, sink, Grouping(threshold, say=say, warn=warn))
                groups = Groups(number, threshold, learnt is not None)
            else:
                sink.write(rows)
        sink.finish(seen.skipped)
    references = classifier.references.libraries
    sheet = settings.samples.sheet
    alike = [] if settings.samples.counts else [*sheet.moved(), *sheet.alike_by_chance(inputs), *sheet.disagreements()]
    errors = too_many_errors_for_groups(sink.summary.error_rate, groups.threshold) if groups and groups.number else ()
    return Classified(
        sink.summary,
        [*alike, *seen.remarks.lines(), *sink.remarks, *errors],
        groups,
        {"name": name, "fingerprint": references[0].manifest["model_fingerprint"]},
        [_facts(one, path) for one, path in zip(references, libraries, strict=True)],
        options,
    )


@contextmanager
def _journal(
    files: CallFiles,
    classifier: Classifier,
    embedder: AnyEmbedder | None,
    settings: ClassifySettings,
    say: Callable[[str], None],
) -> Iterator[CallJournal | None]:
    """Yield the journal of the run; None if it keeps none. The journal stays if the run fails after its first block."""
    if not settings.resume:
        yield None
        return
    if embedder is None:
        raise UsageError("--resume is for sequences; leave it out for the vectors of 'embed'")
    pinned = _pinned(classifier, embedder, settings)
    journal = CallJournal(journal_path(files.output), pinned, embedding.BLOCK, [files.output, *files.others], say)
    try:
        yield journal
    except InputError as error:
        if journal.n_rows:
            raise InputError(f"{error} ({journal.kept})") from error
        raise
    finally:
        if journal.is_new and not journal.n_rows:
            discard(journal.path)
        journal.close()


def _pinned(classifier: Classifier, embedder: AnyEmbedder, settings: ClassifySettings) -> dict[str, Any]:
    """Return everything beside the read that a call depends on."""
    libraries = classifier.references.libraries
    return {
        "version": __version__,
        "model": embedder.fingerprint,
        "device": embedder.device_type,
        "precision": embedder.precision,
        "batch_size": embedder.batch_size,
        "libraries": [_digest(one.manifest) for one in libraries],
        "min_confidence": dict(settings.min_confidence),
        **_asked(settings),
        **asdict(settings.limits),
    }


def _asked(settings: ClassifySettings) -> dict[str, Any]:
    """Return the options that change calls, but for thresholds and limits."""
    return {
        "genetic_code": settings.coding.code,
        "reject_pseudogenes": settings.coding.reject,
        "groups": settings.groups,
        "whole_headers": settings.whole_headers,
    }


def _open_embedder(
    inputs: Sequence[str | Path], classifier: Classifier, settings: ClassifySettings, detail: Callable[[str], None]
) -> tuple[str, AnyEmbedder | None]:
    """Return name and embedder of the libraries' own model, or of the one that was asked for; no embedder for embedding
    files."""
    name = settings.model or library_model(classifier.references.libraries[0])
    if are_embedding_files(inputs):
        return name, None
    embedder = open_library_embedder(classifier.references.libraries[0], settings.model, settings.machine)
    if embedder.device_note:
        detail(embedder.device_note)
    return name, embedder


def _page(
    inputs: Sequence[str | Path],
    classifier: Classifier,
    model: str,
    settings: ClassifySettings,
    options: Mapping[str, Any],
) -> ReportData:
    references = classifier.references
    title = ", ".join(Path(path).name for path in inputs)
    facts = _how_made(classifier, model, settings, options)
    page = ReportData(title, facts, classifier.libraries[0].calibration.to_dict())
    rows = sample_rows(len(references))
    page.add_library(references.vectors_of(rows), [references.reference(int(row))[2] for row in rows], len(references))
    return page


def _how_made(
    classifier: Classifier, model: str, settings: ClassifySettings, options: Mapping[str, Any]
) -> dict[str, str]:
    """Return what calls depend on, in words. There is no time in it, so that equal runs make equal pages."""
    facts: dict[str, str] = {}
    for number, library in enumerate(classifier.libraries, start=1):
        references = library.references
        name = references.name + (f" ({number})" if f"library {references.name}" in facts else "")
        origin = [str(references.manifest.get(name, "")) for name in ("source", "licence")]
        facts[f"library {name}"] = ", ".join(filter(None, [f"{len(references):,} references", *origin]))
        own = library.calibration.whole_thresholds("identity" if references.has_columns else "cosine")
        asked = {**own, **settings.min_confidence}
        needed = ", ".join(f"{rank} {asked[rank]:.2f}" for rank in ("species", "genus", "family", "order"))
        facts[f"names by {name}"] = f"from a probability of {needed} (whole barcodes)"
    words = [
        name.replace("_", " ") + ("" if value is True else f" {value}") for name, value in options.items() if value
    ]
    return facts | {"settings": ", ".join(words), "model": model, "program": f"barcodeembed {__version__}"}


def _digest(manifest: Mapping[str, Any]) -> str:
    """Return a fingerprint of the files of a library."""
    known = json.dumps([manifest.get(name) for name in ("files", "index", "model_fingerprint")], sort_keys=True)
    return hashlib.sha256(known.encode()).hexdigest()[:16]


def _facts(library: ReferenceLibrary, path: Path) -> dict[str, Any]:
    kept = ("name", "references", "source", "licence", "model", "model_fingerprint", "index", "tool_version", "files")
    return {"path": str(path), **{key: library.manifest[key] for key in kept if key in library.manifest}}
