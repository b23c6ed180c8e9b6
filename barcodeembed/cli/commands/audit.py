"""``barcodeembed audit``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from barcodeembed.cli.claims import claim
from barcodeembed.cli.console import console
from barcodeembed.cli.help import FILES
from barcodeembed.cli.options import A_FILE, TABLE_ENDINGS, Force, GeneticCode, Threads, apply_threads, check_ending
from barcodeembed.outputs.identity import files_within


def audit(
    library: Annotated[Path, typer.Argument(help="Library made by 'index'.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", **A_FILE, help="Table of suspects to write; - is standard output.")
    ] = Path("-"),
    grades: Annotated[
        Path | None, typer.Option(**A_FILE, rich_help_panel=FILES, help="Write the BAGS grade of every species.")
    ] = None,
    shared: Annotated[
        Path | None,
        typer.Option(**A_FILE, rich_help_panel=FILES, help="Write the barcodes that several species share."),
    ] = None,
    genetic_code: GeneticCode = 0,
    force: Force = False,
    threads: Threads = 0,
) -> None:
    """Find references that are probably mislabelled, grade species, and list barcodes that several species share.

    Example: barcodeembed audit mylib.barcodelib -o suspects.tsv --grades grades.tsv
    """
    written = [path for path in (output, grades, shared) if path]
    for path in written:
        check_ending(path, TABLE_ENDINGS, "a table")
    claim(written, read=files_within(library), force=force)
    apply_threads(threads)
    from barcodeembed.outputs.text_output import text_output
    from barcodeembed.workflows.audit import audit_library, grades_table, shared_table, suspects_table

    found = audit_library(library, genetic_code)
    for target, table in ((output, suspects_table), (grades, grades_table), (shared, shared_table)):
        if target:
            with text_output(target) as stream:
                stream.writelines(table(found))
    for line in found.lines():
        console().say(line)
