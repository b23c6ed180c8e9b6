"""Which mitochondrial genetic code a taxon has, and which codons are stops in it.

Codes are named by their numbers in NCBI's list (Elzanowski & Ostell, The Genetic Codes,
https://www.ncbi.nlm.nih.gov/Taxonomy/Utils/wprintgc.cgi), which says what taxa have each of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from Bio.Data.CodonTable import unambiguous_dna_by_id
from numpy.typing import NDArray

from barcodeembed.errors import UsageError
from barcodeembed.sequences.codes import SINGLE_BASE, Codes, encode
from barcodeembed.taxonomy import Lineage

CODE_OF_CLASS = {
    **dict.fromkeys(("Mammalia", "Aves", "Reptilia", "Lepidosauria", "Testudines", "Crocodylia", "Amphibia"), 2),
    **dict.fromkeys(("Actinopterygii", "Actinopteri", "Teleostei", "Cladistia", "Cladistii", "Sarcopterygii"), 2),
    **dict.fromkeys(("Dipneusti", "Dipnoi", "Coelacanthi", "Elasmobranchii", "Holocephali", "Chondrichthyes"), 2),
    **dict.fromkeys(("Cephalaspidomorphi", "Petromyzonti", "Hyperoartia", "Myxini"), 2),
    **dict.fromkeys(("Ascidiacea", "Thaliacea", "Appendicularia", "Larvacea"), 13),
    "Leptocardii": 5,
}
"""Codes of the classes of Chordata, where the phylum does not tell the code: 2 of vertebrates, 13 of tunicates."""

CODE_OF_PHYLUM = {
    **dict.fromkeys(("Arthropoda", "Mollusca", "Annelida", "Nematoda", "Tardigrada", "Chaetognatha"), 5),
    **dict.fromkeys(
        ("Brachiopoda", "Bryozoa", "Nemertea", "Rotifera", "Acanthocephala", "Sipuncula", "Onychophora"), 5
    ),
    **dict.fromkeys(("Echinodermata", "Platyhelminthes"), 9),
    **dict.fromkeys(("Cnidaria", "Ctenophora", "Porifera", "Placozoa"), 4),
}
"""Codes of the other phyla: 5 of invertebrates, 9 of echinoderms and flatworms, 4 of cnidarians, comb jellies and
sponges."""

STOPS_IN_ALL = ("TAA", "TAG")
"""Stop codons in each of these codes: what counts where the code of a read is not known."""


def genetic_code(lineage: Lineage) -> int:
    """Return the number of the genetic code of a taxon; 0 if its class and phylum don't tell it."""
    of_class = CODE_OF_CLASS.get(lineage.at("class"), 0)
    return of_class or CODE_OF_PHYLUM.get(lineage.at("phylum"), 0)


def stop_codons(code: int) -> tuple[str, ...]:
    """Return the stop codons of a genetic code by its number in NCBI's list; those of all codes for 0.

    Raises
    ------
    UsageError
        if there is no code of this number.
    """
    if code == 0:
        return STOPS_IN_ALL
    if code not in unambiguous_dna_by_id:
        raise UsageError(f"--genetic-code: NCBI's list has no code {code}; 2 is that of vertebrates, 5 of insects")
    return tuple(unambiguous_dna_by_id[code].stop_codons)


def count_codons(columns: Codes, frame: int, codons: Sequence[str]) -> NDArray[np.int32]:
    """Return how many of the given codons each placed read (B, C) has, int32 (B,).

    The first complete codon starts in column ``frame``.
    """
    n_codons = (columns.shape[1] - frame) // 3
    read = SINGLE_BASE[columns[:, frame : frame + 3 * n_codons]].reshape(-1, n_codons, 3)
    found = np.zeros(len(columns), dtype=np.int32)
    for codon in codons:
        found += (read == SINGLE_BASE[encode(codon)]).all(axis=2).sum(axis=1, dtype=np.int32)
    return found
