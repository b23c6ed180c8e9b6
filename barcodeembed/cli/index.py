"""``barcodeembed index``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from barcodeembed.cli.console import console
from barcodeembed.cli.options import BatchSize, Device, Force, Threads, apply_threads
from barcodeembed.errors import UsageError

if TYPE_CHECKING:
    from barcodeembed.classify.calibrated import CalibratedLibrary
    from barcodeembed.workflows.embedders import AnyEmbedder
    from barcodeembed.workflows.references.intake import References


def index(
    output: Annotated[Path, typer.Option("-o", "--output", help="Library (NAME.barcodelib) to write.")],
    inputs: Annotated[
        list[str] | None, typer.Argument(help="Labelled tables, FASTA or FASTQ, or .h5 files of 'embed'.")
    ] = None,
    taxonomy: Annotated[Path | None, typer.Option(help="Lineages by id, where the input has none.")] = None,
    model: Annotated[str, typer.Option(help="Name (see 'barcodeembed models list') or model file.")] = "default",
    index: Annotated[str, typer.Option(help="flat (exact), hnsw, ivf, ivfpq or a FAISS factory string.")] = "flat",
    source: Annotated[str, typer.Option(help="Where the references come from; kept in the library.")] = "",
    licence: Annotated[str, typer.Option(help="Their licence; kept in the library.")] = "",
    add: Annotated[bool, typer.Option("--add", help="Add the input to the library that is there.")] = False,
    remove: Annotated[list[str] | None, typer.Option(help="Remove the reference of this id, or @FILE of ids.")] = None,
    force: Force = False,
    device: Device = "auto",
    batch_size: BatchSize = 0,
    threads: Threads = 0,
) -> None:
    """Make a calibrated reference library of labelled barcodes, or grow and prune one.

    Example: barcodeembed index references.tsv -o mylib.barcodelib
    """
    threads = apply_threads(threads)
    _check(inputs, output, add, remove, force)
    from barcodeembed.library.library_files import load_library
    from barcodeembed.library.vector_index import check_kind
    from barcodeembed.workflows.embedders import open_embedder
    from barcodeembed.workflows.index import (
        build_library,
        grow_library,
        library_model,
        read_ids,
        recalibrate,
        split_inputs,
        warnings_of,
    )

    check_kind(index)
    changed = load_library(output) if add or remove else None
    embedded = split_inputs(inputs) if inputs else False
    embedder = None
    if not embedded and (changed is None or changed.has_columns):
        name = library_model(changed) if changed else model
        embedder = open_embedder(name, device=device, batch_size=batch_size, threads=threads)
        if changed:
            changed.check_model(name, embedder.fingerprint)
    references = _read(inputs, embedder, library_model(changed) if changed else Path(model).stem, taxonomy, not changed)
    if changed is None and references:
        library = build_library(
            references,
            model=references.model,
            fingerprint=references.fingerprint,
            index=index,
            source=source,
            licence=licence,
        )
    elif changed:
        changed = changed.remove(read_ids(remove)) if remove else changed
        changed = grow_library(changed, references) if references else changed
        changed.manifest |= {name: value for name, value in (("source", source), ("licence", licence)) if value}
        library = recalibrate(changed, embedder)
    library.save(output, force=force or changed is not None)
    for line in warnings_of(library.references, references.report if references else None):
        console().warn(line)
    _report(library, output)


def _check(inputs: list[str] | None, output: Path, add: bool, remove: list[str] | None, force: bool) -> None:
    """Everything that can be known to be wrong before a model is loaded."""
    if str(output) == "-":
        raise UsageError("a library is a directory: give its name to -o")
    if not inputs and (add or not remove):
        raise UsageError("give the labelled sequences, or --remove")
    if inputs and remove and not add:
        raise UsageError("input and --remove together need --add as well: remove first, then add")
    from barcodeembed.library.library_files import check_library_input, check_library_output

    if add or remove:
        check_library_input(output)
    check_library_output(output, force or add or bool(remove))


def _read(
    inputs: list[str] | None, embedder: AnyEmbedder | None, model: str, taxonomy: Path | None, fit: bool
) -> References | None:
    from barcodeembed.sequences.names.taxonomy_files import read_taxonomy
    from barcodeembed.workflows.references.intake import read_embedded, read_references
    from barcodeembed.workflows.references.report import iter_lines

    if not inputs:
        return None
    if embedder is None:
        if taxonomy:
            raise UsageError("--taxonomy goes with sequence files: an embedding file has its lineages")
        references = read_embedded(inputs)
    else:
        lineages = read_taxonomy(taxonomy) if taxonomy else None
        with console().progress("embedding references") as progress:
            references = read_references(
                inputs, embedder, model=model, taxonomy=lineages, fragments=fit, on_progress=progress.update
            )
    for line in iter_lines(references.report):
        console().say(line)
    return references


def _report(calibrated: CalibratedLibrary, output: Path) -> None:
    library, calibration = calibrated.references, calibrated.calibration
    fitted = ", ".join(f"{length} bp" for length in calibration.fitted_lengths)
    if fitted:
        console().say(f"calibrated on the library itself at {fitted}: {output / 'calibration.json'}")
    else:
        console().say("too few species with two individuals to calibrate on: probabilities are those that ship")
    asked = calibration.whole_thresholds("identity" if library.has_columns else "cosine")
    words = ", ".join(f"{rank} {asked[rank]:.2f}" for rank in ("species", "genus", "family", "order"))
    console().say(f"whole barcodes are named from a probability of: {words}")
    console().say(f"wrote {output}: {len(library):,} references x {library.dim}, index {library.manifest['index']}")
