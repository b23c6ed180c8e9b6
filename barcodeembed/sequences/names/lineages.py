"""Lineages in FASTA headers and in taxonomy columns, as other tools write them. A new dialect is a function in
:data:`DIALECTS`.

A dialect is recognised by what only it has (a rank prefix ``k__``, a root, a kingdom's name before a ``;``, BOLD's
process id and marker), so a header that merely looks odd keeps its id and gives no lineage. :data:`LOOSE_DIALECTS` are
those that a query may look like: they are tried only in files of labelled references. :data:`FREE_DIALECTS` are those
that any two words may look like: the headers of a file must confirm each other (see :mod:`binomials`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from barcodeembed.sequences.names.binomials import described
from barcodeembed.sequences.names.bold import parse_bold
from barcodeembed.sequences.names.header_fields import annotated, by_binomial, fielded
from barcodeembed.sequences.names.known_names import KINGDOMS, PHYLA
from barcodeembed.sequences.names.ranks.positions import by_columns, by_position, by_sure_names, by_words
from barcodeembed.sequences.names.ranks.prefixes import by_prefix, in_known_ranks
from barcodeembed.sequences.names.ranks.ranked import lineage_of_ranks, without_taxids
from barcodeembed.taxonomy import RANKS, Lineage

Labelled = tuple[str, Lineage]
"""The id and the lineage of a header; the id is empty where the header has none."""

# What a lineage may begin with: at the start of a word, or after what separates it from the id.
_BESIDE = r"(?:_\d+|\s*[(\[]\d+(?:\.\d+)?%?[)\]])?"
_START = re.compile(
    r"(?:^|###|[\s|;,=])(?=(?:sk|[dkpco])__|D_0__|(?:sk|[dkp])(?:_|\s?:\s?)[^\W\d_]{4}"
    r"|(?:kingdom|domain|superkingdom|phylum)(?:__?(?!name=|taxid=)|\s?[:=]\s?)[^\W\d_]{4}"
    r'|"?(?:root(?:_1)?|cellular ?organisms|' + "|".join(sorted(KINGDOMS | PHYLA)) + rf'){_BESIDE}"?\s?;)',
    re.IGNORECASE,
)
_COLON = re.compile(r"\s*(?:sk|[dkpcofgst]):", re.IGNORECASE)
_PREFIX_AFTER_COMMA = re.compile(r",(?=\s*[a-z]{1,10}(?:__|:))", re.IGNORECASE)
_SEPARATORS = {
    **dict.fromkeys((";", "|", ">"), by_position),
    **dict.fromkeys(("\t", ","), by_columns),
    **dict.fromkeys(("/", ":"), by_sure_names),  # of dates and habitats, too
}
# A list or a dictionary of Python, JSON or R: ["Animalia", "Arthropoda"], c("Animalia", ...).
_WRAPPED = re.compile(r"(?:c\s*\(|[\[({])([^\[\](){}]*)[\])}]")


def parse_header(header: str, *, labelled: bool = False, free: bool = True) -> Labelled | None:
    """Return the id and the lineage of a FASTA header in one of :data:`DIALECTS`; None if it is in none of them.

    If the file is known to hold named references (``labelled``), :data:`LOOSE_DIALECTS` are tried, too, and, if its
    words may be names (``free``), :data:`FREE_DIALECTS`. This never raises an error. SINTAX is read by
    :func:`parse_sintax`, which may raise one.
    """
    loose = LOOSE_DIALECTS if labelled else {}
    for read in (*DIALECTS.values(), *loose.values()):
        if found := read(header):
            return (_with_species(header, found[1]) if labelled else None) or found
    return parse_free(header) if labelled and free else None


def _with_species(header: str, lineage: Lineage) -> Labelled | None:
    """Return what a header of keys and values says if it names a species and ``lineage`` does not; keys have any order
    (``scientificName=Culex pipiens;kingdom=Animalia;...``)."""
    if lineage.at("species") or "=" not in header:
        return None
    found = annotated(header)
    return found if found and found[1].at("species") else None


def parse_free(header: str) -> Labelled | None:
    """Return the id and the lineage of a header that is in none of the other dialects, in one of
    :data:`FREE_DIALECTS`."""
    return next((found for read in FREE_DIALECTS.values() if (found := read(header))), None)


def may_be_marked(header: str) -> bool:
    """Return whether a header can be in one of :data:`DIALECTS`, or SINTAX: a quick test, because most headers
    cannot."""
    return ";" in header or "__" in header or "tax=" in header or header.count("|") > 1 or ",p:" in header


def parse_sintax(header: str) -> Lineage:
    """Return the lineage of a SINTAX header, empty if there is none; MIDORI's without its NCBI numbers.

    Raises
    ------
    InputError
        if ranks are separated by ``;``.
    """
    lineage = Lineage.from_sintax(header)
    names = {rank: name for rank, name in zip(RANKS, lineage.names, strict=True) if name}
    ours = in_known_ranks(names)
    return without_taxids(list(lineage.names)) if ours is names else lineage_of_ranks(ours)


@lru_cache(maxsize=1 << 14)
def parse_lineage(text: str) -> Lineage:
    """Return the lineage in a column of a taxonomy file (rank prefixes, names by position, or SINTAX); empty if it is
    none."""
    text = text.strip().strip('"').removeprefix("tax=")
    if (wrapped := _WRAPPED.fullmatch(text)) and re.search("[,;|]", wrapped[1]):
        text = wrapped[1].strip().replace('"', "").replace("'", "")
    if _COLON.match(text) and ";" not in (ranks := text.rstrip("; ")):
        return parse_sintax("tax=" + ranks)
    return _lineage_of(text) or Lineage()


def _lineage_of(text: str) -> Lineage | None:
    """Return the lineage of a text that is nothing but a lineage, split at the first separator that works."""
    if found := by_prefix(_PREFIX_AFTER_COMMA.split(text) if ";" not in text else text.split(";")):
        return lineage_of_ranks(found)
    for separator, by_names in _SEPARATORS.items():
        if separator in text:
            found = by_prefix(text.split(separator)) or by_names(text.split(separator))
            return None if found is None else lineage_of_ranks(found)
    found = by_words(re.split(r"[\s_]+", text))
    return None if found is None else lineage_of_ranks(found)


def _marked(header: str) -> Labelled | None:
    """Read QIIME 2, UNITE, DADA2, RDP, MIDORI, IDTAXA and the like: ``ID`` (or nothing), then the lineage."""
    if not (";" in header or "__" in header or ",p:" in header):
        return None
    start = _START.search(header)
    lineage = _lineage_of(header[start.end() :]) if start else None
    if start is None or lineage is None or not lineage:
        return None
    words = header[: start.start()].rstrip("|;, \t").split(maxsplit=1)
    if len(words) > 1 and ";" in words[1]:  # names may stand before the phylum: species:...;genus:...;phylum:...
        whole = _lineage_of(header.split(maxsplit=1)[1])
        lineage = max(whole or lineage, lineage, key=lambda one: sum(map(bool, one.names)))
    return (words[0] if words else ""), lineage


def _bare(header: str) -> Labelled | None:
    """Read DADA2's ``assignTaxonomy`` without the name of a kingdom: five names or more, each followed by ``;``."""
    parts = header.strip().split(";")
    if len(parts) < 6 or parts[-1] or "=" in header:
        return None
    found = by_position(parts)
    if found is None and len(parts) == len(RANKS):
        found = dict(zip(RANKS, parts, strict=True))  # kingdom to genus
    return ("", lineage_of_ranks(found)) if found else None


DIALECTS: dict[str, Callable[[str], Labelled | None]] = {"marked": _marked, "bold": parse_bold}
"""Dialects that cannot be mistaken for anything else, by name, in the order in which they are tried."""

LOOSE_DIALECTS: dict[str, Callable[[str], Labelled | None]] = {
    "annotated": annotated,
    "bare": _bare,
    "fielded": fielded,
}
"""Dialects that are tried in files of labelled references only."""

FREE_DIALECTS: dict[str, Callable[[str], Labelled | None]] = {"binomial": by_binomial, "described": described}
"""Dialects that are tried last, and only in files of labelled references whose headers confirm each other."""
