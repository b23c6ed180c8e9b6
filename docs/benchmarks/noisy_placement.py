"""Where do the bases of a read with errors come to lie, and what does that cost?

    python docs/benchmarks/noisy_placement.py BARCODES [--number 2000] [--rounds 8]

Barcodes that fit their columns in one piece get errors at random places: 40 % substitutions, 35 % deletions, 25 %
insertions. For each rate: reads that are not placed, the share of the remaining bases whose column holds that base,
columns covered, and CPU time a read, also against reads without errors. Blocks of all rates are placed in turns, again
and again, and the shortest time of each block counts: other programs then slow all rates down alike.
"""

import argparse
import time

import numpy as np

from barcodeembed.sequences.codes import encode
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.placement.anchor import Anchor, shipped_anchor

BLOCK = 256
RATES = (0.0, 0.005, 0.01, 0.02, 0.03, 0.05)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("barcodes", nargs="+")
    parser.add_argument("--number", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=8, help="how often each block is placed to be timed")
    parser.add_argument("--length", type=int, default=0, help="cut fragments of this length")
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    sequences = [b.sequence for b in read_barcodes(arguments.barcodes) if b.is_dna and not b.n_ambiguous]
    rng.shuffle(sequences)
    anchor = shipped_anchor()
    sequences = [s for s in sequences if len(s) >= max(500, arguments.length)][: arguments.number]
    if arguments.length:
        begins = rng.integers(0, [len(s) - arguments.length + 1 for s in sequences])
        sequences = [s[b : b + arguments.length] for s, b in zip(sequences, begins, strict=True)]
    placed = [anchor.place(sequences[i : i + BLOCK]) for i in range(0, len(sequences), BLOCK)]
    start = np.concatenate([p.start for p in placed])
    straight = np.concatenate([(p.flags == "") & (p.strand == "+") for p in placed])
    sequences = [s for s, fits in zip(sequences, straight, strict=True) if fits]
    print(f"{len(sequences):,} barcodes\n\n| errors | lost | bases in their column | columns | CPU us a read | x |")
    print("|---|---|---|---|---|---|")
    sets = [[with_errors(s, rate, rng) for s in sequences] for rate in RATES]
    seconds = time_in_turns(anchor, [[read for read, _ in made] for made in sets], arguments.rounds)
    for rate, made, needed in zip(RATES, sets, seconds, strict=True):
        lost, right, columns = measure(anchor, made, start[straight])
        cost = f"{1e6 * needed:.0f} | {needed / seconds[0]:.2f}"
        print(f"| {100 * rate:g} % | {lost} | {100 * right:.2f} % | {columns:.1f} | {cost} |", flush=True)


def time_in_turns(anchor: Anchor, sets: list[list[str]], rounds: int) -> list[float]:
    """Return the CPU seconds per read of each set of reads."""
    begins = range(0, len(sets[0]), BLOCK)
    shortest = np.full((len(sets), len(begins)), np.inf)
    for _ in range(rounds):
        for block, begin in enumerate(begins):
            for number, reads in enumerate(sets):
                begun = time.process_time()
                anchor.place(reads[begin : begin + BLOCK])
                shortest[number, block] = min(shortest[number, block], time.process_time() - begun)
    return (shortest.sum(axis=1) / len(sets[0])).tolist()


def measure(anchor: Anchor, made: list[tuple[str, np.ndarray]], start: np.ndarray) -> tuple[int, float, float]:
    """Return the number of reads lost, the share of bases in their column, and the columns covered."""
    reads = [read for read, _ in made]
    placed = [anchor.place(reads[i : i + BLOCK]) for i in range(0, len(reads), BLOCK)]
    columns = np.concatenate([p.columns for p in placed])
    right = total = 0
    for row, (read, source), first in zip(columns, made, start, strict=True):
        column = source + first
        known = (source >= 0) & (column >= 0) & (column < columns.shape[1])
        total += int(known.sum())
        right += int((row[column[known]] == encode(read)[known]).sum())
    lost = sum(int((~p.placed).sum()) for p in placed)
    return lost, right / total, float((columns > 0).sum(axis=1).mean())


def with_errors(sequence: str, rate: float, rng: np.random.Generator) -> tuple[str, np.ndarray]:
    """Return a read with errors, and for each of its bases its place in the sequence; -1 for an inserted base."""
    hit, kind = rng.random(len(sequence)) < rate, rng.random(len(sequence))
    bases, source = [], []
    for place, base in enumerate(sequence):
        if hit[place] and kind[place] < 0.35:
            continue
        if hit[place] and kind[place] < 0.6:
            bases.append("ACGT"[rng.integers(4)])
            source.append(-1)
        wrong = hit[place] and kind[place] >= 0.6
        bases.append("ACGT".replace(base, "")[rng.integers(3)] if wrong else base)
        source.append(place)
    return "".join(bases), np.array(source)


if __name__ == "__main__":
    main()
