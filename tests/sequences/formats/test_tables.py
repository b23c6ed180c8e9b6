"""Tables: their columns of names, and those that have no header line."""

from pathlib import Path

import pytest

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.counting import count_records
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.names.taxonomy_files import read_taxonomy
from barcodeembed.taxonomy import Lineage

DNA = "ACGTTGCATT" * 8
CULEX = Lineage(("Eukaryota", "Arthropoda", "Insecta", "Diptera", "Culicidae", "Culex", "Culex pipiens"))
SPECIES = Lineage.from_ranks(genus="Culex", species="Culex pipiens")
NAMES = "\t".join(CULEX.names)


@pytest.mark.parametrize(
    ("row", "lineage"),
    [
        (f"A1\tCulex pipiens\t7175\t{NAMES}\t{DNA}", CULEX),
        (f"A1\t7175\t{NAMES.replace(' ', '_')}\t{DNA}", Lineage((*CULEX.names[:-1], "Culex_pipiens"))),
        (
            f"A1\tCulex pipiens\t7175\tEukaryota\tArthropoda\tInsecta\tNA\tNA\tCulex\tCulex pipiens\t{DNA}",
            Lineage((*CULEX.names[:3], "", "", *CULEX.names[5:])),
        ),
        (f"A1\tCulex pipiens\t{DNA}", SPECIES),
        (f"A1,Culex_pipiens,{DNA}", SPECIES),
        (f"A1\t{';'.join(CULEX.names)}\t{DNA}", CULEX),
        (f"A1\t{DNA}", Lineage()),
    ],
)
def test_rows_without_a_header(tmp_path: Path, row: str, lineage: Lineage) -> None:
    path = tmp_path / "refs.txt"
    path.write_text(f"{row}\n\n{row.replace('A1', 'A2', 1)}\n")
    first, second = read_barcodes([path], labelled=True)
    assert (first.id, second.id, first.sequence) == ("A1", "A2", DNA)
    assert first.lineage == second.lineage == lineage
    assert count_records([path]) == 2


def test_a_row_of_another_width_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "refs.txt"
    path.write_text(f"A1\tx\t{DNA}\nA2\t{DNA}\n")
    with pytest.raises(InputError, match="line 2: 2 fields where the first row has 3"):
        list(read_barcodes([path]))


def test_the_columns_of_a_table_without_sequences_are_said(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    path.write_text("OTU\tsiteA\tsiteB\na\t1\t2\n")
    with pytest.raises(InputError, match="the columns of its first line are 'OTU', 'siteA', 'siteB'"):
        list(read_barcodes([path]))


@pytest.mark.parametrize(
    ("header", "row", "lineage"),
    [
        ("gbifID\tscientificName\ttaxonRank", "A1\tCulex pipiens Linnaeus, 1758\tSPECIES", SPECIES),
        (
            "occurrenceID\tscientificName\ttaxonRank",
            "A1\tCulicidae\tFAMILY",
            Lineage(("",) * 4 + ("Culicidae", "", "")),
        ),
        ("id\torganism", "A1\tCulex pipiens", SPECIES),
        ("id\ttaxon", "A1\tCulex_pipiens", SPECIES),
        ("id\ttaxon", "A1\tInsecta", Lineage.from_ranks(**{"class": "Insecta"})),
        ("id\tgenus\tspecificEpithet", "A1\tCulex\tpipiens", Lineage.from_ranks(genus="Culex", species="pipiens")),
        ("id\tspecies\tidentification", "A1\t\tCulex pipiens", Lineage()),
    ],
)
def test_columns_of_names(tmp_path: Path, header: str, row: str, lineage: Lineage) -> None:
    path = tmp_path / "refs.tsv"
    path.write_text(f"{header}\tsequence\n{row}\tACGT\n")
    (barcode,) = read_barcodes([path])
    assert (barcode.id, barcode.lineage) == ("A1", lineage)


def test_a_taxonomy_of_single_names(tmp_path: Path) -> None:
    path = tmp_path / "names.tsv"
    path.write_text("A1\tCulex pipiens\nA2\tInsecta\n")
    assert read_taxonomy(path) == {"A1": SPECIES, "A2": Lineage.from_ranks(**{"class": "Insecta"})}
