"""Readers: FASTA, FASTQ and tables (BOLD, BIOSCAN-5M, your own) of any compression become barcodes.

A new format is a function in :data:`READERS`. Records come in the order of the input and in constant memory;
each is yielded or counted as skipped, and what can't be read in full is an error, never a shorter result.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from io import BufferedReader, TextIOWrapper
from itertools import takewhile, zip_longest
from os import PathLike

from barcodeembed.errors import EmptyFileError, InputError, UsageError
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.formats.fasta import Record, by_biopython, by_pyfastx, fastq_records, scan_fasta
from barcodeembed.sequences.formats.files import CHUNK, STDIN, compression_of, is_stream, open_binary
from barcodeembed.sequences.formats.tables import csv_dialect, find_columns, read_rows, row_lineage, split_header
from barcodeembed.sequences.names.lineages import may_be_marked, parse_header, parse_lineage, parse_sintax
from barcodeembed.taxonomy import RANKS, Lineage

MARKER = "COI-5P"
"""The one marker that is kept from a table with a ``marker_code`` column."""

_BOM = b"\xef\xbb\xbf"
_TAX = re.compile(r"(?:^|;)tax=")


@dataclass
class ReadCounts:
    """Records seen, and those that became no barcode by reason: ``no_sequence``, ``other_marker``.

    ``matched`` counts barcodes whose lineage was found in a taxonomy that was given.
    """

    read: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    matched: int = 0


@dataclass
class Source:
    """An opened input: its path, its bytes from the first line that isn't blank, and what they look like.

    ``labelled`` is True if its sequences are known to be named references.
    """

    path: str | PathLike[str]
    stream: BufferedReader
    format: str
    blank_lines: int
    labelled: bool = False

    def text(self, newline: str | None = None) -> TextIOWrapper:
        """The stream as UTF-8 text; bytes that are not UTF-8 become the replacement character."""
        return TextIOWrapper(self.stream, encoding="utf-8", errors="replace", newline=newline)


def read_barcodes(
    paths: Sequence[str | PathLike[str]],
    counts: ReadCounts | None = None,
    *,
    labelled: bool = False,
    taxonomy: Mapping[str, Lineage] | None = None,
    allow_empty: bool = False,
) -> Iterator[Barcode]:
    """The barcodes of many files, one file after another, each of any format; ``-`` is standard input.

    ``counts`` is filled while the barcodes are taken. ``labelled`` is for references: headers are searched for the
    dialects of lineages, too, that could be anything else in a query (``ID Genus species``). ``taxonomy`` has
    lineages by id, as :func:`barcodeembed.sequences.names.taxonomy_files.read_taxonomy` returns them; they replace
    those of the file.
    With ``allow_empty`` files without content are passed over, and there may be no records at all.

    Raises
    ------
    UsageError
        at once, if ``-`` is given twice.
    InputError
        on the way, if a file is missing, damaged or no sequence file; at the end, if nothing was kept, or if no id
        is in the taxonomy.
    """
    if sum(str(path) == STDIN for path in paths) > 1:
        raise UsageError("standard input (-) can be read only once")
    counts = ReadCounts() if counts is None else counts
    barcodes = _read_all(paths, counts, labelled, allow_empty)
    return barcodes if taxonomy is None else _with_taxonomy(barcodes, taxonomy, counts)


def count_records(paths: Sequence[str | PathLike[str]], *, allow_empty: bool = False) -> int | None:
    """Decompress every regular file once to its end, so that damage shows now, and count the records.

    ``allow_empty`` as in :func:`read_barcodes`. ``None`` if the number isn't known: a stream that can be read only
    once, wrapped FASTQ, quoted tables.

    Raises
    ------
    InputError
        if a file is missing, damaged or no sequence file.
    """
    numbers = [None if is_stream(path) else _count(path, allow_empty) for path in paths]
    return None if None in numbers else sum(filter(None, numbers))


def _count(path: str | PathLike[str], allow_empty: bool) -> int | None:
    try:
        with _open_source(path) as source:
            return _COUNTERS[source.format](source)
    except EmptyFileError:
        if allow_empty:
            return 0
        raise


def _read_all(
    paths: Sequence[str | PathLike[str]], counts: ReadCounts, labelled: bool, allow_empty: bool
) -> Iterator[Barcode]:
    kept = 0
    for path in paths:
        try:
            with _open_source(path) as source:
                source.labelled = labelled
                for barcode in READERS[source.format](source, counts):
                    kept += 1
                    yield barcode
        except EmptyFileError:
            if not allow_empty:
                raise
    if not kept and not (allow_empty and not counts.read):
        reasons = ", ".join(f"{number:,} {reason}" for reason, number in counts.skipped.most_common())
        raise InputError(
            f"nothing was kept of {counts.read:,} records" + (f" ({reasons})" if reasons else ""),
            path=paths[0] if len(paths) == 1 else None,
        )


def _with_taxonomy(
    barcodes: Iterator[Barcode], taxonomy: Mapping[str, Lineage], counts: ReadCounts
) -> Iterator[Barcode]:
    id = ""
    for barcode in barcodes:
        id = barcode.id
        if (lineage := taxonomy.get(id)) is not None:
            counts.matched += 1
            barcode = replace(barcode, lineage=lineage)
        yield barcode
    if not counts.matched:
        what = f"no sequence has its id in the taxonomy: the last is {id!r}"
        if other := next(iter(taxonomy), ""):
            what += f", the taxonomy's first {other!r}"
        raise InputError(what, hint="give the taxonomy that belongs to these sequences")


@contextmanager
def _open_source(path: str | PathLike[str]) -> Iterator[Source]:
    with open_binary(path) as stream:
        head = stream.peek(CHUNK)
        lines = head.removeprefix(_BOM).splitlines(keepends=True)
        blank = list(takewhile(lambda line: not line.strip(), lines))
        first_line = lines[len(blank)] if len(blank) < len(lines) else b""
        stream.read(len(head) - sum(map(len, lines[len(blank) :])))
        yield Source(path, stream, _format(first_line, path), len(blank))


def _format(first_line: bytes, path: str | PathLike[str]) -> str:
    if first_line.startswith(b">"):
        return "fasta"
    if first_line.startswith(b"@"):
        return "fastq"
    header = first_line.decode("utf-8", errors="replace")
    if "sequence" in find_columns(split_header(header)):
        return "table"
    raise InputError(
        "neither FASTA, FASTQ nor a table with a sequence column (nuc, dna_barcode, sequence, ...)", path=path
    )


def _read_fasta(source: Source, counts: ReadCounts) -> Iterator[Barcode]:
    """pyfastx where it can be shown to lose nothing, otherwise Biopython, which reads every stream."""
    if not is_stream(source.path) and compression_of(source.path) in ("", "gzip"):
        with _open_source(source.path) as twin:
            scan = scan_fasta(twin.stream)
        if scan.strict:
            return _from_headers(by_pyfastx(source.path, scan.records), source, counts)
    return _from_headers(by_biopython(source.text()), source, counts)


def _read_fastq(source: Source, counts: ReadCounts) -> Iterator[Barcode]:
    return _from_headers(fastq_records(source.text(), source.path), source, counts)


def _from_headers(records: Iterator[Record], source: Source, counts: ReadCounts) -> Iterator[Barcode]:
    path, labelled = source.path, source.labelled
    for number, (header, raw) in enumerate(records, start=1):
        counts.read += 1
        if labelled or may_be_marked(header):
            id, lineage = _parse_header(header, number, path, labelled)
            barcode = Barcode.from_raw(id, raw, lineage)
            yield barcode if id else replace(barcode, id=barcode.sha1)
        else:
            yield Barcode.from_raw(_first_word(header, number), raw)


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


def _read_table(source: Source, counts: ReadCounts) -> Iterator[Barcode]:
    text = source.text(newline="")
    header = text.readline()
    ranked = not find_columns(split_header(header)).keys().isdisjoint(RANKS)
    for number, row in enumerate(read_rows(header, text, source.path, source.blank_lines), start=1):
        counts.read += 1
        if row.get("marker", "").lower() not in ("", MARKER.lower()):
            counts.skipped["other_marker"] += 1
            continue
        lineage = row_lineage(row) if ranked else parse_lineage(row.get("lineage", ""))
        # Published BIOSCAN barcodes are padded with N at the end.
        raw = row["sequence"].rstrip("Nn-. ")
        barcode = Barcode.from_raw(row.get("id") or f"row_{number}", raw, lineage, row.get("bin", ""))
        if barcode.is_dna and not barcode.sequence:
            counts.skipped["no_sequence"] += 1
            continue
        yield barcode


def _count_fasta(source: Source) -> int:
    return scan_fasta(source.stream).records


def _count_fastq(source: Source) -> int | None:
    """The number of records, if all have four lines."""
    number, four_lines = 0, True
    for header, sequence, plus, quality in zip_longest(*[source.text()] * 4, fillvalue=""):
        number += 1
        same_length = len(sequence.rstrip()) == len(quality.rstrip())
        four_lines = four_lines and header[0] == "@" and plus[:1] == "+" and same_length
    return number if four_lines else None


def _count_table(source: Source) -> int | None:
    """The number of lines below the header, if no quotes can hide line ends."""
    text = source.text(newline="")
    may_be_quoted = csv_dialect(text.readline())["quoting"] != csv.QUOTE_NONE
    number, known = 0, True
    for line in text:
        number += bool(line.strip(" \r\n"))
        known = known and not (may_be_quoted and '"' in line)
    return number if known else None


READERS: dict[str, Callable[[Source, ReadCounts], Iterator[Barcode]]] = {
    "fasta": _read_fasta,
    "fastq": _read_fastq,
    "table": _read_table,
}
"""Formats by name; each reader yields the barcodes of an opened source and counts what it sees."""

_COUNTERS: dict[str, Callable[[Source], int | None]] = {
    "fasta": _count_fasta,
    "fastq": _count_fastq,
    "table": _count_table,
}
