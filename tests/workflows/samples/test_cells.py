"""Cells of count tables."""

import pytest

from barcodeembed.sequences.annotations import MOST_READS
from barcodeembed.workflows.samples.cells import advice, is_text, reads_of


@pytest.mark.parametrize(
    ("cell", "reads"),
    [("0", 0), ("12", 12), ("12.0", 12), (str(MOST_READS), MOST_READS), ("1e3", 1000)]
    + [(cell, None) for cell in (str(MOST_READS + 1), "-1", "0.5", "inf", "nan", "NA", "", "1,000", "siteA")],
)
def test_numbers_of_reads_are_whole_and_not_negative(cell: str, reads: int | None) -> None:
    assert reads_of(cell) == reads


@pytest.mark.parametrize(
    ("cell", "start"),
    [
        *((cell, "write 0 where") for cell in ("NA", "NaN", "None", "-", "")),
        *(("1,000", "write whole numbers without"), ("-1", "numbers of reads are not negative"), ("0.5", "give whole")),
    ],
)
def test_cells_in_place_of_a_number_are_no_text(cell: str, start: str) -> None:
    assert advice(cell).startswith(start)
    assert not is_text(cell)


def test_text_is_of_a_column_that_is_no_sample() -> None:
    assert advice("ACGT").endswith("leave out columns that are no samples")
    assert is_text("ACGT")
    assert not is_text("1st")
