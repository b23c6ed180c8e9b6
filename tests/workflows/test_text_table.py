"""A table of texts is a dictionary that takes few bytes."""

import tracemalloc

import pytest

from barcodeembed.workflows import text_table
from barcodeembed.workflows.text_table import TextTable


def test_it_finds_what_was_added_first() -> None:
    table = TextTable()
    for number in range(5000):
        table.add(f"id{number}", number)
        table.add(f"id{number // 2}", 7)  # known already
    assert len(table) == 5000
    assert [table.find(f"id{number}") for number in range(5000)] == list(range(5000))
    assert all(table.find(f"id{number}") is None for number in range(5000, 6000))


def test_hashes_that_belong_in_one_place_are_told_apart_by_either_half(monkeypatch: pytest.MonkeyPatch) -> None:
    halves = {"one": (1, 1023), "two": (2, 1023), "three": (1, 2047), "four": (2, 2047)}
    monkeypatch.setattr(text_table, "_halves", halves.__getitem__)
    table = TextTable()
    for number, text in enumerate(["one", "two", "three"]):
        table.add(text, number)
    assert [table.find(text) for text in halves] == [0, 1, 2, None]


def test_it_takes_few_bytes_an_entry() -> None:
    texts = [f"id{number}" for number in range(20_000)]
    tracemalloc.start()
    table = TextTable()
    for number, text in enumerate(texts):
        table.add(text, number)
    taken, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 50 * len(table)
    assert peak < 90 * len(table)
