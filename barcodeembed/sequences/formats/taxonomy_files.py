"""Read taxonomy files: lineages by id, for sequences whose file has none.

A file may be QIIME 2's ``Feature ID<TAB>Taxon``; a table with an id and columns ``kingdom`` ... ``species``
(dnabarcoder, BOLD), or with a BIN in place of the id (BOLDistilled); columns without a header (mothur, QIIME 1,
Tronko, MEGAN, BLCA, MMseqs2), the first one an id and another one a lineage; what Kraken 2 and Kaiju write of each
sequence; or a lineage dump of NCBI.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from functools import cached_property
from io import TextIOWrapper
from itertools import chain, islice
from os import PathLike

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.files import open_binary
from barcodeembed.sequences.formats.opening.encoding import remember_odd_bytes
from barcodeembed.sequences.formats.tables.headed import names_of_all, read_rows, row_lineage, split_header, split_row
from barcodeembed.sequences.formats.tables.known_columns import find_columns, has_names
from barcodeembed.sequences.names.genbank import ARCHIVE
from barcodeembed.sequences.names.known_names import KINGDOMS, PHYLA
from barcodeembed.sequences.names.lineages import parse_lineage
from barcodeembed.sequences.names.ranks.ranked import lineage_of_name
from barcodeembed.taxonomy import GENUS, Lineage

# The first row of a file without a header may have no lineage either; any other word there is an unknown header.
_NO_LINEAGE = re.compile(
    r"\s*(?:unassigned|unclassified|unknown|none|na|no blast hit|[dkpcofgs]__.*)?\s*(?:\(\d+\))?\s*(?:;.*)?",
    re.IGNORECASE,
)
_VERSION = re.compile(r"(?<=\d{5})\.\d{1,2}$")  # KX123456.1
_SIZE = re.compile(r";(?:size=\d+)?;?$")
_DEPOSITED = re.compile(rf"(?:^|\|){ARCHIVE}([^|]+)")
# C<TAB>id<TAB>Culex pipiens (taxid 7175), or Kaiju's number of the taxon and then its lineage
_CLASSIFIED = re.compile(r"[CU]\t[^\t]+\t(?=[^\t]*\(taxid \d+\)(?:\t|$)|\d+(?:\t|$))")
_TAXID = re.compile(r" \(taxid \d+\)$")
_OF_MEGAN = re.compile(r"([^;\t]+); ?;\s*(.*)")
_OF_NCBI = "\t|\t"  # between the fields of NCBI's rankedlineage.dmp and fullnamelineage.dmp
_FIELDS = 6  # number of fields behind the id among which the lineage may be
_LOOKED_AT = 10  # first lines among which the one with the names of the columns may be
_HINT = "give an id and a lineage (Feature ID<TAB>Taxon), or an id and columns kingdom, phylum, ..., species"

_TAXON = re.compile(r"(?:sk|[dkp])__.*|(?:root|" + "|".join(sorted(KINGDOMS | PHYLA)) + r");?", re.IGNORECASE)
_HINT_FOR_NUMBERS = (
    "it has numbers of taxa only; classify with kraken2 --use-names, or add names (kaiju-addTaxonNames -p)"
)


def read_taxonomy(path: str | PathLike[str]) -> dict[str, Lineage]:
    """Return lineages by id, in the order of the file, including ids whose lineage is empty.

    Raises
    ------
    InputError
        if the file has none of these formats or is empty, if two rows give one id different lineages, or if SINTAX
        ranks in it are separated by ``;``.
    """
    taxonomy: dict[str, Lineage] = {}
    with open_binary(path) as stream:
        errors = remember_odd_bytes(None, path)
        text = TextIOWrapper(stream, encoding="utf-8-sig", errors=errors, newline="")
        for id, lineage in _lineages(text, path):
            if taxonomy.setdefault(id, lineage) != lineage:
                raise InputError(f"id {id!r} has two lineages", path=path, hint="keep one row for each id")
    if not any(taxonomy.values()):
        raise InputError("no lineage was found", path=path, hint=_HINT)
    return taxonomy


class LineagesById:
    """Lineages by id. An id is also found if it is written in another way: with or without the version of an accession,
    a number of reads or the name of an archive, in other case, or cut at the first space."""

    def __init__(self, taxonomy: Mapping[str, Lineage]) -> None:
        self._exact = taxonomy

    def of(self, ids: Sequence[str], sequence: str = "") -> tuple[Lineage | None, bool]:
        """Return the lineage of the first of these ids that is known, None if none is, and whether the id is written
        as in the taxonomy. DADA2 has sequences in place of ids."""
        if id := next((id for id in (*ids, sequence) if id in self._exact), None):
            return self._exact[id], True
        short = (self._short.get(one) for id in ids for one in _shortened(id))
        return next((lineage for lineage in short if lineage is not None), None), False

    @cached_property
    def _short(self) -> dict[str, Lineage | None]:
        """Lineages by shortened id; None where two ids that become one have different lineages."""
        found: dict[str, Lineage | None] = {}
        for id, lineage in self._exact.items():
            for short in set(_shortened(id)):
                found[short] = lineage if found.get(short, lineage) == lineage else None
        return found


def _shortened(id: str) -> Iterator[str]:
    """Yield the forms of an id under which it may stand elsewhere, the longest one first."""
    first = (id.lstrip(">").split(maxsplit=1) or [""])[0]  # >>a, where a name began with > already
    yield first
    if deposited := _DEPOSITED.search(first):
        first = deposited[1]
    first = _SIZE.sub("", first).casefold()
    yield first
    yield _VERSION.sub("", first)


def _lineages(text: TextIOWrapper, path: str | PathLike[str]) -> Iterator[tuple[str, Lineage]]:
    first = list(islice(text, _LOOKED_AT)) or [""]
    above = _titles(first)
    header, *first = first[above:]
    first_row = first[0] if first else ""
    lines = chain(first, text)
    names = names_of_all(header, split_row(header, first_row), quoted=first_row.lstrip().startswith('"'))
    columns = find_columns(names)
    if key := _key(columns):
        for row in read_rows(header, lines, path, above):
            if row[key] and not row[key].startswith("#"):
                yield row[key].removeprefix(">"), row_lineage(row)
        return
    for number, line in enumerate(chain([header], lines), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        line = line.rstrip("\r\n")
        if _OF_NCBI in line:
            yield _row_of_ncbi(line)
            continue
        classified = _CLASSIFIED.match(line)
        id, tab, rest = _parted(line[2:] if classified else line)
        lineage, found = _lineage_in(rest) if not line.startswith("U\t") or not classified else ("", Lineage())
        if not tab or (number == 1 and not found and not _NO_LINEAGE.fullmatch(lineage)):
            hint = _HINT_FOR_NUMBERS if classified else _HINT
            raise InputError("not a taxonomy", path=path, line=number, hint=hint)
        if number == 1 and _TAXON.fullmatch(id.strip().strip('"')):
            what = f"this taxonomy has no ids: the first row begins with the name of a taxon, {id.strip()!r}"
            raise InputError(what, path=path, line=number, hint=_HINT)
        yield id.strip().removeprefix(">"), found


def _row_of_ncbi(line: str) -> tuple[str, Lineage]:
    """Return the number of a taxon and its lineage, of a row of NCBI's ``rankedlineage.dmp`` (a name and those above
    it, from the species up) or ``fullnamelineage.dmp`` (a name and the lineage above it)."""
    id, name, *above = (field.strip() for field in line.removesuffix("\t|").split(_OF_NCBI))
    if len(above) == 1:
        return id, parse_lineage(f"{above[0]} {name}")
    species = above[:1] if above and above[0] else [name]
    return id, parse_lineage(";".join(reversed([*species, *filter(None, above[1:])])))


def _key(columns: Container[str]) -> str:
    """Return the column of ids of a table that has names, too, or that of BINs if it has none (BOLDistilled); empty for
    any other table."""
    return next((key for key in ("id", "bin") if key in columns), "") if has_names(columns) else ""


def _titles(lines: Sequence[str]) -> int:
    """Return the number of lines above the names of the columns: the titles of a spreadsheet, which are alone in their
    rows, and Excel's separator; 0 if no line has such names."""
    for place, line in enumerate(lines):
        fields = split_header(line)
        if _key(find_columns(fields)):
            return place
        if len(list(filter(None, map(str.strip, fields)))) > 1:
            break
    return 0


