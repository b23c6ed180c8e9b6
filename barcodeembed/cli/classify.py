"""``barcodeembed classify``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from barcodeembed.cli.call_options import (
    AnnData,
    Biom,
    Format,
    InControls,
    MultiQc,
    Output,
    Phyloseq,
    Report,
    SampleSheet,
    SubtractControls,
    Summary,
    Table,
    TableRank,
    claim_files,
)
from barcodeembed.cli.claims import model_file
from barcodeembed.cli.console import console
from barcodeembed.cli.help import FILES, MACHINE, SAMPLES
from barcodeembed.cli.options import (
    Device,
    Force,
    MaxAmbiguous,
    MinLength,
    Threads,
    apply_threads,
)
from barcodeembed.errors import UsageError
from barcodeembed.outputs.identity import files_within

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from barcodeembed.classify.call import Call
    from barcodeembed.classify.classifier import Classifier
    from barcodeembed.library.reference_library import ReferenceLibrary
    from barcodeembed.workflows.embedders import AnyEmbedder
    from barcodeembed.workflows.report.report_data import ReportData
    from barcodeembed.workflows.tables.outputs import CallSink
    from barcodeembed.workflows.tables.summary import CallSummary


def classify(
    inputs: Annotated[list[str], typer.Argument(help="FASTA, FASTQ, tables or .h5 of 'embed'; - is standard input.")],
    library: Annotated[list[Path], typer.Option(help="Library of 'index'; give it again to search several.")],
    output: Output = Path("-"),
    format: Format = "tsv",
    min_confidence: Annotated[
        str, typer.Option(help="Least probability: 0.9, or by rank: species=0.9,genus=0.7.")
    ] = "",
    min_length: MinLength = 100,
    max_ambiguous: MaxAmbiguous = 0.1,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="An empty file (a negative control) is no error.")
    ] = False,
    force: Force = False,
    summary: Summary = None,
    multiqc: MultiQc = None,
    report: Report = None,
    manifest: Annotated[
        Path | None, typer.Option(rich_help_panel=FILES, help="Write versions, checksums and counts as JSON.")
    ] = None,
    table: Table = None,
    table_rank: TableRank = "",
    biom: Biom = None,
    phyloseq: Phyloseq = None,
    anndata: AnnData = None,
    samples: SampleSheet = None,
    counts: Annotated[
        Path | None, typer.Option(rich_help_panel=SAMPLES, help="Reads of each sequence by sample (.tsv, .biom).")
    ] = None,
    no_sizes: Annotated[
        bool, typer.Option("--no-sizes", rich_help_panel=SAMPLES, help="Count records, whatever ;size= says.")
    ] = False,
    whole_ids: Annotated[
        bool, typer.Option("--whole-ids", rich_help_panel=SAMPLES, help="Keep ;size= and the like in ids.")
    ] = False,
    groups: Annotated[
        bool, typer.Option("--groups", rich_help_panel=SAMPLES, help="Number groups of what has no species' name.")
    ] = False,
    in_controls: InControls = None,
    subtract_controls: SubtractControls = False,
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
    from barcodeembed.sequences.batches import Limits
    from barcodeembed.sequences.formats.counting import count_records
    from barcodeembed.sequences.formats.sources import ReadCounts
    from barcodeembed.workflows.classify import classify_with, min_confidences, open_classifier
    from barcodeembed.workflows.interrupts import StopSignal
    from barcodeembed.workflows.samples.naming import SampleNaming
    from barcodeembed.workflows.tables.outputs import CallFiles, CallSink

    naming = SampleNaming.read(sizes=not no_sizes, whole_ids=whole_ids, samples=samples, counts=counts)
    files = CallFiles(
        output=output,
        format=format,
        summary=summary,
        multiqc=multiqc,
        report=report,
        table=table,
        table_rank=table_rank,
        biom=biom,
        phyloseq=phyloseq,
        anndata=anndata,
        controls=naming.sheet.controls,
        in_controls=in_controls,
        subtract=subtract_controls,
        manifest=manifest,
    )
    own = [file for folder in library for file in files_within(folder)]
    tables = [path for path in (samples, counts) if path]
    read: list[str | Path] = [*inputs, *model_file(model), *own, *tables]
    claim_files(files, read=read, force=force)
    classifier = open_classifier(library, min_confidence=min_confidences(min_confidence))
    for line in classifier.references.resolution.lines():
        console().warn(line)
    name, embedder = _open_embedder(inputs, classifier, model, device, batch_size, threads)
    limits = Limits(min_length, max_ambiguous)
    if embedder is None and limits != Limits():
        raise UsageError("--min-length and --max-ambiguous are for sequences; vectors were judged by 'embed'")
    seen = ReadCounts()
    sink = CallSink(files, _page(inputs, classifier, name) if report else None)
    total = None if embedder is None else count_records(inputs, allow_empty=allow_empty)
    with console().progress("classifying") as progress, StopSignal() as stop:
        progress.total(total)
        rows = classify_with(
            inputs,
            classifier,
            embedder,
            model=name,
            limits=limits,
            counts=seen,
            allow_empty=allow_empty,
            samples=naming,
            check=stop.check,
            on_progress=progress.update,
        )
        _write(rows, sink, classifier, groups)
    sink.finish(seen.skipped)
    say_summary(sink.summary)
    for line in seen.remarks.lines():
        console().warn(line)
    if naming.counts and (unused := naming.counts.unused):
        console().warn(f"{len(unused):,} rows of {counts} have no sequence, the first is {unused[0]!r}")
    if manifest:
        from barcodeembed.workflows.manifest import write_manifest

        write_manifest(
            manifest,
            started=started,
            inputs=inputs,
            outputs=[path for path in (output, *files.others) if path != manifest and str(path) != "-"],
            counts=sink.summary.to_dict(),
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


def _write(
    rows: Iterator[tuple[Call, NDArray[np.float32] | None]], sink: CallSink, classifier: Classifier, groups: bool
) -> None:
    """Write the calls, with the groups of what has no species' name if they are asked for."""
    if not groups:
        sink.write(rows)
        return
    from barcodeembed.classify.groups import species_threshold
    from barcodeembed.workflows.samples.grouping import Grouping, write_grouped

    threshold = species_threshold(max(classifier.references.libraries, key=len))
    number = write_grouped(rows, sink, Grouping(threshold))
    console().say(f"groups    {number:>11,}  (up to {threshold:.1%} different bases, as the library's species)")


def _open_embedder(
    inputs: Sequence[str], classifier: Classifier, model: str, device: str, batch_size: int, threads: int
) -> tuple[str, AnyEmbedder | None]:
    """The library's own model, or the one that was asked for; none for embedding files."""
    from barcodeembed.workflows.embedders import open_embedder
    from barcodeembed.workflows.index import are_embedding_files, library_model

    name = model or library_model(classifier.references.libraries[0])
    if are_embedding_files(inputs):
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


def _library_facts(library: ReferenceLibrary, path: Path) -> dict[str, object]:
    kept = ("name", "references", "source", "licence", "model", "model_fingerprint", "index", "tool_version", "files")
    return {"path": str(path), **{key: library.manifest[key] for key in kept if key in library.manifest}}


def say_summary(counted: CallSummary) -> None:
    """Say what became of the reads."""
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
