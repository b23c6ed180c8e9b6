"""The encoder and its vectors: the same alone, in a batch, padded, however the read comes."""

import random

import numpy as np
import pytest
import torch
from Bio.Seq import reverse_complement

from barcodeembed.model.checkpoint import Checkpoint
from barcodeembed.model.config import ModelConfig
from barcodeembed.model.embedder import Embedder
from barcodeembed.model.encoder import BarcodeEncoder
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.batches import Limits, prepare

TINY = {"width": 32, "layers": 2, "heads": 2, "feedforward": 64, "regions": 5}
KINDS = [
    {"tokenizer": {"name": "patches", "size": 12}},
    {"tokenizer": {"name": "patches", "size": 12}, "views": ("bases", "amino_acids")},
    {"tokenizer": {"name": "patches", "size": 9}, "pooling": "mean", "norm": "post"},
    {"tokenizer": {"name": "kmers", "k": 4}, "output": 16},
    {"tokenizer": {"name": "reads", "k": 4}, "pooling": "mean"},
]


@pytest.fixture(params=range(len(KINDS)), ids=["patches", "patches-views", "patches-post", "kmers", "reads"])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    torch.manual_seed(0)
    return Embedder(Checkpoint.of(BarcodeEncoder(ModelConfig(**TINY, **KINDS[request.param])), {}), device="cpu")


def embed(embedder: Embedder, sequences: list[str]) -> np.ndarray:
    block = prepare([Barcode("x", s) for s in sequences], embedder.anchor, Limits())
    assert set(block.status) == {"ok"}
    return embedder.embed(block.placements, sequences)


def test_unit_vectors_of_the_right_shape(embedder: Embedder, barcodes: list[str]) -> None:
    vectors = embed(embedder, barcodes)
    assert vectors.shape == (len(barcodes), embedder.dim)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert embedder.embed(prepare([], embedder.anchor, Limits()).placements, []).shape == (0, embedder.dim)


def test_alone_in_a_batch_shuffled_and_at_any_batch_size(embedder: Embedder, barcodes: list[str]) -> None:
    mixed = [*barcodes, barcodes[0][:130], barcodes[1][345:], barcodes[2][240:600]]
    together = embed(embedder, mixed)
    alone = np.concatenate([embed(embedder, [s]) for s in mixed])
    assert np.allclose(together, alone, atol=1e-5)
    order = random.Random(0).sample(range(len(mixed)), len(mixed))
    assert np.allclose(embed(embedder, [mixed[i] for i in order]), together[order], atol=1e-5)
    embedder.batch_size = 3
    assert np.allclose(embed(embedder, mixed), together, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_vectors_are_the_same_bytes_whatever_is_beside_them(precision: str, barcodes: list[str]) -> None:
    torch.manual_seed(0)
    config = ModelConfig(**(TINY | {"width": 128, "feedforward": 256}), **KINDS[1], output=32)
    embedder = Embedder(Checkpoint.of(BarcodeEncoder(config), {}), device="cpu", precision=precision)
    cuts = [b[start : start + 150 + 20 * i] for i, b in enumerate(barcodes[:12]) for start in (0, 100, 250)]
    mixed = [*barcodes, *cuts]
    together = embed(embedder, mixed)
    rng = random.Random(0)
    for size in (1, 5, 32):
        order = rng.sample(range(len(mixed)), len(mixed))
        parts = [order[i : i + size] for i in range(0, len(order), size)]
        apart = np.concatenate([embed(embedder, [mixed[i] for i in part]) for part in parts])
        assert np.array_equal(apart, together[order])


def test_strand_primer_and_case_do_not_matter(embedder: Embedder, barcodes: list[str]) -> None:
    plain = embed(embedder, barcodes)
    assert np.allclose(embed(embedder, [reverse_complement(s) for s in barcodes]), plain, atol=1e-6)
    assert np.allclose(embed(embedder, ["TGGTCAACAAATCATAAAGATATTGG" + s for s in barcodes]), plain, atol=1e-6)


def test_different_barcodes_differ(embedder: Embedder, barcodes: list[str]) -> None:
    vectors = embed(embedder, barcodes)
    similarity = vectors @ vectors.T - 2 * np.eye(len(vectors))
    assert similarity.max() < 0.99999


def test_memory_running_out_halves_the_batch(
    embedder: Embedder, barcodes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = embed(embedder, barcodes)
    forward = embedder._forward

    def small_memory(tokens):
        if len(tokens.mask) > 3:
            raise torch.OutOfMemoryError("pretend")
        return forward(tokens)

    monkeypatch.setattr(embedder, "_forward", small_memory)
    assert np.allclose(embed(embedder, barcodes), expected, atol=1e-5)
    assert embedder.batch_size <= 3


def test_int8_is_close_to_fp32(barcodes: list[str]) -> None:
    torch.manual_seed(0)
    checkpoint = Checkpoint.of(BarcodeEncoder(ModelConfig(**{**TINY, "width": 64})), {})
    exact, quantised = (Embedder(checkpoint, device="cpu", precision=p) for p in ("fp32", "int8"))
    cosines = (embed(exact, barcodes) * embed(quantised, barcodes)).sum(axis=1)
    assert cosines.min() > 0.99


def test_region_pooling_by_hand() -> None:
    encoder = BarcodeEncoder(ModelConfig(**TINY))
    pooling = encoder.pooling
    hidden = torch.randn(1, 3, 32)
    positions = torch.tensor([[0, 10, 54]])
    values = torch.ones(1, 3, 12, dtype=torch.uint8)
    pooled, present = pooling.pool(hidden, values, positions, torch.tensor([[True, True, False]]))
    regions, there = pooled.view(5, 32), present.view(5, 32)[:, 0]
    # 55 patches in 5 regions of 11: both real tokens are in the first.
    assert there.tolist() == [1, 0, 0, 0, 0]
    assert torch.allclose(regions[0], hidden[0, :2].mean(dim=0))
    assert regions[1:].abs().sum() == 0


@pytest.mark.gpu
def test_cuda_equals_cpu(barcodes: list[str]) -> None:
    torch.manual_seed(0)
    checkpoint = Checkpoint.of(BarcodeEncoder(ModelConfig(**TINY)), {})
    cpu = embed(Embedder(checkpoint, device="cpu"), barcodes)
    for precision, least in (("fp32", 0.99999), ("bf16", 0.99)):
        gpu = embed(Embedder(checkpoint, device="cuda", precision=precision), barcodes)
        assert (cpu * gpu).sum(axis=1).min() > least
