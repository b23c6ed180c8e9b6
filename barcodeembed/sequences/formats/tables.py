"""Read tables with a header line, separated by tabs, commas, semicolons, bars or spaces; columns are found by name."""

from __future__ import annotations

import csv
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from os import PathLike
from typing import Any

from barcodeembed.errors import InputError, wrong_width
from barcodeembed.sequences.barcode import clean
from barcodeembed.sequences.formats.remarks import Remarks
from barcodeembed.sequences.names.lineages import parse_lineage
from barcodeembed.sequences.names.ranked import lineage_of_name
from barcodeembed.taxonomy import RANKS, Lineage

_ID_COLUMNS = """
processid bold_process_id id query_id seqid sequence_id sequenceid asv_id asv asvs otu_id otu otus zotu_id zotu esv_id
esv feature_id feature hash accession accession_version accession_number accession_no acc genbank_accession
ncbi_accession genbank record_id unique_id uid identifier read_id read contig_id contig barcode_id haplotype_id
haplotype unit_id
sha1 md5 seq_id seq_name sequence_name name query qseqid gbif_id occurrence_id material_sample_id catalogue_number
sampleid specimen_id specimen voucher_id voucher field_id museum_id catalog_number header label code
"""
COLUMNS = {
    # In tables of R and pandas, a first column without a name has the ids.
    "id": (*_ID_COLUMNS.split(), "unnamed: 0"),
    "sequence": (
        *("nuc", "dna_barcode", "sequence", "seq", "nucleotides", "dna_sequence", "nucleotide_sequence", "nucleotide"),
        *("asv_sequence", "otu_sequence", "consensus_sequence", "consensus", "barcode_sequence", "dna", "sequences"),
        *("rep_seq", "representative_sequence", "coi_sequence", "coi_5p", "fasta", "asv_seq", "sequence_data"),
    ),
    "bin": ("bin_uri", "dna_bin", "bin"),
    "marker": ("marker_code", "markercode"),
    "lineage": (
        "lineage",
        "taxonomy",
        "taxon",
        "consensus_lineage",
        "taxonomic_lineage",
        "classification",
        "taxa",
        "tax",
        "taxonomic_path",
        "taxonomy_path",
        "taxonomic_classification",
        "full_lineage",
        "lineage_names",
    ),
    "split": ("split",),
    "country": ("country/ocean", "country_ocean", "country"),
    "province": ("province/state", "province_state", "province", "state"),
    "region": ("region",),
    "sample": ("sample", "sample_name"),
    "size": ("size", "count", "abundance"),
    **{rank: (rank, f"{rank}_name", f"tax_{rank}", f"{rank}_taxon") for rank in RANKS},
    # Epithets are joined to their genus later on.
    "genus": ("genus", "genus_name", "generic_name"),
    "species": (
        "species",
        "species_name",
        "binomial",
        "species_binomial",
        "specific_epithet",
        "epithet",
        "species_epithet",
    ),
    # Names of any rank, for tables without a column for species.
    "name": (
        "scientific_name",
        "accepted_name",
        "organism",
        "organism_name",
        "taxon_name",
        "latin_name",
        "identification",
        "verbatim_identification",
    ),
    "rank": ("taxon_rank", "identification_rank", "rank"),
}
"""What is read from a table, and the names that its column may have, the preferred one first.

Case, ``#`` in front, spaces, underscores, dots and hyphens make no difference: ``#OTU ID`` is ``otu_id``.
"""

PLACES = {"--country": ("country",), "--region": ("province", "region")}
"""Columns that options which choose records by place need, one of them each."""

_DELIMITERS = (",", ";", "|", " ")  # the first one where two are as good
_MISSING = frozenset({"", "none", "nan", "na", "not_classified"})
_BLANK = " \t\r\n\v\f\x1a"  # with the sign that ends a file of DOS
_LONGEST_FIELD = 2**31 - 1  # csv's own limit is 131,072 characters


