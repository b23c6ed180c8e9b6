"""Find bases of primers at the ends of reads. They are the primer's, not the animal's, and are left out.

Most primers stand outside the region and fall off there. Some bind within it (mini-barcodes, mlCOIintF). And if a
barcode begins late, the rest of an outer primer lies over columns to which it does not belong.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from barcodeembed.sequences.codes import COMPLEMENT, ONE_HOT, Codes, encode
from barcodeembed.sequences.placement.layout import Layout

_ANY, _HALF, _MINI = 10**9, 500, 300


class Primer(NamedTuple):
    """A primer from 5' to 3' (``I`` is inosine), whether it stands at the end of the barcode, and who published it.

    ``longest`` is the length of a read of its amplicon with both primers and room for tags. A longer read that begins
    like the primer was not made with it: animals are similar to the primer where it binds.
    """

    name: str
    sequence: str
    reverse: bool
    source: str
    longest: int = _ANY


PRIMERS = (
    Primer("LCO1490", "GGTCAACAAATCATAAAGATATTGG", False, "Folmer et al. 1994"),
    Primer("HCO2198", "TAAACTTCAGGGTGACCAAAAAATCA", True, "Folmer et al. 1994"),
    Primer("dgLCO1490", "GGTCAACAAATCATAAAGAYATYGG", False, "Meyer 2003"),
    Primer("dgHCO2198", "TAAACTTCAGGGTGACCAAARAAYCA", True, "Meyer 2003"),
    Primer("LepF1", "ATTCAACCAATCATAAAGATATTGG", False, "Hebert et al. 2004; with LCO1490 C_LepFolF"),
    Primer("LepR1", "TAAACTTCTGGATGTCCAAAAAATCA", True, "Hebert et al. 2004; with HCO2198 C_LepFolR"),
    Primer("MLepF1", "GCTTTCCCACGAATAAATAATA", False, "Hajibabaei et al. 2006", _HALF),
    Primer("LCO1490-JJ", "CHACWAAYCATAAAGATATYGG", False, "Astrin & Stueben 2008"),
    Primer("HCO2198-JJ", "AWACTTCVGGRTGVCCAAARAATCA", True, "Astrin & Stueben 2008"),
    Primer("Uni-MinibarF1", "TCCACTAATCACAARGATATTGGTAC", False, "Meusnier et al. 2008", _MINI),
    Primer("Uni-MinibarR1", "GAAAATCATAATGAAGGCATGAGC", True, "Meusnier et al. 2008", _MINI),
    Primer("ZBJ-ArtF1c", "AGATATTGGAACWTTATATTTTATTTTTGG", False, "Zeale et al. 2011", _MINI),
    Primer("ZBJ-ArtR2c", "WACTAATCAATTWCCAAATCCTCC", True, "Zeale et al. 2011", _MINI),
    Primer("Fol-degen-rev", "TANACYTCNGGRTGNCCRAARAAYCA", True, "Yu et al. 2012"),
    Primer("mlCOIintF", "GGWACWGGWTGAACWGTWTAYCCYCC", False, "Leray et al. 2013", _HALF),
    Primer("jgLCO1490", "TITCIACIAAYCAYAARGAYATTGG", False, "Geller et al. 2013"),
    Primer("jgHCO2198", "TAIACYTCIGGRTGICCRAARAAYCA", True, "Geller et al. 2013"),
    Primer("ArF5", "GCICCIGAYATRKCITTYCCICG", False, "Gibson et al. 2014", _HALF),
    Primer("Ill_B_F", "CCIGAYATRGCITTYCCICG", False, "Shokralla et al. 2015", _HALF),
    Primer("BF1", "ACWGGWTGRACWGTNTAYCC", False, "Elbrecht & Leese 2017", _HALF),
    Primer("BF2", "GCHCCHGAYATRGCHTTYCC", False, "Elbrecht & Leese 2017", _HALF),
    Primer("BR1", "ARYATDGTRATDGCHCCDGC", True, "Elbrecht & Leese 2017", _HALF),
    Primer("BR2", "TCDGGRTGNCCRAARAAYCA", True, "Elbrecht & Leese 2017"),
    Primer("fwhF1", "YTCHACWAAYCAYAARGAYATYGG", False, "Vamos et al. 2017", _MINI),
    Primer("fwhR1", "ARTCARTTWCCRAAHCCHCC", True, "Vamos et al. 2017", _MINI),
    Primer("fwhF2", "GGDACWGGWTGAACWGTWTAYCCHCC", False, "Vamos et al. 2017", _MINI),
    Primer("fwhR2n", "GTRATWGCHCCDGCTARWACWGG", True, "Vamos et al. 2017", _MINI),
    Primer("BF3", "CCHGAYATRGCHTTYCCHCG", False, "Elbrecht et al. 2019", _HALF),
    Primer("EPTDr2n", "CAAACAAATARDGGTATTCGDTY", True, "Leese et al. 2021", _MINI),
)
"""Primers in wide use for the barcode of animals."""

MISMATCHES = 2
"""Number of bases that may differ from a primer at the very beginning of a read; one less if the primer begins
elsewhere."""

TAG = 12
"""Number of bases that may come before a primer (a tag), or be missing from it, if the end of a read fits its columns
badly."""

MOST_BEFORE = 24
"""Number of bases (a tag, a spacer) that may come before a primer on the region in a read with primers at both ends."""

OUTER = 15
"""Number of bases beyond the region that are those of an outer primer, unless the read goes on."""

_END = 20
_FITS = 12.0
_NEAR = 3  # bases between where a read begins to fit behind an adapter, and its primer
_CHANCE = -2.0  # bits; two bases or more that fit their columns worse than this are no animal's
_LONGEST = max(len(primer.sequence) for primer in PRIMERS)
_WIDTH = _LONGEST + MOST_BEFORE


def find_primers(layout: Layout, bits: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return how many bases (B, 2) at the beginning and at the end of each oriented read are a primer's or lie beyond
    one.

    ``bits`` (B, C) is the score of the base in each column. Only primers that lie on the region are looked for.
    """
    lengths = np.array([len(read) for read in layout.reads])
    first, last = layout.ends()
    rows = np.arange(len(lengths))
    covered = (layout.bases >= 0).any(axis=1)
    found, behind = np.zeros((2, len(lengths), 2), dtype=np.int64)
    begins = (layout.bases[rows, first], first, first, 1)
    ends = (lengths - 1 - layout.bases[rows, last], bits.shape[1] - 1 - last, last, -1)
    for end, (outside, beyond, column, step) in enumerate((begins, ends)):
        trimmed = layout.in_parts & (outside > 0) & (beyond > 0)
        window = np.clip(column[:, None] + step * np.arange(_END), 0, bits.shape[1] - 1)
        badly = trimmed | (np.take_along_axis(bits, window, axis=1).sum(axis=1) < _FITS)
        # A primer that ends before the first base on the region needs no work.
        some = np.flatnonzero(covered & ((outside < _LONGEST + TAG) | trimmed))
        codes = _ends(layout.reads, some, turned=bool(end))
        primed = _primer_bases(codes, lengths[some], bool(end), (0,))
        asked = np.zeros(len(lengths), dtype=np.bool_)
        asked[some] = primed == 0
        rest = np.flatnonzero(badly[some] & (primed == 0))
        others = tuple(n for n in range(-TAG, TAG + 1) if n)
        primed[rest] = _primer_bases(codes[rest], lengths[some][rest], bool(end), others)
        found[some, end] = np.where((primed > outside[some]) | trimmed[some], primed, 0)
        behind[:, end] = _behind_tags(layout, bits, (outside, column, step), asked)
    outer = np.stack([outside - beyond >= OUTER for outside, beyond, _, _ in (begins, ends)], axis=1)
    other = (outer | (found > 0) | (behind > 0))[:, ::-1]
    return np.where((behind > 0) & other, behind, found)


