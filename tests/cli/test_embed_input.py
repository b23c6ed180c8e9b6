"""``embed``: what it reads, and what it says of what it can't read."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from barcodeembed.embeddings.reader import EmbeddingStore


def as_fastq(sequences: list[str]) -> str:
    return "".join(f"@b{i}\n{sequence}\n+\n{'I' * len(sequence)}\n" for i, sequence in enumerate(sequences))


def statuses(path: Path) -> list[str]:
    with EmbeddingStore(path) as store:
        return store.obs("status").tolist()


@pytest.fixture
def embed(run, tmp_path: Path) -> Callable:
    """``embed(*arguments, stdin=None)`` with the 4-mer profile, to ``o.h5``."""

    def call(*arguments: str | Path, stdin: bytes | None = None):
        return run(["embed", "--model", "kmer4", "-o", tmp_path / "o.h5", *arguments], stdin)

    return call


BROKEN = {
    "cut.fasta.gz": (gzip.compress(b">a\n" + b"ACGTTGCA" * 4000)[:-9], "cut off"),
    "cut.fastq": (b"@a\nACGT\n+\nIIII\n@b\nACGT\n+\nI", "record 2"),
    "empty.fasta": (b"", "the file is empty"),
    "blank.fasta": (b"\n\n", "the file holds nothing but blank lines and comments"),
    "text.txt": (b"Dear colleague,\nplease find attached\n", "neither FASTA, FASTQ nor a table"),
    "random.fasta": (bytes(range(256)) * 4, "binary"),
    "short_row.tsv": (b"id\tsequence\na\tACGT\nb\n", "line 3"),
    "bad_tax.fasta": (b">a;tax=k:Animalia;p:Chordata\nACGT\n", "record 1 (id 'a')"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_input_is_one_line_and_3(embed, tmp_path: Path, name: str) -> None:
    content, message = BROKEN[name]
    (tmp_path / name).write_bytes(content)
    code, _, err = embed(tmp_path / name)
    assert code == 3
    assert name in err
    assert message in err
    assert err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_ids_may_be_whole_headers(embed, tmp_path: Path, library_sequences: list[str]) -> None:
    path = tmp_path / "a.fasta"
    path.write_text("".join(f">Specimen {i} x\n{sequence}\n" for i, sequence in enumerate(library_sequences[:2])))
    for _ in range(2):
        assert embed(path, "--whole-headers", "--resume")[0] == 0
        with EmbeddingStore(tmp_path / "o.h5") as store:
            assert next(iter(store.batches(10)))[0] == ["Specimen 0 x", "Specimen 1 x"]


@pytest.mark.parametrize(("name", "message"), [("missing.fasta", "no such file"), (".", "directory")])
def test_no_input_there(embed, tmp_path: Path, name: str, message: str) -> None:
    code, _, err = embed(tmp_path / name)
    assert code == 3
    assert message in err


def test_a_later_input_that_is_broken_stops_before_any_work(embed, reads: Path, tmp_path: Path) -> None:
    assert embed(reads, tmp_path / "missing.fasta").code == 3
    assert [path.name for path in tmp_path.iterdir()] == [reads.name]


def test_one_row_for_each_record_of_any_format(embed, tmp_path: Path, barcodes: list[str]) -> None:
    (tmp_path / "a.fasta").write_bytes("".join(f">f{i}\r\n{s}\r\n" for i, s in enumerate(barcodes)).encode())
    (tmp_path / "b.fq").write_bytes(gzip.compress(as_fastq([s[10:] for s in barcodes]).encode()))
    (tmp_path / "c.tsv").write_text("processid\tnuc\n" + "".join(f"t{i}\t{s[20:]}\n" for i, s in enumerate(barcodes)))
    code, _, err = embed(tmp_path / "a.fasta", tmp_path / "b.fq", tmp_path / "c.tsv")
    assert code == 0
    assert "read               30" in err
    with EmbeddingStore(tmp_path / "o.h5") as store:
        assert store.ids == [f"{kind}{i}" for kind in "fbt" for i in range(10)]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_standard_input(embed, tmp_path: Path, reads: Path, pack: Callable[[bytes], bytes]) -> None:
    assert embed("-", stdin=pack(reads.read_bytes())).code == 0
    assert statuses(tmp_path / "o.h5") == ["ok"] * 10


def test_standard_input_once_only(embed, tmp_path: Path) -> None:
    code, _, err = embed("-", "-", stdin=b">a\nACGT\n")
    assert code == 2
    assert "only once" in err
    assert not list(tmp_path.iterdir())


def test_the_same_input_twice_and_equal_ids_are_rows(embed, tmp_path: Path, reads: Path) -> None:
    code, _, err = embed(reads, reads)
    assert code == 0
    assert "10 of them identical to an earlier one" in err
    assert statuses(tmp_path / "o.h5") == ["ok"] * 20


def test_a_block_without_a_single_new_sequence(embed, tmp_path: Path, barcodes: list[str]) -> None:
    (tmp_path / "same.fasta").write_text(f">a\n{barcodes[0]}\n" * 600)
    assert embed(tmp_path / "same.fasta").code == 0
    assert statuses(tmp_path / "o.h5") == ["ok"] * 600


REJECTED = {
    "p": ("MKVLAAGIVGLLLEEWQPFFF" * 10, "not_dna"),
    "n": ("N" * 400, "too_ambiguous"),
    "s": ("ACGT", "too_short"),
    "e": ("", "too_short"),
    "x": ("ACGTTGCAAT" * 60, "not_coi"),
}


def test_rejected_records_are_counted_rows(embed, tmp_path: Path, barcodes: list[str]) -> None:
    text = "".join(f">{id}\n{sequence}\n" for id, (sequence, _) in REJECTED.items())
    (tmp_path / "mixed.fasta").write_text(f"{text}>good\n{barcodes[0]}\n")
    code, _, err = embed(tmp_path / "mixed.fasta")
    assert code == 0
    assert "rejected            5  (not_coi 1, not_dna 1, too_ambiguous 1, too_short 2)" in err
    assert statuses(tmp_path / "o.h5") == [status for _, status in REJECTED.values()] + ["ok"]


def test_nothing_but_rejected_records(embed, tmp_path: Path) -> None:
    (tmp_path / "protein.fasta").write_text(f">p\n{REJECTED['p'][0]}\n")
    assert embed(tmp_path / "protein.fasta").code == 0
    assert statuses(tmp_path / "o.h5") == ["not_dna"]


def test_strict_keeps_the_file_and_ends_with_3(embed, tmp_path: Path, barcodes: list[str]) -> None:
    (tmp_path / "mixed.fasta").write_text(f">good\n{barcodes[0]}\n>s\nACGT\n")
    code, _, err = embed(tmp_path / "mixed.fasta", "--strict")
    assert code == 3
    assert "1 records were rejected" in err
    assert statuses(tmp_path / "o.h5") == ["ok", "too_short"]


def test_another_marker_is_skipped_and_counted(embed, tmp_path: Path, barcodes: list[str]) -> None:
    rows = f"a\t{barcodes[0]}\tCOI-5P\nb\t{barcodes[1]}\tITS\nc\t\tCOI-5P\n"
    (tmp_path / "bold.tsv").write_text("processid\tnuc\tmarker_code\n" + rows)
    code, _, err = embed(tmp_path / "bold.tsv")
    assert code == 0
    assert "read                3" in err
    assert "(no_sequence 1, other_marker 1)" in err
    assert statuses(tmp_path / "o.h5") == ["ok"]


@pytest.mark.parametrize("name", ["with space.fasta", "ünï☃.fasta", "new\nline.fasta"])
def test_odd_file_names(embed, tmp_path: Path, reads: Path, name: str) -> None:
    assert embed(reads.rename(tmp_path / name), "--manifest", tmp_path / (name + ".json")).code == 0


def test_a_name_that_begins_with_a_dash(run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reads: Path) -> None:
    monkeypatch.chdir(tmp_path)
    reads.rename(tmp_path / "-q")
    code, _, err = run(["embed", "--model", "kmer4", "-o", "o.h5", "--", "-q"])
    assert code == 0
    assert "wrote o.h5: 10 x 256" in err
