"""Which columns of a table are read, found by the names that other programs and databases give them."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from os import PathLike

from barcodeembed.errors import InputError
from barcodeembed.taxonomy import RANKS

_NAMES = {
    # In tables of R and pandas, a first column without a name ("Unnamed: 0") has the ids.
    "id": """
        processid bold_process_id id query_id seqid sequence_id sequenceid asv_id asv asvs otu_id otu otus zotu_id zotu
        esv_id esv feature_id feature hash accession accession_version accession_number accession_no acc
        genbank_accession ncbi_accession genbank record_id unique_id uid identifier read_id read contig_id contig
        barcode_id haplotype_id haplotype unit_id sha1 md5 seq_id seq_name sequence_name name query qseqid gbif_id
        occurrence_id material_sample_id catalogue_number sampleid specimen_id specimen voucher_id voucher field_id
        museum_id catalog_number header label code unnamed:_0
    """,
    "sequence": """
        nuc dna_barcode sequence seq nucleotides dna_sequence nucleotide_sequence nucleotide asv_sequence otu_sequence
        consensus_sequence consensus barcode_sequence dna sequences rep_seq representative_sequence coi_sequence coi_5p
        fasta asv_seq sequence_data
    """,
    "bin": "bin_uri dna_bin bin",
    "marker": "marker_code markercode",
    "lineage": """
        lineage taxonomy taxon consensus_lineage taxonomic_lineage classification taxa tax taxonomic_path taxonomy_path
        taxonomic_classification full_lineage lineage_names
    """,
    "split": "split",
    "country": "country/ocean country_ocean country",
    "province": "province/state province_state province state",
    "region": "region",
    "sample": "sample sample_name",
    "size": "size count abundance",
    **{rank: f"{rank} {rank}_name tax_{rank} {rank}_taxon" for rank in RANKS},
    # Epithets are joined to their genus later on.
    "genus": "genus genus_name generic_name",
    "species": "species species_name binomial species_binomial specific_epithet epithet species_epithet",
    # Names of any rank, for tables without a column for species.
    "name": """
        scientific_name accepted_name organism organism_name taxon_name latin_name identification
        verbatim_identification
    """,
    "rank": "taxon_rank identification_rank rank",
}

COLUMNS = {ours: tuple(names.split()) for ours, names in _NAMES.items()}
"""What is read from a table, and the names that its column may have, the preferred one first.

Case, ``#`` in front, spaces, underscores, dots and hyphens make no difference: ``#OTU ID`` is ``otu_id``.
"""

PLACES = {"--country": ("country",), "--region": ("province", "region")}
"""Columns that options which choose records by place need, one of them each."""


def find_columns(names: list[str]) -> dict[str, int]:
    """Return the places of the columns that are read, by the keys of :data:`COLUMNS`."""
    known = [_folded(name) for name in names]
    found = {}
    for ours, theirs in COLUMNS.items():
        best = next((folded for folded in map(_folded, theirs) if folded in known), None)
        if best is not None:
            found[ours] = known.index(best)
    if "id" not in found and len(names) > 1 and not known[0]:
        found["id"] = 0
    return found


def columns_to_read(
    names: list[str], needed: Container[str], path: str | PathLike[str], line: int
) -> tuple[dict[str, int], list[str]]:
    """Return the places of the columns as :func:`find_columns` does, without those that occur more than once, and the
    names of the latter: nobody knows which one is meant.

    Raises
    ------
    InputError
        if one of the latter is ``needed``.
    """
    columns, left_out = find_columns(names), []
    folded = [_folded(name) for name in names]
    for ours, place in list(columns.items()):
        number = folded.count(folded[place]) if folded[place] else 1
        if number == 1:
            continue
        if ours in needed:
            what = f"the column {names[place].strip()!r} occurs {number} times"
            raise InputError(what, path=path, line=line, hint="give all but one of them another name")
        del columns[ours]
        left_out.append(names[place].strip())
    return columns, left_out


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


def has_names(columns: Container[str]) -> bool:
    """Return whether a table with these columns has names of taxa."""
    return any(column in columns for column in (*RANKS, "lineage", "name"))


def _folded(name: str) -> str:
    return re.sub(r"[\s_.-]+", "", name.lstrip("\ufeff").strip().lstrip("#")).lower()
