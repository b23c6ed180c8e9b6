"""Writers: calls become text, one format each. A new format is a function in :data:`WRITERS`.

Every writer takes calls as they come and yields text in the same order, one line for each call (Krona: one for each
lineage, at the end). Bytes depend on the calls only: decimals are fixed, missing values are empty, and no value can
break a row.
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

# The beginning of a field that a spreadsheet takes for a formula.
_FORMULA = re.compile(r"(?:(?<=\t)|(?<=\n)|\A)(?=[=+\-@])(?![+-](?:\t|\n|\Z))(?![+-]?[\d.]+(?:e[+-]?\d+)?(?:\t|\n|\Z))")

UNASSIGNED = "Unassigned"
"""What QIIME 2 calls a query without a name."""


def write_tsv(calls: Iterable[Call]) -> Iterator[str]:
    """The native table: the columns ``TABLE_COLUMNS``, separated by tabs, with a header."""
    yield "\t".join(column.name for column in TABLE_COLUMNS) + "\n"
    for call in calls:
        yield "\t".join(column.text(call) for column in TABLE_COLUMNS) + "\n"


def spreadsheet_safe(rows: str) -> str:
    """Rows of the native table in which no value is a formula: those that begin as one get an apostrophe in front.

    A sign alone (the strand) and numbers are none.
    """
    return _FORMULA.sub("'", rows)


def write_qiime2(calls: Iterable[Call]) -> Iterator[str]:
    """QIIME 2 TSVTaxonomy: ``Feature ID``, ``Taxon`` (``k__..; p__..``), ``Confidence``.

    All ranks stand down to the name given, empty ones as ``f__``. QIIME 2 wants unique ids: an id that comes again
    gets ``.2``, ``.3`` and so on. It reads the file with pandas, which takes a double quote for quoting: it is
    written as a single one.
    """
    yield "Feature ID\tTaxon\tConfidence\n"
    unique = _UniqueIds()
    for call in calls:
        found = call.assignment
        names, rank = _names(call)
        depth = RANKS.index(rank) + 1 if rank else 0
        taxon = "; ".join(f"{r[0]}__{_part(n, ';')}" for r, n in zip(RANKS[:depth], names, strict=False))
        # What can't be named has the confidence of its best candidate at the highest rank.
        sure = found.confidence[depth - 1] if depth else next((p for p in found.confidence if not math.isnan(p)), 0.0)
        id = unique(clean_text(call.id).replace('"', "'"))
        yield f"{id}\t{taxon.strip() or UNASSIGNED}\t{decimal(sure) or '0.0000'}\n"


class _UniqueIds:
    """Gives back each id, the second and later times with a number. Keeps eight bytes of a hash of each."""

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
    """The table of ``vsearch --sintax --tabbedout``: id, names with probabilities, strand, names.

    Only names that are supported are written; a query without one has three empty fields, as from vsearch.
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
    """Text for ``ktImportText``: the number of reads, then the names from the root down; sorted by name.

    A rank that is not known between two that are is written as ``order of Insecta unknown``, so that levels line up.
    """
    numbers: Counter[tuple[str, ...]] = Counter()
    for call in calls:
        numbers[_krona_path(call)] += call.size
    for path, number in sorted(numbers.items()):
        yield "\t".join((str(number), *path)) + "\n"


def _names(call: Call) -> tuple[tuple[str, ...], str]:
    """Names by rank as formats without verdicts have them, and the last rank with one: a group stands for a species."""
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
    """One JSON object a line, with all that the native table has and the lineage of the nearest reference."""
    for call in calls:
        text = json.dumps(as_object(call), ensure_ascii=False, allow_nan=False)
        yield HARMFUL.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text) + "\n"


def _part(name: str, separators: str) -> str:
    """A name as a part of a longer field: what separates parts, and quotes, become an underscore."""
    return re.sub(f'[{re.escape(separators)}"]', "_", clean_text(name))


WRITERS: dict[str, Callable[[Iterable[Call]], Iterator[str]]] = {
    "tsv": write_tsv,
    "qiime2": write_qiime2,
    "sintax": write_sintax,
    "krona": write_krona,
    "jsonl": write_jsonl,
}
"""Formats by name (``classify --format``); each writer yields text, whole lines at a time."""

_TABLE = (".tsv", ".tab", ".txt")
ENDINGS = {
    "tsv": _TABLE,
    "qiime2": _TABLE,
    "sintax": (*_TABLE, ".sintax"),
    "krona": (*_TABLE, ".krona"),
    "jsonl": (".jsonl", ".ndjson"),
}
"""What the name of a file in each format may end in, ``.gz`` aside."""
