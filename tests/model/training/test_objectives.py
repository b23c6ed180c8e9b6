"""What is each objective's own: what the autoencoder hides, what BERT's gets instead, what a causal one may see."""

import numpy as np
import pytest
import torch

from barcodeembed.errors import UsageError
from barcodeembed.model.config import ModelConfig, TrainingConfig
from barcodeembed.model.encoder import BarcodeEncoder
from barcodeembed.model.training.base_objective import Objective
from barcodeembed.model.training.objectives import make_objective
from barcodeembed.model.transformer import sample_seeded
from barcodeembed.sequences.placement.anchor import shipped_anchor

TINY = {"width": 32, "layers": 2, "heads": 2, "feedforward": 64}
PATCHES, KMERS, READS = {"name": "patches", "size": 12}, {"name": "kmers", "k": 4}, {"name": "reads", "k": 4}


def make(tokenizer: dict[str, object], causal: bool = False, **training: object) -> Objective:
    torch.manual_seed(0)
    encoder = BarcodeEncoder(ModelConfig(**TINY, tokenizer=tokenizer, causal=causal))
    return make_objective(encoder, TrainingConfig(decoder_width=32, decoder_heads=2, **training)).eval()


def tokens(objective: Objective, sequences: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    made = objective.encoder.tokenizer.from_columns(shipped_anchor().place(sequences).columns)
    return torch.from_numpy(made.values), torch.from_numpy(made.mask)


@pytest.mark.parametrize("tokenizer", [PATCHES, KMERS, READS], ids=str)
def test_hidden_tokens_never_reach_the_encoder(tokenizer, barcodes: list[str]) -> None:
    """Whatever stands in hidden tokens, the encoder's input and output are the same."""
    objective = make(tokenizer)
    values, mask = tokens(objective, [*barcodes[:3], barcodes[3][:330]])
    inputs = []
    objective.encoder.register_forward_hook(lambda module, args, output: inputs.append((*args, output)))
    draw = objective.draw(4, sample_seeded(1, 5))
    seen, is_seen, _, _ = objective.hide(mask, draw)
    changed = torch.full_like(values, 8 if objective.patch else 3)
    rows = torch.arange(len(seen)).unsqueeze(1).expand_as(seen)
    changed[rows[is_seen], seen[is_seen]] = values[rows[is_seen], seen[is_seen]]
    for tried in (values, changed):
        objective(objective.prepare(tried, mask, draw))
    for first, second in zip(*inputs, strict=True):
        assert torch.equal(first, second)


@pytest.mark.parametrize("share", [0.25, 0.5])
def test_each_barcode_shows_its_share(share: float, barcodes: list[str]) -> None:
    objective = make(PATCHES, visible=(share,))
    _, mask = tokens(objective, [barcodes[0], barcodes[1][:330], barcodes[2][100:300]])
    seen, is_seen, hidden, is_hidden = objective.hide(mask, objective.draw(3, sample_seeded(1, 0)))
    for row in range(3):
        visible, other = seen[row][is_seen[row]].tolist(), hidden[row][is_hidden[row]].tolist()
        assert sorted(visible + other) == mask[row].nonzero().squeeze(1).tolist()
        assert len(visible) == round(share * len(visible + other))
    assert seen.shape[1] == round(share * 55)


def test_spans_are_runs(barcodes: list[str]) -> None:
    objective = make(PATCHES, span_share=1.0)
    _, mask = tokens(objective, [*barcodes[:7], barcodes[7][200:500]])
    seen, is_seen, _, _ = objective.hide(mask, objective.draw(8, sample_seeded(1, 0)))
    for places, real in zip(seen, is_seen, strict=True):
        assert (places[real].sort().values.diff() == 1).all()
    assert len(set(seen[:, 0].tolist())) > 1


def test_the_loss_is_that_of_the_hidden_bases(barcodes: list[str]) -> None:
    """An untrained model guesses: ln 4 a base, ln 4^k a k-mer."""
    for tokenizer, symbols in ((PATCHES, 4), (KMERS, 256), (READS, 256)):
        objective = make(tokenizer)
        values, mask = tokens(objective, barcodes)
        example = objective.prepare(values, mask, objective.draw(len(mask), sample_seeded(1, 0)))
        loss = objective(example).loss.item() / example.n_targets
        assert loss == pytest.approx(np.log(symbols), abs=0.1)


def test_bert_replaces_as_it_is_told(barcodes: list[str]) -> None:
    """All positions stay in the row; of the hidden half 80 % get the mask vector, 10 % another token, 10 % none."""
    objective = make(KMERS, objective="mlm", replacement=(0.8, 0.1, 0.1))
    values, mask = tokens(objective, barcodes)
    n_hidden = masked = changed = 0
    for step in range(20):
        example = objective.prepare(values, mask, objective.draw(len(mask), sample_seeded(1, step)))
        assert example.hidden is not None
        n_hidden += int(example.wanted.sum())
        masked += int(example.hidden.sum())
        differs = example.values != values[:, : example.values.shape[1]]
        changed += int(differs.sum())
        assert not (differs & example.hidden).any()
        hidden = torch.zeros_like(mask).scatter(1, example.places, True)
        assert not (differs & ~hidden[:, : differs.shape[1]]).any()
    assert n_hidden == 20 * len(barcodes) * (165 - round(165 / 2))
    assert masked / n_hidden == pytest.approx(0.8, abs=0.02)
    assert changed / n_hidden == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("tokenizer", [PATCHES, READS], ids=str)
def test_causal_output_does_not_depend_on_later_tokens(tokenizer, barcodes: list[str]) -> None:
    """Nor does the padding of a shorter barcode matter; every output is a number."""
    objective = make(tokenizer, objective="causal", causal=True)
    values, mask = tokens(objective, [barcodes[0], barcodes[1][:330], barcodes[2][300:]])
    positions = torch.arange(mask.shape[1]).expand_as(mask)
    encoder = objective.encoder
    before = encoder(values, positions, mask)
    assert before.isfinite().all()
    changed = values.clone()
    changed[:, 20:] = 8 if objective.patch else 3
    after = encoder(changed, positions, mask)
    assert torch.equal(before[:, :20], after[:, :20])
    assert not torch.equal(before[0, 20:], after[0, 20:])
    alone = encoder(values[1:2, mask[1]], positions[1:2, mask[1]], None)
    assert torch.allclose(alone[0], before[1, mask[1]], atol=1e-5)


def test_an_objective_that_is_not_known_or_does_not_fit() -> None:
    with pytest.raises(UsageError, match="choose from mae, mlm, causal"):
        make(PATCHES, objective="magic")
    with pytest.raises(UsageError, match="needs causal = true"):
        make(PATCHES, objective="causal")
    with pytest.raises(UsageError, match="needs causal = false"):
        make(PATCHES, causal=True, objective="mae")
