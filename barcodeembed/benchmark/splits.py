"""Split barcodes into the library of a benchmark and its queries: from a seed, or as the files say.

A query belongs to the set ``seen`` if its species is in the library, to ``unseen_species`` if only its genus is, and to
``unseen_genus`` if not even its genus is. Splits are made of distinct barcodes, not of rows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from barcodeembed.errors import InputError
from barcodeembed.outputs.text_output import text_output
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.batches import Limits, in_blocks, prepare
from barcodeembed.sequences.codes import SINGLE_BASE, decode
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.split_tables import has_split, read_split_table
from barcodeembed.sequences.names.cleaning import clean_lineage
from barcodeembed.sequences.placement.anchor import shipped_anchor
from barcodeembed.taxonomy import RANKS, Lineage

UNSEEN_GENERA = 0.1
"""Share of the genera that are held out as a whole. Every family keeps at least one genus."""

UNSEEN_SPECIES = 0.5
"""Share of the genera with several species in which one species is held out."""

FIXED_START = {313: 345}
"""For a fragment length, its first column: 313 bases are the amplicon of the Leray primers. Fragments of other lengths
begin at a random column (by seed)."""

_COVERED = 0.95  # least share of a fragment's columns that a query must cover

_GENUS, _SPECIES = RANKS.index("genus"), RANKS.index("species")


@dataclass(frozen=True)
class Records:
    """N labelled barcodes that can be placed. ``columns`` is uint8 (N, C), all other arrays are (N,)."""

    ids: list[str]
    sequences: list[str]
    lineages: list[Lineage]
    bins: list[str]
    columns: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.ids)

    def select(self, rows: Sequence[int]) -> Records:
        """Return only these rows."""
        return Records(
            [self.ids[row] for row in rows],
            [self.sequences[row] for row in rows],
            [self.lineages[row] for row in rows],
            [self.bins[row] for row in rows],
            self.columns[np.array(rows, dtype=np.int64)],
        )

    def species(self) -> list[str]:
        """Return the species of each barcode; ``""`` if it is not known."""
        return [lineage.names[_SPECIES] for lineage in self.lineages]


@dataclass(frozen=True)
class Split:
    """A library and its queries. ``sets`` has the name of each query's set; ``notes`` has the number of barcodes that
    were left out, or that are odd, by reason."""

    library: Records
    queries: Records
    sets: list[str]
    notes: dict[str, int] = field(default_factory=dict)


def read_records(barcodes: Iterable[Barcode], notes: Counter[str]) -> Records:
    """Return barcodes, placed and with clean names; each pair of barcode and lineage once.

    A barcode that has no species or cannot be placed is left out and counted in ``notes``.
    """
    ids, sequences, lineages, bins = [], [], [], []
    columns, seen = [], set()
    anchor = shipped_anchor()
    for part in in_blocks(barcodes, 1024):
        block = prepare(part, anchor, Limits())
        for barcode, status, row in zip(block.barcodes, block.status, block.placements.columns, strict=True):
            lineage, _ = clean_lineage(barcode.lineage)
            key = (row.tobytes(), lineage)
            if status != "ok":
                notes[status] += 1
            elif not lineage.names[_SPECIES]:
                notes["no_species"] += 1
            elif key in seen:
                notes["duplicate"] += 1
            else:
                seen.add(key)
                ids.append(barcode.id)
                sequences.append(barcode.sequence)
                lineages.append(lineage)
                bins.append(barcode.bin)
                columns.append(row)
    stacked = np.stack(columns) if columns else np.empty((0, anchor.profile.columns), dtype=np.uint8)
    return Records(ids, sequences, lineages, bins, stacked)


def load_split(inputs: Sequence[Path], queries: Sequence[Path], *, seed: int, max_queries: int) -> Split:
    """Return the split of these files. Query files or a column ``split`` give it; else it is made from the seed.

    In a column ``split``, rows with ``library`` or ``train`` are the library, and rows whose value begins with
    ``query`` or ``test`` are queries. Other rows are left out.

    Raises
    ------
    InputError
        if the library or the queries are empty.
    """
    notes: Counter[str] = Counter()
    if queries:
        given = (
            read_records(read_barcodes(inputs, labelled=True), notes),
            read_records(read_barcodes(queries, labelled=True), notes),
        )
        split = _as_given(*given, notes)
    elif len(inputs) == 1 and has_split(inputs[0]):
        library, asked = (read_records(_rows_of(inputs[0], part, notes), notes) for part in ("library", "queries"))
        split = _as_given(library, asked, notes)
    else:
        records = read_records(read_barcodes(inputs, labelled=True), notes)
        split = make_split(records, seed=seed, max_queries=max_queries, notes=notes)
    if not len(split.library) or not len(split.queries):
        what = "the library" if not len(split.library) else "the set of queries"
        reasons = ", ".join(f"{n:,} {reason}" for reason, n in sorted(split.notes.items()))
        raise InputError(
            f"{what} is empty ({reasons or 'nothing was left out'})",
            path=inputs[0],
            hint="a split needs genera with several species and species with several distinct barcodes",
        )
    return split


def _rows_of(path: Path, part: str, notes: Counter[str]) -> Iterator[Barcode]:
    """Yield the barcodes of one part, ``library`` or ``queries``, of a table with a column ``split``."""
    for row in read_split_table(path):
        is_library, is_query = row.split in ("library", "train"), row.split.startswith(("query", "test"))
        if (part == "library" and is_library) or (part == "queries" and is_query):
            yield Barcode.from_raw(row.id, row.raw.rstrip("Nn-. "), row.lineage, row.bin)
        elif part == "library" and not is_query:
            notes["other_split"] += 1


def _as_given(library: Records, queries: Records, notes: Counter[str]) -> Split:
    """Return the split of a given library and queries. Queries that equal a reference stay, and are counted."""
    known = {row.tobytes() for row in library.columns}
    same = sum(row.tobytes() in known for row in queries.columns)
    if same:
        notes["queries_identical_to_a_reference"] = same
    return Split(library, queries, sets_of(library, queries), dict(notes))


def sets_of(library: Records, queries: Records) -> list[str]:
    """Return the set of each query, which depends on what the library holds."""
    species = set(library.species())
    genera = {lineage.names[_GENUS] for lineage in library.lineages} - {""}
    return [
        "seen"
        if lineage.names[_SPECIES] in species
        else "unseen_species"
        if lineage.names[_GENUS] in genera
        else "unseen_genus"
        for lineage in queries.lineages
    ]


def make_split(records: Records, *, seed: int, max_queries: int, notes: Counter[str] | None = None) -> Split:
    """Return a split whose queries are of genera that are held out, of species of other genera that are held out, and
    single barcodes of other species.

    A barcode that several species share stays in the library, because it has no single right answer. At most
    ``max_queries`` queries are drawn for each set.
    """
    notes = Counter() if notes is None else notes
    rng = np.random.default_rng(seed)
    owners = defaultdict(set)
    for row, lineage in zip(records.columns, records.lineages, strict=True):
        owners[row.tobytes()].add(lineage.names[_SPECIES])
    askable = [len(owners[row.tobytes()]) == 1 for row in records.columns]
    notes["shared_by_several_species"] = len(askable) - sum(askable)
    rows_of = defaultdict(list)
    genus_of: dict[str, str] = {}
    family_of: dict[str, str] = {}
    for row, lineage in enumerate(records.lineages):
        rows_of[lineage.names[_SPECIES]].append(row)
        genus_of.setdefault(lineage.names[_SPECIES], lineage.names[_GENUS])
        family_of.setdefault(lineage.names[_GENUS], lineage.at("family"))
    species_of = _inverse(genus_of)
    new_genera = _hold_out(_inverse(family_of), UNSEEN_GENERA, max_queries, rng)
    out = [name for genus in sorted(new_genera) for name in species_of[genus]]
    rest = {genus: names for genus, names in species_of.items() if genus not in new_genera}
    several = {genus: names for genus, names in rest.items() if genus and len(names) > 1}
    chosen = _sample(sorted(several), max(1, round(UNSEEN_SPECIES * len(several))), rng)[:max_queries]
    new_species = [str(rng.choice(several[genus])) for genus in chosen]
    away = set(out) | set(new_species)
    queries = _one_each([*_sample(out, max_queries, rng), *new_species], rows_of, askable, rng)
    # Several rows may have the barcode of a query (one with a subfamily and one without, say): all leave the library.
    distinct = {name: {records.columns[row].tobytes() for row in rows} for name, rows in rows_of.items()}
    repeated = [name for name in sorted(rows_of) if name not in away and len(distinct[name]) > 1]
    seen = _one_each(_sample(repeated, max_queries, rng), rows_of, askable, rng)
    asked = {records.columns[row].tobytes() for row in [*queries, *seen]}
    library = [
        row
        for row, lineage in enumerate(records.lineages)
        if lineage.names[_SPECIES] not in away and records.columns[row].tobytes() not in asked
    ]
    kept, taken = records.select(library), records.select(sorted([*queries, *seen]))
    return Split(kept, taken, sets_of(kept, taken), {name: n for name, n in notes.items() if n})


def _inverse(above: dict[str, str]) -> dict[str, list[str]]:
    """Return the names below each name, from the name above each."""
    below = defaultdict(list)
    for name in sorted(above):
        below[above[name]].append(name)
    return below


def _hold_out(below: dict[str, list[str]], share: float, most: int, rng: np.random.Generator) -> set[str]:
    """Return a share of the names, at most ``most``, drawn so that each known name above them keeps at least one."""
    able = [name for above, names in below.items() if above and len(names) > 1 for name in names if name]
    left = {above: len(names) for above, names in below.items()}
    parent = {name: above for above, names in below.items() for name in names}
    taken: set[str] = set()
    for name in _sample(able, len(able), rng):
        if len(taken) >= min(most, round(share * len(able))):
            break
        if left[parent[name]] > 1:
            left[parent[name]] -= 1
            taken.add(name)
    return taken


def _sample(names: list[str], number: int, rng: np.random.Generator) -> list[str]:
    """Return up to ``number`` of the names, drawn at random, in random order."""
    order = rng.permutation(len(names))[:number]
    return [names[place] for place in order]


def _one_each(
    species: list[str], rows_of: dict[str, list[int]], askable: list[bool], rng: np.random.Generator
) -> list[int]:
    """Return the row of one barcode of each species, drawn among those that no other species has. A species that shares
    all of its barcodes is left out."""
    own = [[row for row in rows_of[name] if askable[row]] for name in species]
    return [int(rng.choice(rows)) for rows in own if rows]


def fragments(queries: Records, length: int, seed: int) -> dict[int, str]:
    """Return fragments of the queries: the bases of ``length`` consecutive columns, by number of the query.

    The first column is that of ``FIXED_START``. If it has none for this length, the column is drawn for each query
    among those from which the query covers enough. Queries that cover too little are left out.
    """
    rng = np.random.default_rng((seed, length))
    n_columns = queries.columns.shape[1]
    cut = {}
    for number, row in enumerate(queries.columns):
        known = np.concatenate([[0], np.cumsum(SINGLE_BASE[row] >= 0)])
        covered = known[length:] - known[:-length] >= _COVERED * length  # for each first column
        starts = np.flatnonzero(covered)
        fixed = FIXED_START.get(length)
        draw = rng.random()
        if fixed is not None:
            starts = starts[starts == min(fixed, n_columns - length)]
        if len(starts):
            start = int(starts[int(draw * len(starts))])
            cut[number] = decode(row[start : start + length]).replace("-", "")
    return cut


def write_records(records: Records, path: Path, **extra: Sequence[str]) -> None:
    """Write a table with BCDM's column names, and ``extra`` columns in front of the sequence."""
    with text_output(path) as file:
        print("processid", "bin_uri", *RANKS, *extra, "nuc", sep="\t", file=file)
        for row, lineage in enumerate(records.lineages):
            own = [values[row] for values in extra.values()]
            print(
                records.ids[row], records.bins[row], *lineage.names, *own, records.sequences[row], sep="\t", file=file
            )
