"""Find names in the fields of a header: key and value (OBITools, NCBI), or fields with a separator (mBRAVE, SPINGO).

In a query such fields could mean anything, so these dialects are only for labelled references.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from barcodeembed.sequences.missing import MISSING
from barcodeembed.sequences.names.binomials import OTHER_ROLES
from barcodeembed.sequences.names.bold import is_process_id, parse_short
from barcodeembed.sequences.names.genbank import is_binomial, organism
from barcodeembed.sequences.names.known_names import KINGDOMS, PHYLA, known_ranks
from barcodeembed.sequences.names.ranks.positions import by_position
from barcodeembed.sequences.names.ranks.prefixes import by_prefix
from barcodeembed.sequences.names.ranks.ranked import lineage_of_ranks
from barcodeembed.taxonomy import RANKS, Lineage

# The value ends at a semicolon, a bracket, the next key, or the end; a path has | within.
_VALUE = r"((?:\[[^\]]*\]|[^\[\]])*?)"
_KEYS = "|".join(RANKS) + r"|organism|scientific name|species name"
_END = rf"(?=[;\]]|(?<![\s,|])[\s,|]+(?:[A-Za-z]\w*\s?=|(?:{_KEYS})\s?:)|\|?\s*$)"
_PAIR = re.compile(r"(?:^|[;|,\[\s])([A-Za-z]\w*)\s?=\s*" + _VALUE + _END)
_LABEL = re.compile(rf"(?:^|[;|,\[\s])({_KEYS}|taxon)\s?:\s*" + _VALUE + _END, re.IGNORECASE)
_OBITOOLS4 = re.compile(r"\{.*\}", re.DOTALL)
# taxon:7175 [Culex pipiens]@species
_TAXON = re.compile(r"[^\[\]]*\[([^\]]+)\]@?(.*)")
_NAMES = ("scientific_name", "scientificname", "species_name", "species", "organism", "taxon_name", "taxon", "name")
_PATHS = ("taxonomic_path", "taxonomy_path", "path", "lineage", "taxonomy")
_IDS = ("id", "seqid", "processid", "accession")
_NO_NAME = MISSING | {"null", "###"}  # in JSON; of OBITools

_FIRST_NAME = re.compile(
    r"(?:^|[\s|;,])(?=(" + "|".join(sorted(KINGDOMS | PHYLA)) + r")(?:_\d+)?\s*([|,\t]))", re.IGNORECASE
)
_NAME = re.compile(r"[A-Z][a-z]{2,}(?:-[a-z]+)?")
_BINOMIAL = re.compile(r"[A-Z][a-z]+[ _][a-z][a-z-]{2,}")
# Words before the name of a host, or of what the barcode is near.
_RELATIONS = frozenset({"on", "of", "from", "off", "ex", "in", "reared", "collected", "close", "near"})
_FEWEST = 3  # least number of names of a lineage whose ranks are found by their order


def annotated(header: str) -> tuple[str, Lineage] | None:
    """Read OBITools' ``ID genus_name=Culex; species_name=Culex pipiens;``, the same as JSON, and NCBI's
    ``[organism=...]``."""
    header = " ".join(header.split())
    id, _, rest = header.partition(" ")
    if "=" in id or ":" in id:
        first = next((found.start(1) for found in (_PAIR.search(header), _LABEL.search(header)) if found), 0)
        before, rest = header[:first].strip("|;,[ \t"), header[first:]
        id = before.split()[0] if before else ""
    values = _annotations(rest)
    lineage = _of_path(values) or _of_ranks(values)
    if not lineage and "[organism=" in rest.casefold() and (name := organism(rest)):
        lineage = Lineage.from_ranks(genus=name.split()[0], species=name)
    if not lineage:
        return None
    return id or next((values[key] for key in _IDS if values.get(key)), header.split()[0]), lineage


def _annotations(text: str) -> dict[str, str]:
    """Return the values by key, in lower case."""
    if match := _OBITOOLS4.search(text):
        try:
            content = json.loads(match[0])
        except (ValueError, RecursionError):
            content = None
        if isinstance(content, dict):
            return _flat(content)
    return _sure_labels(_values(_LABEL, text)) | _values(_PAIR, text)


def _values(pattern: re.Pattern[str], text: str) -> dict[str, str]:
    return {match[1].casefold().replace(" ", "_"): match[2].strip("'\" ") for match in pattern.finditer(text)}


def _sure_labels(values: dict[str, str]) -> dict[str, str]:
    """Return the values of labels (``family: Culicidae``); none of the ranks if nothing known confirms them, because
    ``order:`` and ``class:`` have other uses.

    A name of known rank at that rank confirms them, or a binomial. A value must look like a name, and not be known at
    another rank.
    """
    ranks = {rank: value for rank, value in values.items() if rank in RANKS}
    sure = {rank: name for rank, name in ranks.items() if rank != "species" and _may_be_of(rank, name)}
    species = ranks.get("species", "").replace("_", " ")
    whole = species if " " in species or not species else f"{sure.get('genus', '')} {species}"
    if is_binomial(whole) or organism(whole):
        sure["species"] = ranks["species"]
    confirmed = "species" in sure or any(rank in known_ranks(name) for rank, name in sure.items())
    others = {key: value for key, value in values.items() if key not in RANKS}
    return others | (sure if confirmed else {})


def _may_be_of(rank: str, name: str) -> bool:
    known = known_ranks(name)
    return _NAME.fullmatch(name) is not None and (not known or rank in known or rank == "genus")


def _flat(content: Mapping[str, Any]) -> dict[str, str]:
    """Return the values of JSON as text: those of an object within by its own keys, those of a list with | between."""
    values: dict[str, str] = {}
    for key, value in content.items():
        if isinstance(value, dict):
            values |= _flat(value)
        elif isinstance(value, list):
            values[key.casefold()] = "|".join(map(str, value))
        else:
            values[key.casefold()] = str(value).strip()
    return values


def _of_ranks(values: Mapping[str, str]) -> Lineage:
    """Return the lineage from keys like ``genus_name``; if these are missing, from ``scientific_name`` with ``rank``,
    or ``taxid``."""
    names = {rank: values.get(f"{rank}_name", values.get(rank, "")) for rank in RANKS}
    names = {rank: "" if name.casefold() in _NO_NAME else name for rank, name in names.items()}
    if not names["species"]:
        taxon = _TAXON.fullmatch(values.get("taxid", ""))
        name = next((values[key] for key in _NAMES if values.get(key)), taxon[1] if taxon else "")
        rank = values.get("rank", taxon[2] if taxon else "").casefold()
        if rank in RANKS and rank != "species":
            names[rank] = names[rank] or name
        elif found := organism(name):
            names["species"] = found
    names["genus"] = names["genus"] or names["species"].partition(" ")[0]
    return Lineage.from_ranks(**names)


def _of_path(values: Mapping[str, str]) -> Lineage:
    """Read ``...|taxon:6656@Arthropoda@phylum|...`` and ``2759@Eukaryota@domain|...``, which OBITools 4 calls a
    path."""
    parts = next((values[key] for key in _PATHS if values.get(key)), "").split("|")
    names: dict[str, str] = {}
    for part in parts:
        if bracketed := _TAXON.fullmatch(part):
            fields = ["", bracketed[1], bracketed[2]]
        else:
            fields = part.rpartition(":")[2].split("@")
        if len(fields) == 3:
            names.setdefault(fields[2].casefold().replace("superkingdom", "domain"), fields[1])
    if not names and len(parts) >= _FEWEST:
        names = by_prefix(parts) or by_position(parts) or {}
    return lineage_of_ranks(names)


def fielded(header: str) -> tuple[str, Lineage] | None:
    """Read ``ID|Animalia|Arthropoda|...``, ``ID,Animalia,...``, ``ID<TAB>Culex_pipiens<TAB>Culex``, and ``ID|Culex
    pipiens`` with an id of BOLD."""
    return _from_the_top(header) or _from_below(header) or parse_short(header)


def _from_the_top(header: str) -> tuple[str, Lineage] | None:
    """Read a lineage that begins with a kingdom or a phylum and has one separator between all names."""
    start = _FIRST_NAME.search(header)
    if start is None or not (id := header[: start.end()].rstrip("|;, \t").split(maxsplit=1)):
        return None
    parts = header[start.end() :].split(start[2])
    names = by_position(parts) if len(parts) >= _FEWEST else None
    return None if names is None else (id[0], lineage_of_ranks(names))


def _from_below(header: str) -> tuple[str, Lineage] | None:
    """Read SPINGO's headers: a species, its genus and the names above, separated by tabs."""
    id, *names = (field.strip() for field in header.split("\t"))
    if len(names) < 2 or not _BINOMIAL.fullmatch(names[0]) or names[0].replace("_", " ").split()[0] != names[1]:
        return None
    found = {"species": names[0].replace("_", " "), "genus": names[1]}
    for name in names[2:]:
        if (ranks := known_ranks(name)) and ranks[0] in RANKS:
            found.setdefault(ranks[0], name)
    return id, Lineage.from_ranks(**found)


