"""``barcodeembed index``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from barcodeembed.cli.claims import claim_folder, model_file
from barcodeembed.cli.console import console
from barcodeembed.cli.help import MACHINE, SELECTION
from barcodeembed.cli.listed import listed
from barcodeembed.cli.options import (
    BatchSize,
    Device,
    Force,
    Model,
    Precision,
    Threads,
    WholeHeaders,
    apply_threads,
)
from barcodeembed.errors import UsageError

if TYPE_CHECKING:
    from barcodeembed.classify.calibrated import CalibratedLibrary
    from barcodeembed.workflows.index import IndexSettings


def index(
    output: Annotated[Path, typer.Option("-o", "--output", help="Library (NAME.barcodelib) to write.")],
    inputs: Annotated[
        list[str] | None, typer.Argument(help="Labelled tables, FASTA or FASTQ files, or .h5 files made by 'embed'.")
    ] = None,
    taxonomy: Annotated[Path | None, typer.Option(help="File of lineages by id, if the input has none.")] = None,
    source: Annotated[str, typer.Option(help="Where the references come from; stored in the library.")] = "",
    licence: Annotated[str, typer.Option(help="Licence of the references; stored in the library.")] = "",
    add: Annotated[bool, typer.Option("--add", help="Add the input to an existing library.")] = False,
    remove: Annotated[
        list[str] | None, typer.Option(help="Remove the reference with this id, or with the ids in @FILE.")
    ] = None,
    interim_names: Annotated[
        str, typer.Option(help="What to do with names like 'Eulaema sp. 3': keep or drop.")
    ] = "keep",
    whole_headers: WholeHeaders = False,
    allow_losses: Annotated[
        bool, typer.Option("--allow-losses", help="Go on even if half of the records or more are dropped.")
    ] = False,
    force: Force = False,
    taxon: Annotated[
        list[str] | None,
        typer.Option(rich_help_panel=SELECTION, help="Keep only this taxon (of any rank); may be given again."),
    ] = None,
    country: Annotated[
        list[str] | None,
        typer.Option(rich_help_panel=SELECTION, help="Keep only this country, or those in @FILE; may be given again."),
    ] = None,
    region: Annotated[
        list[str] | None,
        typer.Option(rich_help_panel=SELECTION, help="Keep only this province, state or region, or those in @FILE."),
    ] = None,
    marker: Annotated[
        list[str] | None,
        typer.Option(
            rich_help_panel=SELECTION,
            help="Keep rows of this marker, in a table that names it; may be given again.  [default: COI-5P]",
        ),
    ] = None,
    min_length: Annotated[
        int, typer.Option(min=1, rich_help_panel=SELECTION, help="Least number of bases of a barcode.")
    ] = 100,
    require: Annotated[
        str,
        typer.Option(rich_help_panel=SELECTION, help="Keep only records with a name at this rank (such as species)."),
    ] = "",
    max_per_species: Annotated[
        int, typer.Option(min=0, rich_help_panel=SELECTION, help="Keep at most this many of a species; 0: all.")
    ] = 0,
    dereplicate: Annotated[
        bool,
        typer.Option(
            "--dereplicate", rich_help_panel=SELECTION, help="Keep one of records with equal barcode and equal names."
        ),
    ] = False,
    exclude: Annotated[
        list[str] | None, typer.Option(rich_help_panel=SELECTION, help="Leave out this id, or the ids in @FILE.")
    ] = None,
    model: Model = "default",
    index: Annotated[
        str, typer.Option(rich_help_panel=MACHINE, help="flat (exact), hnsw, ivf, ivfpq or a FAISS factory string.")
    ] = "flat",
    device: Device = "auto",
    precision: Precision = "auto",
    batch_size: BatchSize = 0,
    threads: Threads = 0,
) -> None:
    """Make a calibrated reference library of labelled barcodes, or change one by adding and removing references.

    Example: barcodeembed index references.tsv -o mylib.barcodelib

    Example: barcodeembed index BOLD_Public.tsv.gz --taxon Araneae --country Finland -o spiders.barcodelib
    """
    threads = apply_threads(threads)
    _check(inputs, output, add, remove, force)
    _claim([*(inputs or []), *([taxonomy] if taxonomy else []), *model_file(model)], output, remove or [])
    _check_library(output, force, bool(add or remove))
    from barcodeembed.sequences.batches import Limits
    from barcodeembed.sequences.formats.sources import MARKER
    from barcodeembed.sequences.names.cleaning import INTERIM
    from barcodeembed.workflows.embedders import Machine
    from barcodeembed.workflows.index import IndexSettings
    from barcodeembed.workflows.references.report import Reading
    from barcodeembed.workflows.references.selection import Selection

    selection = Selection(
        taxa=taxon or (),
        countries=listed(country or ()),
        regions=listed(region or ()),
        markers=marker or (MARKER,),
        require=require,
        exclude=frozenset(listed(exclude or ())),
        dereplicate=dereplicate,
        max_per_species=max_per_species,
    )
    if interim_names not in INTERIM:
        raise UsageError(f"--interim-names: {interim_names!r} is not one of {', '.join(INTERIM)}")
    machine = Machine(device, precision, batch_size, threads)
    reading = Reading(interim_names, whole_headers, allow_losses)
    settings = IndexSettings(model, index, source, licence, taxonomy, Limits(min_length), selection, machine, reading)
    _make(inputs or [], output, settings, change=add or bool(remove), remove=listed(remove or ()), force=force)


def _make(
    inputs: list[str], output: Path, settings: IndexSettings, *, change: bool, remove: list[str], force: bool
) -> None:
    from barcodeembed.library.library_files import load_library
    from barcodeembed.library.vector_index import check_kind
    from barcodeembed.workflows.index import change_library, make_library
    from barcodeembed.workflows.references.library_warnings import warnings_of
    from barcodeembed.workflows.references.report import iter_lines, lost_lines

    check_kind(settings.index)
    with console().progress("embedding references") as progress:
        if change:
            made = change_library(load_library(output), inputs, remove, settings, on_progress=progress.update)
        else:
            made = make_library(inputs, settings, on_progress=progress.update)
    for line in lost_lines(made.report) if made.report else ():
        console().warn(line)
    for line in iter_lines(made.report) if made.report else ():
        console().say(line)
    made.library.save(output, force=force or change)
    if made.removed:
        console().say(f"removed   {made.removed:>11,}  (of the library's references, by id)")
    if change and inputs and not settings.source and (known := made.library.references.manifest.get("source")):
        console().say(f"source of the library: still {known!r}; --source, given with --add, adds another")
    for line in warnings_of(made.library.references, made.report):
        console().warn(line)
    _report(made.library, output)


def _check(inputs: list[str] | None, output: Path, add: bool, remove: list[str] | None, force: bool) -> None:
    """Raise every error that can be found before a model is loaded."""
    if str(output) == "-":
        raise UsageError("a library is a directory: give its name to -o")
    if not inputs and (add or not remove):
        raise UsageError("give the labelled sequences, or --remove")
    if inputs and remove and not add:
        raise UsageError("input and --remove together need --add as well: remove first, then add")
    _check_library(output, force, bool(add or remove))


def _check_library(output: Path, force: bool, changed: bool) -> None:
    from barcodeembed.library.library_files import check_library_input, check_library_output

    if changed:
        check_library_input(output)
    check_library_output(output, force or changed)


def _claim(read: Sequence[str | Path], output: Path, remove: Sequence[str]) -> None:
    """Reserve the library for this run, which may read for a long time before it writes."""
    from barcodeembed.library.library_files import library_files

    claim_folder(output, library_files(output), read=[*read, *(id[1:] for id in remove if id.startswith("@"))])


def _report(calibrated: CalibratedLibrary, output: Path) -> None:
    from barcodeembed.classify.fitting.fit_calibration import MIN_KNOWN
    from barcodeembed.taxonomy import RANKS

    library, calibration = calibrated.references, calibrated.calibration
    fitted = ", ".join(f"{length} bp" for length in calibration.fitted_lengths)
    if fitted:
        console().say(f"calibrated on the library itself at {fitted}: {output / 'calibration.json'}")
    else:
        console().say(
            "too few species with two individuals to calibrate on: probabilities are as they ship with the program"
        )
    asked = calibration.whole_thresholds("identity" if library.has_columns else "cosine")
    named = [rank for place, rank in enumerate(RANKS) if library.taxa.codes[:, place].any()]
    if words := [f"{rank} {asked[rank]:.2f}" for rank in ("species", "genus", "family", "order") if rank in named]:
        console().say(f"a whole barcode gets a name from this probability on: {', '.join(words)}")
    if fitted and (few := [rank for rank in calibration.untested_ranks(MIN_KNOWN) if rank in named]):
        console().say(
            f"hardly tested with missing taxa (fewer than {MIN_KNOWN} examples): {', '.join(few)}; "
            "a query of one that the library lacks may be named wrongly"
        )
    console().say(f"wrote {output}: {len(library):,} references x {library.dim}, index {library.manifest['index']}")
