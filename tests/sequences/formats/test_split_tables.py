"""Tables with a column ``split``: which rows are read, and what is refused."""

import pytest

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.split_tables import has_split, read_split_table


def test_rows_of_the_barcode_with_a_sequence_are_read(write):
    path = write(
        "processid\tsplit\tmarker_code\tnuc\tgenus\tbin_uri\n"
        "a\ttrain\tCOI-5P\tACGTNN\tCulex\tBOLD:AAA1\n"
        "\ttest\t\tGG\t\t\n"
        "other marker\ttrain\tITS\tACGT\tCulex\t\n"
        "no sequence\ttrain\tCOI-5P\t\tCulex\t\n"
    )
    rows = list(read_split_table(path))
    assert [(row.split, row.id, row.raw, row.bin) for row in rows] == [
        ("train", "a", "ACGTNN", "BOLD:AAA1"),
        ("test", "row_2", "GG", ""),
    ]
    assert [row.lineage.at("genus") for row in rows] == ["Culex", ""]
    assert has_split(path)


@pytest.mark.parametrize("header", ["processid\tnuc", "processid\tsplit"])
def test_a_table_without_a_split_or_sequences_is_refused(write, header):
    path = write(f"{header}\na\tACGT\n")
    with pytest.raises(InputError, match="no column 'split' or no column of sequences"):
        list(read_split_table(path))
    assert has_split(path) == ("split" in header)
