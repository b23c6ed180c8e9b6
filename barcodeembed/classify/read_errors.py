"""Tell sequencing errors from mutations: how far each base of a query can be trusted.

A read differs from its nearest reference by mutations and by errors of the sequencer, and the two look different. A
mutation mostly gives a base that other animals have in that column too, often at a third codon position, and often one
that a relative shares. An error falls anywhere and gives any base, more often where the quality is low. So the
differences of a read are a mixture of both. Expectation maximisation (Dempster et al. 1977, "Maximum likelihood from
incomplete data via the EM algorithm") estimates how many of each kind there are, and how likely each one is an error.

Where an insertion and a deletion lie near each other, the stretch between them stands in wrong columns. Most of its
bases differ, which mutations never cause.

Letters in shapes: Q queries, K references of each, C columns, n differences of all queries together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from barcodeembed.classify.neighbours import MIN_OVERLAP
from barcodeembed.library.hits import Hits
from barcodeembed.sequences.codes import SINGLE_BASE, single_bases
from barcodeembed.sequences.placement.anchor import shipped_anchor
from barcodeembed.sequences.placement.band import BAND
from barcodeembed.sequences.placement.placements import NO_QUALITY

SHARED = 4.0
"""The frequency of a base in a column is taken from the neighbours of a query and the profile of the marker together;
the profile counts for this many references. Between 1 and 12 it hardly matters: see docs/experiments.md, "What tells
errors from mutations?"."""

EVIDENCE = 4.0
"""A read is taken to have errors only if they explain it better than mutations alone do: by at least this natural
logarithm of the likelihood ratio. So clean barcodes keep their distance. Measured: see docs/experiments.md, "What tells
errors from mutations?"."""

MOST, TOO_MANY = 0.065, 0.085
"""Shares of bases that may be wrong by error. Up to the first share, errors are believed as found. From the second on
none are believed: no sequencer of today reads so many bases wrongly, so the read is of a far relative or a pseudogene.
Between them they are believed in part, because a read has more or fewer errors than its run by chance
(docs/experiments.md, "Which reads have too many errors to be reads?")."""

DIFFERENT, EQUAL, STRETCH = 1.95, 1.1, 6.0
"""Score of a column that differs, cost of a column that does not, and least score of a stretch that stands in wrong
columns. The first two are log likelihood ratios of 70 % differing columns (by chance three in four bases differ)
against 10 %. Four differences in five columns reach the third."""

LONGEST, MOST_DISPLACED = 40, 0.15
"""Most columns of one stretch that may stand in wrong columns, and largest share of a read that such stretches may
have. Placement lays longer ones anew, and what differs over more than that is of another animal, as half of a chimera
is."""

UNEVEN = 20.0
"""Qualities make an error at a base at most this many times more or less likely than the mean over the read. They rank
bases well, but often promise too much: a read may also have this many times as many errors as its qualities say."""

_GIVEN_UP = 8.0  # a stretch ends where its score has fallen by this much
_LEAST_FREQUENCY = 0.002  # frequency of a base that was never seen in a column, as a share of its mean over all columns
_ROUNDS = 60
_FEW = 0.3  # mutations that are added to those found, so that their rate stays above zero
_NO_ERRORS = 1e-7


@dataclass(frozen=True)
class ReadErrors:
    """Sequencing errors that were found in Q queries.

    Attributes
    ----------
    trust
        float32 (Q, C): probability that the base in a column is no error; 0 where it stands in a wrong column.
    expected
        float64 (Q,): expected number of wrong, missing and surplus bases in the columns compared.
    compared
        int (Q,): number of columns that could be compared with the nearest reference.
    """

    trust: NDArray[np.float32]
    expected: NDArray[np.float64]
    compared: NDArray[np.int64]

    @property
    def rate(self) -> NDArray[np.float64]:
        """Expected errors per base (Q,)."""
        return self.expected / np.maximum(self.compared, 1)


