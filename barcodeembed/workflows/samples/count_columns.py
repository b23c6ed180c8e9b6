"""Tell the columns and rows of count tables that are no samples or features: sums, names, lengths, qualities."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from barcodeembed.sequences.formats.tables.known_columns import find_columns, folded_names
from barcodeembed.sequences.missing import MISSING
from barcodeembed.taxonomy import RANKS
from barcodeembed.workflows.samples.cells import is_text

_TOTALS = """
total totals total_reads total_count total_counts total_abundance n_reads num_reads grand_total row_sum row_sums
rowsum sum sums reads_total sum_reads summe gesamt gesamtsumme insgesamt somme total_general suma soma totale totaal
somma observation_sum
"""
# Of VSEARCH, swarm, OBITools, MetaBarPark, APSCALE, FROGS, BOLDigger, QIIME 2, BLAST, and scripts that count.
_OTHERS = """
size count counts reads abundance cluster_weight spread length seq_length sequence_length seq_len seq_rank confidence
consensus best_identity identity pident similarity bitscore evalue e_value score prevalence taxid tax_id cloud quality
ee gc gc_content gc% bp qcov qcovs query_cover query_coverage coverage bootstrap frequency occurrence occurrences
obiclean_weight obiclean_count n_samples num_samples number_of_samples samples_observed_in cluster_size n_seqs
sequence_order blast_perc_identity blast_perc_query_coverage blast_evalue blast_aln_length
"""
_OF_TOTALS = frozenset(folded_names(_TOTALS.split()))
_NO_SAMPLES = _OF_TOTALS.union(folded_names(_OTHERS.split()))
_MARK = re.compile(r"(?:merged_)?sample:(?=.)", re.IGNORECASE)
_ROWS_THAT_TELL = 5  # of two samples or more, all with one that has as many reads as all others: that is no chance


def sample_of(name: str) -> str:
    """Return the sample that a column is of, without the mark of OBITools."""
    return _MARK.sub("", name)


def _is_code(name: str) -> bool:
    """Return whether a name may be the code of a site, beside others: two capitals, such as ``BP`` or ``GC``."""
    return len(name) == 2 and name.isupper()


def is_total(label: str) -> bool:
    """Return whether the name of a row or column is that of a sum."""
    return folded_names([label])[0] in _OF_TOTALS


def place_of_ids(header: Sequence[str], text: Sequence[int]) -> int:
    """Return the column with the names of the features. It is the first one, unless that has neither ids nor sequences
    (but numbers of rows, or names of taxa) and one of the columns ``text`` is known to have ids."""
    if {"id", "sequence"} & find_columns(header[:1]).keys():
        return 0
    place = find_columns(header).get("id", 0)
    return place if place in text else 0


def text_columns(header: Sequence[str], table: Iterable[tuple[int, list[str]]], first: int) -> list[int]:
    """Return which columns have text and no number, or no value and the name of a rank or none."""
    may_be = list(range(first, len(header)))
    ranks = {at for rank, at in find_columns(header).items() if rank in RANKS}
    empty = [at for at in may_be if not header[at] or at in ranks]
    seen: set[int] = set()
    for _, fields in table:
        seen.update(at for at in may_be if is_text(fields[at]))
        may_be = [at for at in may_be if is_text(fields[at]) or fields[at].lower() in MISSING]
        empty = [at for at in empty if not fields[at]]
        if not may_be and not empty:
            break
    return sorted({*(at for at in may_be if at in seen), *empty})


def other_columns(header: Sequence[str], samples: Sequence[int]) -> list[int]:
    """Return which of these columns are no samples, because their names say that their numbers are something else
    (``total``, ``length``); none if no sample would be left. In tables of OBITools samples are marked
    (``sample:siteA``)."""
    if any(header[at] != sample_of(header[at]) for at in samples):
        return [at for at in samples if header[at] == sample_of(header[at])]
    found = [at for at in samples if folded_names([header[at]])[0] in _NO_SAMPLES]
    if any(_is_code(header[at]) for at in samples if at not in found):
        found = [at for at in found if not _is_code(header[at])]
    return found if len(found) < len(samples) else []


def sum_of_others(rows: Iterable[Mapping[int, int]]) -> int | None:
    """Return the column that is the sum of all others: in every row it has as many reads as they have together. None if
    there is none, or if too few rows have reads in several other columns to be sure."""
    column, telling = None, 0
    for counts in rows:
        if not counts:
            continue
        half, rest = divmod(sum(counts.values()), 2)
        most = max(counts, key=lambda at: counts[at])
        if rest or counts[most] != half or (column is not None and most != column and counts.get(column) != half):
            return None
        if len(counts) > 2:
            column, telling = most if column is None else column, telling + 1
    return column if telling >= _ROWS_THAT_TELL else None
