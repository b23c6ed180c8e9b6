"""Options whose values may stand in a file."""

from pathlib import Path

import pytest

from barcodeembed.cli.listed import listed
from barcodeembed.errors import InputError


def test_a_file_has_one_value_a_line(tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("a\n\nb \n")
    assert listed(["x", f"@{tmp_path / 'ids.txt'}"]) == ["x", "a", "b"]
    (tmp_path / "ids.txt").write_text("\n")
    with pytest.raises(InputError, match="no id"):
        listed([f"@{tmp_path / 'ids.txt'}"])
