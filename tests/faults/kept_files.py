"""Makes one of every file that the program reads or keeps, small, and says which command reads it."""

import bz2
import gzip
import lzma
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from barcodeembed.sequences.formats.files import zstd
from tests.faults.harness import LIBRARY, READS, Runner

K = ("--model", "kmer4", "--threads", "1")
TOML = """
[model]
layers = 1
width = 16
heads = 2
[training]
steps = 2
batch_size = 8
checkpoint_every = 1
validate_every = 2
warmup = 0
"""


@dataclass(frozen=True)
class Target:
    """A file, the command that reads it, and whether a checksum of the library has to be made to fit."""

    file: str
    command: tuple[str, ...]
    sealed: bool = False
    json: bool = False
    weight: int = 1


def _embed(file: str) -> Target:
    return Target(file, ("embed", file, "-o", "out.h5", *K), weight=3)


def _library(file: str, *, sealed: bool, json: bool = False, name: str = "lib") -> Target:
    command = ("classify", "reads.fasta", "--library", f"{name}.barcodelib", "-o", "out.tsv", "--report", "out.html")
    return Target(f"{name}.barcodelib/{file}", command, sealed, json, weight=2)


def _pretrain(file: str, json: bool = False) -> Target:
    command = ("pretrain", "refs.tsv", "--run", "run", "-o", "m2.safetensors", "--config", "c.toml", "--resume")
    return Target(f"run/{file}", (*command, "--dim", "0", "--threads", "1"), json=json)


def _resume(file: str, json: bool = False) -> Target:
    return Target(f"half.h5.partial/{file}", ("embed", "many.fasta", "-o", "half.h5", "--resume", *K), json=json)


TARGETS: Sequence[Target] = (
    *map(_embed, ("reads.fasta", "reads.fastq", "reads.tsv", "reads.csv")),
    *map(_embed, ("reads.fasta.gz", "reads.fasta.bz2", "reads.fasta.xz", "reads.fasta.zst")),
    Target("emb.h5", ("classify", "emb.h5", "--library", "lib.barcodelib", "-o", "out.tsv"), weight=3),
    Target("emb.h5", ("index", "emb.h5", "-o", "new.barcodelib", "--threads", "1"), weight=2),
    Target("refs.tsv", ("index", "refs.tsv", "-o", "new.barcodelib", *K)),
    Target("taxa.tsv", ("index", "refs.fasta", "--taxonomy", "taxa.tsv", "-o", "new.barcodelib", *K)),
    Target("ids.txt", ("index", "--remove", "@ids.txt", "-o", "lib.barcodelib", "--threads", "1")),
    _library("manifest.json", sealed=False),
    _library("manifest.json", sealed=False, json=True),
    _library("calibration.json", sealed=True),
    _library("calibration.json", sealed=True, json=True),
    _library("records.h5", sealed=False),
    _library("records.h5", sealed=True),
    _library("records.h5", sealed=True, name="ivf"),
    _library("index.faiss", sealed=True, name="hnsw"),
    _library("index.faiss", sealed=True, name="ivf"),
    Target("lib.barcodelib/records.h5", ("audit", "lib.barcodelib", "-o", "out.tsv"), sealed=True),
    *(_resume(name) for name in ("settings.json", "vectors.bin", "rows.jsonl", "checks.bin")),
    _resume("settings.json", json=True),
    Target("m.safetensors", ("models", "info", "m.safetensors"), weight=2),
    Target("m.safetensors", ("embed", "few.fasta", "--model", "m.safetensors", "-o", "out.h5", "--threads", "1")),
    Target("published.pt", ("models", "import", "published.pt", "-o", "out.safetensors")),
    Target(
        "c.toml", ("pretrain", "refs.tsv", "--run", "new", "-o", "m2.safetensors", "--config", "c.toml", "--dim", "0")
    ),
    *(
        _pretrain(name)
        for name in ("state.pt", "columns.npy", "held_out.npy", "log.jsonl", "corpus.json", "settings.json")
    ),
    *(_pretrain(name, json=True) for name in ("corpus.json", "settings.json")),
)


def make(folder: Path, runner: Runner) -> None:
    """Fill a folder with all files of ``TARGETS``."""
    folder.mkdir()
    fasta = READS.read_bytes()
    records = [f">{record.decode()}" for record in fasta.split(b">")[1:]]
    (folder / "reads.fasta").write_text("".join(records[:20]))
    (folder / "few.fasta").write_text("".join(records[:3]))
    table = LIBRARY.read_text().splitlines(keepends=True)
    (folder / "refs.tsv").write_text("".join(table[:60]))
    (folder / "reads.tsv").write_text("".join(table[:20]))
    (folder / "reads.csv").write_text("".join(line.replace(",", " ").replace("\t", ",") for line in table[:20]))
    _make_sequences(folder, table)
    (folder / "c.toml").write_text(TOML)
    lines = (folder / "ids.txt").open("w")
    with lines:
        lines.write("\n".join(line.split("\t")[0] for line in table[1:5]) + "\n")

    def run(*args: str) -> None:
        outcome = runner(args, folder, here=True)
        assert outcome.code == 0, outcome.err

    run("embed", "refs.tsv", "-o", "emb.h5", *K)
    run("index", "refs.tsv", "-o", "lib.barcodelib", *K)
    for kind in ("hnsw", "ivf"):
        run("index", "refs.tsv", "-o", f"{kind}.barcodelib", "--index", kind, *K)
    run("pretrain", "refs.tsv", "--run", "run", "-o", "m.safetensors", "--config", "c.toml", "--dim", "0")
    assert runner(["embed", "many.fasta", "-o", "half.h5", *K], folder, rows=512).code == -9
    _make_published(folder)
    (folder / ".half.h5.barcodeembed-lock").unlink()


def _make_published(folder: Path) -> None:
    import torch

    weights = {"bert.embeddings.word_embeddings.weight": torch.zeros(20, 8), "other": torch.ones(3)}
    torch.save({"model": weights, "epoch": 3}, folder / "published.pt")


def _make_sequences(folder: Path, table: list[str]) -> None:
    header = table[0].rstrip("\n").split("\t")
    rows = [dict(zip(header, line.rstrip("\n").split("\t"), strict=True)) for line in table[1:60]]
    key, bases = header[0], next(name for name in header if name in ("nuc", "sequence", "nucleotides"))
    (folder / "refs.fasta").write_text("".join(f">{row[key]}\n{row[bases]}\n" for row in rows))
    names = [name for name in header if name in ("kingdom", "phylum", "class", "order", "family", "genus", "species")]
    taxa = [f"{row[key]}\t" + "; ".join(f"{n[0]}__{row[n]}" for n in names) for row in rows]
    (folder / "taxa.tsv").write_text("Feature ID\tTaxon\n" + "\n".join(taxa) + "\n")
    many = [f">m{i}_{j}\n{'ACGT'[j]}{row[bases]}\n" for j in range(4) for i, row in enumerate(rows)]
    (folder / "many.fasta").write_text("".join(many * 4))
    (folder / "reads.fastq").write_text(
        "".join(f"@{row[key]}\n{row[bases]}\n+\n{'I' * len(row[bases])}\n" for row in rows[:12])
    )
    plain = (folder / "reads.fasta").read_bytes()
    packers = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstd.compress}
    for ending, pack in packers.items():
        (folder / f"reads.fasta.{ending}").write_bytes(pack(plain))
