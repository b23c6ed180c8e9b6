"""Find names that are no taxa: the barcodes of one name are as far apart as those of any two animals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from barcodeembed.library.reference_library import ReferenceLibrary
from barcodeembed.sequences.identity import identities
from barcodeembed.taxonomy import GENUS, RANKS, SPECIES

NEAR = {GENUS: 0.84, SPECIES: 0.90}
"""Identity that most barcodes of a taxon have to the nearest other one of it (of a genus: of another of its species).
In three libraries of 6,650 to 30,218 references, 93 to 100 % of the genera with five species reach it. Of five "genera"
that were names of places, one did."""

_FEWEST = {GENUS: 5, SPECIES: 4}  # species of a genus, references of a species
_FEWEST_TAXA = 4  # fewer taxa say nothing of the names as a whole
_TAXA, _MEMBERS = 50, 40  # at most so many are compared: a sample is enough
_MIN_OVERLAP = 100


def scattered_names(library: ReferenceLibrary) -> list[str]:
    """Return a line for each of genus and species, if most of its taxa have members that are far from each other."""
    if not library.has_columns:
        return []
    rng = np.random.default_rng(0)
    lines = []
    for rank in (GENUS, SPECIES):
        taxa = _large(library.taxa.codes, rank)
        taxa = rng.permutation(taxa)[:_TAXA]
        far = [taxon for taxon in taxa.tolist() if _closeness(library, rank, taxon, rng) < NEAR[rank]]
        if len(taxa) >= _FEWEST_TAXA and len(far) > len(taxa) / 2:
            lines.append(
                f"the barcodes of one {RANKS[rank]} are far from each other in {len(far)} of {len(taxa)} that were "
                f"looked at, such as {library.taxa.names[rank][far[0]]}: are these names of taxa, and not of places?"
            )
    return lines


def _large(codes: NDArray[np.int32], rank: int) -> NDArray[np.int32]:
    """Return the taxa of a rank with enough species (a genus) or references (a species)."""
    named = codes[(codes[:, rank] > 0) & (codes[:, SPECIES] > 0)]
    members = np.unique(named[:, [rank, SPECIES]], axis=0) if rank == GENUS else named[:, [rank]]
    taxa, number = np.unique(members[:, 0], return_counts=True)
    large: NDArray[np.int32] = taxa[number >= _FEWEST[rank]]
    return large


def _closeness(library: ReferenceLibrary, rank: int, taxon: int, rng: np.random.Generator) -> float:
    """Return the median identity of the members of a taxon to the nearest other one (of a genus: of another species);
    1 if none can be compared."""
    codes = library.taxa.codes
    rows = np.flatnonzero((codes[:, rank] == taxon) & (codes[:, SPECIES] > 0))
    rows = rng.permutation(rows)[:_MEMBERS]
    columns, species = library.columns[rows], codes[rows, SPECIES]
    other = species[:, None] != species if rank == GENUS else ~np.eye(len(rows), dtype=bool)
    near = np.where(other, identities(columns, columns, _MIN_OVERLAP), np.float32(-1)).max(axis=1)
    near = near[near >= 0]
    return float(np.median(near)) if len(near) else 1.0
