"""``barcodeembed merge``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
from barcodeembed.cli.console import console
from barcodeembed.cli.options import Force
from barcodeembed.errors import UsageError


def merge(
    inputs: Annotated[
        list[Path], typer.Argument(help="Calls made by 'classify' (.tsv, .tsv.gz), in order; and summaries (.json).")
    ],
    output: Output = Path("-"),
    format: Format = "tsv",
    force: Force = False,
    summary: Summary = None,
    multiqc: MultiQc = None,
    report: Report = None,
    table: Table = None,
    table_rank: TableRank = "",
    biom: Biom = None,
    phyloseq: Phyloseq = None,
    anndata: AnnData = None,
    samples: SampleSheet = None,
    in_controls: InControls = None,
    subtract_controls: SubtractControls = False,
    groups: Annotated[bool, typer.Option("--groups", hidden=True)] = False,
) -> None:
    """Merge the calls of several runs; the result is what one run over all inputs would write.

    What needs more than calls is left out: groups, and in the report page the map and how calls were made.

    Example: barcodeembed merge parts/*.calls.tsv -o calls.tsv --table taxa.tsv
    """
    if groups:
        raise UsageError(
            "--groups needs the bases, which calls do not have: classify all inputs in one run with --groups"
        )
    from barcodeembed.workflows.calling.call_files import CallFiles
    from barcodeembed.workflows.merge import merge_calls
    from barcodeembed.workflows.samples.sheet import SampleSheet
    from barcodeembed.workflows.samples.sheet_files import read_sample_sheet

    sheet = read_sample_sheet(samples, finds_samples=False) if samples else SampleSheet()
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
        controls=sheet.controls,
        descriptions=sheet.descriptions,
        in_controls=in_controls,
        subtract=subtract_controls,
    )
    claim_files(files, read=[*inputs, *([samples] if samples else [])], force=force)
    warnings: list[str] = []
    with console().progress("merging") as progress:
        counted = merge_calls(inputs, files, warn=warnings.append, on_progress=progress.update)
    say_summary(counted)
    for line in warnings:
        console().warn(line)
    if samples and (absent := sheet.samples - counted.samples.keys() - sheet.controls):
        console().warn(
            f"not in the calls, of the samples in {samples}: {len(absent):,}, the first {min(absent)!r}; merge takes "
            "samples from the calls, and of --samples only which are controls and what else it says of them"
        )
    elif samples and not sheet.controls and not (sheet.descriptions and files.needs_features):
        why = "it marks no control, and merge takes the samples from the calls"
        tables = "; what else it says of them goes into --biom, --phyloseq and --anndata" if sheet.descriptions else ""
        console().warn(f"{samples} was not used: {why}{tables}")
