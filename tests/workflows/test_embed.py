"""The embed workflow without the command line: every record a row, computed once, resumed to the same bytes."""

import errno
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from Bio.Seq import reverse_complement

from barcodeembed.embeddings.reader import EmbeddingStore
from barcodeembed.errors import InputError, Interrupted, MismatchError, UsageError
from barcodeembed.workflows.embed import embed_files, partial_directory
from barcodeembed.workflows.embedders import open_embedder

MODEL = "kmer4"


def fasta(path: Path, records: list[tuple[str, str]]) -> Path:
    path.write_text("".join(f">{id}\n{sequence}\n" for id, sequence in records))
    return path


@pytest.fixture
def reads(tmp_path: Path, library_sequences: list[str]) -> Path:
    """700 records: real barcodes, repeats within and across blocks, and some that must be rejected."""
    rng = random.Random(0)
    records = [(f"r{i}", rng.choice(library_sequences)) for i in range(690)]
    records[5:5] = [("short", "ACGT"), ("empty", ""), ("protein", "MKVLAT" * 40), ("noise", "ACGT" * 90)]
    records[300:300] = [("reverse", reverse_complement(library_sequences[0])), ("r1", library_sequences[1])]
    records += [(f"x{i}", library_sequences[i]) for i in range(4)]
    return fasta(tmp_path / "reads.fasta", records)


def run(reads: Path, output: Path, **options):
    return embed_files([reads], output, open_embedder(MODEL), model=MODEL, **options)


def test_one_row_for_each_record_in_order(reads: Path, tmp_path: Path) -> None:
    summary = run(reads, tmp_path / "out.h5")
    ids = [line[1:].strip() for line in reads.read_text().splitlines() if line.startswith(">")]
    with EmbeddingStore(tmp_path / "out.h5") as store:
        assert store.ids == ids
        status = store.obs("status").tolist()
        vectors = store.vectors()
    assert summary.read == len(ids) == 700
    assert summary.embedded + sum(summary.rejected.values()) == summary.read
    assert summary.rejected == {"not_coi": 1, "not_dna": 1, "too_short": 2}
    ok = np.array(status) == "ok"
    assert np.isnan(vectors[~ok]).all()
    assert np.allclose(np.linalg.norm(vectors[ok], axis=1), 1, atol=1e-5)
    assert not partial_directory(tmp_path / "out.h5").exists()


def test_identical_barcodes_are_computed_once(reads: Path, tmp_path: Path) -> None:
    embedder = open_embedder(MODEL)
    computed = []
    original = embedder.embed
    embedder.embed = lambda placements, sequences: computed.extend(sequences) or original(placements, sequences)
    summary = embed_files([reads], tmp_path / "out.h5", embedder, model=MODEL)
    assert len(computed) == len(set(computed)) == summary.embedded - summary.repeated
    with EmbeddingStore(tmp_path / "out.h5") as store:
        vectors, sha1 = store.vectors(), store.obs("sha1")
        for value in np.unique(sha1[store.obs("status") == "ok"]):
            assert len(np.unique(vectors[sha1 == value], axis=0)) == 1


def test_the_same_input_gives_the_same_bytes(reads: Path, tmp_path: Path) -> None:
    run(reads, tmp_path / "a.h5")
    run(reads, tmp_path / "b.h5")
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def stop_after(rows: int):
    def on_progress(done: int) -> None:
        if done >= rows:
            os.kill(os.getpid(), signal.SIGINT)

    return on_progress


@pytest.mark.parametrize("rows", [256, 512])
def test_an_interrupted_run_resumes_to_the_same_bytes(reads: Path, tmp_path: Path, rows: int) -> None:
    run(reads, tmp_path / "whole.h5")
    with pytest.raises(Interrupted):
        run(reads, tmp_path / "out.h5", on_progress=stop_after(rows))
    assert not (tmp_path / "out.h5").exists()
    with pytest.raises(UsageError, match="--resume"):
        run(reads, tmp_path / "out.h5")
    summary = run(reads, tmp_path / "out.h5", resume=True)
    assert summary.resumed == rows
    assert summary.read == 700
    assert (tmp_path / "out.h5").read_bytes() == (tmp_path / "whole.h5").read_bytes()


