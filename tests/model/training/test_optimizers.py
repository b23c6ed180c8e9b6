"""Muon moves the matrices of the blocks by orthogonal steps; everything else is AdamW's."""

import pytest
import torch
from torch import nn

from barcodeembed.model.config import ModelConfig, TrainingConfig
from barcodeembed.model.encoder import BarcodeEncoder
from barcodeembed.model.training.objectives import make_objective
from barcodeembed.model.training.optimizers import MATCHED_SIZE, MOMENTUM, OTHERS_RATE, Muon, Optimizers, orthogonal

MODEL = ModelConfig(width=32, layers=1, heads=2, feedforward=64, regions=5)


def objective(**training: object) -> tuple[nn.Module, TrainingConfig]:
    torch.manual_seed(0)
    config = TrainingConfig(decoder_width=32, decoder_heads=2, **training)
    return make_objective(BarcodeEncoder(MODEL), config), config


@pytest.mark.parametrize("shape", [(32, 32), (32, 96), (96, 32)])
def test_singular_values_come_near_one(shape: tuple[int, int]) -> None:
    made = orthogonal(1e-3 * torch.randn(3, *shape, generator=torch.Generator().manual_seed(1)))
    assert made.shape == (3, *shape)
    values = torch.linalg.svdvals(made)
    assert values.min() > 0.3
    assert values.max() < 1.3


def test_matrices_made_orthogonal_together_are_those_made_one_by_one() -> None:
    matrices = torch.randn(4, 24, 40, generator=torch.Generator().manual_seed(5))
    one_by_one = torch.cat([orthogonal(matrix[None]) for matrix in matrices])
    assert (orthogonal(matrices) - one_by_one).abs().max() < 1e-5
    # bfloat16 has three digits.
    assert (orthogonal(matrices, torch.bfloat16) - one_by_one).abs().max() < 0.1


def test_it_keeps_the_directions_of_the_gradient() -> None:
    matrix = torch.randn(24, 40, generator=torch.Generator().manual_seed(2))
    u, _, vh = torch.linalg.svd(matrix, full_matrices=False)
    inner = u.T @ orthogonal(matrix[None])[0] @ vh.T
    assert (inner - inner.diag().diag()).abs().max() < 1e-4


@pytest.mark.skipif(not hasattr(torch.optim, "Muon"), reason="torch has Muon from 2.9")
def test_it_is_the_muon_of_pytorch_in_single_precision() -> None:
    ours = nn.Parameter(torch.randn(24, 40, generator=torch.Generator().manual_seed(3)))
    theirs = nn.Parameter(ours.detach().clone())
    first = Muon([ours], lr=0.01, weight_decay=0.1)
    second = torch.optim.Muon([theirs], lr=0.01, weight_decay=0.1, momentum=MOMENTUM, adjust_lr_fn="match_rms_adamw")
    for step in range(4):
        gradient = torch.randn(24, 40, generator=torch.Generator().manual_seed(10 + step))
        ours.grad, theirs.grad = gradient.clone(), gradient.clone()
        first.step()
        second.step()
    # Theirs works with bfloat16, three digits; four steps move a weight by about 0.01.
    assert (ours - theirs).abs().max() < 1e-3
    assert (ours - theirs).abs().mean() < 1e-4


def test_query_key_and_value_are_three_matrices() -> None:
    weight = nn.Parameter(torch.zeros(96, 32))
    weight.grad = torch.randn(96, 32, generator=torch.Generator().manual_seed(4))
    Muon([weight], lr=1.0, weight_decay=0.0).step()
    for part in weight.detach().chunk(3):
        values = torch.linalg.svdvals(part) / (MATCHED_SIZE * 32**0.5)
        assert 0.3 < values.min() <= values.max() < 1.3


def test_every_weight_has_one_optimiser() -> None:
    module, config = objective(optimizer="muon")
    made = Optimizers(module, config)
    owners = {name: [p for g in part.param_groups for p in g["params"]] for name, part in made.parts.items()}
    trained = [p for p in module.parameters() if p.requires_grad]
    assert sorted(id(p) for own in owners.values() for p in own) == sorted(id(p) for p in trained)
    names = {id(p): name for name, p in module.named_parameters()}
    assert all(".blocks." in names[id(p)] and names[id(p)].endswith("weight") for p in owners["muon"])
    # Four matrices in the block of the encoder, four in that of the decoder.
    assert len(owners["muon"]) == 8
    made.set_rates(0.1, (0.8, 0.9))
    assert made.parts["muon"].param_groups[0]["lr"] == 0.1
    assert made.parts["adamw"].param_groups[0]["lr"] == pytest.approx(0.1 * OTHERS_RATE)


def test_adamw_alone_has_the_whole_rate() -> None:
    made = Optimizers(*objective())
    made.set_rates(0.1, (0.8, 0.9))
    assert list(made.parts) == ["adamw"]
    assert [group["lr"] for group in made.parts["adamw"].param_groups] == [0.1, 0.1]
