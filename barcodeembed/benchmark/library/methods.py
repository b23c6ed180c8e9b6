"""The methods that are compared. Each is a program that is called on files, so time and memory of all are measured
alike.

Our classifier runs as ``python -m barcodeembed index`` and ``classify``, the peers as ``blastn`` and ``vsearch``, and
nearest neighbours by identity or by a k-mer profile through :mod:`nearest_worker`.
"""

from __future__ import annotations

import csv
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from barcodeembed.benchmark.peers import blast, vsearch
from barcodeembed.benchmark.peers.names import Found, Names, top_hit
from barcodeembed.benchmark.peers.programs import Run, run_program
from barcodeembed.errors import UsageError
from barcodeembed.model.kmer_profile import BASELINES
from barcodeembed.taxonomy import RANKS
from barcodeembed.version import __version__

NEAREST = ("identity", *BASELINES)
"""Names that ``--baselines`` takes."""


@dataclass(frozen=True)
class Task:
    """The library and the settings that every method gets.

    Attributes
    ----------
    folder
        where the method may put databases and raw output.
    library, fasta, sintax
        files of the references: as a table, as FASTA, and as FASTA with SINTAX headers. Their ids are row numbers.
    table
        names (N, R) of the references.
    coded
        names of taxa; ``sintax`` has the place of a name in this array instead of the name.
    threads
        number of threads, the same for every program.
    """

    folder: Path
    library: Path
    fasta: Path
    sintax: Path
    table: NDArray[np.object_]
    coded: NDArray[np.object_]
    threads: int


@dataclass(frozen=True)
class Method:
    """A program, and one or more ways to read its output.

    Attributes
    ----------
    key
        a short name; the names of its files begin with it.
    version
        version of the program. Results are kept for this version only.
    build
        function that makes the index or database, once; None if the program needs none.
    query
        function of (task, FASTA whose ids are query numbers, raw output); it returns what the run cost.
    read
        function of (task, raw output, number of queries); it returns names for each row of the results table.
    readings
        for each row of the results table, what it means in words.
    """

    key: str
    version: str
    build: Callable[[Task], Run] | None
    query: Callable[[Task, Path, Path], Run]
    read: Callable[[Task, Path, int], dict[str, Names]]
    readings: dict[str, str] = field(default_factory=dict)

    def say(self) -> str:
        """Return name and version, in one line."""
        return f"{self.key} ({self.version})"


