"""Packages that only one output needs."""

import sys
from pathlib import Path

import pytest

from barcodeembed.errors import UsageError
from barcodeembed.workflows.samples.exports import need


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("import nowhere_to_be_found", r"--of needs the package odd-one: `pip install odd-one`, or leave --of out"),
        (
            "None.find('x')",
            r"which cannot be loaded here \(.*'find'\): `pip install --force-reinstall odd-one`, or leave",
        ),
    ],
)
def test_a_package_that_cannot_be_loaded_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, said: str
) -> None:
    (tmp_path / "odd_one.py").write_text(line)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UsageError, match=said):
        need("odd-one", "odd_one", "--of")
    assert "odd_one" not in sys.modules
