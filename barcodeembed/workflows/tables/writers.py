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
from typing import Any

from barcodeembed.classify.call import Call
from barcodeembed.taxonomy import RANKS, Lineage

COLUMNS = (
    *("query_id", "status", "verdict", "taxon", "rank", "lineage", *RANKS, *(f"p_{rank}" for rank in RANKS)),
    *("nearest_id", "similarity", "identity", "overlap", "bin", "n_agree", "n_conflict"),
    *("strand", "start", "length", "n_ambiguous", "stops", "flags", "candidates"),
)
"""Columns of the native table, in order. New ones are added at the end only."""

CANDIDATES_BY = "; "
"""What stands between the candidates of an ambiguous call."""

UNASSIGNED = "Unassigned"
"""What QIIME 2 calls a query without a name."""

# Everything that a reader may take for the end of a line or a field.
_BREAKS = re.compile(r"[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029\0]+")


def clean_text(text: str) -> str:
    """Text without the characters that would break a row; each run of them becomes a space."""
    return _BREAKS.sub(" ", text).strip()


def decimal(number: float, places: int = 4) -> str:
    """A number with fixed decimals, ``""`` for NaN, never ``-0``."""
    if math.isnan(number):
        return ""
    return f"{round(float(number), places) + 0.0:.{places}f}"


def deepest(lineage: Lineage) -> tuple[str, str]:
    """The last known name and its rank; both empty for an empty lineage."""
    return next(((n, r) for n, r in zip(reversed(lineage.names), reversed(RANKS), strict=True) if n), ("", ""))


def write_tsv(calls: Iterable[Call]) -> Iterator[str]:
    """The native table: :data:`COLUMNS`, separated by tabs, with a header."""
    yield "\t".join(COLUMNS) + "\n"
    for call in calls:
        yield "\t".join(map(clean_text, native_fields(call))) + "\n"


def native_fields(call: Call) -> list[str]:
    """The values of :data:`COLUMNS` for one call, as text."""
    found = call.assignment
    near = bool(call.nearest_id)
    taxon, rank = deepest(found.lineage)
    return [
        *(call.id, call.status, found.verdict, taxon, rank, found.lineage.to_sintax()),
        *found.lineage.names,
        *map(decimal, found.confidence),
        *(
            call.nearest_id,
            decimal(found.cosine),
            decimal(found.identity),
            str(found.overlap) if near else "",
            call.bin,
        ),
        *((str(found.n_agree), str(found.n_conflict)) if found.verdict else ("", "")),
        *(call.strand, str(call.start) if call.strand else ""),
        *(str(call.length), str(call.n_ambiguous), str(call.stops) if call.strand else "", call.flags),
        CANDIDATES_BY.join(found.candidates),
    ]


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
        rank = deepest(found.lineage)[1]
        depth = RANKS.index(rank) + 1 if rank else 0
        taxon = "; ".join(f"{r[0]}__{_part(n, ';')}" for r, n in zip(RANKS[:depth], found.lineage.names, strict=False))
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
        found = call.assignment
        named = [
            (f"{rank[0]}:{_part(name, ',()')}", p)
            for rank, name, p in zip(RANKS, found.lineage.names, found.confidence, strict=True)
            if name
        ]
        scored = ",".join(f"{name}({decimal(p, 2) or '0.00'})" for name, p in named)
        fields = (clean_text(call.id), scored, call.strand if named else "", ",".join(name for name, _ in named))
        yield "\t".join(fields) + "\n"


def write_krona(calls: Iterable[Call]) -> Iterator[str]:
    """Text for ``ktImportText``: the number of queries, then the names from the root down; sorted by name.

    A rank that is not known between two that are is written as ``order of Insecta unknown``, so that levels line up.
    """
    numbers: Counter[tuple[str, ...]] = Counter()
    for call in calls:
        numbers[_krona_path(call)] += 1
    for path, number in sorted(numbers.items()):
        yield "\t".join((str(number), *path)) + "\n"


def _krona_path(call: Call) -> tuple[str, ...]:
    if not call.assignment.verdict:
        return "Not classified", clean_text(call.status)
    path: list[str] = []
    taxon, last = deepest(call.assignment.lineage)
    for rank, name in zip(RANKS, call.assignment.lineage.names, strict=True):
        if name:
            path.append(clean_text(name))
        elif path:
            path.append(f"{rank} of {path[-1].rpartition(' of ')[2].removesuffix(' unknown')} unknown")
        if rank == last:
            break
    return tuple(path) if taxon else ("Unplaced",)


def write_jsonl(calls: Iterable[Call]) -> Iterator[str]:
    """One JSON object a line, with all that the native table has and the lineage of the nearest reference."""
    for call in calls:
        yield json.dumps(as_object(call), ensure_ascii=False, allow_nan=False) + "\n"


def as_object(call: Call) -> dict[str, Any]:
    """One call as JSON data: numbers that are missing are null, ranks without a name are left out."""
    found = call.assignment
    taxon, rank = deepest(found.lineage)
    nearest = {
        "id": call.nearest_id,
        "bin": call.bin,
        "similarity": _number(found.cosine),
        "identity": _number(found.identity),
        "overlap": found.overlap,
        "lineage": _by_rank(call.nearest_lineage.names),
    }
    read = {
        "strand": call.strand,
        "start": call.start if call.strand else None,
        "length": call.length,
        "n_ambiguous": call.n_ambiguous,
        "score": _number(call.score),
        "stops": call.stops if call.strand else None,
        "flags": call.flags.split(",") if call.flags else [],
    }
    return {
        "query_id": call.id,
        "status": call.status,
        "verdict": found.verdict or None,
        "taxon": taxon or None,
        "rank": rank or None,
        "lineage": _by_rank(found.lineage.names),
        "probability": {r: _number(p) for r, p in zip(RANKS, found.confidence, strict=True)},
        "candidates": list(found.candidates),
        "n_agree": found.n_agree,
        "n_conflict": found.n_conflict,
        "nearest": nearest if call.nearest_id else None,
        "read": read,
    }


def _by_rank(names: tuple[str, ...]) -> dict[str, str]:
    return {rank: name for rank, name in zip(RANKS, names, strict=True) if name}


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), 4) + 0.0


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
