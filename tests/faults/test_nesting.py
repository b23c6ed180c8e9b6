"""Lists in lists without end, in every kind of text that is read as JSON or TOML and may come from elsewhere."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from barcodeembed.benchmark.folder import read_json
from barcodeembed.errors import InputError
from barcodeembed.sequences.placement.profile import Profile
from barcodeembed.workflows.pretraining.settings import RunConfig, read_toml
from barcodeembed.workflows.tables.summary import read_skipped

NESTED = "[" * 100_000


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (NESTED, read_json),
        (f"[training]\nsteps = {NESTED}", read_toml),
        (NESTED, read_skipped),
        (f"#{NESTED}\nA\tC\tG\tT\n", Profile.load),
    ],
    ids=["plan of a benchmark", "settings", "summary", "profile"],
)
def test_a_file_of_lists_in_lists_is_one_line(text: str, read: Callable[[Path], Any], tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    with pytest.raises(InputError, match="file") as caught:
        read(path)
    assert len(str(caught.value)) < 400


def test_a_setting_of_lists_in_lists_is_a_text(tmp_path: Path) -> None:
    with pytest.raises(Exception, match=re.escape("batch_size")):
        RunConfig.make(None, {}, tmp_path, False, None, [f"training.batch_size={NESTED}"])
