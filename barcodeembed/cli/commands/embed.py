"""``barcodeembed embed``."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from barcodeembed.cli.claims import claim, model_file
from barcodeembed.cli.console import console
from barcodeembed.cli.options import (
    A_FILE,
    BatchSize,
    Device,
    Force,
    Manifest,
    MaxAmbiguous,
    MinLength,
    Model,
    Precision,
    Threads,
    WholeHeaders,
    apply_threads,
    check_ending,
    check_output,
)
from barcodeembed.errors import InputError

if TYPE_CHECKING:
    from barcodeembed.workflows.embed import EmbedSummary


def embed(
    inputs: Annotated[
        list[str], typer.Argument(help="FASTA, FASTQ or tables, compressed or not; - is standard input.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", **A_FILE, help="Embedding file (.h5) to write.")],
    min_length: MinLength = 100,
    max_ambiguous: MaxAmbiguous = 0.1,
    whole_headers: WholeHeaders = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with code 3 if any record is rejected.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a killed run stopped.")] = False,
    force: Force = False,
    manifest: Manifest = None,
    model: Model = "default",
    device: Device = "auto",
    precision: Precision = "auto",
    batch_size: BatchSize = 0,
    threads: Threads = 0,
) -> None:
    """Turn barcodes into vectors. The HDF5 file has a row for each sequence, in order, and can be opened with AnnData.

    Example: barcodeembed embed reads.fasta.gz -o emb.h5
    """
    started = datetime.now(UTC)
    _check([*inputs, *model_file(model)], output, manifest, force or resume)
    threads = apply_threads(threads)
    from barcodeembed.sequences.batches import Limits
    from barcodeembed.workflows.embed import embed_files, partial_directory
    from barcodeembed.workflows.embedders import Machine, open_embedder

    embedder = open_embedder(model, Machine(device, precision, batch_size, threads))
    if embedder.device_note:
        console().detail(embedder.device_note)
    with console().progress("embedding") as progress:
        summary = embed_files(
            inputs,
            output,
            embedder,
            model=model,
            limits=Limits(min_length, max_ambiguous),
            whole_headers=whole_headers,
            resume=resume,
            force=force,
            on_total=progress.total,
            on_progress=progress.update,
        )
    _report(summary, output, embedder.dim)
    if resume and os.path.lexists(partial := partial_directory(output)):
        console().warn(f"{partial} is left: it has files that are not the program's")
    if manifest:
        from barcodeembed.workflows.manifest import write_manifest

        write_manifest(
            manifest,
            started=started,
            inputs=inputs,
            outputs=[output],
            counts=summary.to_dict(),
            model={"name": model, "fingerprint": embedder.fingerprint, "dim": embedder.dim},
            options={
                "min_length": min_length,
                "max_ambiguous": max_ambiguous,
                "whole_headers": whole_headers,
                "precision": embedder.precision,
                "batch_size": embedder.batch_size,
                "threads": threads,
            },
        )
    if strict and summary.rejected:
        raise InputError(f"{sum(summary.rejected.values()):,} records were rejected and --strict was given")


def _check(read: list[str | Path], output: Path, manifest: Path | None, force: bool) -> None:
    """Raise every error that can be found before a model is loaded."""
    check_output(output, force)
    partial = output.with_name(output.name + ".partial")
    journal = [partial / name for name in ("settings.json", "vectors.bin", "rows.jsonl", "checks.bin")]
    claim([output, *([manifest] if manifest else [])], read=read, force=force, own=journal)
    check_ending(output, (".h5", ".h5ad", ".hdf5"), "an embedding file")


def _report(summary: EmbedSummary, output: Path, dim: int) -> None:
    from barcodeembed.sequences.batches import why_none

    rejected = ", ".join(f"{reason} {n:,}" for reason, n in summary.rejected.items())
    lines = [
        f"read      {summary.read:>11,}",
        f"embedded  {summary.embedded:>11,}"
        + (f"  ({summary.repeated:,} of them identical to an earlier one)" if summary.repeated else ""),
        f"rejected  {sum(summary.rejected.values()):>11,}" + (f"  ({rejected})" if rejected else ""),
    ]
    if summary.was_complete:
        lines.append(f"{output} is complete already: nothing was left to do")
    else:
        speed = f"in {summary.seconds:,.1f} s ({summary.per_second:,.0f} barcodes/s)"
        after = f", after the {summary.resumed:,} rows that were there" if summary.resumed else ""
        lines.append(f"wrote {output}: {summary.rows:,} x {dim} {speed}{after}")
    for line in lines:
        console().say(line)
    for line in summary.remarks.lines():
        console().warn(line)
    if not summary.embedded:
        nothing = "there is not a single sequence in the input"
        console().warn(why_none(summary.rejected) if summary.rejected else nothing)
