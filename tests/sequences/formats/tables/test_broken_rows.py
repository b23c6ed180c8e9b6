"""Lines of tables with tabs that are no whole rows: an error or a record that is counted, never joined or cut off."""

from pathlib import Path

import pytest

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.workflows.split import split_files

A, B = ("ACGTTGCATT" * 62, "GGCATTACGT" * 8)


@pytest.mark.parametrize(
    ("text", "what"),
    {
        "sequence in lines": (
            f"processid\tspecies\tnuc\na\tOsmia rufa\t{A}\n{B[:39]}\nb\tOsmia rufa\t{B}\n",
            "line 3: 1 field where the header has 3",
        ),
        "two short rows": (
            f"processid\tspecies\tnuc\na\tEylais tantilla\nb\t{B}\n",
            "line 2: 2 fields where the header has 3",
        ),
        "an id alone": (
            f"processid\tspecies\tnuc\na\tOsmia rufa\t{A}\nb\nc\tOsmia rufa\t{B}\n",
            "line 3: 1 field where the header has 3",
        ),
        "a note": (
            f"processid\tnuc\tnotes\na\t{A}\tone\ntwo\nc\t{B}\tz\n",
            "line 3: 1 field where the header has 3",
        ),
    }.values(),
)
def test_lines_that_are_no_whole_rows_are_an_error(write, text: str, what: str) -> None:
    with pytest.raises(InputError, match=what):
        list(read_barcodes([write(text)]))


def test_fasta_behind_a_table_stays_an_error_in_the_part(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    path.write_text(f"processid\tspecies\tnuc\tnotes\na\tOsmia rufa\t{A}\tz\n>b\n{B}\n>c\n{B}\n")
    parts = split_files([path], tmp_path / "parts", parts=1)
    with pytest.raises(InputError, match="line 3: 1 field where the header has 4"):
        list(read_barcodes([part.path for part in parts]))


COLUMNS = "processid\tsampleid\tnotes\tkingdom\tphylum\tclass\torder\tfamily\tspecies\tnuc\tcoord"
RANKS = "Animalia\tArthropoda\tInsecta\tDiptera\tCulicidae"


def row(id: str, note: str, bases: str = A, behind: str = "\t1,2") -> str:
    return f"{id}\ts\t{note}\t{RANKS}\tCulex pipiens\t{bases}{behind}\n"


@pytest.mark.parametrize("note", ["on a leaf\nof an oak", "one\n\ntwo\r\nthree", "\n", '"a\nb"'])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_row_that_a_line_end_in_a_cell_breaks_is_counted(write, note: str, place: int) -> None:
    rows = [row(f"a{number}", note if number == place else "x") for number in range(3)]
    counts = ReadCounts()
    found = [barcode.id for barcode in read_barcodes([write(f"{COLUMNS}\n{''.join(rows)}")], counts)]
    assert found == [f"a{number}" for number in range(3) if number != place]
    assert (counts.read, counts.skipped, counts.first_skipped["broken_row"]) == (3, {"broken_row": 1}, f"a{place}")


@pytest.mark.parametrize(
    "lines",
    {
        "bases in lines": row("a", "x", f"{A}\n{B}"),
        "one that is cut off": "a\ts\tnote\tAnimalia\n" + row("b", "x"),
        "two that are cut off": f"a\ts\tnote\tAnimalia\nb\ts\t{A}\tArthropoda\tx\ty\tz\t{B}\n",
        "a record in its place": f"a\nb\ts\tx\t{RANKS}\tCulex pipiens\t{A}\t1,2\n",
        "a note above a whole row": "note\n" + row("b", "x", f"{A[:50]}E{A}"),
        "two that lost their ends": f"a\ts\tx\t{RANKS[:18]}\nb\ts\tx\t{RANKS}\n",
        "FASTA": f"a\n>b\ts\tx\t{RANKS}\tCulex pipiens\tA\t1,2\n",
    }.values(),
)
def test_other_lines_of_too_few_fields_stay_an_error(write, lines: str) -> None:
    with pytest.raises(InputError, match=r"line [34]: .* where the header has 11"):
        list(read_barcodes([write(f"{COLUMNS}\n{row('c', 'x')}{lines}{row('d', 'x')}")]))
