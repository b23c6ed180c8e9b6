"""``barcodeembed models``: list, info, import."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from barcodeembed.cli.claims import claim
from barcodeembed.cli.console import console
from barcodeembed.cli.help import make_app
from barcodeembed.cli.options import A_FILE, Force, check_ending, check_output
from barcodeembed.outputs.identity import files_within

app = make_app("List, show and import models.")


@app.command("list")
def list_models() -> None:
    """List name and file of every model that --model accepts.

    Example: barcodeembed models list
    """
    from barcodeembed.model.kmer_profile import BASELINES
    from barcodeembed.model.zoo import available

    for name, path in sorted(available().items()):
        print(f"{name}\t{path}")
    for name in BASELINES:
        print(f"{name}\t(k-mer counts, no model file)")


@app.command("info")
def info(model: Annotated[str, typer.Argument(help="Name or model file.")] = "default") -> None:
    """Show settings, size, fingerprint and origin of a model, as JSON.

    Example: barcodeembed models info default
    """
    from barcodeembed.model.zoo import find, load

    checkpoint = load(model)
    description = {
        "file": str(find(model)),
        "fingerprint": checkpoint.fingerprint,
        "parameters": checkpoint.parameters,
        "dim": checkpoint.dim,
        "config": checkpoint.config.to_dict(),
        "origin": dict(checkpoint.origin),
    }
    print(json.dumps(description, indent=1))


@app.command("import")
def import_model(
    source: Annotated[Path, typer.Argument(help="Published checkpoint (.pt, .pth) or Hugging Face folder.")],
    output: Annotated[Path, typer.Option("-o", "--output", **A_FILE, help="Model file (.safetensors) to write.")],
    k: Annotated[int | None, typer.Option(help="k-mer length, if the file doesn't tell.")] = None,
    heads: Annotated[int | None, typer.Option(help="Attention heads, if the file doesn't tell.")] = None,
    as_read: Annotated[
        bool,
        typer.Option("--as-read", help="Use reads as they are, without turning and trimming them to the barcode."),
    ] = False,
    force: Force = False,
) -> None:
    """Convert published BarcodeMAE or BarcodeBERT weights. No code in the file is executed.

    Example: barcodeembed models import best_pretraining.pt -o barcodemae.safetensors
    """
    check_output(output, force)
    check_ending(output, (".safetensors",), "a model file")
    claim([output], read=[source, *files_within(source)], force=force)
    from barcodeembed.model.published.checkpoints import import_published

    checkpoint = import_published(source, k=k, heads=heads, anchored=not as_read)
    checkpoint.save(output)
    console().say(
        f"wrote {output}: {checkpoint.config.layers} layers of width {checkpoint.config.width}, "
        f"{checkpoint.parameters:,} parameters, fingerprint {checkpoint.fingerprint}"
    )
