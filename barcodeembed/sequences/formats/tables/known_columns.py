"""Which columns of a table are read, found by the names that other programs and databases give them."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from os import PathLike

from barcodeembed.errors import InputError
from barcodeembed.sequences.names.spelling import without_accents
from barcodeembed.taxonomy import RANKS

_NAMES = {
    # In tables of R and pandas, a first column without a name ("Unnamed: 0") has the ids.
    "id": """
        processid bold_process_id id query_id seqid sequence_id sequenceid asv_id asv asvs otu_id otu otus zotu_id zotu
        esv_id esv global_esv feature_id feature hash accession accession_version accession_number accession_no acc
        genbank_accession ncbi_accession genbank record_id unique_id uid identifier read_id read contig_id contig
        barcode_id haplotype_id haplotype unit_id sha1 md5 seq_id seq_name sequence_name name query qseqid gbif_id
        occurrence_id material_sample_id catalogue_number sampleid specimen_id specimen voucher_id voucher field_id
        museum_id catalog_number catalog_no catalogue_no catalog collection_number collection_no inventory_number
        inventory_no museum_no specimen_number specimen_no sample_no lab_id lab_code isolate extraction_id header label
        code no unnamed:_0 observation_name
    """,
    "sequence": """
        nuc dna_barcode sequence seq nucleotides dna_sequence nucleotide_sequence nucleotide asv_sequence otu_sequence
        consensus_sequence consensus barcode_sequence dna sequences rep_seq representative_sequence coi_sequence coi_5p
        fasta asv_seq seed_sequence sequence_data nucraw
    """,
    "bin": "bin_uri dna_bin bin",
    "marker": "marker_code markercode",
    # Columns of one's own, where only the names of common markers count.
    "gene": "marker marker_name gene gene_name locus target_gene",
    "lineage": """
        lineage taxonomy taxon consensus_lineage taxonomic_lineage classification taxa tax taxonomic_path taxonomy_path
        taxonomic_classification full_lineage lineage_names blast_taxonomy
    """,
    "split": "split",
    "country": "country/ocean country_ocean country",
    "province": "province/state province_state province state",
    "region": "region",
    "sample": "sample sample_name",
    "size": "size count total_reads read_count n_reads esv_size total abundance observation_sum",
    **{rank: f"{rank} {rank}_name tax_{rank} {rank}_taxon" for rank in RANKS},
    # Epithets are joined to their genus later on.
    "genus": "genus genus_name generic_name",
    "species": "species species_name binomial species_binomial specific_epithet epithet species_epithet",
    # Names of any rank, for tables without a column for species.
    "name": """
        scientific_name sci_name sci_name_valid accepted_name organism organism_name taxon_name latin_name
        identification verbatim_identification genus_species genus/species binomen valid_name valid_species
    """,
    "rank": "taxon_rank identification_rank rank",
}
_ELSEWHERE = {
    # German, French, Spanish, Portuguese, Dutch, Italian and Swedish names, without their accents.
    "id": """
        kennung katalognummer katalog_nr belegnummer beleg_nr inventarnummer inventar_nr inv_nr probennummer probe_nr
        proben_nr proben_id nummer nr identifiant numero numero_de_catalogue numero_d'inventaire code_barre
        codigo identificador numero_de_catalogo numero_de_registro voucher_no registratienummer
        collectienummer codice identificativo
    """,
    "sequence": """
        sequenz dna_sequenz nukleotidsequenz coi_sequenz sequence_adn sequence_nucleotidique secuencia secuencia_adn
        secuencia_de_adn sequencia sequencia_dna sequencia_de_dna sequentie dna_sequentie sequenza sequenza_dna
        sekvens dna_sekvens
    """,
    "country": "land staat pays pais paese",
    "province": "bundesland provinz kanton departement provincia provincie estado canton",
    "region": "regione",
    "sample": "probe probenname probenbezeichnung echantillon muestra amostra monster monsternaam campione",
    "kingdom": "reich regne reino rijk regno rike",
    "phylum": "stamm embranchement filo filum phylo stam fylum stam_phylum",
    "class": "klasse classe clase klass",
    "order": "ordnung ordre orden ordem orde ordine ordning",
    "family": "familie famille familia famiglia familj",
    "genus": "gattung gattungsname genre genero geslacht genere slakte",
    "species": """
        art artname espece nom_d'espece especie nombre_de_especie nome_da_especie soort soortnaam specie artepitheton
        epitheton epithete epiteto epitheton_specificum
    """,
    "name": """
        wissenschaftlicher_name wissenschaftlicher_artname lateinischer_name taxonname nom_scientifique nom_latin
        nombre_cientifico nome_cientifico wetenschappelijke_naam latijnse_naam nome_scientifico vetenskapligt_namn
    """,
    "rank": "rang rango taxonrang",
}

COLUMNS = {ours: (*names.split(), *_ELSEWHERE.get(ours, "").split()) for ours, names in _NAMES.items()}
"""What is read from a table, and the names that its column may have, the preferred one first.

