"""Reduce a lineage of many ranks to our seven."""

from __future__ import annotations

import re

from barcodeembed.sequences.missing import MISSING
from barcodeembed.sequences.names.cleaning import clean_lineage
from barcodeembed.sequences.names.genbank import organism
from barcodeembed.sequences.names.known_names import known_ranks
from barcodeembed.taxonomy import RANKS, Lineage

NO_NAME = MISSING | {"unassigned"}
"""What databases write in a lineage, in lower case, at a rank without a name."""

_TAXID = re.compile(r"_\d+$")
_FILLER = re.compile(rf"(?:{'|'.join(RANKS)})_.+")
_TWO_WORDS = re.compile(r"([A-Z][a-z-]+)[ _][a-z-]{3,}")


def lineage_of_ranks(names: dict[str, str]) -> Lineage:
    """Return our seven ranks of many: a domain stands for a missing kingdom, a genus is taken from its binomial."""
    kingdom = names.get("kingdom", "") or names.get("domain", "")
    ours = [kingdom, *(names.get(rank, "") for rank in RANKS[1:])]
    if "genus" not in names and (genus := _genus_of(_TAXID.sub("", ours[-1]))):
        ours[-2] = genus
    return without_taxids(ours)


def _genus_of(name: str) -> str:
    """Return the genus of a binomial; empty for a name that only looks like one (``Insecta_unclassified``, ``Culex
    sp.``)."""
    match = _TWO_WORDS.fullmatch(name)
    if match is None or known_ranks(match[1]):
        return ""
    cleaned, _ = clean_lineage(Lineage.from_ranks(species=name))
    return match[1] if cleaned.at("species") else ""


def without_taxids(names: list[str]) -> Lineage:
    """Return the lineage of seven names; if they are MIDORI's, without their taxonomy numbers of NCBI.

    MIDORI is recognised by the number of its first name (2759, the eukaryotes). Where NCBI has no name at a rank,
    MIDORI writes the word of the rank and a name of a lower rank (``order_Vannellidae_95227``), which is no name of
    that rank.
    """
    if names[0] == "Eukaryota_2759":
        names = [_TAXID.sub("", name) for name in names]
        names = ["" if _FILLER.fullmatch(name) else name for name in names]
    return Lineage(tuple("" if name.lower() in NO_NAME else name for name in names))


def lineage_of_name(name: str, rank: str = "") -> Lineage:
    """Return the lineage in a single name: a binomial, a name whose rank is known, or any name if its ``rank`` is
    given."""
    name, rank = name.strip(), rank.strip().casefold()
    if rank in RANKS[:-1]:
        return Lineage.from_ranks(**{rank: name})
    if species := organism(name.replace("_", " ")):
        return Lineage.from_ranks(genus=species.split()[0], species=species)
    ranks = [known for known in known_ranks(name) if known in RANKS]
    return Lineage.from_ranks(**{ranks[0]: name}) if len(ranks) == 1 else Lineage()
