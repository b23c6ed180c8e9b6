"""Files of other formats are recognised by their first line, and FASTA is not taken for one of them."""

import pytest

from barcodeembed.sequences.formats.opening.foreign import foreign_format


@pytest.mark.parametrize("line", [">P1;CRAB_ANAPL", ">DL;AB000001"])
def test_pir(line: str) -> None:
    assert foreign_format(line) == ("a PIR file", "save it as FASTA")


@pytest.mark.parametrize("line", [">p1;size=5", ">F1;tax=k:Animalia,p:Chordata;", ">n1;Insecta;Diptera", ">p1 PIR"])
def test_fasta_whose_id_looks_like_the_code_of_a_pir_file(line: str) -> None:
    assert foreign_format(line) == ("", "")
