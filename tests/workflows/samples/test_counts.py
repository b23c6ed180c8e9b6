"""Count tables in every form that labs have them."""

import tracemalloc
from collections import deque
from pathlib import Path

import pytest

from barcodeembed.errors import InputError
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.workflows.samples.count_files import read_counts


def sha1(sequence: str) -> str:
    return Barcode("", sequence).sha1


FORMS = {
    "vsearch": "#OTU ID\tsiteA\tsiteB\nf1\t7\t0\nf2\t1\t5\n",
    "qiime2": "# Constructed from biom file\n#OTU ID\tsiteA\tsiteB\nf1\t7.0\t0.0\nf2\t1.0\t5.0\n",
    "csv": 'id,"siteA",siteB\r\nf1,7,0\r\nf2,1,5\r\n',
    "r": "siteA\tsiteB\nf1\t7\t0\nf2\t1\t5\n",
    "mothur": "Representative_Sequence\ttotal\tsiteA\tsiteB\nf1\t7\t7\t0\nf2\t6\t1\t5\n",
    "mothur compressed": (
        "#Compressed Format: groupIndex,abundance. For example 1,6 would mean the read has an abundance of 6.\n"
        "#1,siteA\t2,siteB\nRepresentative_Sequence\ttotal\tsiteA\tsiteB\nf1\t7\t1,7\nf2\t6\t1,1\t2,5\n"
    ),
    "samples in rows": "\tf1\tf2\nsiteA\t7\t1\nsiteB\t0\t5\n",
    "sequences for ids": "\tACGT\tTTTT\nsiteA\t7\t1\nsiteB\t0\t5\n",
    "semicolons": "id;siteA;siteB\nf1;7;0\nf2;1;5\n",
    "a sample called total": "#OTU ID\tsiteB\tsiteA\ttotal\nf1\t0\t7\t0\nf2\t5\t1\t0\n",
    "r with spaces": '"siteA" "siteB"\n"f1" 7 0\n"f2" 1 5\n',
    "r with spaces and no quotes": "siteA siteB\nf1 7 0\nf2 1 5\n",
    "spaces": "OTU siteA  siteB\nf1 7 0\nf2 1 5\n",
    "mothur shared": "label\tGroup\tnumOtus\tf1\tf2\n0.03\tsiteA\t2\t7\t1\n0.03\tsiteB\t2\t0\t5\n",
    "empty cells at the ends": "id,siteA,siteB,,\nf1,7,0,,\nf2,1,5,,\n,,,,\n,,,,\n",
    "ids with numbers of reads": "#OTU ID\tsiteA\tsiteB\nf1;size=7\t7\t0\nf2;size=6;\t1\t5\n",
    "spaces before quotes": '"id", "siteA", "siteB"\nf1, 7, 0\nf2, 1, 5\n',
    "psmelt": (
        '"","OTU","Sample","Abundance","Site","Kingdom"\n"1","f1","siteA",7,1,"Animalia"\n'
        '"2","f2","siteB",5,2,"Animalia"\n"3","f2","siteA",1,1,"Animalia"\n"4","f1","siteB",0,2,"Animalia"\n'
    ),
    "MetaWorks": "SampleName,GlobalESV,ESVsize,Strand\nsiteA,f1,7,+\nsiteB,f2,5,+\nsiteA,f2,1,+\n",
    "rows of a database": "Sample ID\tsequence\treads\nsiteA\tACGT\t7\nsiteA\tTTTT\t1\nsiteB\tTTTT\t5\n",
    "byte-order mark": "\ufeff#OTU ID\tsiteA\tsiteB\nf1\t7\t0\n\nf2\t1\t5\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_says_the_same(form: str, tmp_path: Path) -> None:
    path = tmp_path / "counts"
    path.write_text(FORMS[form], encoding="utf-8")
    table = read_counts(path)
    assert table.of("f1", sha1("ACGT")) == (("siteA", 7),)
    assert sorted(table.of("f2", sha1("TTTT"))) == [("siteA", 1), ("siteB", 5)]
    assert table.unused == []


def test_a_sample_may_be_called_sample(tmp_path: Path) -> None:
    path = tmp_path / "counts"
    path.write_text("OTU ID,sample,count\na,5,2\nb,1,3\n")
    assert "sample" in read_counts(path).samples


def test_other_columns_of_long_tables_are_said_to_be_left_out(tmp_path: Path) -> None:
    path = tmp_path / "counts"
    path.write_text(FORMS["psmelt"])
    assert read_counts(path).left_out == ("Site", "Kingdom")


@pytest.mark.slow
def test_the_zeros_of_a_table_are_not_held_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "counts.tsv"
    zeros = "\t0" * 1000
    path.write_text("id" + "".join(f"\ts{n}" for n in range(1001)) + "\n")
    with path.open("a") as file:
        file.writelines(f"f{n}\t7{zeros}\n" for n in range(500))
    tracemalloc.start()
    table = read_counts(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert table.of("f499", "") == (("s0", 7),)
    assert peak < 4 * path.stat().st_size


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#OTU ID\tA\nf1\t-1\n", r"line 2: '-1' is no number of reads \(column 'A'\); .* not negative"),
        ("#OTU ID\tA\nf1\t0.25\n", "line 2: '0.25' is no number of reads .* no shares"),
        ("#OTU ID\tA\nf1\t\n", "line 2: '' is no number of reads .* write 0"),
        (
            "#OTU ID\tA\tnote\nf1\t1\tx\nf2\t2\t3\n",
            r"'x' is no number of reads \(column 'note'\); .* leave out columns",
        ),
        ("id\tA\nf1\tx\n", "'x' is no number of reads"),
        ("id,sample,n\nf1,A,2\nf1,B,3\n", "a row for each feature in each sample; give a table with a column for"),
        ("id,sample,reads,count\nf1,A,2,1\nf1,B,3,1\n", "this table has a row for each feature in each sample"),
        ("id,sample,reads\nf1,A,2\nf1,B,x\n", r"line 3: 'x' is no number of reads \(column 'reads'\)"),
        ("id,sample,reads\nf1,A,2\nf1,A,0\n", "line 3: the feature 'f1' comes twice in the sample 'A'; give one"),
        ("id,sample,reads\nf1,A,2\nf1,,3\n", "line 3: this row names no sample"),
        ("label\tGroup\tnumOtus\tf1\n0.01\tA\t1\t2\n0.03\tA\t1\t2\n", "the file has several labels: 0.01, 0.03"),
        (
            "id\tA\tPool\tB\n" + "".join(f"f{n}\t{n}\t{n + 2}\t2\n" for n in range(1, 6)) + "f9\t0\t0\t0\n",
            "line 1: the column 'Pool' is the sum of the others and no sample; leave it out",
        ),
        ("run,reads,unit\nA,1,f1\nA,2,f2\n", "line 3: the feature 'A' comes twice; if there is a row for each"),
        ("id;A\nf1;1,0\n", r"'1,0' is no number of reads \(column 'A'\); write whole numbers without signs"),
        ("#OTU ID A B\nf1 1 2\n", "line 1: only one column, so no samples; .* tabs, commas or semicolons"),
        ("#OTU ID\tA\tA\nf1\t1\t2\n", "line 1: the sample 'A' comes twice"),
        ("#OTU ID\tA\t\nf1\t1\t2\n", "line 1: column 3 has no name"),
        ("#OTU ID\tA\nf1\t1\nf1\t2\n", "line 3: the feature 'f1' comes twice"),
        ("#OTU ID\tA\tB\nf1\t1\t1\nf2\t1\n", "line 3: 2 fields where the header has 3"),
        ("#OTU ID\tA\n", "no counts in this file"),
        ("id,A\n,\n", "no counts in this file"),
        ("Representative_Sequence\ttotal\tA\n#x\n", "1 field where the header has"),
    ],
)
def test_what_is_no_count_table_gets_one_line(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.tsv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_counts(path)


def test_columns_of_text_are_no_samples(tmp_path: Path) -> None:
    """APSCALE writes the sequence of each feature beside its reads, BIOM's text the taxonomy."""
    path = tmp_path / "counts.tsv"
    path.write_text("hash\tA\tSeq\tB\ttaxonomy\nf1\t1\tACGT\t2\tk__Animalia\nf2\t0\tTTTT\t3\tk__Animalia\n")
    table = read_counts(path)
    assert (table.samples, table.left_out) == (["A", "B"], ("Seq", "taxonomy"))
    assert table.of("f1", "") == (("A", 1), ("B", 2))


def test_mothur_counts_without_groups_are_one_sample(tmp_path: Path) -> None:
    path = tmp_path / "counts.tsv"
    path.write_text("Representative_Sequence\ttotal\nf1\t5\n")
    assert read_counts(path).of("f1", "") == (("total", 5),)


def test_a_sequence_that_the_table_lacks_has_no_reads(tmp_path: Path) -> None:
    path = tmp_path / "counts.tsv"
    path.write_text("#OTU ID\tA\nf1\t1\nf2\t4\n")
    table = read_counts(path)
    assert [table.of(id, sha1("ACGT")) for id in ("f9", "f1", "f8")] == [(), (("A", 1),), ()]
    assert list(table.remarks()) == [
        f"sequences without a row in {path}, so without reads: 2, the first is 'f9'",
        f"rows of {path} that have no sequence: 1 with 4 reads, the first is 'f2'",
    ]
    table.check_used()


def test_a_table_of_other_sequences_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "counts.tsv"
    path.write_text("#OTU ID\tA\nf1\t1\n")
    table = read_counts(path)
    table.check_used()
    assert [table.of(id, sha1("ACGT")) for id in ("f9", "f8")] == [(), ()]
    with pytest.raises(InputError, match="no row for any of 2 sequences; the first is 'f9', the first row 'f1'; give"):
        table.check_used()
    # Not only after hours.
    with pytest.raises(InputError, match="for any of 1,000 sequences"):
        deque(table.of(f"g{number}", sha1("ACGT")) for number in range(1000))
    path.write_text("f9\t1\nf1\t1\n")
    with pytest.raises(InputError, match="no row 'f9'; it is the header; put a line above it"):
        read_counts(path).of("f9", sha1("ACGT"))


def test_reads_of_a_row_count_once(tmp_path: Path) -> None:
    path = tmp_path / "counts.tsv"
    path.write_text("#OTU ID\tA\nACGT\t1\n")
    table = read_counts(path)
    assert table.of("f1", sha1("ACGT")) == (("A", 1),)
    with pytest.raises(InputError, match=r"two sequences have the row 'ACGT', .* the second is 'f2'"):
        table.of("f2", sha1("ACGT"))


def test_an_id_that_occurs_twice_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "counts.tsv"
    path.write_text("#OTU ID\tA\nf1\t1\n")
    table = read_counts(path)
    table.of("f1", sha1("ACGT"))
    with pytest.raises(InputError, match="the id 'f1' occurs twice in the input"):
        table.of("f1", sha1("ACGT"))


def test_a_sample_may_have_as_many_reads_as_all_others(tmp_path: Path) -> None:
    path = tmp_path / "counts.tsv"
    path.write_text("#OTU ID\tA\tB\tC\nf1\t1\t2\t3\n")
    assert read_counts(path).samples == ["A", "B", "C"]


def test_names_that_r_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "counts.tsv"
    path.write_text("OTU\tsite.1\tX2.site\tother\nX9f\t3\t4\t0\nabc.1\t0\t2\t5\nsame\t1\t0\t0\n")
    table = read_counts(path)
    table.rename_samples(["site-1", "2-site", "X 3", "X-3"])
    assert table.samples == ["site-1", "2-site", "other"]
    assert [table.of(id, "") for id in ("9f", "abc-1", "same", "none")] == [
        (("site-1", 3), ("2-site", 4)),
        (("2-site", 2), ("other", 5)),
        (("site-1", 1),),
        (),
    ]
    assert f"names in {path} that R has changed (X and dots for other signs), found by the right ones: 4" in "".join(
        table.remarks()
    )


def test_features_that_r_has_changed_in_columns(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text('"","X9f","abc.1"\n"site-1",3,0\n"site-2",1,5\n')
    table = read_counts(path)
    assert [table.of(id, "") for id in ("9f", "abc-1")] == [(("site-1", 3), ("site-2", 1)), (("site-2", 5),)]


@pytest.mark.parametrize("names", [["a-1", "a 1"], ["a.1", "a-1"]])
def test_a_name_that_two_could_have_in_r_is_no_other(tmp_path: Path, names: list[str]) -> None:
    path = tmp_path / "counts.tsv"
    path.write_text("OTU\ta.1\nx\t3\n")
    table = read_counts(path)
    table.rename_samples(names)
    assert table.samples == ["a.1"]