def find_errors(
    queries: NDArray[np.uint8], hits: Hits, columns: NDArray[np.uint8], qualities: NDArray[np.uint8] | None = None
) -> ReadErrors:
    """Find the errors of queries (Q, C) by comparing them with their hits, whose bases are ``columns`` (Q, K, C).

    ``qualities`` (Q, C) are Phred qualities of the bases, where they are known. No errors are found in a query that
    shares too few columns with all of its hits.
    """
    usable = (hits.rows >= 0) & (hits.overlap >= MIN_OVERLAP)
    nearest = np.where(usable, hits.identity, -1.0).argmax(axis=1)
    reference = columns[np.arange(len(hits)), nearest]
    known = SINGLE_BASE >= 0
    both = known[queries] & known[reference] & np.asarray(usable.any(axis=1))[:, None]
    different = both & (queries != reference)
    displaced, stretches = _displaced(different, both)
    compared = (both & ~displaced).sum(axis=1)
    row, column = np.nonzero(different & ~displaced)
    risk, most = _risk(qualities, row, column, len(queries))
    odds = risk / (3 * _commonness(queries, columns, row, column))
    wrong = _mixture(row, odds, compared, most)
    trust = np.where(displaced, 0.0, 1.0).astype(np.float32)
    trust[row, column] = 1 - wrong
    expected = np.bincount(row, wrong, minlength=len(queries)) + 2.0 * stretches + _broken_gaps(queries)
    return ReadErrors(trust, expected, both.sum(axis=1))


