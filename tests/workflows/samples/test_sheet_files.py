"""Sample sheets as labs keep them and as other programs write them."""

from pathlib import Path

import pytest

from barcodeembed.errors import InputError
from barcodeembed.workflows.samples.naming import SampleNaming
from barcodeembed.workflows.samples.sheet_files import read_sample_sheet


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


@pytest.mark.parametrize(
    "text",
    [
        "Probe;Datei;Negativkontrolle\nS;a.fa;nein\nN;n.fa;ja\n",
        "\xc9chantillon;Fichier;T\xe9moin n\xe9gatif\nS;a.fa;non\nN;n.fa;oui\n",
        "Muestra;Archivo;Control negativo\nS;a.fa;no\nN;n.fa;s\xed\n",
        "Amostra;Arquivo;Controle\nS;a.fa;n\xe3o\nN;n.fa;sim\n",
        "Monster;Bestand;Negatieve controle\nS;a.fa;nee\nN;n.fa;ja\n",
        "Run 5;;\n\nsample;file;is_control\nS;a.fa;no\nN;n.fa;yes\n",
        "sep=;\nsample;file;is_control\nS;a.fa;\nN;n.fa;x\n",
        "# of May\nsample,file,is_control\nS,a.fa\nN,n.fa,NTC\n",
        "sample file is_control\nS a.fa FALSE\nN n.fa TRUE\n",
        "Sample ID\tFile name\tis control\nS\ta.fa\tpositive control\nN\tn.fa\textraction blank\n",
        "\u201c*sample_name\u201d,\u201cfastq_1\u201d,\u201cis.neg\u201d\n\u201cS\u201d,a.fa,NA\n\u201cN\u201d,n.fa,neg\n",
        "sampleID,forwardReads,reverseReads,control\nS,a.fa,b.fa,0\nN,n.fa,m.fa,1\n",
        "sample,file,Sample_or_Control\nS,a.fa,True Sample\nN,n.fa,Control Sample\n",
        "samp_name,filename,samp_category\nS,a.fa,sample\nN,n.fa,negative control\n",
        "sample,file,type\nS,a.fa,mock community\nS2,c.fa,soil\nS3,d.fa,positive control\nN,n.fa,PCR negative\n",
        "sample-id\tabsolute-filepath\ttype\n# of May\nS\t/b/a.fa\tsoil\n#N\nN\t/b/n.fa\tblank\n",
        "sample\tfq1\tfq2\tcontrol\nS\ta.fa\tb.fa\t0\nN\tn.fa\tm.fa\t1\n",
        "sample_alias\tfastq_ftp\ttype\nS\tftp.x.uk/b.fa;ftp.x.uk/a.fa\tsoil\nN\ts3://x/n.fa;s3://x/m.fa\tblank\n",
        "sample-id\tfile\tsample_type\n#q2:types\tcategorical\tcategorical\nS\ta.fa\tnon-control\nN\tn.fa\tblank\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16-le"])
