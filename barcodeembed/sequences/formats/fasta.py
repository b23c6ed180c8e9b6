"""Records of FASTA and FASTQ: by pyfastx where it can be shown to lose nothing, otherwise by Biopython."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from os import PathLike
from typing import TextIO

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.files import CHUNK

Record = tuple[str, str]
"""The header and the raw sequence of a FASTA or FASTQ record."""


def by_biopython(text: TextIO) -> Iterator[Record]:
    """The records of any stream of FASTA."""
    from Bio.SeqIO.FastaIO import SimpleFastaParser

    return SimpleFastaParser(text)


def by_pyfastx(path: str | PathLike[str], n_records: int) -> Iterator[Record]:
    """The records of a plain or gzipped file by pyfastx, which does not tell damage from the end: hence the count.

    Raises
    ------
    InputError
        if it has not ``n_records``.
    """
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


def scan_fasta(stream: BufferedReader) -> FastaScan:
    """Read the stream to its end, so that damage shows now."""
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


def fastq_records(text: TextIO, path: str | PathLike[str]) -> Iterator[Record]:
    """The records of FASTQ, wrapped or not, without their qualities.

    Raises
    ------
    InputError
        for a record that is broken or cut off.
    """
    from Bio.SeqIO.QualityIO import FastqGeneralIterator

    number = 0
    try:
        for header, sequence, _ in FastqGeneralIterator(text):
            number += 1
            yield header, sequence
    except ValueError as error:
        what = f"the FASTQ record is broken or cut off ({str(error).rstrip('.')})"
        raise InputError(what, path=path, record=number + 1) from None
