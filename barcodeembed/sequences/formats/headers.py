"""Headers of FASTA and FASTQ: the id and the lineage of a record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from os import PathLike

from barcodeembed.errors import InputError
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.formats.characters import cleaned
from barcodeembed.sequences.formats.fasta import Record
from barcodeembed.sequences.formats.sources import ReadCounts, Source
from barcodeembed.sequences.names.lineages import may_be_marked, parse_header, parse_sintax
from barcodeembed.taxonomy import Lineage

_TAX = re.compile(r"(?:^|;)tax=")


def from_headers(records: Iterator[Record], source: Source, counts: ReadCounts) -> Iterator[Barcode]:
    """The barcodes of records, each with the id and the lineage that its header holds."""
    path, labelled = source.path, source.labelled
    for number, (header, raw, quality) in enumerate(records, start=1):
        counts.read += 1
        if labelled or may_be_marked(header):
            id, lineage = _parse_header(header, number, path, labelled)
            known = source.annotations(header, number)
            barcode = Barcode(id, raw, lineage, quality=quality, annotations=known)
            barcode = cleaned(barcode, path, number, counts)
            yield barcode if id else replace(barcode, id=barcode.sha1)
        else:
            known = source.annotations(header, number)
            barcode = Barcode(_first_word(header, number), raw, quality=quality, annotations=known)
            yield cleaned(barcode, path, number, counts)


def _first_word(header: str, number: int) -> str:
    words = header.split(maxsplit=1)
    return words[0] if words else f"unnamed_{number}"


def _parse_header(header: str, number: int, path: str | PathLike[str], labelled: bool) -> tuple[str, Lineage]:
    """The id and the lineage of a header: SINTAX, another dialect, or none, which has the first word for its id.

    The id is empty where a dialect has none.
    """
    if "tax=" not in header:
        return parse_header(header, labelled=labelled) or (_first_word(header, number), Lineage())
    id = _first_word(_TAX.split(header, maxsplit=1)[0], number)
    try:
        return id, parse_sintax(" ".join(header.split()))
    except InputError as error:
        raise InputError(str(error), path=path, record=number, record_id=id) from None
