"""Count reads by taxon and by feature in every sample; all tables of samples are written from these counts.

A feature is one distinct sequence, or one row of the count table if one was given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from barcodeembed.taxonomy import RANKS, Lineage

REJECTED = "rejected"
"""Name of the row for reads that could not be placed on the barcode region or are not a barcode."""

SUBTRACTED = "subtracted (negative controls)"
"""Name of the row for reads that were subtracted because negative controls contain them."""


@dataclass(frozen=True)
class TaxonKey:
    """What makes one row of a taxon table.

    ``lineage`` ends at the rank that is named. ``verdict`` is that of the calls, or ``named`` if the rank of the table
    is reached. ``group`` is the group of barcodes without a name, if groups were made.
    """

    lineage: Lineage
    verdict: str = "named"
    group: str = ""


@dataclass(frozen=True)
class Feature:
    """A distinct sequence: its name in tables, its call with the probability, and its reads by sample."""

    id: str
    key: TaxonKey
    confidence: float
    reads: Counter[str]


@dataclass
class SampleTally:
    """Adds up calls sample by sample.

    Attributes
    ----------
    samples
        names of the samples, in the order in which they occurred.
    taxa
        for each :class:`TaxonKey`, its reads by sample.
    features
        distinct sequences by the key that they were added with; empty unless ``keep_features``.
    rejected
        rejected reads by sample.
    subtracted
        reads by sample that were subtracted because negative controls contain them (:mod:`controls`).
    lessened
        number of features that lost reads by this.
    """

    keep_features: bool = False
    samples: dict[str, None] = field(default_factory=dict)
    taxa: dict[TaxonKey, Counter[str]] = field(default_factory=dict)
    features: dict[str, Feature] = field(default_factory=dict)
    rejected: Counter[str] = field(default_factory=Counter)
    subtracted: Counter[str] = field(default_factory=Counter)
    lessened: int = 0
    _ids: set[str] = field(default_factory=set, repr=False)

    def add(self, key: TaxonKey, reads: Sequence[tuple[str, int]], *, feature: str, id: str, confidence: float) -> None:
        """Add the ``reads`` by sample of one query that was called ``key``.

        Queries with equal ``feature`` are one feature. In tables its name is the ``id`` of its first query, or
        ``feature`` itself if that id is taken. A query without reads (a count table lacks it) is in no sample, so it
        makes no row.
        """
        if not reads:
            return
        counts = self.taxa.setdefault(key, Counter())
        for sample, number in reads:
            self.samples.setdefault(sample)
            counts[sample] += number
        if not self.keep_features:
            return
        found = self.features.get(feature)
        if found is None:
            name = feature if id in self._ids else id
            self._ids.add(name)
            found = self.features[feature] = Feature(name, key, confidence, Counter())
        for sample, number in reads:
            found.reads[sample] += number

    def reject(self, reads: Iterable[tuple[str, int]]) -> None:
        """Add rejected reads by sample."""
        for sample, number in reads:
            self.samples.setdefault(sample)
            self.rejected[sample] += number

    def others(self) -> dict[str, Counter[str]]:
        """Return reads by sample that are of no taxon, by the name of their row; subtracted ones only if there are
        any."""
        return {REJECTED: self.rejected} | ({SUBTRACTED: self.subtracted} if self.subtracted else {})

    def at_rank(self, rank: str | None) -> dict[TaxonKey, Counter[str]]:
        """Return reads by taxon at one rank, sorted by lineage, then by the number of the group, then by verdict.
        Without a rank, each call counts at its own, deepest rank.

        A call that is named at ``rank`` or below counts for its taxon at that rank. Any other call keeps its own name
        and verdict, so that no read is left out.
        """
        cut: dict[TaxonKey, Counter[str]] = {}
        for key, counts in self.taxa.items():
            cut.setdefault(_cut(key, rank), Counter()).update(counts)
        cut = _one_row_a_group(cut)
        return dict(
            sorted(cut.items(), key=lambda item: (item[0].lineage.names, _in_order(item[0].group), item[0].verdict))
        )


def label(key: TaxonKey) -> str:
    """Return a taxon in words: ``Andrena fulva``, ``new species of Andrena``, ``Andrena sp. group 1``."""
    taxon = next((name for name in reversed(key.lineage.names) if name), "")
    if key.group:
        return key.group
    if not taxon:
        return "unplaced"
    words = {"new_species": "new species of", "new_genus": "new genus of", "ambiguous": "ambiguous in"}
    return f"{words[key.verdict]} {taxon}" if key.verdict in words else taxon


def taxon_rows(tally: SampleTally, rank: str | None = None) -> Iterable[Sequence[str]]:
    """Return the rows of a taxon table: a header, a row for each taxon, and one for rejected reads.

    Columns are ``taxon``, ``verdict``, the ranks, ``total`` and one for each sample. The numbers of a sample add up to
    its reads.
    """
    samples = list(tally.samples)
    yield ["taxon", "verdict", *RANKS, "total", *samples]
    for key, counts in tally.at_rank(rank).items():
        names = key.lineage.names
        yield [label(key), key.verdict, *names, str(counts.total()), *(str(counts[one]) for one in samples)]
    for words, counts in tally.others().items():
        yield [words, "", *[""] * len(RANKS), str(counts.total()), *(str(counts[one]) for one in samples)]


def _in_order(group: str) -> tuple[str, int]:
    """Return what sorts groups by their numbers: 2 before 10."""
    words, _, number = group.rpartition(" ")
    return (words, int(number)) if number.isdecimal() else (group, 0)


def _one_row_a_group(taxa: dict[TaxonKey, Counter[str]]) -> dict[TaxonKey, Counter[str]]:
    """Merge the rows of a group that has several verdicts; the merged row has the verdict with most reads."""
    verdicts: dict[tuple[Lineage, str], list[TaxonKey]] = {}
    for key in taxa:
        if key.group:
            verdicts.setdefault((key.lineage, key.group), []).append(key)
    for keys in verdicts.values():
        first, *others = sorted(keys, key=lambda key: (-taxa[key].total(), key.verdict))
        for key in others:
            taxa[first].update(taxa.pop(key))
    return taxa


def _cut(key: TaxonKey, rank: str | None) -> TaxonKey:
    if rank is None:
        return key
    depth = RANKS.index(rank)
    if not key.lineage.names[depth]:
        return key
    return TaxonKey(Lineage((*key.lineage.names[: depth + 1], *[""] * (len(RANKS) - depth - 1))))
