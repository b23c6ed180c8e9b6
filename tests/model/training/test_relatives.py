"""Relatives: which pairs are found, and what is damped."""

import numpy as np
import pytest
import torch

from barcodeembed.model.training import relatives
from barcodeembed.model.training.relatives import damp, find_relatives
from barcodeembed.sequences.codes import encode


def barcodes_with_differences(*numbers: int) -> np.ndarray:
    """One random barcode, and copies with so many other bases."""
    rng = np.random.default_rng(0)
    first = rng.choice([1, 2, 4, 8], size=658).astype(np.uint8)
    columns = [first]
    for number in numbers:
        other = first.copy()
        places = rng.permutation(658)[:number]
        other[places] = np.where(first[places] == 1, 2, 1)
        columns.append(other)
    return np.stack(columns)


def test_relatives_are_nearly_but_not_quite_the_same() -> None:
    # 99.1 %, 98.9 %, 95.1 % and 94.98 % identity to the first one.
    columns = barcodes_with_differences(6, 7, 32, 33)
    vectors = torch.nn.functional.one_hot(torch.from_numpy(columns).long(), 9).flatten(1).float()
    pairs = find_relatives(vectors, columns)
    assert [1, 2] in pairs.tolist()
    assert [0, 2] in pairs.tolist()
    assert [0, 3] in pairs.tolist()
    assert [0, 1] not in pairs.tolist()
    assert [0, 4] not in pairs.tolist()
    assert len(np.unique(pairs, axis=0)) == len(pairs)
    assert (pairs[:, 0] < pairs[:, 1]).all()


def test_relatives_share_enough_columns() -> None:
    columns = barcodes_with_differences(20, 20)
    columns[1, 449:] = 0
    columns[2, 450:] = 0
    vectors = torch.randn(3, 8, generator=torch.Generator().manual_seed(0))
    assert find_relatives(vectors, columns).tolist() == [[0, 2]]


def test_an_unknown_base_is_no_difference_and_no_column_in_common() -> None:
    columns = barcodes_with_differences(0, 0, 20)
    columns[1, :20] = encode("N")
    columns[2, 100:110] = encode("R")
    columns[3, 440:] = encode("N")
    vectors = torch.randn(4, 8, generator=torch.Generator().manual_seed(0))
    assert find_relatives(vectors, columns).tolist() == []


def test_many_individuals_of_a_species_do_not_hide_its_relatives() -> None:
    columns = barcodes_with_differences(*[0] * 30, 20)
    vectors = torch.nn.functional.one_hot(torch.from_numpy(columns).long(), 9).flatten(1).float()
    assert find_relatives(vectors, columns).tolist() == [[row, 31] for row in range(31)]


@pytest.mark.parametrize("number", [0, 1])
def test_a_lone_barcode_has_no_relatives(number: int) -> None:
    columns = barcodes_with_differences()[:number]
    assert find_relatives(torch.zeros(number, 8), columns).shape == (0, 2)


def test_the_directions_in_which_relatives_differ_are_damped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relatives, "LEAST_PAIRS", 100)
    torch.manual_seed(0)
    groups = torch.randn(200, 6).repeat_interleave(2, dim=0)
    within = torch.randn(400, 6) * torch.tensor([1.0, 0.3, 0.1, 0.1, 0.01, 0.01])
    pairs = np.arange(400).reshape(200, 2)
    matrix = damp(groups + within, pairs)
    assert torch.allclose(matrix, matrix.T, atol=1e-6)
    scales = matrix.diagonal()
    assert scales[0] < scales[1] < scales[2]
    # What never differs is only as much larger as the floor allows.
    assert float(scales[5]) == pytest.approx(relatives.FLOOR**-relatives.POWER, rel=0.01)


def test_few_pairs_change_nothing() -> None:
    assert torch.equal(damp(torch.randn(10, 4), np.array([[0, 1], [2, 3]])), torch.eye(4))
