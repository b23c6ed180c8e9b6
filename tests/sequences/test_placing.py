"""Blocks placed in several processes are those that one process places, in their order."""

import os
import signal
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from barcodeembed.errors import DeviceError, InputError
from barcodeembed.sequences import placing
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.batches import Limits, in_blocks
from barcodeembed.sequences.placement.anchor import shipped_anchor
from tests.waits import TIMEOUT, wait_until


def barcodes(sequences: list[str]) -> list[Barcode]:
    return [Barcode(str(i), sequence) for i, sequence in enumerate([*sequences, "ACGT" * 40, "MKVL", "AC"])]


def test_two_processes_place_as_one_does(library_sequences: list[str]) -> None:
    given = barcodes(library_sequences[:60])
    one, two = (
        list(placing.prepared(in_blocks(given, 8), shipped_anchor(), Limits(), processes)) for processes in (0, 2)
    )
    assert [block.barcodes for block in two] == list(in_blocks(given, 8))
    for mine, theirs in zip(one, two, strict=True):
        assert mine.status == theirs.status
        for field in fields(mine.placements):
            np.testing.assert_array_equal(getattr(mine.placements, field.name), getattr(theirs.placements, field.name))


def test_blocks_are_read_no_further_than_they_are_needed(library_sequences: list[str]) -> None:
    read = []

    def stream():  # type: ignore[no-untyped-def]
        for block in in_blocks(barcodes(library_sequences[:60]), 2):
            read.append(len(block))
            yield block

    blocks = placing.prepared(stream(), shipped_anchor(), Limits(), 2)
    next(blocks)
    blocks.close()
    assert len(read) == 2 * placing.AHEAD


@pytest.mark.parametrize("processes", [0, 2])
def test_an_error_of_the_input_comes_behind_the_blocks_before_it(library_sequences: list[str], processes: int) -> None:
    def stream():  # type: ignore[no-untyped-def]
        yield from in_blocks(barcodes(library_sequences[:9]), 4)
        raise InputError("the file is damaged")

    blocks = placing.prepared(stream(), shipped_anchor(), Limits(), processes)
    assert [len(next(blocks)) for _ in range(3)] == [4, 4, 4]
    with pytest.raises(InputError, match="damaged"):
        next(blocks)


def test_a_process_that_is_killed_ends_the_run_with_one_line(
    library_sequences: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "_place", _kill_itself)
    with pytest.raises(DeviceError, match="was killed, perhaps because memory ran out"):
        list(placing.prepared(in_blocks(barcodes(library_sequences[:20]), 4), shipped_anchor(), Limits(), 2))


def _kill_itself(block: list[Barcode]) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


SCRIPT = """
import os, signal
from barcodeembed.sequences import placing
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.batches import Limits
from barcodeembed.sequences.placement.anchor import shipped_anchor

if __name__ == "__main__":
    blocks = placing.prepared(([Barcode("a", "ACGT" * 100)] for _ in range(9)), shipped_anchor(), Limits(), 2)
    next(blocks)
    print(*[child.pid for child in placing.multiprocessing.active_children()], flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc")
def test_the_processes_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        env=os.environ | {"PYTHONPATH": str(root)},
    )
    started = done.stdout.split()
    assert len(started) == 2
    wait_until(lambda: not any(_runs(pid) for pid in started))


def _runs(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
