"""Read FASTQ records with their qualities, of either offset."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from os import PathLike
from typing import TextIO, cast

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.fasta import BOM, MARK_WITHIN, Place, Record
from barcodeembed.sequences.formats.remarks import Remarks

TRIED = 1000
"""Number of records from whose qualities the offset of a file is found."""

# Cock et al. 2010: Phred+33 begins at "!" (0); Phred+64 of Illumina 1.3 to 1.7 at "@" (0), Solexa's at ";" (-5), and
# both hardly go beyond "h" (40). Where all are between ";" and "K", qualities of 26 to 42 are likelier than -5 to 11.
_LOWEST_OF_64, _HIGHEST_OF_64, _BEYOND_USUAL_33 = ord(";"), ord("i"), ord("K")

Raw = tuple[str, str, str]


def fastq_records(text: TextIO, place: Place, remarks: Remarks) -> Iterator[Record]:
    """Yield the records of FASTQ, wrapped or not, with the Phred quality of each base.

    Raises
    ------
    InputError
        for a record that is broken or cut off, or whose qualities have another offset than those of the first records.
    """
    records = _raw_records(text, place, remarks)
    first, error = _first_records(records)
    offset = quality_offset([quality for _, _, quality in first])
    least = chr(_LOWEST_OF_64) if offset == 64 else "!"
    if offset == 64:
        remarks.add("files with qualities of Phred+64 (Illumina 1.3 to 1.7)", str(place.path))
    table = bytes(max(value - offset, 0) for value in range(256))
    for number, (header, sequence, quality) in enumerate(chain(first, records), start=1):
        if quality and (min(quality) < least or max(quality) > "~"):
            what = f"a quality is below {least!r} or above '~', in a file of Phred+{offset}"
            raise InputError(what, path=place.path, record=number, record_id=header)
        yield header, sequence, quality.encode("ascii").translate(table)
    if error is not None:
        raise error


def _first_records(records: Iterator[Raw]) -> tuple[list[Raw], InputError | None]:
    """Return as many records as are needed to find the offset, and the error that ended them early, if any."""
    first: list[Raw] = []
    try:
        for record in records:
            first.append(record)
            if len(first) == TRIED:
                break
    except InputError as error:
        return first, error
    return first, None


def quality_offset(qualities: list[str]) -> int:
    """Return the offset, 33 or 64, that must be subtracted from the characters of these quality lines."""
    lowest = min((min(quality) for quality in qualities if quality), default="!")
    highest = max((max(quality) for quality in qualities if quality), default="!")
    is_64 = ord(lowest) >= _LOWEST_OF_64 and _BEYOND_USUAL_33 < ord(highest) <= _HIGHEST_OF_64
    return 64 if is_64 else 33


class _Lines:
    """Lines of text for Biopython, counted and without byte-order marks."""

    def __init__(self, text: TextIO, place: Place, remarks: Remarks) -> None:
        self._text = text
        self._place = place
        self._remarks = remarks

    def read(self, size: int) -> str:
        return self._text.read(size)

    def readline(self) -> str:
        line = self._text.readline()
        self._place.line += 1
        if BOM in line:
            self._remarks.add(MARK_WITHIN, self._place.words())
            line = line.replace(BOM, "")
        return line

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:  # which Biopython up to 1.84 asks for
        if line := self.readline():
            return line
        raise StopIteration


def _raw_records(text: TextIO, place: Place, remarks: Remarks) -> Iterator[Raw]:
    from Bio.SeqIO.QualityIO import FastqGeneralIterator

    line = place.line + 1  # where the record begins: its header is read before the record above it is complete
    try:
        for record in FastqGeneralIterator(cast(TextIO, _Lines(text, place, remarks))):
            place.record += 1
            line = place.line
            yield record
    except ValueError as error:
        raise broken(error, place.path, place.record + 1, line) from None


def broken(error: ValueError, path: str | PathLike[str], record: int, line: int | None = None) -> InputError:
    """Return the error for a record in which Biopython found a mistake; ``line`` is where the record begins."""
    why = str(error).rstrip(".")
    if why.startswith("Lengths of sequence and quality"):
        # The numbers in Biopython's words count the records below, too, as qualities may go on over several lines.
        why = "its sequence and its qualities are not equally long"
    elif why.startswith("End of file"):
        why = "the file ends within it"
    hint = "fetch the file again; if it was joined of several, give these instead"
    return InputError(f"the FASTQ record is broken or cut off ({why})", path=path, record=record, line=line, hint=hint)
