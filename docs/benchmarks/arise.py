"""The public benchmark set: the Naturalis/ARISE barcodes as one table, checked by checksum.

    pip download --no-deps --no-binary barcode-validator -d DIR barcode-validator==2.0.10
    python docs/benchmarks/arise.py DIR/barcode_validator-2.0.10.tar.gz arise.tsv

Barcodes of the Netherlands: terrestrial and marine invertebrates and vertebrates, named to species, of 500 bases or
more, each (sequence, species) once. They come inside the source archive of barcode-validator 2.0.10 (Apache-2.0); only
process IDs, BINs, names of taxa and sequences are taken over. Needs openpyxl.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl

sys.path.insert(0, str(Path(__file__).parents[2] / "data"))
from make_examples import ARCHIVE_SHA256, RANKS, SPECIES_NAME, parse_fasta, parse_sheet, read_member

FOLDER = "barcode_validator-2.0.10/tests/arise/data"
SETS = {"NLTIN": "NLTIN.fasta", "NLMIN": "NLMIN.fasta", "NLVRT": "NLVRT_BOLD.fas"}
"""For each workbook, the FASTA file that belongs to it. NLVRT.fas holds a single sequence; the barcodes are in the
other file."""

MIN_BASES = 500
TABLE_SHA256 = "a3078dd382f99dd1daf9c3bf1219af3616450fa4d27f6a0ad90a82571ba4c1e3"
"""Checksum of the table from which docs/benchmarks/library.md was made."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("table", type=Path)
    arguments = parser.parse_args()
    if hashlib.sha256(arguments.archive.read_bytes()).hexdigest() != ARCHIVE_SHA256:
        raise SystemExit(f"{arguments.archive} is not version 2.0.10 as it was when the figures were made")
    seen: set[tuple[str, str]] = set()
    with arguments.table.open("w", encoding="utf-8", newline="") as file:
        print("processid", "bin_uri", "kingdom", *RANKS, "nuc", sep="\t", file=file)
        for row in rows_of(arguments.archive):
            if (row[-1], row[-2]) not in seen:
                seen.add((row[-1], row[-2]))
                print(*row, sep="\t", file=file)
    digest = hashlib.sha256(arguments.table.read_bytes()).hexdigest()
    print(f"{arguments.table}: {len(seen):,} barcodes, sha256 {digest}")
    if digest != TABLE_SHA256:
        raise SystemExit("this is not the table that the figures were made with")


def rows_of(archive: Path) -> Iterator[tuple[str, ...]]:
    """Yield process ID, BIN, kingdom, names and bases of every barcode that is named to species and long enough."""
    with tarfile.open(archive) as tar:
        for workbook, fasta in SETS.items():
            bases_of = parse_fasta(read_member(tar, f"{FOLDER}/{fasta}").decode())
            book = openpyxl.load_workbook(io.BytesIO(read_member(tar, f"{FOLDER}/{workbook}.xlsx")), read_only=True)
            lab = parse_sheet(book, "Lab Sheet", key="Process ID")
            taxonomy = parse_sheet(book, "Taxonomy", key="Sample ID")
            for id, aligned in bases_of.items():
                names = taxonomy[lab[id]["Sample ID"]]
                ranks = tuple(names.get(rank.capitalize(), "") for rank in RANKS)
                bases = aligned.replace("-", "").replace(".", "")
                if is_named(ranks[-1]) and sum(map(bases.count, "ACGT")) >= MIN_BASES:
                    yield (id, lab[id]["BIN"], "Animalia", *ranks, bases)


def is_named(species: str) -> bool:
    """Return whether a name is a species: ``Aus bus``, but not ``Aus spec``."""
    return SPECIES_NAME.fullmatch(species) is not None and species.split()[1] != "spec"


if __name__ == "__main__":
    main()
