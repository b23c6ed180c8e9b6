"""Recognise files by their first line: flat files of GenBank and EMBL, and those that we do not read, with what to do
with them."""

from __future__ import annotations

import re

_FASTA = "save it as FASTA"
_FOREIGN = (
    (r"Seq-\w+ ::=", "an ASN.1 file of GenBank", _FASTA),
    (r">Feature\s+\S+\|", "a feature table of GenBank", "give the sequences themselves"),
    (r"BEGIN_SEQUENCE ", "a file of phred (.phd)", _FASTA),
    (r">(?:DL|DC|RL|RC|N1|N3|P1|F1|XX);(?!\S*[=;])", "a PIR file", _FASTA),  # but not >p1;size=5 or >p1;Insecta;Diptera
    (r"#NEXUS", "a NEXUS file", _FASTA),
    (r"#mega", "a MEGA file", _FASTA),
    (r"CLUSTAL|MUSCLE ", "an alignment in Clustal format", _FASTA),
    (r"# STOCKHOLM", "an alignment in Stockholm format", _FASTA),
    (r"\s*\d+\s+\d+\s*$", "an alignment in PHYLIP format", _FASTA),
    (r"@(?:HD|SQ|RG|PG|CO)\t", "a SAM file", "samtools fasta makes FASTA of it"),
    (r"\S+\t\d+\t\S+\t\d+\t\d+\t(?:\*|(?:\d+[MIDNSHPX=])+)\t", "a SAM file", "samtools fasta makes FASTA of it"),
    (r"##fileformat=VCF", "a VCF file", "give the sequences themselves"),
    (
        r"\S+\t\S+\t\d{1,3}(?:\.\d+)?(?:\t\d+){7}\t\S+\t\s*[\d.]+\s*$",
        "a table of BLAST hits",
        "give the sequences themselves",
    ),
    (r"[SHCN]\t\d+\t\d+\t", "a table of clusters (.uc)", "give the sequences themselves"),
    (r"##gff", "a GFF file", "give the sequences themselves"),
    (r"\{\\rtf", "a document of a word processor (RTF)", "save it as plain text"),
    (r"version https://git-lfs", "a pointer of Git LFS in place of the file", "fetch the file itself (git lfs pull)"),
    (r"\[InternetShortcut\]", "a link in place of the file", "download the file itself"),
    (r"<!doctype html|<html", "a web page", "the download went wrong: fetch the file again"),
    (r"<\?xml|<\w+[ />]", "an XML file", "fetch it as FASTA or as a table"),
    (r"[\[{]\s*(?:[\"{\[]|$)", "a JSON file", "fetch it as FASTA or as a table"),
    (r"\(.*[,:].*", "a tree in Newick format", "give the sequences themselves"),
)
_FLAT = re.compile(r"LOCUS {2,}\S|ID {3}\S.*;")


def is_flat_file(first_line: str) -> bool:
    """Return whether a file with this first line is a flat file of GenBank or EMBL."""
    return _FLAT.match(first_line) is not None


def foreign_format(first_line: str) -> tuple[str, str]:
    """Return what a file with this first line is, and what to do with it; both are empty if that is not known."""
    known = (found for found in _FOREIGN if re.match(found[0], first_line, re.IGNORECASE))
    return next(((what, hint) for _, what, hint in known), ("", ""))
