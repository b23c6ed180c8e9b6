"""Options that several commands share, and what they do before anything heavy is imported."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from barcodeembed.errors import UsageError

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")

Threads = Annotated[int, typer.Option(help="Threads for everything; 0: the processors this process may use.", min=0)]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")]
Precision = Annotated[str, typer.Option(help="auto, fp32, bf16 (GPU) or int8 (CPU, rougher).")]
BatchSize = Annotated[int, typer.Option(help="Barcodes a batch; 0: chosen for the device.", min=0)]
MinLength = Annotated[int, typer.Option(min=1, help="Bases a barcode must have.")]
MaxAmbiguous = Annotated[float, typer.Option(min=0, max=1, help="Share of bases that may be none of A, C, G, T.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite what is there.")]


def apply_threads(threads: int) -> int:
    """Set the thread variables before numpy and torch are imported; returns the number of threads.

    The default is the affinity mask, not the number of processors: a scheduler may have given us fewer.
    """
    if threads == 0:
        threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    for variable in _THREAD_VARIABLES:
        os.environ[variable] = str(threads)
    return threads


def check_output(path: Path, force: bool) -> Path:
    """A path that may be written.

    Raises
    ------
    UsageError
        if it exists and ``force`` is not given, is no regular file, or its directory isn't there.
    """
    if str(path) == "-":
        raise UsageError("this file cannot be written to standard output: give the name of a file")
    if path.is_dir():
        raise UsageError(f"{path} is a directory: give a file name")
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is a device or a pipe: give the name of a file")
    if not path.parent.is_dir():
        raise UsageError(f"the directory {path.parent} does not exist: create it first")
    if path.exists() and not force:
        raise UsageError(f"{path} exists: give another name, or --force to overwrite it")
    return path
