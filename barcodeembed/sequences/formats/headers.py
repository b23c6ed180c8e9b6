"""Find the id and the lineage of a record in the header of FASTA and FASTQ."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice

from barcodeembed.errors import InputError
from barcodeembed.sequences.annotations import unread_size
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.formats.characters import cleaned
from barcodeembed.sequences.formats.fasta import Record
from barcodeembed.sequences.formats.sources import ReadCounts, Source
from barcodeembed.sequences.names.binomials import (
    LOOKED_AT,
    are_confirmed,
    are_species,
    confirms,
    id_behind_name,
    joined,
)
from barcodeembed.sequences.names.bold import marker_of
from barcodeembed.sequences.names.lineages import may_be_marked, parse_free, parse_header, parse_sintax
from barcodeembed.sequences.names.spelling import BIN, bin_in
from barcodeembed.taxonomy import GENUS, Lineage

_BASES = re.compile(r"[ACGTUN]{50}", re.IGNORECASE)
_FIRST = 10  # number of records that have no sequence of their own where that is no chance
DOUBTED = "headers whose words look like places or people, not taken for species"
"""What is said of headers whose words have the form of a species, in a file that does not confirm them."""

_TAX = re.compile(r"(?:^|;)tax=")
_SINTAX = re.compile(r"tax=\s*(?:[a-z]{1,2}\s?:|;|$)", re.IGNORECASE)  # behind it, others write k__Animalia;p__...
_TAX_APART = re.compile(r"\s*[;\s]\s*tax=(?=[a-z]{1,2}(?:\s?:|__)|[A-Z])")  # with a space, or one in place of ;


def from_headers(records: Iterator[Record], source: Source, counts: ReadCounts) -> Iterator[Barcode]:
    """Yield the barcodes of records, each with the id and the lineage in its header.

    Records of another marker than the barcode, which BOLD's headers name, are counted as skipped.

    Raises
    ------
    InputError
        if the first records all have their sequence in the header line; a single one may be named by its sequence.
    """
    if source.labelled:
        first = list(islice(records, LOOKED_AT))
        headers = [header for header, _, _ in first]
        source.joined_words = are_confirmed(headers) and are_species(headers, joined)
        source.free_words = are_species(headers, _free_name)
        records = chain(first, records)
    for number, (header, raw, quality) in enumerate(_with_own_sequences(records, source), start=1):
        counts.read += 1
        if not source.wants(marker := marker_of(header)):
            counts.skip_marker(marker, header.split("|")[0])
            continue
        known = source.annotations(header, number)
        if source.samples is not None and source.samples.sizes and known.size == 1:
            _remark_on_size(header, source, counts)
        if source.labelled or may_be_marked(header):
            id, lineage = _parse_header(header, number, source, counts)
            counts.unnamed = counts.unnamed or ("" if lineage else header)
            bin = bin_in(header) if source.labelled else ""
            barcode = Barcode(id, raw, lineage, bin, quality=quality, annotations=known)
            barcode = cleaned(barcode, source.path, number, counts)
            # A lineage is no id for a person; the name of a species is.
            made_from = barcode.sha1 if any(lineage.names[:GENUS]) and ";" in header else header
            if source.labelled and BIN.fullmatch(id):
                id, made_from = "", id  # a BIN is no id: several records have it
            yield barcode if id else replace(barcode, id=counts.made_id(made_from))
        else:
            id = _id(header, number, source, counts)
            yield cleaned(Barcode(id, raw, quality=quality, annotations=known), source.path, number, counts)


def _remark_on_size(header: str, source: Source, counts: ReadCounts) -> None:
    """Note a header that may state a number of reads which was not read."""
    if size := unread_size(header):
        what = "headers that may state a number of reads in a form that is not read, so counted as one read each"
        counts.remarks.add(what, f"{source.path}: {size!r}", "write it as ;size=12")


def _free_name(header: str) -> tuple[str, Lineage] | None:
    """Return the id and the lineage of a header whose names stand free among its words."""
    if "tax=" in header or parse_header(header, labelled=True, free=False):
        return None
    return parse_free(header)


def _with_own_sequences(records: Iterator[Record], source: Source) -> Iterator[Record]:
    """Yield all records, or raise an error where the first ones all have their sequence in the header."""
    in_header = 0
    for record in records:
        if record[1] or not _BASES.search(record[0]):
            yield record
            yield from records
            return
        in_header += 1
        if in_header == _FIRST:
            break
        yield record
    if in_header:
        what, hint = "the sequence stands in the header line", "write it on a line of its own"
        raise InputError(what, path=source.path, record=1, hint=hint)


def _id(header: str, number: int, source: Source, counts: ReadCounts) -> str:
    """Return the first word of a header, or the whole header; the accession behind a name."""
    if not source.whole_headers and (accession := id_behind_name(header)):
        return accession
    words = [" ".join(header.split())] if source.whole_headers else header.split(maxsplit=1)
    return words[0] if words and words[0] else counts.made_id(f"unnamed_{number}")


def _parse_header(header: str, number: int, source: Source, counts: ReadCounts) -> tuple[str, Lineage]:
    """Return id and lineage of a header in SINTAX or another dialect; without a lineage, the id is the first word.

    The id is empty if the dialect has none.
    """
    before = header
    if "tax=" in header:
        header = _TAX_APART.sub(";tax=", header)
        if not _SINTAX.search(header):
            header = _TAX.sub(";", header).lstrip(";")
    if "tax=" not in header:
        found = parse_header(header, labelled=source.labelled, free=source.free_words)
        if not found and source.joined_words and (found := joined(header)):
            where = f"'{header.split()[0]}' ({found[1].at('species')})"
            counts.remarks.add("names taken from the words of headers", where)
        if not found and source.labelled and not source.free_words and (free := parse_free(header)):
            if confirms(header, free[1]):
                found = free
            else:
                where = f"{source.path}: {header!r}"
                counts.remarks.add(DOUBTED, where, "if they are, name them in a table or --taxonomy")
        id, lineage = found or (None, Lineage())
        if id is None or (id and source.whole_headers):
            # Without a lineage, what stands behind tax= is no part of the id.
            named = header if found or source.whole_headers else _TAX.split(before, maxsplit=1)[0]
            id = _id(named, number, source, counts)
        return id, lineage
    id = _id(_TAX.split(header, maxsplit=1)[0], number, source, counts)
    try:
        return id, parse_sintax(" ".join(header.split()))
    except InputError as error:
        raise InputError(str(error), path=source.path, record=number, record_id=id) from None