def read_rows(
    header: str,
    text: Iterable[str],
    path: str | PathLike[str],
    lines_before: int = 0,
    *,
    need_ids: bool = False,
    needed: Container[str] = COLUMNS,
    remarks: Remarks | None = None,
) -> Iterator[dict[str, str]]:
    """Yield the rows below a header by the keys of :data:`COLUMNS`, as far as it has them; what is missing is empty.

    ``lines_before`` counts the lines above the header. With ``need_ids`` a column of ids must be known, if one
    could be. A column that is not ``needed`` is left out if it occurs twice, which is said in ``remarks``.

    Raises
    ------
    InputError
        naming the line of a row that has not as many fields as the header, or that can't be read; if no column of ids
        is known; if a column that is needed occurs twice.
    """
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_FIELD))
    names: list[str] = []
    first_line, text = _first_line(iter(text))
    rows = csv.reader(text, strict=True, **csv_dialect(header))
    while True:
        line = lines_before + 1 + rows.line_num + 1
        try:
            fields = next(rows, None)
        except csv.Error as error:
            raise InputError(f"this row can't be read ({error})", path=path, line=line) from None
        if fields is not None and len(fields) <= 1 and not "".join(fields).strip(_BLANK):
            continue  # a blank line
        if not names:
            names = names_of_all(header, fields or [], quoted=first_line.lstrip().startswith('"'))
            columns = find_columns(names)
            for ours, number in _repeated(names, columns).items():
                name = repr(names[columns[ours]].strip())
                if ours in needed:
                    what, hint = f"the column {name} occurs {number} times", "give all but one of them another name"
                    raise InputError(what, path=path, line=lines_before + 1, hint=hint)
                del columns[ours]
                if remarks is not None:
                    remarks.add("columns that occur twice and are not read", f"{path}: {name}")
            if need_ids:
                check_ids(names, path)
        if fields is None:
            return
        if len(fields) != len(names) and any(field.strip() for field in fields[len(names) :] or ["too few"]):
            what = wrong_width(len(fields), len(names))
            raise InputError(what, path=path, line=line, hint=_hint(header))
        yield {
            # An id may be NA or None: its owner chose it.
            ours: _cell(fields[column]) if ours == "id" else _value(fields[column])
            for ours, column in columns.items()
        }


def _repeated(names: list[str], columns: Mapping[str, int]) -> dict[str, int]:
    """Return how often each of the ``columns`` occurs that occurs more than once: nobody knows which one is meant."""
    folded = [_folded(name) for name in names]
    times = {ours: folded.count(folded[place]) for ours, place in columns.items() if folded[place]}
    return {ours: number for ours, number in times.items() if number > 1}


def _first_line(text: Iterator[str]) -> tuple[str, Iterator[str]]:
    """Return the first line that is not blank, and all lines."""
    lines: list[str] = []
    for line in text:
        lines.append(line)
        if line.strip():
            break
    return lines[-1] if lines else "", chain(lines, text)


def _hint(header: str) -> str | None:
    """Return what to do where rows have not as many fields as the header."""
    names_have_spaces = "put quotes around names of several words, or tabs between the columns"
    return names_have_spaces if csv_dialect(header)["delimiter"] == " " else None


def names_of_all(header: str, first_row: list[str], *, quoted: bool) -> list[str]:
    """Return the names of the columns, with an empty one in front if the rows have names of their own, as R writes
    them.

    ``quoted`` tells whether the first row begins with a quote.
    """
    names = split_header(header)
    if len(first_row) != len(names) + 1 or not first_row[0].strip():
        return names
    # Without quotes, Costa Rica, Limon is two fields in a table with commas, and Culex pipiens in one with spaces.
    delimiter, has_ids = csv_dialect(header)["delimiter"], "id" in find_columns(names)
    numbered = first_row[0] == "1" and (delimiter == "\t" or not has_ids)
    if (has_ids or delimiter == " ") and not (numbered or quoted):
        return names
    place = find_columns(names).get("sequence")
    if place is None:
        return ["", *names] if first_row[-1].strip() else names
    here, next_to_it = (clean(first_row[at]).sequence for at in (place, place + 1))
    return ["", *names] if next_to_it and not here else names


def split_header(header: str) -> list[str]:
    """Return the names of the columns."""
    return split_row(header, header)


def split_row(header: str, line: str) -> list[str]:
    """Return the fields of a line below a header."""
    return next(csv.reader([line], **csv_dialect(header)), [])


