"""Collect the queries of a run that got no species name, and put them into numbered groups at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from barcodeembed.classify.call import Call
from barcodeembed.classify.groups import group_barcodes
from barcodeembed.outputs.identity import STREAM
from barcodeembed.outputs.staging import beside
from barcodeembed.sequences.codes import unpack
from barcodeembed.workflows.calling.call_files import CallSink, Row
from barcodeembed.workflows.tables.native import read_calls
from barcodeembed.workflows.tables.writers import write_tsv

WITHOUT_NAME = frozenset({"ambiguous", "new_species", "new_genus", "unplaced"})
"""Verdicts whose queries are put into groups."""


class Grouping:
    """Takes calls one by one, and tells the group of each after :meth:`close`. A distinct barcode takes 0.5 kB of
    memory, and about 4 kB more while its taxon is grouped.

    ``say`` is called when the groups are made, which may take minutes; ``warn`` with what is odd about them.
    """

    def __init__(
        self,
        threshold: float,
        *,
        say: Callable[[str], None] = lambda line: None,
        warn: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.threshold = threshold
        self._say, self._warn = say, warn
        self._place: dict[str, int] = {}
        self._columns: list[NDArray[np.uint8]] = []
        self._taxa: list[str] = []
        self._reads: list[int] = []
        self._numbers: NDArray[np.int64] = np.zeros(0, dtype=np.int64)

    def add(self, call: Call) -> None:
        """Take a call, if it has no species name and its barcode columns are known."""
        if call.verdict not in WITHOUT_NAME or call.columns is None:
            return
        sha1 = str(call.read["sha1"])
        place = self._place.setdefault(sha1, len(self._columns))
        if place == len(self._columns):
            self._columns.append(call.columns)
            self._taxa.append(call.taxon)
            self._reads.append(0)
        self._reads[place] += call.size

    def close(self) -> int:
        """Make the groups and return their number."""
        if not self._columns:
            return 0
        taxa = len(set(self._taxa))
        self._say(f"grouping {len(self._columns):,} sequences without a species' name, of {taxa:,} taxa ...")
        columns, reads = unpack(np.stack(self._columns)), np.array(self._reads, dtype=np.int64)
        self._numbers = group_barcodes(columns, self._taxa, reads, self.threshold, warn=self._warn)
        return len(set(zip(self._taxa, self._numbers.tolist(), strict=True)))

    def group_of(self, call: Call) -> str:
        """Return the name of a call's group; ``""`` if it is in none.

        It is ``Andrena sp. group 1`` in a genus. A group of a higher taxon is none of its genera, so ``Andrenidae group
        1`` has no ``sp.``; without any taxon it is ``unplaced group 1``.
        """
        place = self._place.get(str(call.read["sha1"]), -1) if call.verdict in WITHOUT_NAME else -1
        if place < 0:
            return ""
        return f"{call.taxon or 'unplaced'}{' sp.' if call.rank == 'genus' else ''} group {self._numbers[place]}"


def write_grouped(rows: Iterable[Row], sink: CallSink, grouping: Grouping) -> int:
    """Write calls with their groups, and return the number of groups.

    Groups are known only after the last call, so the calls wait in a file beside the output.
    """
    with _waiting(sink.files.output) as path:
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.writelines(write_tsv(_gathered(call, vector, sink, grouping) for call, vector in rows))
        number = grouping.close()
        sink.write((replace(call, group=grouping.group_of(call)), None) for call in read_calls(path))
    return number


@contextmanager
def _waiting(output: Path) -> Iterator[Path]:
    """Yield the path of a temporary file beside the output. If the run is killed, the next run deletes the file."""
    if str(output) == STREAM:
        with TemporaryDirectory(prefix="barcodeembed-") as folder:
            yield Path(folder) / "calls.tsv"
        return
    with beside(output) as staging:
        yield staging.path


def _gathered(call: Call, vector: NDArray[np.float32] | None, sink: CallSink, grouping: Grouping) -> Call:
    grouping.add(call)
    if sink.page and vector is not None and call.verdict:
        sink.page.keep_vector(call, vector)
    return call
