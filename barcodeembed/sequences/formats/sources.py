"""Opened inputs: what an input is by its first line, and what is counted while it is read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedReader, TextIOWrapper
from itertools import takewhile
from os import PathLike

from barcodeembed.errors import EmptyFileError, InputError
from barcodeembed.sequences.annotations import NOTHING, Annotations, SampleRule
from barcodeembed.sequences.formats.files import CHUNK, open_binary
from barcodeembed.sequences.formats.opening.encoding import remember_odd_bytes
from barcodeembed.sequences.formats.opening.foreign import foreign_format, is_flat_file
from barcodeembed.sequences.formats.remarks import Remarks
from barcodeembed.sequences.formats.tables.bare import is_sequence, sign_of
from barcodeembed.sequences.formats.tables.headed import named_by_content, split_header, split_row
from barcodeembed.sequences.formats.tables.known_columns import find_columns
from barcodeembed.sequences.names.bold import MARKER, is_barcode

_SEPARATOR_OF_EXCEL = re.compile(r'"?sep=.?"?', re.IGNORECASE)
_DNA = re.compile(r"[ACGTN]{50,}", re.IGNORECASE)
_BOM = b"\xef\xbb\xbf"
_LOOKED_AT = 10  # first lines among which the one with the names of the columns may be
_SHOWN = 30  # number of letters of a column's name, and of columns, that a message shows


@dataclass
class ReadCounts:
    """Records seen, and those that became no barcode by reason: ``no_sequence``, ``other_marker``,
    ``broken_row``.

    ``matched`` counts barcodes whose lineage was found in a taxonomy that was given; ``remarks`` say what was odd;
    ``first_skipped`` has the first id of each reason, ``made_ids`` counts the ids made where a record has none,
    ``unnamed`` is the first header of a reference in which no name was found, or says which columns a table without
    names has, and ``made_from`` is what the last of the ids was made from, until it is asked for. ``other_markers``
    counts the records of each marker that was not wanted.
    """

    read: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    matched: int = 0
    remarks: Remarks = field(default_factory=Remarks)
    first_skipped: dict[str, str] = field(default_factory=dict, compare=False)
    made_ids: Counter[str] = field(default_factory=Counter)
    unnamed: str = field(default="", compare=False)
    made_from: str = field(default="", compare=False)
    other_markers: Counter[str] = field(default_factory=Counter, compare=False)

    def skip(self, reason: str, id: str) -> None:
        """Count a record that did not become a barcode."""
        self.skipped[reason] += 1
        self.first_skipped.setdefault(reason, id)

    def skip_marker(self, marker: str, id: str) -> None:
        """Count a record of a marker that was not asked for."""
        self.skip("other_marker", id)
        self.other_markers[marker] += 1

    def made_id(self, id: str) -> str:
        """Return an id for a record that has none: this one, followed by ``.2``, ``.3`` and so on if it was given
        before."""
        self.made_from = id
        self.made_ids[id] += 1
        return id if self.made_ids[id] == 1 else f"{id}.{self.made_ids[id]}"


@dataclass
class Source:
    """An opened input: its path, its bytes from the first line that says something, and what they look like.

    ``labelled`` is True if its sequences are known to be named references. Of an input that tells markers, records of
    these ``markers`` are read (in lower case). With ``whole_headers`` the id is the header, not its first word.
    ``samples`` tells how numbers of reads and samples are read, None if they are not. ``places`` are options that need
    a column of countries or regions. ``commented`` is True if comments stand above the first record. ``joined_words``
    is True if names are also taken from headers of one word, and ``free_words`` if they are taken from any words of a
    header. ``title`` is the first line above the names of the columns, if there is one that is no comment.
    """

    path: str | PathLike[str]
    stream: BufferedReader
    format: str
    blank_lines: int
    labelled: bool = False
    markers: frozenset[str] = frozenset({MARKER.lower()})
    samples: SampleRule | None = None
    whole_headers: bool = False
    places: Sequence[str] = ()
    commented: bool = False
    joined_words: bool = False
    free_words: bool = True
    title: str = ""

    def wants(self, marker: str) -> bool:
        """Return whether records of this marker are read. A record that names no marker is."""
        return not marker or marker.lower() in self.markers or (MARKER.lower() in self.markers and is_barcode(marker))

    def text(self, newline: str | None = None, remarks: Remarks | None = None) -> TextIOWrapper:
        """Return the stream as UTF-8 text; other bytes are read as Windows-1252, and said in ``remarks``."""
        errors = remember_odd_bytes(remarks, self.path)
        if remarks is not None:
            for said in getattr(self.stream.raw, "said", ()):
                remarks.add(said, str(self.path))
            if self.title:
                remarks.add(
                    "tables with lines above the names of their columns, left out", f"{self.path}: {self.title!r}"
                )
        return TextIOWrapper(self.stream, encoding="utf-8", errors=errors, newline=newline)

    def annotations(
        self, header: str, record: int, *, size: str = "", sample: str = "", column: str = ""
    ) -> Annotations:
        """Return the reads of a record by sample; ``size`` and ``sample`` are what columns of a table say, the first
        one the column of this name.

        Raises
        ------
        InputError
            for a number of reads that is none.
        """
        if self.samples is None:
            return NOTHING
        try:
            return self.samples.annotations(header, self.path, size=size, sample=sample, column=column or "size")
        except ValueError as error:
            place = f"column {column!r}" if size and column else "header"
            hint = f"mend the {place}, or give --no-sizes to count every record once"
            raise InputError(str(error), path=self.path, record=record, hint=hint) from None


@contextmanager
def open_source(path: str | PathLike[str]) -> Iterator[Source]:
    """Open an input and find its format.

    Raises
    ------
    EmptyFileError
        if there is nothing in it.
    InputError
        if it is missing, damaged or not a sequence file.
    """
    with open_binary(path) as stream:
        head = stream.peek(CHUNK)
        lines = head.removeprefix(_BOM).splitlines(keepends=True)
        before = list(takewhile(_says_nothing, lines))
        titles = lines[len(before) :][: _titles(lines[len(before) :])]
        before += titles
        first_line = lines[len(before)] if len(before) < len(lines) else b""
        if not first_line and len(head) < CHUNK:
            raise EmptyFileError("the file holds nothing but blank lines and comments", path=path)
        stream.read(len(head) - sum(map(len, lines[len(before) :])))
        commented = any(line.strip() for line in before)
        second_line = b"".join(lines[len(before) + 1 : len(before) + 2])
        format_ = _format(first_line, second_line, path)
        title = titles[0].decode("utf-8", errors="replace").strip() if titles else ""
        yield Source(path, stream, format_, len(before), commented=commented, title=title)


def _says_nothing(line: bytes) -> bool:
    """Return whether a line above the first record is blank or a comment, as of BIOM's tables and old FASTA."""
    text = line.decode("utf-8", errors="replace").strip()
    if _SEPARATOR_OF_EXCEL.fullmatch(text):
        return True
    if not text or text[0] not in "#;":
        return not text
    return not (foreign_format(text)[0] or "sequence" in find_columns(split_header(text)))


