"""Tables of spreadsheets: names of columns in other languages, lines above them, cells in quotes, rows cut short."""

from pathlib import Path

import pytest

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.sequences.names.cleaning import clean_lineage

A = "ACGTTGCATT" * 8
IN_OTHER_LANGUAGES = (
    "Katalog-Nr.;Reich;Stamm;Klasse;Ordnung;Familie;Gattung;Art;DNA-Sequenz;Land;Bundesland",
    "Identifiant;R\xe8gne;Embranchement;Classe;Ordre;Famille;Genre;Esp\xe8ce;S\xe9quence;Pays;D\xe9partement",
    "C\xf3digo;Reino;Filo;Clase;Orden;Familia;G\xe9nero;Especie;Secuencia;Pa\xeds;Provincia",
    "C\xf3digo;Reino;Filo;Classe;Ordem;Fam\xedlia;G\xeanero;Esp\xe9cie;Sequ\xeancia;Pa\xeds;Estado",
    "Nummer;Rijk;Stam;Klasse;Orde;Familie;Geslacht;Soort;Sequentie;Land;Provincie",
    "Codice;Regno;Phylum;Classe;Ordine;Famiglia;Genere;Specie;Sequenza;Paese;Provincia",
    "Nr;Rike;Fylum;Klass;Ordning;Familj;Sl\xe4kte;Art;Sekvens;Land;Province",
)
NAMES = ("Animalia", "Arthropoda", "Insecta", "Diptera", "Culicidae", "Culex", "Culex pipiens")


@pytest.mark.parametrize("header", IN_OTHER_LANGUAGES)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_columns_may_have_names_in_other_languages(header: str, encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(f"{header}\n007;{';'.join(NAMES)};{A};X;Y\n".encode(encoding))
    (one,) = read_barcodes([path], labelled=True)
    assert (one.id, one.sequence, one.lineage.names, one.country, one.regions) == ("007", A, NAMES, "X", ("Y",))


@pytest.mark.parametrize(
    "text",
    [
        f"My references,,\n12.3.2024,,\n\nid,species,sequence\na,Culex pipiens,{A}\n",
        f",Taxonomy,Sequence\nid,species,sequence\na,Culex pipiens,{A}\n",
        f"References of 2024\nid\tspecies\tsequence\na\tCulex pipiens\t{A}\n",
        f"id,species (morphology),Sequence (5'-3')\na,Culex pipiens,{A}\n",
        f"id,species (BOLD),species,nucraw\na,Aedes vexans,Culex pipiens,{A}\n",
        f"\u201cid\u201d,\u201cspecies\u201d,*COI Sequence [658 bp]\na,Culex pipiens,{A}\n",
        f"Catalog #,Sci. name,16S,COI\na,Culex pipiens,{A[::-1]},{A}\n",
        f"Specimen No.,Species,Seq.\na,Culex pipiens,{A}\n",
        f"id,species,Barcode of the voucher\na,Culex pipiens,{A}\n",
        f'id\tspecies\tsequence\tnotes\n"a"\t"Culex pipiens"\t"{A}"\t"under ""a stone"", wet"\n',
        f"id,species,sequence,notes,by\na,Culex pipiens,{A}\n",
    ],
)
def test_tables_of_spreadsheets(text: str, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)
    (one,) = read_barcodes([path], labelled=True)
    assert (one.id, one.sequence, clean_lineage(one.lineage)[0].at("species")) == ("a", A, "Culex pipiens")


def test_lines_above_the_names_of_columns_and_unknown_names_of_sequences_are_said(tmp_path: Path) -> None:
    path, counts = tmp_path / "table.csv", ReadCounts()
    path.write_text(f"My references,,\nid,species,sequence\na,Culex pipiens,{A}\n")
    list(read_barcodes([path], counts))
    path.write_text(f"id,species,Barcode of it\na,Culex pipiens,{A}\n")
    list(read_barcodes([path], counts))
    assert list(counts.remarks.lines()) == [
        f"tables with lines above the names of their columns, left out: 1, the first in {path}: 'My references,,'",
        f"columns of sequences, known by what they hold: 1, the first in {path}: 'Barcode of it'",
    ]


@pytest.mark.parametrize("row", [f"b,Culex pipiens,{A}", "b,Culex pipiens"])
def test_a_row_that_may_be_cut_off_is_an_error(row: str, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(f"id,species,sequence,notes\na,Culex pipiens,{A},x\n{row}")
    with pytest.raises(InputError, match=r"line 3: . fields where the header has 4; delete it if"):
        list(read_barcodes([path]))


def test_a_table_that_was_joined_to_another_one_is_not_left_out(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(f"id,sequence\na,{A}\nid,species,sequence\nb,Culex pipiens,{A}\n")
    with pytest.raises(InputError, match="line 3: 3 fields where the header has 2"):
        list(read_barcodes([path]))


@pytest.mark.parametrize("names", ["Sample,Sequence", "Probe;Sequenz"])
def test_without_a_column_of_ids_samples_are_ids(names: str, tmp_path: Path) -> None:
    path, sign = tmp_path / "table.csv", ";" if ";" in names else ","
    path.write_text(f"{names}\nS1{sign}{A}\nS1{sign}{A}\nS2{sign}{A}\n")
    assert [one.id for one in read_barcodes([path])] == ["S1", "S1.2", "S2"]


def test_a_strain_is_no_phylum(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(f"Nr;Gattung;Art;Stamm;Sequenz\n1;Culex;pipiens;DSM 12;{A}\n")
    (one,) = read_barcodes([path], labelled=True)
    assert (one.lineage.at("phylum"), one.lineage.at("genus")) == ("", "Culex")
