"""Reads by taxon and by feature, in every sample: what all tables are written from.

A feature is one distinct sequence, or one row of a count table where that was given. Letters in shapes: F features,
S samples.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from barcodeembed.taxonomy import RANKS, Lineage

REJECTED = "rejected"
"""The row of reads that could not be placed on the barcode region or are no barcode."""

SUBTRACTED = "subtracted (negative controls)"
"""The row of reads that were taken off because negative controls have them; only where that was asked for."""


@dataclass(frozen=True)
class TaxonKey:
    """One row of a taxon table.

    ``lineage`` is as deep as it is named; ``verdict`` is that of the calls, ``named`` where the rank of the table is
    reached; ``group`` is the group of barcodes without a name, if groups were made.
    """

    lineage: Lineage
    verdict: str = "named"
    group: str = ""


@dataclass(frozen=True)
class Feature:
    """A distinct sequence: its name in tables, what it is called, how sure that is, and its reads by sample."""

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
        names of the samples, in the order in which they came.
    taxa
        reads of each sample by :class:`TaxonKey`.
    features
        distinct sequences by the key they were added with; empty unless ``keep_features``.
    rejected
        reads of each sample that were rejected.
    subtracted
        reads of each sample that were taken off because negative controls have them (:mod:`controls`).
    """

    keep_features: bool = False
    samples: dict[str, None] = field(default_factory=dict)
    taxa: dict[TaxonKey, Counter[str]] = field(default_factory=dict)
    features: dict[str, Feature] = field(default_factory=dict)
    rejected: Counter[str] = field(default_factory=Counter)
    subtracted: Counter[str] = field(default_factory=Counter)
    _ids: set[str] = field(default_factory=set, repr=False)

    def add(self, key: TaxonKey, reads: Iterable[tuple[str, int]], *, feature: str, id: str, confidence: float) -> None:
        """Add the ``reads`` by sample of one query that was called ``key``.

        ``feature`` tells which queries are one feature; its ``id`` in tables is that of its first query, or
        ``feature`` itself where that id is taken.
        """
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
        """Add reads that were rejected."""
        for sample, number in reads:
            self.samples.setdefault(sample)
            self.rejected[sample] += number

    def at_rank(self, rank: str | None) -> dict[TaxonKey, Counter[str]]:
        """Return reads by taxon at one rank, sorted by lineage; by the deepest rank of each call without one.

        A call that is named at ``rank`` or below counts for its taxon at that rank. One that is not keeps its own
        name and verdict, so no read is left out.
        """
        cut: dict[TaxonKey, Counter[str]] = {}
        for key, counts in self.taxa.items():
            cut.setdefault(_cut(key, rank), Counter()).update(counts)
        cut = _one_row_a_group(cut)
        return dict(sorted(cut.items(), key=lambda item: (item[0].lineage.names, item[0].verdict, item[0].group)))


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
    """Return the rows of a taxon table: a header, a row for each taxon, and one for what was rejected.

    Columns are ``taxon``, ``verdict``, the ranks, ``total`` and one for each sample. The numbers of a sample add up to
    its reads.
    """
    samples = list(tally.samples)
    yield ["taxon", "verdict", *RANKS, "total", *samples]
    for key, counts in tally.at_rank(rank).items():
        names = key.lineage.names
        yield [label(key), key.verdict, *names, str(counts.total()), *(str(counts[one]) for one in samples)]
    others = {REJECTED: tally.rejected} | ({SUBTRACTED: tally.subtracted} if tally.subtracted else {})
    for words, counts in others.items():
        yield [words, "", *[""] * len(RANKS), str(counts.total()), *(str(counts[one]) for one in samples)]


def _one_row_a_group(taxa: dict[TaxonKey, Counter[str]]) -> dict[TaxonKey, Counter[str]]:
    """Put the verdicts of a group together; the row has the one with most reads."""
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
