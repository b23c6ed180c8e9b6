"""Cells of count tables."""

import pytest

from barcodeembed.sequences.annotations import MOST_READS
from barcodeembed.workflows.samples.cells import advice, is_text, reads_of


@pytest.mark.parametrize(
    ("cell", "reads"),
    [("0", 0), ("12", 12), ("12.0", 12), (str(MOST_READS), MOST_READS), ("1e3", 1000)]
    + [(cell, None) for cell in (str(MOST_READS + 1), "-1", "0.5", "inf", "nan", "NA", "", "1,000", "siteA")]
    + [("1000.000", 1000), ("0.000", 0), ("12.00", 12), ("+5", 5), ("-0.0", 0), ("", None), (".", None)]
    + [(cell, None) for cell in ("1.000", "250.000", "1_000", "1 000", "1\u202f000", "1.000.000", "1'000", "1.234")],
)
def test_numbers_of_reads_are_whole_and_not_negative(cell: str, reads: int | None) -> None:
    assert reads_of(cell) == reads


@pytest.mark.parametrize(
    ("cell", "start"),
    [
        *((cell, "write 0 where") for cell in ("NA", "NaN", "None", "-", "")),
        *(("1,000", "write whole numbers without"), ("-1", "numbers of reads are not negative"), ("0.5", "give whole")),
        ("1.000", "write 1000 if the point stands between thousands, and 1 if not"),
        ("1.5e0", "give whole numbers, no shares"),
        ("12,5", "write whole numbers without signs between their digits"),
        *(
            (cell, f"write whole numbers without signs between their digits ({digits})")
            for cell, digits in (("1_000", 1000), ("1 000", 1000), ("1\u00a0000", 1000), ("1.234", 1234))
        ),
    ],
)
def test_cells_in_place_of_a_number_are_no_text(cell: str, start: str) -> None:
    assert advice(cell).startswith(start)
    assert not is_text(cell)


def test_text_is_of_a_column_that_is_no_sample() -> None:
    assert advice("ACGT").endswith("leave out columns that are no samples")
    assert is_text("ACGT")
    assert not is_text("1st")
