"""Does the vector of a barcode stay the same, whatever form the read comes in?

    python docs/benchmarks/invariance.py data/library.tsv

It prints the lowest and mean cosine, over the barcodes, to the vector of the unchanged barcode. Vectors of fragments
differ, of course, because fragments hold less; the figures say how much.
"""

import argparse
import random

import numpy as np
import torch
from Bio.Seq import reverse_complement

from barcodeembed import load_model
from barcodeembed.sequences.formats.readers import read_barcodes

LCO1490 = "TGGTCAACAAATCATAAAGATATTGG"
"""The forward primer of Folmer et al. (1994), with the base before it: 26 bases."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("barcodes")
    parser.add_argument("--model", default="default")
    parser.add_argument("--number", type=int, default=300)
    arguments = parser.parse_args()
    rng = random.Random(0)
    everything = [b.sequence for b in read_barcodes([arguments.barcodes])]
    sequences = rng.sample(everything, min(arguments.number, len(everything)))
    whole = [s for s in sequences if len(s) == 658]
    model = load_model(arguments.model, device="cpu", threads=2)
    plain = model.embed(sequences)
    of_whole = model.embed(whole)
    order = rng.sample(range(len(sequences)), len(sequences))
    inverse = np.argsort(order)

    def show(name: str, vectors: np.ndarray, reference: np.ndarray = plain) -> None:
        cosines = (vectors * reference).sum(axis=1)
        print(f"| {name} | {len(cosines)} | {np.nanmin(cosines):.6f} | {np.nanmean(cosines):.6f} |")

    print("| change | barcodes | lowest cosine | mean |\n|---|---|---|---|")
    show("reverse complement", model.embed([reverse_complement(s) for s in sequences]))
    show("26 bases of primer in front, barcodes of 658", model.embed([LCO1490 + s for s in whole]), of_whole)
    show("26 bases of primer in front, all", model.embed([LCO1490 + s for s in sequences]))
    show("26 random bases in front, all", model.embed(["".join(rng.choices("ACGT", k=26)) + s for s in sequences]))
    show("lower case", model.embed([s.lower() for s in sequences]))
    show("one at a time", np.concatenate([model.embed([s]) for s in sequences]))
    show("shuffled", model.embed([sequences[i] for i in order])[inverse])
    torch.set_num_threads(1)
    show("one thread", model.embed(sequences))
    torch.set_num_threads(2)
    for begin, end in ((0, 313), (345, 658), (240, 658)):
        show(f"columns {begin}-{end - 1} only", model.embed([s[begin:end] for s in whole]), of_whole)


if __name__ == "__main__":
    main()
