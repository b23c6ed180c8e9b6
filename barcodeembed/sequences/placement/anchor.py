"""Place reads on barcode coordinates: strand, start column, score, and the bases in each column.

The profile slides along both strands of a read (:mod:`search`). COI's barcode region hardly ever has insertions or
deletions, so one placement without gaps is enough for nearly all reads. A read of which some part scores badly is
aligned (:mod:`alignment`) or laid in several parts (:mod:`layout`), and is flagged.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from barcodeembed.sequences.codes import encode
from barcodeembed.sequences.genetic_codes import STOPS_IN_ALL, count_codons
from barcodeembed.sequences.placement.band import SHIFT_BITS
from barcodeembed.sequences.placement.layout import Layer, Layout, describe_parts
from barcodeembed.sequences.placement.placements import NO_QUALITY, Placements
from barcodeembed.sequences.placement.primers import find_primers
from barcodeembed.sequences.placement.profile import Profile, shipped_profile
from barcodeembed.sequences.placement.search import MIN_BITS

MIN_BITS_PER_BASE = 0.25
"""Least mean score of a placed read, in bits a base, so that a short lucky stretch does not place a long foreign
read."""

DIVERGENT_BITS = 0.75
"""Mean score below which a read is flagged ``divergent``. 99 % of insects, annelids, snails, fish and birds
lie above 0.87; bivalves, tunicates and some hydrozoans (0.5-0.75) lie below, but so does the cox1 of
Wolbachia and Rickettsia (0.58-0.71): the score alone cannot tell these apart (see docs/experiments.md,
"Does the score tell animals from bacteria?")."""


class Anchor:
    """Places reads on the columns of one profile."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._layer = Layer(profile)

    def place(self, sequences: Sequence[str], qualities: Sequence[bytes] = ()) -> Placements:
        """Place B cleaned sequences. The result for a read does not depend on the other reads.

        ``qualities`` are the Phred qualities of the bases of each read; empty for a read without qualities, or left out
        for all.
        """
        if not sequences:
            return Placements.none(0, self.profile.columns)
        codes, ends = encode("".join(sequences)), [0, *accumulate(len(sequence) for sequence in sequences)]
        layout = self._layer.lay([codes[begin:end] for begin, end in pairwise(ends)])
        return self._describe(layout, qualities)

    def _describe(self, layout: Layout, qualities: Sequence[bytes]) -> Placements:
        """Turn a layout into placements: scores, stop codons and flags."""
        primed = find_primers(layout, self._layer.column_bits(layout.columns))
        self._layer.lay_without(layout, primed)
        columns = layout.columns
        bits = self._layer.column_bits(columns)
        covered = (columns > 0).sum(axis=1)
        total = bits.sum(axis=1)
        score = np.divide(total, covered, out=np.full(len(total), np.nan, np.float32), where=covered > 0)
        placed = (total >= MIN_BITS) & (layout.earned >= SHIFT_BITS) & (score >= MIN_BITS_PER_BASE)
        columns[~placed] = 0
        layout.bases[~placed] = -1
        stops = count_codons(columns, self.profile.frame, STOPS_IN_ALL)
        sign = np.where(placed, np.where(layout.strand == 1, "-", "+"), "")
        flags = np.full(len(columns), "", dtype=object)
        second = np.full(len(columns), "", dtype=object)
        in_parts = np.flatnonzero(placed & layout.in_parts)
        of_parts = dict(zip(in_parts.tolist(), describe_parts(layout, in_parts, primed), strict=True))
        for i in np.flatnonzero(placed & ((stops > 0) | layout.in_parts | (score < DIVERGENT_BITS))).tolist():
            words = ["stop_codon"] if stops[i] else []
            words += of_parts.get(i, [])
            flags[i] = ",".join([*words, "divergent"] if score[i] < DIVERGENT_BITS else words)
        for i in np.flatnonzero(placed & primed.any(axis=1)).tolist():
            flags[i] = ",".join(filter(None, [flags[i], "primer"]))
        for i, (strand, place) in layout.second.items():
            if placed[i]:
                second[i] = f"{strand}:{place}"
                flags[i] = ",".join(filter(None, [flags[i], "second_barcode"]))
        first, _ = layout.ends()
        start = first - np.take_along_axis(layout.bases, first[:, None], axis=1)[:, 0]
        return Placements(
            columns, sign, start.astype(np.int32), score, stops, flags, _laid_qualities(layout, qualities), second
        )


def _laid_qualities(layout: Layout, qualities: Sequence[bytes]) -> NDArray[np.uint8]:
    """Return the quality (B, C) of the base in each column."""
    laid = np.full(layout.bases.shape, NO_QUALITY, dtype=np.uint8)
    for i, quality in enumerate(qualities):
        if quality:
            turned = np.frombuffer(quality, dtype=np.uint8)[:: -1 if layout.strand[i] else 1]
            covered = np.flatnonzero(layout.bases[i] >= 0)
            laid[i, covered] = turned[layout.bases[i, covered]]
    return laid


@cache
def shipped_anchor(name: str = "coi-folmer") -> Anchor:
    """Return the anchor of a profile that ships; it is made only once."""
    return Anchor(shipped_profile(name))
