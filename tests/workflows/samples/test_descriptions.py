"""What a sample sheet says of samples beside their files."""

from pathlib import Path

import pytest

from barcodeembed.errors import InputError
from barcodeembed.workflows.samples.descriptions import described
from barcodeembed.workflows.samples.sheet_files import read_sample_sheet


def test_columns_of_samples_are_kept_and_those_of_files_are_not(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text(
        "sample,fastq_1,fastq_2,lane,collection date,lat/lon,site,site,reads,note,\n"
        "A,a1.fq,a1r.fq,1,2026-05-01,52.1/4.3,bog,B1,120,,\n"
        "A,a2.fq,a2r.fq,2,2026-05-01,52.1/4.3,bog,B1,120,,\n"
        "B,b.fq,br.fq,1,,52.2/4.4,fen,F1,90,,\n"
    )
    sheet = read_sample_sheet(path)
    assert sheet.descriptions == {
        "collection_date": {"A": "2026-05-01"},
        "lat_lon": {"A": "52.1/4.3", "B": "52.2/4.4"},
        "site": {"A": "bog", "B": "fen"},
        "sheet_site": {"A": "B1", "B": "F1"},
        "sheet_reads": {"A": "120", "B": "90"},
    }
    assert sheet.samples == {"A", "B"}
    table = dict(described(["B", "C"], sheet.descriptions))
    assert table["site"] == ["fen", ""]
    assert "collection_date" not in table


@pytest.mark.parametrize(("name", "no", "yes"), [("is.neg", "FALSE", "TRUE"), ("sample_type", "soil", "PCR blank")])
def test_controls_are_a_column_of_one_name(name: str, no: str, yes: str, tmp_path: Path) -> None:
    path = tmp_path / "sheet.tsv"
    path.write_text(f"sample\tfile\t{name}\nA\ta.fq\t{no}\nN\tn.fq\t{yes}\n")
    kinds = {} if name == "is.neg" else {"sample_type": {"A": "soil", "N": "PCR blank"}}
    assert read_sample_sheet(path).descriptions == {"is_control": {"A": "no", "N": "yes"}, **kinds}
    path.write_text(f"sample\tfile\t{name}\nA\ta.fq\t{no}\n")
    assert "is_control" not in read_sample_sheet(path).descriptions


def test_where_samples_are_known_a_sheet_needs_no_files(tmp_path: Path) -> None:
    """As the metadata of QIIME 2, beside its table of counts."""
    path = tmp_path / "metadata.tsv"
    path.write_text("id\tsite\n#q2:types\tcategorical\nA\tbog\n")
    sheet = read_sample_sheet(path, finds_samples=False)
    assert (sheet.descriptions, sheet.samples, sheet.by_id) == ({"site": {"A": "bog"}}, {"A"}, {})
    with pytest.raises(InputError, match="no column sample"):
        read_sample_sheet(path)
    path.write_text("site\tdepth\nbog\t1\n")
    with pytest.raises(InputError, match="line 1: no column sample"):
        read_sample_sheet(path, finds_samples=False)
