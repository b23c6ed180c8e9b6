"""Rows of tables with tabs that a line end in a cell has broken: joined, or an error where they make no row."""

from pathlib import Path

import pytest

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.counting import count_records
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.workflows.split import split_files

A, B, C = ("ACGTTGCATT" * 8, "GGCATTACGT" * 8, "TTGACCAGTA" * 8)
HEADER = "processid\tcollectors\tnotes\tspecies\tnucleotides\tphotographer\n"


def row(id: str, sequence: str, collectors: str = "x", notes: str = "y", photographer: str = "z") -> str:
    return f"{id}\t{collectors}\t{notes}\tCulex pipiens\t{sequence}\t{photographer}\n"


BROKEN = {
    "in the middle": row("b", B, notes="one\ntwo"),
    "twice": row("b", B, collectors="one\ntwo", notes="three\nfour"),
    "with a blank line": row("b", B, notes="one\n\ntwo"),
    "in quotes": row("b", B, notes='"one\ntwo"'),
    "with carriage returns": row("b", B, notes="one\r\ntwo"),
    "behind the sequence": row("b", B, photographer="one\ntwo"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_rows_with_a_line_end_in_a_cell_are_joined(write, kind: str) -> None:
    counts = ReadCounts()
    path = write(HEADER + row("a", A) + BROKEN[kind] + row("c", C))
    barcodes = list(read_barcodes([path], counts, labelled=True))
    assert [(one.id, one.sequence) for one in barcodes] == [("a", A), ("b", B), ("c", C)]
    assert {one.lineage.at("species") for one in barcodes} == {"Culex pipiens"}
    line = 4 if kind == "behind the sequence" else 3
    assert list(counts.remarks.lines()) == [
        f"rows with a line end in a cell, joined: 1, the first in {path}, line {line}"
    ]
    assert (counts.read, count_records([path])) == (3, None)


@pytest.mark.parametrize(
    ("lines", "line"),
    {
        "b\tx\n": 3,  # cut off
        "b\tx\ny\n": 3,
        "b\tx\n" + row("c", C): 3,
        f">b\n{B}\n" + row("c", C): 3,  # FASTA, joined to the table
        f"{B}\n" + row("c", C): 3,
        "Source: BOLD\n": 3,
    }.items(),
)
def test_lines_that_make_no_row_are_an_error(write, lines: str, line: int) -> None:
    with pytest.raises(InputError, match=f"line {line}: . fields? where the header has 6"):
        list(read_barcodes([write(HEADER + row("a", A) + lines)]))


def test_short_rows_are_not_joined(write) -> None:
    """Some spreadsheets leave out empty cells at the end of a row."""
    header = "id\tsequence\t" + "\t".join(f"x{place}" for place in range(8)) + "\n"
    path = write(header + f"a\t{A}\t1\t2\t3\nb\t{B}\t1\t2\t3\t4\nc\t{C}\n")
    assert [one.id for one in read_barcodes([path])] == ["a", "b", "c"]


@pytest.mark.parametrize("kind", BROKEN)
def test_parts_have_whole_rows(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.tsv"
    path.write_text(HEADER + row("a", A) + BROKEN[kind] + row("c", C))
    parts = split_files([path], tmp_path / "parts", parts=3)
    assert [part.records for part in parts] == [1, 1, 1]
    assert [one.id for part in parts for one in read_barcodes([part.path])] == ["a", "b", "c"]
