"""Data of the report page on samples: reads by taxon, richness, and how richness grows with the number of reads.

Letters in shapes: T taxa.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.classify.call import VERDICTS
from barcodeembed.workflows.samples.tally import SampleTally, label
from barcodeembed.workflows.tables.columns import clean_text

MOST_TAXA = 2000
"""Number of rows in the page's table of taxa: those with most reads. All other taxa share one row."""

_STEPS = 16  # number of points of a rarefaction curve


def sample_data(tally: SampleTally) -> dict[str, Any]:
    """Return what the page shows of samples, as plain data for JSON.

    Each of the ``rows`` is a taxon: its name in words, the place of its verdict in ``VERDICTS``, its names by rank, and
    its reads in every sample. Taxa with most reads come first.
    """
    samples = list(tally.samples)
    taxa = sorted(tally.at_rank(None).items(), key=lambda item: (-item[1].total(), label(item[0])))
    kept, rest = taxa[:MOST_TAXA], taxa[MOST_TAXA:]
    rows = [
        [label(key), VERDICTS.index(key.verdict), list(key.lineage.names), [counts[one] for one in samples]]
        for key, counts in kept
    ]
    species = [counts for key, counts in taxa if key.group or key.lineage.names[-1]]
    return {
        "names": [clean_text(name) for name in samples],
        "rows": rows,
        "others": {"taxa": len(rest), "reads": [sum(counts[one] for _, counts in rest) for one in samples]},
        "rejected": [tally.rejected[one] for one in samples],
        "richness": [sum(counts[one] > 0 for counts in species) for one in samples],
        "rarefaction": [rarefaction(counts[one] for counts in species) for one in samples],
    }


def rarefaction(reads: Iterable[int]) -> list[list[float]]:
    """Return points (n, expected number of taxa in n of these reads, drawn without replacement).

    Hurlbert 1971, Ecology 52:577: a taxon with N_i of N reads is missed with the probability C(N - N_i, n) / C(N, n).
    """
    counts = np.array([number for number in reads if number > 0], dtype=np.float64)
    total = counts.sum()
    if not len(counts):
        return []
    steps = np.unique(np.geomspace(1, total, _STEPS).round())
    return [[int(n), round(float((1 - _missed(counts, total, n)).sum()), 2)] for n in steps]


def _missed(counts: NDArray[np.float64], total: float, n: float) -> NDArray[np.float64]:
    """Return, for each taxon (T,), the probability that none of ``n`` reads belongs to it."""
    from scipy.special import gammaln  # loaded only here, so that classify starts faster

    left = total - counts
    possible = left >= n
    rest = np.where(possible, left - n, 0)
    logarithm = gammaln(left + 1) - gammaln(rest + 1) - gammaln(total + 1) + gammaln(total - n + 1)
    return np.where(possible, np.exp(logarithm), 0.0)
