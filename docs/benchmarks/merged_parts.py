"""Is `merge` of 16 parts the same as one run? Every output of a million distinct reads, byte by byte.

    python docs/benchmarks/merged_parts.py BARCODES LIBRARY.barcodelib --number 1000000 --folder /tmp/parts

The reads are the barcodes of BARCODES, then copies of them with one to three other bases, with sizes and eight samples.
One run keeps the journal of `--resume`, so that its calls can be written in other formats without computing them again.
Processes run one after another; what is done already in the folder is not done again.
"""

import argparse
import itertools
import json
import multiprocessing
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from barcodeembed.sequences.formats.readers import read_barcodes

PROGRAM = [sys.executable, "-m", "barcodeembed"]
OUTPUTS = {
    "--table": "taxa.tsv",
    "--biom": "taxa.biom",
    "--phyloseq": "phyloseq",
    "--anndata": "taxa.h5ad",
    "--multiqc": "multiqc",
    "--summary": "summary.json",
    "--report": "report.html",
}
LONGEST_HEAD = 10_000  # bytes of a journal before its first block
FORMATS = {"krona": "krona.txt", "qiime2": "qiime2.tsv", "sintax": "sintax.tsv"}


def write_reads(barcodes: str, number: int, path: Path) -> None:
    """Write ``number`` distinct reads as FASTA."""
    sources = [barcode.sequence for barcode in read_barcodes([barcodes]) if barcode.is_dna]
    rng = random.Random(5)
    seen: set[str] = set()
    with path.open("w") as file:
        for turn in itertools.count():
            for source in sources:
                bases = list(source)
                for _ in range(rng.randint(1, 3) if turn else 0):
                    bases[rng.randrange(len(bases))] = rng.choice("ACGT")
                read = "".join(bases)
                if read in seen:
                    continue
                seen.add(read)
                size, sample = rng.choice((1, 1, 1, 2, 5, 40)), rng.randrange(8)
                file.write(f">q{len(seen)};size={size};sample=s{sample}\n{read}\n")
                if len(seen) == number:
                    return


def run(name: str, arguments: list[str | Path], journal: tuple[Path, Path] | None = None) -> None:
    """Run the program and print what it took. A ``journal`` that grows is linked to the second path, to keep it."""
    begun = journal[0].stat().st_size if journal and journal[0].exists() else 0
    process = subprocess.Popen([*PROGRAM, *map(str, arguments)])
    while True:
        done, status, used = os.wait4(process.pid, os.WNOHANG if journal else 0)
        if done:
            break
        # The program opens no file that has two names, so the second comes after the first block.
        if journal and journal[0].exists() and journal[0].stat().st_size > begun + LONGEST_HEAD:
            os.link(*journal)
            journal = None
        elif journal:
            time.sleep(0.05)
    if status:
        raise SystemExit(f"{name} ended with {os.waitstatus_to_exitcode(status)}")
    cpu = used.ru_utime + used.ru_stime
    print(f"{name}: {cpu:,.0f} processor seconds, {used.ru_maxrss / 1024:,.0f} MB", flush=True)


def outputs(folder: Path) -> list[str | Path]:
    folder.mkdir(exist_ok=True)
    named = [part for option, name in OUTPUTS.items() for part in (option, folder / name)]
    return ["-o", folder / "calls.tsv", *named, "--force", "-q"]


def classify_whole(reads: Path, library: list[str | Path], folder: Path) -> None:
    """Make every output of one run."""
    one, kept = folder / "one", folder / "kept-journal"
    if not (one / "report.html").exists():
        kept.unlink(missing_ok=True)
        made = outputs(one)
        run("one run", ["classify", reads, *library, *made, "--resume"], (one / "calls.tsv.partial", kept))
    for format, name in FORMATS.items():
        path = one / name
        if not path.exists():
            shutil.copy(kept, path.with_name(path.name + ".partial"))
            run(f"one run, {format}", ["classify", reads, *library, "--format", format, "-o", path, "-q", "--resume"])


def classify_parts(reads: Path, parts: int, library: list[str | Path], folder: Path) -> list[Path]:
    """Return the calls and summaries of every part."""
    if not (folder / "parts").exists():
        run("split", ["split", reads, "--parts", str(parts), "-o", folder / "parts", "-q"])
    made: list[Path] = []
    for part in sorted((folder / "parts").glob("*.fasta")):
        calls, summary = part.with_suffix(".calls.tsv"), part.with_suffix(".summary.json")
        if not summary.exists():
            run(part.stem, ["classify", part, *library, "-o", calls, "--summary", summary, "--force", "-q"])
        made += [calls, summary]
    return made


def differing(one: Path, merged: Path) -> Iterator[str]:
    """Yield the files of one run that are others after merging."""
    for path in sorted(file for file in one.rglob("*") if file.is_file()):
        same = path.relative_to(one)
        read = page_data if path.suffix == ".html" else Path.read_bytes
        if not (merged / same).exists() or read(path) != read(merged / same):
            yield str(same)


def page_data(path: Path) -> bytes:
    """Return the data of a report page, but for what calls do not hold: the map, the calibration, what was read."""
    found = re.search(r'<script[^>]*type="application/json"[^>]*>(.*?)</script>', path.read_text(), re.DOTALL)
    if not found:
        raise SystemExit(f"{path}: no data in the page")
    data = json.loads(found[1])
    return json.dumps({**data, "title": "", "facts": [], "map": None, "reliability": {}}).encode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("barcodes")
    parser.add_argument("library", type=Path)
    parser.add_argument("--number", type=int, default=1_000_000)
    parser.add_argument("--parts", type=int, default=16)
    parser.add_argument("--folder", type=Path, required=True)
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    reads = folder / "reads.fasta"
    if not reads.exists():
        # In a process of its own: a program that is started from a large one counts its memory as its own.
        making = multiprocessing.Process(target=write_reads, args=(arguments.barcodes, arguments.number, reads))
        making.start()
        making.join()
    library: list[str | Path] = ["--library", arguments.library, "--threads", "1"]
    classify_whole(reads, library, folder)
    parts = classify_parts(reads, arguments.parts, library, folder)
    merged = folder / "merged"
    run("merge", ["merge", *parts, *outputs(merged)])
    for format, name in FORMATS.items():
        run(f"merge, {format}", ["merge", *parts, "--format", format, "-o", merged / name, "-q", "--force"])
    different = list(differing(folder / "one", merged))
    files = sum(file.is_file() for file in (folder / "one").rglob("*"))
    print(f"{files} files, of which {len(different)} differ: {', '.join(different) or 'none'}")


if __name__ == "__main__":
    main()
