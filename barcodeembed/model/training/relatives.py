"""Damp the directions in which close relatives differ, so that the fastest-changing bases do not dominate the cosine.

Two barcodes that are nearest neighbours and nearly, but not quite, the same are usually of one genus. The directions in
which such pairs differ are damped by the covariance of their differences. This is relevant component analysis (Shental
et al. 2002, "Adjustment learning and relevant component analysis") with neighbours instead of known groups, so that no
names are needed, and with half its power. Bounds and power were measured on three libraries: see docs/experiments.md,
"What close relatives differ in".

Letters in shapes: n barcodes, C columns, D directions, m pairs.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from barcodeembed.sequences.codes import SINGLE_BASE, Codes

SAMPLE = 16_000
"""Number of barcodes among which relatives are looked for."""

IDENTITY = (0.95, 0.99)
"""Two barcodes are relatives if 0.95 <= identity < 0.99. Nearer ones hardly differ, and short reads need the directions
in which farther ones differ."""

RELATIVES_KEPT = 4
"""Number of relatives of one barcode: the nearest within the bounds, however many individuals of its species are
nearer."""

COMPARED = 450
"""Least number of columns that relatives must share."""

FLOOR = 0.5
"""Number added to the variances of the differences, in units of their mean, so that directions that hardly vary are not
enlarged."""

POWER = 0.25
"""Each direction is divided by (variance of the differences + ``FLOOR``) to this power; 0.5 without a floor would make
all directions alike."""

LEAST_PAIRS = 2_000
"""With fewer pairs nothing is damped, because they would not show in which directions relatives differ."""

_BLOCK = 256


def find_relatives(vectors: Tensor, columns: Codes) -> NDArray[np.int64]:
    """Return pairs (m, 2) of rows of vectors (n, D) and columns (n, C), each pair once.

    A column counts if both barcodes have one of A, C, G, T.
    """
    unit = nn.functional.normalize(vectors, dim=1)
    single = torch.from_numpy(SINGLE_BASE[columns])
    known = (single >= 0).float()
    has, arrays = torch.empty_like(known), torch.empty(3, _BLOCK, len(unit))
    pairs = [np.zeros((0, 2), dtype=np.int64)]
    for first in range(0, len(unit), _BLOCK):
        block = slice(first, min(first + _BLOCK, len(unit)))
        # Computed in place: arrays made anew in each round would not fit into the memory of the last ones.
        compared, identity, cosine = arrays[:, : block.stop - first]
        torch.mm(known[block], known.T, out=compared)
        identity.zero_()
        for base in range(4):
            torch.eq(single, base, out=has)
            identity.addmm_(has[block], has.T)
        identity.div_(compared.clamp_(min=1))
        torch.mm(unit[block], unit.T, out=cosine)
        for unfit in (compared < COMPARED, identity < IDENTITY[0], identity >= IDENTITY[1]):
            cosine.masked_fill_(unfit, -torch.inf)
        near = cosine.topk(min(RELATIVES_KEPT, len(unit)), dim=1)
        row, place = torch.nonzero(near.values.isfinite(), as_tuple=True)
        found = torch.stack([first + row, near.indices[row, place]], dim=1)
        pairs.append(np.sort(found.numpy(), axis=1))
    return np.unique(np.concatenate(pairs), axis=0)


def damp(vectors: Tensor, pairs: NDArray[np.int64]) -> Tensor:
    """Return a symmetric matrix (D, D) that damps the directions of vectors (n, D) in which these pairs (m, 2)
    differ."""
    width = vectors.shape[1]
    if len(pairs) < LEAST_PAIRS:
        return torch.eye(width)
    covariance = torch.zeros(width, width)
    for some in np.array_split(pairs, len(pairs) // LEAST_PAIRS):
        differences = nn.functional.normalize(vectors[some[:, 0]] - vectors[some[:, 1]], dim=1)
        covariance.addmm_(differences.T, differences, alpha=width / len(pairs))  # mean variance 1: each has length 1
    variances, directions = torch.linalg.eigh(covariance)
    damped: Tensor = (directions * (variances.clamp(min=0) + FLOOR) ** -POWER) @ directions.T
    return damped
