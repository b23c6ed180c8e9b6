"""The typer application: one line for each subcommand, and their order in the help text."""

from __future__ import annotations

import sys

import typer

from barcodeembed.cli.commands import audit, benchmark, classify, embed, index, merge, models, pretrain, profile, split
from barcodeembed.cli.help import GroupedHelp, make_app
from barcodeembed.version import __version__


class _InOrderOfUse(GroupedHelp):
    order = ("index", "classify", "merge", "audit", "split", "embed", "benchmark", "pretrain", "models", "profile")


app = make_app(
    "Name DNA barcodes (COI) with reference libraries.\n\n"
    "\b\n"
    "Example:\n"
    "  barcodeembed index references.tsv -o mylib.barcodelib\n"
    "  barcodeembed classify reads.fasta --library mylib.barcodelib -o calls.tsv",
    name="barcodeembed",
    cls=_InOrderOfUse,
)
app.command("index")(index.index)
app.command("classify")(classify.classify)
app.command("merge")(merge.merge)
app.command("audit")(audit.audit)
app.command("split")(split.split)
app.command("embed")(embed.embed)
app.add_typer(benchmark.app, name="benchmark")
app.command("pretrain")(pretrain.pretrain)
app.add_typer(models.app, name="models")
app.command("profile")(profile.profile)


@app.callback(invoke_without_command=True)
def _top(version: bool = typer.Option(False, "--version", "-V", help="Show the version and exit.")) -> None:
    if version:
        print(f"barcodeembed {__version__}")
        sys.exit(0)
