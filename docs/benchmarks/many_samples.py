"""Classify 200 samples of 5,000 reads in one call, with every output: processor time, memory, sizes of the files.

    python docs/benchmarks/many_samples.py RECORDS.tsv.gz LIBRARY.barcodelib --folder /tmp/many

RECORDS has columns `species`, `bin_uri` and `nuc` (BOLD). Each sample gets 40 to 160 of its species, every fortieth is
a negative control with 6; abundances are log-normal, reads are the last 418 bases of whole barcodes, and one base is
wrong in 3 % of them.
"""

import argparse
import csv
import gzip
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

SAMPLES, READS, LENGTH = 200, 5_000, 418
OUTPUTS = {
    "-o": "calls.tsv",
    "--table": "taxa.tsv",
    "--biom": "taxa.biom",
    "--multiqc": "multiqc",
    "--summary": "summary.json",
    "--report": "report.html",
    "--in-controls": "controls.tsv",
}


def species_of(records: Path) -> list[list[str]]:
    """Return the amplicons of each species in alphabetical order, of whole barcodes alone."""
    found: dict[str, list[str]] = {}
    with gzip.open(records, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            bases = row["nuc"].upper().replace("-", "")
            if len(bases) >= 640:
                found.setdefault(row["species"] or row["bin_uri"], []).append(bases[-LENGTH:])
    return [found[name] for name in sorted(found)]


def write_samples(species: list[list[str]], folder: Path) -> int:
    """Write a file for each sample, and the sample sheet; return the number of distinct reads."""
    rng = np.random.default_rng(7)
    distinct: set[str] = set()
    sheet = ["sample\tfile\tis_control"]
    for number in range(SAMPLES):
        is_control = number % 40 == 0
        n_species = 6 if is_control else int(rng.integers(40, 160))
        weights = rng.lognormal(0, 1.5, n_species)
        counts = rng.multinomial(READS, weights / weights.sum())
        lines: list[str] = []
        for picked, count in zip(rng.choice(len(species), n_species, replace=False), counts, strict=True):
            haplotypes = rng.choice(np.array(species[picked]), 2)
            reads = [str(read) for read in haplotypes[(rng.random(count) > 0.9).astype(int)]]
            for read in (_with_an_error(read, rng) if rng.random() < 0.03 else read for read in reads):
                distinct.add(read)
                lines.append(f">r{len(lines) + 1}\n{read}\n")
        name = f"site{number:03d}.fasta.gz"
        (folder / name).write_bytes(gzip.compress("".join(lines).encode(), 3))
        sheet.append(f"site{number:03d}\t{name}\t{'yes' if is_control else 'no'}")
    (folder / "sheet.tsv").write_text("\n".join(sheet) + "\n")
    return len(distinct)


def _with_an_error(read: str, rng: np.random.Generator) -> str:
    place = int(rng.integers(len(read)))
    other = [base for base in "ACGT" if base != read[place]]
    return read[:place] + other[int(rng.integers(3))] + read[place + 1 :]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", type=Path)
    parser.add_argument("library", type=Path)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--groups", action="store_true", help="put reads without a name in groups, too")
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    inputs = folder / "samples"
    inputs.mkdir(parents=True, exist_ok=True)
    print(f"{write_samples(species_of(arguments.records), inputs):,} distinct reads", flush=True)
    command = [sys.executable, "-m", "barcodeembed", "classify", *map(str, sorted(inputs.glob("*.gz")))]
    command += ["--library", str(arguments.library), "--samples", str(inputs / "sheet.tsv"), "--threads", "1"]
    command += ["--force", *(["--groups"] if arguments.groups else [])]
    for option, name in OUTPUTS.items():
        command += [option, str(folder / name)]
    cpu, memory, wall = measured(command)
    print(f"{cpu:,.0f} processor seconds, {wall:,.0f} s, {memory / 1e6:,.0f} MB")
    for name in OUTPUTS.values():
        path = folder / name
        files = [path] if path.is_file() else sorted(path.iterdir())
        print(f"{name}: {sum(file.stat().st_size for file in files) / 1e6:.1f} MB")


def measured(command: list[str]) -> tuple[float, float, float]:
    """Run a command; return its processor seconds, its largest memory in bytes and its seconds."""
    begun = time.monotonic()
    process = subprocess.Popen(command)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command[:4])} ... ended with {os.waitstatus_to_exitcode(status)}")
    return used.ru_utime + used.ru_stime, 1024.0 * used.ru_maxrss, time.monotonic() - begun


if __name__ == "__main__":
    main()
