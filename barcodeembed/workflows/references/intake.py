"""Turn labelled inputs into references: read, clean names, place and embed, with a report on what was kept.

A library is made of them (:mod:`barcodeembed.workflows.index`), so that all are held in memory: 2.7 kB a reference with
the default model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.classify.fitting.holdout import Queries
from barcodeembed.embeddings.reader import EmbeddingStore
from barcodeembed.errors import InputError, MismatchError, UsageError
from barcodeembed.library.library_set import COI_COLUMNS
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.batches import Block, Limits
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.sequences.read_columns import decode_columns
from barcodeembed.taxonomy import Lineage
from barcodeembed.workflows.embedders import AnyEmbedder
from barcodeembed.workflows.embedding import AllVectors, Embedded, GrowingRows, embedded_blocks
from barcodeembed.workflows.interrupts import StopSignal
from barcodeembed.workflows.references.fragments import cut_fragments, noisy_copies
from barcodeembed.workflows.references.losses import refuse_losses
from barcodeembed.workflows.references.report import Reading, ReferenceReport, accept, refuse_empty
from barcodeembed.workflows.references.selection import Selection, Selector
from barcodeembed.workflows.text_table import TextTable


@dataclass
class References:
    """N embedded references and how they were made.

    ``columns`` is (N, C), or (N, 0) if they are from an embedding file without bases. ``fragments`` are fragments of
    them by length, ``noisy`` are copies with errors, whole and as fragments, by length.
    """

    ids: list[str]
    lineages: list[Lineage]
    bins: list[str]
    columns: NDArray[np.uint8]
    vectors: NDArray[np.float32]
    report: ReferenceReport
    fragments: dict[int, Queries] = field(default_factory=dict)
    noisy: dict[int, Queries] = field(default_factory=dict)
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
    reading: Reading | None = None,
    fragments: bool = True,
    on_progress: Callable[[int], None] = lambda rows: None,
) -> References:
    """Read labelled sequence files, choose records, clean names, place and embed; identical barcodes are computed once.

    Raises
    ------
    InputError
        if a file cannot be read in full or lacks a column that the selection needs, if nothing is kept, or if half or
        more is dropped.
    """
    reading = reading or Reading()
    counts, report, selector = ReadCounts(), ReferenceReport(reading=reading), Selector(selection or Selection())
    barcodes = read_barcodes(
        inputs,
        counts,
        labelled=True,
        taxonomy=taxonomy,
        markers=selector.selection.markers,
        whole_headers=reading.whole_headers,
        places=selector.selection.places,
    )
    barcodes = _wanted(barcodes, selector)
    kept = _Kept(report, selector, embedder)
    with StopSignal() as stop:
        for found in embedded_blocks(
            barcodes, embedder, limits or Limits(), memory=kept.vectors, wanted=kept.choose, check=stop.check
        ):
            kept.add(found)
            on_progress(len(kept.ids))
        report.read, report.kept = counts.read, len(kept.ids)
        report.dropped += counts.skipped
        report.dropped_first |= counts.first_skipped
        if counts.unnamed and taxonomy is None and report.dropped["no_name"]:
            report.dropped_first["no_name"] = counts.unnamed  # the header says more than its id
        report.remarks = counts.remarks
        report.note_selection(selector)
        if not kept.ids:
            refuse_empty(inputs, report)
        if not reading.allow_losses:
            refuse_losses(report.read, report.dropped, report.dropped_first)
        references = kept.references(model, embedder.fingerprint)
        if fragments and references.columns.shape[1]:
            references.fragments = cut_fragments(references.columns, embedder, check=stop.check)
            references.noisy = noisy_copies(references.columns, embedder, check=stop.check)
    return references


class _Kept:
    """Gathers the records that become references, block by block."""

    def __init__(self, report: ReferenceReport, selector: Selector, embedder: AnyEmbedder) -> None:
        self.report = report
        self.selector = selector
        self.vectors = AllVectors(embedder.dim)
        self.ids: list[str] = []
        self._lineages: list[Lineage] = []
        self._bins: list[str] = []
        # A model of raw reads has no barcode columns.
        self._columns = GrowingRows(embedder.anchor.profile.columns if embedder.anchor else 0, np.uint8)
        self._same: dict[Any, Any] = {}
        self._seen = TextTable()
        self._chosen: dict[int, Lineage] = {}

    def choose(self, block: Block) -> NDArray[np.int64]:
        """Return the numbers of the barcodes of a block that become references, and keep their cleaned lineages for
        :meth:`add`."""
        self._chosen = {}
        for i, (barcode, status) in enumerate(zip(block.barcodes, block.status, strict=True)):
            lineage = accept(barcode.id, status, barcode.lineage, block.sha1[i], self._seen, self.report)
            if lineage is not None and self.selector.has_room(block.sha1[i], lineage):
                self._chosen[i] = lineage
        return np.array(list(self._chosen), dtype=np.int64)

    def add(self, found: Embedded[int]) -> None:
        """Add the chosen barcodes of this block."""
        chosen = np.array(list(self._chosen), dtype=np.int64)
        self.vectors.add(found, chosen)
        self._columns.add(found.block.placements.columns[chosen])
        for i, lineage in self._chosen.items():
            self.ids.append(found.block.barcodes[i].id)
            # Equal lineages are one object, and so are equal BINs: a library has far fewer taxa than references.
            bin = found.block.barcodes[i].bin
            self._bins.append(self._same.setdefault(bin, bin))
            self._lineages.append(self._same.setdefault(lineage, lineage))

    def references(self, model: str, fingerprint: str) -> References:
        """Return all references, and complete the report."""
        self.report.identical = len(self.ids) - self.vectors.n_distinct
        self.report.note_names(self._lineages)
        columns, vectors = self._columns.taken(), self.vectors.vectors()
        return References(
            self.ids, self._lineages, self._bins, columns, vectors, self.report, model=model, fingerprint=fingerprint
        )


def read_embedded(
    inputs: Sequence[str | Path], selection: Selection | None = None, reading: Reading | None = None
) -> References:
    """Return references from embedding files: names, vectors, and barcode columns if every row has them (files made
    since version 0.7).

    Raises
    ------
    UsageError
        if the selection asks where specimens were found, which these files do not tell.
    InputError
        if a file cannot be read, if no row has both a vector and a name, or if half of the rows or more are dropped.
    MismatchError
        if the files were made with different models.
    """
    report, selector = ReferenceReport(reading=reading or Reading()), Selector(selection or Selection())
    if selector.selection.places:
        raise UsageError("--country and --region go with sequence files: an embedding file knows no places")
    ids: list[str] = []
    lineages: list[Lineage] = []
    bins: list[str] = []
    same: dict[Any, Any] = {}
    vectors, columns, bare = GrowingRows(0, np.float32), GrowingRows(COI_COLUMNS, np.uint8), False
    seen, sha1s = TextTable(), TextTable()
    models: list[tuple[str, str]] = []
    for path in inputs:
        with EmbeddingStore(path) as store:
            models.append((str(store.manifest.get("model", "")), str(store.manifest.get("model_fingerprint", ""))))
            if models[-1] != models[0]:
                raise MismatchError(
                    f"{inputs[0]} was made with model {models[0][0]} ({models[0][1]}), {path} with {models[-1][0]} "
                    f"({models[-1][1]}): make both with the same model"
                )
            if not len(vectors):
                vectors = GrowingRows(store.dim, np.float32)
            for row_ids, part, obs in store.unit_batches(4096):
                report.read += len(row_ids)
                good = []
                rows = zip(row_ids, obs["status"], obs["lineage"], obs["bin"], obs["sha1"], strict=True)
                for place, (id, status, text, bin, sha1) in enumerate(rows):
                    raw = Lineage.from_sintax(f"tax={text}")
                    if not selector.wants(id, raw):
                        continue
                    lineage = accept(id, status, raw, sha1, seen, report)
                    if lineage is None or not selector.has_room(sha1, lineage):
                        continue
                    good.append(place)
                    sha1s.add(sha1, 0)
                    ids.append(id)
                    lineages.append(same.setdefault(lineage, lineage))
                    bins.append(same.setdefault(bin, bin))
                vectors.add(part[good])
                bases = _bases(path, obs["columns"][good].tolist())
                bare = bare or not bases.shape[1]
                if not bare:
                    columns.add(bases)
    report.kept = len(ids)
    report.note_selection(selector)
    if not ids:
        refuse_empty(inputs, report)
    if not report.reading.allow_losses:
        refuse_losses(report.read, report.dropped, report.dropped_first)
    report.identical = len(ids) - len(sha1s)
    report.note_names(lineages)
    bases, (name, fingerprint) = np.zeros((len(ids), 0), np.uint8) if bare else columns.taken(), models[0]
    return References(ids, lineages, bins, bases, vectors.taken(), report, model=name, fingerprint=fingerprint)


def _bases(path: str | Path, texts: Sequence[str]) -> NDArray[np.uint8]:
    """Return the bases (n, C) of rows of an embedding file; (n, 0) if one of them has none."""
    if not all(texts):
        return np.zeros((len(texts), 0), dtype=np.uint8)
    try:
        return decode_columns(texts, COI_COLUMNS)
    except ValueError as error:
        raise InputError(f"the file is damaged ({error})", path=path, hint="make it again with 'embed'") from error


def _wanted(barcodes: Iterable[Barcode], selector: Selector) -> Iterator[Barcode]:
    for barcode in barcodes:
        if selector.wants(barcode.id, barcode.lineage, barcode.country, barcode.regions):
            yield barcode
