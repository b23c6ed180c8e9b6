"""Readers: FASTA, FASTQ and tables (BOLD, BIOSCAN-5M, your own) of any compression become barcodes.

A new format is a function in :data:`READERS`. Records come in the order of the input and in constant memory;
each is yielded or counted as skipped, and what can't be read in full is an error, never a shorter result.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedReader, TextIOWrapper
from itertools import takewhile, zip_longest
from os import PathLike
from typing import Any

from barcodeembed.errors import InputError, UsageError
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.files import CHUNK, STDIN, compression_of, is_stream, open_binary
from barcodeembed.taxonomy import RANKS, Lineage

Record = tuple[str, str]
"""The header and the raw sequence of a FASTA or FASTQ record."""

COLUMNS = {
    "id": ("processid", "id", "query_id", "seqid", "name", "sampleid", "feature id"),
    "sequence": ("nuc", "dna_barcode", "nucleotides", "sequence", "seq", "dna_sequence"),
    "bin": ("bin_uri", "dna_bin", "bin"),
    "marker": ("marker_code",),
    **{rank: (rank, f"{rank}_name") for rank in RANKS},
}
"""What is taken from a table, and the names of its column (in any case), the preferred one first."""

MARKER = "COI-5P"
"""The one marker that is kept from a table with a ``marker_code`` column."""

_MISSING = frozenset({"", "none", "nan", "na", "not_classified"})
_BOM = b"\xef\xbb\xbf"
_TAX = re.compile(r"(?:^|;)tax=")
_LONGEST_FIELD = 2**31 - 1  # csv's own limit is 131,072 characters


@dataclass
class ReadCounts:
    """Records seen, and those that became no barcode by reason: ``no_sequence``, ``other_marker``."""

    read: int = 0
    skipped: Counter[str] = field(default_factory=Counter)


@dataclass
class Source:
    """An opened input: its path, its bytes from the first line that isn't blank, and what they look like."""

    path: str | PathLike[str]
    stream: BufferedReader
    format: str
    blank_lines: int

    def text(self, newline: str | None = None) -> TextIOWrapper:
        """The stream as UTF-8 text; bytes that are not UTF-8 become the replacement character."""
        return TextIOWrapper(self.stream, encoding="utf-8", errors="replace", newline=newline)


def read_barcodes(paths: Sequence[str | PathLike[str]], counts: ReadCounts | None = None) -> Iterator[Barcode]:
    """The barcodes of many files, one file after another, each of any format; ``-`` is standard input.

    ``counts`` is filled while the barcodes are taken.

    Raises
    ------
    UsageError
        at once, if ``-`` is given twice.
    InputError
        on the way, if a file is missing, damaged or no sequence file; at the end, if nothing was kept.
    """
    if sum(str(path) == STDIN for path in paths) > 1:
        raise UsageError("standard input (-) can be read only once")
    return _read_all(paths, ReadCounts() if counts is None else counts)


def count_records(paths: Sequence[str | PathLike[str]]) -> int | None:
    """Decompress every regular file once to its end, so that damage shows now, and count the records.

    ``None`` if the number isn't known: a stream that can be read only once, wrapped FASTQ, quoted tables.

    Raises
    ------
    InputError
        if a file is missing, damaged or no sequence file.
    """
    numbers = [None if is_stream(path) else _count(path) for path in paths]
    return None if None in numbers else sum(filter(None, numbers))


def _count(path: str | PathLike[str]) -> int | None:
    with _open_source(path) as source:
        return _COUNTERS[source.format](source)


def _read_all(paths: Sequence[str | PathLike[str]], counts: ReadCounts) -> Iterator[Barcode]:
    kept = 0
    for path in paths:
        with _open_source(path) as source:
            for barcode in READERS[source.format](source, counts):
                kept += 1
                yield barcode
    if not kept:
        reasons = ", ".join(f"{number:,} {reason}" for reason, number in counts.skipped.most_common())
        raise InputError(
            f"nothing was kept of {counts.read:,} records" + (f" ({reasons})" if reasons else ""),
            path=paths[0] if len(paths) == 1 else None,
        )


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
    if "sequence" in _columns(_split(header)):
        return "table"
    raise InputError(
        "neither FASTA, FASTQ nor a table with a sequence column (nuc, dna_barcode, sequence, ...)", path=path
    )


def _read_fasta(source: Source, counts: ReadCounts) -> Iterator[Barcode]:
    """pyfastx where it can be shown to lose nothing, otherwise Biopython, which reads every stream."""
    if not is_stream(source.path) and compression_of(source.path) in ("", "gzip"):
        with _open_source(source.path) as twin:
            scan = _scan_fasta(twin.stream)
        if scan.strict:
            return _from_headers(_by_pyfastx(source.path, scan.records), source.path, counts)
    return _from_headers(_by_biopython(source), source.path, counts)


def _read_fastq(source: Source, counts: ReadCounts) -> Iterator[Barcode]:
    return _from_headers(_fastq_records(source), source.path, counts)


def _from_headers(records: Iterator[Record], path: str | PathLike[str], counts: ReadCounts) -> Iterator[Barcode]:
    for number, (header, raw) in enumerate(records, start=1):
        counts.read += 1
        id, lineage = _parse_header(header, number, path)
        yield Barcode.from_raw(id, raw, lineage)


