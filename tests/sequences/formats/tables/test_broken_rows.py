"""Lines of tables with tabs that are no whole rows: an error, never joined to a record or cut off."""

from pathlib import Path

import pytest

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.readers import read_barcodes
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
