"""What does it cost ``classify`` to tell sequencing errors from mutations, if reads have none?

    python docs/benchmarks/classify_speed.py LIBRARY.barcodelib READS [--number 1536] [--rounds 4]

The reads are classified in turns as they are always, and with no errors looked for. For each the shortest CPU time of
all rounds counts, by block of 1,024 reads, from sequences in memory to calls. Each sequence counts once.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from barcodeembed.classify.classifier import Classifier
from barcodeembed.classify.read_errors import ReadErrors
from barcodeembed.library.hits import Hits
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.batches import Limits
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.workflows.classify import classify_barcodes, open_classifier
from barcodeembed.workflows.embedders import AnyEmbedder, Machine, open_embedder

BLOCK = 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("reads", nargs="+")
    parser.add_argument("--number", type=int, default=1536)
    parser.add_argument("--rounds", type=int, default=4)
    arguments = parser.parse_args()
    reads = list({one.sequence: one for one in read_barcodes(arguments.reads)}.values())[: arguments.number]
    blocks = [reads[begin : begin + BLOCK] for begin in range(0, len(reads), BLOCK)]
    classifier, embedder = open_classifier([arguments.library]), open_embedder("default", Machine(threads=1))
    shortest = np.full((2, len(blocks)), np.inf)
    for _ in range(arguments.rounds):
        for number, block in enumerate(blocks):
            own = seconds(block, classifier, embedder)
            with patch("barcodeembed.classify.candidates.find_errors", no_errors):
                without = seconds(block, classifier, embedder)
            shortest[:, number] = np.minimum(shortest[:, number], [own, without])
    own, without = (1e6 * shortest.sum(axis=1) / len(reads)).tolist()
    print(f"{len(reads):,} reads: {own:.0f} us a read, x {own / without:.3f} of {without:.0f} us without the search")


def seconds(reads: list[Barcode], classifier: Classifier, embedder: AnyEmbedder) -> float:
    """Return the CPU seconds that it takes to classify reads."""
    begun = time.process_time()
    for _ in classify_barcodes(reads, classifier, embedder, Limits()):
        pass
    return time.process_time() - begun


def no_errors(
    queries: NDArray[np.uint8], hits: Hits, columns: NDArray[np.uint8], qualities: NDArray[np.uint8] | None = None
) -> ReadErrors:
    """Return that there are no errors, in place of ``find_errors``."""
    return ReadErrors(np.ones(queries.shape, np.float32), np.zeros(len(queries)), np.zeros(len(queries), np.int64))


if __name__ == "__main__":
    main()
