"""The guides say what works: their commands run, on small files of exactly the forms that they name.

Libraries are made with the torch-free ``kmer4``: what is tried here is reading, not the encoder.
"""

import csv
import gzip
import io
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
RANKS = ("kingdom", "phylum", "class", "order", "family", "genus", "species")

Row = dict[str, str]


def rows() -> list[Row]:
    with (ROOT / "data" / "library.tsv").open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def shell_blocks(page: Path) -> list[str]:
    return re.findall(r"```sh\n(.*?)```", page.read_text(), flags=re.DOTALL)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Run a block in ``tmp_path`` with bash, where ``barcodeembed`` is this checkout's; returns what it printed."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "barcodeembed"
    code = "import sys; from barcodeembed.cli.app import run; run()"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" OMP_NUM_THREADS=1 exec "{sys.executable}" -c "{code}" "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{Path('/usr/bin')}:{Path('/bin')}")

    def call(block: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    return call


def _table(records: list[Row], columns: dict[str, Callable[[Row], str]], comma: bool = False) -> str:
    """A table with these columns, each made from a record."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter="," if comma else "\t", lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([make(row) for make in columns.values()] for row in records)
    return text.getvalue()


def _fasta(records: list[Row], header: Callable[[Row], str]) -> str:
    return "".join(f">{header(row)}\n{row['nuc']}\n" for row in records)


def _of(column: str) -> Callable[[Row], str]:
    return lambda row: row[column]


def _always(text: str) -> Callable[[Row], str]:
    return lambda row: text


BCDM = {
    **{name: _of(name) for name in ("processid",)},
    **{name: _always("None") for name in ("sampleid", "record_id")},
    "bin_uri": _of("bin_uri"),
    **{rank: _of(rank) for rank in RANKS[:5]},
    **{name: _always("None") for name in ("subfamily", "tribe")},
    **{rank: _of(rank) for rank in RANKS[5:]},
    **{name: _always("None") for name in ("subspecies", "identification", "identification_rank")},
    "nuc": lambda row: f"--{row['nuc']}---",
    "nuc_basecount": lambda row: str(len(row["nuc"])),
    "marker_code": _of("marker_code"),
    "country/ocean": _always("Netherlands"),
    "province/state": _always("Gelderland"),
    "coord": _always("None"),
}
BOLD4 = {
    "processid": _of("processid"),
    "sampleid": _always(""),
    "bin_uri": _of("bin_uri"),
    **{f"{rank}_name": _of(rank) for rank in RANKS[1:]},
    "country": _always("Netherlands"),
    "markercode": _of("marker_code"),
    "nucleotides": _of("nuc"),
}
BIOSCAN = {
    "processid": _of("processid"),
    "sampleid": _always("BIOUG1"),
    "taxon": _of("species"),
    **{rank: _of(rank) for rank in RANKS[1:5]},
    "subfamily": _always("not_classified"),
    **{rank: _of(rank) for rank in RANKS[5:]},
    "dna_bin": _of("bin_uri"),
    "dna_barcode": lambda row: row["nuc"] + "NNN",
    "country": _always("Costa Rica"),
    "province_state": _always("Guanacaste"),
    "split": _always("pretrain"),
}
OWN = {"specimen": _of("processid"), **{rank: _of(rank) for rank in RANKS}, "sequence": _of("nuc")}


def _numbered(row: Row) -> list[str]:
    """Names with numbers, as MIDORI has them: domain, then phylum to species."""
    names = ["Eukaryota", *(row[rank] for rank in RANKS[1:])]
    return [f"{name}_{2759 if name == 'Eukaryota' else 7000 + i}" for i, name in enumerate(names)]


def _prefixed(names: list[str]) -> str:
    return ";".join(f"{letter}__{name}" for letter, name in zip("kpcofgs", names, strict=True))


def _sintax(names: list[str]) -> str:
    return ",".join(f"{letter}:{name}" for letter, name in zip("kpcofgs", names, strict=True))


def _names(row: Row) -> list[str]:
    return [row[rank] for rank in RANKS]


def _crabs(row: Row) -> list[str]:
    return ["Eukaryota", *_names(row)[1:6], row["species"].replace(" ", "_")]


def package(records: list[Row]) -> bytes:
    """A data package of BOLD: a tar.gz with the table and its description."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        for name, text in (
            ("BOLD_Public.02-Jan-2026.tsv", _table(records, BCDM)),
            ("BOLD_Public.02-Jan-2026.datapackage.json", '{"licenses": []}'),
        ):
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return held.getvalue()


