"""The table of disordered names in docs/experiments.md: what synonyms, gaps and odd spellings cost a library.

    python docs/benchmarks/disordered_names.py RECORDS.tsv QUERIES.tsv REFERENCES

At most ``REFERENCES`` records are drawn from RECORDS.tsv; of 1, 5 and 20 % of them the name at one rank, drawn at
random, is changed before names are cleaned. QUERIES.tsv are other individuals, with their right names. The last column
leaves out queries of species that lost the names of all their references: nothing could name these.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from barcodeembed.classify.classifier import Classifier
from barcodeembed.sequences.names.cleaning import clean_lineage
from barcodeembed.taxonomy import GENUS, SPECIES, Lineage
from barcodeembed.workflows.embedders import open_embedder
from barcodeembed.workflows.index import library_of
from barcodeembed.workflows.references.intake import References, read_references

SHARES = (0.0, 0.01, 0.05, 0.2)
MODEL = "default"
INVISIBLE = ("\N{ZERO WIDTH SPACE}", "\N{NO-BREAK SPACE}", "\N{SOFT HYPHEN}")


def synonym(name: str, rng: np.random.Generator) -> str:
    """Return another name for a taxon, always the same one."""
    return name[::-1].capitalize()


def gap(name: str, rng: np.random.Generator) -> str:
    """Return no name."""
    return ""


def spelling(name: str, rng: np.random.Generator) -> str:
    """Return the name in capitals, in small letters, or with an invisible character."""
    odd = INVISIBLE[rng.integers(len(INVISIBLE))]
    return [name.upper(), name.lower(), name + odd][rng.integers(3)]


def mixed(name: str, rng: np.random.Generator) -> str:
    """Return the name changed in one of the three ways."""
    return [synonym, gap, spelling][rng.integers(3)](name, rng)


KINDS: dict[str, tuple[Callable[[str, np.random.Generator], str], int]] = {
    "synonym": (synonym, GENUS),
    "gap": (gap, GENUS),
    "gap, species too": (gap, SPECIES),
    "spelling": (spelling, SPECIES),
    "mixed": (mixed, SPECIES),
}
"""For each kind of change, the function that makes it and the lowest rank at which it is made."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", metavar="RECORDS.tsv")
    parser.add_argument("queries", metavar="QUERIES.tsv")
    parser.add_argument("number", metavar="REFERENCES", type=int)
    arguments = parser.parse_args()
    embedder = open_embedder(MODEL)
    rng = np.random.default_rng(0)
    everything = read_references([arguments.records], embedder, model=MODEL, fragments=False)
    chosen = np.sort(rng.permutation(len(everything))[: arguments.number])
    references = replace(
        everything,
        ids=[everything.ids[i] for i in chosen],
        lineages=[Lineage(("Animalia", *everything.lineages[i].names[1:])) for i in chosen],
        bins=[everything.bins[i] for i in chosen],
        columns=everything.columns[chosen],
        vectors=everything.vectors[chosen],
    )
    species = {lineage.at("species") for lineage in references.lineages}
    asked = read_references([arguments.queries], embedder, model=MODEL, fragments=False)
    known = np.flatnonzero([lineage.at("species") in species for lineage in asked.lineages])
    print(f"{len(references):,} references of {len(species):,} species, {len(known):,} queries of known species\n")
    print("| names changed | share of references | right species | wrong species | right, of species that are left |")
    print("|---|---|---|---|---|")
    for kind, (change, lowest) in KINDS.items():
        for share in SHARES:
            disordered = [
                disorder(lineage, change, lowest, rng) if rng.random() < share else lineage
                for lineage in references.lineages
            ]
            right, wrong, left = score(replace(references, lineages=disordered), asked, known)
            print(f"| {kind} | {share:.0%} | {right:.1%} | {wrong:.1%} | {left:.1%} |", flush=True)


def disorder(
    lineage: Lineage, change: Callable[[str, np.random.Generator], str], lowest: int, rng: np.random.Generator
) -> Lineage:
    """Return the lineage with the name at one rank changed, as a library would read it."""
    names = list(lineage.names)
    rank = int(rng.choice([rank for rank in range(lowest + 1) if names[rank]]))
    if change is mixed and rank == SPECIES:
        change = [gap, spelling][rng.integers(2)]  # two names of a species could not be told from two species
    names[rank] = change(names[rank], rng)
    return clean_lineage(Lineage(tuple(names)))[0]


def score(references: References, asked: References, known: np.ndarray) -> tuple[float, float, float]:
    """Return the shares of the queries of known species that get their own name, and another one, and the first of
    these among the queries whose species still has a reference with its name."""
    library = library_of(references, model=references.model, fingerprint=references.fingerprint)
    for line in library.references.manifest["names_in_order"]:
        print("   ", line, file=sys.stderr)
    calls = Classifier([library]).assign(asked.vectors[known], asked.columns[known])
    found = [call.lineage.names[SPECIES] for call in calls]
    true = [asked.lineages[i].names[SPECIES] for i in known]
    right = np.array([a == b for a, b in zip(found, true, strict=True)])
    wrong = np.mean([bool(a) and a != b for a, b in zip(found, true, strict=True)])
    named = set(library.references.taxa.names[SPECIES])
    left = np.array([name in named for name in true])
    return float(right.mean()), float(wrong), float(right[left].mean())


if __name__ == "__main__":
    main()
