"""Flat files of GenBank and EMBL."""

from pathlib import Path

import pytest

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.counting import count_records
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts, open_source
from barcodeembed.sequences.names.cleaning import clean_lineage
from barcodeembed.workflows.split import split_files

DNA = "acgttgcatt" * 8
INSECTS = "Eukaryota; Metazoa; Ecdysozoa; Arthropoda; Hexapoda; Insecta;\n            Pterygota; Neoptera; Diptera;"
CULEX = f"{INSECTS} Nematocera; Culicoidea; Culicidae; Culicinae; Culicini;\n            Culex; Culex."
DROSOPHILA = f"{INSECTS} Brachycera; Muscomorpha; Ephydroidea; Drosophilidae;\n            Drosophila; Sophophora."


def genbank(accession: str, organism: str, lineage: str = CULEX) -> str:
    lines = f"        1 {DNA[:10]} {DNA[10:60]}\n       61 {DNA[60:]}\n"
    return (
        f"LOCUS       {accession}                  80 bp    DNA     linear   INV 01-JAN-2020\n"
        f"DEFINITION  {organism} cytochrome oxidase subunit I (COI) gene,\n            partial cds; mitochondrial.\n"
        f"ACCESSION   {accession} REGION: 1..80\nVERSION     {accession}.1\n"
        f"SOURCE      mitochondrion {organism} (house mosquito)\n  ORGANISM  {organism}\n            {lineage}\n"
        'FEATURES             Location/Qualifiers\n     source          1..80\n                     /note="x; y."\n'
        f"ORIGIN      \n{lines}//\n"
    )


def embl(accession: str, organism: str) -> str:
    above = "\n".join(f"OC   {line.strip()}" for line in CULEX.split("\n"))
    return (
        f"ID   {accession}; SV 1; linear; genomic DNA; STD; INV; 80 BP.\nXX\nAC   {accession};\nXX\n"
        f"OS   {organism} (house mosquito)\n{above}\nOG   Mitochondrion\nXX\n"
        f"FH   Key             Location/Qualifiers\nFT   source          1..80\nXX\nSQ   Sequence 80 BP;\n"
        f"     {DNA[:10]} {DNA[10:60]}        60\n     {DNA[60:]}        80\n//\n"
    )


WHOLE = ("Metazoa", "Arthropoda", "Insecta", "Diptera", "Culicidae", "Culex", "Culex pipiens")


@pytest.mark.parametrize("make", [genbank, embl])
def test_records_of_a_flat_file(write, make) -> None:
    counts = ReadCounts()
    path = write(make("MK123456", "Culex pipiens") + "\n" + make("MK123457", "Culex sp. BOLD:AAA1234 XY-2010"))
    first, second = read_barcodes([path], counts, labelled=True)
    assert (first.id, first.sequence, first.lineage.names) == ("MK123456.1", DNA.upper(), WHOLE)
    assert (second.id, second.bin, second.lineage.at("genus")) == ("MK123457.1", "BOLD:AAA1234", "Culex")
    assert counts.read == count_records([path]) == 2


@pytest.mark.parametrize(
    ("organism", "lineage", "names"),
    [
        ("Drosophila melanogaster", DROSOPHILA, ("Drosophilidae", "Drosophila", "Drosophila melanogaster")),
        ("Culicidae sp. X", CULEX.replace("Culex; Culex", "unclassified Culicidae"), ("Culicidae", "", "")),
        (
            "Culicidae environmental sample",
            CULEX.replace("Culex; Culex", "environmental samples"),
            ("Culicidae", "", ""),
        ),
    ],
)
def test_the_organism_and_its_lineage_are_read_together(write, organism, lineage, names) -> None:
    (barcode,) = read_barcodes([write(genbank("MK123456", organism, lineage))], labelled=True)
    assert clean_lineage(barcode.lineage)[0].names[-3:] == names


def test_a_record_without_a_sequence_is_a_record(write) -> None:
    text = genbank("MK123456", "Culex pipiens").split("ORIGIN")[0] + "//\n"
    (barcode,) = read_barcodes([write(text)])
    assert (barcode.id, barcode.sequence, barcode.is_dna) == ("MK123456.1", "", True)


@pytest.mark.parametrize(
    ("behind", "error"),
    {
        genbank("MK123457", "Culex pipiens")[:-3]: "record 2: the record has no // at its end; fetch the file again",
        "Error: rate limit\n": "line 18: a record of a flat file begins with 'Error: rate limit', not with LOCUS or ID",
        ">a\nACGT\n": "begins with '>a', not with LOCUS",
    }.items(),
)
def test_what_is_no_whole_record_is_an_error(write, behind: str, error: str) -> None:
    with pytest.raises(InputError, match=error):
        list(read_barcodes([write(genbank("MK123456", "Culex pipiens") + behind)]))


@pytest.mark.parametrize(
    ("first_line", "id"),
    [
        ("LOCUS       Sample_12_(modified)     80 bp    DNA     linear   UNA 12-JAN-2020", "Sample_12_(modified)"),
        (
            "LOCUS       Exported                 80 bp ds-DNA     linear   SYN 12-JAN-2020\nDEFINITION  synthetic DNA"
            "\nACCESSION   .\nVERSION     .",
            "Exported",
        ),
        ("ID   Sample 12; SV 1; linear; unassigned DNA; STD; UNC; 80 BP.", "Sample 12"),
    ],
    ids=["Geneious", "SnapGene", "EMBL"],
)
def test_ids_of_other_programs(write, first_line: str, id: str) -> None:
    sequence = f"ORIGIN      \n        1 {DNA}\n" if first_line.startswith("LOCUS") else f"SQ   80 BP;\n     {DNA}\n"
    (barcode,) = read_barcodes([write(f"{first_line}\n{sequence}//\n")])
    assert (barcode.id, barcode.sequence) == (id, DNA.upper())


def test_a_record_that_biopython_refuses_is_an_error(write) -> None:
    text = genbank("MK123456", "Culex pipiens").replace("MK123456 ", "Sample 12 of a river ", 1)
    with pytest.raises(InputError, match=r"record 1, line 1: the record can't be read \(.*LOCUS.*one word"):
        list(read_barcodes([write(text)]))


def test_parts_of_a_flat_file(tmp_path: Path) -> None:
    path = tmp_path / "x.gb"
    records = [genbank("MK123456", "Culex pipiens"), genbank("MK123457", "Culex torrentium")]
    path.write_text("".join(records))
    parts = split_files([path], tmp_path / "parts", parts=2)
    assert [part.path.name for part in parts] == ["x.part-001.gb", "x.part-002.gb"]
    assert [part.path.read_text() for part in parts] == records
    with open_source(parts[0].path) as source:
        assert source.format == "flat file"
