"""The masked autoencoder: what the encoder may see, what it must predict, and that it learns."""

import numpy as np
import pytest
import torch

from barcodeembed.errors import UsageError
from barcodeembed.model.config import ModelConfig, TrainingConfig
from barcodeembed.model.encoder import BarcodeEncoder
from barcodeembed.model.objectives import MaskedAutoencoder, make_objective
from barcodeembed.model.transformer import sample_seeded
from barcodeembed.sequences.anchor import shipped_anchor

TINY = {"width": 32, "layers": 1, "heads": 2, "feedforward": 64}
DECODER = {"decoder_width": 32, "decoder_heads": 2}
TOKENIZERS = [{"name": "patches", "size": 12}, {"name": "kmers", "k": 4}, {"name": "reads", "k": 4}]


def make(tokenizer: dict[str, object], **training: object) -> MaskedAutoencoder:
    torch.manual_seed(0)
    encoder = BarcodeEncoder(ModelConfig(**TINY, tokenizer=tokenizer))
    return make_objective(encoder, TrainingConfig(**DECODER, **training))


def batch(objective: MaskedAutoencoder, sequences: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    tokens = objective.encoder.tokenizer.from_columns(shipped_anchor().place(sequences).columns)
    return torch.from_numpy(tokens.values), torch.from_numpy(tokens.mask)


@pytest.mark.parametrize("tokenizer", TOKENIZERS, ids=str)
def test_hidden_tokens_never_reach_the_encoder(tokenizer, barcodes: list[str]) -> None:
    """Whatever stands in hidden tokens, the encoder's input and output are the same."""
    objective = make(tokenizer).eval()
    values, mask = batch(objective, barcodes[:4])
    inputs = []
    objective.encoder.register_forward_hook(lambda module, args, output: inputs.append((*args[:2], output)))
    objective(values, mask, sample_seeded(1, 5))
    seen = inputs[0][1]
    changed = torch.full_like(values, 8 if objective.patch else 3)
    rows = torch.arange(len(seen)).unsqueeze(1)
    changed[rows, seen] = values[rows, seen]
    objective(changed, mask, sample_seeded(1, 5))
    for first, second in zip(*inputs, strict=True):
        assert torch.equal(first, second)
    assert seen.shape[1] == round(0.5 * objective.n_tokens)


def test_visible_tokens_are_real_where_there_are_enough(barcodes: list[str]) -> None:
    objective = make(TOKENIZERS[0], visible=(0.3,))
    _, mask = batch(objective, [barcodes[0], barcodes[1][:330]])
    seen = objective.choose_visible(mask, sample_seeded(1, 0))
    assert mask[torch.arange(2).unsqueeze(1), seen].all()


def test_spans_are_runs(barcodes: list[str]) -> None:
    objective = make(TOKENIZERS[0], span_share=1.0)
    _, mask = batch(objective, barcodes[:8])
    seen = objective.choose_visible(mask, sample_seeded(1, 0))
    assert (seen[:, -1] - seen[:, 0] == seen.shape[1] - 1).all()
    assert len(set(seen[:, 0].tolist())) > 1


def test_the_loss_is_that_of_the_hidden_bases(barcodes: list[str]) -> None:
    """An untrained model guesses: ln 4 a base; ambiguous bases don't count."""
    objective = make(TOKENIZERS[0]).eval()
    values, mask = batch(objective, barcodes)
    outcome = objective(values, mask, sample_seeded(1, 0))
    assert outcome.loss.item() == pytest.approx(np.log(4), abs=0.1)
    assert objective.score(torch.zeros(1, 48), torch.full((1, 12), 15, dtype=torch.uint8)).accuracy == 0


@pytest.mark.parametrize("tokenizer", TOKENIZERS, ids=str)
def test_it_can_learn_a_few_barcodes_by_heart(tokenizer, barcodes: list[str]) -> None:
    objective = make(tokenizer, visible=(0.5,))
    values, mask = batch(objective, barcodes[:4])
    optimizer = torch.optim.AdamW(objective.parameters(), lr=5e-3)
    for step in range(100):
        outcome = objective(values, mask, sample_seeded(1, step % 3))
        optimizer.zero_grad()
        outcome.loss.backward()
        optimizer.step()
    assert outcome.accuracy.item() > 0.9


def test_an_unknown_objective() -> None:
    with pytest.raises(UsageError, match="choose from mae"):
        make(TOKENIZERS[0], objective="magic")
