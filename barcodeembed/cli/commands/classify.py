"""``barcodeembed classify``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
from barcodeembed.cli.call_summary import say_summary
from barcodeembed.cli.claims import model_file
from barcodeembed.cli.console import console
from barcodeembed.cli.help import MACHINE, SAMPLES
from barcodeembed.cli.options import (
    Device,
    Force,
    GeneticCode,
    Manifest,
    MaxAmbiguous,
    MinLength,
    Precision,
    Threads,
    WholeHeaders,
    apply_threads,
    check_output,
)
from barcodeembed.errors import EmptyFileError, UsageError
from barcodeembed.outputs.identity import STREAM, files_within

if TYPE_CHECKING:
    from barcodeembed.workflows.calling.call_files import CallFiles
    from barcodeembed.workflows.classify_to import Classified
    from barcodeembed.workflows.samples.naming import SampleNaming


def classify(
    inputs: Annotated[
        list[str], typer.Argument(help="FASTA, FASTQ or tables, or .h5 files made by 'embed'; - is standard input.")
    ],
    library: Annotated[list[Path], typer.Option(help="Library made by 'index'; may be given again.")],
    output: Output = Path("-"),
    format: Format = "tsv",
    min_confidence: Annotated[
        str,
        typer.Option(
            help="Probability needed for a name: 0.9, or by rank: species=0.9,genus=0.7; "
            "by default what 'index' learnt."
        ),
    ] = "",
    min_length: MinLength = 100,
    max_ambiguous: MaxAmbiguous = 0.1,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Accept an empty file (a negative control).")
    ] = False,
    whole_headers: WholeHeaders = False,
    genetic_code: GeneticCode = 0,
    reject_pseudogenes: Annotated[
        bool, typer.Option("--reject-pseudogenes", help="Reject reads with stop codons or frameshifts, as NUMTs have.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Keep a journal, and go on where a killed run stopped.")
    ] = False,
    force: Force = False,
    spreadsheet_safe: Annotated[
        bool,
        typer.Option(
            "--spreadsheet-safe", help="Put an apostrophe before values that a spreadsheet takes for formulas."
        ),
    ] = False,
    summary: Summary = None,
    multiqc: MultiQc = None,
    report: Report = None,
    manifest: Manifest = None,
    table: Table = None,
    table_rank: TableRank = "",
    biom: Biom = None,
    phyloseq: Phyloseq = None,
    anndata: AnnData = None,
    samples: SampleSheet = None,
    counts: Annotated[
        Path | None,
        typer.Option(rich_help_panel=SAMPLES, help="Table of the reads of each sequence in each sample (.tsv, .biom)."),
    ] = None,
    no_sizes: Annotated[
        bool,
        typer.Option(
            "--no-sizes", rich_help_panel=SAMPLES, help="Count each record as one read, even if it has ;size=."
        ),
    ] = False,
    whole_ids: Annotated[
        bool, typer.Option("--whole-ids", rich_help_panel=SAMPLES, help="Keep annotations such as ;size= in ids.")
    ] = False,
    groups: Annotated[
        bool,
        typer.Option(
            "--groups", rich_help_panel=SAMPLES, help="Put barcodes without a species' name in numbered groups."
        ),
    ] = False,
    in_controls: InControls = None,
    subtract_controls: SubtractControls = False,
    model: Annotated[
        str, typer.Option(rich_help_panel=MACHINE, help="Model of the library, if it is not found by name.")
    ] = "",
    device: Device = "auto",
    precision: Precision = "auto",
    threads: Threads = 0,
    batch_size: Annotated[int, typer.Option(min=0, hidden=True)] = 0,
) -> None:
    """Name barcodes with reference libraries: a name as deep as it is supported, with probabilities and evidence.

    Example: barcodeembed classify reads.fasta --library mylib.barcodelib -o calls.tsv
    """
    started = datetime.now(UTC)
    threads = apply_threads(threads)
    from barcodeembed.classify.coding import CodingRule
    from barcodeembed.sequences.batches import Limits
    from barcodeembed.workflows.calling.call_files import CallFiles
    from barcodeembed.workflows.calling.journal_file import discard
    from barcodeembed.workflows.classify import min_confidences
    from barcodeembed.workflows.classify_to import ClassifySettings, classify_to
    from barcodeembed.workflows.embedders import Machine
    from barcodeembed.workflows.samples.naming import SampleNaming

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
        descriptions=naming.sheet.descriptions,
        in_controls=in_controls,
        subtract=subtract_controls,
        manifest=manifest,
        spreadsheet_safe=spreadsheet_safe,
    )
    _check_not_swapped(inputs, library)
    own = [file for folder in library for file in files_within(folder)]
    read: list[str | Path] = [*inputs, *model_file(model), *own, *filter(None, (samples, counts))]
    journal = _claim(files, read, resume=resume, force=force)
    coding = CodingRule(genetic_code, reject_pseudogenes)
    asked, limits = min_confidences(min_confidence), Limits(min_length, max_ambiguous)
    machine = Machine(device, precision, batch_size, threads)
    settings = ClassifySettings(
        asked, limits, allow_empty, naming, groups, model, machine, whole_headers, coding, resume
    )
    with console().progress("classifying") as progress, _hint_at_allow_empty():
        done = classify_to(
            inputs,
            library,
            files,
            settings,
            warn=console().warn,
            say=console().say,
            detail=console().detail,
            on_total=progress.total,
            on_progress=progress.update,
        )
    _report(done, naming)
    if manifest:
        options = {"format": format, "min_confidence": min_confidence, **done.options, "threads": threads}
        _write_manifest(manifest, files, inputs, started, done, options)
    if resume:
        discard(journal)


def _check_not_swapped(inputs: list[str], libraries: list[Path]) -> None:
    from barcodeembed.library.library_files import is_library

    given = next((path for path in inputs if is_library(Path(path))), None)
    if given and (file := next((path for path in libraries if path.is_file()), None)):
        raise UsageError(
            f"{given} is a library and {file} is none: they are swapped; give classify {file} --library {given}"
        )


@contextmanager
def _hint_at_allow_empty() -> Iterator[None]:
    try:
        yield
    except EmptyFileError as error:
        raise EmptyFileError(str(error), hint="--allow-empty accepts an empty file (a negative control)") from error


def _claim(files: CallFiles, read: list[str | Path], *, resume: bool, force: bool) -> Path:
    """Reserve all outputs for this run, and return the path of its journal. Files that a killed run wrote may be
    overwritten."""
    from barcodeembed.workflows.calling.journal_file import check_is_journal, discard, journal_path, outputs_of

    if str(files.output) != STREAM:
        check_output(files.output, force=True)
    elif resume:
        raise UsageError("--resume needs a file to write to: give -o")
    journal = journal_path(files.output)
    if unfinished := os.path.lexists(journal):
        check_is_journal(journal)
    if unfinished and not resume and not force:
        raise UsageError(f"{journal} is of an unfinished run: go on with --resume, or start again with --force")
    made = outputs_of(journal) if unfinished and resume else ()
    claim_files(files, read=read, force=force, own=[journal] if resume else [], made=made, resume=resume)
    if unfinished and not resume:
        discard(journal)
    return journal


def _write_manifest(
    manifest: Path, files: CallFiles, inputs: list[str], started: datetime, done: Classified, options: dict[str, Any]
) -> None:
    from barcodeembed.workflows.manifest import write_manifest

    write_manifest(
        manifest,
        started=started,
        inputs=inputs,
        outputs=[path for path in (files.output, *files.others) if path != manifest and str(path) != "-"],
        counts=done.summary.to_dict(),
        model=done.model,
        libraries=done.libraries,
        options=options,
    )


def _report(done: Classified, naming: SampleNaming) -> None:
    if done.groups:
        number, threshold, learnt = done.groups
        why = "as the library's species" if learnt else "as usual: the library has too few species to learn it from"
        console().say(f"groups    {number:>11,}  (up to {threshold:.1%} different bases, {why})")
    say_summary(done.summary)
    for line in (*done.remarks, *naming.remarks()):
        console().warn(line)
