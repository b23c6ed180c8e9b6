"""Which sample a file or a read is of."""

from pathlib import Path

import pytest

from barcodeembed.errors import UsageError
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.workflows.samples.naming import SampleNaming
from barcodeembed.workflows.samples.sheet import SampleSheet, check_inputs, sample_of_file
from barcodeembed.workflows.samples.sheet_files import read_sample_sheet


@pytest.mark.parametrize(
    ("path", "sample"),
    [
        ("runs/siteA.fastq.gz", "siteA"),
        ("siteA.fasta", "siteA"),
        ("site.A_1.merged.fq.zst", "site.A_1.merged"),
        ("siteA.part-003.fasta.gz", "siteA"),
        ("siteA", "siteA"),
        ("-", "stdin"),
        (".fasta", ".fasta"),
        ("siteA.xlsx", "siteA"),
        ("siteA.fasta.zip", "siteA"),
        ("siteA.b.tar.gz", "siteA.b"),
    ],
)
def test_a_file_is_a_sample(path: str, sample: str) -> None:
    assert sample_of_file(path) == sample


def test_what_the_input_lacks_is_known(tmp_path: Path) -> None:
    path = tmp_path / "samples.tsv"
    path.write_text("sample\tfile\tid\nA\ta.fasta\t\nB\tb.fasta\t\nC\t\tr1\nD\t\tr2\n")
    sheet = read_sample_sheet(path)
    assert (sheet.of_file("x/b.fasta"), sheet.of_id("r1"), sheet.of_id("r9")) == ("B", "C", None)
    assert sheet.unused == ["a.fasta", "r2"]


def test_a_sheet_may_have_the_folders_of_another_machine(tmp_path: Path) -> None:
    path = tmp_path / "samples.tsv"
    rows = (r"A C:\Users\lab\run 1\a.fasta", "B /data/b.fasta", "C /data/1/c.fasta", "D /data/2/c.fasta", "E d.fasta")
    path.write_text("sample\tfile\n" + "".join(row.replace(" ", "\t", 1) + "\n" for row in rows))
    sheet = read_sample_sheet(path)
    found = [sheet.of_file(f"mine/{name}.fasta") for name in "abcd"]
    assert found == ["A", "B", "c", "E"]
    assert sheet.unused == ["/data/1/c.fasta", "/data/2/c.fasta"]
    assert sheet.moved() == [
        "files that --samples has in other folders, found by the end of their paths: 2, the first mine/a.fasta, as "
        r"C:\Users\lab\run 1\a.fasta (sample 'A')"
    ]


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("a.fastq.gz", "a.fasta"),
        ("A.FASTA", "a.fasta"),
        ("a", "in/a_S12_L001_R1_001.fastq.gz"),
        ("/data/a_S1_L001_R1_001.fastq.gz", "a.fasta"),
        (r"C:\lab\a.fq", "a.fasta"),
    ],
)
def test_a_sheet_may_have_files_with_other_endings(key: str, path: str) -> None:
    sheet = SampleSheet(by_file={key: "A", "b.fastq": "B"})
    sheet.match([path, "c.fasta"])
    assert (sheet.of_file(path), sheet.of_file("c.fasta")) == ("A", "c")
    assert sheet.moved() == [
        "files that --samples has with other endings, found by what stands before these: 1, "
        f"the first {path}, as {key} (sample 'A')"
    ]


@pytest.mark.parametrize(
    ("keys", "paths"),
    [
        (["a.fq", "a.fastq"], ["a.fasta"]),
        (["a.fq"], ["a.fasta", "a.fas"]),
        (["a.fq"], ["a.fq", "x/a.fasta"]),
        (["run1/a.fq"], ["run2/a.fasta"]),
    ],
)
def test_files_with_other_endings_must_be_the_only_ones(keys: list[str], paths: list[str]) -> None:
    sheet = SampleSheet(by_file=dict.fromkeys(keys, "A"))
    sheet.match(paths)
    assert sheet.of_file(paths[-1]) == "a"


