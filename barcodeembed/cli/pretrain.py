"""``barcodeembed pretrain``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from barcodeembed.cli.console import console
from barcodeembed.cli.options import Device, Force, Threads, apply_threads, check_output

if TYPE_CHECKING:
    from barcodeembed.model.training import Step


def pretrain(
    inputs: Annotated[list[str], typer.Argument(help="Barcodes: FASTA, FASTQ or tables; labels are not used.")],
    run: Annotated[Path, typer.Option(help="Folder for the corpus, the state and the log of the run.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Model file (.safetensors) to write.")],
    config: Annotated[Path | None, typer.Option(help="TOML file with [model] and [training].")] = None,
    steps: Annotated[int | None, typer.Option(help="Steps in all.  [default: 20000]", min=1)] = None,
    batch_size: Annotated[int | None, typer.Option(help="Barcodes a step.  [default: 128]", min=1)] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Peak rate.  [default: 0.001]")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Same seed, same losses.  [default: 1]")] = None,
    dim: Annotated[int, typer.Option(min=0, help="Width of the projected vector; 0: none fitted.")] = 512,
    resume: Annotated[bool, typer.Option("--resume", help="Go on at the run's last checkpoint.")] = False,
    force: Force = False,
    device: Device = "auto",
    threads: Threads = 0,
) -> None:
    """Pretrain a masked-autoencoder encoder on barcodes and write it as a model file.

    Example: barcodeembed pretrain barcodes.fasta.gz --run runs/first -o first.safetensors
    """
    check_output(output, force or resume)
    threads = apply_threads(threads)
    from barcodeembed.model.embedder import set_threads
    from barcodeembed.workflows.pretrain import RunConfig, check_run, export, plot_curves, prepare_corpus
    from barcodeembed.workflows.pretrain import pretrain as run_pretraining

    set_threads(threads)
    given = {"steps": steps, "batch_size": batch_size, "learning_rate": learning_rate, "seed": seed}
    settings = RunConfig.make(config, given, run, resume)
    check_run(settings, run, device=device, resume=resume)
    run.mkdir(parents=True, exist_ok=True)
    with console().progress("placing") as progress:
        corpus = prepare_corpus(inputs, run, profile=settings.model.profile, resume=resume, on_progress=progress.update)
    console().say(f"corpus: {len(corpus):,} distinct barcodes in {run / 'columns.npy'}")
    size = settings.training.batch_size
    with console().progress("training") as progress:
        progress.total(settings.training.steps * size)

        def show(step: Step) -> None:
            progress.update((step.step + 1) * size, f"loss {step.loss:.3f} accuracy {step.accuracy:.3f}")
            if step.validation_loss is not None:
                console().say(
                    f"step {step.step + 1:,}: held-out loss {step.validation_loss:.4f}, "
                    f"accuracy {step.validation_accuracy:.4f}"
                )

        trainer = run_pretraining(settings, corpus, run, device=device, resume=resume, on_step=show)
    console().say("fitting the projection")
    checkpoint = export(trainer, output, dim=dim, origin={"inputs": [Path(path).name for path in inputs]})
    if plot_curves(run / "log.jsonl", run / "curves.png"):
        console().say(f"curves: {run / 'curves.png'}")
    console().say(f"wrote {output}: {checkpoint.parameters:,} parameters, fingerprint {checkpoint.fingerprint}")
