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

from barcodeembed.sequences.names.cleaning import clean_lineage
from barcodeembed.taxonomy import RANKS, Lineage

Labelled = tuple[str, Lineage]
"""The id and the lineage of a header; the id is empty where the header has none."""

KINGDOMS = frozenset(
    {"Animalia", "Metazoa", "Plantae", "Viridiplantae", "Fungi", "Chromista", "Protozoa", "Protista", "Bacteria"}
    | {"Archaea", "Viruses", "Eukaryota", "Eukarya"}
)
"""Names that a lineage without rank prefixes may begin with."""

PHYLA = frozenset(
    {"Acanthocephala", "Annelida", "Arthropoda", "Brachiopoda", "Bryozoa", "Chaetognatha", "Chordata", "Cnidaria"}
    | {"Ctenophora", "Echinodermata", "Hemichordata", "Mollusca", "Nematoda", "Nematomorpha", "Nemertea", "Onychophora"}
    | {"Phoronida", "Platyhelminthes", "Porifera", "Rotifera", "Sipuncula", "Tardigrada"}
)
"""Phyla that a lineage of six names or fewer may begin with instead."""

_DOMAINS = frozenset({"Eukaryota", "Eukarya"})
_ROOTS = frozenset({"root", "root_1", "cellularorganisms", "cellular organisms"})
_MISSING = frozenset({"", "none", "na", "nan", "unassigned"})

_PREFIXED = re.compile(r"\s*([dkpcofgs])__(.*)", re.DOTALL)
_BY_LETTER = {rank[0]: rank for rank in RANKS} | {"d": "kingdom"}
# Where a lineage may start: at the start of a word, or after what parts it from the id.
_START = re.compile(
    r"(?:^|###|[\s|;])(?=[dk]__|(?i:root(?:_1)?|cellular ?organisms);|(?:"
    + "|".join(sorted(KINGDOMS | PHYLA))
    + r")(?:_\d+)?;)"
)
_TAXID = re.compile(r"_\d+$")
_FILLER = re.compile(rf"(?:{'|'.join(RANKS)})_.+")
# Culicidae_unclassified is mothur's way to say that there is no name below.
_BINOMIAL = re.compile(r"([A-Z][a-z-]+)[ _](?!unclassified$)[a-z].*")
_TWO_WORDS = re.compile(r"([A-Z][a-z-]+)[ _][a-z-]{3,}")
_PROCESS_ID = re.compile(r"[A-Z0-9_]{2,}-\d{2}(?:\.[\w-]+)?")
_MARKER = re.compile(
    r"COI-[53]P|COI[-_ ]?\w*|COXI+\w*|CYTB\w*|ITS\d?|rbcL\w*|matK\w*|[12]\d?S\w*|ND\d\w*", re.IGNORECASE
)
_GENUS_SPECIES = re.compile(r"(\S+)\s+((?:[A-Z][a-z]+)\s+[a-z][a-z.-]+)\b")


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
    return ";" in header or "__" in header or "tax=" in header or header.count("|") > 1


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
    """A lineage from a column of a taxonomy file: rank prefixes, names by position, or SINTAX; empty if it is none.

    Raises
    ------
    InputError
        for a SINTAX lineage with ``;`` between ranks.
    """
    if re.match(r"\s*[dkpcofgs]:", text):
        return parse_sintax("tax=" + text.strip().strip(";"))
    parts = re.split(r";|,(?=\s*[dkpcofgs]__)", text)
    return _prefixed(parts) or _by_position(parts) or Lineage()


def _marked(header: str) -> Labelled | None:
    """QIIME 2, UNITE, DADA2, RDP, MIDORI, IDTAXA and the like: ``ID`` (or nothing), then the lineage with ``;``."""
    start = _START.search(header) if ";" in header or "__" in header else None
    if start is None:
        return None
    parts = header[start.end() :].split(";")
    lineage = _prefixed(parts) or _by_position(parts)
    if lineage is None:
        return None
    words = header[: start.start()].rstrip("|; \t").split(maxsplit=1)
    return (words[0] if words else ""), lineage


def _prefixed(parts: list[str]) -> Lineage | None:
    """``k__Animalia; p__Arthropoda``: two ranks or more; ``d__`` is read as kingdom unless there is a ``k__``."""
    names: dict[str, str] = {}
    for part in parts:
        if (match := _PREFIXED.fullmatch(part)) and not (match[1] == "d" and "kingdom" in names):
            names[_BY_LETTER[match[1]]] = match[2].strip()
    if len(names) < 2:
        return None
    return _without_taxids([names.get(rank, "") for rank in RANKS])