def test_resume_of_other_input_or_settings_is_refused(reads: Path, tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        run(reads, tmp_path / "out.h5", on_progress=stop_after(256))
    with pytest.raises(MismatchError, match="model"):
        embed_files([reads], tmp_path / "out.h5", open_embedder("kmer5"), model="kmer5", resume=True)
    other = fasta(tmp_path / "other.fasta", [("r0", "ACGT" * 100)] * 300)
    with pytest.raises(MismatchError, match="record 1 "):
        run(other, tmp_path / "out.h5", resume=True)
    assert run(reads, tmp_path / "out.h5", resume=True).read == 700


def test_resume_with_nothing_to_resume_is_a_plain_run(reads: Path, tmp_path: Path) -> None:
    assert run(reads, tmp_path / "out.h5", resume=True).resumed == 0


def test_resume_of_a_finished_run_checks_it_and_leaves_it_alone(reads: Path, tmp_path: Path) -> None:
    run(reads, tmp_path / "out.h5")
    before = (tmp_path / "out.h5").stat().st_mtime_ns
    summary = run(reads, tmp_path / "out.h5", resume=True)
    assert summary.was_complete
    assert summary.read == 700
    assert (tmp_path / "out.h5").stat().st_mtime_ns == before
    with pytest.raises(MismatchError, match="model_fingerprint"):
        embed_files([reads], tmp_path / "out.h5", open_embedder("kmer5"), model=MODEL, resume=True)
    shorter = fasta(tmp_path / "short.fasta", [("r0", "ACGT" * 100)])
    with pytest.raises(MismatchError, match="record 1"):
        run(shorter, tmp_path / "out.h5", resume=True)
    assert not run(shorter, tmp_path / "out.h5", resume=True, force=True).was_complete


def test_bad_input_leaves_nothing_behind(tmp_path: Path) -> None:
    bad = tmp_path / "bad.fastq"
    bad.write_text("@a\nACGT\n+\nII")
    with pytest.raises(InputError, match=r"bad\.fastq"):
        run(bad, tmp_path / "out.h5")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.fastq"]


@pytest.mark.slow
def test_killed_at_random_points(reads: Path, tmp_path: Path) -> None:
    """kill -9 until it gets through: every restart goes on, and the bytes are those of an uninterrupted run."""
    run(reads, tmp_path / "whole.h5")
    script = (
        "import sys, time; from pathlib import Path; from barcodeembed.workflows.embed import embed_files;"
        "from barcodeembed.workflows import embedding; embedding.BLOCK = 256;"
        "from barcodeembed.workflows.embedders import open_embedder;"
        "embed_files([Path(sys.argv[1])], Path(sys.argv[2]), open_embedder('kmer4'), model='kmer4', resume=True,"
        " on_progress=lambda rows: (print(rows, flush=True), time.sleep(0.05)))"
    )
    rng = random.Random(1)
    for _ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", script, reads, tmp_path / "out.h5"], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout
        process.stdout.readline()
        time.sleep(rng.random() * 0.1)
        process.kill()
        process.communicate()
    if not (tmp_path / "out.h5").exists():
        run(reads, tmp_path / "out.h5", resume=True)
    assert (tmp_path / "out.h5").read_bytes() == (tmp_path / "whole.h5").read_bytes()


@pytest.mark.slow
def test_memory_does_not_grow_with_the_input(tmp_path: Path, library_sequences: list[str]) -> None:
    """Peak memory at 4,000 and at 60,000 reads, in processes of their own."""
    script = (
        "import sys, resource; from pathlib import Path; from barcodeembed.workflows.embed import embed_files;"
        "from barcodeembed.workflows.embedders import open_embedder;"
        "embed_files([Path(sys.argv[1])], Path(sys.argv[2]), open_embedder('kmer4'), model='kmer4');"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    rng = random.Random(0)
    peaks = []
    for number in (4_000, 60_000):
        path = tmp_path / f"{number}.fasta"
        with path.open("w") as file:
            for i in range(number):
                sequence = rng.choice(library_sequences)
                place = rng.randrange(len(sequence))
                file.write(f">r{i}\n{sequence[:place]}{rng.choice('ACGT')}{sequence[place + 1 :]}\n")
        command = [sys.executable, "-c", script, path, tmp_path / f"{number}.h5"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout))
    assert peaks[1] < 1.1 * peaks[0] + 25_000


@pytest.mark.parametrize("error", [OSError(errno.EMFILE, "Too many open files"), MemoryError(), KeyboardInterrupt()])
def test_a_run_without_a_row_leaves_nothing_behind(
    reads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(*args: object, **options: object) -> None:
        raise error

    monkeypatch.setattr("barcodeembed.workflows.embed.embedded_blocks", fail)
    with pytest.raises(type(error)):
        run(reads, tmp_path / "out.h5")
    assert [path.name for path in tmp_path.iterdir()] == [reads.name]
