"""Labelled inputs become references: read, names cleaned, placed, embedded, with a report of what was kept.

A library is made of them (:mod:`barcodeembed.workflows.index`), so all are held in memory: 2.7 kB a reference with
the default model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.errors import InputError, MismatchError
from barcodeembed.search.hiding import Fragments
from barcodeembed.search.store import EmbeddingStore
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.batches import Block, Limits, in_blocks, prepare, read_ahead
from barcodeembed.sequences.codes import decode
from barcodeembed.sequences.names import Conflict, clean_lineage, lineage_conflicts
from barcodeembed.sequences.readers import ReadCounts, read_barcodes
from barcodeembed.taxonomy import RANKS, Lineage
from barcodeembed.workflows.embedders import AnyEmbedder
from barcodeembed.workflows.interrupts import StopSignal

BLOCK = 256
"""References that are placed and embedded together."""

FRAGMENT_LENGTHS = (130, 200, 313)
"""Columns of the fragments on which calibration learns short queries (``BANDS`` of the calibration)."""

FRAGMENTS = 1500
"""References that are cut to each of these lengths, at a place of their own."""

MIN_SHARE = 0.8
"""Share of a fragment's columns that must hold a base."""

EXAMPLES_SHOWN = 3


@dataclass
class ReferenceReport:
    """What became of the labelled records: ``read`` = ``kept`` + the sum of ``dropped``.

    ``cleaned`` counts changed names by reason, with ``examples``; ``identical`` counts references whose barcode an
    earlier one has, ``named`` and ``taxa`` the references with a name and the names, by rank.
    """

    read: int = 0
    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    cleaned: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    identical: int = 0
    named: dict[str, int] = field(default_factory=dict)
    taxa: dict[str, int] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)

    def note_cleaned(self, before: Lineage, after: Lineage, reasons: str) -> None:
        """Count a lineage that was changed, and keep the first few as examples."""
        for reason in reasons.split(","):
            self.cleaned[reason] += 1
            shown = self.examples.setdefault(reason, [])
            changed = [(b, a) for b, a in zip(before.names, after.names, strict=True) if b != a]
            if changed and len(shown) < EXAMPLES_SHOWN:
                shown.append(f"{changed[-1][0]!r} to {changed[-1][1]!r}")

    def note_names(self, lineages: Sequence[Lineage]) -> None:
        """Count names by rank, and find the conflicts."""
        for place, rank in enumerate(RANKS):
            names = Counter(lineage.names[place] for lineage in lineages)
            self.named[rank] = len(lineages) - names[""]
            self.taxa[rank] = len(names) - ("" in names)
        self.conflicts = lineage_conflicts(lineages)

    def to_dict(self) -> dict[str, Any]:
        """Counts for the manifest."""
        return {
            "read": self.read,
            "kept": self.kept,
            "dropped": dict(sorted(self.dropped.items())),
            "names_changed": dict(sorted(self.cleaned.items())),
            "identical_to_an_earlier_one": self.identical,
            "references_named": self.named,
            "taxa": self.taxa,
            "conflicts": len(self.conflicts),
        }


@dataclass
class References:
    """N embedded references, and how they came about.

    ``columns`` is (N, C), or (N, 0) where they come from an embedding file; ``fragments`` are pieces of them by length.
    """

    ids: list[str]
    lineages: list[Lineage]
    bins: list[str]
    columns: NDArray[np.uint8]
    vectors: NDArray[np.float32]
    report: ReferenceReport
    fragments: dict[int, Fragments] = field(default_factory=dict)
    model: str = ""
    fingerprint: str = ""

    def __len__(self) -> int:
        return len(self.ids)