def find_columns(names: list[str]) -> dict[str, int]:
    """Return the places of the columns that are used."""
    known = [_folded(name) for name in names]
    found = {}
    for ours, theirs in COLUMNS.items():
        best = next((folded for folded in map(_folded, theirs) if folded in known), None)
        if best is not None:
            found[ours] = known.index(best)
    if "id" not in found and len(names) > 1 and not known[0]:
        found["id"] = 0
    return found


def _folded(name: str) -> str:
    return re.sub(r"[\s_.-]+", "", name.lstrip("\ufeff").strip().lstrip("#")).lower()


def check_ids(names: list[str], path: str | PathLike[str]) -> None:
    """Check that a table has a column of ids, or no column that could be one.

    Raises
    ------
    InputError
        with the names of the columns.
    """
    found = find_columns(names)
    others = [name.strip() for place, name in enumerate(names) if place not in found.values()]
    if "id" not in found and others:
        what = f"no column of ids was found among {', '.join(map(repr, others))}"
        raise InputError(what, path=path, line=1, hint="give the column that has them the name 'id'")


def check_places(names: Sequence[str], options: Iterable[str], path: str | PathLike[str]) -> None:
    """Check that a file has the columns that ``options``, keys of :data:`PLACES`, need; FASTA has no ``names``.

    Raises
    ------
    InputError
        with the names of the columns.
    """
    found = find_columns(list(names))
    for option in options:
        if found.keys().isdisjoint(PLACES[option]):
            accepted = ", ".join(repr(COLUMNS[ours][0]) for ours in PLACES[option])
            what = f"{option} needs a column {accepted}; the columns are {', '.join(map(repr, names))}"
            if not names:
                what = f"{option} needs a table with a column {accepted}; this file has no columns"
            raise InputError(what, path=path, hint=f"name the column so, or leave {option} out")


def row_lineage(row: Mapping[str, str]) -> Lineage:
    """Return the lineage of a row: from its rank columns, or its column of lineages, or a single name.

    A lineage also gives the ranks that have no column, if it agrees with the others; a single name
    (``scientificName``) gives the species.
    """
    names = [row.get(rank, "") for rank in RANKS]
    if "lineage" in row:
        told = parse_lineage(row["lineage"])
        if row.keys().isdisjoint(RANKS):
            return told or lineage_of_name(row["lineage"])
        if all(row.get(rank) in (None, "", name) for rank, name in zip(RANKS[:-1], told.names, strict=False) if name):
            names = [row.get(rank, name) for rank, name in zip(RANKS, told.names, strict=True)]
    if "species" not in row and "name" in row:
        told = lineage_of_name(row["name"], row.get("rank", ""))
        names = [name or other for name, other in zip(names, told.names, strict=True)]
    return Lineage(tuple(names))


def has_names(columns: Container[str]) -> bool:
    """Return whether a table with these columns has names of taxa."""
    return any(column in columns for column in (*RANKS, "lineage", "name"))


def _cell(text: str) -> str:
    """Return the text of a cell without spaces around it; ``="007"`` is how spreadsheets keep a number as text."""
    text = text.strip()
    return text[2:-1] if text[:2] == '="' and text[-1:] == '"' and len(text) > 2 else text


def _value(text: str) -> str:
    value = _cell(text)
    return "" if value.lower() in _MISSING else value


def csv_dialect(header: str) -> dict[str, Any]:
    """Return the settings for :mod:`csv`: commas, semicolons, bars and spaces come with quotes.

    Tabs come without them unless the header is quoted: the text of BOLD has stray quotes.
    """
    delimiter = (
        "\t" if "\t" in header else max(_DELIMITERS, key=lambda sign: (_n_known(header, sign), header.count(sign)))
    )
    # Names of columns may have spaces.
    if delimiter == " " and (_n_known(header, " ") < 2 or any(sign in header for sign in _DELIMITERS[:-1])):
        delimiter = ","
    quoted = delimiter != "\t" or header.startswith('"')
    dialect = {"delimiter": delimiter, "quoting": csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE}
    # Spaces after a comma belong to no field, and several spaces part two columns as one does.
    return dialect if delimiter == "\t" else {**dialect, "skipinitialspace": True}


def _n_known(header: str, delimiter: str) -> int:
    """Return how many of the columns that we use the header has if it is split at this character."""
    return len(find_columns(next(csv.reader([header], delimiter=delimiter), [])))
