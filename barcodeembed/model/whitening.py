"""Fit the output projection on a corpus, without labels, so that cosine compares what matters.

The pooled vector has up to two blocks: token vectors and base columns. Each block's leading directions are kept
and evened out: a raw cosine drowns in a few dominant ones (Su et al. 2021, "Whitening sentence representations").
Then both, each with its share of the total variance, are turned to their common leading directions.
Shares and exponents were measured, see docs/experiments.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from barcodeembed.model.encoder import BarcodeEncoder
from barcodeembed.sequences.corpus import PlacedCorpus

SAMPLE = 8_000
"""Barcodes the projection is fitted on."""


@dataclass(frozen=True)
class BlockRule:
    """What is done to one block of the pooled vector."""

    directions: int
    """Leading directions kept."""
    evenness: float
    """Each direction is divided by its variance to half this power: 0 leaves them, 1 whitens."""
    share: float
    """Of the total variance, once the blocks stand side by side."""


TOKENS = BlockRule(directions=512, evenness=1.0, share=0.1)
COLUMNS = BlockRule(directions=1024, evenness=0.5, share=0.9)


@torch.no_grad()
def fit_projection(
    encoder: BarcodeEncoder,
    corpus: PlacedCorpus,
    dim: int,
    rules: Sequence[BlockRule] = (TOKENS, COLUMNS),
    seed: int = 0,
) -> BarcodeEncoder:
    """The same encoder with a projection to ``dim``; to fewer if the corpus has fewer directions."""
    rows = np.sort(np.random.default_rng(seed).permutation(len(corpus))[:SAMPLE])
    pooled, present = pooled_vectors(encoder, corpus, rows)
    mean = (pooled * present).sum(dim=0) / present.sum(dim=0).clamp(min=1)
    torch.manual_seed(seed)
    projection = combine((pooled - mean) * present, encoder.pooling.token_width, dim, rules)
    fitted = BarcodeEncoder(replace(encoder.config, output=len(projection)))
    state = {k: v for k, v in encoder.state_dict().items() if not k.startswith("pooling.")}
    state |= {"pooling.mean": mean, "pooling.project.weight": projection}
    fitted.load_state_dict(state)
    return fitted.eval()


def pooled_vectors(
    encoder: BarcodeEncoder, corpus: PlacedCorpus, rows: NDArray[np.int64], batch: int = 64
) -> tuple[Tensor, Tensor]:
    """Pooled vectors (n, pooled width) of barcodes of the corpus, and where they rest on a token or a base."""
    parts = []
    for i in range(0, len(rows), batch):
        tokens = encoder.tokenizer.from_columns(corpus.columns(rows[i : i + batch]))
        values, positions, mask = (torch.from_numpy(a) for a in (tokens.values, tokens.positions, tokens.mask))
        hidden = encoder(values, positions, mask)
        parts.append(encoder.pooling.pool(hidden, values, positions, mask))
    return torch.cat([pooled for pooled, _ in parts]), torch.cat([present for _, present in parts])


def combine(centred: Tensor, token_width: int, dim: int, rules: Sequence[BlockRule]) -> Tensor:
    """Projection (dim, width) of centred vectors (n, width) whose first ``token_width`` numbers are the tokens'."""
    blocks = [centred[:, :token_width], centred[:, token_width:]]
    evened = [even_out(block, rule) for block, rule in zip(blocks, rules, strict=True) if block.shape[1]]
    stacked = torch.block_diag(*evened)
    _, directions = leading(centred @ stacked.T, dim)
    return (directions.T @ stacked).contiguous()


def even_out(centred: Tensor, rule: BlockRule) -> Tensor:
    """Projection (directions, width) of one centred block, scaled so that its total variance is ``rule.share``."""
    variances, directions = leading(centred, rule.directions)
    variances = variances.clamp(min=1e-6 * variances.max())
    projection = (directions * variances ** (-rule.evenness / 2)).T
    return projection * (rule.share / (variances ** (1 - rule.evenness)).sum()).sqrt()


def leading(centred: Tensor, number: int) -> tuple[Tensor, Tensor]:
    """Variances (k,) and directions (width, k) of the k <= ``number`` leading principal components."""
    k = min(number, *centred.shape)
    # A randomised decomposition (Halko et al. 2011): the full one of 2,816 directions takes minutes.
    _, singular, directions = torch.svd_lowrank(centred, q=min(k + 32, *centred.shape), niter=4)
    return singular[:k] ** 2 / len(centred), directions[:, :k]