def read_references(
    inputs: Sequence[str | Path],
    embedder: AnyEmbedder,
    *,
    model: str = "",
    taxonomy: Mapping[str, Lineage] | None = None,
    limits: Limits | None = None,
    fragments: bool = True,
    on_progress: Callable[[int], None] = lambda rows: None,
) -> References:
    """Read labelled sequence files, clean names, place and embed; identical barcodes are computed once.

    Raises
    ------
    InputError
        if a file can't be read in full, or nothing is kept.
    """
    counts, report = ReadCounts(), ReferenceReport()
    barcodes = read_barcodes(inputs, counts, labelled=True, taxonomy=taxonomy)
    blocks = (prepare(block, embedder.anchor, limits or Limits()) for block in in_blocks(barcodes, BLOCK))
    kept: list[Barcode] = []
    columns: list[NDArray[np.uint8]] = []
    vectors: list[NDArray[np.float32]] = []
    seen_ids: set[str] = set()
    first: dict[str, int] = {}
    with StopSignal() as stop:
        for block in read_ahead(blocks, while_waiting=stop.check):
            chosen, lineages = _choose(block, seen_ids, report)
            part = _embed_new(block, chosen, embedder, first, len(kept), vectors)
            kept += [_renamed(block.barcodes[i], lineages[i]) for i in chosen]
            columns.append(block.placements.columns[chosen])
            vectors.append(part)
            on_progress(len(kept))
            stop.check()
        report.read, report.kept = counts.read, len(kept)
        report.dropped += counts.skipped
        if not kept:
            _refuse_empty(inputs, report)
        report.identical = len(kept) - len(first)
        report.note_names([barcode.lineage for barcode in kept])
        references = References(
            [barcode.id for barcode in kept],
            [barcode.lineage for barcode in kept],
            [barcode.bin for barcode in kept],
            np.concatenate(columns),
            np.concatenate(vectors),
            report,
            model=model,
            fingerprint=embedder.fingerprint,
        )
        if fragments and references.columns.shape[1]:
            references.fragments = cut_fragments(references.columns, embedder, stop=stop)
    return references


def read_embedded(inputs: Sequence[str | Path]) -> References:
    """References from embedding files: names and vectors, no barcode columns.

    Raises
    ------
    InputError
        if a file can't be read, or no row has a vector and a name.
    MismatchError
        if the files were made with different models.
    """
    report = ReferenceReport()
    ids: list[str] = []
    lineages: list[Lineage] = []
    bins: list[str] = []
    vectors: list[NDArray[np.float32]] = []
    seen_ids: set[str] = set()
    sha1s: set[str] = set()
    models: list[tuple[str, str]] = []
    for path in inputs:
        with EmbeddingStore(path) as store:
            models.append((str(store.manifest.get("model", "")), str(store.manifest.get("model_fingerprint", ""))))
            if models[-1] != models[0]:
                raise MismatchError(
                    f"{inputs[0]} was made with model {models[0][0]} ({models[0][1]}), {path} with {models[-1][0]} "
                    f"({models[-1][1]}): make both with the same model"
                )
            for row_ids, part, obs in store.batches(4096):
                report.read += len(row_ids)
                good = []
                rows = zip(row_ids, obs["status"], obs["lineage"], obs["bin"], obs["sha1"], strict=True)
                for place, (id, status, text, bin, sha1) in enumerate(rows):
                    lineage = _accept(id, status, Lineage.from_sintax(f"tax={text}"), seen_ids, report)
                    if lineage is None:
                        continue
                    good.append(place)
                    sha1s.add(sha1)
                    ids.append(id)
                    lineages.append(lineage)
                    bins.append(bin)
                vectors.append(part[good])
    report.kept = len(ids)
    if not ids:
        _refuse_empty(inputs, report)
    report.identical = len(ids) - len(sha1s)
    report.note_names(lineages)
    nothing = np.zeros((len(ids), 0), dtype=np.uint8)
    name, fingerprint = models[0]
    return References(
        ids, lineages, bins, nothing, np.concatenate(vectors), report, model=name, fingerprint=fingerprint
    )


def cut_fragments(
    columns: NDArray[np.uint8],
    embedder: AnyEmbedder,
    *,
    n: int = FRAGMENTS,
    seed: int = 0,
    stop: StopSignal | None = None,
) -> dict[int, Fragments]:
    """Embed pieces of a sample of references, as short reads of them would be.

    Each piece lies at a random place of its reference, so that every part of the barcode is met.
    """
    rng = np.random.default_rng(seed)
    pieces = {}
    for length in FRAGMENT_LENGTHS:
        rows = np.sort(rng.permutation(len(columns))[:n])
        rows, cut = _cut(columns, rows, length, rng)
        parts, vectors = [], []
        for some in in_blocks(range(len(rows)), BLOCK):
            reads = [Barcode(str(i), decode(cut[i]).replace("-", "")) for i in some]
            block = prepare(reads, embedder.anchor, Limits())
            ok = block.ok
            parts.append(rows[some[0] + ok])
            vectors.append(_embed(block, ok, embedder))
            cut[some[0] + ok] = block.placements.columns[ok]
            if stop:
                stop.check()
        if parts and len(kept := np.concatenate(parts)):
            place = np.isin(rows, kept)
            pieces[length] = Fragments(kept, cut[place], np.concatenate(vectors))
    return pieces