def _parted(line: str) -> tuple[str, str, str]:
    """Return the id of a row, the sign after it (a tab as a rule), and the rest; an empty sign if there is none."""
    if of_megan := _OF_MEGAN.fullmatch(line):
        return of_megan[1], ";", of_megan[2]
    signs = [sign for sign in ("\t", ",", " ", ";", "|") if sign in line]
    found = [line.partition(sign) for sign in signs]
    for read in (parse_lineage, lineage_of_name):
        if parted := next((parts for parts in found if parts[1] == "\t" or read(parts[2])), None):
            return parted
    return line, "", ""


def _lineage_in(rest: str) -> tuple[str, Lineage]:
    """Return the lineage in what follows an id, and its text: one field, or many that have a name each. A lineage goes
    before a single name, which may stand before it, as the number of the taxon may."""
    fields = [_TAXID.sub("", field) for field in rest.split("\t")]
    of_all = parse_lineage(rest) if len(fields) > 4 else Lineage()
    for read in (parse_lineage, lineage_of_name):
        for field in fields[:_FIELDS]:
            if (found := read(field)) and sum(map(bool, found.names)) > 1:
                return field, _with_species(found, fields)
            if found:
                return field, of_all or found
    return fields[0], of_all


def _with_species(lineage: Lineage, fields: Sequence[str]) -> Lineage:
    """Return a lineage; one that ends above the genus with the genus and species that another field names."""
    if any(lineage.names[GENUS:]):
        return lineage
    named = (lineage_of_name(field) for field in fields[:_FIELDS])
    below = next((name for name in named if name.at("species")), Lineage())
    return Lineage((*lineage.names[:GENUS], *below.names[GENUS:]))
