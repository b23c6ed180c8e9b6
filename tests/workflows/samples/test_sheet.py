"""Which sample a file or a read is of."""

from pathlib import Path

import pytest

from barcodeembed.errors import InputError, UsageError
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.workflows.samples.naming import SampleNaming
from barcodeembed.workflows.samples.sheet import SampleSheet, check_inputs, read_sample_sheet, sample_of_file


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


def test_files_ids_and_controls(tmp_path: Path) -> None:
    path = tmp_path / "samples.tsv"
    path.write_text("Sample\tFile\tis_control\nsite 1\ta.fasta\tno\nblank\tb.fasta.gz\tTRUE\n\nsite 1\tc\t0\n")
    sheet = read_sample_sheet(path)
    assert [sheet.of_file(one) for one in ("x/a.fasta", "b.fasta.gz", "c.fq", "d.fq")] == [
        "site 1",
        "blank",
        "site 1",
        "d",
    ]
    assert sheet.controls == {"blank"}


def test_a_sheet_of_a_spreadsheet_keeps_its_letters(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_bytes("sample;file\n\xc5bo;a.fasta\n".encode("cp1252"))
    assert read_sample_sheet(path).of_file("a.fasta") == "\xc5bo"
    path.write_bytes("sample;file\n\u0421\u0438\u0431\u0438\u0440\u044c;a.fasta\n".encode("cp1251"))
    with pytest.raises(InputError, match="neither UTF-8 nor Windows-1252"):
        read_sample_sheet(path)


def test_other_columns_may_occur_twice(tmp_path: Path) -> None:
    path = tmp_path / "samples.csv"
    path.write_text("note,sample,note,file\nx,A,y,a.fa\n")
    assert read_sample_sheet(path).by_file == {"a.fa": "A"}


def test_semicolons_and_ids(tmp_path: Path) -> None:
    path = tmp_path / "samples.csv"
    path.write_text("id;sample\nr1;A\nr2;B\n")
    assert read_sample_sheet(path).by_id == {"r1": "A", "r2": "B"}


def test_a_manifest_of_qiime2_with_spaces_and_quotes(tmp_path: Path) -> None:
    path = tmp_path / "manifest.csv"
    path.write_text('"sample-id", "absolute-filepath"\n"A", "$PWD/a.fastq.gz"\nB, ~/b.fastq.gz\n')
    sheet = read_sample_sheet(path)
    assert [sheet.of_file(f"{name}.fastq.gz") for name in "ab"] == ["A", "B"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,file\nA,a.fa\n", "line 1: no column sample .the columns are name, file."),
        ("sample,site\nA,x\n", "line 1: no column file or id"),
        ("sample,file,Sample\nA,a.fa,B\n", "line 1: the column 'sample' occurs 2 times; give all but one"),
        ("sample,file,control,control\nA,a.fa,1,0\n", "line 1: the column 'control' occurs 2 times"),
        ("sample,file\nA,a.fa\nB,a.fa\n", "line 3: the file 'a.fa' is of two samples, 'A' and 'B'"),
        ("sample,file,is_control\nA,a.fa,maybe\n", "line 2: is_control is 'maybe'"),
        ("sample,file,is_control\nA,a.fa,1\nA,b.fa,0\n", "line 3: the sample 'A' is a control in one line"),
        ("", "the file is empty"),
        ("\n \n", "this table of samples is empty"),
        ("sample,file\n\n", "has no line below its header"),
        ("sample,file\nA\n", "line 2: 1 field where the header has 2"),
        ("sample,file\n,a.fa\n", "line 2: no sample in this line"),
    ],
)
def test_what_is_no_sheet_gets_one_line(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "samples.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_sample_sheet(path)


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
