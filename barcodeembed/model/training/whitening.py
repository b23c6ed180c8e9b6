"""Fit the output projection on a corpus, without labels, so that the cosine compares what matters.

The pooled vector has blocks: token vectors and the views of the bases. Parts are taken from it (two from the bases: all
of them, and purine against pyrimidine alone, because transversions are the slower changes). The leading directions of
each part are kept and evened out, because a few dominant ones would drown the rest (Su et al. 2021, "Whitening sentence
representations"). Numbers that are evened out together must occur together in a read, or short reads lose what whole
ones gain. So covariances of numbers that lie far apart on the barcode are tapered (the tool is that of Furrer et al.
2006, "Covariance tapering for interpolation of large spatial datasets"; the reason is ours). Then all parts, each with
its share of the total variance, are turned to their common leading directions. The directions in which close relatives
differ are damped (:mod:`relatives`), and the leading ones of the result are kept. Shares and exponents were measured on
labelled libraries: see docs/experiments.md, "Tokens and columns together" and "How much of the vector should the tokens
be?".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from barcodeembed.errors import TrainingError
from barcodeembed.model.encoder import BarcodeEncoder, Pooling
from barcodeembed.model.training import relatives
from barcodeembed.sequences.corpus import PlacedCorpus

SAMPLE = 8_000
"""Number of barcodes on which parts are evened out and turned to common directions. The last turn is fitted on the
barcodes among which relatives are looked for."""

COMMON = 1536
"""Number of leading directions of all parts together that are considered, if the projection is not wider."""

TAPER = 0.6
"""Covariances fall linearly to zero at this distance, as a share of the barcode. A read of that length (396 columns of
COI) that covers one place covers another with a probability that falls in the same way."""

ROUNDING = 1e-6
"""Variances below this share of the largest one (or of a thousandth, if the largest is smaller) are rounding errors.
One barcode of ``SAMPLE`` that has another base in one column makes a ten-thousandth."""


@dataclass(frozen=True)
class PartRule:
    """The treatment of one part of the pooled vector."""

    block: str
    """``tokens`` or the name of a view."""
    share: float
    """Share of the total variance, once the parts stand side by side."""
    directions: int
    """Number of leading directions that are kept."""
    evenness: float
    """Each direction is divided by its variance, as tapered, to half this power: 0 changes nothing, 1 whitens what lies
    at one place."""
    contrast: tuple[float, ...] = ()
    """Weights of each group of numbers (A, C, G, T of one column) in the sum that is used; empty: all numbers as they
    are."""


RULES = (
    PartRule("tokens", share=0.1, directions=512, evenness=1.0),
    PartRule("bases", share=0.4, directions=1024, evenness=0.5),
    PartRule("bases", share=0.3, directions=640, evenness=0.25, contrast=(0.5, -0.5, 0.5, -0.5)),
    PartRule("amino_acids", share=0.2, directions=768, evenness=0.25),
)


LABELS_SHARE = 0.15
"""Variance of tokens that were trained with labels, beside 0.9 of the views together (:data:`RULES`); see
docs/experiments.md, "Does a long run pay?"."""


@torch.no_grad()
def fit_projection(
    encoder: BarcodeEncoder,
    corpus: PlacedCorpus,
    dim: int,
    rules: Sequence[PartRule] = RULES,
    *,
    labels: Tensor | None = None,
    seed: int = 0,
) -> BarcodeEncoder:
    """Return the same encoder with a projection to ``dim`` numbers, or fewer if the corpus or the rules have fewer
    directions.

    With ``labels`` (E, tokens' width), the projection that was trained with a contrast of labels
    (:class:`~barcodeembed.model.training.labels.LabelHead`), the tokens count as this projection shows them, with
    :data:`LABELS_SHARE`, instead of by their rule.

    Raises
    ------
    TrainingError
        if the vectors of the corpus do not vary.
    """
    order = np.random.default_rng(seed).permutation(len(corpus))
    mean, centred = centred_vectors(encoder, corpus, np.sort(order[:SAMPLE]))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        common = combine(centred, encoder.pooling, max(dim, COMMON), rules, labels)
        del centred
        rows = np.sort(order[: relatives.SAMPLE])
        vectors = torch.empty(len(rows), len(common))
        for block, pooled, present in pooled_blocks(encoder, corpus, rows):
            vectors[block] = ((pooled - mean) * present) @ common.T
        pairs = relatives.find_relatives(vectors[:, :dim], corpus.columns(rows))
        damping = relatives.damp(vectors, pairs)
        projection = principal_directions(vectors @ damping, dim).T @ damping @ common
        fitted = BarcodeEncoder(replace(encoder.config, output=len(projection)))
    state = {k: v for k, v in encoder.state_dict().items() if not k.startswith("pooling.")}
    state |= {"pooling.mean": mean, "pooling.project.weight": projection}
    fitted.load_state_dict(state)
    return fitted.eval()


def pooled_blocks(
    encoder: BarcodeEncoder, corpus: PlacedCorpus, rows: NDArray[np.int64], batch: int = 64
) -> Iterator[tuple[slice, Tensor, Tensor]]:
    """Yield pooled vectors (B, pooled width) of barcodes of the corpus, and which numbers rest on a token or a base.

    The slice says which of the rows these are.
    """
    for i in range(0, len(rows), batch):
        block = slice(i, min(i + batch, len(rows)))
        tokens = encoder.tokenizer.from_columns(corpus.columns(rows[block]))
        values, positions, mask = (torch.from_numpy(a) for a in (tokens.values, tokens.positions, tokens.mask))
        yield block, *encoder.pooling.pool(encoder(values, positions, mask), values, positions, mask)


def centred_vectors(encoder: BarcodeEncoder, corpus: PlacedCorpus, rows: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
    """Return the means (pooled width,) of the pooled vectors of these rows, over numbers that rest on something, and
    the vectors minus the means (n, pooled width); zero where a number rests on nothing."""
    width = len(encoder.pooling.mean)
    # Filled and centred in place, because it is the largest array.
    vectors, absent = torch.empty(len(rows), width), torch.empty(len(rows), width, dtype=torch.bool)
    number = torch.zeros(width)
    for block, pooled, present in pooled_blocks(encoder, corpus, rows):
        vectors[block], absent[block] = pooled * present, present == 0
        number += present.sum(dim=0)
    mean = vectors.sum(dim=0) / number.clamp(min=1)
    return mean, vectors.sub_(mean).masked_fill_(absent, 0)


def combine(
    centred: Tensor, pooling: Pooling, dim: int, rules: Sequence[PartRule], labels: Tensor | None = None
) -> Tensor:
    """Return the projection (dim, width) of centred pooled vectors (n, width): all parts, turned to common
    directions."""
    first, places, parts = 0, pooling.places(), []
    for name, width in pooling.widths.items():
        block = slice(first, first + width)
        first += width
        if name == "tokens" and labels is not None:
            parts.append((block, with_share(labels, centred[:, block], LABELS_SHARE)))
            continue
        parts += [(block, even_out(centred[:, block], places[block], rule)) for rule in rules if rule.block == name]
    if not sum(len(part) for _, part in parts):
        raise TrainingError("all barcodes of the corpus have the same vector: there is no projection (--dim 0)")
    directions = principal_directions(torch.cat([centred[:, block] @ part.T for block, part in parts], dim=1), dim)
    common = centred.new_zeros(directions.shape[1], centred.shape[1])
    for (block, part), turned in zip(parts, directions.split([len(part) for _, part in parts]), strict=True):
        common[:, block] += turned.T @ part
    return common


def even_out(centred: Tensor, places: Tensor, rule: PartRule) -> Tensor:
    """Return the projection (directions, width) of one block, scaled so that its total variance is ``rule.share``.

    Parameters
    ----------
    centred
        float (n, width).
    places
        float (width,): where on the barcode each number lies, from 0 to 1.
    rule
        what to do with the part.

    Returns
    -------
    Tensor
        Without directions if the corpus does not vary: relatives may differ in bases, but in no amino acid.
    """
    if rule.contrast:
        weights = torch.tensor(rule.contrast)
        groups = centred.unflatten(1, (-1, len(weights)))
        plain = even_out(groups @ weights, places[:: len(weights)], replace(rule, contrast=()))
        return (plain.unsqueeze(-1) * weights).flatten(1)
    covariance = centred.T @ centred / len(centred)
    taper = (places[:, None] - places).abs_().div_(-TAPER).add_(1).clamp_(min=0)  # in place, as some 0.1 GB large
    variances, directions = leading(taper.mul_(covariance), rule.directions)
    projection = (directions * variances ** (-rule.evenness / 2)).T
    return projection * (rule.share / ((projection @ covariance) * projection).sum()).sqrt()


def with_share(projection: Tensor, centred: Tensor, share: float) -> Tensor:
    """Return a projection (k, width) of centred vectors (n, width), scaled so that its total variance is ``share``."""
    variance = (centred @ projection.T).square().sum() / len(centred)
    return projection * (share / variance.clamp(min=ROUNDING)).sqrt()


def principal_directions(vectors: Tensor, number: int) -> Tensor:
    """Return the directions (width, k) of centred vectors (n, width) with the largest variances; k as :func:`leading`
    says."""
    return leading(vectors.T @ vectors / len(vectors), number)[1]


def leading(covariance: Tensor, number: int) -> tuple[Tensor, Tensor]:
    """Return the largest variances (k,) of a covariance (width, width), and their directions (width, k).

    k is ``number``, or less if more would be rounding errors (:data:`ROUNDING`).
    """
    # A randomised decomposition (Halko et al. 2011): the exact one of single-precision numbers does not always converge
    # where many variances are zero.
    _, variances, directions = torch.svd_lowrank(covariance, q=min(number + 32, len(covariance)), niter=4)
    k = int((variances[:number] > ROUNDING * variances[0].clamp(min=1e-3)).sum())
    return variances[:k], directions[:, :k]
