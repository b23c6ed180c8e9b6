"""Queries that are far from every reference: nothing is sure, whatever all references agree on."""

import numpy as np
import pytest

from barcodeembed.classify.calibration import FARTHEST
from barcodeembed.classify.call import Assignment, Call
from barcodeembed.classify.classifier import Classifier
from tests.made_up_tree import mutate, vectors_of


@pytest.fixture(scope="module")
def calls(grown):
    """A barcode of the library with more and more of its bases drawn anew."""
    rng = np.random.default_rng(5)
    start = grown.references.columns[0]
    columns = np.stack([mutate(start, share, rng) for share in (0.0, 0.1, 0.2, 0.45, 0.6, 0.9)])
    return Classifier([grown]).assign(vectors_of(columns), columns)


def test_below_three_quarters_nothing_is_certain_at_a_rank_with_one_taxon(calls) -> None:
    for call in calls:
        sure = call.confidence[0]  # of the kingdom: the library has a single one
        assert call.far == (call.identity < FARTHEST)
        assert sure < 0.9 if call.far else sure > 0.9
    assert [call.far for call in calls] == [False, False, False, True, True, True]
    assert calls[-1].confidence[0] <= calls[-2].confidence[0] < calls[-3].confidence[0]
    assert not calls[-1].lineage


def test_a_short_read_is_nearer_by_chance(grown) -> None:
    columns = grown.references.columns[:1].copy()
    columns[:, :200], columns[:, 330:] = 0, 0
    places = np.linspace(200, 329, 31).astype(int)
    columns[:, places] = np.where(grown.references.columns[0, places] == 1, 2, 1)
    (call,) = Classifier([grown]).assign(vectors_of(columns), columns)
    assert FARTHEST < call.identity < FARTHEST + 0.03
    assert call.far


def test_at_seven_tenths_nothing_is_surer_than_a_half(grown) -> None:
    columns = grown.references.columns[:1].copy()
    places = np.linspace(0, 657, 197).astype(int)
    columns[:, places] = np.where(columns[:, places] == 1, 2, 1)
    (call,) = Classifier([grown]).assign(vectors_of(columns), columns)
    assert 0.69 < call.identity < 0.71
    assert call.confidence[0] < 0.55


def test_the_flag_is_said_once() -> None:
    far = Assignment(verdict="unplaced", far=True, doubtful=True)
    assert Call("a", {"flags": "trimmed"}, far).flags == ("trimmed", "divergent", "doubtful_reference")
    assert Call("a", {"flags": "divergent"}, far).flags == ("divergent", "doubtful_reference")
