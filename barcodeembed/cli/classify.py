"""``barcodeembed classify``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from barcodeembed.cli.claims import claim, model_file
from barcodeembed.cli.console import Progress, console
from barcodeembed.cli.help import FILES, MACHINE
from barcodeembed.cli.options import (
    Device,
    Force,
    MaxAmbiguous,
    MinLength,
    Threads,
    apply_threads,
    check_ending,
)
from barcodeembed.errors import UsageError
from barcodeembed.outputs.identity import files_within

if TYPE_CHECKING:
    from barcodeembed.classify.call import Call
    from barcodeembed.classify.classifier import Classifier
    from barcodeembed.library.reference_library import ReferenceLibrary
    from barcodeembed.workflows.embedders import AnyEmbedder
    from barcodeembed.workflows.report.report_data import ReportData
    from barcodeembed.workflows.tables.summary import CallSummary


def classify(
    inputs: Annotated[list[str], typer.Argument(help="FASTA, FASTQ, tables or .h5 of 'embed'; - is standard input.")],
    library: Annotated[list[Path], typer.Option(help="Library of 'index'; give it again to search several.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Calls; - is standard output.")] = Path("-"),
    format: Annotated[str, typer.Option(help="tsv, qiime2, sintax, krona or jsonl.")] = "tsv",
    min_confidence: Annotated[
        str, typer.Option(help="Least probability: 0.9, or by rank: species=0.9,genus=0.7.")
    ] = "",
    min_length: MinLength = 100,
    max_ambiguous: MaxAmbiguous = 0.1,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="An empty file (a negative control) is no error.")
    ] = False,
    force: Force = False,
    summary: Annotated[Path | None, typer.Option(rich_help_panel=FILES, help="Write counts as JSON.")] = None,
    multiqc: Annotated[
        Path | None, typer.Option(rich_help_panel=FILES, help="Write counts for MultiQC (SAMPLE_mqc.tsv).")
    ] = None,
    report: Annotated[Path | None, typer.Option(rich_help_panel=FILES, help="Write a page to look at (.html).")] = None,
    manifest: Annotated[
        Path | None, typer.Option(rich_help_panel=FILES, help="Write versions, checksums and counts as JSON.")
    ] = None,
    model: Annotated[
        str, typer.Option(rich_help_panel=MACHINE, help="Model of the library, if it is not found by its name.")
    ] = "",
    device: Device = "auto",
    threads: Threads = 0,
    batch_size: Annotated[int, typer.Option(min=0, hidden=True)] = 0,
) -> None:
    """Name barcodes by reference libraries: a name as deep as it is supported, how sure, and on what evidence.

    Example: barcodeembed classify reads.fasta --library mylib.barcodelib -o calls.tsv
    """
    started = datetime.now(UTC)
    threads = apply_threads(threads)
    others = [path for path in (summary, multiqc, report, manifest) if path]
    _check(others, multiqc)
    own = [file for folder in library for file in files_within(folder)]
    claim([output, *others], read=[*inputs, *model_file(model), *own], force=force)
    from barcodeembed.sequences.batches import Limits
    from barcodeembed.sequences.formats.counting import count_records
    from barcodeembed.sequences.formats.sources import ReadCounts
    from barcodeembed.workflows.classify import classify_with, min_confidences, open_classifier
    from barcodeembed.workflows.tables.call_files import text_output
    from barcodeembed.workflows.tables.writers import ENDINGS, WRITERS

    if format not in WRITERS:
        raise UsageError(f"--format: {format!r} is not one of {', '.join(WRITERS)}")
    check_ending(output, ENDINGS[format], f"the format {format!r}")
    classifier = open_classifier(library, min_confidence=min_confidences(min_confidence))
    for line in classifier.references.resolution.lines():
        console().warn(line)
    name, embedder = _open_embedder(inputs, classifier, model, device, batch_size, threads)
    limits = Limits(min_length, max_ambiguous)
    if embedder is None and limits != Limits():
        raise UsageError("--min-length and --max-ambiguous are for sequences; vectors were judged by 'embed'")
    counts, page = ReadCounts(), _page(inputs, classifier, name) if report else None
    total = None if embedder is None else count_records(inputs, allow_empty=allow_empty)
    with console().progress("classifying") as progress, text_output(output) as stream:
        progress.total(total)
        rows = classify_with(
            inputs,
            classifier,
            embedder,
            model=name,
            limits=limits,
            counts=counts,
            allow_empty=allow_empty,
            on_progress=progress.update,
        )
        tally = _Tally(page)
        for text in WRITERS[format](tally.counted(rows)):
            stream.write(text)
    tally.summary.skipped = counts.skipped
    _write_others(tally.summary, page, summary, multiqc, report)
    _report(tally.summary, progress)
    for line in counts.remarks.lines():
        console().warn(line)
    if manifest:
        from barcodeembed.workflows.manifest import write_manifest

        write_manifest(
            manifest,
            started=started,
            inputs=inputs,
            outputs=[path for path in (output, *others) if path != manifest and str(path) != "-"],
            counts=tally.summary.to_dict(),
            model={"name": name, "fingerprint": classifier.references.libraries[0].manifest["model_fingerprint"]},
            libraries=[
                _library_facts(one, path) for one, path in zip(classifier.references.libraries, library, strict=True)
            ],
            options={
                "format": format,
                "min_confidence": min_confidence,
                **(asdict(limits) if embedder else {}),
                "threads": threads,
            },
        )


class _Tally:
    """Counts calls on their way to the writer, and shows them to the page."""

    def __init__(self, page: ReportData | None) -> None:
        from barcodeembed.workflows.tables.summary import CallSummary

        self.page = page
        self.summary: CallSummary = page.summary if page else CallSummary()

    def counted(self, rows: Iterator[tuple[Call, object]]) -> Iterator[Call]:
        for call, vector in rows:
            if self.page:
                self.page.add(call, vector)  # type: ignore[arg-type]
            else:
                self.summary.add(call)
            yield call


def _check(others: Sequence[Path], multiqc: Path | None) -> None:
    """What can be known to be wrong with the names of files."""
    if multiqc and "_mqc." not in multiqc.name:
        raise UsageError(f"--multiqc {multiqc}: MultiQC finds such a file by its name only: SAMPLE_mqc.tsv")
    if any(str(path) == "-" for path in others):
        raise UsageError("only the calls can be written to standard output: give the names of files")


def _open_embedder(
    inputs: Sequence[str], classifier: Classifier, model: str, device: str, batch_size: int, threads: int
) -> tuple[str, AnyEmbedder | None]:
    """The library's own model, or the one that was asked for; none for embedding files."""
    from barcodeembed.workflows.embedders import open_embedder
    from barcodeembed.workflows.index import library_model, split_inputs

    name = model or library_model(classifier.references.libraries[0])
    if split_inputs(inputs):
        return name, None
    embedder = open_embedder(name, device=device, batch_size=batch_size, threads=threads)
    classifier.check_model(name, embedder.fingerprint)
    if embedder.device_note:
        console().detail(embedder.device_note)
    return name, embedder


