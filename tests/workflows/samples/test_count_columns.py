"""Columns and rows of count tables that are no samples or features."""

from pathlib import Path

import pytest

from barcodeembed.workflows.samples.count_columns import other_columns, sum_of_others
from barcodeembed.workflows.samples.count_files import read_counts

TABLES = {
    "a sum": ("#OTU ID\tA\tB\tTotal\nf1\t1\t2\t3\nf2\t0\t3\t3\n", ("Total",)),
    "a sum of what was left out": ("#OTU ID;Summe;A;B\nf1;9;1;2\nf2;3;0;3\n", ("Summe",)),
    "a sum below": ("id,A,B\nf1,1,2\nf2,0,3\nTotal,1,5\n", ("Total",)),
    "ranks that lack": (
        "OTU\tA\tB\tFamily\tSpecies\nf1\t1\t2\t\tNA\nf2\t0\t3\tApidae\tApis mellifera\n",
        ("Family", "Species"),
    ),
    "numbers of something else": (
        "id,length,A,Confidence,B\nf1,658,1,0.99,2\nf2,658,0,1,3\n",
        ("length", "Confidence"),
    ),
    "OBITools": (
        "id\tdefinition\tcount\tsample:A\tsample:B\tgc\nf1\tx\t3\t1\t2\t0.3\nf2\tx\t3\t0\t3\t0.2\n",
        ("definition", "count", "gc"),
    ),
    "MetaBarPark": (
        "id\tA\tB\ttotal_reads\tsequence\tbest_identity\nf1\t1\t2\t3\tACGT\t0.9\nf2\t0\t3\t3\tAC\t1\n",
        ("total_reads", "sequence", "best_identity"),
    ),
    "swarm": (
        f"OTU\ttotal\tcloud\tamplicon\tspread\tquality\tA\tB\nf1\t3\t9\t{'1e' * 20}\t2\t0.0001\t1\t2\n"
        f"f2\t3\t9\t{'7' * 40}\t1\t0.02\t0\t3\n",
        ("cloud", "amplicon", "spread", "quality"),
    ),
    "FROGS": (
        "comment\tblast_taxonomy\tblast_perc_identity\tseed_sequence\tobservation_name\tobservation_sum\tA\tB\n"
        "no data\tx\t99\tACGT\tf1\t3\t1\t2\nno data\tx\t99\tAC\tf2\t3\t0\t3\n",
        ("blast_taxonomy", "blast_perc_identity", "seed_sequence", "observation_sum"),
    ),
    "numbers of occurrences": (
        "id\tGC\tA\tB\tqcov\tn_samples\tnReads\nf1\t30\t1\t2\t100\t2\t3\nf2\t31\t0\t3\t100\t1\t3\n",
        ("GC", "qcov", "n_samples", "nReads"),
    ),
    "ranks without a name": ("id\tA\tB\tPhylum\tClass\nf1\t1\t2\tArthropoda\t\nf2\t0\t3\t\t\n", ("Phylum", "Class")),
    "R with numbers of rows": ('"","OTU","A","B"\n"1","f1",1,2\n"2","f2",0,3\n', ()),
    "names first": ("Kingdom\tOTU\tA\tB\nAnimalia\tf1\t1\t2\nAnimalia\tf2\t0\t3\n", ()),
    "separators at the ends of rows": ("id\tA\tB\nf1\t1\t2\t\nf2\t0\t3\t\n", ()),
    "a separator at the end of the header": ("id\tA\tB\t\nf1\t1\t2\nf2\t0\t3\n", ()),
    "ids as in FASTA": ("id\tA\tB\n>f1\t1\t2\n>f2\t0\t3\n", ()),
    "a title": ("OTU table of run 5;;\nid;A;B\nf1;1;2\nf2;0;3\n", ()),
    "a title and a row of separators": ("OTU table of run 5,,\n,,\nid,A,B\nf1,1,2\nf2,0,3\n", ()),
    "a title without separators": ("OTU table of run 5\n\nid;A;B\nf1;1;2\nf2;0;3\n", ()),
    "Excel's separator": ("sep=;\nid;A;B\nf1;1;2\nf2;0;3\n", ()),
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_samples_are_told_from_other_columns(name: str, encoding: str, tmp_path: Path) -> None:
    text, left_out = TABLES[name]
    path = tmp_path / "counts.txt"
    path.write_bytes(text.encode(encoding))
    table = read_counts(path)
    assert [table.of(id, "") for id in ("f1", "f2")] == [(("A", 1), ("B", 2)), (("B", 3),)]
    assert [name for name in table.left_out if name != "Kingdom"] == list(left_out)
    assert table.unused == []


def test_sums_of_samples_in_rows_are_no_sample(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text(",f1,f2\nA,1,0\nB,2,3\nTotal,3,3\n")
    assert read_counts(path).of("f1", "") == (("A", 1), ("B", 2))


@pytest.mark.parametrize("name", ["size", "count", "total", "reads"])
def test_the_only_column_is_a_sample_whatever_its_name(name: str, tmp_path: Path) -> None:
    path = tmp_path / "counts.tsv"
    path.write_text(f"id\t{name}\nf1\t5\n")
    assert read_counts(path).of("f1", "") == ((name, 5),)


def test_r_leaves_out_the_name_of_the_rows_of_one_sample(tmp_path: Path) -> None:
    path = tmp_path / "counts.txt"
    path.write_text('"A"\n"f1" 5\n"f2" 1\n')
    assert read_counts(path).of("f1", "") == (("A", 5),)


def test_a_sum_is_known_by_enough_rows() -> None:
    rows = [{0: n, 1: 2, 2: n + 2} for n in range(1, 6)]
    assert (sum_of_others(rows), sum_of_others(rows[:4]), sum_of_others([*rows, {}, {0: 7, 2: 7}])) == (2, None, 2)
    assert sum_of_others([*rows, {0: 1, 1: 1, 2: 1}]) is None
    assert sum_of_others([*rows, {0: 5, 1: 2, 2: 3}]) is None
    assert sum_of_others([{0: 1, 1: 1}] * 9) is None
    # Two columns are the sum of the others in some rows each, and none is in all of them.
    assert sum_of_others([{0: 1, 1: 2, 2: 3}] * 5 + [{0: 5, 1: 2, 2: 3}] * 5) is None
    assert sum_of_others([{0: 1, 1: 2, 2: 3}] * 5 + [{0: 1, 1: 2, 2: 4}]) is None


def test_two_capitals_are_the_code_of_a_site() -> None:
    header = ["id", "HF", "BP", "GC", "gc"]
    assert other_columns(header, [1, 2, 3, 4]) == [4]
