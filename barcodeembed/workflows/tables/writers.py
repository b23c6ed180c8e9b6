"""Writers turn calls into text, one for each format. A new format is a function in :data:`WRITERS`.

Every writer takes calls as they come and yields text in the same order, one line for each call (Krona: one line for
each lineage, at the end). The bytes depend on the calls only: numbers have fixed decimals, missing values are empty,
and no value can break a row.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b

from barcodeembed.classify.call import Call
from barcodeembed.outputs.text import HARMFUL
from barcodeembed.taxonomy import RANKS
from barcodeembed.workflows.tables.columns import DECIMALS, TABLE_COLUMNS, as_object, clean_text, decimal

# The beginnings of fields that a spreadsheet reads as formulas.
_FORMULA = re.compile(r"(?:(?<=\t)|(?<=\n)|\A)(?=[=+\-@])(?![+-](?:\t|\n|\Z))(?![+-]?[\d.]+(?:e[+-]?\d+)?(?:\t|\n|\Z))")

UNASSIGNED = "Unassigned"
"""Name that QIIME 2 has for a query without a name."""


def write_tsv(calls: Iterable[Call]) -> Iterator[str]:
    """Yield the native table: the columns ``TABLE_COLUMNS`` with a header, separated by tabs."""
    yield "\t".join(column.name for column in TABLE_COLUMNS) + "\n"
    for call in calls:
        yield "\t".join(column.text(call) for column in TABLE_COLUMNS) + "\n"


def spreadsheet_safe(rows: str) -> str:
    """Return rows of the native table in which no value is a formula: an apostrophe is put before a value that begins
    as one.

    A sign alone (the strand) and a number are not formulas.
    """
    return _FORMULA.sub("'", rows)


def write_qiime2(calls: Iterable[Call]) -> Iterator[str]:
    """Yield QIIME 2's TSVTaxonomy: ``Feature ID``, ``Taxon`` (``k__..; p__..``), ``Confidence``.

    All ranks down to that of the name are written, a rank without a name as ``f__``. QIIME 2 needs unique ids, so an id
    that occurs again gets ``.2``, ``.3`` and so on. QIIME 2 reads the file with pandas, to which a double quote begins
    a quoted text, so a single quote is written instead.
    """
    yield "Feature ID\tTaxon\tConfidence\n"
    unique = _UniqueIds()
    for call in calls:
        found = call.assignment
        names, rank = _names(call)
        depth = RANKS.index(rank) + 1 if rank else 0
        taxon = "; ".join(f"{r[0]}__{_part(n, ';')}" for r, n in zip(RANKS[:depth], names, strict=False))
        # A query without a name has the confidence of its best candidate at the highest rank.
        sure = found.confidence[depth - 1] if depth else next((p for p in found.confidence if not math.isnan(p)), 0.0)
        id = unique(clean_text(call.id).replace('"', "'"))
        yield f"{id}\t{taxon.strip() or UNASSIGNED}\t{decimal(sure) or '0.0000'}\n"


class _UniqueIds:
    """Returns each id, with a number if it occurred before. Keeps eight bytes, a hash, of each."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()

    def __call__(self, id: str) -> str:
        number, unique = 1, id
        while (key := blake2b(unique.encode(errors="replace"), digest_size=8).digest()) in self._seen:
            number += 1
            unique = f"{id}.{number}"
        self._seen.add(key)
        return unique


def write_sintax(calls: Iterable[Call]) -> Iterator[str]:
    """Yield the table of ``vsearch --sintax --tabbedout``: id, names with probabilities, strand, names.

    Only supported names are written. A query without one has three empty fields, as vsearch writes it.
    """
    for call in calls:
        named = [
            (f"{rank[0]}:{_part(name, ',()')}", p)
            for rank, name, p in zip(RANKS, _names(call)[0], call.assignment.confidence, strict=True)
            if name
        ]
        scored = ",".join(f"{name}({decimal(round(p, DECIMALS), 2) or '0.00'})" for name, p in named)
        fields = (
            clean_text(call.id),
            scored,
            call.read["strand"] if named else "",
            ",".join(name for name, _ in named),
        )
        yield "\t".join(fields) + "\n"


def write_krona(calls: Iterable[Call]) -> Iterator[str]:
    """Yield text for ``ktImportText``: the number of reads, then the names from the root down, sorted by name.

    An unknown rank between two known ones is written as ``order of Insecta unknown``, so that all lineages have the
    same levels. What has no reads (a count table lacks it) has no line.
    """
    numbers: Counter[tuple[str, ...]] = Counter()
    for call in calls:
        numbers[_krona_path(call)] += call.size
    for path, number in sorted((+numbers).items()):
        yield "\t".join((str(number), *path)) + "\n"


def _names(call: Call) -> tuple[tuple[str, ...], str]:
    """Return the names by rank for formats without verdicts, and the last rank that has one. A group takes the place of
    a species."""
    if not call.group:
        return call.lineage.names, call.rank
    return (*call.lineage.names[:-1], call.group.replace(" ", "_")), RANKS[-1]


def _krona_path(call: Call) -> tuple[str, ...]:
    if not call.assignment.verdict:
        return "Not classified", clean_text(call.status)
    path: list[str] = []
    names, last = _names(call)
    for rank, name in zip(RANKS, names, strict=True):
        if name:
            path.append(clean_text(name))
        elif path:
            path.append(f"{rank} of {path[-1].rpartition(' of ')[2].removesuffix(' unknown')} unknown")
        if rank == last:
            break
    return tuple(path) if last else ("Unplaced",)


def write_jsonl(calls: Iterable[Call]) -> Iterator[str]:
    """Yield one JSON object per line, with everything that the native table has and the lineage of the nearest
    reference."""
    for call in calls:
        text = json.dumps(as_object(call), ensure_ascii=False, allow_nan=False)
        yield HARMFUL.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text) + "\n"


def _part(name: str, separators: str) -> str:
    """Return a name as part of a longer field: separators and quotes in it become underscores."""
    return re.sub(f'[{re.escape(separators)}"]', "_", clean_text(name))


WRITERS: dict[str, Callable[[Iterable[Call]], Iterator[str]]] = {
    "tsv": write_tsv,
    "qiime2": write_qiime2,
    "sintax": write_sintax,
    "krona": write_krona,
    "jsonl": write_jsonl,
}
"""Writers by the name of the format (``classify --format``). A writer yields text that consists of whole lines."""

_TABLE = (".tsv", ".tab", ".txt")
ENDINGS = {
    "tsv": _TABLE,
    "qiime2": _TABLE,
    "sintax": (*_TABLE, ".sintax"),
    "krona": (*_TABLE, ".krona"),
    "jsonl": (".jsonl", ".ndjson"),
}
"""Endings that the name of a file in each format may have, apart from ``.gz``."""
