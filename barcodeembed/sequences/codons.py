"""The genetic code as an array: the amino acid of each codon of three bases (0..3 for A, C, G, T)."""

from __future__ import annotations

from itertools import product

import numpy as np
from Bio.Data.CodonTable import unambiguous_dna_by_id

_INVERTEBRATE = unambiguous_dna_by_id[5]

AMINO_ACIDS = "".join(sorted(set(_INVERTEBRATE.forward_table.values()))) + "*"
"""The 20 amino acids and the stop, one letter each."""

AMINO_ACID_OF_CODON = np.array(
    [AMINO_ACIDS.index(_INVERTEBRATE.forward_table.get("".join(codon), "*")) for codon in product("ACGT", repeat=3)],
    dtype=np.int64,
)
"""Index in ``AMINO_ACIDS`` of codon 16 a + 4 b + c, by the invertebrate mitochondrial code (NCBI table 5), int (64,).
The vertebrate code differs in AGA and AGG only, which vertebrates hardly use."""
