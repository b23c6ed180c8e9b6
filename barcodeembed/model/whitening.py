"""Fit the output projection: principal components of the corpus's pooled vectors, each scaled to variance one.

Raw cosine drowns in a few dominant directions (Su et al. 2021, "Whitening sentence representations");
whitening takes them away. It is fitted once, on the corpus, without labels, and stored with the weights.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from barcodeembed.model.encoder import BarcodeEncoder
from barcodeembed.sequences.corpus import PlacedCorpus

SAMPLE = 12_000
"""Barcodes the projection is fitted on."""

SHRINK = 0.02
"""Added to each variance, as a share of the mean variance kept: directions of mere noise are not blown up."""


@torch.no_grad()
def fit_projection(
    encoder: BarcodeEncoder, corpus: PlacedCorpus, dim: int, sample: int = SAMPLE, seed: int = 0
) -> BarcodeEncoder:
    """The same encoder with a projection to ``dim``; fewer if the pooled vectors have fewer directions."""
    rows = np.sort(np.random.default_rng(seed).permutation(len(corpus))[:sample])
    pooled, present = pooled_vectors(encoder, corpus, rows)
    mean = (pooled * present).sum(dim=0) / present.sum(dim=0).clamp(min=1)
    projection = whitening((pooled - mean) * present, dim)
    fitted = BarcodeEncoder(replace(encoder.config, output=len(projection)))
    state = {k: v for k, v in encoder.state_dict().items() if not k.startswith("pooling.")}
    state |= {"pooling.mean": mean, "pooling.project.weight": projection}
    fitted.load_state_dict(state)
    return fitted.eval()


def pooled_vectors(
    encoder: BarcodeEncoder, corpus: PlacedCorpus, rows: np.ndarray, batch: int = 64
) -> tuple[Tensor, Tensor]:
    """Pooled vectors (n, pooled width) of barcodes of the corpus, and where they rest on a token."""
    parts = []
    for i in range(0, len(rows), batch):
        tokens = encoder.tokenizer.from_columns(corpus.columns(rows[i : i + batch]))
        values, mask = torch.from_numpy(tokens.values), torch.from_numpy(tokens.mask)
        positions = torch.from_numpy(tokens.positions)
        hidden = encoder(values, positions, mask)
        parts.append(encoder.pooling.pool(hidden, positions, mask))
    return torch.cat([pooled for pooled, _ in parts]), torch.cat([present for _, present in parts])


def whitening(centred: Tensor, dim: int) -> Tensor:
    """Projection (dim, width) of centred vectors (n, width) onto their leading directions, variances made one."""
    covariance = (centred.T @ centred / len(centred)).double()
    variances, directions = torch.linalg.eigh(covariance)
    dim = min(dim, len(centred), len(variances))
    variances, directions = variances[-dim:].clamp(min=0), directions[:, -dim:]
    scale = (variances + SHRINK * variances.mean()).rsqrt()
    return (directions * scale).T.flip(0).float().contiguous()
