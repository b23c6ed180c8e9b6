"""``barcodeembed split``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from barcodeembed.cli.console import console
from barcodeembed.outputs.folders import check_folder_name


def split(
    inputs: Annotated[list[str], typer.Argument(help="FASTA, FASTQ or tables; - is standard input.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Directory for the parts.")],
    parts: Annotated[int, typer.Option(min=0, help="Number of parts of each file.")] = 0,
    records: Annotated[int, typer.Option(min=0, help="Number of records in a part, instead of --parts.")] = 0,
) -> None:
    """Split sequences into parts, which can be classified side by side and merged again.

    Example: barcodeembed split reads.fasta.gz --parts 16 -o parts
    """
    from barcodeembed.workflows.split import split_files

    check_folder_name(output, "this output", "parts/")
    written = split_files(inputs, output, parts=parts, records=records)
    for part in written:
        console().detail(f"{part.path}: {part.records:,} records")
    console().say(f"wrote {len(written):,} parts with {sum(part.records for part in written):,} records to {output}")
