"""Name the barcodes of a file, and count how many of each family are new: a script that uses barcodeembed.

python name_barcodes.py references.tsv reads.fasta mylib.barcodelib
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from barcodeembed import BarcodeembedError, Call, Library, Selection, build_library, load_model, open_library


def library_at(path: Path, references: Path) -> Library:
    """Open the library, or make it of those references that have a species."""
    if path.exists():
        return open_library(path)
    return build_library(references, path, selection=Selection(require="species"), source="my own", licence="CC0")


def line(call: Call) -> str:
    """Return what a call says, and on what evidence."""
    name = f"{call.id}\t{call.verdict or call.status}\t{call.taxon}\t{call.probability['genus']:.2f}"
    near = call.nearest
    return name if near is None else f"{name}\t{near.id}\t{near.lineage.at('species')}\t{near.identity:.3f}"


def records(reads: Path) -> list[tuple[str, str]]:
    """Return pairs of id and sequence from a FASTA file."""
    parts = [record.partition("\n") for record in reads.read_text().split(">")[1:]]
    return [(header.split()[0], bases.replace("\n", "")) for header, _, bases in parts]


def main(references: Path, reads: Path, path: Path) -> int:
    """Name the reads, and return the exit code."""
    try:
        library = library_at(path, references)
        pairs = records(reads)
        calls = library.classify(pairs, min_confidence={"species": 0.9})
        vectors = load_model(library.model).embed(pairs)
    except BarcodeembedError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    for call in calls:
        print(line(call))
    print(Counter(call.lineage.at("family") for call in calls if call.verdict == "new_species").most_common(3))
    print(f"{len(vectors):,} vectors; cosine of the first two: {float(vectors[0] @ vectors[1]):.3f}")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Name the barcodes of a FASTA file.")
    parser.add_argument("references", type=Path, help="labelled barcodes, such as data/library.tsv")
    parser.add_argument("reads", type=Path, help="FASTA file of barcodes to name")
    parser.add_argument("library", type=Path, help="NAME.barcodelib, made of the references if it is not there")
    given = parser.parse_args()
    sys.exit(main(given.references, given.reads, given.library))
