"""Barcodes per second of embed, beside the machine's matrix-product speed and beside `transformers`.

    python docs/benchmarks/embed_speed.py data/library.tsv --threads 2

Everything runs in one process, one after another, round after round, because machines are shared and their speed
drifts: compare the figures of one run, and the medians over its rounds.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from barcodeembed.model.checkpoint import Checkpoint
from barcodeembed.model.config import ModelConfig
from barcodeembed.model.embedder import Embedder
from barcodeembed.model.encoder import BarcodeEncoder
from barcodeembed.model.zoo import load
from barcodeembed.sequences.batches import Block, Limits, prepare
from barcodeembed.sequences.formats.readers import read_barcodes

PAPER = ModelConfig(
    tokenizer={"name": "reads", "k": 6},
    width=768,
    layers=6,
    heads=6,
    feedforward=3072,
    norm="post",
    layer_norm_epsilon=1e-12,
    pooling="mean",
)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def matrix_product_speed(width: int, feedforward: int, rows: int) -> float:
    """Return multiply-adds per second (x 2) of the block's own matrix products, the best of ten."""
    best = 0.0
    for n_in, n_out in ((width, 3 * width), (width, feedforward), (feedforward, width)):
        product = partial(torch.nn.functional.linear, torch.randn(rows, n_in), torch.randn(n_out, n_in))
        fastest = min(seconds(product) for _ in range(10))
        best = max(best, 2 * rows * n_in * n_out / fastest)
    return best


def work_of(config: ModelConfig, n_tokens: int) -> float:
    """Return the number of operations of the stack's matrix products on these tokens (attention scores not counted)."""
    return n_tokens * config.layers * 2.0 * (4 * config.width**2 + 2 * config.width * config.feedforward)


def ours(embedder: Embedder, block: Block) -> Callable[[], NDArray[np.float32]]:
    sequences = [barcode.sequence for barcode in block.barcodes]
    return lambda: embedder.embed(block.placements, sequences)


def in_transformers(block: Block, batch: int) -> Callable[[], object]:
    """Return a function that runs the same architecture in `transformers`, on tokens that are cut before the clock
    starts; the reference uses batch 1."""
    from transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=4098,
        hidden_size=768,
        num_hidden_layers=6,
        num_attention_heads=6,
        intermediate_size=3072,
        max_position_embeddings=512,
    )
    model = BertModel(config, add_pooling_layer=False).eval()
    tokens = BarcodeEncoder(PAPER).tokenizer.tokens(block.placements, [b.sequence for b in block.barcodes])
    ids, mask = torch.from_numpy(tokens.values), torch.from_numpy(tokens.mask)

    @torch.inference_mode()
    def run() -> None:
        for i in range(0, len(ids), batch):
            part = mask[i : i + batch]
            hidden = model(ids[i : i + batch], attention_mask=part.long()).last_hidden_state
            (hidden * part[..., None]).sum(dim=1).div(part.sum(dim=1, keepdim=True)).numpy()

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("barcodes", nargs="+")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--number", type=int, default=64, help="barcodes a round for the paper-size model")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    default = load("default")
    paper = Checkpoint.of(BarcodeEncoder(PAPER), {})
    barcodes = list(read_barcodes(arguments.barcodes))
    block = prepare(barcodes, Embedder(default, device="cpu").anchor, Limits())
    large = prepare([barcodes[i] for i in block.ok[: 4 * arguments.number]], Embedder(default).anchor, Limits())
    small = prepare(large.barcodes[: arguments.number], Embedder(default).anchor, Limits())
    embedders = {
        "default, fp32": (ours(Embedder(default, device="cpu"), large), large),
        "default, int8": (ours(Embedder(default, device="cpu", precision="int8"), large), large),
        "paper size, fp32": (ours(Embedder(paper, device="cpu"), small), small),
        "paper size, int8": (ours(Embedder(paper, device="cpu", precision="int8"), small), small),
        "transformers, one by one": (in_transformers(small, 1), small),
        "transformers, batches of 32": (in_transformers(small, 32), small),
    }
    rates: dict[str, list[float]] = {name: [] for name in embedders}
    shares: dict[str, list[float]] = {"default, fp32": [], "paper size, fp32": []}
    for _ in range(arguments.rounds):
        for name, (run, used) in embedders.items():
            config = default.config if name.startswith("default") else PAPER
            before = matrix_product_speed(config.width, config.feedforward, 1760)
            took = seconds(run)
            after = matrix_product_speed(config.width, config.feedforward, 1760)
            rates[name].append(len(used) / took)
            if name in shares:
                tokens = BarcodeEncoder(config).tokenizer.tokens(used.placements, [b.sequence for b in used.barcodes])
                speed = work_of(config, int(tokens.mask.sum())) / took
                shares[name].append(speed / ((before + after) / 2))
    reference = statistics.median(rates["transformers, one by one"])
    print(
        f"{arguments.threads} threads, {len(large)} and {len(small)} barcodes, medians of {arguments.rounds} rounds\n"
    )
    print("| | barcodes/s | x transformers one by one | share of matrix-product speed |")
    print("|---|---|---|---|")
    for name, values in rates.items():
        rate = statistics.median(values)
        share = f"{statistics.median(shares[name]):.0%}" if name in shares else ""
        print(f"| {name} | {rate:.1f} | {rate / reference:.2f} | {share} |")
    exact, rough = (Embedder(default, device="cpu", precision=p) for p in ("fp32", "int8"))
    cosines = np.sum(ours(exact, small)() * ours(rough, small)(), axis=1)
    print(f"\ncosine of int8 to fp32, default model: least {cosines.min():.5f}, mean {cosines.mean():.5f}")


if __name__ == "__main__":
    main()
