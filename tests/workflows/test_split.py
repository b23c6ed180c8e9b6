"""Files in parts that are the file again when they are joined."""

import gzip
import os
from pathlib import Path

import pytest

from barcodeembed.errors import InputError, UsageError
from barcodeembed.workflows.split import part_name, split_files

FASTA = "".join(f">r{i} of a run\nACGT\nAC{'A' * i}\n" for i in range(7))
FASTQ = "".join(f"@r{i}\nACGT\n+\nIIII\n" for i in range(7))


@pytest.mark.parametrize(("name", "text"), [("a.fasta", FASTA), ("a.b.fastq", FASTQ), ("a.fq.gz", FASTQ)])
@pytest.mark.parametrize("parts", [1, 3, 7])
def test_parts_in_order_are_the_file(name: str, text: str, parts: int, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    made = split_files([path], tmp_path, parts=parts)
    contents = [part.path.read_bytes() for part in made]
    texts = [(gzip.decompress(one) if name.endswith(".gz") else one).decode() for one in contents]
    assert "".join(texts) == text
    assert len(made) == parts
    sizes = [part.records for part in made]
    assert sum(sizes) == 7
    assert max(sizes) - min(sizes) <= 1
    assert sizes == [part.count(text[0] + "r") for part in texts]


def test_parts_of_a_table_have_its_header(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('id,note,sequence\na,"two\nlines",ACGT\nb,one,ACGT\nc,"""",ACGT\n')
    texts = [part.path.read_text() for part in split_files([path], tmp_path, parts=3)]
    assert texts == [
        'id,note,sequence\na,"two\nlines",ACGT\n',
        "id,note,sequence\nb,one,ACGT\n",
        'id,note,sequence\nc,"""",ACGT\n',
    ]


def test_by_number_of_records(tmp_path: Path) -> None:
    path = tmp_path / "a.fasta"
    path.write_text(FASTA)
    made = split_files([path], tmp_path, records=3)
    assert [(part.path.name, part.records) for part in made] == [
        ("a.part-001.fasta", 3),
        ("a.part-002.fasta", 3),
        ("a.part-003.fasta", 1),
    ]


@pytest.mark.parametrize(
    ("name", "format", "part"),
    [
        ("-", "bare table", "stdin.part-002.tsv"),
        ("a", "bare table", "a.part-002.tsv"),
        ("a.b.xlsx", "table", "a.b.part-002.tsv"),
        ("a.parquet", "table", "a.part-002.tsv"),
        ("a.fna.zip", "fasta", "a.part-002.fna"),
        ("a.tar.gz", "fastq", "a.part-002.fastq.gz"),
        ("a.b", "fasta", "a.part-002.b"),
    ],
)
def test_a_part_is_named_by_what_it_is(name: str, format: str, part: str) -> None:
    assert part_name(name, 2, 3, format) == part


def test_parts_of_a_table_without_a_header(tmp_path: Path) -> None:
    rows = [f"r{i}\t{'ACGT' * 20}\n" for i in range(3)]
    (tmp_path / "bare").write_text("".join(rows))
    made = split_files([tmp_path / "bare"], tmp_path, records=2)
    assert [part.path.read_text() for part in made] == [rows[0] + rows[1], rows[2]]


def test_the_same_file_makes_the_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.fasta.gz"
    path.write_bytes(gzip.compress(FASTA.encode()))
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        split_files([path], tmp_path / folder, parts=2)
    for part in (tmp_path / "x").iterdir():
        assert part.read_bytes() == (tmp_path / "y" / part.name).read_bytes()


def test_what_can_not_be_split_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.fasta"
    path.write_text(FASTA)
    with pytest.raises(InputError, match="7 records can't be split in 8 parts"):
        split_files([path], tmp_path, parts=8)
    with pytest.raises(UsageError, match="give --parts or --records, one of the two"):
        split_files([path], tmp_path)
    with pytest.raises(UsageError, match="can't be counted"):
        split_files(["-"], tmp_path, parts=2)
    with pytest.raises(UsageError, match=r"a.fasta is a file: give the name of a folder"):
        split_files([path], path, parts=2)
    with pytest.raises(UsageError, match=r"the directory .*no does not exist: create it first"):
        split_files([path], tmp_path / "no" / "parts", parts=2)
    split_files([path], tmp_path / "parts", parts=2)
    with pytest.raises(UsageError, match="exists"):
        split_files([path], tmp_path / "parts", parts=2)


@pytest.mark.slow
def test_a_run_that_fails_leaves_no_part(tmp_path: Path) -> None:
    """Not even of the file that was whole: what is there would look like all of it."""
    (tmp_path / "a.fasta").write_text(FASTA)
    (tmp_path / "b.fasta.gz").write_bytes(gzip.compress(FASTA.encode() * 1000)[:-10])
    before = sorted(os.listdir(tmp_path))
    for folder in (tmp_path / "parts", tmp_path):
        with pytest.raises(InputError, match=r"b\.fasta\.gz"):
            split_files([tmp_path / "a.fasta", tmp_path / "b.fasta.gz"], folder, records=2)
        assert sorted(os.listdir(tmp_path)) == before


def test_two_inputs_of_one_name_say_so(tmp_path: Path) -> None:
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.fasta").write_text(FASTA)
    with pytest.raises(UsageError, match=r"two inputs have the part .*a\.part-001\.fasta: split each"):
        split_files([tmp_path / "x" / "a.fasta", tmp_path / "y" / "a.fasta"], tmp_path / "parts", parts=2)
    assert not (tmp_path / "parts").exists()
