"""What every objective promises, whatever its kind and its tokens."""

from dataclasses import fields

import pytest
import torch

from barcodeembed.model.config import ModelConfig, TrainingConfig
from barcodeembed.model.encoder import BarcodeEncoder
from barcodeembed.model.training.base_objective import Example, Objective
from barcodeembed.model.training.objectives import OBJECTIVES, make_objective
from barcodeembed.model.transformer import sample_seeded
from barcodeembed.sequences.placement.anchor import shipped_anchor

TINY = {"width": 32, "layers": 1, "heads": 2, "feedforward": 64}
TOKENIZERS = [{"name": "patches", "size": 12}, {"name": "reads", "k": 4}]


def make(name: str, tokenizer: dict[str, object], **training: object) -> Objective:
    torch.manual_seed(0)
    encoder = BarcodeEncoder(ModelConfig(**TINY, tokenizer=tokenizer, causal=OBJECTIVES[name].causal))
    return make_objective(encoder, TrainingConfig(objective=name, decoder_width=32, decoder_heads=2, **training))


def tokens(objective: Objective, sequences: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    made = objective.encoder.tokenizer.from_columns(shipped_anchor().place(sequences).columns)
    return torch.from_numpy(made.values), torch.from_numpy(made.mask)


def example(objective: Objective, sequences: list[str], step: int = 0) -> Example:
    values, mask = tokens(objective, sequences)
    return objective.prepare(values, mask, objective.draw(len(mask), sample_seeded(1, step)))


@pytest.fixture(params=sorted(name for name, made in OBJECTIVES.items() if not made.taught))
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=TOKENIZERS, ids=lambda t: t["name"])
def objective(request: pytest.FixtureRequest, name: str) -> Objective:
    return make(name, request.param)


@pytest.mark.slow
def test_it_can_learn_a_few_barcodes_by_heart(objective: Objective, barcodes: list[str]) -> None:
    optimizer = torch.optim.AdamW(objective.parameters(), lr=5e-3)
    examples = [example(objective, barcodes[:4], step) for step in range(2)]
    for step in range(80):
        outcome = objective(examples[step % 2])
        optimizer.zero_grad()
        (outcome.loss / examples[step % 2].n_targets).backward()
        optimizer.step()
    # The first tokens of a causal model look the same whatever follows.
    assert outcome.right.item() / examples[1].n_targets > (0.9 if objective.config.objective != "causal" else 0.8)


def test_a_prediction_does_not_see_its_target(objective: Objective, barcodes: list[str]) -> None:
    """Changing the token that is predicted changes the target, not the prediction."""
    objective.eval()
    values, mask = tokens(objective, barcodes[:4])
    draw = objective.draw(4, sample_seeded(1, 5))
    first = objective.prepare(values, mask, draw)
    predictions: list[torch.Tensor] = []
    objective.head.register_forward_hook(lambda module, args, output: predictions.append(output))
    objective(first)
    shift = 1 if objective.causal else 0
    column = first.wanted.sum(dim=1).min().item() // 2
    changed = values.clone()
    for row in range(4):
        changed[row, first.places[row, column] + shift] = 8 if objective.patch else objective.first_id + 3
    second = objective.prepare(changed, mask, draw)
    objective(second)
    assert not torch.equal(first.targets[:, column], second.targets[:, column])
    assert torch.equal(predictions[0][:, column], predictions[1][:, column])


def test_an_example_can_be_pinned_for_a_gpu(objective: Objective, barcodes: list[str]) -> None:
    """CUDA pins memory as it lies: an expanded tensor, whose rows share their memory, stops the run."""
    made = example(objective, [*barcodes[:3], barcodes[3][:330]])
    tensors = [getattr(made, field.name) for field in fields(made)]
    assert all(tensor.is_contiguous() for tensor in tensors if tensor is not None)


def test_parts_of_a_batch_add_up_to_it(name: str, barcodes: list[str]) -> None:
    """A batch gives the same loss whole and in parts, short barcodes and all."""
    objective = make(name, TOKENIZERS[0], visible=(0.3, 0.6), span_share=0.3, replacement=(0.8, 0.1, 0.1)).eval()
    values, mask = tokens(objective, [*barcodes[:3], barcodes[3][:330], barcodes[4][200:430]])
    draw = objective.draw(5, sample_seeded(1, 2))
    whole = objective(objective.prepare(values, mask, draw))
    cut = [slice(0, 2), slice(2, 5)]
    parts = [objective(objective.prepare(values[part], mask[part], draw.select(part))) for part in cut]
    assert sum(part.loss.item() for part in parts) == pytest.approx(whole.loss.item(), rel=1e-5)
    assert sum(part.right.item() for part in parts) == whole.right.item()


def test_barcodes_of_one_length_need_no_padding(objective: Objective, barcodes: list[str]) -> None:
    made = example(objective, barcodes[:4])
    assert made.mask is None
    assert made.wanted.all()


def test_unknown_bases_are_not_predicted(objective: Objective, barcodes: list[str]) -> None:
    sequence = barcodes[0][:300] + "N" * 24 + barcodes[0][324:]
    values, mask = tokens(objective, [sequence])
    unknown = (values == 15).any() if objective.patch else (values < objective.first_id).any()
    assert unknown
    targets = objective.targets(values, mask)
    assert (targets == -1).any()
    assert targets.max() < objective.n_symbols


def test_every_weight_that_is_trained_has_a_gradient(objective: Objective, barcodes: list[str]) -> None:
    """Several processes wait for each other's gradients: one that never comes would hang them."""
    objective(example(objective, barcodes[:4])).loss.backward()
    missing = [name for name, p in objective.named_parameters() if p.requires_grad and p.grad is None]
    assert missing == []
