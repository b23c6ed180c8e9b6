"""Our seven ranks of the many that a lineage may name."""

from __future__ import annotations

import re

from barcodeembed.sequences.names.cleaning import clean_lineage
from barcodeembed.sequences.names.genbank import organism
from barcodeembed.sequences.names.known_names import known_ranks
from barcodeembed.taxonomy import RANKS, Lineage

_MISSING = frozenset({"", "none", "na", "nan", "unassigned"})

_TAXID = re.compile(r"_\d+$")
_FILLER = re.compile(rf"(?:{'|'.join(RANKS)})_.+")
_TWO_WORDS = re.compile(r"([A-Z][a-z-]+)[ _][a-z-]{3,}")


def lineage_of_ranks(names: dict[str, str]) -> Lineage:
    """Our seven ranks of many: a domain stands for a missing kingdom, a genus is taken from its binomial."""
    kingdom = names.get("kingdom", "") or names.get("domain", "")
    ours = [kingdom, *(names.get(rank, "") for rank in RANKS[1:])]
    if "genus" not in names and (genus := _genus_of(_TAXID.sub("", ours[-1]))):
        ours[-2] = genus
    return without_taxids(ours)


def _genus_of(name: str) -> str:
    """The genus of a binomial; empty for what only looks like one (``Insecta_unclassified``, ``Culex sp.``)."""
    match = _TWO_WORDS.fullmatch(name)
    if match is None or known_ranks(match[1]):
        return ""
    cleaned, _ = clean_lineage(Lineage.from_ranks(species=name))
    return match[1] if cleaned.at("species") else ""


def without_taxids(names: list[str]) -> Lineage:
    """A lineage of seven names as they come; MIDORI's lose their NCBI numbers.

    MIDORI is known by the number of its first name (2759, the eukaryotes). A rank that NCBI does not have it fills
    with the rank's name and that of a rank below, ``order_Vannellidae_95227``: no name at all.
    """
    if names[0] == "Eukaryota_2759":
        names = [_TAXID.sub("", name) for name in names]
        names = ["" if _FILLER.fullmatch(name) else name for name in names]
    return Lineage(tuple("" if name.lower() in _MISSING else name for name in names))


def lineage_of_name(name: str, rank: str = "") -> Lineage:
    """The lineage in a single name: a binomial, a name whose rank is known, or any of the ``rank`` that is given."""
    name, rank = name.strip(), rank.strip().casefold()
    if rank in RANKS[:-1]:
        return Lineage.from_ranks(**{rank: name})
    if species := organism(name.replace("_", " ")):
        return Lineage.from_ranks(genus=species.split()[0], species=species)
    ranks = [known for known in known_ranks(name) if known in RANKS]
    return Lineage.from_ranks(**{ranks[0]: name}) if len(ranks) == 1 else Lineage()
