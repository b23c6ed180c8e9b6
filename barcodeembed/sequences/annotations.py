"""Read abundances and samples from FASTA and FASTQ headers, as dereplication tools write them.

- USEARCH, VSEARCH, DADA2 exports: ``>OTU_1;size=120;sample=siteA;ee=0.3;`` (``barcodelabel=`` for the sample);
- OBITools 1 to 3: ``>seq1 count=12; merged_sample={'siteA': 7, 'siteB': 5};``;
- OBITools 4: ``>seq1 {"count":12,"merged_sample":{"siteA":7,"siteB":5}}``, perhaps with a description behind;
- swarm: ``>SHA-1_12``, the hash of a sequence and its number of reads;
- QIIME 1: ``>siteA_12 M00967:43:... orig_bc=ACGT new_bc=ACGT bc_diffs=0``, the twelfth read of a sample;
- MinKNOW, Guppy and Dorado: ``@read barcode=barcode01`` and ``BC:Z:KIT_barcode01``, the barcode of a sample.

A header without any of these stands for one read, of the sample of its file.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from os import PathLike
from typing import Any

KNOWN = ("size", "count", "sample", "barcodelabel", "ee", "seqs", "clusterid", "length", "merged_sample")
"""Keys of annotations that are removed from an id (from the manuals of USEARCH and VSEARCH, and from OBITools)."""

_IN_ID = re.compile(rf";(?:{'|'.join(KNOWN)})=[^;\s]*", re.IGNORECASE)
# The name of a sample may have spaces if a semicolon ends it, or quotes stand around it.
_PAIR = re.compile(
    r"(?:^|[;\s])(?:(size|count)=([^;\s]*)|(sample|barcodelabel)=(\"[^\"]*\"|'[^']*'|[^;=]*(?=;\s*(?:$|\w+=))|[^;\s]*))",
    re.IGNORECASE,
)
_MERGED = re.compile(r"(?:^|[;\s])merged_sample=(\{[^{}]*\})", re.IGNORECASE)
_HASH = r"(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})"  # SHA-256, SHA-1, MD5
_SWARM = re.compile(rf"({_HASH})_([1-9][0-9]*)(?=$|[;\s])")
_JSON = re.compile(r"\{\s*\"")
_BARCODE = re.compile(r"(?:^|\s)(?:barcode=|BC:Z:(?:\S*_)?)([^\s;]+)")
_QIIME1 = re.compile(r"(\S+)_\d+\s.*\borig_bc=\S*\s+new_bc=")
_MAY_BE = re.compile(r"(?i)size=|count|sample|label=|barcode=|BC:Z:|orig_bc=|^[0-9a-f]{32,64}_")
# Numbers of reads in words of programs that write them otherwise (NGSpeciesID, amplicon_sorter) and of scripts, and
# swarm's behind an accession with a version, where the number of an open reading frame may be, too.
_UNREAD = re.compile(
    r"[;|\s](?:abundance|reads|n_?reads|weight|size)\s?[=:]\s?(?!1\b)\d+|[_|]size[=:_](?!1\b)\d+"
    r"|_supporting_reads_(?!1\b)\d+|^consensus_\S*\((?!1\))\d+\)$|^[A-Z]{1,6}\d{3,}\.\d_(?!1\b)\d+(?=$|[;\s])",
    re.IGNORECASE,
)
_WHOLE = re.compile(r"0*([1-9][0-9]*)(?:\.0*)?")  # pandas writes 12.0
_THOUSAND = re.compile(r"([1-9][0-9]{0,2})\.000")
_ROUND = re.compile(r"[1-9](?:\.[0-9]+)?e\+[0-9]{2}")  # R writes 1e+05

MOST_READS = 10**12
"""Largest number of reads that one record may stand for: more than any run has, and sums of millions of records still
fit into 64 bits."""


@dataclass(frozen=True, slots=True)
class Annotations:
    """What a header says of its reads.

    Attributes
    ----------
    size
        number of reads; 1 if the header has none.
    sample
        sample that they are from; empty if the header has none.
    by_sample
        number of reads in each sample, if they are from several.
    barcode
        the barcode that a Nanopore read was sorted by; empty if the header has none.
    """

    size: int = 1
    sample: str = ""
    by_sample: tuple[tuple[str, int], ...] = ()
    barcode: str = ""

    @property
    def reads(self) -> tuple[tuple[str, int], ...]:
        """Pairs of sample and number of reads in it."""
        return self.by_sample or ((self.sample, self.size),)


NOTHING = Annotations()
"""Annotations of a header that has none."""


@dataclass(frozen=True)
class SampleRule:
    """How the number of reads and the sample of a record are found.

    Attributes
    ----------
    sizes
        whether headers and tables are asked for numbers of reads; if not, every record is one read.
    of_file
        sample of each file, for records that name none.
    of_barcode
        sample of a barcode in a file, for records that name no sample; empty if that of the file counts.
    note
        called with the file and the sample of each record that names one.
    """

    sizes: bool = True
    of_file: Callable[[str | PathLike[str]], str] = lambda path: ""
    of_barcode: Callable[[str | PathLike[str], str], str] = lambda path, barcode: ""
    note: Callable[[str | PathLike[str], str], None] = lambda path, sample: None

    def annotations(
        self, header: str, path: str | PathLike[str], *, size: str = "", sample: str = "", column: str = "size"
    ) -> Annotations:
        """Return what a header says, with the sample of its file where it says none.

        ``size`` and ``sample`` are what the columns of a table say; they go before the header. ``column`` is the name
        that the column of sizes has.

        Raises
        ------
        ValueError
            as :func:`parse_annotations` says.
        """
        found = parse_annotations(header, sizes=self.sizes)
        if size and self.sizes:
            found = Annotations(whole_number(column, size), found.sample, barcode=found.barcode)
        if sample:
            found = replace(found, sample=sample, by_sample=())
        if found.sample or found.by_sample:
            self.note(path, found.sample or found.by_sample[0][0])
            return found
        of_barcode = self.of_barcode(path, found.barcode) if found.barcode else ""
        return replace(found, sample=of_barcode or self.of_file(path))


def parse_annotations(header: str, *, sizes: bool = True) -> Annotations:
    """Return what a header says of abundance and samples; of samples only without ``sizes``.

    Raises
    ------
    ValueError
        if a number of reads is none that can be, or the numbers by sample do not add up to it.
    """
    if not _MAY_BE.search(header):
        return NOTHING
    values, merged = _of_obitools4(header)
    if not values and merged is None:
        found = [(match[1] or match[3], match[2] or match[4] or "") for match in _PAIR.finditer(header)]
        values = {key.lower(): value.strip("'\" ") for key, value in found}
        merged = _literal(text[1]) if (text := _MERGED.search(header)) else None
    sample = values.get("sample") or values.get("barcodelabel") or ""
    if not sample and (of_qiime := _QIIME1.match(header)):
        sample = of_qiime[1]
    barcode = match[1] if (match := _BARCODE.search(header)) else ""
    if not sizes:
        return Annotations(1, sample, barcode=barcode)
    of_swarm = _SWARM.match(header)
    stated = values.get("size") or values.get("count") or (of_swarm[2] if of_swarm else None)
    by_sample = tuple(
        sorted((str(name), whole_number(f"merged_sample {name}", n)) for name, n in (merged or {}).items())
    )
    total = sum(number for _, number in by_sample)
    size = whole_number("size", stated) if stated is not None else total or 1
    if by_sample and total != size:
        raise ValueError(f"merged_sample adds up to {total:,} reads where the header says {size:,}")
    if len(by_sample) == 1:
        return Annotations(size, by_sample[0][0])
    return Annotations(size, sample, by_sample, barcode)


def unread_size(header: str) -> str:
    """Return what looks like a number of reads in a form that is not read (``OTU_1|size=12``, ``reads=12``); empty if
    the header has nothing like it."""
    found = _UNREAD.search(header)
    return found[0].strip(";|_ \t") if found else ""


def without_annotations(id: str) -> str:
    """Return an id without the annotations of :data:`KNOWN` in it: ``OTU_1;size=120;`` is ``OTU_1``; swarm's hash
    without its number of reads.

    What would be left empty is given back as it is.
    """
    id = _SWARM.sub(r"\1", id, count=1) if _SWARM.match(id) else id
    if ";" not in id:
        return id
    return _IN_ID.sub("", id).strip(";") or id


def _of_obitools4(header: str) -> tuple[dict[str, str], Mapping[str, Any] | None]:
    """Return the keys and the samples of an OBITools 4 header, which has JSON, perhaps with text behind it."""
    start = _JSON.search(header)
    if start is None:
        return {}, None
    try:
        content, _ = json.JSONDecoder().raw_decode(header, start.start())
    except (ValueError, RecursionError):
        return {}, None
    if not isinstance(content, dict):
        return {}, None
    merged = content.get("merged_sample")
    kept = {key: str(content[key]) for key in ("size", "count", "sample") if key in content}
    return kept, merged if isinstance(merged, dict) else None


def _literal(text: str) -> Mapping[str, Any] | None:
    """Return the dictionary that OBITools 1 to 3 wrote as Python text. ``literal_eval`` runs no code."""
    try:
        content = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def meanings(text: str) -> tuple[str, str] | None:
    """Return the two numbers that ``1.000`` can be, a thousand and one; None for any other text."""
    found = _THOUSAND.fullmatch(text)
    return (f"{found[1]}000", found[1]) if found else None


def whole_number(name: str, value: object) -> int:
    """Return a whole number from 1 to :data:`MOST_READS`.

    Raises
    ------
    ValueError
        naming it, if ``value`` is none, or can be two.
    """
    text = str(value)
    if both := meanings(text):
        raise ValueError(f"{name}={text} may be {both[0]} or {both[1]} reads: write it without a point")
    text = str(float(text)) if _ROUND.fullmatch(text) else text
    if not (found := _WHOLE.fullmatch(text)):
        raise ValueError(f"{name}={text[:40]} is no positive whole number of reads")
    if len(found[1]) > len(str(MOST_READS)) or int(found[1]) > MOST_READS:
        raise ValueError(f"{name}={text[:40]} is more reads than a record may stand for ({MOST_READS:,})")
    return int(found[1])