def _page(inputs: Sequence[str], classifier: Classifier, model: str) -> ReportData:
    from barcodeembed import __version__
    from barcodeembed.workflows.report.report_data import ReportData, sample_rows

    references = classifier.references
    facts = {}
    for library in references.libraries:
        origin = [str(library.manifest.get(name, "")) for name in ("source", "licence")]
        facts[f"library {library.name}"] = ", ".join(filter(None, [f"{len(library):,} references", *origin]))
    facts |= {"model": model, "program": f"barcodeembed {__version__}"}
    page = ReportData(
        ", ".join(Path(path).name for path in inputs), facts, classifier.libraries[0].calibration.to_dict()
    )
    rows = sample_rows(len(references))
    page.add_library(references.vectors_of(rows), [references.reference(int(row))[2] for row in rows], len(references))
    return page


def _write_others(
    counted: CallSummary,
    page: ReportData | None,
    summary: Path | None,
    multiqc: Path | None,
    report: Path | None,
) -> None:
    from barcodeembed.workflows.tables.call_files import text_output

    texts = []
    if summary:
        texts.append((summary, json.dumps(counted.to_dict(), indent=1) + "\n"))
    if multiqc:
        from barcodeembed.workflows.tables.multiqc import verdict_bars

        name = multiqc.name.rpartition("_mqc.")[0]
        texts.append((multiqc, verdict_bars(counted.samples if len(counted.samples) > 1 else {name: counted})))
    for path, text in texts:
        with text_output(path) as stream:
            stream.write(text)
    if report and page:
        from barcodeembed.workflows.report.page import write_report

        write_report(report, page)


def _library_facts(library: ReferenceLibrary, path: Path) -> dict[str, object]:
    kept = ("name", "references", "source", "licence", "model", "model_fingerprint", "index", "tool_version", "files")
    return {"path": str(path), **{key: library.manifest[key] for key in kept if key in library.manifest}}


def _report(counted: CallSummary, progress: Progress) -> None:
    from barcodeembed.taxonomy import RANKS
    from barcodeembed.workflows.tables.summary import BROKEN, VERDICT_NAMES

    rejected = {status: n for status, n in sorted(counted.status.items()) if status != "ok"}
    rejected |= dict(sorted(counted.skipped.items()))
    named = {rank: counted.rank[rank] for rank in reversed(RANKS) if counted.rank[rank]}
    lines = [f"read      {counted.reads + sum(counted.skipped.values()):>11,}", _counted("with a name ", 9, named)]
    if counted.reads > counted.queries:
        lines[0] += f"  ({counted.queries:,} records, {counted.distinct:,} distinct sequences)"
    lines += [f"  {words:<14}{counted.verdict[verdict]:>5,}" for verdict, words in VERDICT_NAMES.items()]
    lines.append(_counted("rejected  ", 11, rejected))
    for line in lines:
        console().say(line)
    if not counted.status["ok"]:
        some = "not a single sequence could be placed on the barcode region"
        console().warn(some if counted.queries else "there is not a single sequence in the input")
    if counted.new_but_broken:
        console().warn(
            f"{counted.new_but_broken:,} of those called new are flagged {' or '.join(sorted(BROKEN))}: likelier two "
            "templates joined, a pseudogene (NUMT) or a read full of errors than a new taxon"
        )


def _counted(what: str, width: int, numbers: Mapping[str, int]) -> str:
    """The sum, and in brackets what it is made of."""
    words = ", ".join(f"{name} {n:,}" for name, n in numbers.items())
    return f"{what}{sum(numbers.values()):>{width},}" + (f"  ({words})" if words else "")