def files(records: list[Row]) -> Iterator[tuple[str, bytes]]:
    """Every file that docs/references.md names, in its form."""
    midori, crabs = "MIDORI2_UNIQ_NUC_GB269_CO1_", "crabs_"
    plain = _fasta(records, _of("processid"))
    names_of = {row["species"]: _names(row) for row in records}
    bin_of = {species: f"BOLD:AAA{number:04}" for number, species in enumerate(names_of)}  # some share theirs
    texts = {
        "bold_data.tsv": _table(records, BOLD4),
        "bold.fasta": _fasta(records, lambda row: f"{row['processid']}|{row['species']}|COI-5P|MK1"),
        "BIOSCAN_5M_Insect_Dataset_metadata.csv": _table(records, BIOSCAN, comma=True),
        f"{midori}RAW.fasta": _fasta(
            records, lambda row: f"{row['processid']}.1.<1.>690\troot_1;{';'.join(_numbered(row))}"
        ),
        f"{midori}SINTAX.fasta": _fasta(records, lambda row: f"{row['processid']}.1;tax={_sintax(_numbered(row))};"),
        f"{midori}QIIME.fasta": plain,
        f"{midori}QIIME.taxon": "".join(f"{row['processid']}\t{_prefixed(_numbered(row))}\n" for row in records),
        f"{midori}RDP.fasta": _fasta(records, lambda row: f"{row['processid']}.1\troot_1;{';'.join(_numbered(row))}"),
        f"{midori}DADA2.fasta": _fasta(records, lambda row: f"{';'.join(_numbered(row))};"),
        f"{crabs}sintax.fasta": _fasta(records, lambda row: f"{row['processid']};tax={_sintax(_crabs(row))}"),
        f"{crabs}rdp.fasta": _fasta(records, lambda row: f"{row['processid']}\troot;{';'.join(_crabs(row))}"),
        f"{crabs}qiime.fasta": plain,
        f"{crabs}qiime.txt": "".join(f"{row['processid']}\t{_prefixed(_crabs(row))}\n" for row in records),
        "coidb.sintax.exclNA.fasta": _fasta(
            records,
            lambda row: (
                f"{row['processid']};tax={_sintax([name.replace(' ', '_') for name in _names(row)])},t:{row['bin_uri']}"
            ),
        ),
        "BOLDistilled_COI_Jan2026_SEQUENCES.fasta": _fasta(
            records, lambda row: f"{row['processid']}|{bin_of[row['species']]}"
        ),
        "BOLDistilled_COI_Jan2026_TAXONOMY.tsv": "\t".join(("bin", *RANKS))
        + "".join(f"\n{bin_of[species]}\t" + "\t".join(names) for species, names in names_of.items()),
        "MZGfasta-coi__MZGdbALL__o00__A.fasta": plain,
        "MZGmothur-coi__MZGdbALL__o00__A.txt": "".join(
            f"{row['processid']}\t{';'.join(_names(row)).replace(' ', '_')};\n" for row in records
        ),
        "specimens.csv": _table(
            records, {"id": OWN["specimen"], **{k: v for k, v in OWN.items() if k != "specimen"}}, comma=True
        ),
    }
    yield "BOLD_Public.02-Jan-2026.tar.gz", package(records)
    for name, text in texts.items():
        yield name, text.encode()
        yield f"{name}.gz", gzip.compress(text.encode())


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("block", shell_blocks(DOCS / "references.md"))
def test_a_library_is_made_of_every_form_of_references(shell: Callable[[str], str], tmp_path: Path, block: str) -> None:
    """Ten barcodes of the library, one base changed, get the names of their species."""
    records = [row for row in rows() if "Araneae" not in block or row["order"] == "Trombidiformes"]
    if "Araneae" in block:
        block = block.replace("Araneae", "Trombidiformes")
    for name, content in files(records):
        (tmp_path / name).write_bytes(content)
    if "--add" in block:
        shell("barcodeembed index bold_data.tsv -o search.barcodelib --model kmer4")
        block = block.replace("specimens.csv", "more.csv")
        (tmp_path / "more.csv").write_text((tmp_path / "specimens.csv").read_text().replace("NL", "XX"))
    said = shell(block.replace("barcodeembed index", "barcodeembed index --model kmer4"))
    assert "no_name" not in said
    library = re.search(r"-o (\S+)", block.replace("europe.txt\n", ""))
    assert library
    counts: dict[str, int] = {}
    for row in records:
        counts[row["species"]] = counts.get(row["species"], 0) + 1
    asked = [row for row in records if counts[row["species"]] > 1 and len(row["nuc"]) == 658][:14]
    change = str.maketrans("ACGT", "CGTA")
    reads = "".join(
        f">{i}\n{row['nuc'][:300]}{row['nuc'][300].translate(change)}{row['nuc'][301:]}\n"
        for i, row in enumerate(asked)
    )
    (tmp_path / "reads.fasta").write_text(reads)
    shell(f"barcodeembed classify reads.fasta --library {library[1]} -o calls.tsv -q")
    calls = list(csv.DictReader((tmp_path / "calls.tsv").read_text().splitlines(), delimiter="\t"))
    right = [call["species"] == row["species"] for call, row in zip(calls, asked, strict=True)]
    wrong = [
        call["species"] for call, row in zip(calls, asked, strict=True) if call["species"] not in ("", row["species"])
    ]
    assert sum(right) >= 10
    assert not wrong


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_parts_classified_side_by_side_are_one_run(shell: Callable[[str], str], tmp_path: Path) -> None:
    """The block of docs/scale.md ends in the bytes of one run."""
    block = next(block for block in shell_blocks(DOCS / "scale.md") if "barcodeembed split" in block)
    (tmp_path / "reads.fasta").write_text((ROOT / "data" / "reads.fasta").read_text())
    shell(f"barcodeembed index {ROOT / 'data' / 'library.tsv'} -o mylib.barcodelib -q --model kmer4")
    shell(block)
    shell("barcodeembed classify reads.fasta --library mylib.barcodelib -o whole.tsv -q")
    assert (tmp_path / "calls.tsv").read_bytes() == (tmp_path / "whole.tsv").read_bytes()
    assert len(list((tmp_path / "parts").glob("*.calls.tsv"))) == 4


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", sorted((DOCS / "tutorials").glob("*.md")), ids=lambda page: page.stem)
def test_a_tutorial_runs_from_its_first_line_to_its_last(
    shell: Callable[[str], str], tmp_path: Path, page: Path
) -> None:
    if page.stem == "metabarcoding" and not shutil.which("vsearch"):
        pytest.skip("vsearch is not installed")
    (tmp_path / "data").symlink_to(ROOT / "data")
    said = "".join(shell(block) for block in shell_blocks(page))
    assert "warning" not in said or page.stem == "encoder"
    expected = {
        "specimens": ("specimens.html", "named"),
        "metabarcoding": ("calls/pond_mqc.tsv", "pond"),
        "check-library": ("suspects.tsv", "NLACA012-15"),
        "encoder": ("mine.tsv", "query_id"),
    }
    name, word = expected[page.stem]
    assert word in (tmp_path / name).read_text() + said


def test_links_between_the_pages_lead_somewhere() -> None:
    pages = [
        ROOT / "README.md",
        *DOCS.rglob("*.md"),
        *(ROOT / "workflow").rglob("*.md"),
        *(ROOT / "packaging").rglob("*.md"),
    ]
    for page in pages:
        for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page}: {target}"