def _by_position(parts: list[str]) -> Lineage | None:
    """Names from the root down, without prefixes: seven of them, or fewer that begin with a kingdom or a phylum.

    Below that, a binomial at the end and its genus before it keep their ranks though others be missing; the genus
    itself may be missing, too.
    """
    names = [part.strip() for part in parts]
    if names and not names[-1]:
        names.pop()  # the ; at the end of a DADA2 header
    if names and names[0].lower() in _ROOTS:
        names.pop(0)
    bare = [_TAXID.sub("", name) for name in names]
    if len(names) > 1 and bare[0] in _DOMAINS and (bare[1] in KINGDOMS or len(names) > len(RANKS)):
        names, bare = names[1:], bare[1:]
    if not 2 <= len(names) <= len(RANKS) or any("=" in name for name in names):
        return None
    if len(names) == len(RANKS):
        return _without_taxids(names)
    if bare[0] not in KINGDOMS | PHYLA:
        return None
    first = 0 if bare[0] in KINGDOMS else 1
    if first + len(names) < len(RANKS) and (genus := _genus_of(bare[-1])) and genus != bare[-2]:
        names, bare = [*names[:-1], genus, names[-1]], [*bare[:-1], genus, bare[-1]]
    binomial = _BINOMIAL.fullmatch(bare[-1])
    lower = 2 if binomial and binomial[1] == bare[-2] else 0
    placed = [""] * first + names[: len(names) - lower]
    if len(placed) > len(RANKS) - lower:
        return None
    gap = [""] * (len(RANKS) - lower - len(placed))
    return _without_taxids(placed + gap + names[len(names) - lower :])


def _genus_of(name: str) -> str:
    """The genus of a binomial; empty for what only looks like one (``Insecta_unclassified``, ``Culex sp.``)."""
    match = _TWO_WORDS.fullmatch(name)
    cleaned, _ = clean_lineage(Lineage.from_ranks(species=name))
    return match[1] if match and cleaned.at("species") else ""


def _without_taxids(names: list[str]) -> Lineage:
    """A lineage of seven names as they come; MIDORI's lose their NCBI numbers.

    MIDORI is known by the number of its first name (2759, the eukaryotes). A rank that NCBI does not have it fills
    with the rank's name and that of a rank below, ``order_Vannellidae_95227``: no name at all.
    """
    if names[0] == "Eukaryota_2759":
        names = [_TAXID.sub("", name) for name in names]
        names = ["" if _FILLER.fullmatch(name) else name for name in names]
    return Lineage(tuple("" if name.lower() in _MISSING else name for name in names))


def _bold(header: str) -> Labelled | None:
    """BOLD: ``processid|species|marker|accession``, or ``processid|marker|country|kingdom,phylum,...,subspecies``."""
    fields = [field.strip() for field in header.split("|")]
    if len(fields) < 3 or not _PROCESS_ID.fullmatch(fields[0]):
        return None
    if _MARKER.fullmatch(fields[2]):
        return fields[0], _identification(fields[1])
    if _MARKER.fullmatch(fields[1]) and len(fields) >= 4:
        names = ["" if name.strip().lower() in _MISSING else name.strip() for name in fields[3].split(",")]
        if len(names) in (8, 9, 10):  # with both, one or none of subfamily and tribe
            return fields[0], Lineage((*names[:5], *names[-3:-1]))
        return fields[0], Lineage()
    return None


def _identification(name: str) -> Lineage:
    """BOLD's identification may be of any rank; a binomial and a family can be told by their form."""
    if binomial := _BINOMIAL.fullmatch(name):
        return Lineage.from_ranks(genus=binomial[1], species=name)
    if re.fullmatch(r"[A-Z][a-z]+idae", name):
        return Lineage.from_ranks(family=name)
    return Lineage()


def _bare(header: str) -> Labelled | None:
    """DADA2 ``assignTaxonomy`` without a kingdom's name in front: five names or more, each with a ``;`` after it."""
    parts = header.strip().split(";")
    if len(parts) < 6 or parts[-1] or "=" in header:
        return None
    lineage = _by_position(parts)
    if lineage is None and len(parts) == len(RANKS):
        lineage = _by_position([*parts[:-1], "", ""])  # kingdom to genus
    return ("", lineage) if lineage else None


def _genus_species(header: str) -> Labelled | None:
    """DADA2 ``assignSpecies`` and GenBank: ``ID Genus species``, and more words perhaps."""
    if match := _GENUS_SPECIES.match(header):
        genus = match[2].split()[0]
        return match[1], Lineage.from_ranks(genus=genus, species=" ".join(match[2].split()))
    return None


DIALECTS: dict[str, Callable[[str], Labelled | None]] = {"marked": _marked, "bold": _bold}
"""Dialects that can't be mistaken for anything else, by name, in the order in which they are tried."""

LOOSE_DIALECTS: dict[str, Callable[[str], Labelled | None]] = {"bare": _bare, "genus_species": _genus_species}
"""Dialects that are tried in files of labelled references only."""
