"""Lineages in FASTA headers and in taxonomy columns, as other tools write them. A new dialect is a function in
:data:`DIALECTS`.

A dialect is recognised by what only it has (a rank prefix ``k__``, a root, a kingdom's name before a ``;``, BOLD's
process id and marker), so a header that merely looks odd keeps its id and gives no lineage. :data:`LOOSE_DIALECTS` are
those that any two words may look like: they are tried only in files of labelled references.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from barcodeembed.sequences.names.bold import parse_bold
from barcodeembed.sequences.names.cleaning import clean_lineage
from barcodeembed.sequences.names.genbank import organism
from barcodeembed.sequences.names.known_names import KINGDOMS, PHYLA, known_ranks
from barcodeembed.sequences.names.positions import by_position, by_prefix
from barcodeembed.taxonomy import RANKS, Lineage

Labelled = tuple[str, Lineage]
"""The id and the lineage of a header; the id is empty where the header has none."""

_MISSING = frozenset({"", "none", "na", "nan", "unassigned"})

# What a lineage may begin with: at the start of a word, or after what parts it from the id.
_BESIDE = r"(?:_\d+|\s*[(\[]\d+(?:\.\d+)?%?[)\]])?"
_START = re.compile(
    r"(?:^|###|[\s|;,])(?=(?:sk|[dkpco])__|D_0__|(?:sk|[dkp])(?:_|\s?:\s?)[^\W\d_]{4}"
    r"|(?:kingdom|domain|superkingdom|phylum)(?:__?|\s?[:=]\s?)[^\W\d_]{4}"
    r'|"?(?:root(?:_1)?|cellular ?organisms|' + "|".join(sorted(KINGDOMS | PHYLA)) + rf'){_BESIDE}"?;)',
    re.IGNORECASE,
)
_TAXID = re.compile(r"_\d+$")
_FILLER = re.compile(rf"(?:{'|'.join(RANKS)})_.+")
_TWO_WORDS = re.compile(r"([A-Z][a-z-]+)[ _][a-z-]{3,}")
_COLON = re.compile(r"\s*(?:sk|[dkpcofgst]):", re.IGNORECASE)
_PREFIX_AFTER_COMMA = re.compile(r",(?=\s*(?:sk|[dkpcofgst])(?:__|:))", re.IGNORECASE)
_SEPARATORS = (";", "|", "\t", ">", ",")


def parse_header(header: str, *, labelled: bool = False) -> Labelled | None:
    """The id and the lineage of a FASTA header in one of :data:`DIALECTS`; ``None`` if it is in none of them.

    ``labelled`` says that the file is known to hold named references, so :data:`LOOSE_DIALECTS` count, too. Never
    fails. SINTAX is not among them: see :func:`parse_sintax`, which may.
    """
    for read in (*DIALECTS.values(), *LOOSE_DIALECTS.values()) if labelled else DIALECTS.values():
        if found := read(header):
            return found
    return None


def may_be_marked(header: str) -> bool:
    """Whether a header can be in one of :data:`DIALECTS`, or SINTAX, at all: quick, for the many that can't."""
    return ";" in header or "__" in header or "tax=" in header or header.count("|") > 1 or ",p:" in header


def parse_sintax(header: str) -> Lineage:
    """The lineage of a SINTAX header, empty if there is none; MIDORI's without its NCBI numbers.

    Raises
    ------
    InputError
        if ranks are separated by ``;``.
    """
    return _without_taxids(list(Lineage.from_sintax(header).names))


@lru_cache(maxsize=1 << 14)
def parse_lineage(text: str) -> Lineage:
    """A lineage from a column of a taxonomy file: rank prefixes, names by position, or SINTAX; empty if it is none."""
    text = text.strip().strip('"')
    if _COLON.match(text) and ";" not in text:
        return parse_sintax("tax=" + text)
    return _lineage_of(text) or Lineage()


def _lineage_of(text: str) -> Lineage | None:
    """The lineage of a text that is nothing but one; by the first separator that parts it."""
    if found := by_prefix(_PREFIX_AFTER_COMMA.split(text) if ";" not in text else text.split(";")):
        return _of_ranks(found)
    for separator in _SEPARATORS:
        if separator in text:
            found = by_prefix(text.split(separator)) or by_position(text.split(separator))
            return None if found is None else _of_ranks(found)
    return None


def _of_ranks(names: dict[str, str]) -> Lineage:
    """Our seven ranks of many: a domain stands for a missing kingdom, a genus is taken from its binomial."""
    kingdom = names.get("kingdom", "") or names.get("domain", "")
    ours = [kingdom, *(names.get(rank, "") for rank in RANKS[1:])]
    if "genus" not in names and (genus := _genus_of(_TAXID.sub("", ours[-1]))):
        ours[-2] = genus
    return _without_taxids(ours)


def _marked(header: str) -> Labelled | None:
    """QIIME 2, UNITE, DADA2, RDP, MIDORI, IDTAXA and the like: ``ID`` (or nothing), then the lineage."""
    if not (";" in header or "__" in header or ",p:" in header):
        return None
    start = _START.search(header)
    lineage = _lineage_of(header[start.end() :]) if start else None
    if start is None or lineage is None or not lineage:
        return None
    words = header[: start.start()].rstrip("|;, \t").split(maxsplit=1)
    return (words[0] if words else ""), lineage


def _genus_of(name: str) -> str:
    """The genus of a binomial; empty for what only looks like one (``Insecta_unclassified``, ``Culex sp.``)."""
    match = _TWO_WORDS.fullmatch(name)
    if match is None or known_ranks(match[1]):
        return ""
    cleaned, _ = clean_lineage(Lineage.from_ranks(species=name))
    return match[1] if cleaned.at("species") else ""


def _without_taxids(names: list[str]) -> Lineage:
    """A lineage of seven names as they come; MIDORI's lose their NCBI numbers.

    MIDORI is known by the number of its first name (2759, the eukaryotes). A rank that NCBI does not have it fills
    with the rank's name and that of a rank below, ``order_Vannellidae_95227``: no name at all.
    """
    if names[0] == "Eukaryota_2759":
        names = [_TAXID.sub("", name) for name in names]
        names = ["" if _FILLER.fullmatch(name) else name for name in names]
    return Lineage(tuple("" if name.lower() in _MISSING else name for name in names))


def _bare(header: str) -> Labelled | None:
    """DADA2 ``assignTaxonomy`` without a kingdom's name in front: five names or more, each with a ``;`` after it."""
    parts = header.strip().split(";")
    if len(parts) < 6 or parts[-1] or "=" in header:
        return None
    found = by_position(parts)
    if found is None and len(parts) == len(RANKS):
        found = dict(zip(RANKS, parts, strict=True))  # kingdom to genus
    return ("", _of_ranks(found)) if found else None


def _genus_species(header: str) -> Labelled | None:
    """DADA2 ``assignSpecies`` and GenBank: ``ID Genus species``, and more words perhaps."""
    id, _, description = header.strip().partition(" ")
    if name := organism(description):
        return id, Lineage.from_ranks(genus=name.split()[0], species=name)
    return None


DIALECTS: dict[str, Callable[[str], Labelled | None]] = {"marked": _marked, "bold": parse_bold}
"""Dialects that can't be mistaken for anything else, by name, in the order in which they are tried."""

LOOSE_DIALECTS: dict[str, Callable[[str], Labelled | None]] = {"bare": _bare, "genus_species": _genus_species}
"""Dialects that are tried in files of labelled references only."""
