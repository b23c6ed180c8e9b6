"""``barcodeembed benchmark``: library, paper, objectives."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from barcodeembed.cli.claims import claim_folder
from barcodeembed.cli.console import console
from barcodeembed.cli.help import make_app
from barcodeembed.cli.options import Device, Force, Threads, apply_threads
from barcodeembed.errors import UsageError
from barcodeembed.outputs.folders import check_folder_name, place_of_folder
from barcodeembed.outputs.identity import through_links, why_no_file

app = make_app(
    "Measure accuracy and speed on your own library, on the published evaluation, or of training objectives."
)

FIGURES = "figures"  # name of the folder beside the results

Output = Annotated[Path, typer.Option("-o", "--output", help="Folder for results; a killed run goes on in it.")]


@app.command("library")
def library(
    inputs: Annotated[list[Path], typer.Argument(help="Labelled barcodes; a column 'split' is used, if there is one.")],
    output: Output,
    queries: Annotated[
        list[Path] | None, typer.Option(help="File of queries, instead of a split; may be given again.")
    ] = None,
    against: Annotated[str, typer.Option(help="Programs to compare with, if they are installed.")] = "blast,vsearch",
    model: Annotated[list[str] | None, typer.Option(help="Encoder; may be given again.  [default: default]")] = None,
    baselines: Annotated[str, typer.Option(help="identity, kmer4, kmer5, kmer6.")] = "identity,kmer6",
    lengths: Annotated[str, typer.Option(help="Lengths of the queries, in bases.")] = "full,313,200,130",
    max_queries: Annotated[
        int, typer.Option(min=1, help="Largest number of queries in a set, if a split is made.")
    ] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the split and the fragments.")] = 1,
    device: Device = "auto",
    threads: Threads = 0,
    force: Force = False,
) -> None:
    """Compare this program with others on your own library: how many names are right, wrong or missing at every rank.

    Example: barcodeembed benchmark library mylib.tsv --against blast,vsearch -o results/
    """
    threads = apply_threads(threads)
    from barcodeembed.benchmark.library.run import LibraryPlan, benchmark_library

    _claim(output, [*inputs, *(queries or [])])
    _warn_without_figures()
    plan = LibraryPlan(
        inputs,
        queries or (),
        models=model or ["default"],
        baselines=_words(baselines),
        against=_words(against),
        lengths=_words(lengths),
        seed=seed,
        max_queries=max_queries,
        threads=threads,
        device=device,
    )
    done = benchmark_library(plan, output, force=force, say=console().say)
    figures = [path for path in done.files if path.parent.name == FIGURES]
    console().say(f"wrote {output / 'results.json'}, {output / 'results.md'}{_and_figures(output, len(figures))}")


@app.command("paper")
def paper(
    data: Annotated[Path, typer.Option(help="BIOSCAN_5M_metadata.csv, as published (or as TSV).")],
    output: Output,
    model: Annotated[
        list[str] | None,
        typer.Option(help="Encoder; NAME:mean for the mean of its tokens; may be given again.  [default: default]"),
    ] = None,
    steps: Annotated[str, typer.Option(help="genus, species, bins, probe, finetune, val.")] = "genus,species,bins",
    against: Annotated[str, typer.Option(help="identity, blast.")] = "identity,blast",
    clusters: Annotated[
        int, typer.Option(min=0, help="Number of clusters; 0: the number of species, as published.")
    ] = 0,
    probe_epochs: Annotated[int, typer.Option(min=1, help="Epochs of the linear probe.")] = 200,
    finetune_epochs: Annotated[int, typer.Option(min=1, help="Epochs of fine-tuning.")] = 35,
    only_plan: Annotated[bool, typer.Option("--only-plan", help="Show how much work it is, and stop.")] = False,
    device: Device = "auto",
    threads: Threads = 0,
    force: Force = False,
) -> None:
    """Run the published BIOSCAN-5M evaluation from its metadata file, and show published figures beside the results.

    Example: barcodeembed benchmark paper --data BIOSCAN_5M_metadata.csv -o results/
    """
    threads = apply_threads(threads)
    from barcodeembed.benchmark.paper.plan import PaperPlan
    from barcodeembed.benchmark.paper.run import benchmark_paper

    _claim(output, [data])
    _warn_without_figures()
    plan = PaperPlan(
        data,
        models=model or ["default"],
        steps=_words(steps),
        baselines=_words(against),
        clusters=clusters,
        probe_epochs=probe_epochs,
        finetune_epochs=finetune_epochs,
        threads=threads,
        device=device,
    )
    with console().progress("working") as progress:
        results = benchmark_paper(
            plan, output, force=force, only_plan=only_plan, say=console().say, on_progress=progress.update
        )
    if results:
        console().say(f"wrote {output / 'results.json'}, {output / 'results.md'}{_and_figures(output)}")


@app.command("objectives")
def objectives(
    config: Annotated[Path, typer.Argument(help="TOML: corpus, labelled, seeds, [budget], [model], [training].")],
    output: Output,
    device: Device = "auto",
    threads: Threads = 0,
    force: Force = False,
) -> None:
    """Train a masked autoencoder, a masked and a causal language model with equal budgets, and compare them.

    Example: barcodeembed benchmark objectives objectives.toml -o results/
    """
    threads = apply_threads(threads)
    from barcodeembed.benchmark.objectives.run import benchmark_objectives
    from barcodeembed.model.embedder import set_threads

    _claim(output, [config])
    set_threads(threads)
    _warn_without_figures()
    with console().progress("training") as progress:
        benchmark_objectives(config, output, device=device, force=force, say=console().say, on_step=progress.update)
    console().say(f"wrote {output / 'results.json'}, {output / 'results.md'}{_and_figures(output)}")


def _warn_without_figures() -> None:
    """Warn, before hours of work, that no figures will be drawn, and say how to get them."""
    from barcodeembed.workflows.report.figures import has_matplotlib

    if not has_matplotlib():
        console().warn("matplotlib cannot be loaded: no figures will be drawn (pip install matplotlib)")


def _and_figures(output: Path, number: int | None = None) -> str:
    from barcodeembed.workflows.report.figures import has_matplotlib

    if not has_matplotlib():
        return ""
    return f" and {output / FIGURES}" + (f": {number} files" if number is not None else "")


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _claim(output: Path, paths: list[Path]) -> None:
    """Reserve the folder for this run. Inputs must be files outside of it, because ``--force`` may empty it."""
    check_folder_name(output, "a benchmark's output", "results/")
    folder = place_of_folder(output, parents=True)
    for path in paths:
        if not path.is_file():
            why = why_no_file(path)
            raise UsageError(f"{path}: {why}; a benchmark reads its input more than once, so it must be a file")
        if folder in through_links(path).parents:
            raise UsageError(f"{path} is within {output}: give another folder to -o")
    claim_folder(output, [], read=paths)
