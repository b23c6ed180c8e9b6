"""Read count tables that have a row for each feature in each sample, as R's ``psmelt``, MetaWorks and databases write
them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from os import PathLike
from typing import NamedTuple

from barcodeembed.errors import InputError
from barcodeembed.sequences.annotations import without_annotations
from barcodeembed.sequences.formats.tables.known_columns import COLUMNS, find_columns, folded_names
from barcodeembed.workflows.samples.cells import advice, reads_of
from barcodeembed.workflows.samples.counts import CountTable

_SAMPLE = frozenset(folded_names([*COLUMNS["sample"], "sample_id", "samples"]))
_OF_READS = """
abundance reads read_count n_reads num_reads count counts size esv_size
"""
_READS = frozenset(folded_names(_OF_READS.split()))


class LongColumns(NamedTuple):
    """The places of the columns of features, samples and numbers of reads."""

    id: int
    sample: int
    reads: int


def long_columns(header: Sequence[str]) -> LongColumns | None:
    """Return the columns of a table with a row for each feature in each sample; None for any other table, and where two
    columns could be meant."""
    folded = folded_names(header)
    samples = [at for at, name in enumerate(folded) if name in _SAMPLE]
    reads = [at for at, name in enumerate(folded) if name in _READS]
    if len(samples) != 1 or len(reads) != 1:
        return None
    known = find_columns([COLUMNS["sample"][0] if at == samples[0] else name for at, name in enumerate(header)])
    id = known.get("id", known.get("sequence"))
    return None if id is None else LongColumns(id, samples[0], reads[0])


def has_a_sample_for_each(table: Iterable[tuple[int, list[str]]], places: LongColumns) -> bool:
    """Return whether a table with such columns has a column for each sample, one of which is called ``sample``: there
    are numbers of reads in it, and each feature has one row."""
    features: set[str] = set()
    for _, fields in table:
        feature = fields[places.id]
        if feature in features or reads_of(fields[places.sample]) is None:
            return False
        features.add(feature)
    return True


def read_long(
    path: str | PathLike[str], header: Sequence[str], table: Iterable[tuple[int, list[str]]], places: LongColumns
) -> CountTable:
    """Return the counts of a table whose rows, each with the number of its line, have these columns.

    Raises
    ------
    InputError
        naming the line, if a number of reads is none, a row names no sample, or a feature comes twice in a sample.
    """
    samples: dict[str, int] = {}
    rows: dict[str, dict[int, int]] = {}
    for number, fields in table:
        feature, sample, cell = (fields[at] for at in places)
        reads = reads_of(cell)
        if reads is None:
            what = f"{cell[:60]!r} is no number of reads (column {header[places.reads]!r})"
            raise InputError(what, path=path, line=number, hint=advice(cell))
        if not sample:
            raise InputError("this row names no sample", path=path, line=number, hint="give each row a sample")
        feature = without_annotations(feature.removeprefix(">"))
        counts, at = rows.setdefault(feature, {}), samples.setdefault(sample, len(samples))
        if at in counts:
            what = f"the feature {feature!r} comes twice in the sample {sample!r}"
            raise InputError(what, path=path, line=number, hint="give one row for each feature in each sample")
        counts[at] = reads
    rows = {feature: {at: reads for at, reads in counts.items() if reads} for feature, counts in rows.items()}
    others = tuple(name for at, name in enumerate(header) if at not in places and name)
    return CountTable(path, list(samples), rows, header[places.id], others)
