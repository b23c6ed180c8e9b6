"""Files of other formats are recognised by their first line, and FASTA is not taken for one of them."""

import pytest

from barcodeembed.sequences.formats.opening.foreign import foreign_format


@pytest.mark.parametrize("line", [">P1;CRAB_ANAPL", ">DL;AB000001"])
def test_pir(line: str) -> None:
    assert foreign_format(line) == ("a PIR file", "save it as FASTA")


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (">Feature gb|KX123456.1|", "a feature table of GenBank"),
        ("Seq-entry ::= set {", "an ASN.1 file of GenBank"),
        ("BEGIN_SEQUENCE S1", "a file of phred (.phd)"),
        ("read1\t4\t*\t0\t0\t*\t*\t0\t0\tACGT\tIIII", "a SAM file"),
        ("read1\t16\tMT\t12\t60\t4M2I\t*\t0\t0\tACGTAC\tIIIIII", "a SAM file"),
        ("[InternetShortcut]", "a link in place of the file"),
        ("<ENA_RECORD_SET/>", "an XML file"),
    ],
)
def test_files_of_archives_and_sequencers(line: str, what: str) -> None:
    assert foreign_format(line)[0] == what


@pytest.mark.parametrize(
    "line",
    [">Feature 1", ">Feature_1|a", ">p1;size=5", ">F1;tax=k:Animalia,p:Chordata;", ">n1;Insecta;Diptera", ">p1 PIR"],
)
def test_fasta_whose_id_looks_like_the_code_of_a_pir_file(line: str) -> None:
    assert foreign_format(line) == ("", "")
