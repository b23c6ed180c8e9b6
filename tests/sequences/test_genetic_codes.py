"""Which genetic code a taxon has, and which of its codons are stops."""

import numpy as np
import pytest

from barcodeembed.errors import UsageError
from barcodeembed.sequences.codes import encode
from barcodeembed.sequences.genetic_codes import (
    AMINO_ACID_OF_CODON,
    AMINO_ACIDS,
    CODE_OF_CLASS,
    CODE_OF_PHYLUM,
    STOPS_IN_ALL,
    count_codons,
    genetic_code,
    stop_codons,
)
from barcodeembed.taxonomy import Lineage


@pytest.mark.parametrize(
    ("names", "code"),
    [
        ({"phylum": "Chordata", "class": "Mammalia"}, 2),
        ({"phylum": "Chordata", "class": "Ascidiacea"}, 13),
        ({"phylum": "Chordata"}, 0),
        ({"phylum": "Arthropoda", "class": "Insecta"}, 5),
        ({"phylum": "Echinodermata"}, 9),
        ({"phylum": "Cnidaria", "class": "Anthozoa"}, 4),
        ({}, 0),
    ],
)
def test_the_code_of_a_taxon(names: dict[str, str], code: int) -> None:
    assert genetic_code(Lineage.from_ranks(**names)) == code


def test_only_vertebrates_stop_at_aga_and_agg() -> None:
    assert set(stop_codons(2)) == {"TAA", "TAG", "AGA", "AGG"}
    others = set(CODE_OF_CLASS.values()) | set(CODE_OF_PHYLUM.values()) - {2}
    assert {tuple(sorted(stop_codons(code))) for code in others - {2}} == {STOPS_IN_ALL}
    assert stop_codons(14) == ("TAG",)


def test_there_is_no_code_7() -> None:
    with pytest.raises(UsageError, match="--genetic-code: NCBI's list has no code 7"):
        stop_codons(7)


def test_codons_are_counted_in_frame_only() -> None:
    columns = np.stack([encode("AAGATTAA"), encode("AGATAATA"), encode("AAGNTACG")])
    assert count_codons(columns, 1, stop_codons(2)).tolist() == [1, 0, 0]
    assert count_codons(columns, 0, stop_codons(2)).tolist() == [0, 2, 0]
    assert count_codons(columns, 0, STOPS_IN_ALL).tolist() == [0, 1, 0]


def test_amino_acids_have_the_numbers_that_models_were_trained_with() -> None:
    assert AMINO_ACIDS == "ACDEFGHIKLMNPQRSTVWY*"
    codons = {"ATG": "M", "ATA": "M", "TGA": "W", "AGA": "S", "AGG": "S", "TAA": "*", "TAG": "*", "CTG": "L"}
    for codon, amino_acid in codons.items():
        first, second, third = map("ACGT".index, codon)
        assert AMINO_ACIDS[AMINO_ACID_OF_CODON[16 * first + 4 * second + third]] == amino_acid