Case, accents, quotes, ``#``, ``*``, spaces, underscores, dots and hyphens make no difference (``#OTU ID``, ``otu_id``).
Nor does what stands in brackets (``Sequence (5'-3')``), unless another column has the name without it.
"""

PLACES = {"--country": ("country",), "--region": ("province", "region")}
"""Columns that options which choose records by place need, one of them each."""


_LONGEST_NAME = 60
_STRAIN = ("stamm", "stam")  # German and Dutch for phylum and for strain: a phylum stands beside other high ranks
_OTU = ("otuid", "otu", "otus", "zotuid", "zotu")  # of several haplotypes each, if there is a column of these
_HAPLOTYPE = ("haplotypeid", "haplotype")
_ALL_READS = ("totalreads", "nreads", "total")
_HIGH_RANKS = ("kingdom", "class", "order")
_IN_BRACKETS = re.compile(r"[(\[{].*[)\]}]")
_NO_DIFFERENCE = re.compile("[\\s_.#*\"'`\u00b4\u2018-\u201f\u00ab\u00bb-]+")


def find_columns(names: Sequence[str]) -> dict[str, int]:
    """Return the places of the columns that are read, by the keys of :data:`COLUMNS`."""
    known = folded_names(names)
    found = {}
    for ours, theirs in _FOLDED.items():
        if ours == "size" and "sample" in found:
            # Beside a sample this is the number of all its reads, not of those with one sequence.
            theirs = tuple(folded for folded in theirs if folded not in _ALL_READS)
        best = next((folded for folded in theirs if folded in known), None)
        if best is not None:
            found[ours] = known.index(best)
    haplotype = next((folded for folded in _HAPLOTYPE if folded in known), None)
    if haplotype and "id" in found and known[found["id"]] in _OTU:
        found["id"] = known.index(haplotype)
    if "id" not in found and len(names) > 1 and not known[0]:
        found["id"] = 0
    if "phylum" in found and known[found["phylum"]] in _STRAIN and found.keys().isdisjoint(_HIGH_RANKS):
        del found["phylum"]
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
    folded = folded_names(names)
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
        shown = ", ".join(repr(name[:_LONGEST_NAME]) for name in others)
        what = f"no column of ids was found among {shown}"
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


def refuse_second_header(
    first_row: list[str], columns: Mapping[str, int], path: str | PathLike[str], line: int
) -> None:
    """Refuse a first row that has names of ranks, but no sequence and no id: of merged cells, it is the other half of
    the header.

    Raises
    ------
    InputError
        naming the ranks.
    """
    # A sequence in the place of a name may have millions of letters.
    found = find_columns([cell[:_LONGEST_NAME] for cell in first_row])
    ranks = [name for name in RANKS if name in found]
    own = [columns.get("id", 0), columns.get("sequence", len(first_row))]
    if len(ranks) > 1 and not any(cell.strip() for place in own for cell in first_row[place : place + 1]):
        what = f"the names of the columns stand in two lines ({', '.join(ranks)} in this one)"
        raise InputError(what, path=path, line=line, hint="write all of them in one line")


def is_repeated_header(row: Mapping[str, str]) -> bool:
    """Return whether a row is the header of a file that was joined to another: the cells of its sequence and its id, as
    far as it has them, are names that such columns may have. A marker (``COI-5P``) may be in the place of a
    sequence."""
    cells = [(ours, row[ours]) for ours in ("sequence", "id") if row.get(ours) or ours == "sequence"]
    return all(len(cell) <= _LONGEST_NAME and folded_names([cell])[0] in _FOLDED[ours] for ours, cell in cells)


def has_names(columns: Container[str]) -> bool:
    """Return whether a table with these columns has names of taxa."""
    return any(column in columns for column in (*RANKS, "lineage", "name"))


def folded_names(names: Sequence[str]) -> list[str]:
    """Return the names of columns in the form in which they are compared; see :data:`COLUMNS`."""
    plain = [_folded(name) for name in names]
    short = [_folded(_IN_BRACKETS.sub("", name)) for name in names]
    return [one if one == bare or not bare or bare in plain else bare for one, bare in zip(plain, short, strict=True)]


def _folded(name: str) -> str:
    return _NO_DIFFERENCE.sub("", without_accents(name.strip("\ufeff")).strip()).lower()


_FOLDED = {ours: tuple(map(_folded, names)) for ours, names in COLUMNS.items()}