def two_of_one_name(path: str) -> list[str]:
    return [f"{folder}/{path}" for folder in ("S1", "S2")]


@pytest.mark.parametrize(
    ("sheet", "inputs", "samples", "moved"),
    [
        # One line, two files: the folder tells which is meant.
        ({"/c/run1/S1/reads.fasta": "A"}, two_of_one_name("reads.fasta"), ["A", "reads"], 1),
        ({"/c/run1/S3/reads.fasta": "A"}, two_of_one_name("reads.fasta"), ["reads", "reads"], 0),
        ({r"D:\S2\reads.fasta": "B", r"D:\S1\reads.fasta": "A"}, two_of_one_name("reads.fasta"), ["A", "B"], 2),
        ({"/c/S1/reads.fasta": "A", "/c/S3/reads.fasta": "C"}, ["S2/reads.fasta"], ["reads"], 0),
        # The line is of a file that was given; the other one is none of the sheet's.
        ({"S1/reads.fasta": "A"}, two_of_one_name("reads.fasta"), ["A", "reads"], 0),
    ],
)
def test_files_of_one_name_are_told_apart(
    sheet: dict[str, str], inputs: list[str], samples: list[str], moved: int
) -> None:
    known = SampleSheet(by_file=sheet)
    known.match(inputs)
    assert [known.of_file(path) for path in inputs] == samples
    assert len(known._moved) == moved


def test_a_full_path_is_that_of_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else exists: the answer does not depend on what lies on this machine."""
    monkeypatch.chdir(tmp_path)
    sheet = SampleSheet(by_file={str(tmp_path / "S1" / "reads.fasta"): "A"})
    inputs = two_of_one_name("reads.fasta")
    sheet.match(inputs)
    assert [sheet.of_file(Path(path)) for path in ("S1/reads.fasta", "./S1/reads.fasta", "S2/reads.fasta")] == [
        "A",
        "A",
        "reads",
    ]
    assert sheet.moved() == []


def test_a_file_is_looked_for_in_the_sheet_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for with every read."""
    files = {f"/data/{number}/r{number}.fasta": f"S{number}" for number in range(200)}
    sheet = SampleSheet(by_file=files)
    sheet.match(["mine/r7.fasta"])
    monkeypatch.setattr(SampleSheet, "match", None)
    assert {sheet.of_file("mine/r7.fasta") for _ in range(1000)} == {"S7"}


def test_files_that_are_one_sample_by_chance_are_said(tmp_path: Path) -> None:
    sheet = SampleSheet(by_file={"run3/site.fastq": "other", "lane1.fq": "both", "lane2.fq": "both"})
    inputs = ["run1/site.fastq", "run2/site.fastq.gz", "run3/site.fastq", "lane1.fq", "lane2.fq"]
    inputs += ["x.part-001.fasta", "x.part-002.fasta"]
    assert sheet.alike_by_chance(inputs) == []  # nothing was read
    for path in inputs:
        sheet.of_file(path)
    assert sheet.alike_by_chance(inputs) == [
        "run1/site.fastq and run2/site.fastq.gz are counted as one sample, 'site'; --samples tells them apart"
    ]


@pytest.mark.parametrize(("names", "lines"), [(["A0", "A1"], 0), (["A0", ""], 0), (["", ""], 1)])
def test_files_whose_reads_name_their_samples_are_told_apart(names: list[str], lines: int, tmp_path: Path) -> None:
    inputs = [tmp_path / run / "all.fasta" for run in ("run1", "run2")]
    for path, name in zip(inputs, names, strict=True):
        path.parent.mkdir()
        path.write_text(f">r{';sample=' * bool(name)}{name}\nACGT\n")
    naming = SampleNaming()
    list(read_barcodes(inputs, samples=naming.rule))
    assert len(naming.sheet.alike_by_chance(inputs)) == lines


def test_a_file_is_not_counted_twice() -> None:
    check_inputs(["a/x.fasta", "b/x.fasta", "-"])
    with pytest.raises(UsageError, match=r"\./a\.fasta is given twice"):
        check_inputs(["a.fasta", "./a.fasta"])