def _parse_header(header: str, number: int, path: str | PathLike[str]) -> tuple[str, Lineage]:
    """The id, up to the first white space or the SINTAX lineage, and that lineage."""
    words = _TAX.split(header, maxsplit=1)[0].split(maxsplit=1)
    id = words[0] if words else f"unnamed_{number}"
    if "tax=" not in header:
        return id, Lineage()
    try:
        return id, Lineage.from_sintax(" ".join(header.split()))
    except InputError as error:
        raise InputError(str(error), path=path, record=number, record_id=id) from None


def _by_biopython(source: Source) -> Iterator[Record]:
    from Bio.SeqIO.FastaIO import SimpleFastaParser

    return SimpleFastaParser(source.text())


def _by_pyfastx(path: str | PathLike[str], n_records: int) -> Iterator[Record]:
    """The records by pyfastx, which does not tell a damaged file from its end: hence the count."""
    import pyfastx

    number = 0
    for name, sequence, comment in pyfastx.Fastx(str(path), format="fasta", comment=True):
        number += 1
        yield f"{name} {comment}" if comment else name, sequence
    if number != n_records:
        raise InputError(
            f"{number:,} records were read where {n_records:,} had been counted",
            path=path,
            hint="the file was changed while it was read",
        )


@dataclass(frozen=True)
class FastaScan:
    """The number of header lines of a whole FASTA file, and whether it is plain enough for pyfastx.

    pyfastx also takes a line that starts with ``@`` for a header and one that starts with ``+`` for the start
    of qualities, knows no old Mac line ends, keeps the separators 28 to 31 that Python takes for white space,
    fails on text that is not UTF-8, and misses a last lone ``>``.
    """

    records: int
    strict: bool


_NOT_FOR_PYFASTX = (b"\n@", b"\n+", b"\x1c", b"\x1d", b"\x1e", b"\x1f")


def _scan_fasta(stream: BufferedReader) -> FastaScan:
    records = returns = line_ends = 0
    strict = True
    last, end = b"\n", b""
    while chunk := stream.read(CHUNK):
        window = last + chunk
        records += window.count(b"\n>") + window.count(b"\r>")
        returns += chunk.count(b"\r")
        line_ends += window.count(b"\r\n")
        strict = strict and chunk.isascii() and not any(sign in window for sign in _NOT_FOR_PYFASTX)
        last, end = chunk[-1:], window[-2:]
    return FastaScan(records, strict and returns == line_ends and end != b"\n>")


def _fastq_records(source: Source) -> Iterator[Record]:
    from Bio.SeqIO.QualityIO import FastqGeneralIterator

    number = 0
    try:
        for header, sequence, _ in FastqGeneralIterator(source.text()):
            number += 1
            yield header, sequence
    except ValueError as error:
        what = f"the FASTQ record is broken or cut off ({str(error).rstrip('.')})"
        raise InputError(what, path=source.path, record=number + 1) from None


def _read_table(source: Source, counts: ReadCounts) -> Iterator[Barcode]:
    for number, row in enumerate(_rows(source), start=1):
        counts.read += 1
        if row.get("marker", "").lower() not in ("", MARKER.lower()):
            counts.skipped["other_marker"] += 1
            continue
        lineage = Lineage(tuple(row.get(rank, "") for rank in RANKS))
        # Published BIOSCAN barcodes are padded with N at the end.
        raw = row["sequence"].rstrip("Nn-. ")
        barcode = Barcode.from_raw(row.get("id") or f"row_{number}", raw, lineage, row.get("bin", ""))
        if barcode.is_dna and not barcode.sequence:
            counts.skipped["no_sequence"] += 1
            continue
        yield barcode


def _rows(source: Source) -> Iterator[dict[str, str]]:
    """The rows of a table by the keys of :data:`COLUMNS`, as far as it has them; what is missing is empty."""
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_FIELD))
    text = source.text(newline="")
    header = text.readline()
    names = _split(header)
    columns = _columns(names)
    rows = csv.reader(text, strict=True, **_dialect(header))
    while True:
        line = source.blank_lines + 1 + rows.line_num + 1
        try:
            fields = next(rows, None)
        except csv.Error as error:
            raise InputError(f"this row can't be read ({error})", path=source.path, line=line) from None
        if fields is None:
            return
        if len(fields) <= 1 and not "".join(fields).strip():
            continue  # a blank line
        if len(fields) != len(names):
            what = f"{len(fields)} fields where the header has {len(names)}"
            raise InputError(what, path=source.path, line=line)
        yield {ours: _value(fields[column]) for ours, column in columns.items()}


def _split(header: str) -> list[str]:
    return next(csv.reader([header], **_dialect(header)), [])


def _columns(names: list[str]) -> dict[str, int]:
    """Where the columns of a table are that we use."""
    known = [name.strip().lower() for name in names]
    found = {ours: [name for name in theirs if name in known] for ours, theirs in COLUMNS.items()}
    return {ours: known.index(best[0]) for ours, best in found.items() if best}


def _value(text: str) -> str:
    value = text.strip()
    return "" if value.lower() in _MISSING else value


def _dialect(header: str) -> dict[str, Any]:
    """Commas go with quotes; tabs do not (BOLD's text has stray quotes), unless the header is quoted."""
    delimiter = "\t" if "\t" in header else ","
    quoted = delimiter == "," or header.startswith('"')
    return {"delimiter": delimiter, "quoting": csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE}


def _count_fasta(source: Source) -> int:
    return _scan_fasta(source.stream).records


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
    may_be_quoted = _dialect(text.readline())["quoting"] != csv.QUOTE_NONE
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