def _python(module: str, *arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", module, *map(str, arguments)]


def _run_ours(command: Sequence[str | Path], log: Path, threads: int) -> Run:
    """Run one of our own commands with this number of threads in every library."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
    return run_program(command, log, {**dict.fromkeys(names, str(threads)), "PYTHONPATH": os.pathsep.join(sys.path)})


def classifier(model: str, fingerprint: str, device: str = "auto") -> Method:
    """Return the method that runs our classifier with one encoder as a user does: ``index``, then ``classify``."""
    slug = re.sub(r"[^\w.-]+", "-", Path(model).stem)
    row = f"barcodeembed {slug}"

    def build(task: Task) -> Run:
        options = ["--model", model, "--device", device, "--threads", str(task.threads), "--force"]
        target = task.folder / f"{slug}.barcodelib"
        command = _python("barcodeembed", "index", task.library, "-o", target, *options)
        return _run_ours(command, task.folder / "index.log", task.threads)

    def query(task: Task, queries: Path, output: Path) -> Run:
        library = task.folder / f"{slug}.barcodelib"
        options = ["--device", device, "--threads", str(task.threads), "--force"]
        command = _python("barcodeembed", "classify", queries, "--library", library, "-o", output, *options)
        return _run_ours(command, output.with_suffix(".log"), task.threads)

    def read(task: Task, output: Path, n_queries: int) -> dict[str, Names]:
        return {row: read_calls(output, n_queries, task.table)}

    words = f"our classifier with the encoder {slug}, default settings"
    # A k-mer profile may be a baseline as well.
    key = f"classify-{slug}" if slug in NEAREST else slug
    return Method(key, f"barcodeembed {__version__}, model {fingerprint}", build, query, read, {row: words})


def read_calls(path: Path, n_queries: int, table: NDArray[np.object_]) -> Names:
    """Return names and probabilities from the calls of ``classify`` (docs/formats.md), in which ids are numbers of
    queries and of references.

    A probability is that of the candidate at its rank. If the candidate's name was not given, it is the first of the
    candidates that the call lists, or else the name of the nearest reference.
    """
    names = Names.blank(n_queries)
    names.novelty[:] = 1.0
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            query = int(row["query_id"])
            likely = table[int(row["nearest_id"])].copy() if row["nearest_id"] else [""] * len(RANKS)
            if first := row["candidates"].partition("; ")[0]:
                # Candidates stand one known rank below the name.
                named = RANKS.index(row["rank"]) if row["rank"] else -1
                likely[next((i for i in range(named + 1, len(RANKS)) if row[f"p_{RANKS[i]}"]), -1)] = first
            for place, rank in enumerate(RANKS):
                names.called[query, place] = row[rank]
                names.candidates[query, place] = row[rank] or likely[place]
                if row[f"p_{rank}"]:
                    names.confidence[query, place] = float(row[f"p_{rank}"])
            if row["p_species"]:
                names.novelty[query] = 1 - float(row["p_species"])
    return names


def nearest(kind: str) -> Method:
    """Return the method that gives a query the names of its nearest reference. ``kind`` is ``identity`` (on barcode
    columns) or a k-mer profile (by cosine), as in ``NEAREST``."""

    def query(task: Task, queries: Path, output: Path) -> Run:
        command = _python("barcodeembed.benchmark.library.nearest_worker", kind, task.fasta, queries, output)
        return _run_ours(command, output.with_suffix(".log"), task.threads)

    def read(task: Task, output: Path, n_queries: int) -> dict[str, Names]:
        found = read_nearest(output, n_queries)
        rows = {f"{kind} 1-NN": top_hit(found, task.table)}
        if kind == "identity":
            rows["identity 1-NN 97 %"] = top_hit(found, task.table, identity=97.0)
        return rows

    words = {
        "identity": "names of the reference with the highest identity on barcode columns (no program, no model)",
        **{name: f"names of the nearest reference by cosine of {k}-mer counts" for name, k in BASELINES.items()},
    }
    readings = {f"{kind} 1-NN": words[kind]}
    if kind == "identity":
        readings["identity 1-NN 97 %"] = "the same if identity is 97 % or more, else none"
    return Method(kind, f"barcodeembed {__version__}", None, query, read, readings)


def read_nearest(path: Path, n_queries: int) -> list[Found]:
    """Return, for each query, the reference and its similarity in percent, from the output of :mod:`nearest_worker`."""
    found = [Found((), (), (), ())] * n_queries
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            query, reference, similarity = line.split("\t")
            percent = float(similarity)
            found[int(query)] = Found((int(reference),), (percent,), (percent,), (1.0,))
    return found


def _blast(version: str) -> Method:
    def read(task: Task, output: Path, n_queries: int) -> dict[str, Names]:
        found = blast.read_hits(output, n_queries)
        return {row: reading(found, task.table) for row, (_, reading) in blast.READINGS.items()}

    return Method(
        "blast",
        version,
        lambda task: blast.build(task.fasta, task.folder, task.threads),
        lambda task, queries, output: blast.search(queries, task.folder, output, task.threads),
        read,
        {row: f"{words} ({blast.settings()})" for row, (words, _) in blast.READINGS.items()},
    )


def _sintax(version: str) -> Method:
    row = f"vsearch SINTAX {vsearch.SINTAX_CUTOFF:g}"
    return Method(
        "sintax",
        version,
        None,
        lambda task, queries, output: vsearch.sintax(queries, task.sintax, output, task.threads),
        lambda task, output, n: {row: vsearch.read_sintax(output, n, task.coded)},
        {row: f"names with a bootstrap support of {vsearch.SINTAX_CUTOFF:g} or more (vsearch --sintax, both strands)"},
    )


def _usearch(version: str) -> Method:
    row = "vsearch global 97 %"
    return Method(
        "usearch_global",
        version,
        None,
        lambda task, queries, output: vsearch.usearch_global(queries, task.fasta, output, task.threads),
        lambda task, output, n: {row: vsearch.read_usearch(output, n, task.table)},
        {row: "names of the first reference found with 97 % identity (vsearch --usearch_global, both strands)"},
    )


PEERS: dict[str, tuple[Callable[[], str], tuple[Callable[[str], Method], ...]]] = {
    "blast": (blast.version, (_blast,)),
    "vsearch": (vsearch.version, (_sintax, _usearch)),
}
"""Peers by the name that ``--against`` takes: a function that asks the program for its version, and the methods that
use the program."""


def peers(names: Sequence[str]) -> tuple[list[Method], list[str]]:
    """Return the methods of those peers that are installed, and a message for each peer that is not.

    Raises
    ------
    UsageError
        for an unknown name.
    """
    found: list[Method] = []
    missing = []
    for name in names:
        if name not in PEERS:
            raise UsageError(f"--against {name}: choose from {', '.join(PEERS)}")
        ask, methods = PEERS[name]
        version = ask()
        if version:
            found += [make(version) for make in methods]
        else:
            missing.append(f"{name} is not installed: its rows are left out")
    return found, missing
