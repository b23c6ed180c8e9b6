"""``barcodeembed pretrain``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from barcodeembed.cli.claims import claim, claim_folder
from barcodeembed.cli.console import Console, console, use_console
from barcodeembed.cli.options import (
    A_FILE,
    Device,
    Force,
    Threads,
    apply_threads,
    check_ending,
    check_output,
)
from barcodeembed.errors import InputError
from barcodeembed.outputs.folders import check_folder_name, place_of_folder

if TYPE_CHECKING:
    from barcodeembed.model.training.loop import Step
    from barcodeembed.workflows.pretrain import Ranks, RunConfig


def pretrain(
    inputs: Annotated[
        list[str],
        typer.Argument(help="Barcodes: FASTA, FASTQ or tables; names are read if training.labels_weight is set."),
    ],
    run: Annotated[Path, typer.Option(help="Folder for the corpus, the state and the log of the run.")],
    output: Annotated[Path, typer.Option("-o", "--output", **A_FILE, help="Model file (.safetensors) to write.")],
    config: Annotated[Path | None, typer.Option(help="TOML file with [model] and [training].")] = None,
    preset: Annotated[
        str | None,
        typer.Option(help="default, distilled, barcodemae, barcodebert or causal; --config and --set override it."),
    ] = None,
    start: Annotated[
        str | None, typer.Option(help="Model (name or file) from whose encoder to start; its shape is taken over.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="<table.name=value>", help="One setting, such as training.seed=2; may be given again."
        ),
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Total number of steps.  [default: 20000]", min=1)] = None,
    labels: Annotated[
        Path | None, typer.Option(help="File of lineages by id, for sequences without names (training.labels_weight).")
    ] = None,
    probe: Annotated[Path | None, typer.Option(help="Labelled barcodes, to test the encoder while it trains.")] = None,
    dim: Annotated[int, typer.Option(min=0, help="Width of the vectors; 0: no projection is fitted.")] = 512,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint of the run.")] = False,
    force: Force = False,
    device: Device = "auto",
    threads: Threads = 0,
) -> None:
    """Pretrain an encoder on barcodes and write it as a model file.

    Example: barcodeembed pretrain barcodes.fasta.gz --run runs/first -o first.safetensors

    On several GPUs or hosts: torchrun --nproc-per-node 4 -m -- barcodeembed pretrain ...
    """
    check_output(output, force or resume)
    check_ending(output, (".safetensors",), "a model file")
    check_folder_name(run, "a run", "runs/first")
    place = place_of_folder(run, parents=True)
    threads = apply_threads(threads)
    from barcodeembed.model.embedder import set_threads
    from barcodeembed.model.launch import launch
    from barcodeembed.workflows.pretrain import (
        RunConfig,
        check_run,
        forget,
        has_written,
        joined,
        local_device,
        run_files,
    )

    read: list[str | Path] = [*inputs, *(path for path in (labels, config, probe) if path)]
    writes = launch().is_first
    claim_folder(run, run_files(run), read=read, writes=writes)
    made = {os.path.realpath(output)} if resume and has_written(run, output) else ()
    claim([output], read=read, force=force, own=run_files(run), made=made, resume=resume, writes=writes)
    set_threads(threads)
    settings = RunConfig.make(config, {"steps": steps, "start": start}, run, resume, preset, set_ or [])
    device = local_device(device)
    check_run(settings, run, device=device, resume=resume, dim=dim)
    is_new = not run.exists()
    with joined(device) as ranks:
        place.mkdir(parents=True, exist_ok=True)
        if ranks.is_first and not resume:
            settings.save(run)  # first, so that everything in the folder is known to belong to a run
        try:
            _work(
                inputs, run, output, settings, ranks, labels=labels, probe=probe, dim=dim, resume=resume, device=device
            )
        except InputError:
            if is_new and ranks.is_first:
                forget(run)
            raise


def _work(
    inputs: list[str],
    run: Path,
    output: Path,
    settings: RunConfig,
    ranks: Ranks,
    *,
    labels: Path | None,
    probe: Path | None,
    dim: int,
    resume: bool,
    device: str,
) -> None:
    """Make the corpus, train and export, as one of the processes of the run. The first process shows messages and
    writes."""
    from barcodeembed.workflows.pretrain import CURVES_FILE, LOG_FILE, export, make_probe, prepare_corpus
    from barcodeembed.workflows.pretrain import pretrain as run_pretraining
    from barcodeembed.workflows.pretraining.curves import plot_curves

    if not ranks.is_first:
        use_console(Console(quiet=True))
    model, training = settings.model, settings.training
    asked = make_probe(probe, model.profile) if probe and ranks.is_first else None
    with console().progress("placing") as progress:
        corpus = prepare_corpus(
            inputs,
            run,
            profile=model.profile,
            names=bool(training.labels_weight),
            labels=labels,
            resume=resume,
            ranks=ranks,
            on_progress=progress.update,
        )
    console().say(f"corpus: {len(corpus):,} distinct barcodes in {run / 'columns.npy'}")
    if asked:
        console().say(f"probe: {len(asked.queries):,} queries, {len(asked.references):,} references")
    with console().progress("training") as progress:
        progress.total(training.steps * training.batch_size)

        def show(step: Step) -> None:
            note = f"loss {step.loss:.3f} accuracy {step.accuracy:.3f}"
            progress.update((step.step + 1) * training.batch_size, note)
            if step.validation_loss is not None:
                console().say(_validation_line(step))

        trainer = run_pretraining(
            settings, corpus, run, device=device, resume=resume, probe=asked, ranks=ranks, on_step=show
        )
    if not ranks.is_first:
        return
    if dim:
        console().say("fitting the projection")
    checkpoint = export(trainer, output, dim=dim, origin={})
    if plot_curves(run / LOG_FILE, run / CURVES_FILE):
        console().say(f"curves: {run / CURVES_FILE}")
    console().say(f"wrote {output}: {checkpoint.parameters:,} parameters, fingerprint {checkpoint.fingerprint}")


def _validation_line(step: Step) -> str:
    line = f"step {step.step + 1:,}: held-out loss {step.validation_loss:.4f}, accuracy {step.validation_accuracy:.4f}"
    if step.probe:
        line += f", probe: genus {step.probe['probe_genus']:.1%} ({step.probe['probe_genus_plain']:.1%} unwhitened)"
    return line
