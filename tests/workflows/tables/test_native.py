"""The native table read back."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from barcodeembed.classify.call import Call
from barcodeembed.classify.own_names import agreement
from barcodeembed.errors import InputError
from barcodeembed.workflows.tables.native import read_calls
from barcodeembed.workflows.tables.writers import WRITERS


def written(calls: list[Call], path: Path) -> Path:
    path.write_text("".join(WRITERS["tsv"](calls)), encoding="utf-8")
    return path


@pytest.mark.parametrize("format", WRITERS)
def test_calls_read_back_are_written_alike(format: str, calls: list[Call], tmp_path: Path) -> None:
    again = list(read_calls(written(calls, tmp_path / "calls.tsv")))
    assert len(again) == len(calls)
    # Line ends in an id cannot be kept by a table.
    once = list(read_calls(written(again, tmp_path / "again.tsv")))
    assert "".join(WRITERS[format](once)) == "".join(WRITERS[format](again))
    kept = [call for call in calls if "\n" not in call.id]
    back = [new for new, old in zip(again, calls, strict=True) if "\n" not in old.id]
    assert "".join(WRITERS[format](back)) == "".join(WRITERS[format](kept))


def test_samples_come_back(make_call, tmp_path: Path) -> None:
    several, one = (("siteA", 7), ('site "B"; 1', 5)), (("siteC", 3),)
    calls = [replace(make_call("a"), reads=several), replace(make_call("b"), reads=one, group="g 1")]
    again = list(read_calls(written(calls, tmp_path / "calls.tsv")))
    assert [call.reads for call in again] == [call.reads for call in calls]
    assert again[1].group == "g 1"


def _with(text: str, column: str, value: str) -> str:
    """The same table with another value in its first row."""
    header, row, rest = text.split("\n", 2)
    fields = row.split("\t")
    fields[header.split("\t").index(column)] = value
    return "\n".join((header, "\t".join(fields), rest))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("query_id", "id", 1), "line 1: not a table of calls"),
        (lambda text: text.replace("\tsize\t", "\tn\t", 1), "line 1: these calls have no column size"),
        (lambda text: text[:-1], "line 9: the last row is cut off"),
        (lambda text: text.replace("\tnamed\t", "\tnames\t", 1), "line 2: this row is no call .verdict 'names'"),
        (
            lambda text: re.sub(r"\t0\.(\d+)", r"\t0,\1", text, count=1),
            r"line 2: this row is no call .p_family '0,\d+' is no number: a spreadsheet has put a comma",
        ),
        (lambda text: re.sub(r"\t[0-9a-f]{40}", "\tzz", text, count=1), "line 2: this row is no call .sha1 'zz'"),
        (lambda text: _with(text, "sample_sizes", "[" * 100_000), r"line 2: this row is no call \(maximum recursion"),
        (lambda text: text.replace("\tok\t", "\tok\t\t", 1), "line 2: .* fields where the header has"),
    ],
)
def test_damage_is_named(change, message: str, calls: list[Call], tmp_path: Path) -> None:
    path = written(calls, tmp_path / "calls.tsv")
    path.write_text(change(path.read_text()))
    with pytest.raises(InputError, match=message):
        list(read_calls(path))


def test_own_names_come_back_and_older_tables_have_none(calls: list[Call], tmp_path: Path) -> None:
    call = next(one for one in calls if one.verdict == "named")
    own = call.lineage.to_sintax()
    path = written([replace(call, read={**call.read, "lineage": own})], tmp_path / "calls.tsv")
    assert [(one.read["lineage"], agreement(one)) for one in read_calls(path)] == [(own, "same")]
    header, row = path.read_text().splitlines()
    assert header.endswith("\town_lineage\town_name")
    path.write_text("".join(line.rsplit("\t", 2)[0] + "\n" for line in (header, row)))
    assert [agreement(one) for one in read_calls(path)] == [""]
