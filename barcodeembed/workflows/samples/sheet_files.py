"""Read sample sheets from files: tables with a line for each file or read of a sample.

Such sheets are kept in spreadsheets and written for other programs (QIIME 2's manifests and metadata, nf-core, FAIRe,
decontam), so columns and controls have many names.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from os import PathLike

from barcodeembed.errors import InputError, wrong_width
from barcodeembed.sequences.formats.files import open_binary
from barcodeembed.sequences.formats.opening.encoding import remember_odd_bytes
from barcodeembed.sequences.formats.tables.known_columns import COLUMNS, folded_names
from barcodeembed.sequences.missing import MISSING
from barcodeembed.sequences.names.spelling import without_accents
from barcodeembed.workflows.samples.descriptions import IS_CONTROL, describe
from barcodeembed.workflows.samples.sheet import SampleSheet

_WHAT = "give a table with the columns sample and file (or id)"
_SIGNS = ("\t", ";", ",", "|", " ")
_AROUND = " \t\u201c\u201d"  # a text program makes such quotes of those of CSV
_LOOKED_AT = 10  # first lines among which the one with the names of the columns may be

_NAMES = {
    "sample": f"sample sample_id sample_name sample_alias samp_name {' '.join(COLUMNS['sample'])}",
    "file": """
        file filename filepath path absolute_filepath fasta fastq reads fasta_file fastq_file fastq_1 fq fq_1 r1 read_1
        reads_1 fastq_r1 forward_reads forward_fastq forward_file forward_absolute_filepath fastq_ftp datei dateiname
        fichier nom_de_fichier archivo ficheiro arquivo bestand bestandsnaam
    """,
    "id": "id query_id feature_id",
    "barcode": "barcode barcode_id",
    "control": """
        is_control control negative_control is.neg is_neg neg is_negative negative is_blank blank kontrolle
        negativkontrolle temoin temoin_negatif controle controle_negatif controle_negativo control_negativo
        negatieve_controle
    """,
    # Columns that say of every sample what it is, as those of decontam, QIIME 2 and FAIRe.
    "kind": "sample_type sample_or_control control_type samp_category sample_category type",
}
_OTHERS = """
fastq_2 fq_2 r2 read_2 reads_2 fastq_r2 reverse_reads reverse_fastq reverse_file reverse_absolute_filepath
"""
_OTHER_FILES = frozenset(folded_names(_OTHERS.split()))
_NUMBERS, _NOT_NANOPORE = ": numbers", ": none of Nanopore"  # behind the names of columns that hold something else
# Names of columns of files, or of numbers of reads.
_NUMBERED = frozenset(folded_names(["reads", "forward_reads", "reads_1", "read_1", "fq", "fq_1", "r1"]))
_OF_READS = re.compile(r"\.(?:f(?:ast)?q|f(?:ast|n)?a)(?:\.\w+)?$", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]+(?:[., _]?[0-9]+)*")
_BARCODE = re.compile(r"(?:\S+_)?(?:barcode|bc|nb|rb)[0-9]+|unclassified", re.IGNORECASE)  # of Nanopore's kits
_KNOWN = {ours: folded_names(names.split()) for ours, names in _NAMES.items()}

_YES = "true yes y x t 1 -1 ja oui si sim wahr vrai verdadero verdadeiro vero waar"
_NO = "false no n f 0 nein non nao nee falsch faux falso onwaar sample samples probe real field - n.a. n/a #n/a"
_TRUE, _FALSE = frozenset(_YES.split()), MISSING.union(_NO.split())
_CONTROL = re.compile(
    r"\b(?:neg|negativ\w*|blanks?|blanco?s?|branco|leer\w*|ntc|nc|no[- ]template|control(?:s|es?|os?)?|temoins?)\b"
    r"|kontroll"
)
# "negative control of positive site" is what stands before the "of".
_HEAD = re.compile(r"(.+?)\s(?:of|for|from|in|at|to|von|der|fur|aus|du|pour|del|para|van|voor)\s")
_NO_CONTROL = re.compile(r"\bpos(?:iti[fv]\w*)?\b|\bmock\b|\bno[nt]?[- ](?!template)|\btrue sample")
# In a column of the treatments of plots, a control is a plot that was left alone.
_ALONE = re.compile(r"controls?|controles?|kontrollen?|temoins?")
_TREATMENT = re.compile(
    r"treat|impact|expos|disturb|burn|fertili|grazed|warmed|restored|logged|invaded|experiment|case"
)


def read_sample_sheet(path: str | PathLike[str], finds_samples: bool = True) -> SampleSheet:
    """Read a table with a column ``sample`` and at least one of ``file`` and ``id``. Optionally it has a column
    ``is_control``, or one for the kind of sample, whose words say which samples are negative controls. Its other
    columns describe samples.

    Lines above the names of the columns are left out. Without ``finds_samples`` the samples are known otherwise (from a
    count table, or from calls), and neither file nor id is needed.

    Raises
    ------
    InputError
        naming the line, if a column is missing or occurs twice, a file or id has two samples, a sample is a control in
        one line and not in another, ``is_control`` is neither true nor false, or the text is neither UTF-8 nor
        Windows-1252.
    """
    with open_binary(path) as stream:
        lines = stream.read().decode("utf-8-sig", errors=remember_odd_bytes(None, path)).splitlines()
    if not any(line.strip() for line in lines):
        raise InputError("this table of samples is empty", path=path, hint=_WHAT)
    above, delimiter = _start(lines)
    header, *rows = _rows(lines[above:], delimiter)
    header = _without_other_cells(header, rows)
    columns = _find(header, path, above + 1, finds_samples)
    place = "barcode" if columns.keys().isdisjoint({"file", "id"}) else "file"
    last = max(at for name, at in columns.items() if name in ("sample", "id", place))
    kind = columns.get("kind", len(header))
    of_plots = any(_TREATMENT.search(cell.lower()) for row in rows for cell in row[kind : kind + 1])
    files: dict[str, str] = {}
    ids: dict[str, str] = {}
    control: dict[str, bool] = {}
    described: list[tuple[str, Sequence[str]]] = []
    for line, row in enumerate(rows, start=above + 2):
        if not any(row) or row[0].startswith("#q2:") or _is_comment(row, header):
            continue
        if len(row) <= last or any(row[len(header) :]):
            raise InputError(wrong_width(len(row), len(header)), path=path, line=line)
        cells = {name: row[at] if at < len(row) else "" for name, at in columns.items()}
        if not cells["sample"]:
            raise InputError("no sample in this line", path=path, line=line)
        named = [(files, place, file) for file in _files_of(cells.get(place, ""))] + [(ids, "id", cells.get("id", ""))]
        for known, name, key in named:
            if key and known.setdefault(key, cells["sample"]) != cells["sample"]:
                what = f"the {name} {key!r} is of two samples, {known[key]!r} and {cells['sample']!r}"
                raise InputError(what, path=path, line=line)
        if of_plots and _ALONE.fullmatch(without_accents(cells.get("kind", "")).lower()):
            cells["kind"] = ""
        marked = _is_control(cells, path, line)
        if control.setdefault(cells["sample"], marked) != marked:
            what = f"the sample {cells['sample']!r} is a control in one line and none in another"
            raise InputError(what, path=path, line=line)
        described.append((cells["sample"], row))
    if not control:
        raise InputError("this table of samples has no line below its header", path=path, hint=_WHAT)
    kinds = header[columns["kind"]] if "kind" in columns and "control" not in columns else ""
    controls = frozenset(name for name, marked in control.items() if marked)
    # Files may be named by their barcodes, too.
    return SampleSheet(
        files, ids, controls, kinds, files if place == "barcode" else {}, _describe(header, columns, described, control)
    )


def _describe(
    header: Sequence[str],
    columns: Mapping[str, int],
    lines: Sequence[tuple[str, Sequence[str]]],
    control: Mapping[str, bool],
) -> dict[str, dict[str, str]]:
    """Return the columns that describe samples, and before them which samples are controls if some are."""
    of_files = {*_KNOWN["file"], *_KNOWN["barcode"], *_OTHER_FILES}
    left_out = [at for ours, at in columns.items() if ours != "kind"]
    left_out += [at for at, name in enumerate(folded_names(header)) if name in of_files]
    names = [name.removesuffix(_NUMBERS).removesuffix(_NOT_NANOPORE) for name in header]
    about = describe(names, lines, left_out)
    if not any(control.values()):
        return about
    marked = {sample: "yes" if one else "no" for sample, one in control.items()}
    return {IS_CONTROL: marked} | {f"sheet_{name}" if name == IS_CONTROL else name: about[name] for name in about}


def _without_other_cells(header: list[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the names of the columns; those of columns that hold something else than their names say are marked, so
    that they are not known: numbers of reads in a column ``reads``, bases in a column ``barcode``."""
    marked = list(header)
    for at, name in enumerate(folded_names(header)):
        cells = [row[at] for row in rows if at < len(row) and row[at].lower() not in MISSING]
        if name in _NUMBERED and cells and all(map(_NUMBER.fullmatch, cells)):
            marked[at] = header[at] + _NUMBERS
        elif name in _KNOWN["barcode"] and not all(map(_BARCODE.fullmatch, cells)):
            marked[at] = header[at] + _NOT_NANOPORE
    return marked


