"""Run VSEARCH as labs use it: SINTAX with a bootstrap cut-off of 0.8, and global alignment at 97 % identity."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from barcodeembed.benchmark.peers.names import Names
from barcodeembed.benchmark.peers.programs import Run, find_program, first_line, run_program
from barcodeembed.taxonomy import RANKS

SINTAX_CUTOFF = 0.8
IDENTITY = 0.97

_RANK_OF_LETTER = {rank[0]: place for place, rank in enumerate(RANKS)}
_SUPPORT = re.compile(r"([a-z]):(.*)\(([0-9.]+)\)$")


def version() -> str:
    """Return ``vsearch v2.22.1_linux_x86_64``; empty if it is not installed."""
    program = find_program("vsearch")
    return first_line([program, "--version"]).partition(",")[0] if program else ""


def sintax(queries: Path, references: Path, output: Path, threads: int) -> Run:
    """Classify all queries, on both strands, against a FASTA file with SINTAX headers.

    Results can only be repeated with one thread, because vsearch hands its random numbers to the thread that asks
    first.
    """
    command = [
        *("vsearch", "--sintax", queries, "--db", references, "--tabbedout", output, "--strand", "both"),
        *("--sintax_cutoff", SINTAX_CUTOFF, "--randseed", "1", "--threads", threads, "--notrunclabels"),
    ]
    return run_program([str(part) for part in command], output.with_suffix(".log"))


def read_sintax(path: Path, n_queries: int, coded: NDArray[np.object_]) -> Names:
    """Return the names at or above the cut-off, and the bootstrap support of every name.

    References are written as ``s:17``, because names may contain commas; ``coded`` (n,) has the name for each number.
    """
    names = Names.blank(n_queries)
    names.novelty[:] = 1.0
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            fields = line.rstrip("\n").split("\t")
            query = int(fields[0])
            for part in fields[1].split(",") if len(fields) > 1 and fields[1] else []:
                if (match := _SUPPORT.match(part)) and match.group(1) in _RANK_OF_LETTER:
                    rank, support = _RANK_OF_LETTER[match.group(1)], float(match.group(3))
                    name = coded[int(match.group(2))]
                    names.candidates[query, rank], names.confidence[query, rank] = name, support
                    if support >= SINTAX_CUTOFF:
                        names.called[query, rank] = name
            support = names.confidence[query, -1]
            names.novelty[query] = 1 - (0 if np.isnan(support) else support)
    return names


def usearch_global(queries: Path, references: Path, output: Path, threads: int) -> Run:
    """Find, on both strands, the first reference with 97 % identity, with the default limits: 1 accept, 32 rejects."""
    command = [
        *("vsearch", "--usearch_global", queries, "--db", references, "--strand", "both", "--id", IDENTITY),
        *("--userout", output, "--userfields", "query+target+id", "--threads", threads, "--notrunclabels"),
    ]
    return run_program([str(part) for part in command], output.with_suffix(".log"))


def read_usearch(path: Path, n_queries: int, table: NDArray[np.object_]) -> Names:
    """Return the names of the accepted reference; no name for a query without one."""
    names = Names.blank(n_queries)
    names.novelty[:] = 100 * (1 - IDENTITY)
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            query, reference, identity = line.rstrip("\n").split("\t")
            row = int(reference.partition(";")[0])
            names.called[int(query)] = names.candidates[int(query)] = table[row]
            names.novelty[int(query)] = 100 - float(identity)
    return names
