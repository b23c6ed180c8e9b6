"""Readers: turn FASTA, FASTQ, tables (BOLD, BIOSCAN-5M, your own) and flat files (GenBank, EMBL), compressed in any
way, into barcodes.

A new format is a function in :data:`READERS`. Records come in the order of the input and in constant memory. Each is
yielded or counted as skipped. Input that cannot be read in full is an error, never a shorter result.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from typing import NamedTuple

from barcodeembed.errors import EmptyFileError, InputError, UsageError
from barcodeembed.sequences.annotations import SampleRule
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.formats.characters import cleaned
from barcodeembed.sequences.formats.fasta import Place, by_biopython, by_pyfastx, scan_fasta
from barcodeembed.sequences.formats.fastq import fastq_records
from barcodeembed.sequences.formats.files import STDIN, compression_of, is_stream
from barcodeembed.sequences.formats.flat_files import flat_records
from barcodeembed.sequences.formats.headers import from_headers
from barcodeembed.sequences.formats.remarks import RepeatedIds
from barcodeembed.sequences.formats.sources import MARKER, ReadCounts, Source, open_source
from barcodeembed.sequences.formats.tables.bare import bare_rows
from barcodeembed.sequences.formats.tables.headed import BROKEN, read_rows, row_lineage, split_header
from barcodeembed.sequences.formats.tables.known_columns import (
    COLUMNS,
    check_places,
    find_columns,
    has_names,
    is_repeated_header,
)
from barcodeembed.sequences.formats.taxonomy_files import LineagesById
from barcodeembed.sequences.formats.unchanged import Unchanged
from barcodeembed.sequences.names.bold import common_marker
from barcodeembed.sequences.names.spelling import bin_in
from barcodeembed.taxonomy import Lineage

_REWRITTEN = re.compile(
    r"\d{1,2}-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(?:-\d{2,4})?"
    r"|\d{4}-\d\d-\d\d 00:00:00|\d[.,]\d+E[+]\d+"
)
_OF_QUERIES = ("id", "sequence", "marker")  # columns of a table that queries need; names are for references

_MARKERS_SHOWN = 5


def read_barcodes(
    paths: Sequence[str | PathLike[str]],
    counts: ReadCounts | None = None,
    *,
    labelled: bool = False,
    taxonomy: Mapping[str, Lineage] | None = None,
    unlisted: bool = False,
    allow_empty: bool = False,
    markers: Sequence[str] = (MARKER,),
    samples: SampleRule | None = None,
    whole_headers: bool = False,
    places: Sequence[str] = (),
) -> Iterator[Barcode]:
    """Yield the barcodes of several files, one file after another, each of any format; ``-`` is standard input.

    Parameters
    ----------
    paths
        the files.
    counts
        is filled while the barcodes are read.
    labelled
        whether the records are references. Then headers are also searched for lineages in dialects that could be
        anything else in a query (``ID Genus species``).
    taxonomy
        lineages by id, as :func:`barcodeembed.sequences.formats.taxonomy_files.read_taxonomy` returns them; they
        replace those of the files. A sequence that has a lineage in neither is skipped, unless ``unlisted`` is True.
    unlisted
        whether sequences without a lineage are kept.
    allow_empty
        whether files without content are passed over; then there may be no records at all.
    markers
        markers that are kept, in any case, where a table or BOLD's headers name the marker.
    whole_headers
        whether ids of FASTA and FASTQ are whole headers (up to a lineage in them) instead of their first words.
    samples
        how numbers of reads and samples are found; without it barcodes have none.
    places
        options for which each file must have a column of countries or regions (keys of ``known_columns.PLACES``).

    Raises
    ------
    UsageError
        at once, if ``-`` is given twice.
    InputError
        while reading, if a file is missing, damaged, not a sequence file, without a column that it must have, or
        changed meanwhile; at the end, if nothing was kept, or if no id is in the taxonomy.
    """
    if sum(str(path) == STDIN for path in paths) > 1:
        raise UsageError("standard input (-) can be read only once")
    counts = ReadCounts() if counts is None else counts
    wanted = _Wanted(labelled, frozenset(marker.lower() for marker in markers), whole_headers, samples, places)
    barcodes = _read_all(paths, counts, wanted, allow_empty)
    return barcodes if taxonomy is None else _with_taxonomy(barcodes, taxonomy, counts, unlisted)


class _Wanted(NamedTuple):
    """What :func:`read_barcodes` was asked for, for all of its files."""

    labelled: bool
    markers: frozenset[str]
    whole_headers: bool
    samples: SampleRule | None
    places: Sequence[str]


def _read_all(
    paths: Sequence[str | PathLike[str]], counts: ReadCounts, wanted: _Wanted, allow_empty: bool
) -> Iterator[Barcode]:
    kept = 0
    repeated = RepeatedIds(counts.remarks, samples=wanted.samples is not None)
    unchanged = Unchanged(paths)
    for path in paths:
        try:
            with open_source(path) as source:
                source.labelled, source.markers, source.whole_headers, source.samples, source.places = wanted
                if source.format != "table":
                    check_places((), source.places, path)
                for barcode in READERS[source.format](source, counts):
                    kept += 1
                    if not wanted.labelled:  # references with the same id are counted when they are chosen
                        repeated.note(barcode.id, path)
                    yield barcode
        except EmptyFileError:
            if not allow_empty:
                raise
        unchanged.check(path, counts.remarks)
    if not kept and not (allow_empty and not counts.read):
        reasons = ", ".join(f"{number:,} {reason}" for reason, number in counts.skipped.most_common())
        raise InputError(
            f"nothing was kept of {counts.read:,} records" + (f" ({reasons})" if reasons else ""),
            path=paths[0] if len(paths) == 1 else None,
            hint=_why_nothing(counts),
        )


def _why_nothing(counts: ReadCounts) -> str | None:
    """Return what to do about an input of which no record was kept; None if it is not known."""
    most = next((reason for reason, _ in counts.skipped.most_common(1)), "")
    if most == "no_sequence":
        return f"the column of sequences is empty, first in the record {counts.first_skipped[most]!r}"
    if most != "other_marker":
        return None
    markers = [marker for marker, _ in counts.other_markers.most_common(_MARKERS_SHOWN)]
    more = f" and {len(counts.other_markers) - len(markers)} more" if len(counts.other_markers) > len(markers) else ""
    return (
        f"the markers that the input names are others ({', '.join(markers)}{more}); index --marker says which are "
        f"kept, for instance --marker {markers[0]}"
    )


def _with_taxonomy(
    barcodes: Iterator[Barcode], taxonomy: Mapping[str, Lineage], counts: ReadCounts, unlisted: bool
) -> Iterator[Barcode]:
    id, lineages = "", LineagesById(taxonomy)
    for barcode in barcodes:
        id = barcode.id
        # A header that is repeated got a number, which the taxonomy does not have.
        header, counts.made_from = counts.made_from, ""
        ids = [header, *header.split()[:1], id] if header else [id]
        lineage, as_written = lineages.of([*ids, *filter(None, [barcode.bin])], barcode.sequence)
        if lineage is not None:
            counts.matched += 1
            if not as_written:
                counts.remarks.add("ids found in the taxonomy in another form (version, size, case, first word)", id)
            barcode = replace(barcode, lineage=lineage)
        elif not barcode.lineage and not unlisted:
            counts.skip("not_in_taxonomy", id)
            continue
        yield barcode
    if not counts.matched:
        what = f"no sequence has its id in the taxonomy: the last is {id!r}"
        if other := next(iter(taxonomy), ""):
            what += f", the taxonomy's first {other!r}"
        raise InputError(what, hint="give the taxonomy that belongs to these sequences")


def _read_fasta(source: Source, counts: ReadCounts) -> Iterator[Barcode]:
    """Read with pyfastx where it provably loses nothing, otherwise with Biopython, which reads every stream."""
    if not source.commented and not is_stream(source.path) and compression_of(source.path) in ("", "gzip"):
        with open_source(source.path) as twin:
            scan = scan_fasta(twin.stream, source.path)
        if scan.strict:
            return from_headers(by_pyfastx(source.path, scan.records), source, counts)
    place = Place(source.path, source.blank_lines)
    return from_headers(by_biopython(source.text(remarks=counts.remarks), place, counts.remarks), source, counts)


def _read_fastq(source: Source, counts: ReadCounts) -> Iterator[Barcode]:
    place = Place(source.path, source.blank_lines)
    return from_headers(fastq_records(source.text(remarks=counts.remarks), place, counts.remarks), source, counts)


def _read_table(source: Source, counts: ReadCounts) -> Iterator[Barcode]:
    text = source.text(newline="", remarks=counts.remarks)
    header = text.readline()
    check_places(names := split_header(header), source.places, source.path)
    if source.labelled and not has_names(find_columns(names)):
        counts.unnamed = counts.unnamed or f"a row with the columns {', '.join(names)}"
    number, columns = 0, find_columns(names)
    size_column = names[columns["size"]].strip() if "size" in columns else ""
    needed = COLUMNS if source.labelled else (*_OF_QUERIES, *(("size", "sample") if source.samples else ()))
    for row in read_rows(
        header, text, source.path, source.blank_lines, need_ids=True, needed=needed, remarks=counts.remarks
    ):
        if BROKEN not in row and is_repeated_header(row):
            where = f"{source.path}, after record {number}"
            counts.remarks.add("header lines within a table, left out (files were joined)", where)
            continue
        number += 1
        counts.read += 1
        if BROKEN in row:
            counts.skip("broken_row", row[BROKEN])
            continue
        marker = row.get("marker") or common_marker(row.get("gene", ""))
        if not source.wants(marker):
            counts.skip_marker(marker, row.get("id", ""))
            continue
        raw = row["sequence"]
        if raw.startswith(">"):
            raw = "".join(raw.splitlines()[1:])  # the cell holds a whole record of FASTA
        raw = raw.rstrip("Nn-. ")  # published BIOSCAN barcodes are padded with N at the end
        id = row.get("id") or counts.made_id(row.get("sample") or f"row_{number}")
        if _REWRITTEN.fullmatch(id):
            what = "ids that a spreadsheet may have rewritten (dates, rounded numbers)"
            advice = "make the column of ids one of text before its values are filled in"
            counts.remarks.add(what, f"{source.path}, record {number}: {id!r}", advice)
        size, sample = row.get("size", ""), row.get("sample", "")
        known = source.annotations(id, number, size=size, sample=sample, column=size_column)
        barcode = Barcode(id, raw, row_lineage(row), row.get("bin", ""), annotations=known)
        barcode = cleaned(barcode, source.path, number, counts)
        country, places = row.get("country", ""), (row.get("province", ""), row.get("region", ""))
        if country or any(places):
            barcode = replace(barcode, country=country, regions=tuple(filter(None, places)))
        if barcode.is_dna and not barcode.sequence:
            counts.skip("no_sequence", id)
            continue
        yield barcode


def _read_bare_table(source: Source, counts: ReadCounts) -> Iterator[Barcode]:
    text = source.text(remarks=counts.remarks)
    rows = bare_rows(text, source.path, source.blank_lines)
    for number, (id, lineage, sequence) in enumerate(rows, start=1):
        counts.read += 1
        id = id or counts.made_id(f"row_{number}")
        barcode = Barcode(id, sequence, lineage, annotations=source.annotations(id, number))
        barcode = cleaned(barcode, source.path, number, counts)
        if barcode.is_dna and not barcode.sequence:
            counts.skip("no_sequence", id)
            continue
        yield barcode


def _read_flat_file(source: Source, counts: ReadCounts) -> Iterator[Barcode]:
    place = Place(source.path, source.blank_lines)
    for record in flat_records(source.text(remarks=counts.remarks), place):
        counts.read += 1
        id = record.id or counts.made_id(f"unnamed_{place.record}")
        known = source.annotations(id, place.record)
        barcode = Barcode(id, record.sequence, record.names(), bin_in(record.organism), annotations=known)
        yield cleaned(barcode, source.path, place.record, counts)


READERS: dict[str, Callable[[Source, ReadCounts], Iterator[Barcode]]] = {
    "fasta": _read_fasta,
    "fastq": _read_fastq,
    "table": _read_table,
    "bare table": _read_bare_table,
    "flat file": _read_flat_file,
}
"""Readers by name of the format. Each yields the barcodes of an opened source and counts what it sees."""
