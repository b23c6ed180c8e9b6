import re
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from barcodeembed.errors import DeviceError, Terminated
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.batches import STATUSES, Limits, in_blocks, length_batches, prepare, read_ahead, why_none
from barcodeembed.sequences.placement.anchor import shipped_anchor
from tests.waits import wait_until


def test_every_reason_for_rejection(barcodes: list[str]) -> None:
    good = barcodes[0]
    raws = [good, good[:99], "", "MKVLAT" * 50, good[:300] + "N" * 300, "ACGT" * 100, "A" * 300 + good[:60]]
    block = prepare([Barcode.from_raw("x", raw) for raw in raws], shipped_anchor(), Limits())
    assert block.status == ["ok", "too_short", "too_short", "not_dna", "too_ambiguous", "not_coi", "too_short"]
    assert set(block.status) == set(STATUSES)
    assert block.ok.tolist() == [0]


@pytest.mark.parametrize(
    ("rejected", "words"),
    [
        ({"too_short": 3}, "shorter than --min-length"),
        ({"too_ambiguous": 3, "too_short": 0}, "more ambiguous bases than --max-ambiguous allows"),
        ({"not_dna": 1}, "is DNA"),
        ({"not_coi": 2}, "another marker, or written backwards"),
        ({"not_coi": 2, "too_short": 1}, "could be placed on the barcode region$"),
    ],
)
def test_why_there_is_not_one(rejected: dict[str, int], words: str) -> None:
    assert re.search(words, why_none(rejected))


def test_another_marker_is_not_placed() -> None:
    block = prepare([Barcode.from_raw("x", "ACGT" * 100), Barcode.from_raw("y", "ACGT")], None, Limits())
    assert block.status == ["ok", "too_short"]


@given(st.lists(st.integers(1, 110), max_size=60), st.integers(1, 16))
def test_length_batches_hold_each_row_once_and_no_padding(lengths: list[int], size: int) -> None:
    array = np.array(lengths, dtype=np.int64)
    batches = list(length_batches(array, size))
    assert sorted(np.concatenate([*batches, np.array([], int)]).tolist()) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) <= size
        assert array[batch].min() == array[batch].max()


def test_in_blocks() -> None:
    assert list(in_blocks(range(5), 2)) == [[0, 1], [2, 3], [4]]


def test_read_ahead_keeps_order_and_runs_ahead() -> None:
    made = []

    def items():
        for i in range(20):
            made.append(i)
            yield i

    ahead = read_ahead(items(), depth=3)
    assert next(ahead) == 0
    wait_until(lambda: len(made) >= 4)
    assert len(made) <= 6
    assert list(ahead) == list(range(1, 20))


def test_read_ahead_hands_over_errors() -> None:
    def items():
        yield 1
        raise ValueError("line 7")

    ahead = read_ahead(items())
    assert next(ahead) == 1
    with pytest.raises(ValueError, match="line 7"):
        next(ahead)


def test_a_signal_comes_before_the_error_of_a_process_that_it_has_ended_too() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise DeviceError("a process that places reads was killed")

    def check() -> None:
        raise Terminated("terminated")

    with pytest.raises(Terminated):
        list(read_ahead(items(), while_waiting=check))


def test_read_ahead_stops_with_its_consumer() -> None:
    before = threading.active_count()
    ahead = read_ahead(iter(range(10**9)))
    next(ahead)
    ahead.close()
    wait_until(lambda: threading.active_count() <= before)