def _titles(lines: Sequence[bytes]) -> int:
    """Return the number of lines above the names of the columns: spreadsheets have a title there, a date, or names of
    groups of columns. Of the first lines, the one with the most columns that we know is taken for the names."""
    first = lines[0].lstrip()[:1] if lines else b""
    texts = [line.decode("utf-8", errors="replace") for line in lines[:_LOOKED_AT]]
    if first in (b"", b">", b"@") or is_flat_file(texts[0]) or foreign_format(texts[0])[0] or sign_of(texts[0]):
        return 0
    rows = zip(texts, (*texts[1:], ""), strict=True)
    known = [find_columns(named_by_content(split_header(text), split_row(text, below))) for text, below in rows]
    # Names of columns don't stand beside a sequence.
    of_names = [
        "sequence" in at and not any(map(is_sequence, split_header(t))) for t, at in zip(texts, known, strict=True)
    ]
    n_known = [len(columns) if names else 0 for columns, names in zip(known, of_names, strict=True)]
    place = n_known.index(max(n_known)) if max(n_known) > 1 else 0
    return 0 if any(map(_DNA.search, texts[:place])) else place  # another table, joined to this one


def _format(first_line: bytes, second_line: bytes, path: str | PathLike[str]) -> str:
    if is_flat_file(first_line.decode("utf-8", errors="replace")):
        return "flat file"
    what, hint = foreign_format(first_line.decode("utf-8", errors="replace"))
    if what:
        raise InputError(f"this is {what}, neither FASTA, FASTQ nor a table", path=path, hint=hint)
    if first_line.lstrip().startswith(b">"):
        return "fasta"
    if first_line.startswith(b"@"):
        return "fastq"
    header = first_line.decode("utf-8", errors="replace")
    columns = split_header(header)
    # A cell may have the name of a column by chance (COI-5P); names of columns don't stand beside a sequence.
    if "sequence" in find_columns(columns) and not any(map(is_sequence, columns)):
        return "table"
    if sign_of(header):
        return "bare table"
    if len(columns) == 1 and _DNA.fullmatch(columns[0].strip()):
        hint = "give each sequence a line above it that begins with > and has its id"
        raise InputError("these are sequences without headers", path=path, hint=hint)
    row = split_row(header, second_line.decode("utf-8", errors="replace"))
    if "sequence" in find_columns(named_by_content(columns, row)):
        return "table"
    if len(row) > 1 and any(map(_DNA.fullmatch, (*columns[1:], row[0]))):
        what = "this is a table of counts or names by sequence, as DADA2 has them"
        hint = "give the sequences as FASTA (uniquesToFasta writes it), and a table of counts to --counts"
        raise InputError(what, path=path, hint=hint)
    what = "neither FASTA, FASTQ nor a table with a sequence column (nuc, dna_barcode, sequence, ...)"
    shown = ", ".join(repr(name.strip()[:_SHOWN]) for name in columns[:_SHOWN])
    what += f"; the columns of its first line are {shown}" if len(columns) > 1 else f"; it begins with {shown}"
    hint = (
        "name the column of sequences 'sequence', and delete what stands above the line with the names of the columns"
    )
    raise InputError(what, path=path, hint=hint)