def _cut(
    columns: NDArray[np.uint8], rows: NDArray[np.int64], length: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Which of these references have a piece of that many columns, and the pieces (n, C)."""
    cut = np.zeros((len(rows), columns.shape[1]), dtype=np.uint8)
    fit = np.zeros(len(rows), dtype=bool)
    for i, row in enumerate(rows):
        covered = np.flatnonzero(columns[row])
        if not len(covered) or covered[-1] - covered[0] + 1 < length:
            continue
        start = int(rng.integers(covered[0], covered[-1] - length + 2))
        cut[i, start : start + length] = columns[row, start : start + length]
        fit[i] = (cut[i] > 0).sum() >= MIN_SHARE * length
    return rows[fit], cut[fit]


def _choose(block: Block, seen_ids: set[str], report: ReferenceReport) -> tuple[NDArray[np.int64], dict[int, Lineage]]:
    """Which barcodes of a block become references, and their cleaned lineages."""
    lineages: dict[int, Lineage] = {}
    for i, (barcode, status) in enumerate(zip(block.barcodes, block.status, strict=True)):
        lineage = _accept(barcode.id, status, barcode.lineage, seen_ids, report)
        if lineage is not None:
            lineages[i] = lineage
    return np.array(list(lineages), dtype=np.int64), lineages


def _accept(id: str, status: str, raw: Lineage, seen_ids: set[str], report: ReferenceReport) -> Lineage | None:
    """The cleaned lineage of a record that becomes a reference; None, and a count by reason, if it doesn't."""
    lineage, changed = clean_lineage(raw)
    if status != "ok":
        report.dropped[status] += 1
        return None
    if changed:
        report.note_cleaned(raw, lineage, changed)
    if not lineage:
        report.dropped["no_name"] += 1
        return None
    if id in seen_ids:
        report.dropped["repeated_id"] += 1
        return None
    seen_ids.add(id)
    return lineage


def _renamed(barcode: Barcode, lineage: Lineage) -> Barcode:
    return Barcode(barcode.id, "", lineage, barcode.bin)


def _embed_new(
    block: Block,
    chosen: NDArray[np.int64],
    embedder: AnyEmbedder,
    first: dict[str, int],
    n_done: int,
    done: Sequence[NDArray[np.float32]],
) -> NDArray[np.float32]:
    """Vectors of the chosen barcodes; those of a barcode that an earlier one has are copied."""
    vectors = np.empty((len(chosen), embedder.dim), dtype=np.float32)
    new, copied = [], []
    for place, i in enumerate(chosen):
        sha1 = block.barcodes[i].sha1
        if sha1 in first:
            copied.append((place, first[sha1]))
        else:
            first[sha1] = n_done + place
            new.append(place)
    vectors[new] = _embed(block, chosen[new], embedder)
    starts = np.cumsum([0, *map(len, done)])
    for place, row in copied:
        if row >= n_done:
            vectors[place] = vectors[row - n_done]
        else:
            part = int(np.searchsorted(starts, row, side="right")) - 1
            vectors[place] = done[part][row - starts[part]]
    return vectors


def _embed(block: Block, index: NDArray[np.int64], embedder: AnyEmbedder) -> NDArray[np.float32]:
    return embedder.embed(block.placements.rows(index), [block.barcodes[i].sequence for i in index])


def _refuse_empty(inputs: Sequence[str | Path], report: ReferenceReport) -> None:
    reasons = ", ".join(f"{n:,} {reason}" for reason, n in report.dropped.most_common())
    hint = None
    if report.dropped["no_name"]:
        hint = "references need names: a table with ranks, lineages in the headers, or --taxonomy FILE"
    raise InputError(
        f"not one of {report.read:,} records can be a reference ({reasons})",
        path=inputs[0] if len(inputs) == 1 else None,
        hint=hint,
    )


def iter_lines(report: ReferenceReport) -> Iterator[str]:
    """The report in words, a line each."""
    dropped = ", ".join(f"{reason} {n:,}" for reason, n in sorted(report.dropped.items()))
    yield f"read      {report.read:>11,}"
    yield f"kept      {report.kept:>11,}" + (
        f"  ({report.identical:,} with the barcode of an earlier one)" if report.identical else ""
    )
    yield f"dropped   {report.dropped.total():>11,}" + (f"  ({dropped})" if dropped else "")
    for reason, n in sorted(report.cleaned.items()):
        yield f"names     {n:>11,}  {reason}: {'; '.join(report.examples.get(reason, []))}"
    ranks = "  ".join(f"{rank} {report.named[rank]:,}/{report.taxa[rank]:,}" for rank in RANKS)
    yield f"references with a name / names: {ranks}"
