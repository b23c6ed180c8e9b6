"""Run BLAST+ as labs use it: one megablast search, whose hits are read in three ways: top hit, top hit with 97 %
identity, and consensus."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from barcodeembed.benchmark.peers.names import Found, Names, consensus, top_hit
from barcodeembed.benchmark.peers.programs import Run, find_program, first_line, run_program

PROGRAMS = ("makeblastdb", "blastn")

TARGETS = 50
"""Number of references listed for a query. It is enough to see a tie between species; the default of 500 only takes
longer."""

_FIELDS = "qseqid sseqid pident qcovs bitscore"


def version() -> str:
    """Return ``blastn: 2.12.0+``; empty if it is not installed."""
    program = find_program("blastn")
    return first_line([program, "-version"]) if program and find_program("makeblastdb") else ""


def build(references: Path, folder: Path, threads: int) -> Run:
    """Make the database from a FASTA file whose ids are row numbers."""
    return run_program(
        ["makeblastdb", "-in", references, "-dbtype", "nucl", "-out", folder / "blastdb"], folder / "makeblastdb.log"
    )


def search(queries: Path, folder: Path, output: Path, threads: int) -> Run:
    """Search both strands of all queries with this number of threads."""
    command = [
        *("blastn", "-task", "megablast", "-query", queries, "-db", folder / "blastdb", "-out", output),
        *("-outfmt", f"6 {_FIELDS}", "-max_target_seqs", TARGETS, "-max_hsps", "1", "-num_threads", threads),
    ]
    return run_program([str(part) for part in command], output.with_suffix(".log"))


def read_hits(path: Path, n_queries: int) -> list[Found]:
    """Return the hits of each query in BLAST's order (by e-value, then bit score)."""
    hits: list[list[tuple[int, float, float, float]]] = [[] for _ in range(n_queries)]
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            query, reference, identity, coverage, bits = line.split("\t")
            hits[int(query)].append((int(reference), float(identity), float(bits), float(coverage) / 100))
    return [Found(*zip(*found, strict=True)) if found else Found((), (), (), ()) for found in hits]


READINGS: dict[str, tuple[str, Callable[[Sequence[Found], NDArray[np.object_]], Names]]] = {
    "blast top hit": ("names of the best hit, however far", top_hit),
    "blast top hit 97 %": (
        "names of the best hit if it has 97 % identity over 80 % of the query, else none",
        lambda found, table: top_hit(found, table, identity=97.0, coverage=0.8),
    ),
    "blast LCA": (
        "common names of the hits within 2 % of the best bit score and 80 % coverage; species from 97 % identity, "
        "genus from 95 %, family from 90 %, order from 85 %",
        consensus,
    ),
}
"""The rows of the results table that one search gives: what is done with the hits, in words and in code."""


def settings() -> str:
    """Return the options that the result depends on, for the record."""
    return shlex.join(["blastn", "-task", "megablast", "-max_target_seqs", str(TARGETS), "-max_hsps", "1"])
