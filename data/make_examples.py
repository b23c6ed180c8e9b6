"""Make the example data of this folder from the Dutch arthropod barcodes of Naturalis / ARISE.

The barcodes come inside the source archive of the Python package barcode-validator 2.0.10 (Apache-2.0)::

    pip download --no-deps --no-binary barcode-validator -d DIR barcode-validator==2.0.10
    python data/make_examples.py DIR/barcode_validator-2.0.10.tar.gz

Written are ``library.tsv`` (references), ``reads.fasta`` (queries) and ``reads_truth.tsv`` (their names).
Only process IDs, BINs, names of taxa and sequences are taken over. The same archive gives the same files,
byte by byte: what looks random is an order by checksum. Needs openpyxl.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import random
import re
import tarfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import openpyxl

ARCHIVE_SHA256 = "c8a242cf9756adcfb93b3b72d814d7e12742949a9ab2f39cccc6e92c40e35c42"
SOURCE = "barcode_validator-2.0.10/tests/arise/data/NLTIN"
FLAGS = ("Contamination", "Stop Codon", "Flagged Record")
RANKS = ("phylum", "class", "order", "family", "genus", "species")
LIBRARY_COLUMNS = ("processid", "bin_uri", "kingdom", *RANKS, "nuc", "marker_code")
TRUTH_COLUMNS = ("id", "species", "genus", "family", "order", "expected", "modification")

SEED = "barcodeembed"
MIN_BASES = 500
BARCODE_BASES = 658
LERAY = slice(345, 658)  # the 313 bases between the primers mlCOIintF and jgHCO2198
SPECIES_NAME = re.compile(r"[A-Z][a-z]+ [a-z-]{3,}")

GENERA_PER_ORDER, GENERA_PER_FAMILY = 9, 3  # at most
BARCODES_PER_GENUS = 5  # at least
SPECIES_PER_GENUS, BARCODES_PER_SPECIES = 3, 4  # at most
SEEN_SPECIES, UNSEEN_SPECIES, UNSEEN_GENERA = 60, 25, 10
REVERSED, CUT = 8, 6

Row = dict[str, str]
T = TypeVar("T")


@dataclass(frozen=True)
class Barcode:
    """A reference barcode: what is kept of its record."""

    id: str
    bin: str
    names: tuple[str, ...]  # one for each of RANKS
    bases: str


@dataclass(frozen=True)
class Read:
    """A query with the truth about it; a read to be rejected has no names."""

    id: str
    bases: str
    expected: str
    names: tuple[str, ...] = ("",) * len(RANKS)
    modification: str = "none"


def at(record: Barcode | Read, rank: str) -> str:
    return record.names[RANKS.index(rank)]


# Reading the archive


def read_source(archive: Path) -> tuple[str, bytes]:
    """The FASTA text and the workbook, after a look at the checksum of the archive."""
    if hashlib.sha256(archive.read_bytes()).hexdigest() != ARCHIVE_SHA256:
        raise SystemExit(f"{archive} is not the archive these examples are made from (sha256 differs)")
    with tarfile.open(archive) as tar:
        return read_member(tar, f"{SOURCE}.fasta").decode(), read_member(tar, f"{SOURCE}.xlsx")


def read_member(tar: tarfile.TarFile, name: str) -> bytes:
    file = tar.extractfile(name)
    assert file is not None, f"{name} is a plain file in the archive"
    return file.read()


def parse_fasta(text: str) -> dict[str, str]:
    """Bases by process ID (the first word of the header)."""
    sequences = {}
    for entry in text.split(">")[1:]:
        header, *lines = entry.splitlines()
        sequences[header.split()[0]] = "".join(lines).upper()
    return sequences


def parse_sheet(workbook: openpyxl.Workbook, name: str, key: str) -> dict[str, Row]:
    """Rows of a sheet by the column ``key``; the header is the row that has a ``Sample ID``."""
    rows = workbook[name].iter_rows(values_only=True)
    header = next(row for row in rows if "Sample ID" in row)
    table = [dict(zip(header, map(as_text, row), strict=False)) for row in rows]
    return {row[key]: row for row in table}


def as_text(cell: object) -> str:
    return "" if cell is None else str(cell).strip()


def read_barcodes(archive: Path) -> list[Barcode]:
    """Clean barcodes with all names, one for each distinct sequence."""
    fasta, xlsx = read_source(archive)
    workbook = openpyxl.load_workbook(io.BytesIO(xlsx), read_only=True)
    lab = parse_sheet(workbook, "Lab Sheet", key="Process ID")
    taxonomy = parse_sheet(workbook, "Taxonomy", key="Sample ID")
    barcodes = []
    for process_id, bases in parse_fasta(fasta).items():
        names = taxonomy[lab[process_id]["Sample ID"]]
        barcode = Barcode(process_id, lab[process_id]["BIN"], tuple(names[rank.capitalize()] for rank in RANKS), bases)
        if is_clean(barcode) and not any(lab[process_id][flag] for flag in FLAGS):
            barcodes.append(barcode)
    return distinct(barcodes)


def is_clean(barcode: Barcode) -> bool:
    """Named to species (``Aus bus``: no sp., cf., aff., nr.), long enough, no ambiguous base, in a BIN."""
    return (
        all(barcode.names)
        and SPECIES_NAME.fullmatch(at(barcode, "species")) is not None
        and at(barcode, "species").split()[0] == at(barcode, "genus")
        and len(barcode.bases) >= MIN_BASES
        and set(barcode.bases) <= set("ACGT")
        and barcode.bin.startswith("BOLD:")
    )


def distinct(barcodes: Iterable[Barcode]) -> list[Barcode]:
    """One barcode for each sequence; none for a sequence that bears several names."""
    copies = group(barcodes, lambda barcode: barcode.bases).values()
    return [min(same, key=by_id) for same in copies if len({barcode.names for barcode in same}) == 1]


# Choosing


def by_id(record: Barcode | Read) -> str:
    return record.id


def group(items: Iterable[T], key: Callable[[T], str]) -> dict[str, list[T]]:
    groups = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return dict(groups)


def scatter(items: Iterable[T], key: Callable[[T], str] = str) -> list[T]:
    """In an order that looks random, but depends on the keys and ``SEED`` alone."""
    return sorted(items, key=lambda item: hashlib.sha256(f"{SEED} {key(item)}".encode()).hexdigest())


def by_species(barcodes: Iterable[Barcode]) -> list[list[Barcode]]:
    """Barcodes of each species, species and barcodes scattered."""
    groups = group(barcodes, lambda barcode: at(barcode, "species"))
    return [scatter(groups[name], by_id) for name in scatter(groups)]


def choose_genera(genera: dict[str, list[Barcode]]) -> list[str]:
    """Well-sampled genera with two species or more, a few for each order and family."""
    orders: Counter[str] = Counter()
    families: Counter[str] = Counter()
    chosen = []
    for genus in scatter(genera):
        order, family = at(genera[genus][0], "order"), at(genera[genus][0], "family")
        n_species = len({at(barcode, "species") for barcode in genera[genus]})
        rich = n_species >= 2 and len(genera[genus]) >= BARCODES_PER_GENUS
        if rich and orders[order] < GENERA_PER_ORDER and families[family] < GENERA_PER_FAMILY:
            chosen.append(genus)
            orders[order] += 1
            families[family] += 1
    return chosen


def split_genus(barcodes: Iterable[Barcode]) -> tuple[list[Barcode], list[Barcode], list[Barcode]]:
    """References, one more barcode of each species that has one to spare, and one of each further species."""
    species = by_species(barcodes)
    references: list[Barcode] = []
    seen: list[Barcode] = []
    for individuals in species[:SPECIES_PER_GENUS]:
        references += (individuals[:-1] or individuals)[:BARCODES_PER_SPECIES]
        seen += individuals[1:][-1:]
    return references, seen, [individuals[0] for individuals in species[SPECIES_PER_GENUS:]]


def choose(barcodes: list[Barcode]) -> tuple[list[Barcode], list[Read]]:
    """The library and the reads."""
    genera = group(barcodes, lambda barcode: at(barcode, "genus"))
    chosen = choose_genera(genera)
    parts = [split_genus(genera[genus]) for genus in chosen]
    library = [barcode for references, _, _ in parts for barcode in references]
    families = {at(barcode, "family") for barcode in library}
    strangers = [
        genera[genus][0] for genus in genera if genus not in chosen and at(genera[genus][0], "family") in families
    ]
    reads = [
        *as_reads([b for _, seen, _ in parts for b in seen], library, "seen_species", SEEN_SPECIES),
        *as_reads([b for _, _, unseen in parts for b in unseen], library, "unseen_species", UNSEEN_SPECIES),
        *as_reads(strangers, library, "unseen_genus", UNSEEN_GENERA),
    ]
    return library, modify(reads, library) + rejects(library[0])


def is_part(bases: str, library: Iterable[Barcode]) -> bool:
    """Whether ``bases`` stand in a reference, or a reference stands in them."""
    return any(bases in barcode.bases or barcode.bases in bases for barcode in library)


def as_reads(barcodes: Iterable[Barcode], library: Sequence[Barcode], expected: str, number: int) -> list[Read]:
    """The first ``number`` of the scattered barcodes that are not in the library."""
    new = [barcode for barcode in scatter(barcodes, by_id) if not is_part(barcode.bases, library)]
    return [Read(barcode.id, barcode.bases, expected, barcode.names) for barcode in new[:number]]


# What real input looks like


def modify(reads: list[Read], library: Sequence[Barcode]) -> list[Read]:
    """Reverse some reads, and cut some full barcodes (where columns are known) to the Leray fragment."""
    scattered = scatter(reads, lambda read: read.bases)
    full = [read for read in scattered if len(read.bases) == BARCODE_BASES]
    cut = [read for read in full if not is_part(read.bases[LERAY], library)][:CUT]
    reversed_ = [read for read in scattered if read not in cut][:REVERSED]
    return [
        *(Read(r.id, r.bases[LERAY], r.expected, r.names, "leray_313") for r in cut),
        *(Read(r.id, reverse(r.bases), r.expected, r.names, "reverse_complement") for r in reversed_),
        *(read for read in reads if read not in cut and read not in reversed_),
    ]


def reverse(bases: str) -> str:
    return bases[::-1].translate(str.maketrans("ACGT", "TGCA"))


def rejects(barcode: Barcode) -> list[Read]:
    """Records no classifier should name: a scrap, one half unread, and random bases."""
    half = len(barcode.bases) // 2
    noise = "".join(random.Random(SEED).choices("ACGT", k=BARCODE_BASES))
    return [
        Read("too_short_1", barcode.bases[:40], "reject"),
        Read("too_ambiguous_1", barcode.bases[:half] + "N" * (len(barcode.bases) - half), "reject"),
        Read("not_coi_1", noise, "reject"),
    ]


# Writing


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def write_examples(folder: Path, library: list[Barcode], reads: list[Read]) -> None:
    library, reads = sorted(library, key=by_id), sorted(reads, key=by_id)
    references = [(b.id, b.bin, "Animalia", *b.names, b.bases, "COI-5P") for b in library]
    write_table(folder / "library.tsv", LIBRARY_COLUMNS, references)
    (folder / "reads.fasta").write_text("".join(f">{read.id}\n{read.bases}\n" for read in reads))
    truth = [
        (read.id, *(at(read, rank) for rank in TRUTH_COLUMNS[1:5]), read.expected, read.modification) for read in reads
    ]
    write_table(folder / "reads_truth.tsv", TRUTH_COLUMNS, truth)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make library.tsv, reads.fasta and reads_truth.tsv.")
    parser.add_argument("archive", type=Path, help="barcode_validator-2.0.10.tar.gz")
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).parent, help="folder to write to")
    args = parser.parse_args()
    library, reads = choose(read_barcodes(args.archive))
    write_examples(args.output, library, reads)
    print(f"{len(library)} references and {len(reads)} reads written to {args.output}")


if __name__ == "__main__":
    main()
