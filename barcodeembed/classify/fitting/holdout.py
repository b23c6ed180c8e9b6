"""Make examples for calibration: references are hidden from their own library and looked up, so that the right answer
is known.

Each reference of a sample is a query several times: with itself hidden (its species is known), with its species hidden
(a new species of a known genus), with its genus hidden, its family, its order, its class, and its phylum. It is looked
up as a whole barcode and as a fragment. How often each of these cases occurs in practice is unknown; ``PRIOR`` is what
the probabilities assume.

Letters in shapes: N references, n examples, D width of a vector, C columns, R ranks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from barcodeembed.classify.candidates import Evidence, evidence_of
from barcodeembed.classify.fitting.hidden_search import Hides, search_unhidden
from barcodeembed.library.library_set import LibrarySet
from barcodeembed.library.reference_library import ReferenceLibrary
from barcodeembed.taxonomy import RANKS, SPECIES

HIDDEN = {
    "known": None,
    "new_species": "species",
    "new_genus": "genus",
    "new_family": "family",
    "new_order": "order",
    "new_class": "class",
    "new_phylum": "phylum",
}
"""Kinds of examples, and the rank of the taxon that is hidden with the reference; for ``known`` only the reference
itself is."""

PRIOR = {
    "known": 0.70,
    "new_species": 0.25,
    "new_genus": 0.03,
    "new_family": 0.01,
    "new_order": 0.006,
    "new_class": 0.003,
    "new_phylum": 0.001,
}
"""Assumed share of each kind of query: of a species that the library has, of a new species in one of its genera, of a
new genus in one of its families, and so on. An assumption, not a measurement."""

EXAMPLES = {
    "known": 8000,
    "new_species": 8000,
    "new_genus": 2000,
    "new_family": 1000,
    "new_order": 1000,
    "new_class": 500,
    "new_phylum": 500,
}
"""Largest number of examples of each kind. Measured: see docs/experiments.md, "How far apart are two draws of hidden
references?"."""

LARGE = 200_000
"""A library with more references than this uses a quarter of the examples, because each is compared with all
references."""

_EACH = {"known": 5, "new_species": 2, "new_genus": 2, "new_family": 3, "new_order": 60, "new_class": 100}
_EACH |= {"new_phylum": 100}  # at most this many examples of one taxon
_EACH_ABOVE = {"new_species": 4, "new_genus": 4, "new_family": 4}
# At most this many examples of the taxon one rank up, or a few large genera would decide for all. Orders are too few.
_ALONE_SHARE = 4  # examples for a library of one taxon: a quarter, because there is such a set for each rank
_COMPARED = 1024  # queries compared with their neighbours at once: 43 MB of bases


@dataclass(frozen=True)
class Queries:
    """Queries made of references: whole barcodes, fragments, or copies with errors, embedded as reads are.

    ``rows`` (n,) are the references that they are made of, ``columns`` (n, C) their bases, ``vectors`` (n, D) their
    vectors.
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.uint8]
    vectors: NDArray[np.float32]

    def select(self, rows: NDArray[np.int64]) -> Queries:
        """Return the queries with these numbers only."""
        return Queries(self.rows[rows], self.columns[rows], self.vectors[rows])


@dataclass(frozen=True)
class Examples:
    """References that were hidden and looked up.

    Attributes
    ----------
    kind
        one of ``HIDDEN``.
    evidence
        what their neighbours say of them.
    truth
        int32 (n, R): codes of their true taxa, 0 where not known (:func:`true_taxa`).
    weight
        float64 (n,): they sum to the share of this kind in ``PRIOR``.
    """

    kind: str
    evidence: Evidence
    truth: NDArray[np.int32]
    weight: NDArray[np.float64]


def true_taxa(library: ReferenceLibrary) -> NDArray[np.int32]:
    """Return the codes (N, R) of the taxa of all references, with 0 for the species of a barcode that several species
    share.

    Such a barcode has no single right species. A read with it finds all of them and is called ambiguous, so an example
    of which one of them is hidden would make calibration more cautious than reads need. Aliens share no barcode: they
    are not what their names say, and name no query. At genus and above a shared barcode is mostly a wrong label, and it
    counts: the customary rule, with which thresholds are compared there, meets it as well.
    """
    barcodes = library.columns if library.has_columns else library.stored
    hashes = (blake2b(row.tobytes(), digest_size=8).digest() for row in barcodes)
    keys = np.fromiter((int.from_bytes(digest, "little") for digest in hashes), dtype=np.uint64, count=len(library))
    distinct, barcode = np.unique(keys, return_inverse=True)
    truth = library.taxa.codes.copy()
    species = truth[:, SPECIES]
    named = np.flatnonzero((species > 0) & ~library.aliens)
    pairs = np.unique(np.column_stack([barcode[named], species[named]]), axis=0)
    number_of_species = np.bincount(pairs[:, 0], minlength=len(distinct))
    species[number_of_species[barcode] > 1] = 0
    return truth


def look_up(
    library: ReferenceLibrary, truth: NDArray[np.int32], queries: Queries, rng: np.random.Generator
) -> Iterator[Examples]:
    """Yield the examples of each kind for which the library has references; ``truth`` are its :func:`true_taxa`."""
    codes = library.taxa.codes
    # An alien is no example of the taxon whose name it has.
    own = np.where(library.aliens[queries.rows, None], 0, codes[queries.rows])
    share = 4 if len(library) > LARGE else 1
    for kind, hidden in HIDDEN.items():
        chosen = _sample(own, codes, kind, rng, share)
        if len(chosen):
            some = queries.select(chosen)
            yield _examples(library, truth, some, kind, _own(library, some.rows, hidden))


def look_up_alone(
    library: ReferenceLibrary, truth: NDArray[np.int32], queries: Queries, rank: str, rng: np.random.Generator
) -> Iterator[Examples]:
    """Yield examples as a library with a single taxon of this rank would give them, if it knew what it lacks.

    Queries of that taxon see its references only. Queries of another taxon see the references of one taxon drawn at
    random, a large one more often: one of their nearer relatives for the kinds up to ``rank``, and one of their farther
    relatives for the kinds above it. The models that ship for such libraries are fitted on them
    (``docs/benchmarks/default_calibration.py``).
    """
    codes, column = library.taxa.codes, RANKS.index(rank)
    share = _ALONE_SHARE * (4 if len(library) > LARGE else 1)
    for kind, hidden in HIDDEN.items():
        chosen = _sample(codes[queries.rows], codes, kind, rng, share)
        rows = queries.rows[chosen]
        lacking = hidden is not None and RANKS.index(hidden) <= column
        home = _relatives(codes, rows, column, RANKS.index(hidden), rng) if lacking and hidden else codes[rows, column]
        chosen, rows, home = chosen[home > 0], rows[home > 0], home[home > 0]
        if len(chosen):
            own = _own(library, rows, hidden)
            yield _examples(library, truth, queries.select(chosen), kind, _outside(codes[:, column], home, own))


def _own(library: ReferenceLibrary, rows: NDArray[np.int64], hidden: str | None) -> Hides:
    """Return a function that hides each query's own reference, or all references of its taxon of rank ``hidden``."""
    codes = library.taxa.codes[:, RANKS.index(hidden)] if hidden else np.arange(len(library), dtype=np.int32)
    return lambda part: codes[None, :] == codes[rows[part], None]


