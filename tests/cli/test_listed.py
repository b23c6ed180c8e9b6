"""Options whose values may stand in a file."""

from pathlib import Path

import pytest

from barcodeembed.cli.listed import listed
from barcodeembed.errors import InputError
from barcodeembed.library.audit import Suspect
from barcodeembed.workflows.audit import Audit, suspects_table


def test_a_file_has_one_value_a_line(tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("a\n\nb \n")
    assert listed(["x", f"@{tmp_path / 'ids.txt'}"]) == ["x", "a", "b"]
    (tmp_path / "ids.txt").write_text("\n")
    with pytest.raises(InputError, match="no id"):
        listed([f"@{tmp_path / 'ids.txt'}"])


@pytest.mark.parametrize("begin", ["", "\ufeff"])
def test_the_first_column_of_a_table_of_suspects_has_the_ids(tmp_path: Path, begin: str) -> None:
    suspects = [Suspect(id, "family", "Apidae", "Culicidae", 0.99, 0.7, ("c", "d")) for id in ("a", "b")]
    (tmp_path / "suspects.tsv").write_text(begin + "".join(suspects_table(Audit(9, suspects, [], []))))
    assert listed([f"@{tmp_path / 'suspects.tsv'}"]) == ["a", "b"]
    (tmp_path / "own.tsv").write_text("a\tnot a bee\nb\t\n")
    assert listed([f"@{tmp_path / 'own.tsv'}"]) == ["a", "b"]