def _is_comment(row: Sequence[str], header: Sequence[str]) -> bool:
    """Return whether a row is a comment, as QIIME 2 has them: ``#`` at its beginning and no cell beside it."""
    return row[0].startswith("#") and not any(row[1:]) and (len(row) < len(header) or header[0].startswith("#"))


def _files_of(cell: str) -> list[str]:
    """Return the files that a cell names: one, or a pair as ENA writes it (``a_1.fastq.gz;a_2.fastq.gz``)."""
    parts = [part.strip() for part in cell.split(";")]
    return parts if all(map(_OF_READS.search, parts)) else [cell]


def _start(lines: Sequence[str]) -> tuple[int, str]:
    """Return the number of lines above the names of the columns, and what stands between the columns.

    If no line has the names that are needed, it is the first one that is not blank.
    """
    first = next(at for at, line in enumerate(lines) if line.strip())
    for at, line in enumerate(lines[first : first + _LOOKED_AT], start=first):
        for delimiter in _SIGNS:
            known = _columns(_rows([line], delimiter)[0])
            if "sample" in known and len(known) > 1:
                return at, delimiter
    return first, next((sign for sign in _SIGNS[:-2] if sign in lines[first]), ",")


def _rows(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    rows = csv.reader(lines, delimiter=delimiter, skipinitialspace=delimiter != "\t")
    return [[cell.strip(_AROUND) for cell in row] for row in rows] or [[]]


def _columns(header: Sequence[str]) -> dict[str, int]:
    """Return the places of the columns that we know; of several names for one, that which stands first in our list."""
    folded = folded_names(header)
    found = {ours: next((folded.index(name) for name in names if name in folded), -1) for ours, names in _KNOWN.items()}
    if "alias" in folded and found["barcode"] >= 0:
        found["sample"] = folded.index("alias")  # a sheet of MinKNOW, whose sample_id is that of the whole run
    return {ours: at for ours, at in found.items() if at >= 0}


def _find(header: Sequence[str], path: str | PathLike[str], line: int, finds_samples: bool) -> dict[str, int]:
    found, folded = _columns(header), folded_names(header)
    if not finds_samples and "sample" not in found and "id" in found:
        found["sample"] = found.pop("id")  # QIIME 2 calls the column so
    twice = next((at for at in found.values() if folded.count(folded[at]) > 1), None)
    if twice is not None:
        what = f"the column {header[twice].lower()!r} occurs {folded.count(folded[twice])} times"
        raise InputError(what, path=path, line=line, hint="give all but one of them another name")
    # A list of controls needs neither files nor ids.
    lacks_both = finds_samples and found.keys().isdisjoint({"file", "id", "barcode", "control", "kind"})
    missing = [name for name, lacks in (("sample", "sample" not in found), ("file or id", lacks_both)) if lacks]
    if missing:
        what = f"no column {' and none '.join(missing)} (the columns are {', '.join(header)})"
        raise InputError(what, path=path, line=line, hint=_WHAT)
    return found


def _is_control(cells: dict[str, str], path: str | PathLike[str], line: int) -> bool:
    """Return whether a line is of a negative control; of a kind of sample whose words say nothing of it, it is not."""
    text = without_accents(cells.get("control", cells.get("kind", ""))).lower().replace("_", " ")
    if (head := _HEAD.match(text)) and (_tells(head[1]) or head[1] in ("sample", "samples")):
        text = head[1]
    of_control = _CONTROL.search(text) is not None and _NO_CONTROL.search(text) is None
    if "control" not in cells:
        return of_control
    if text in _TRUE or of_control:
        return True
    if text in _FALSE or _NO_CONTROL.search(text):
        return False
    raise InputError(f"is_control is {cells['control']!r}", path=path, line=line, hint="write yes or no")


def _tells(text: str) -> bool:
    return _CONTROL.search(text) is not None or _NO_CONTROL.search(text) is not None
