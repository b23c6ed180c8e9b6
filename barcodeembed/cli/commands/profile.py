"""``barcodeembed profile``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from barcodeembed.cli.claims import claim
from barcodeembed.cli.console import console
from barcodeembed.cli.options import A_FILE, Force, Threads, apply_threads, check_output


def profile(
    inputs: Annotated[list[str], typer.Argument(help="Barcodes of one marker, from many taxa.")],
    output: Annotated[Path, typer.Option("-o", "--output", **A_FILE, help="Profile (.tsv) to write.")],
    name: Annotated[str, typer.Option(help="Name of the profile.")] = "coi-folmer",
    columns: Annotated[int, typer.Option(min=30, help="Length of the region without primers; even.")] = 658,
    frame: Annotated[int, typer.Option(min=0, max=2, help="Column of the first complete codon's first base.")] = 1,
    rounds: Annotated[int, typer.Option(min=0, help="Times that all sequences are placed and learnt from.")] = 2,
    source: Annotated[str, typer.Option(help="Where the sequences are from, for the record.")] = "",
    force: Force = False,
    threads: Threads = 0,
) -> None:
    """Learn the profile that places reads on barcode columns.

    Example: barcodeembed profile barcodes.fasta.gz -o coi-folmer.profile.tsv
    """
    check_output(output, force)
    claim([output], read=inputs, force=force)
    apply_threads(threads)
    from barcodeembed.workflows.profile import build_profile

    built = build_profile(inputs, name=name, columns=columns, frame=frame, rounds=rounds, source=source)
    built.save(output)
    placed = built.provenance.get("placed", 0)
    console().say(f"wrote {output}: {columns} columns from {placed:,} of {built.provenance['sequences']:,} sequences")