def _outside(codes: NDArray[np.int32], home: NDArray[np.int32], own: Hides) -> Hides:
    """Return a function that hides all references that are not of the taxon ``home`` (n,), and what ``own`` hides."""
    return lambda part: own(part) | (codes[None, :] != home[part, None])


def _relatives(
    codes: NDArray[np.int32], rows: NDArray[np.int64], column: int, differs: int, rng: np.random.Generator
) -> NDArray[np.int32]:
    """Return for each row the taxon at ``column`` of a random relative: a reference that differs from it at rank
    ``differs`` but not one rank up. 0 if there is none."""
    found = np.zeros(len(rows), dtype=np.int32)
    for n, row in enumerate(rows):
        fit = (codes[:, differs - 1] == codes[row, differs - 1]) & (codes[:, differs] != codes[row, differs])
        fit &= (codes[:, differs] > 0) & (codes[:, column] > 0)
        if fit.any():
            found[n] = codes[rng.choice(np.flatnonzero(fit)), column]
    return found


def _examples(
    library: ReferenceLibrary, truth: NDArray[np.int32], queries: Queries, kind: str, hides: Hides
) -> Examples:
    """Look up queries and return them as examples of one kind."""
    references = LibrarySet([library])
    cosine, found = search_unhidden(library, queries.vectors, hides)
    n, parts = len(queries.rows), []
    for start in range(0, n, _COMPARED):
        part = slice(start, start + _COMPARED)
        hits = references.compare(cosine[part], found[part], queries.columns[part])
        parts.append(evidence_of(references, hits, queries.columns[part]))
    return Examples(kind, Evidence.joined(parts), truth[queries.rows], np.full(n, PRIOR[kind] / n))


def _sample(
    own: NDArray[np.int32], codes: NDArray[np.int32], kind: str, rng: np.random.Generator, share: int
) -> NDArray[np.int64]:
    """Return the numbers of queries that can be examples of this kind, only a few of each taxon.

    ``own`` (n, R) are the taxa of the queries, ``codes`` (N, R) those of all references. One part in ``share`` of the
    usual number is drawn.
    """
    hidden = HIDDEN[kind] or "species"
    column = RANKS.index(hidden)
    members = np.bincount(codes[:, column])
    taxon = own[:, column]
    if kind == "known":
        # A reference without a species can be named as its genus.
        genera = np.bincount(codes[:, column - 1])
        genus = own[:, column - 1]
        fit = np.where(taxon > 0, members[taxon] > 1, (genus > 0) & (genera[genus] > 1))
        taxon = np.where(taxon > 0, taxon, len(members) + genus)
    else:
        # Another taxon of the rank above must be left, or the query would also lack that rank.
        above = np.bincount(codes[:, column - 1])
        pairs = np.unique(codes[:, [column - 1, column]], axis=0)
        children = np.bincount(pairs[pairs[:, 1] > 0, 0], minlength=len(above))
        # Most tables name no kingdom: then all phyla count as of one. So do all genera where no reference has a family,
        # as in tables of genus and species, which would not learn how a query of another genus looks.
        placed = (own[:, column - 1] > 0) | (hidden == "phylum") | ~codes[:, column - 1].any()
        fit = (taxon > 0) & placed & (children[own[:, column - 1]] > 1)
    # Each query has its place in a fixed order, so that other names at a few of them do not change which are drawn.
    order = np.argsort(rng.random(len(fit)))
    order = order[fit[order]]
    order = order[_counted(taxon[order]) < _EACH[kind]]
    if kind in _EACH_ABOVE:
        above = own[order, column - 1]
        order = order[(above == 0) | (_counted(above) < _EACH_ABOVE[kind])]
    return np.sort(order[: EXAMPLES[kind] // share])


def _counted(values: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return for each value how many equal ones stand before it."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    first = np.r_[0, np.flatnonzero(np.diff(ordered)) + 1] if len(values) else np.zeros(0, dtype=np.int64)
    counted = np.empty(len(values), dtype=np.int64)
    counted[order] = np.arange(len(values)) - np.repeat(first, np.diff(np.r_[first, len(values)]))
    return counted
