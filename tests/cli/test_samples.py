"""From reads of several samples to tables: the same reads give the same tables, however they come."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.noise import ERROR_KINDS, with_errors

ROOT = Path(__file__).parents[2]
READS = {"siteA": (3, 1, 0, 2), "siteB": (0, 4, 1, 0), "blank": (0, 1, 0, 0)}
"""How often each of four reads is in each sample."""

TOTALS = {sample: sum(numbers) for sample, numbers in READS.items()}


@pytest.fixture(scope="session")
def library(dutch) -> Path:
    return dutch.path


@pytest.fixture(scope="session")
def sequences() -> list[str]:
    """Four reads: two that are named, one that is not, and one that is no barcode."""
    barcodes = [barcode.sequence for barcode in read_barcodes([ROOT / "data" / "reads.fasta"])]
    return [barcodes[0], barcodes[1], barcodes[40], "ACGT" * 60]


@pytest.fixture
def forms(sequences: list[str], tmp_path: Path) -> dict[str, list[str | Path]]:
    """The reads of ``READS`` raw, dereplicated in each sample, and as sequences with a count table."""
    arguments: dict[str, list[str | Path]] = {"raw": [], "dereplicated": [], "counts": []}
    for sample, numbers in READS.items():
        raw, short = tmp_path / "raw" / f"{sample}.fasta", tmp_path / "short" / f"{sample}.fasta"
        for path in (raw, short):
            path.parent.mkdir(exist_ok=True)
        reads = [(place, n) for place, n in enumerate(numbers) if n]
        raw.write_text("".join(f">r{p}.{k}\n{sequences[p]}\n" for p, n in reads for k in range(n)))
        short.write_text("".join(f">OTU_{p};size={n};\n{sequences[p]}\n" for p, n in reads))
        arguments["raw"].append(raw)
        arguments["dereplicated"].append(short)
    features, table = tmp_path / "features.fasta", tmp_path / "counts.tsv"
    features.write_text("".join(f">OTU_{p}\n{sequence}\n" for p, sequence in enumerate(sequences)))
    # In another order than the files: it says nothing.
    turned = dict(reversed(READS.items()))
    rows = ["\t".join([f"OTU_{p}", *(str(numbers[p]) for numbers in turned.values())]) for p in range(4)]
    table.write_text("\n".join(["\t".join(["#OTU ID", *turned]), *rows]) + "\n")
    arguments["counts"] = [features, "--counts", table]
    return arguments


def outputs(folder: Path) -> list[str | Path]:
    folder.mkdir()
    made = {"--table": "taxa.tsv", "--summary": "summary.json", "--multiqc": "multiqc"}
    return ["-o", folder / "calls.tsv", *(part for option, name in made.items() for part in (option, folder / name))]


def table_of(path: Path) -> dict[str, dict[str, int]]:
    header, *rows = [line.split("\t") for line in path.read_text().splitlines()]
    return {row[0]: dict(zip(header[10:], map(int, row[10:]), strict=True)) for row in rows}


def test_the_same_reads_give_the_same_tables(run: Callable[..., object], forms, library: Path, tmp_path: Path) -> None:
    tables, bars, krona, counted = {}, {}, {}, {}
    for form, arguments in forms.items():
        folder = tmp_path / f"out-{form}"
        code, _, err = run(["classify", *arguments, "--library", library, *outputs(folder), "-q"])
        assert code == 0
        assert err == "" or "the column sample tells them apart" in err
        tables[form] = (folder / "taxa.tsv").read_text()
        bars[form] = [path.read_text() for path in sorted((folder / "multiqc").iterdir())]
        summary = json.loads((folder / "summary.json").read_text())
        counted[form] = {key: value for key, value in summary.items() if key != "queries"}
        code, krona[form], _ = run(["classify", *arguments, "--library", library, "--format", "krona", "-q"])
    assert tables["raw"] == tables["dereplicated"] == tables["counts"]
    assert bars["raw"] == bars["dereplicated"] == bars["counts"]
    assert krona["raw"] == krona["dereplicated"] == krona["counts"]
    assert counted["raw"] == counted["dereplicated"] == counted["counts"]
    assert sum(int(line.split("\t")[0]) for line in krona["raw"].splitlines()) == 12
    sums = {
        sample: sum(row[sample] for row in table_of(tmp_path / "out-raw" / "taxa.tsv").values()) for sample in READS
    }
    assert sums == {sample: sum(numbers) for sample, numbers in READS.items()}
    assert table_of(tmp_path / "out-raw" / "taxa.tsv")["rejected"] == {"siteA": 2, "siteB": 0, "blank": 0}


def test_sequences_without_a_row_have_no_reads(run, forms, library: Path, tmp_path: Path) -> None:
    """Tables are those of the counted sequences, whatever else was classified."""
    features, _, table = forms["counts"]
    assert run(["classify", *forms["counts"], "--library", library, *outputs(tmp_path / "all"), "-q"]).code == 0
    rows = table.read_text().splitlines(keepends=True)
    zero = next(row for row in rows if row.startswith("OTU_1\t"))
    for form, text in {"zeros": "OTU_1\t0\t0\t0\n", "absent": ""}.items():
        table.write_text("".join(rows).replace(zero, text))
        out = run(["classify", features, "--counts", table, "--library", library, *outputs(tmp_path / form)])
        assert out.code == 0
        assert ("without a row in" in out.err) == (form == "absent")
    assert "so without reads: 1, the first is 'OTU_1'" in out.err
    for path in (tmp_path / "zeros").rglob("*"):
        if path.is_file():
            assert (tmp_path / "absent" / path.relative_to(tmp_path / "zeros")).read_bytes() == path.read_bytes()
    assert len((tmp_path / form / "calls.tsv").read_text().splitlines()) == 5
    assert "OTU_1" in (tmp_path / form / "calls.tsv").read_text()
    taxa = table_of(tmp_path / form / "taxa.tsv")
    assert all(any(counts.values()) for taxon, counts in taxa.items() if taxon != "rejected")
    asked = ["--counts", table, "--library", library, "--format", "krona", "-q"]
    assert not any(line.startswith("0") for line in run(["classify", features, *asked]).out.splitlines())
    merged = ["merge", tmp_path / form / "calls.tsv", "-o", tmp_path / "m.tsv", "--table", tmp_path / "m-taxa.tsv"]
    assert run(merged).code == 0
    assert (tmp_path / "m-taxa.tsv").read_bytes() == (tmp_path / form / "taxa.tsv").read_bytes()
    sums = [sum(sum(row.values()) for row in table_of(tmp_path / one / "taxa.tsv").values()) for one in ("all", form)]
    assert sums == [12, 12 - sum(map(int, zero.split("\t")[1:]))]
    table.write_text("#OTU ID\tsiteA\nother\t1\n")
    code, _, err = run(["classify", features, "--counts", table, "--library", library, *outputs(tmp_path / "none")])
    assert code == 3
    assert "no row for any of 4 sequences; the first is 'OTU_0', the first row 'other'" in err
    assert not [path for path in (tmp_path / "none").rglob("*") if path.is_file()]


def test_merged_parts_are_one_run(run, forms, library: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    assert run(["classify", *forms["raw"], "--library", library, *outputs(whole), "-q"]).code == 0
    parts = []
    for path in forms["raw"]:
        parts.append(tmp_path / f"{path.stem}.calls.tsv")
        assert run(["classify", path, "--library", library, "-o", parts[-1], "-q"]).code == 0
    merged = tmp_path / "merged"
    assert run(["merge", *parts, *outputs(merged), "-q"]).code == 0
    for path in whole.rglob("*"):
        if path.is_file():
            assert (merged / path.relative_to(whole)).read_bytes() == path.read_bytes(), path.name
    for format in ("qiime2", "sintax", "krona", "jsonl"):
        one = run(["classify", *forms["raw"], "--library", library, "--format", format, "-q"]).out
        assert run(["merge", *parts, "--format", format, "-q"]).out == one


def test_calls_that_are_merged_twice_are_told(run, forms, library: Path, tmp_path: Path) -> None:
    parts = [tmp_path / f"{path.stem}.tsv" for path in forms["dereplicated"]]
    for path, part in zip(forms["dereplicated"], parts, strict=True):
        assert run(["classify", path, "--library", library, "-o", part, "-q"]).code == 0
    whole, copy, merged = (tmp_path / name for name in ("whole.tsv", "copy.tsv", "m.tsv"))
    assert run(["merge", *parts, "-o", whole]).code == 0
    shutil.copy(whole, copy)
    inputs = {
        (whole, copy): f"{copy}: all its calls (6, such as 'OTU_0') are in {whole} too",
        (*parts, whole): f"{whole}: all its calls (6, such as 'OTU_0') are in {parts[0]} and 2 more too",
        (parts[1], whole): f"{parts[1]}: all its calls (2, such as 'OTU_1') are in {whole} too",
    }
    for files, message in inputs.items():
        code, _, err = run(["merge", *files, "-o", merged])
        assert (code, message in " ".join(err.split()), merged.exists()) == (3, True, False), err
    header, *rows = whole.read_text().splitlines(keepends=True)
    copy.write_text("".join([header, rows[0].replace("OTU_0", "other"), rows[1]]))
    code, _, err = run(["merge", whole, copy, "-o", merged])
    assert code == 0
    assert f"1, the first is 'OTU_1' in {whole} and {copy}; their reads count twice" in " ".join(err.split())


def test_a_sheet_that_says_nothing_of_merged_calls_is_told(run, forms, library: Path, tmp_path: Path) -> None:
    calls, sheet = tmp_path / "calls.tsv", tmp_path / "samples.tsv"
    assert run(["classify", *forms["raw"], "--library", library, "-o", calls, "-q"]).code == 0
    told = {
        "siteA\tx.fasta\tno\nblank\t\tyes\n": "",
        "siteA\tx.fasta\tno\n": "was not used: it marks no control",
        "siteX\tx.fasta\tno\nblank\t\tyes\n": "not in the calls, of the samples in",
    }
    for text, message in told.items():
        sheet.write_text(f"sample\tfile\tis_control\n{text}")
        code, _, err = run(["merge", calls, "--samples", sheet, "-o", tmp_path / "m.tsv", "-q", "--force"])
        assert (code, message in " ".join(err.split()), bool(err)) == (0, True, bool(message)), err


def test_what_a_sheet_says_of_samples_is_in_the_tables(run, forms, library: Path, tmp_path: Path) -> None:
    sheet, metadata, calls = tmp_path / "samples.tsv", tmp_path / "metadata.tsv", tmp_path / "calls.tsv"
    sheet.write_text("sample\tfile\tsite\tis_control\nsiteA\tsiteA.fasta\tbog\t0\nblank\tblank.fasta\t\t1\n")
    metadata.write_text("#SampleID\tsite\tis.neg\nblank\t\tyes\nsiteA\tbog\tno\n")
    made = ["classify", *forms["raw"], "--library", library, "--samples", sheet, "-o", calls]
    assert run([*made, "--phyloseq", tmp_path / "raw-tables"]).code == 0
    table = tmp_path / "raw-tables" / "sample_table.tsv"
    assert table.read_text().splitlines() == [
        "sample\treads\tfeatures\tis_control\tsite",
        "blank\t1\t1\tyes\t",
        "siteA\t6\t2\tno\tbog",
        "siteB\t5\t2\tno\t",
    ]
    code, _, err = run(
        ["merge", calls, "--samples", sheet, "-o", tmp_path / "m.tsv", "--phyloseq", tmp_path / "merged"]
    )
    assert (code, "was not used" in err) == (0, False)
    assert (tmp_path / "merged" / table.name).read_text() == table.read_text()
    counted = ["classify", *forms["counts"], "--library", library, "--samples", metadata, "-o", tmp_path / "c.tsv"]
    code, _, err = run([*counted, "--phyloseq", tmp_path / "counted"])
    assert (code, "that --samples does not have: 1, the first 'siteB'" in " ".join(err.split())) == (0, True)
    assert (tmp_path / "counted" / table.name).read_text() == table.read_text()
    metadata.write_text("sample\tis_control\nblank\tyes\n")
    code, _, err = run([*counted, "--force"])
    assert (code, "does not have" in err) == (0, False), "a list of controls"
    metadata.write_text("sample-id\tsite\nsiteA\tbog\n")
    code, _, err = run(["merge", calls, "--samples", metadata, "-o", tmp_path / "n.tsv"])
    assert (code, "goes into --biom, --phyloseq and --anndata" in " ".join(err.split())) == (0, True)


def test_merged_summaries_know_of_records_that_have_no_call(run, library: Path, tmp_path: Path) -> None:
    """Rows without a sequence and of another marker, each in one of the parts."""
    rows = [line.split("\t") for line in (ROOT / "data" / "library.tsv").read_text().splitlines()[:4]]
    bases, made = rows[0].index("nuc"), ["classify", "--library", library, "-q"]
    one, other = (
        ["id\tmarker_code\tnuc", *(f"{part}{i}\tCOI-5P\t{row[bases]}" for i, row in enumerate(rows[1:]))]
        for part in "ab"
    )
    one += ["c\tCOI-5P\t", "d\t16S\tACGT"]
    other += ["e\tCOI-5P\t"]
    for name, lines in (("x", one), ("y", other), ("all", [*one, *other[1:]])):
        (tmp_path / f"{name}.tsv").write_text("\n".join(lines) + "\n")
        files = ["-o", tmp_path / f"{name}.calls.tsv", "--summary", tmp_path / f"{name}.json"]
        assert run([*made, tmp_path / f"{name}.tsv", *files]).code == 0
    parts = [tmp_path / name for name in ("x.calls.tsv", "x.json", "y.calls.tsv", "y.json")]
    assert run(["merge", *parts, "-o", tmp_path / "m.tsv", "--summary", tmp_path / "m.json", "-q"]).code == 0
    whole = json.loads((tmp_path / "all.json").read_text())
    assert whole["skipped"] == {"no_sequence": 2, "other_marker": 1}
    merged = json.loads((tmp_path / "m.json").read_text())
    assert {**merged, "samples": {}} == whole
    code, _, err = run(["merge", *parts[:3], "-o", tmp_path / "m.tsv", "--force"])
    assert (code, "the summaries are of 3 queries, but there are 6 calls" in " ".join(err.split())) == (0, True)
    (tmp_path / "z.json").write_text('{"skipped": 1}')
    for files, message in (
        ([*parts, tmp_path / "z.json"], "z.json: this is no file of --summary"),
        ([parts[1]], "give the calls"),
    ):
        code, _, err = run(["merge", *files, "-o", tmp_path / "n.tsv"])
        assert code in (2, 3)
        assert message in " ".join(err.split())
        assert not (tmp_path / "n.tsv").exists()


def test_matrices_for_other_programs_add_up(run, forms, library: Path, tmp_path: Path) -> None:
    biom = pytest.importorskip("biom")
    anndata = pytest.importorskip("anndata")
    made = ["--biom", tmp_path / "t.biom", "--phyloseq", tmp_path / "p", "--anndata", tmp_path / "t.h5ad"]
    assert run(["classify", *forms["dereplicated"], "--library", library, "-o", tmp_path / "c", *made, "-q"]).code == 0
    table = biom.load_table(str(tmp_path / "t.biom"))
    assert dict(zip(table.ids().tolist(), table.sum("sample").tolist(), strict=True)) == TOTALS
    assert anndata.read_h5ad(tmp_path / "t.h5ad").obs["reads"].to_dict() == TOTALS
    rows = (tmp_path / "p" / "sample_table.tsv").read_text().splitlines()
    assert rows[1:] == ["blank\t1\t1", "siteA\t6\t2", "siteB\t5\t2"]


def test_controls_are_listed_and_subtracted_only_when_asked(run, forms, library: Path, tmp_path: Path) -> None:
    sheet, held = tmp_path / "samples.tsv", tmp_path / "held.tsv"
    sheet.write_text("sample\tfile\tis_control\nneg 1\tblank.fasta\tyes\n")
    asked = ["--samples", sheet, "--in-controls", held, "--table", tmp_path / "t.tsv", "-q"]
    assert run(["classify", *forms["raw"], "--library", library, "-o", tmp_path / "c", *asked]).code == 0
    assert held.read_text().splitlines()[1].split("\t")[2:] == ["6", "1", "0.1667"]
    assert "subtracted" not in (tmp_path / "t.tsv").read_text()
    again = ["--subtract-controls", "--force"]
    assert run(["classify", *forms["raw"], "--library", library, "-o", tmp_path / "c", *asked, *again]).code == 0
    rows = table_of(tmp_path / "t.tsv")
    assert rows["subtracted (negative controls)"] == {"siteA": 1, "siteB": 1, "neg 1": 0}


def test_what_was_subtracted_is_told_wherever_reads_are_counted(run, forms, library: Path, tmp_path: Path) -> None:
    sheet, page, multiqc = tmp_path / "samples.tsv", tmp_path / "r.html", tmp_path / "multiqc"
    sheet.write_text("sample\tfile\tis_control\nneg 1\tblank.fasta\tyes\n")
    asked = ["--samples", sheet, "--subtract-controls", "--multiqc", multiqc, "--report", page]
    code, _, err = run(["classify", *forms["raw"], "--library", library, "-o", tmp_path / "c", *asked])
    words = "2 reads of 1 feature subtracted, as negative controls have them"
    assert (code, f"{words} (the counts above are from before" in " ".join(err.split())) == (0, True)
    assert f'"subtraction":"{words}"' in page.read_text()
    stats = json.loads((multiqc / "barcodeembed_stats_mqc.json").read_text())
    assert stats["headers"]["reads"]["description"].endswith("before the subtraction of negative controls")
    assert f"before subtraction: {words}." in (multiqc / "barcodeembed_calls_mqc.tsv").read_text()
    header, *rows = [
        line.split("\t")
        for line in (multiqc / "barcodeembed_taxa_mqc.tsv").read_text().splitlines()
        if not line.startswith("#")
    ]
    assert header[-2:] == ["rejected", "subtracted (negative controls)"]
    assert {row[0]: sum(map(int, row[1:])) for row in rows} == {'"neg 1"': 1, '"siteA"': 6, '"siteB"': 5}
    code, _, err = run(["merge", tmp_path / "c", "-o", tmp_path / "m", "--samples", sheet, "--subtract-controls"])
    assert (code, words in " ".join(err.split())) == (0, True)


def test_an_empty_control_is_what_it_should_be(run, forms, library: Path, tmp_path: Path) -> None:
    sheet, empty = tmp_path / "samples.tsv", tmp_path / "neg.fasta"
    empty.touch()
    sheet.write_text(f"sample\tfile\tis_control\nneg 1\t{empty}\tyes\n")
    asked = ["--samples", sheet, "--subtract-controls", "--table", tmp_path / "t.tsv", "--allow-empty", "-q"]
    made = ["--library", library, "-o", tmp_path / "c.tsv", *asked, "--summary", tmp_path / "s.json"]
    code, _, err = run(["classify", forms["raw"][0], empty, *made])
    assert (code, err) == (0, "")
    assert table_of(tmp_path / "t.tsv")["rejected"] == {"neg 1": 0, "siteA": 2}
    assert json.loads((tmp_path / "s.json").read_text())["samples"]["neg 1"]["reads"] == 0
    merged = ["-o", tmp_path / "m.tsv", "--table", tmp_path / "m-taxa.tsv", "--samples", sheet, "-q"]
    assert run(["merge", tmp_path / "c.tsv", *merged]).code == 0
    assert (tmp_path / "m-taxa.tsv").read_bytes() == (tmp_path / "t.tsv").read_bytes()
    sheet.write_text(f"sample\tfile\tis_control\nA\tsiteA.fasta\tno\nneg 1\t{empty}\tyes\n")
    code, _, err = run(["classify", *forms["raw"], *made, "--force"])
    assert code == 3
    assert "the control 'neg 1' is no sample of the input (samples are A, blank, siteB)" in " ".join(err.split())


@pytest.mark.parametrize("form", ["raw", "dereplicated", "counts"])
@pytest.mark.parametrize("name", ["siteC", "r"])
def test_no_calls_are_left_if_a_control_is_none(
    run, forms, library: Path, tmp_path: Path, form: str, name: str
) -> None:
    """``siteC`` is nowhere in the input, so it is known before the work; an ``r`` stands in many headers."""
    sheet = tmp_path / "samples.tsv"
    sheet.write_text(f"sample\tis_control\n{name}\tyes\n")
    made = ["--library", library, "-o", tmp_path / "c.tsv", "--samples", sheet, "--subtract-controls"]
    code, _, err = run(["classify", *forms[form], *made])
    assert code == 3
    assert f"the control {name!r} is no sample of the input" in " ".join(err.split())
    assert not (tmp_path / "c.tsv").exists()


@pytest.mark.slow
def test_a_library_without_species_gives_groups_the_usual_threshold(run, library: Path, tmp_path: Path) -> None:
    header, *rows = [line.split("\t") for line in (ROOT / "data" / "library.tsv").read_text().splitlines()]
    lacking = header.index("genus"), header.index("species"), header.index("phylum")
    for row in rows:
        for column in lacking:
            row[column] = ""
    (tmp_path / "families.tsv").write_text("".join("\t".join(row) + "\n" for row in [header, *rows]))
    families = tmp_path / "families.barcodelib"
    code, _, err = run(["index", tmp_path / "families.tsv", "-o", families, "--model", "kmer4"])
    said = " ".join(err.split())
    assert code == 0
    assert "warning: no reference has a genus or species: no query will be named below family" in said
    assert "no reference has a name at the rank of phylum: no call will have one there" in said
    made = ["classify", ROOT / "data" / "reads.fasta", "-o", tmp_path / "c.tsv", "--force", "--groups", "--library"]
    assert "as usual: the library has too few species" in run([*made, families]).err
    assert "as the library's species" in run([*made, library]).err


def test_groups_are_in_the_calls_and_the_table(run, library: Path, tmp_path: Path) -> None:
    asked = ["--groups", "--table", tmp_path / "t.tsv", "-o", tmp_path / "c.tsv", "-q"]
    assert run(["classify", ROOT / "data" / "reads.fasta", "--library", library, *asked]).code == 0
    header, *rows = [line.split("\t") for line in (tmp_path / "c.tsv").read_text().splitlines()]
    group, verdict = header.index("group"), header.index("verdict")
    assert all((row[verdict] in ("", "named")) == (row[group] == "") for row in rows)
    taxon, rank = header.index("taxon"), header.index("rank")
    named = {(row[rank] == "genus", row[group].removeprefix(row[taxon] or "unplaced")) for row in rows if row[group]}
    assert {(True, " sp. group 1"), (False, " group 1")} <= named
    assert all(middle.startswith(" sp. group " if of_genus else " group ") for of_genus, middle in named)
    assert sum(row["reads"] for row in table_of(tmp_path / "t.tsv").values()) == 98
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("header", "options", "message"),
    [
        (">a;size=2.5;", [], "record 1: size=2.5 is no positive whole number of reads"),
        (">a;size=-1;", [], "record 1: size=-1 is no positive whole number of reads"),
        (">a", ["--table-rank", "genus"], "--table-rank is the rank of the table of taxa: give --table as well"),
        (">a", ["--table-rank", "tribe"], "--table-rank: 'tribe' is not one of kingdom"),
        (">a", ["--subtract-controls"], "no sample is marked as a negative control"),
    ],
)
def test_what_is_wrong_gets_one_line(run, sequences, library, tmp_path: Path, header, options, message: str) -> None:
    path = tmp_path / "reads.fasta"
    path.write_text(f"{header}\n{sequences[0]}\n")
    code, _, err = run(["classify", path, "--library", library, "-o", tmp_path / "c", *options, "-q"])
    assert code in (2, 3)
    assert message in err.replace("\n", " ")
    assert not (tmp_path / "c").exists()


def test_no_sizes_counts_records_and_whole_ids_keeps_ids(run, forms, library: Path, tmp_path: Path) -> None:
    asked = ["--no-sizes", "--whole-ids", "--library", library, "-o", "-", "-q"]
    code, out, _ = run(["classify", *forms["dereplicated"], *asked])
    header, *rows = [line.split("\t") for line in out.splitlines()]
    assert code == 0
    assert {row[header.index("size")] for row in rows} == {"1"}
    assert rows[0][0] == "OTU_0;size=3;"


def test_pseudogenes_are_rejected_with_a_reason_when_asked(run, sequences, library: Path, tmp_path: Path) -> None:
    from barcodeembed.sequences.placement.anchor import shipped_anchor

    placed = shipped_anchor().place([sequences[0]])
    at = 300 + (shipped_anchor().profile.frame - int(placed.start[0])) % 3
    stop = sequences[0][:at] + "TAA" + sequences[0][at + 3 :]
    short = sequences[0][:300] + sequences[0][301:]
    path = tmp_path / "siteA.fasta"
    path.write_text(f">good;size=4;\n{sequences[0]}\n>stop;size=3;\n{stop}\n>short;size=2;\n{short}\n>again\n{stop}\n")
    made = ["-o", tmp_path / "c.tsv", "--table", tmp_path / "t.tsv", "--summary", tmp_path / "s.json"]
    asked = ["classify", path, "--library", library, "-q", *made]
    assert run(asked).code == 0
    assert table_of(tmp_path / "t.tsv")["rejected"] == {"siteA": 0}
    code, _, err = run([*asked, "--reject-pseudogenes", "--force"])
    assert (code, err) == (0, "")
    header, *rows = [line.split("\t") for line in (tmp_path / "c.tsv").read_text().splitlines()]
    status, verdict, flags, stops = (header.index(name) for name in ("status", "verdict", "flags", "stops"))
    assert [row[status] for row in rows] == ["ok", "stop_codon", "frameshift", "stop_codon"]
    assert [bool(row[verdict]) for row in rows] == [True, False, False, False]
    assert (rows[1][stops], rows[1][flags]) == ("1", "stop_codon")
    assert table_of(tmp_path / "t.tsv")["rejected"] == {"siteA": 6}
    assert json.loads((tmp_path / "s.json").read_text())["status"]["stop_codon"] == 4
    merged = tmp_path / "merged.tsv"
    assert run(["merge", tmp_path / "c.tsv", "-o", merged, "-q"]).code == 0
    assert merged.read_bytes() == (tmp_path / "c.tsv").read_bytes()


def test_merge_says_what_does_not_fit_together(run, library: Path, tmp_path: Path) -> None:
    reads = ROOT / "data" / "reads.fasta"
    again = tmp_path / "again.fasta"  # the same reads of another sample
    again.write_bytes(reads.read_bytes())
    made = ["--library", library, "-q", "--groups", "-o"]
    one, other, merged = (tmp_path / name for name in ("a.tsv", "b.tsv", "m.tsv"))
    assert run(["classify", reads, *made, one]).code == 0
    assert run(["classify", again, *made, other, "--min-confidence", "genus=1"]).code == 0
    assert run(["merge", one, "-o", merged, "-q"]).code == 0
    assert merged.read_bytes() == one.read_bytes()
    code, _, err = run(["merge", one, other, "-o", merged, "--force"])
    said = " ".join(err.split())
    assert code == 0
    assert "calls had groups, which are numbered within one run: merged calls have none" in said
    assert "calls that differ from an earlier one of the same sequence: " in said
    header, *rows = [line.split("\t") for line in merged.read_text().splitlines()]
    assert {row[header.index("group")] for row in rows} == {""}
    code, _, err = run(["merge", one, other, "-o", merged, "--force", "--groups"])
    assert (code, "classify all inputs in one run with --groups" in " ".join(err.split())) == (2, True)


@pytest.mark.parametrize(
    ("option", "module", "name"), [("--biom", "biom", "t.biom"), ("--anndata", "anndata", "t.h5ad")]
)
def test_a_missing_package_is_told_before_the_work(
    run, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str, module: str, name: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    made = ["classify", ROOT / "data" / "reads.fasta", "--library", library, "-o", tmp_path / "c.tsv"]
    code, _, err = run([*made, option, tmp_path / name])
    assert code == 2
    assert f"{option} needs the package" in " ".join(err.split())
    assert not list(tmp_path.glob("c.tsv*"))


def test_records_without_a_base_are_not_compared_when_merged(run, library: Path, tmp_path: Path) -> None:
    for part in "ab":
        reads = tmp_path / f"{part}.fasta"
        reads.write_text(">empty\n\n>protein\nMKVLFFEE\n")
        assert run(["classify", reads, "--library", library, "-o", tmp_path / f"{part}.tsv", "-q"]).code == 0
    code, _, err = run(["merge", tmp_path / "a.tsv", tmp_path / "b.tsv", "-o", tmp_path / "m.tsv"])
    assert (code, "calls that differ" in " ".join(err.split())) == (0, False)


def test_a_sheet_of_more_samples_than_the_input_has(run, forms, library: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "samples.tsv"
    sheet.write_text("sample\tfile\nA\tsiteA.fasta\nZ\tsiteZ.fasta\n")
    asked = ["classify", *forms["raw"], "--library", library, "-o", tmp_path / "c", "--samples", sheet]
    code, _, err = run(asked)
    assert code == 0
    assert "files and ids of --samples that are not in the input: 1, the first 'siteZ.fasta'" in " ".join(err.split())


@pytest.mark.parametrize("line", ["A\tsiteZ.fasta\t", "A\t\tOTU_77"])
def test_a_sheet_of_other_files_is_told(run, forms, library: Path, tmp_path: Path, line: str) -> None:
    sheet = tmp_path / "samples.tsv"
    sheet.write_text(f"sample\tfile\tid\n{line}\n")
    code, _, err = run(["classify", *forms["raw"], "--library", library, "-o", tmp_path / "c", "--samples", sheet])
    what = f"no file or id of --samples is in the input (the first is {line.split()[1]!r}): is it the right one?"
    assert (code, what in " ".join(err.split())) == (0, True)


def test_a_sheet_of_controls_beside_counts_lacks_no_files(run, forms, library: Path, tmp_path: Path) -> None:
    """The samples are those of the count table, so the files of the sheet say nothing."""
    sheet = tmp_path / "samples.tsv"
    sheet.write_text("sample\tfile\tis_control\nsiteA\tsiteA.fasta\tno\nblank\tblank.fasta\tyes\n")
    made = ["--library", library, "-o", tmp_path / "c", "--samples", sheet, "--in-controls", tmp_path / "held.tsv"]
    code, _, err = run(["classify", *forms["counts"], *made])
    assert (code, "not in the input" in " ".join(err.split())) == (0, False)


def test_a_sheet_of_another_machine_is_told(run, forms, library: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "samples.tsv"
    sheet.write_text("sample\tfile\nA\t/cluster/raw/siteA.fasta\n")
    made = ["--library", library, "-o", tmp_path / "c", "--samples", sheet, "--table", tmp_path / "t.tsv", "-q"]
    code, _, err = run(["classify", *forms["raw"], *made])
    assert code == 0
    assert "in other folders, found by the end of their paths: 1, the first" in " ".join(err.split())
    assert set(table_of(tmp_path / "t.tsv")["rejected"]) == {"A", "siteB", "blank"}


def test_merged_parts_may_have_an_empty_control(run, forms, library: Path, tmp_path: Path) -> None:
    sheet, empty = tmp_path / "samples.tsv", tmp_path / "neg.fasta"
    empty.touch()
    sheet.write_text("sample\tfile\tis_control\nN\tneg.fasta\tyes\n")
    asked, parts = ["--samples", sheet, "--subtract-controls", "-q"], []
    made = [*asked, "--table", tmp_path / "one.tsv", "--allow-empty", "-o", tmp_path / "one.calls.tsv"]
    assert run(["classify", forms["raw"][0], empty, "--library", library, *made]).code == 0
    for path in (forms["raw"][0], empty):
        parts.append(tmp_path / f"{path.stem}.calls.tsv")
        assert run(["classify", path, "--library", library, "--allow-empty", "-o", parts[-1], "-q"]).code == 0
    merged = ["-o", tmp_path / "m.calls.tsv", "--table", tmp_path / "m.tsv"]
    code, _, err = run(["merge", *parts, *asked, *merged])
    assert (code, "that no call has: 1, the first 'N'; they are written with 0 reads" in " ".join(err.split())) == (
        0,
        True,
    )
    assert (tmp_path / "m.tsv").read_bytes() == (tmp_path / "one.tsv").read_bytes()


def test_reads_full_of_errors_are_told_what_they_are_not_good_for(run, library: Path, tmp_path: Path) -> None:
    """Twenty reads of a species with 3 % of errors: too many for groups, and none of them is a pseudogene."""
    (barcode, *_) = read_barcodes([ROOT / "data" / "library.tsv"])
    rng = np.random.default_rng(0)
    reads = [with_errors(barcode.sequence, 0.03, ERROR_KINDS["mixed"], rng)[0] for _ in range(20)]
    (tmp_path / "run.fasta").write_text("".join(f">r{i}\n{read}\n" for i, read in enumerate(reads)))
    made = ["classify", tmp_path / "run.fasta", "--library", library, "-o", tmp_path / "c.tsv", "--force"]
    made += ["--min-confidence", "species=1"]  # so that there is something to group
    for option, message in (
        ("--groups", "--groups: 2."),
        ("--reject-pseudogenes", "all reads were rejected for frameshifts or stop codons"),
    ):
        code, _, err = run([*made, option])
        said = " ".join(err.split())
        assert (code, message in said, "could be placed" in said) == (0, True, False), said


def test_names_of_the_input_are_compared_with_the_calls(run, library: Path, tmp_path: Path) -> None:
    """By classify, by merge and from vectors alike; the names change no call."""
    rows = [line.split("\t") for line in (ROOT / "data" / "library.tsv").read_text().splitlines()]
    species, bases = rows[0].index("species"), rows[0].index("nuc")
    known = [row for row in rows[1:] if row[species]][:30]
    told = tmp_path / "told.tsv"
    lines = [f"s{n}\t{row[species]}\t{row[bases]}" for n, row in enumerate(known)]
    lines.append(f"wrong\tHomo sapiens\t{known[0][bases]}")
    told.write_text("\n".join(["id\tspecies\tnuc", *lines]) + "\n")
    calls, counted = tmp_path / "calls.tsv", tmp_path / "summary.json"
    _, _, err = run(["classify", told, "--library", library, "-o", calls, "--summary", counted])
    own = json.loads(counted.read_text())["own_names"]
    assert sum(own.values()) == 31
    assert own["same"] >= 20
    assert own["other_genus"] == 1
    assert f"own names          31  (same {own['same']}, " in err
    assert f"  To look at    {own['other_genus'] + own['other_species']:>5}  (own_name of the calls is other_" in err
    header, *found = [line.split("\t") for line in calls.read_text().splitlines()]
    assert found[-1][header.index("own_lineage") :] == ["g:Homo,s:Homo sapiens", "other_genus"]
    vectors, again = tmp_path / "told.h5", tmp_path / "again.tsv"
    assert run(["embed", told, "-o", vectors, "--model", "kmer4", "-q"]).code == 0
    assert run(["classify", vectors, "--library", library, "-o", again, "-q"]).code == 0
    assert again.read_text() == calls.read_text()
    told.write_text(
        "\n".join(["id\tnuc", *(f"{line.split(chr(9))[0]}\t{line.split(chr(9))[2]}" for line in lines)]) + "\n"
    )
    assert run(["classify", told, "--library", library, "-o", tmp_path / "plain.tsv", "-q"]).code == 0
    plain = [line.split("\t") for line in (tmp_path / "plain.tsv").read_text().splitlines()]
    assert [row[:-2] for row in plain] == [row[:-2] for row in (header, *found)]
    assert {(*row[-2:],) for row in plain[1:]} == {("", "")}
    assert run(["merge", calls, "-o", tmp_path / "merged.tsv", "-q"]).code == 0
    assert (tmp_path / "merged.tsv").read_bytes() == calls.read_bytes()
