"""Options that several commands share, and the checks and settings that are made before numpy or torch are imported."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from barcodeembed.cli.help import FILES, MACHINE
from barcodeembed.errors import UsageError
from barcodeembed.outputs.identity import through_links

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")

_ASKS = ("GOMP_SPINCOUNT", "1000")
# How often a thread that waits asks whether it may go on before it sleeps: the most that GNU's OpenMP allows where
# there are more threads than processors. By default it asks 300 times as often, and where other programs run, two
# threads take four times the processor time, because the one that waits keeps the other from its processor.

_MOST_THREADS = 1024
"""Largest number of threads that can be asked for: more than processors have, and no system refuses so few."""

Threads = Annotated[
    int,
    typer.Option(
        min=0, rich_help_panel=MACHINE, help="Number of threads; 0: as OMP_NUM_THREADS says, or all processors."
    ),
]
Device = Annotated[str, typer.Option(rich_help_panel=MACHINE, help="auto, cpu, cuda, cuda:N or mps.")]
Precision = Annotated[
    str, typer.Option(rich_help_panel=MACHINE, help="auto (bf16 where it is faster), fp32, bf16, int8 (rough).")
]
BatchSize = Annotated[
    int, typer.Option(min=0, rich_help_panel=MACHINE, help="Barcodes in a batch; 0: chosen for the device.")
]
Model = Annotated[
    str,
    typer.Option(rich_help_panel=MACHINE, help="Name (see 'barcodeembed models list') or model file."),
]
MinLength = Annotated[int, typer.Option(min=1, help="Least number of bases of a barcode.")]
MaxAmbiguous = Annotated[float, typer.Option(min=0, max=1, help="Largest share of bases other than A, C, G, T.")]
WholeHeaders = Annotated[
    bool, typer.Option("--whole-headers", help="Use whole headers as ids, instead of their first words.")
]
GeneticCode = Annotated[
    int, typer.Option(min=0, help="Number of NCBI's genetic code for stop codons; 0: by class and phylum.")
]


def file_name(text: str | Path) -> Path:
    """Return the path of a file to write, from what the user gave.

    Raises
    ------
    UsageError
        if it ends in a slash, which a path forgets: it is the name of a folder.
    """
    if str(text).endswith(("/", os.sep)):
        raise UsageError(f"{text} is the name of a folder: give the name of a file")
    return Path(text)


A_FILE: dict[str, Any] = {"parser": file_name, "metavar": "<path>"}
"""How options take the name of a file to write."""

Manifest = Annotated[
    Path | None,
    typer.Option(**A_FILE, rich_help_panel=FILES, help="Write versions, checksums and counts as JSON."),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite existing output.")]

TABLE_ENDINGS = (".tsv", ".tab", ".txt")
"""Endings of the names of tab-separated tables."""

_ANY_KIND = ("", ".dat")  # no ending, and the one that Galaxy gives to every kind of file


def apply_threads(threads: int) -> int:
    """Set the environment variables for threads before numpy and torch are imported. Return the number of threads.

    By default it is what ``OMP_NUM_THREADS`` says, or else the number of processors that this process may use. A
    scheduler may have given us fewer than the machine has. Threads that wait for each other soon sleep, unless
    ``OMP_WAIT_POLICY`` is set.

    Raises
    ------
    UsageError
        if it is more than any processor has.
    """
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]  # more numbers are for loops within loops
    if threads == 0 and asked.isdecimal():
        threads = int(asked)
    if threads == 0:
        threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if threads > _MOST_THREADS:
        raise UsageError(f"{threads} threads were asked for, and {_MOST_THREADS:,} are the most: see --threads")
    for variable in _THREAD_VARIABLES:
        os.environ[variable] = str(threads)
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault(*_ASKS)
    return threads


def check_output(path: Path, force: bool) -> Path:
    """Return the path after checking that it may be written.

    Raises
    ------
    UsageError
        if it exists and ``force`` is not given, is not a regular file, or its directory does not exist.
    """
    if str(path) == "-":
        raise UsageError("this file cannot be written to standard output: give the name of a file")
    if path.is_dir():
        raise UsageError(f"{path} is a directory: give a file name")
    if path.exists() and not path.is_file():
        stdout = ", or - if this command writes to standard output" if path.name == "stdout" else ""
        raise UsageError(f"{path} is a device or a pipe: give the name of a file{stdout}")
    folder = (through_links(path) if path.is_symlink() else path).parent
    if not folder.is_dir():
        raise UsageError(f"the directory {folder} does not exist: create it first")
    if path.exists() and not force:
        raise UsageError(f"{path} exists: give another name, or --force to overwrite it")
    return path


def check_ending(path: Path, endings: Sequence[str], what: str) -> None:
    """Refuse a file name that promises another kind of file than is written.

    Raises
    ------
    UsageError
        if the name (without ``.gz``) has none of the ``endings``. A name without any ending, or with Galaxy's ``.dat``,
        is accepted.
    """
    suffix = (path.with_suffix("") if path.suffix == ".gz" else path).suffix.lower()
    if suffix not in (*endings, *_ANY_KIND):
        raise UsageError(f"{path}: {what} is not written as {suffix}: let the name end in {' or '.join(endings)}")
