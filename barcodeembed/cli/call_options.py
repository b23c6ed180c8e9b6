"""Options of the commands that write calls: ``classify`` and ``merge``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from barcodeembed.cli.claims import claim, make_folder
from barcodeembed.cli.help import FILES, SAMPLES
from barcodeembed.cli.options import A_FILE, check_ending
from barcodeembed.errors import UsageError
from barcodeembed.outputs.folders import check_folder_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from barcodeembed.workflows.calling.call_files import CallFiles

_Path = Path | None

Output = Annotated[Path, typer.Option("-o", "--output", **A_FILE, help="File for the calls; - is standard output.")]
Format = Annotated[str, typer.Option(help="tsv, qiime2, sintax, krona or jsonl.")]
Summary = Annotated[_Path, typer.Option(**A_FILE, rich_help_panel=FILES, help="Write counts as JSON.")]
MultiQc = Annotated[
    _Path, typer.Option(rich_help_panel=FILES, help="Write a file for MultiQC (SAMPLE_mqc.tsv), or a folder of them.")
]
Report = Annotated[
    _Path, typer.Option(**A_FILE, rich_help_panel=FILES, help="Write a report to read in a browser (.html).")
]
Table = Annotated[_Path, typer.Option(**A_FILE, rich_help_panel=FILES, help="Write reads by taxon and sample (.tsv).")]
TableRank = Annotated[
    str, typer.Option(rich_help_panel=FILES, help="Rank of --table; by default as deep as each call goes.")
]
Biom = Annotated[
    _Path, typer.Option(**A_FILE, rich_help_panel=FILES, help="Write reads by sequence and sample as BIOM 2.1.")
]
Phyloseq = Annotated[
    _Path, typer.Option(rich_help_panel=FILES, help="Write tables for phyloseq and vegan to this folder.")
]
AnnData = Annotated[
    _Path, typer.Option(**A_FILE, rich_help_panel=FILES, help="Write samples by sequence as AnnData (.h5ad).")
]
SampleSheet = Annotated[
    _Path,
    typer.Option(
        "--samples",
        rich_help_panel=SAMPLES,
        help="Table with columns sample, file (or id), is_control; others describe samples.",
    ),
]
InControls = Annotated[
    _Path, typer.Option(**A_FILE, rich_help_panel=SAMPLES, help="Write what negative controls contain (.tsv).")
]
SubtractControls = Annotated[
    bool,
    typer.Option(
        "--subtract-controls", rich_help_panel=SAMPLES, help="Subtract the reads that the fullest control has."
    ),
]


def claim_files(
    files: CallFiles,
    *,
    read: Iterable[str | Path],
    force: bool,
    own: Iterable[str | Path] = (),
    made: Collection[str] = (),
    resume: bool = False,
) -> None:
    """Check the files that the user asked for, make their folders, and reserve the files for this run.

    ``own``, ``made`` and ``resume`` are as in :func:`~barcodeembed.cli.claims.claim`.

    Raises
    ------
    UsageError
        for a file that cannot be written, whose name promises another kind of file, or that needs a package which is
        not installed.
    """
    from barcodeembed.workflows.samples.exports import need
    from barcodeembed.workflows.tables.writers import ENDINGS

    files.check()
    check_ending(files.output, ENDINGS[files.format], f"the format {files.format!r}")
    if files.table:
        check_ending(files.table, ENDINGS["tsv"], "a table of taxa")
    for path, ending in ((files.biom, ".biom"), (files.anndata, ".h5ad"), (files.report, ".html")):
        if path and path.suffix != ending:
            raise UsageError(f"{path}: let the name end in {ending}")
    # Before hours of work, not after.
    if files.biom:
        need("biom-format", "biom", "--biom")
    if files.anndata:
        need("anndata", "anndata", "--anndata")
    for folder in files.folders:
        check_folder_name(folder, "this output", "tables/")
        make_folder(folder)
    claim([files.output, *files.others], read=read, force=force, own=own, made=made, resume=resume)
