"""Read tables whose column ``split`` says which part a barcode belongs to: the metadata of BIOSCAN-5M, or your own.

Unlike :mod:`readers`, this silently passes over rows without a sequence or of another marker, and gives the raw
sequence as well, because the published partitions are defined on it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import TextIOWrapper
from typing import NamedTuple

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.files import open_binary
from barcodeembed.sequences.formats.sources import MARKER
from barcodeembed.sequences.formats.tables.headed import read_rows, row_lineage, split_header
from barcodeembed.sequences.formats.tables.known_columns import find_columns
from barcodeembed.taxonomy import Lineage


class SplitRow(NamedTuple):
    """One row of the table; ``raw`` is the sequence as it stands there."""

    split: str
    id: str
    raw: str
    lineage: Lineage
    bin: str


def read_split_table(path: str | os.PathLike[str]) -> Iterator[SplitRow]:
    """Yield the rows of a CSV or TSV, compressed or not, in constant memory.

    Raises
    ------
    InputError
        if there is no column ``split`` or no column of sequences, or if a row has not as many fields as the header.
    """
    with open_binary(path) as stream, TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="") as text:
        header = text.readline()
        if not {"split", "sequence"} <= find_columns(split_header(header)).keys():
            raise InputError("no column 'split' or no column of sequences (nuc, dna_barcode, ...)", path=path)
        for number, row in enumerate(read_rows(header, text, path), start=1):
            if row["sequence"] and row.get("marker", "") in ("", MARKER):
                id = row.get("id") or f"row_{number}"
                yield SplitRow(row["split"], id, row["sequence"], row_lineage(row), row.get("bin", ""))


def has_split(path: str | os.PathLike[str]) -> bool:
    """Return whether the first line names a column ``split``."""
    with open_binary(path) as stream:
        first = stream.readline(1 << 16).decode("utf-8-sig", errors="replace")
    return any("split" in find_columns(split_header(line)) for line in first.splitlines()[:1])