def _behind_tags(
    layout: Layout,
    bits: NDArray[np.float32],
    end: tuple[NDArray[np.int64], NDArray[np.int64], int],
    asked: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Return how many bases (B,) to cut off one end of the reads: a primer that lies on the region, and what stands
    before it (a tag, a spacer, an adapter). 0 for reads that are not ``asked``, or that have none.

    What stands before the primer must fit its columns worse than animals do, or have been left out. ``end`` is the
    number of bases outside the region (B,), the column (B,) of the first one on it, and the direction from there.
    """
    outside, column, step = end
    window = np.clip(column[:, None] + step * np.arange(MOST_BEFORE), 0, bits.shape[1] - 1)
    fit = np.take_along_axis(bits, window, axis=1).cumsum(axis=1)
    left_out = layout.in_parts & (outside > 0)
    some = np.flatnonzero(asked & (left_out | (fit[:, 1:] < _CHANCE).any(axis=1)))
    skipped = np.maximum(outside - _NEAR, 0)
    lengths = np.array([len(layout.reads[i]) for i in some.tolist()], dtype=np.int64)
    codes = _ends(layout.reads, some, turned=step < 0, skipped=skipped)
    offsets = np.arange(MOST_BEFORE + 1)
    before = offsets - (outside - skipped)[some, None]  # bases on the region before the primer
    score = np.take_along_axis(fit[some], np.clip(before - 1, 0, None), axis=1)
    may_begin = (left_out[some, None] & (np.abs(before) <= _NEAR)) | ((before > 1) & (score < _CHANCE))
    primed = _primer_bases(codes, lengths, step < 0, tuple(offsets.tolist()), may_begin)
    result = np.zeros(len(layout.reads), dtype=np.int64)
    result[some] = np.where(primed > 0, primed + skipped[some], 0)
    return result


def _ends(
    reads: Sequence[Codes], some: NDArray[np.int64], *, turned: bool, skipped: NDArray[np.int64] | None = None
) -> Codes:
    """Return the first bases of some reads, or those of the other strand; behind those that are ``skipped`` (B,)."""
    codes = np.zeros((len(some), _WIDTH), dtype=np.uint8)
    for row, i in zip(codes, some.tolist(), strict=True):
        begin = 0 if skipped is None else int(skipped[i])
        here = slice(begin, begin + len(row))
        part = COMPLEMENT[reads[i][::-1][here]] if turned else reads[i][here]
        row[: len(part)] = part
    return codes


def _primer_bases(
    codes: Codes,
    lengths: NDArray[np.int64],
    reverse: bool,
    offsets: tuple[int, ...],
    may_be: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """Return how many bases (B,) at the beginning of reads are a primer's or come before one.

    ``codes`` are the first bases; ``may_be`` (B, O) tells at which of the ``offsets`` a primer may begin (None: at
    all).
    """
    result = np.zeros(len(codes), dtype=np.int64)
    if not len(codes):
        return result
    weights, least, end, longest = _table(reverse, offsets)
    matches = ONE_HOT[codes].reshape(len(codes), -1) @ weights
    good = (matches >= least) & (lengths[:, None] <= longest)
    if may_be is not None:
        good &= np.tile(may_be, len(least) // len(offsets))
    # The best match. Of several the first to begin behind a tag, as BF1 lies within mlCOIintF; then the shortest: BF2
    # is the beginning of ArF5, and animals go on like ArF5.
    first = np.tile(np.maximum(offsets, 0), len(least) // len(offsets)) * (may_be is not None)
    best = np.where(good, matches - least - first / 100 - end / 10_000, -1.0).argmax(axis=1)
    return np.where(good.any(axis=1), end[best], 0)


@cache
def _table(
    reverse: bool, offsets: tuple[int, ...]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """Return weights (4 W, P) that count the matches of P primers at each place, how many are needed, where they end,
    and the longest reads."""
    columns, least, end, longest = [], [], [], []
    for primer in PRIMERS:
        allowed = (ONE_HOT[encode(primer.sequence.replace("I", "N"))] > 0).astype(np.float32)
        allowed[[base in "IN" for base in primer.sequence]] = 1
        for offset in offsets if primer.reverse == reverse else ():
            part = allowed[max(-offset, 0) :]
            weights = np.zeros((_WIDTH, 4), dtype=np.float32)
            weights[max(offset, 0) : max(offset, 0) + len(part)] = part
            columns.append(weights.ravel())
            least.append(len(part) - MISMATCHES + (offset != 0) - 0.01)
            end.append(max(offset, 0) + len(part))
            longest.append(primer.longest)
    return np.stack(columns, axis=1), np.array(least, np.float32), np.array(end), np.array(longest)
