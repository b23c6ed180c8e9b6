"""Reads with errors: how many keep their name, by rate and kind of error.

    python docs/benchmarks/noisy_reads.py LIBRARY.barcodelib --known known.tsv --new new.tsv [--lacking lacking.tsv]

``known`` are labelled barcodes of species that the library has, ``new`` of new species of its genera, ``lacking`` of
genera that it lacks. Copies with errors at
random places are classified as any file is. Printed for each length, kind of error and rate, in percent: known species
right / wrong / ambiguous / called new; new species that got a species name (all wrong); how many reads were rejected;
and the calibration error of species, genus and family (ten bins; the sets have the weights of ``PRIOR``, in which all
taxa above species that are lacking have 5 %; without ``--lacking`` new species have 30 %). Behind each error stands in
brackets what it would be on average if each candidate were right with exactly its probability: so few queries do not
show less.

``--fastq`` writes qualities: error probabilities are spread log-normally (one standard deviation a factor of e) around
the rate, and errors fall where they are high. With ``--vsearch`` the best hit of VSEARCH stands beside it.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from calibration_error import binned_error

from barcodeembed.classify.fitting.holdout import PRIOR
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.codes import decode
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.noise import ERROR_KINDS, with_errors
from barcodeembed.sequences.placement.anchor import shipped_anchor
from barcodeembed.taxonomy import RANKS, Lineage
from barcodeembed.workflows.classify import classify_with, open_classifier
from barcodeembed.workflows.embedders import AnyEmbedder, Machine, open_embedder

RATES = (0.0, 0.005, 0.01, 0.02, 0.03, 0.05)
AMPLICON = slice(345, 658)
"""Columns of the amplicon of Leray et al. 2013."""

HEADS = ["columns", "errors", "rate", "right / wrong", "ambiguous", "new", "new species: named", "rejected"]
HEADS += ["calibration error"]
JUDGED = ("species", "genus", "family")
DRAWS = 200


@dataclass(frozen=True)
class Outcome:
    """The call of one read: its outcome in a word, and by rank the probability of the candidate and whether it is
    right."""

    word: str
    confidence: tuple[float, ...] = ()
    right: tuple[bool, ...] = ()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("--known", required=True)
    parser.add_argument("--new", required=True)
    parser.add_argument("--lacking")
    parser.add_argument("--number", type=int, default=300, help="of queries of each set (default: %(default)s)")
    parser.add_argument("--rates", type=float, nargs="+", default=RATES)
    parser.add_argument("--kinds", nargs="+", default=list(ERROR_KINDS), choices=list(ERROR_KINDS))
    parser.add_argument("--lengths", nargs="+", default=["whole", "313"], choices=["whole", "313"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fastq", action="store_true")
    parser.add_argument("--vsearch", type=Path, help="a FASTA file of the library, its species as the ids")
    arguments = parser.parse_args()
    embedder = open_embedder("default", Machine(threads=1))
    heads = HEADS + (["VSEARCH: best hit right"] if arguments.vsearch else [])
    print(f"| {' | '.join(heads)} |")
    print("|---" * len(heads) + "|")
    for length in arguments.lengths:
        paths = [path for path in (arguments.known, arguments.new, arguments.lacking) if path]
        sets = [sample(path, arguments.number, length, arguments.seed) for path in paths]
        for kind in arguments.kinds:
            for rate in arguments.rates:
                if rate == 0 and kind != arguments.kinds[0]:
                    continue
                rng = np.random.default_rng([arguments.seed, int(rate * 1e4)])
                with tempfile.TemporaryDirectory() as folder:
                    files = [
                        write_noisy(barcodes, Path(folder) / name, rate, kind, rng, fastq=arguments.fastq)
                        for barcodes, name in zip(sets, ("known", "new", "lacking"), strict=False)
                    ]
                    outcomes = [
                        called(file, barcodes, arguments.library, embedder)
                        for file, barcodes in zip(files, sets, strict=True)
                    ]
                    cells = [length, kind if rate else "none", f"{100 * rate:g} %", *summary(*outcomes)]
                    if arguments.vsearch:
                        cells.append(best_hits(files[0], sets[0], arguments.vsearch))
                print(f"| {' | '.join(cells)} |", flush=True)


def sample(path: str, number: int, length: str, seed: int) -> list[Barcode]:
    """Return some labelled barcodes of a file, whole or cut to the amplicon."""
    barcodes = [one for one in read_barcodes([path], labelled=True) if one.lineage.names[-1]]
    chosen = np.random.default_rng(seed).permutation(len(barcodes))[:number]
    some = [barcodes[i] for i in chosen]
    if length == "whole":
        return some
    columns = shipped_anchor().place([one.sequence for one in some]).columns[:, AMPLICON]
    cut = [decode(own).replace("-", "") for own in columns]
    return [Barcode(one.id, bases, one.lineage) for one, bases in zip(some, cut, strict=True) if len(bases) > 250]


def write_noisy(
    barcodes: Sequence[Barcode], path: Path, rate: float, kind: str, rng: np.random.Generator, *, fastq: bool
) -> Path:
    """Write copies with errors, numbered, as FASTA or FASTQ; return the path."""
    path = path.with_suffix(".fastq" if fastq else ".fasta")
    with path.open("w", encoding="ascii") as file:
        for number, barcode in enumerate(barcodes):
            each = rng.lognormal(-0.5, 1.0, len(barcode.sequence)) * max(rate, 1e-4) if fastq else rate
            each = np.clip(each, 1e-5, 0.5) if fastq else each
            bases, origin = with_errors(barcode.sequence, each if rate else 0.0, ERROR_KINDS[kind], rng)
            if fastq:
                phred = np.clip(np.round(-10 * np.log10(np.asarray(each)[origin])), 2, 60).astype(int)
                file.write(f"@{number}\n{bases}\n+\n{''.join(chr(33 + q) for q in phred)}\n")
            else:
                file.write(f">{number}\n{bases}\n")
    return path


def called(file: Path, barcodes: Sequence[Barcode], library: Path, embedder: AnyEmbedder) -> list[Outcome]:
    """Return the call of each read of a file; ``barcodes`` have its true names."""
    outcomes = []
    rows = classify_with([file], open_classifier([library]), embedder)
    for (call, _), barcode in zip(rows, barcodes, strict=True):
        if call.status != "ok":
            outcomes.append(Outcome("rejected"))
            continue
        assignment, truth = call.assignment, barcode.lineage
        name, word = assignment.lineage.names[-1] if assignment.lineage.names else "", assignment.verdict
        if name:
            word = "right" if name == truth.names[-1] else "wrong"
        nearest = call.nearest.lineage if call.nearest else Lineage()
        at = [RANKS.index(rank) for rank in JUDGED]
        right = tuple(bool(truth.names[i]) and nearest.names[i] == truth.names[i] for i in at)
        outcomes.append(Outcome(word, tuple(assignment.confidence[i] for i in at), right))
    return outcomes


def summary(known: Sequence[Outcome], new: Sequence[Outcome], lacking: Sequence[Outcome] = ()) -> list[str]:
    """Return the cells of one row of the table."""
    weights = (PRIOR["known"], PRIOR["new_species"], 1 - PRIOR["known"] - PRIOR["new_species"])
    if not lacking:
        weights = (PRIOR["known"], 1 - PRIOR["known"], 0.0)
    words = Counter(outcome.word for outcome in known)
    share = {word: 100 * count / len(known) for word, count in words.items()}
    called_new = share.get("new_species", 0.0) + share.get("new_genus", 0.0) + share.get("unplaced", 0.0)
    named = 100 * sum(outcome.word in ("right", "wrong") for outcome in new) / len(new)
    rejected = sum(outcome.word == "rejected" for outcome in [*known, *new])
    errors = []
    for place in range(len(JUDGED)):
        judged = [[one for one in some if one.confidence] for some in (known, new, lacking)]
        judged = [[one for one in some if not np.isnan(one.confidence[place])] for some in judged]
        p = np.array([one.confidence[place] for some in judged for one in some])
        right = np.array([one.right[place] for some in judged for one in some])
        sizes = np.array([len(some) for some in judged])
        weight = np.repeat(np.array(weights) / np.maximum(sizes, 1), sizes)
        errors.append(f"{binned_error(p, right, weight):.3f} ({error_by_chance(p, weight):.3f})")
    return [
        f"{share.get('right', 0.0):.1f} / {share.get('wrong', 0.0):.1f}",
        f"{share.get('ambiguous', 0.0):.1f}",
        f"{called_new:.1f}",
        f"{named:.1f}",
        str(rejected),
        " / ".join(errors),
    ]


def error_by_chance(p: np.ndarray, weight: np.ndarray) -> float:
    """Return the mean calibration error of probabilities (n,) that are exactly right, for queries of these weights."""
    rng = np.random.default_rng(0)
    return float(np.mean([binned_error(p, rng.random(len(p)) < p, weight) for _ in range(DRAWS)]))


def best_hits(file: Path, barcodes: Sequence[Barcode], references: Path) -> str:
    """Return the share of reads whose best hit by VSEARCH is of their species."""
    hits = file.with_suffix(".b6")
    command = ["vsearch", "--usearch_global", str(file), "--db", str(references), "--id", "0.8", "--strand", "plus"]
    command += ["--blast6out", str(hits), "--maxaccepts", "8", "--maxrejects", "64", "--top_hits_only", "--quiet"]
    subprocess.run(command, check=True)
    best: dict[int, str] = {}
    for line in hits.read_text(encoding="utf-8").splitlines():
        query, target = line.split("\t")[:2]
        best.setdefault(int(query), target)
    right = sum(best.get(number) == barcode.lineage.names[-1] for number, barcode in enumerate(barcodes))
    return f"{100 * right / len(barcodes):.1f}"


if __name__ == "__main__":
    main()
