"""Measure memory, disk and seconds of `pretrain` on many barcodes: the whole command, in a process of its own.

    python docs/benchmarks/corpus_scale.py data/library.tsv --number 80000 --folder /tmp/scale

Barcodes are made from real ones by substituting three bases in a hundred, so that all are distinct and all are placed.
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from barcodeembed.sequences.formats.readers import read_barcodes

TINY = """
[model]
width = 32
layers = 1
heads = 2
feedforward = 64

[training]
batch_size = 128
warmup = 10
decoder_width = 32
decoder_heads = 2
validate_every = 100
"""


def write_synthetic(sources: list[str], number: int, path: Path, seed: int = 1) -> None:
    """Write FASTA of ``number`` barcodes, each a real one with about 3 % of its bases replaced."""
    random = np.random.default_rng(seed)
    codes = [np.frombuffer(s.encode(), dtype=np.uint8) for s in sources if len(s) > 600]
    bases = np.frombuffer(b"ACGT", dtype=np.uint8)
    with path.open("wb") as file:
        for i in range(number):
            made = codes[i % len(codes)].copy()
            places = random.integers(len(made), size=len(made) * 3 // 100)
            made[places] = bases[random.integers(4, size=len(places))]
            file.write(b">%d\n%s\n" % (i, made.tobytes()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("barcodes", nargs="+")
    parser.add_argument("--number", type=int, default=80_000)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--folder", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    fasta, run, toml = (arguments.folder / name for name in ("synthetic.fasta", "run", "tiny.toml"))
    write_synthetic([b.sequence for b in read_barcodes(arguments.barcodes)], arguments.number, fasta)
    toml.write_text(TINY)
    command = [sys.executable, "-m", "barcodeembed", "--quiet", "pretrain", str(fasta), "--run", str(run)]
    command += ["--config", str(toml), "--steps", str(arguments.steps), "--threads", "1", "--dim", "8"]
    begun = time.perf_counter()
    subprocess.run([*command, "-o", str(arguments.folder / "tiny.safetensors"), "--force"], check=True)
    wall = time.perf_counter() - begun
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    disk = sum(os.path.getsize(run / name) for name in ("columns.npy", "held_out.npy", "corpus.json"))
    print(
        f"{arguments.number:,} barcodes, {arguments.steps} steps: {used.ru_maxrss / 1024:,.0f} MB at the peak, "
        f"{disk / 2**20:,.0f} MB of corpus, {used.ru_utime + used.ru_stime:,.0f} CPU seconds, {wall:,.0f} by the clock"
    )


if __name__ == "__main__":
    main()
