"""Genus of unseen species on museum specimens, a set that no choice was made on: nearest neighbour by cosine.

    python docs/benchmarks/museum.py DIR/barcode_validator-2.0.10.tar.gz arise.tsv --model default

Library: the table of ``arise.py`` and the specimens of the Biodiversity Genomics Europe runs in the same archive, those
assemblies that passed its own checks of structure and family. A query is the first specimen of each species that has
600 columns and a relative of its genus in the library; all barcodes of its own species are left out. Percent of the
reads that are embedded, their number in brackets: some have too many N.
"""

import argparse
import csv
import io
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from barcodeembed import load_model
from barcodeembed.sequences.codes import decode
from barcodeembed.sequences.placement.anchor import shipped_anchor

sys.path.insert(0, str(Path(__file__).parents[2] / "data"))
from make_examples import MIN_BASES, SPECIES_NAME, read_member

FOLDER = "barcode_validator-2.0.10/tests/bge/data"
TABLES = ("YB-4226_snpseq01200-taxonval.tsv", "taxonval_out.tsv")
"""Tables of the assemblies that passed the checks; a specimen may have several."""

PIECES = {"whole": (0, 658), "345-657": (345, 658), "240-657": (240, 658), "0-199": (0, 200), "300-429": (300, 430)}
MIN_COLUMNS = 600


class Specimen(NamedTuple):
    """A named barcode of the library."""

    species: str
    bases: str

    @property
    def genus(self) -> str:
        return self.species.split()[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("arise", type=Path)
    parser.add_argument("--model", action="append", default=[])
    arguments = parser.parse_args()
    museum = list(museum_specimens(arguments.archive))
    with arguments.arise.open(newline="", encoding="utf-8") as file:
        library = museum + [Specimen(r["species"], r["nuc"]) for r in csv.DictReader(file, delimiter="\t")]
    queries = choose_queries(museum, library)
    own_species = np.array([[s.species == q.species for s in library] for q, _ in queries])
    genera, true_genera = np.array([s.genus for s in library]), np.array([q.genus for q, _ in queries])
    print(f"{len(museum)} specimens of {len({s.species for s in museum})} species; {len(queries)} queries")
    print("| model | " + " | ".join(PIECES) + " |\n|---|" + "---|" * len(PIECES))
    for name in arguments.model or ["default"]:
        model, cells = load_model(name), []
        vectors = np.nan_to_num(model.embed(s.bases for s in library))
        for first, end in PIECES.values():
            reads = (decode(columns[first:end]).replace("-", "") for _, columns in queries)
            asked = model.embed(reads)
            embedded = ~np.isnan(asked[:, 0])
            nearest = np.where(own_species, -np.inf, asked @ vectors.T)[embedded].argmax(axis=1)
            cells.append(f"{100 * (genera[nearest] == true_genera[embedded]).mean():.1f} ({embedded.sum()})")
        print(f"| {Path(name).stem} ({model.fingerprint}) | " + " | ".join(cells) + " |", flush=True)


def museum_specimens(archive: Path) -> Iterator[Specimen]:
    """Yield the longest assembly of each specimen that is named to species."""
    best: dict[str, Specimen] = {}
    with tarfile.open(archive) as tar:
        for table in TABLES:
            text = io.StringIO(read_member(tar, f"{FOLDER}/{table}").decode())
            for row in csv.DictReader(text, delimiter="\t"):
                bases = row["sequence"].upper().replace("-", "")
                passed = (
                    row["marker_code"] == "COI-5P" and row["error"] == "None" and row["identification_rank"] == "family"
                )
                if passed and SPECIES_NAME.fullmatch(row["species"].strip()) and len(bases) >= MIN_BASES:
                    longest = max(best.get(row["ID"], Specimen("", "")).bases, bases, key=len)
                    best[row["ID"]] = Specimen(row["species"].strip(), longest)
    yield from best.values()


def choose_queries(museum: list[Specimen], library: list[Specimen]) -> list[tuple[Specimen, np.ndarray]]:
    """Return one specimen of each species whose genus has another species, with its columns (658,)."""
    species_of: dict[str, set[str]] = {}
    for specimen in library:
        species_of.setdefault(specimen.genus, set()).add(specimen.species)
    columns = shipped_anchor().place([specimen.bases for specimen in museum]).columns
    queries: dict[str, tuple[Specimen, np.ndarray]] = {}
    for specimen, placed in zip(museum, columns, strict=True):
        if len(species_of[specimen.genus]) > 1 and (placed > 0).sum() >= MIN_COLUMNS:
            queries.setdefault(specimen.species, (specimen, placed))
    return list(queries.values())


if __name__ == "__main__":
    main()
