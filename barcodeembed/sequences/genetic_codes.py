"""Find the mitochondrial genetic code of a taxon, count the stop codons of that code, and number amino acids.

Codes have their numbers in NCBI's list (Elzanowski & Ostell, The Genetic Codes,
https://www.ncbi.nlm.nih.gov/Taxonomy/Utils/wprintgc.cgi), which also says which taxa have which code.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

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
"""Codes of the classes of Chordata, where the phylum does not determine the code: 2 for vertebrates, 13 for
tunicates."""

CODE_OF_PHYLUM = {
    **dict.fromkeys(("Arthropoda", "Mollusca", "Annelida", "Nematoda", "Tardigrada", "Chaetognatha"), 5),
    **dict.fromkeys(
        ("Brachiopoda", "Bryozoa", "Nemertea", "Rotifera", "Acanthocephala", "Sipuncula", "Onychophora"), 5
    ),
    **dict.fromkeys(("Echinodermata", "Platyhelminthes"), 9),
    **dict.fromkeys(("Cnidaria", "Ctenophora", "Porifera", "Placozoa"), 4),
}
"""Codes of all other phyla: 5 for invertebrates, 9 for echinoderms and flatworms, 4 for cnidarians, comb jellies and
sponges."""

STOPS_IN_ALL = ("TAA", "TAG")
"""Codons that are stops in all of these codes; only they count if the code of a read is not known."""

_INVERTEBRATE = unambiguous_dna_by_id[5]

AMINO_ACIDS = "".join(sorted(set(_INVERTEBRATE.forward_table.values()))) + "*"
"""The 20 amino acids and the stop, one letter each."""

AMINO_ACID_OF_CODON = np.array(
    [AMINO_ACIDS.index(_INVERTEBRATE.forward_table.get("".join(codon), "*")) for codon in product("ACGT", repeat=3)],
    dtype=np.int64,
)
"""Index in ``AMINO_ACIDS`` of codon 16 a + 4 b + c of three bases (0..3 for A, C, G, T), by the invertebrate code, int
(64,). The vertebrate code differs in AGA and AGG only, which vertebrates hardly use."""

_DIGIT = (SINGLE_BASE % 5).astype(np.uint8)  # 0 to 3 for A, C, G, T and 4 for all others: a codon is a number below 125


def genetic_code(lineage: Lineage) -> int:
    """Return the number of a taxon's genetic code; 0 if neither its class nor its phylum determines it."""
    of_class = CODE_OF_CLASS.get(lineage.at("class"), 0)
    return of_class or CODE_OF_PHYLUM.get(lineage.at("phylum"), 0)


def stop_codons(code: int) -> tuple[str, ...]:
    """Return the stop codons of the genetic code with this number in NCBI's list; for 0, those that all codes have.

    Raises
    ------
    UsageError
        if there is no code with this number.
    """
    if code == 0:
        return STOPS_IN_ALL
    if code not in unambiguous_dna_by_id:
        raise UsageError(f"--genetic-code: NCBI's list has no code {code}; 2 is that of vertebrates, 5 of insects")
    return tuple(unambiguous_dna_by_id[code].stop_codons)


def count_stops(columns: Codes, frame: int, lineages: Sequence[Lineage], code: int = 0) -> NDArray[np.int64]:
    """Return how many stop codons each of B placed reads (B, C) has by the genetic code of its lineage (B), int64 (B,).

    ``code`` is the number of one code for all reads; 0 stands for the code of each lineage. If the code of a read is
    not known, only codons that are stops in all codes are counted. The first complete codon begins in column ``frame``.
    """
    codes = np.array([code or genetic_code(lineage) for lineage in lineages], dtype=np.int64)
    stops = np.zeros(len(codes), dtype=np.int64)
    for one in set(codes.tolist()):
        own = codes == one
        stops[own] = count_codons(columns[own], frame, stop_codons(one))
    return stops


def count_codons(columns: Codes, frame: int, codons: Sequence[str]) -> NDArray[np.int32]:
    """Return how many of the given codons each of B placed reads (B, C) contains, int32 (B,).

    The first complete codon begins in column ``frame``.
    """
    digits = _DIGIT[columns[:, frame : frame + (columns.shape[1] - frame) // 3 * 3]]
    asked = np.zeros(5**3, dtype=np.bool_)
    for first, second, third in (_DIGIT[encode(codon)].tolist() for codon in codons):
        asked[25 * first + 5 * second + third] = True
    found = asked[25 * digits[:, ::3] + 5 * digits[:, 1::3] + digits[:, 2::3]]
    return found.sum(axis=1, dtype=np.int32)