def trusted_identity(
    queries: NDArray[np.uint8], hits: Hits, columns: NDArray[np.uint8], trust: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the identity (Q, K) of queries (Q, C) and their hits (Q, K, C), where each column counts as far as
    ``trust`` (Q, C) says.

    The identity of a query without errors does not change.
    """
    share = hits.identity.copy()
    for query in np.flatnonzero((trust < 1).any(axis=1)):
        own, others = single_bases(queries[query]), single_bases(columns[query])
        weight = np.where((others > 0) & (own > 0), trust[query], np.float32(0))
        total, equal = weight.sum(axis=1), np.where(others == own, weight, np.float32(0)).sum(axis=1)
        np.divide(equal, total, out=share[query], where=total > 0)
    return share


def _displaced(different: NDArray[np.bool_], both: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return which columns (Q, C) stand in wrong columns, and how many such stretches each query (Q,) has."""
    displaced = np.zeros(different.shape, dtype=bool)
    number = np.zeros(len(different), dtype=np.int64)
    # Places count only columns that both have, so that an N neither makes nor ends a stretch.
    counted = np.cumsum(both, axis=1)
    for query in range(len(different)):
        columns = np.flatnonzero(different[query])
        places = counted[query, columns]
        stretches = dense_stretches(places.tolist())
        lengths = [places[last] - places[first] + 1 for first, last in stretches]
        if stretches and max(lengths) <= LONGEST and sum(lengths) <= MOST_DISPLACED * counted[query, -1]:
            for first, last in stretches:
                displaced[query, columns[first] : columns[last] + 1] = True
            number[query] = len(stretches)
    return displaced, number


def dense_stretches(places: list[int]) -> list[tuple[int, int]]:
    """Return the stretches in which differences are dense, each as indices of its first and last difference in
    ``places``.

    ``places`` are in ascending order.
    """
    found: list[tuple[int, int]] = []
    run = best = 0.0
    first = last = 0
    for index, place in enumerate(places):
        left = run - EQUAL * (place - places[index - 1] - 1) if index else 0.0
        if left <= 0 or best - left > _GIVEN_UP:
            if best >= STRETCH:
                found.append((first, last))
            left, best, first = 0.0, 0.0, index
        run = left + DIFFERENT
        if run > best:
            best, last = run, index
    return [*found, (first, last)] if best >= STRETCH else found


def _commonness(
    queries: NDArray[np.uint8], columns: NDArray[np.uint8], row: NDArray[np.int64], column: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return how much more likely than average a mutation to the base at each of these places (n,) is.

    This is the frequency of the base in its column, among the query's neighbours and in the profile of the marker
    together, divided by the mean chance that two animals differ in a column.
    """
    profile = _profile(queries.shape[1])
    own = queries[row, column]
    base = SINGLE_BASE[own]
    seen = columns[row, :, column]
    same, number = (seen == own[:, None]).sum(axis=1), (SINGLE_BASE[seen] >= 0).sum(axis=1)
    usual = profile[column, base] * (1 - _LEAST_FREQUENCY) + _LEAST_FREQUENCY * profile.mean(axis=0)[base]
    differ = (1 - (profile**2).sum(axis=1)).mean()
    return np.asarray((same + SHARED * usual) / (number + SHARED) / differ)


def _profile(n_columns: int) -> NDArray[np.float64]:
    """Return the frequencies (C, 4) of the bases in the columns of the marker; 0.25 each for a marker without a
    profile."""
    frequencies = shipped_anchor().profile.frequencies.astype(np.float64)
    return frequencies if len(frequencies) == n_columns else np.full((n_columns, 4), 0.25)


def _risk(
    qualities: NDArray[np.uint8] | None, row: NDArray[np.int64], column: NDArray[np.int64], n_queries: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return two things that qualities tell: how much more likely an error is at each of these places (n,) than on
    average over its read, and the highest rate of errors that they allow for each query (Q,).

    Without qualities they are 1 and infinite. Qualities that are all the same were made up by a program, and allow any
    rate.
    """
    if qualities is None:
        return np.ones(len(row)), np.full(n_queries, np.inf)
    known = qualities != NO_QUALITY
    error = np.where(known, 10.0 ** (-qualities.astype(np.float64) / 10), 0.0)
    mean = error.sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    risk = np.clip(error[row, column] / np.maximum(mean[row], 1e-9), 1 / UNEVEN, UNEVEN)
    uneven = error.max(axis=1, initial=0.0) > np.where(known, error, 1.0).min(axis=1, initial=1.0)
    return np.where(known[row, column], risk, 1.0), np.where(uneven & known.any(axis=1), UNEVEN * mean, np.inf)


def _mixture(
    row: NDArray[np.int64], odds: NDArray[np.float64], compared: NDArray[np.int64], most: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the probability that each difference (n,) is an error.

    ``row`` (n,) says which query each is of, in ascending order. ``odds`` (n,) are the odds of an error against a
    mutation if the two were equally frequent, ``most`` (Q,) the highest rates of errors per column. Errors and
    mutations are rare events with unknown rates per column. The result is 0 for all differences of a query if mutations
    alone explain them about as well, or if it would have too many errors. It is less than the probability if the query
    has nearly too many.
    """
    n_queries, length = len(compared), np.maximum(compared, 1)
    number = np.bincount(row, minlength=n_queries).astype(np.float64)
    errors, mutations = np.full(n_queries, 0.005), np.maximum(number / length, 1e-3) / 2
    wrong = np.zeros(len(row))
    for _ in range(_ROUNDS):
        by_error = errors[row] * odds
        wrong = by_error / (by_error + mutations[row])
        expected = np.bincount(row, wrong, minlength=n_queries)
        errors = np.clip(expected / length, _NO_ERRORS, np.maximum(most, _NO_ERRORS))
        mutations = (number - expected + _FEW) / length
    gain = _log_likelihood(row, odds, errors, mutations, length)
    gain -= _log_likelihood(row, odds, np.full(n_queries, _NO_ERRORS), (number + _FEW) / length, length)
    # Limited by the qualities, the rate of errors is lower than what was found, which may still be too many.
    found = expected / length
    believed = np.where(gain > EVIDENCE, np.clip((TOO_MANY - found) / (TOO_MANY - MOST), 0, 1), 0.0)
    believed *= np.minimum(1.0, most / np.maximum(found, _NO_ERRORS))
    return np.asarray(wrong * believed[row])


def _log_likelihood(
    row: NDArray[np.int64],
    odds: NDArray[np.float64],
    errors: NDArray[np.float64],
    mutations: NDArray[np.float64],
    length: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return the log likelihood of the differences of each query (Q,), given rates of errors and mutations per column
    (Q,).

    Terms that do not depend on the rates are left out.
    """
    each = np.log(errors[row] * odds + mutations[row])
    return np.bincount(row, each, minlength=len(errors)) - (errors + mutations) * length


def _broken_gaps(queries: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the number of missing bases (Q,) in those gaps within queries (Q, C) that break the reading frame.

    A longer gap than the aligner makes of missing bases is a part that was not read, as between pairs joined by N.
    """
    covered = queries > 0
    inside = np.maximum.accumulate(covered, axis=1) & np.maximum.accumulate(covered[:, ::-1], axis=1)[:, ::-1]
    result = np.zeros(len(queries))
    for query in np.flatnonzero((inside & ~covered).any(axis=1)):
        edges = np.flatnonzero(np.diff((inside & ~covered)[query].astype(np.int8), prepend=0, append=0))
        lengths = edges[1::2] - edges[::2]
        result[query] = lengths[(lengths % 3 > 0) & (lengths <= BAND)].sum()
    return result
