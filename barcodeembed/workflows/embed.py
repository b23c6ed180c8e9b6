"""``barcodeembed embed``: from sequence files to an embedding file.

read -> clean -> place and judge (ahead, in a thread) -> identical barcodes once -> encoder -> journal -> file. There is
a row for each sequence, in the order of the input. Memory does not grow with the input. A run that was killed goes on
at its last whole block and ends in the same bytes.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.embeddings.journal import Journal, assemble
from barcodeembed.embeddings.journal_files import discard
from barcodeembed.embeddings.reader import EmbeddingStore
from barcodeembed.embeddings.schema import FORMAT_VERSION
from barcodeembed.errors import InputError, MismatchError, UsageError
from barcodeembed.outputs.identity import through_links
from barcodeembed.outputs.staging import sweep
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.batches import Limits
from barcodeembed.sequences.formats.counting import count_records
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.remarks import Remarks
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.sequences.read_columns import read_columns
from barcodeembed.version import __version__
from barcodeembed.workflows import embedding
from barcodeembed.workflows.embedders import AnyEmbedder
from barcodeembed.workflows.embedding import Embedded, Recent, embedded_blocks
from barcodeembed.workflows.interrupts import StopSignal

SEEN_LIMIT = 50_000
"""Number of distinct barcodes that are remembered; up to twice as many (:class:`Recent`), about 15 MB."""


@dataclass
class EmbedSummary:
    """Counts of a run: ``read`` = rows + ``skipped``, rows = sum of ``status``; and what was odd in the input."""

    status: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    remarks: Remarks = field(default_factory=Remarks)
    repeated: int = 0
    resumed: int = 0
    was_complete: bool = False
    seconds: float = 0.0

    @property
    def rows(self) -> int:
        """Number of rows of the output so far, one for each sequence."""
        return self.status.total()

    @property
    def embedded(self) -> int:
        """Number of rows that have a vector."""
        return self.status["ok"]

    @property
    def read(self) -> int:
        """Number of records in the input."""
        return self.rows + sum(self.skipped.values())

    @property
    def rejected(self) -> dict[str, int]:
        """Number of records without a vector, by reason."""
        return {k: n for k, n in sorted((self.status + self.skipped).items()) if k != "ok"}

    @property
    def per_second(self) -> float:
        """Rows per second in this run, without those done before it was resumed."""
        return (self.rows - self.resumed) / max(self.seconds, 1e-9)

    def to_dict(self) -> dict[str, Any]:
        """Return the counts for the manifest."""
        return {
            "read": self.read,
            "embedded": self.embedded,
            "identical_computed_once": self.repeated,
            "rejected": self.rejected,
        }


def embed_files(
    inputs: Sequence[str | Path],
    output: Path,
    embedder: AnyEmbedder,
    *,
    model: str,
    limits: Limits | None = None,
    whole_headers: bool = False,
    resume: bool = False,
    force: bool = False,
    on_total: Callable[[int | None], None] = lambda records: None,
    on_progress: Callable[[int], None] = lambda rows: None,
) -> EmbedSummary:
    """Embed every sequence of ``inputs`` into ``output``.

    Regular files are read to their end once before anything else, so that a truncated file is found at once.
    ``on_total`` is called with the number of records (None: not known), ``on_progress`` with the number of rows done.
    With ``resume``, an unfinished run goes on, a finished one is checked and left alone, and if there is neither,
    everything is done. With ``force``, an existing ``output`` is replaced. With ``whole_headers``, headers are ids.

    Raises
    ------
    InputError
        for input that cannot be read in full.
    UsageError, MismatchError
        if an unfinished run is in the way, or if the run to be resumed was begun differently.
    OutputError, Terminated
        if the disk is full or SIGTERM came; what is done is kept for ``resume``.
    """
    started = time.monotonic()
    limits = limits or Limits()
    on_total(count_records(inputs))
    directory = partial_directory(output)
    manifest = _manifest(model, embedder, limits)
    if resume and output.exists() and not force:
        # The run was killed after the file took its place, or was not killed at all.
        summary = _check_complete(output, inputs, manifest, whole_headers)
        with suppress(UsageError):  # what is there may be somebody else's
            discard(directory)
        sweep(through_links(output))
        return summary
    if force and not resume:
        discard(directory)
    counts, seen = ReadCounts(), Recent[int](SEEN_LIMIT)
    with _journal(directory, embedder, limits, resume=resume) as journal:
        summary = EmbedSummary(resumed=journal.n_rows)
        barcodes = read_barcodes(inputs, counts, whole_headers=whole_headers)
        for ids, _, columns in journal:
            _replay(journal.directory, ids, columns, barcodes, seen, summary)
        with StopSignal() as stop:
            blocks = embedded_blocks(
                barcodes, embedder, limits, memory=seen, size=journal.block, check=lambda: stop.check(_kept(journal))
            )
            for found in blocks:
                block = found.block
                for i in found.new.tolist():
                    seen.add(block.sha1[i], journal.n_rows + i)
                summary.repeated += int((found.place >= 0).sum()) - len(found.new) + len(found.known)
                summary.status.update(block.status)
                vectors = _all_vectors(found, journal)
                journal.append([barcode.id for barcode in block.barcodes], vectors, read_columns(block))
                on_progress(journal.n_rows)
        assemble(journal, output, manifest)
    summary.skipped, summary.remarks = counts.skipped, counts.remarks
    summary.seconds = time.monotonic() - started
    return summary


@contextmanager
def _journal(directory: Path, embedder: AnyEmbedder, limits: Limits, *, resume: bool) -> Iterator[Journal]:
    """Yield the journal of the run. It is deleted at the end, or if the run fails before its first block is done."""
    settings = {
        "block": max(embedding.BLOCK, embedder.batch_size),
        "version": __version__,
        "model": embedder.fingerprint,
        "dim": embedder.dim,
        "device": embedder.device_type,
        "precision": embedder.precision,
        "batch_size": embedder.batch_size,
        **asdict(limits),
    }
    resumed = resume and directory.is_dir()
    begin = Journal.resume(directory, settings) if resumed else Journal.create(directory, embedder.dim, settings)
    with begin as journal:
        done = False
        try:
            yield journal
            done = True
        except InputError as error:
            if journal.n_rows:
                raise InputError(f"{error} ({_kept(journal)})") from error
            raise
        finally:
            if done or not journal.n_rows:
                journal.remove()


def partial_directory(output: Path) -> Path:
    """Return the directory in which an unfinished run keeps its rows."""
    return output.with_name(output.name + ".partial")


def _kept(journal: Journal) -> str:
    """Say in words what a run that ends early leaves behind."""
    if journal.n_rows == 0:
        return "no row was done yet"
    return f"{journal.n_rows:,} rows are kept in {journal.directory}, run again with --resume"


def _replay(
    where: Path,
    ids: Sequence[str],
    columns: dict[str, NDArray[Any]],
    barcodes: Iterator[Barcode],
    seen: Recent[int],
    summary: EmbedSummary,
) -> None:
    """Pass over rows that are done: check that they are the next of the input, remember and count them.

    Raises
    ------
    MismatchError
        naming the first record that differs.
    """
    for id, sha1, status in zip(ids, columns["sha1"], columns["status"], strict=True):
        barcode = next(barcodes, None)
        if barcode is None or (barcode.id, barcode.sha1) != (id, sha1):
            found = f"is {barcode.id!r}" if barcode else "is missing"
            raise MismatchError(
                f"{where} was made from other input: its record {summary.rows + 1} is {id!r}, the input's {found} or "
                "has other bases; resume with the same input, or start again with --force"
            )
        if status == "ok" and seen.find(sha1) is None:
            seen.add(sha1, summary.rows)
        elif status == "ok":
            summary.repeated += 1
        summary.status[status] += 1


def _check_complete(
    output: Path, inputs: Sequence[str | Path], manifest: dict[str, str | int | float], whole_headers: bool
) -> EmbedSummary:
    """Return the summary of a file that is complete already, after checking that this run would make the same file."""
    counts = ReadCounts()
    barcodes = read_barcodes(inputs, counts, whole_headers=whole_headers)
    summary = EmbedSummary()
    with EmbeddingStore(output) as store:
        for name, value in manifest.items():
            if name != "model" and store.manifest.get(name) != value:
                raise MismatchError(
                    f"{output} exists and was made with {name} = {store.manifest.get(name)!r}, this run has {value!r}; "
                    "use the same settings, or --force to overwrite it"
                )
        seen: Recent[int] = Recent(SEEN_LIMIT)
        for ids, _, columns in store.batches(4096):
            _replay(output, ids, columns, barcodes, seen, summary)
        if (extra := next(barcodes, None)) is not None:
            raise MismatchError(
                f"{output} exists and ends before record {extra.id!r} of the input; --force overwrites it"
            )
    summary.skipped, summary.remarks, summary.was_complete = counts.skipped, counts.remarks, True
    return summary


def _all_vectors(found: Embedded[int], journal: Journal) -> NDArray[np.float32]:
    """Return the vectors (B, D) of a block: NaN for a rejected barcode, from the journal for one whose sequence
    occurred before."""
    vectors = np.full((len(found.block), journal.dim), np.nan, dtype=np.float32)
    here = found.place >= 0
    vectors[here] = found.vectors[found.place[here]]
    vectors[np.array(list(found.known), dtype=np.int64)] = journal.read_vectors(list(found.known.values()))
    return vectors


def _manifest(model: str, embedder: AnyEmbedder, limits: Limits) -> dict[str, str | int | float]:
    """Return what ``/uns`` of the embedding file says of how it was made. It has no paths and no times, so that equal
    runs are equal."""
    return {
        "format": "barcodeembed-embeddings",
        "format_version": FORMAT_VERSION,
        "tool_version": __version__,
        "model": Path(model).stem,
        "model_fingerprint": embedder.fingerprint,
        "precision": embedder.precision,
        "limits": json.dumps(asdict(limits), sort_keys=True),
    }
