"""Barcodes per second of pretraining, beside the published recipe written plainly in `transformers`.

    python docs/benchmarks/pretrain_speed.py data/library.tsv --threads 1 --rounds 3

Same model (6 + 6 layers, 768 wide, 6-mers), same batch, same machine, same threads, the two in turn, round after round.
The reference recipe: BertModel as encoder and BertForTokenClassification as decoder, eager attention, dropout 0.1,
every token masked with probability 0.5 by itself, so that visible tokens are packed to the largest count of the batch,
scores of all positions, AdamW. Seconds are of processor time, unless on a GPU: other programs share the machine.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from barcodeembed.model.training.loop import Trainer
from barcodeembed.sequences.codes import pack
from barcodeembed.sequences.corpus import PlacedCorpus
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.placement.anchor import shipped_anchor
from barcodeembed.workflows.pretrain import RunConfig

NEVER = 10**9
SPECIAL = 2
"""Number of ids before those of the k-mers: [MASK] and [UNK]."""


def make_corpus(paths: list[str]) -> PlacedCorpus:
    placements = shipped_anchor().place([barcode.sequence for barcode in read_barcodes(paths)])
    packed = pack(placements.columns[placements.placed])
    return PlacedCorpus(packed, {"sha256": ""}, np.empty(0, dtype=np.uint32))


def ours(corpus: PlacedCorpus, preset: str, batch: int, device: torch.device, **changes: object) -> Callable[[], None]:
    settings = [f"training.batch_size={batch}", f"training.validate_every={NEVER}", f"training.steps={NEVER}"]
    settings += [f"training.checkpoint_every={NEVER}", *(f"training.{k}={v}" for k, v in changes.items())]
    run = RunConfig.make(None, {}, Path(), False, preset, settings)
    steps = Trainer(run.model, run.training, corpus, Path(), device).run()

    def one_step() -> None:
        next(steps)

    return one_step


def reference(corpus: PlacedCorpus, batch: int, device: torch.device) -> Callable[[], None]:
    """Return a function that does one step of the published recipe, on tokens that are cut before the clock starts."""
    from transformers import BertConfig, BertForTokenClassification, BertModel

    shape: dict[str, Any] = {
        "vocab_size": 4**6 + SPECIAL,
        "hidden_size": 768,
        "num_hidden_layers": 6,
        "num_attention_heads": 6,
        "intermediate_size": 3072,
        "max_position_embeddings": 512,
        "attn_implementation": "eager",
    }
    encoder = BertModel(BertConfig(**shape)).train()
    decoder = BertForTokenClassification(BertConfig(**(shape | {"num_labels": 4**6}))).train()
    project = torch.nn.Linear(768, 768)
    parts: list[torch.nn.Module] = [encoder, decoder, project]
    parameters = [p for part in parts for p in part.to(device).parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=1e-4, weight_decay=1e-5)
    tokenizer = RunConfig.preset("barcodemae").model.tokenizer
    from barcodeembed.sequences.tokenizers import make_tokenizer

    tokens = make_tokenizer(tokenizer).from_columns(corpus.columns(np.arange(len(corpus))))
    all_ids, all_real = torch.from_numpy(tokens.values), torch.from_numpy(tokens.mask)
    chance = torch.Generator().manual_seed(1)

    def one_step() -> None:
        rows = torch.randint(len(all_ids), (batch,), generator=chance)
        ids, real = all_ids[rows].to(device), all_real[rows].to(device)
        can_be_masked = (ids >= SPECIAL) & real
        masked = (torch.rand(ids.shape, generator=chance) < 0.5).to(device) & can_be_masked
        seen = ~masked
        width = int(seen.sum(dim=1).max())
        order = seen.long().argsort(dim=1, descending=True, stable=True)[:, :width]
        kept = seen.gather(1, order)
        packed = ids.gather(1, order).masked_fill(~kept, 1)
        attention = (real.gather(1, order) & kept).long()
        hidden = encoder(packed, attention_mask=attention, position_ids=order * kept).last_hidden_state
        full = decoder.bert.embeddings.word_embeddings.weight[0].expand(*ids.shape, -1).clone()
        places = kept.nonzero(as_tuple=True)
        full[places[0], order[kept]] = project(hidden)[places]
        scores = decoder(inputs_embeds=full, attention_mask=real.long()).logits
        loss = torch.nn.functional.cross_entropy(scores[masked], ids[masked] - SPECIAL)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()

    return one_step


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("barcodes", nargs="+")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--batch", type=int, default=16, help="barcodes a step; the published program's default")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    device, batch = torch.device(arguments.device), arguments.batch
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    corpus = make_corpus(arguments.barcodes)
    recipes = {
        "reference recipe in transformers": reference(corpus, batch, device),
        "barcodemae, as published": ours(corpus, "barcodemae", batch, device),
        "barcodemae with Muon": ours(corpus, "barcodemae", batch, device, optimizer="muon"),
        "barcodebert": ours(corpus, "barcodebert", batch, device),
        "causal": ours(corpus, "causal", batch, device),
        "default (patches, 256 wide)": ours(corpus, "default", batch, device),
        "default with Muon": ours(corpus, "default", batch, device, optimizer="muon"),
    }
    for one_step in recipes.values():
        one_step()
    rates: dict[str, list[float]] = {name: [] for name in recipes}
    for _ in range(arguments.rounds):
        for name, one_step in recipes.items():
            begun = clock()
            one_step()
            one_step()
            rates[name].append(2 * batch / (clock() - begun))
    first = statistics.median(next(iter(rates.values())))
    print(f"{arguments.threads} threads, {device}, batches of {batch}, medians of {arguments.rounds} rounds\n")
    print("| | barcodes/s | x reference |\n|---|---|---|")
    for name, values in rates.items():
        print(f"| {name} | {statistics.median(values):.2f} | {statistics.median(values) / first:.2f} |")


if __name__ == "__main__":
    main()