def by_binomial(header: str) -> tuple[str, Lineage] | None:
    """Find a binomial among fields that ``|`` (or another sign behind the id) separates (``ID|Culex pipiens``), and
    others that are names of known rank."""
    found = (_fields_with_species(header, sign) for sign in "|;,/:" if sign in header)
    fields, species = next((some for some in found if some[1]), ([], []))
    if not species:
        return None
    name = species[0].replace("_", " ")
    named = {"genus": name.split()[0], "species": name}
    for field in fields:
        ranks = [rank for rank in known_ranks(field) if rank in RANKS]
        if len(ranks) == 1 and field[:1].isupper():
            named.setdefault(ranks[0], field)
    return _id_beside(header, fields, species[0]), Lineage.from_ranks(**named)


def _fields_with_species(header: str, sign: str) -> tuple[list[str], list[str]]:
    """Return the fields that a sign separates, and those of them that name the species. There are none if they name
    several species, or perhaps another organism (a host).

    Signs other than ``|`` stand in prose, too: behind them only a field of its own, that is not the first one, counts.
    """
    fields = [field.strip() for field in header.split(sign)]
    species = [field for field in fields if _BINOMIAL.fullmatch(field) and organism(field.replace("_", " "))]
    words = [field.casefold() for field in fields] if sign == "|" else header.casefold().replace(sign, " ").split()
    doubted = len(set(species)) != 1 or not OTHER_ROLES.isdisjoint(words)
    if sign != "|":
        of_another = not doubted and not _RELATIONS.isdisjoint(header.partition(species[0])[0].casefold().split())
        doubted = doubted or of_another or fields[0] in species or (sign == ":" and len(fields) > 2)
    return fields, [] if doubted else species


def _id_beside(header: str, fields: list[str], species: str) -> str:
    """Return BOLD's process id if there is one, otherwise the first word; if that is part of the name, the other
    field."""
    if process_id := next(filter(is_process_id, fields), ""):
        return process_id
    if " " not in header.strip():
        return header.strip()
    before = header.partition(species)[0].rstrip("|;,/: ").split(maxsplit=1)
    return before[0] if before else next((field.split()[0] for field in fields if field not in ("", species)), "")
