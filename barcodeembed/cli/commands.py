"""The typer application: one line a subcommand."""

from __future__ import annotations

import sys

import typer

from barcodeembed import __version__
from barcodeembed.cli import audit, benchmark, classify, embed, index, models, pretrain, profile, split

app = typer.Typer(
    name="barcodeembed",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Embed DNA barcodes with a pretrained masked-autoencoder encoder.\n\n"
    "Example: barcodeembed embed reads.fasta -o emb.h5\n\n"
    "Every command also takes -q/--quiet, -v/--verbose, --log-json FILE and --debug.",
)
app.command("embed")(embed.embed)
app.command("index")(index.index)
app.command("classify")(classify.classify)
app.command("audit")(audit.audit)
app.command("split")(split.split)
app.command("pretrain")(pretrain.pretrain)
app.add_typer(models.app, name="models")
app.command("profile")(profile.profile)
app.add_typer(benchmark.app, name="benchmark")


@app.callback(invoke_without_command=True)
def _top(version: bool = typer.Option(False, "--version", "-V", help="Show the version and exit.")) -> None:
    if version:
        print(f"barcodeembed {__version__}")
        sys.exit(0)
