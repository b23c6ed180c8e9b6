"""Definition lines of GenBank: the organism that they name, or none."""

import pytest

from barcodeembed.sequences.names.genbank import organism

LINES = {
    "Culex pipiens": "Culex pipiens",
    "Culex pipiens voucher BIOUG1 cytochrome oxidase subunit 1 (COI) gene, partial cds; mitochondrial": "Culex pipiens",
    "UNVERIFIED: Culex pipiens isolate X cytochrome oxidase subunit I-like (COI) gene": "Culex pipiens",
    "TPA_asm: Culex pipiens mitochondrion": "Culex pipiens",
    "MAG: Culex pipiens mitochondrion": "Culex pipiens",
    "PREDICTED: Culex pipiens COX1": "Culex pipiens",
    "Polygonia c-album voucher X": "Polygonia c-album",
    "Culex sp. BOLD:AAA1234 COI": "Culex sp. BOLD:AAA1234",
    "Culex sp. voucher X": "Culex sp.",
    "Culex cf. pipiens A voucher X": "Culex cf. pipiens A",
    "Culex (Culex) pipiens voucher X": "Culex pipiens",
    "Culex pipiens x Culex quinquefasciatus isolate 3": "Culex pipiens x Culex quinquefasciatus",
    "Culex pipiens complex isolate 3": "Culex pipiens complex",
    "Culex pipiens or torrentium": "Culex pipiens or",
    "Culex pipiens vs. torrentium": "Culex pipiens vs.",
    "Culex pipiens and Culex torrentium": "",
    "Culex pipiens gut content": "",
    "Culex pipiens parasite 12": "",
    "Culex pipiens-like virus": "",
    "Rhine delta": "",
    "Delta unguiculatum voucher X": "Delta unguiculatum",
    "Villa modesta voucher X": "Villa modesta",
    "Ceromya ontario voucher X": "Ceromya ontario",
    "Costa rica": "",
    "Wolbachia endosymbiont of Culex pipiens coxA gene": "Wolbachia sp.",
    "[organism=Culex pipiens] [isolate=3] COI": "Culex pipiens",
    "Synthetic construct clone 1 COI gene": "",
    "Consensus sequence of 120 reads": "",
    "No hits": "",
    "Culex pipiens nr. torrentium COI": "Culex pipiens nr.",
    "Culex pipiens cplx": "Culex pipiens cplx",
    "Culex (s. str.) pipiens COI": "Culex pipiens",
    "Culex pipiens near Helsinki": "Culex pipiens",
    "Culex pipiens \xd7 Culex torrentium": "Culex pipiens \xd7 Culex torrentium",
    "Culex pipiens &times; C. torrentium isolate A": "Culex pipiens \xd7 C. torrentium",
    "Culex pipiens x C. torrentium": "Culex pipiens x C. torrentium",
    "Culex pipiens &amp; others": "",
    "Not assigned": "",
    "Too short": "",
    "Sample from Utrecht": "",
    "Cytochrome oxidase subunit 1, partial": "",
    "Uncultured insect clone 5 COI": "",
    "Mixed culture COI": "",
    "Contig from NGSpeciesID": "",
    "Insecta environmental sample": "",
    "Voucher specimen 12": "",
    "Culicidae environmental sample": "",
    "": "",
}


@pytest.mark.parametrize("line", LINES)
def test_organism(line: str) -> None:
    assert organism(line) == LINES[line]
