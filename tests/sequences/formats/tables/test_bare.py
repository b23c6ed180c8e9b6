"""Tables without a header line: an id, perhaps names, and the sequence, which is last."""

from pathlib import Path

import pytest

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.counting import count_records
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.taxonomy import Lineage

DNA = "ACGTTGCATT" * 8
CULEX = Lineage(("Eukaryota", "Arthropoda", "Insecta", "Diptera", "Culicidae", "Culex", "Culex pipiens"))
SPECIES = Lineage.from_ranks(genus="Culex", species="Culex pipiens")
NAMES = "\t".join(CULEX.names)


def test_a_long_first_row_that_is_no_sequence_in_its_end(tmp_path: Path) -> None:
    path = tmp_path / "long.tsv"
    path.write_text(f"\na\t{'ACGT' * 20_000}ZZ\n")
    with pytest.raises(InputError, match="line 2: the first row does not end with a sequence"):
        list(read_barcodes([path]))


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


@pytest.mark.parametrize(
    ("names", "genus", "species"),
    [
        ("Culex pipiens\tNA\tNA\tNA\tNA\tNA\tNA\tNA\tCulex pipiens", "Culex", "Culex pipiens"),
        ("Culex sp.\tNA\tEukaryota\tArthropoda\tInsecta\tDiptera\tCulicidae\tCulex\tNA", "Culex", ""),
    ],
)
def test_tables_of_crabs_with_missing_values(write, names, genus, species):
    (barcode,) = read_barcodes([write(f"CRABS_1\t{names}\t{'ACGTTGCATT' * 8}\n")], labelled=True)
    assert barcode.lineage.names[-2:] == (genus, species)
