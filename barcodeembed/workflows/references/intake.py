"""Labelled inputs become references: read, names cleaned, placed, embedded, with a report of what was kept.

A library is made of them (:mod:`barcodeembed.workflows.index`), so all are held in memory: 2.7 kB a reference with
the default model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from barcodeembed.classify.holdout import Fragments
from barcodeembed.embeddings.reader import EmbeddingStore
from barcodeembed.errors import MismatchError, UsageError
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.batches import Block, Limits, in_blocks, prepare, read_ahead
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.taxonomy import Lineage
from barcodeembed.workflows.embedders import AnyEmbedder
from barcodeembed.workflows.interrupts import StopSignal
from barcodeembed.workflows.references.fragments import cut_fragments
from barcodeembed.workflows.references.report import ReferenceReport, accept, refuse_empty
from barcodeembed.workflows.references.selection import Selection, Selector

BLOCK = 256
"""References that are placed and embedded together."""


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
    selection: Selection | None = None,
    fragments: bool = True,
    on_progress: Callable[[int], None] = lambda rows: None,
) -> References:
    """Read labelled sequence files, choose, clean names, place and embed; identical barcodes are computed once.

    Raises
    ------
    InputError
        if a file can't be read in full, or nothing is kept.
    """
    counts, report, selector = ReadCounts(), ReferenceReport(), Selector(selection or Selection())
    markers = selector.selection.markers
    barcodes = _wanted(read_barcodes(inputs, counts, labelled=True, taxonomy=taxonomy, markers=markers), selector)
    blocks = (prepare(block, embedder.anchor, limits or Limits()) for block in in_blocks(barcodes, BLOCK))
    kept: list[Barcode] = []
    columns: list[NDArray[np.uint8]] = []
    vectors: list[NDArray[np.float32]] = []
    seen_ids: set[str] = set()
    first: dict[str, int] = {}
    with StopSignal() as stop:
        for block in read_ahead(blocks, while_waiting=stop.check):
            chosen, lineages = _choose(block, seen_ids, report, selector)
            part = _embed_new(block, chosen, embedder, first, len(kept), vectors)
            kept += [_renamed(block.barcodes[i], lineages[i]) for i in chosen]
            columns.append(block.placements.columns[chosen])
            vectors.append(part)
            on_progress(len(kept))
            stop.check()
        report.read, report.kept = counts.read, len(kept)
        report.dropped += counts.skipped
        report.remarks = counts.remarks
        report.note_selection(selector)
        if not kept:
            refuse_empty(inputs, report)
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


def read_embedded(inputs: Sequence[str | Path], selection: Selection | None = None) -> References:
    """References from embedding files: names and vectors, no barcode columns.

    Raises
    ------
    UsageError
        if the selection asks where specimens were found, which these files do not tell.
    InputError
        if a file can't be read, or no row has a vector and a name.
    MismatchError
        if the files were made with different models.
    """
    report, selector = ReferenceReport(), Selector(selection or Selection())
    if selector.selection.asks_for_places:
        raise UsageError("--country and --region go with sequence files: an embedding file knows no places")
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
                    raw = Lineage.from_sintax(f"tax={text}")
                    if not selector.wants(id, raw):
                        continue
                    lineage = accept(id, status, raw, seen_ids, report)
                    if lineage is None or not selector.has_room(sha1, lineage):
                        continue
                    good.append(place)
                    sha1s.add(sha1)
                    ids.append(id)
                    lineages.append(lineage)
                    bins.append(bin)
                vectors.append(part[good])
    report.kept = len(ids)
    report.note_selection(selector)
    if not ids:
        refuse_empty(inputs, report)
    report.identical = len(ids) - len(sha1s)
    report.note_names(lineages)
    nothing = np.zeros((len(ids), 0), dtype=np.uint8)
    name, fingerprint = models[0]
    return References(
        ids, lineages, bins, nothing, np.concatenate(vectors), report, model=name, fingerprint=fingerprint
    )


def _wanted(barcodes: Iterable[Barcode], selector: Selector) -> Iterator[Barcode]:
    for barcode in barcodes:
        if selector.wants(barcode.id, barcode.lineage, barcode.country, barcode.regions):
            yield barcode


def _choose(
    block: Block, seen_ids: set[str], report: ReferenceReport, selector: Selector
) -> tuple[NDArray[np.int64], dict[int, Lineage]]:
    """Which barcodes of a block become references, and their cleaned lineages."""
    lineages: dict[int, Lineage] = {}
    for i, (barcode, status) in enumerate(zip(block.barcodes, block.status, strict=True)):
        lineage = accept(barcode.id, status, barcode.lineage, seen_ids, report)
        if lineage is not None and selector.has_room(barcode.sha1, lineage):
            lineages[i] = lineage
    return np.array(list(lineages), dtype=np.int64), lineages


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
