"""Ids that occur again: how many are compared."""

import pytest

from barcodeembed.sequences.formats import remarks
from barcodeembed.sequences.formats.remarks import Remarks, RepeatedIds


def test_only_the_first_ids_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remarks, "REMEMBERED", 2)
    made = Remarks()
    ids = RepeatedIds(made)
    for id in ("a", "b", "c", "c", "a", "b", "b"):
        ids.note(id, "reads.fasta")
    assert made.counts == {"records with the same id as an earlier record of their file": 3}
