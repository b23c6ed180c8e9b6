"""Through how many functions a read goes, from its file to its row (docs/architecture.md says which)."""

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import barcodeembed

PACKAGE = Path(barcodeembed.__file__).parent

WORK = {
    "cleaned": "sequences/barcode.py:clean",
    "placed": "sequences/placement/anchor.py:place",
    "embedded": "model/kmer_profile.py:embed",
    "journalled": "embeddings/journal.py:append",
    "written to the embedding file": "embeddings/writer.py:append",
    "looked up": "library/library_set.py:search",
    "judged": "classify/classifier.py:judge",
    "written to the calls": "workflows/tables/columns.py:decimal",
}
"""The functions that do something with a read."""


def on_the_stack(frame: FrameType | None) -> list[str]:
    """The functions of the package that wait for this one, and itself: file:function."""
    found = []
    while frame:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(PACKAGE) and not frame.f_code.co_name.startswith("<"):
            found.append(f"{path.relative_to(PACKAGE).as_posix()}:{frame.f_code.co_name}")
        frame = frame.f_back
    return found


def functions_of(command: Callable[[], Any]) -> set[str]:
    """The functions that are on the stack while a command works on its reads, in all its threads."""
    functions: set[str] = set()
    names = {name.rpartition(":")[2] for name in WORK.values()}

    def note(frame: FrameType, event: str, arg: object) -> None:
        if event == "call" and frame.f_code.co_name in names:
            stack = on_the_stack(frame)
            if stack and stack[0] in WORK.values():
                functions.update(stack)

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        command()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return functions


@pytest.mark.parametrize(("command", "most"), [("embed", 17), ("classify", 23)])
def test_a_read_passes_few_functions(run, dutch, reads: Path, tmp_path: Path, command: str, most: int) -> None:
    arguments = {
        "embed": ["-o", tmp_path / "r.h5", "--model", "kmer4"],
        "classify": ["-o", tmp_path / "c.tsv", "--library", dutch.path],
    }
    done = []
    found = functions_of(lambda: done.append(run([command, reads, *arguments[command]])))
    assert done[0].code == 0, done[0].err
    others = {"embed": {"looked up", "judged", "written to the calls"}}
    left_out = others.get(command, {"journalled", "written to the embedding file"})
    assert {place for what, place in WORK.items() if what not in left_out} <= found
    assert len(found) <= most, "\n".join(sorted(found))
