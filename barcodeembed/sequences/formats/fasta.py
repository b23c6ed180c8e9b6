"""Read FASTA records: with pyfastx where it provably loses nothing, otherwise with Biopython."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from os import PathLike
from typing import TextIO

from barcodeembed.errors import InputError, place_in_file
from barcodeembed.sequences.formats.files import CHUNK, RecordLimit
from barcodeembed.sequences.formats.remarks import Remarks

Record = tuple[str, str, bytes]
"""Header, raw sequence, and Phred quality of each character (if any) of a FASTA or FASTQ record."""

BOM = "\ufeff"
"""The byte-order mark of UTF-8 text. A joined file has one wherever one of its parts begins."""


MARK_WITHIN = "lines with a byte-order mark, left out (files were joined)"
COMMENTS = "lines of FASTA that begin with ; or are //, left out"
NUMBERED = "lines of FASTA with a number before the bases, which is left out"
_NUMBER = re.compile(r"\s*\d+[\s:]+(?=[A-Za-z])")
_SPLIT = "records that begin within a line, split there (files were joined without a line end)"


class Place:
    """The place that reading has reached: the file, and the numbers of the last record and line that were begun."""

    def __init__(self, path: str | PathLike[str], lines_before: int = 0) -> None:
        self.path = path
        self.record = 0
        self.line = lines_before

    def words(self, record_id: str = "") -> str:
        """Return the place in the words of messages."""
        return place_in_file(self.path, self.record, record_id, self.line)


def by_biopython(text: TextIO, place: Place, remarks: Remarks) -> Iterator[Record]:
    """Yield the records of any stream of FASTA, also those that begin within a line.

    Raises
    ------
    InputError
        for a line of FASTQ.
    """
    from Bio.SeqIO.FastaIO import SimpleFastaParser

    for header, sequence in SimpleFastaParser(_fasta_lines(text, place, remarks)):
        yield header, sequence, b""


def _fasta_lines(text: TextIO, place: Place, remarks: Remarks) -> Iterator[str]:
    """Yield the lines of FASTA so that every header begins a line, without byte-order marks.

    In files that were joined without a line end between them, headers follow bases on the same line.
    """
    length = 0
    for line in text:
        place.line += 1
        length = 0 if line[:1] == ">" else length + len(line)
        RecordLimit.check(length, place.path)
        if BOM in line:
            line = line.replace(BOM, "")
            remarks.add(MARK_WITHIN, place.words())
        if ">" in line[1:]:
            line = _INDENTED.sub(">", line)
        header = line[:1] == ">"
        if not header and ">" in line:
            bases, _, line = line.partition(">")
            yield bases + "\n"
            line, header = ">" + line, True
            place.record += 1
            said = place.words((line[1:].split(maxsplit=1) or [""])[0])
            remarks.add(_SPLIT, said)
        elif header:
            place.record += 1
        elif line[:1] == "@":
            what = "a line of FASTA begins with @, as a record of FASTQ does"
            hint = "files of two formats were joined: give each by itself"
            raise InputError(what, path=place.path, record=place.record, line=place.line, hint=hint)
        elif line[:1] == ";" or line.strip() == "//":
            remarks.add(COMMENTS, place.words())
            continue
        elif number := _NUMBER.match(line):
            remarks.add(NUMBERED, place.words())
            line = line[number.end() :]
        yield line


def by_pyfastx(path: str | PathLike[str], n_records: int) -> Iterator[Record]:
    """Yield the records of a plain or gzipped file with pyfastx, which cannot tell damage from the end of a file. Hence
    the count.

    Raises
    ------
    InputError
        if the file does not have ``n_records``.
    """
    import pyfastx

    number = 0
    for name, sequence, comment in pyfastx.Fastx(str(path), format="fasta", comment=True):
        number += 1
        yield f"{name} {comment}" if comment else name, sequence, b""
    if number != n_records:
        raise InputError(
            f"{number:,} records were read where {n_records:,} had been counted",
            path=path,
            hint="the file was changed while it was read",
        )


@dataclass(frozen=True)
class FastaScan:
    """Number of records of a whole FASTA file, and whether it is plain enough for pyfastx.

    pyfastx takes a line that starts with ``@`` for a header, and one that starts with ``+`` for the start of qualities.
    It does not know old Mac line ends, takes a tab behind the id for a space, keeps the separators 28 to 31 that
    Python takes for white space, fails on text that is not UTF-8, misses a last lone ``>``, and takes a ``>`` within a
    line, comments and numbers of lines for bases.
    """

    records: int
    strict: bool


_NOT_FOR_PYFASTX = (b"\t", b"\x1c", b"\x1d", b"\x1e", b"\x1f")
_LINE_NOT_FOR_PYFASTX = re.compile(rb"\n[@+;/ \t\d]")
_INDENTED = re.compile(r"^\s+>")
_SIGN_WITHIN_LINE = re.compile(rb"[\n\r](?!>)[^\n\r>]+>")


def scan_fasta(stream: BufferedReader, path: str | PathLike[str] | None = None) -> FastaScan:
    """Read the stream to its end, so that damage is found now, and return what was found.

    Raises
    ------
    InputError
        for a record longer than :class:`~barcodeembed.sequences.formats.files.RecordLimit` allows.
    """
    length = 0
    records = returns = line_ends = 0
    strict = True
    last, end, line_start = b"\n", b"", b""
    while chunk := stream.read(CHUNK):
        window = last + chunk
        headers = window.count(b"\n>") + window.count(b"\r>")
        begin = max(window.rfind(b"\n>"), window.rfind(b"\r>"))
        length = length + len(chunk) if begin < 0 else len(window) - begin
        RecordLimit.check(length, path)
        text = b"\n" + line_start + chunk
        if chunk.count(b">") > headers and (within := len(_SIGN_WITHIN_LINE.findall(text))):
            headers, strict = headers + within, False
        records += headers
        returns += chunk.count(b"\r")
        line_ends += window.count(b"\r\n")
        strict = strict and chunk.isascii() and not any(sign in window for sign in _NOT_FOR_PYFASTX)
        strict = strict and _LINE_NOT_FOR_PYFASTX.search(window) is None
        last, end = chunk[-1:], window[-2:]
        # The beginning of a line tells whether the next chunk goes on in a header or in a sequence.
        begun = text[max(text.rfind(b"\n"), text.rfind(b"\r")) + 1 :]
        line_start = b">" if b">" in begun else begun[:1]
    return FastaScan(records, strict and returns == line_ends and end != b"\n>")