def test_sheets_have_many_words_for_controls(text: str, encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "samples.txt"
    path.write_bytes(text.encode(encoding))
    sheet = read_sample_sheet(path)
    assert (sheet.of_file("a.fa"), sheet.of_file("n.fa"), sheet.controls) == ("S", "N", {"N"})


def test_controls_known_by_a_kind_of_sample_are_said(tmp_path: Path) -> None:
    path = tmp_path / "samples.csv"
    path.write_text("sample,file,type\nS,a.fa,soil\nN,n.fa,PCR blank\n")
    naming = SampleNaming.read(samples=path)
    naming.sheet.samples_of(["a.fa", "n.fa"])
    assert list(naming.remarks()) == ["negative controls by the column 'type' of --samples: 1 (N)"]
    path.write_text("sample,type\nS,soil\nN,PCR blank\n")
    assert read_sample_sheet(path).controls == {"N"}


def test_primers_are_no_files_and_positions_are_no_positive_controls(tmp_path: Path) -> None:
    path = tmp_path / "samples.csv"
    path.write_text("sample,id,forward,control\nS,f1,GGWACWGG,positive\nN,f2,GGWACWGG,PCR neg. (position A1)\n")
    sheet = read_sample_sheet(path)
    assert (sheet.by_file, sheet.by_id, sheet.controls) == ({}, {"f1": "S", "f2": "N"}, {"N"})


@pytest.mark.parametrize(
    ("kinds", "controls"),
    [
        (("control", "treated"), set()),
        (("Kontrolle", "burned"), set()),
        (("control", "impact"), set()),
        (("PCR control", "treated"), {"A"}),
        (("control", "soil"), {"A"}),
        (("control", "sample"), {"A"}),
        (("uncontrolled", "controlled flow"), set()),
    ],
)
def test_control_plots_are_no_negative_controls(kinds: tuple[str, str], controls: set[str], tmp_path: Path) -> None:
    path = tmp_path / "samples.csv"
    path.write_text(f"sample,file,type\nA,a.fa,{kinds[0]}\nB,b.fa,{kinds[1]}\n")
    assert read_sample_sheet(path).controls == controls


def test_a_column_of_numbers_of_reads_is_none_of_files(tmp_path: Path) -> None:
    path = tmp_path / "samples.csv"
    path.write_text("sample,reads,fastq\nA,100,a.fq\nB,100,b.fq\n")
    assert read_sample_sheet(path).by_file == {"a.fq": "A", "b.fq": "B"}
    path.write_text("sample,reads\nA,a.fq\nB,2.fq\n")
    assert read_sample_sheet(path).by_file == {"a.fq": "A", "2.fq": "B"}
    path.write_text("sample,reads\nA,12345\nB,1 000\n")
    with pytest.raises(InputError, match=r"no column file or id .the columns are sample, reads: numbers\)"):
        read_sample_sheet(path)


@pytest.mark.parametrize(
    ("words", "is_control"),
    [
        ("negative control of positive site", True),
        ("blank for the positive plate", True),
        ("no_template_control", True),
        ("test_sample", False),
        ("positive_control", False),
        ("extract of negative control", True),
        ("positive control of negative site", False),
        ("sample of control site", False),
        ("sample from negative site", False),
        ("Positivkontrolle", False),
    ],
)
def test_what_stands_before_an_of_says_what_a_sample_is(tmp_path: Path, words: str, is_control: bool) -> None:
    path = tmp_path / "samples.tsv"
    path.write_text(f"sample\tfile\tsample_type\nA\ta.fq\t{words}\n")
    assert read_sample_sheet(path).controls == ({"A"} if is_control else set())
    path.write_text(f"sample\tfile\tsample_type\tis_control\nA\ta.fq\t{words}\tno\n")
    assert read_sample_sheet(path).controls == set()


def test_barcodes_of_nanopore(tmp_path: Path) -> None:
    path = tmp_path / "minknow.csv"
    path.write_text("flow_cell_id,sample_id,barcode,alias\nF1,run1,barcode01,site A\nF1,run1,barcode02,blank\n")
    sheet = read_sample_sheet(path)
    assert sheet.by_barcode == {"barcode01": "site A", "barcode02": "blank"}
    assert sheet.of_file("runs/barcode01.fastq.gz") == "site A"
    path.write_text("sample,barcode,file\nA,ACGTAC,a.fq\nB,barcode02,b.fq\n")
    assert read_sample_sheet(path).by_barcode == {}
    assert read_sample_sheet(path).by_file == {"a.fq": "A", "b.fq": "B"}
    path.write_text("sample,barcode\nA,ACGTAC\nB,GGTTCC\n")
    with pytest.raises(InputError, match="no column file or id"):
        read_sample_sheet(path)


def test_numbers_of_reads_are_no_files_and_a_number_sign_no_comment(tmp_path: Path) -> None:
    path = tmp_path / "samples.csv"
    path.write_text("sample,barcode,reads_1,reads_2\nA,barcode01,200,20\nB,barcode02,10,10\n")
    assert read_sample_sheet(path).of_file("barcode01.fastq") == "A"
    path.write_text("sample,control\n#12,\n")
    assert not read_sample_sheet(path, finds_samples=False).controls
    path.write_text("sample,file,control\nB,a;x.fasta,\nC,c_1.fq.gz; c_2.fq.gz,\n")
    sheet = read_sample_sheet(path)
    assert [sheet.of_file(name) for name in ("a;x.fasta", "c_1.fq.gz", "c_2.fq.gz")] == ["B", "C", "C"]
