"""Gather what the report page shows, call by call and in bounded memory, as plain data for JSON.

Letters in shapes: n points, D width of a vector.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.classify.call import VERDICTS, Call
from barcodeembed.taxonomy import RANKS, Lineage
from barcodeembed.workflows.report.projection import Projection
from barcodeembed.workflows.report.reservoir import Reservoir
from barcodeembed.workflows.report.sample_data import sample_data
from barcodeembed.workflows.report.shown_calls import ShownCalls
from barcodeembed.workflows.samples.tally import SampleTally
from barcodeembed.workflows.tables.columns import DECIMALS, PAGE_COLUMNS, clean_text
from barcodeembed.workflows.tables.summary import CallSummary

MAX_POINTS = 1500
"""Number of queries on the map, and the same number of references: a random sample, the same in every run."""

MAX_TAXA = 1500
"""Number of taxa drawn in the tree; queries of smaller taxa are counted for the taxon above."""

MOST_NAMES = 3
"""Number of file names in the title."""

LENGTH_STEP, IDENTITY_STEP = 10, 0.005
"""Widths of the bars in the histograms of length (bases) and of identity (share)."""


def sample_rows(n: int, size: int = MAX_POINTS) -> NDArray[np.int64]:
    """Return which of the n references of a library are drawn: all, or a random sample of ``size``, sorted; it is the
    same each time."""
    if n <= size:
        return np.arange(n)
    return np.sort(np.random.default_rng(0).choice(n, size, replace=False))


@dataclass
class ReportData:
    """The data of the page. It gets every call, and once a sample of the library.

    Attributes
    ----------
    title
        what was classified; ``-`` is standard input.
    facts
        short lines about library, model and program for the head and the foot of the page, in order.
    calibration
        content of the library's ``calibration.json``; empty if there is none.
    """

    title: str
    facts: Mapping[str, str] = field(default_factory=dict)
    calibration: Mapping[str, Any] = field(default_factory=dict)
    summary: CallSummary = field(default_factory=CallSummary)
    _shown: ShownCalls = field(default_factory=ShownCalls, repr=False)
    _taxa: defaultdict[Lineage, Counter[str]] = field(default_factory=lambda: defaultdict(Counter), repr=False)
    _lengths: Counter[int] = field(default_factory=Counter, repr=False)
    _identities: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter), repr=False)
    _starts: Counter[int] = field(default_factory=Counter, repr=False)
    _stops: Counter[int] = field(default_factory=Counter, repr=False)
    _queries: list[tuple[Call, NDArray[np.float32]]] = field(default_factory=list, repr=False)
    _drawn: Reservoir = field(default_factory=lambda: Reservoir(MAX_POINTS), repr=False)
    _samples: dict[str, Any] | None = None
    _library: tuple[NDArray[np.float32], list[Lineage], int] | None = None

    def __post_init__(self) -> None:
        names = ["standard input" if name == "-" else name for name in self.title.split(", ")]
        more = len(names) - MOST_NAMES
        self.title = ", ".join(names[:MOST_NAMES]) + (
            f" and {more:,} more {'file' if more == 1 else 'files'}" if more > 0 else ""
        )

    def add(self, call: Call, vector: NDArray[np.float32] | None = None) -> None:
        """Add a call, in the order of the input, with its vector (D,) if it has one."""
        self.summary.add(call)
        found = call.assignment
        self._shown.add(call)
        read, reads = call.read, call.size
        self._lengths[min(int(read["length"]), 2000) // LENGTH_STEP] += reads
        if read["strand"]:
            self._starts[max(-50, min(int(read["start"]), 700)) // LENGTH_STEP] += reads
            self._stops[min(int(read["stops"]), 5)] += reads
        if found.verdict and reads:
            self._taxa[found.lineage][found.verdict] += reads
            if not math.isnan(found.identity):
                identity = max(round(found.identity, DECIMALS), 0.6)
                self._identities[found.verdict][int(identity / IDENTITY_STEP + 1e-6)] += reads
        if found.verdict and vector is not None:
            self.keep_vector(call, vector)

    def add_library(self, vectors: NDArray[np.float32], lineages: Sequence[Lineage], total: int) -> None:
        """Add a sample of the library (:func:`sample_rows`), its vectors (n, D) and lineages, and the number of all
        references."""
        self._library = np.asarray(vectors, dtype=np.float32), list(lineages), total

    def add_samples(self, tally: SampleTally) -> None:
        """Add the counts of all samples, at the end of a run."""
        self._samples = sample_data(tally)

    def to_dict(self) -> dict[str, Any]:
        """Return all data for JSON."""
        return {
            "title": self.title,
            "facts": [[clean_text(name), clean_text(value)] for name, value in self._facts()],
            "ranks": RANKS,
            "summary": self.summary.to_dict(),
            "table": {
                "columns": [column.name for column in PAGE_COLUMNS],
                "rows": self._shown.rows,
                "total": self.summary.queries,
            },
            "taxa": self._tree(),
            "samples": self._samples,
            "subtraction": self.summary.subtraction,
            "map": self._map(),
            "reliability": _reliability(self.calibration),
            "reads": {
                "length_step": LENGTH_STEP,
                "lengths": sorted(self._lengths.items()),
                "starts": sorted(self._starts.items()),
                "stops": sorted(self._stops.items()),
                "identity_step": IDENTITY_STEP,
                "identities": {verdict: sorted(self._identities[verdict].items()) for verdict in VERDICTS},
            },
        }

    def keep_vector(self, call: Call, vector: NDArray[np.float32]) -> None:
        """Put a query on the map, if it belongs to the random sample."""
        place = self._drawn.place()
        if place == len(self._queries):
            self._queries.append((call, vector.copy()))
        elif place >= 0:
            self._queries[place] = call, vector.copy()

    def _facts(self) -> Iterator[tuple[str, str]]:
        yield from self.facts.items()
        if number := self.summary.without_bases:
            yield "called by cosine alone", f"{number:,} queries: their embedding file has no bases to compare"

    def _tree(self) -> dict[str, Any]:
        """Return taxa as nested ``{"name", "rank", "own", "below"}``. ``own`` counts, by verdict, the calls that end at
        this taxon."""
        totals: Counter[tuple[tuple[int, str], ...]] = Counter()
        paths: list[tuple[tuple[tuple[int, str], ...], Counter[str]]] = []
        for lineage, verdicts in self._taxa.items():
            path = tuple((rank, name) for rank, name in enumerate(lineage.names) if name)
            paths.append((path, verdicts))
            for depth in range(1, len(path) + 1):
                totals[path[:depth]] += verdicts.total()
        # A taxon is never smaller than one below it, so whole branches are cut off.
        largest = sorted(totals, key=lambda path: (-totals[path], len(path), path))[:MAX_TAXA]
        kept = set(largest)
        nodes: dict[tuple[tuple[int, str], ...], dict[str, Any]] = {(): _node("", None)}
        for path in sorted(kept, key=lambda path: (len(path), -totals[path], path)):
            nodes[path] = _node(path[-1][1], path[-1][0])
            nodes[path[:-1]]["below"].append(nodes[path])
        for path, verdicts in paths:
            while path and path not in kept:
                path = path[:-1]
            own = nodes[path]["own"]
            for place, verdict in enumerate(VERDICTS):
                own[place] += verdicts[verdict]
        return {**nodes[()], "drawn": len(kept), "taxa": len(totals)}

    def _map(self) -> dict[str, Any] | None:
        """Return the points of the map; None if there are too few vectors."""
        queries = np.array([vector for _, vector in self._queries], dtype=np.float32)
        vectors, lineages, total = self._library or (queries, [call.assignment.lineage for call, _ in self._queries], 0)
        if len(vectors) < 3 or not len(queries):
            return None
        projection = Projection.fit(vectors, lineages)
        references = projection(vectors) if self._library else np.empty((0, 2), dtype=np.float32)
        return {
            "rank": projection.rank,
            "groups": projection.groups,
            "share": round(projection.share, 3),
            "library": _points(references),
            "library_group": [projection.group_of(lineage) for lineage in lineages] if self._library else [],
            "library_total": total,
            "queries": _points(projection(queries)),
            "query_verdict": [VERDICTS.index(call.assignment.verdict) for call, _ in self._queries],
            "query_group": [projection.group_of(call.assignment.lineage) for call, _ in self._queries],
            "query_label": [[call.id, call.taxon] for call, _ in self._queries],
            "query_total": self._drawn.seen,
        }


def _node(name: str, rank: int | None) -> dict[str, Any]:
    return {"name": name, "rank": rank, "own": [0] * len(VERDICTS), "below": []}


def _points(places: NDArray[np.float32]) -> list[list[float]]:
    return [[round(float(x), 4) + 0.0, round(float(y), 4) + 0.0] for x, y in places]


def _reliability(calibration: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the points of the reliability figure, by length of the query and rank, for the models on identity."""
    models = calibration.get("models", {}).get("identity", {})
    return {
        length: {rank: model["reliability"] for rank, model in by_rank.items() if model.get("reliability")}
        for length, by_rank in models.items()
        if any(model.get("reliability") for model in by_rank.values())
    }
