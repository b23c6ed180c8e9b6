"""Runs every command on blocks of odd reads; long runs: ``python -m tests.faults.read_fuzz --blocks 200``.

A block is some records in one file. No command may end in an error that was not foreseen, each record is a row or is
counted, a read is called in a block as it is alone, and a clean one as its reverse complement.
"""

import argparse
import csv
import json
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.faults.harness import LIBRARY, Outcome, Runner
from tests.faults.kept_files import K
from tests.faults.odd_reads import ALL, Maker, reverse_complement

LIB = "lib.barcodelib"
FORMATS = {"tsv": ".tsv", "qiime2": ".tsv", "sintax": ".txt", "krona": ".txt", "jsonl": ".jsonl"}
FILES = (
    *("--summary", "s.json", "--report", "r.html", "--manifest", "m.json", "--table", "t.tsv"),
    *("--biom", "b.biom", "--phyloseq", "phylo", "--anndata", "a.h5ad", "--multiqc", "mqc"),
)
SIZES = (1, 1, 1, 2, 17, 1000, 2**31, 10**12)
RANKS = ("kingdom", "phylum", "class", "order", "family", "genus", "species")
POSITIONAL = ("strand", "start", "sha1", "second", "sample")
"""Columns in which a read and its reverse complement differ."""


@dataclass(frozen=True)
class Read:
    """A record of a block: its kind, its bases and its quality line, which is empty outside of FASTQ."""

    id: str
    kind: str
    bases: str
    quality: str
    header: str


def reads_of(maker: Maker, chance: random.Random, number: int) -> list[Read]:
    """A block of odd reads; some of them come twice, with other qualities."""
    lowest, highest = chance.choice([(33, 73), (33, 126), (64, 104), (59, 104), (33, 33), (73, 73), (40, 41)])
    made: list[Read] = []
    for n in range(number):
        kind = chance.choice(ALL)
        bases = kind(maker, chance)
        if made and chance.random() < 0.1:
            bases = chance.choice(made).bases
        spread = chance.choice([(lowest, highest), (lowest, lowest), (highest, highest)])
        quality = "".join(map(chr, chance.choices(range(spread[0], spread[1] + 1), k=len(bases))))
        header = f"r{n}"
        if chance.random() < 0.3:
            header += f";size={chance.choice(SIZES)}" + chance.choice(["", ";", ";sample=s1", ";sample=a b"])
        made.append(Read(f"r{n}", kind.__name__, bases, quality, header))
    return made


def written(reads: Sequence[Read], chance: random.Random, folder: Path) -> str:
    """Write the reads in one of the formats that hold them all; return the file's name."""
    kind = chance.choice(["fasta", "fasta", "wrapped.fasta", "fastq", "fastq", "tsv"])
    name, lines = f"odd.{kind}", []
    for read in reads:
        if kind == "fastq":
            bases = read.bases.replace(" ", "")
            quality = read.quality[: len(bases)]
            if chance.random() < 0.005:  # a line that was cut, or has too much: an error
                quality = chance.choice([quality[:-1], quality[: len(bases) // 2], quality + "I", "", quality * 2])
            lines.append(f"@{read.header}\n{bases}\n+\n{quality}\n")
        elif kind == "tsv":
            lines.append(f"{read.id}\t{read.bases}\n")
        else:
            width = chance.choice([10, 60, 80]) if kind == "wrapped.fasta" else max(1, len(read.bases))
            wrapped = "\n".join(read.bases[i : i + width] for i in range(0, len(read.bases), width))
            lines.append(f">{read.header}\n{wrapped}\n")
    head = "id\tsequence\n" if kind == "tsv" else ""
    (folder / name).write_text(head + "".join(lines))
    return name


def references(reads: Sequence[Read], chance: random.Random, table: list[list[str]], folder: Path) -> None:
    """Write a labelled table of the odd reads, with names as the example's references have them or in part."""
    rows = []
    for read in reads:
        names = list(chance.choice(table))
        if chance.random() < 0.2:
            names[chance.randrange(7) :] = []
        names += [""] * (7 - len(names))
        rows.append("\t".join([read.id, *names, read.bases]))
    (folder / "odd_refs.tsv").write_text("\n".join(["\t".join(["id", *RANKS, "sequence"]), *rows]) + "\n")


class ReadFuzzer:
    """Makes blocks of odd reads in a folder with a library, and runs the commands on them."""

    def __init__(self, folder: Path, runner: Runner, library: Path | None = None) -> None:
        self._folder, self._runner = folder, runner
        folder.mkdir()
        shutil.copy(LIBRARY, folder / "refs.tsv")
        if library:
            shutil.copytree(library, folder / LIB)
        with LIBRARY.open(newline="") as stream:
            self._table = list(csv.DictReader(stream, delimiter="\t"))
        self._maker = Maker([row["nuc"] for row in self._table])
        (folder / "warm.fasta").write_text(f">r0;size=2;sample=a\n{self._table[0]['nuc']}\n")
        warm = ("classify", "warm.fasta", "--library", LIB, "--threads", "1", "-o", "x.tsv", "--groups", *FILES)
        index = ("index", "refs.tsv", "-o", LIB, *K)
        for args in (warm,) if library else (index, warm):
            made = runner(args, folder, here=True)
            assert made.code == 0, made.err
        model = json.loads((folder / LIB / "manifest.json").read_text())["model"]
        self._embed = ("--model", model, "--threads", "1")
        for path in folder.iterdir():
            if path.name not in ("refs.tsv", LIB):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        self._kept = {path.name for path in folder.iterdir()}
        self.kinds: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.peak = 0

    def block(self, seed: int, number: int = 24) -> list[str]:
        """Everything that is wrong with one block."""
        chance = random.Random(f"reads {seed}")
        reads = reads_of(self._maker, chance, number)
        self.kinds.update(read.kind for read in reads)
        name = written(reads, chance, self._folder)
        wrong = [
            *self._classified(name, reads, chance),
            *self._embedded(name, reads),
            *self._indexed(reads, chance),
            *self._alone(reads, chance),
        ]
        for path in self._folder.iterdir():
            if path.name not in self._kept:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        return [f"block {seed}: {line}" for line in wrong]

    def _run(self, *args: str, allowed: Sequence[int] = (0,)) -> tuple[Outcome, list[str]]:
        outcome = self._runner(args, self._folder)
        self.outcomes[f"{args[0]} {outcome.code}"] += 1
        self.peak = max(self.peak, outcome.peak)
        wrong = outcome.check(allowed)
        return outcome, [f"{' '.join(args)}: {wrong}: {outcome.err.strip()[-400:]}"] if wrong else []

    def _classified(self, name: str, reads: Sequence[Read], chance: random.Random) -> Iterator[str]:
        """All outputs at once, with the native table; then the calls in another format."""
        sheet = self._folder / "sheet.tsv"
        sheet.write_text("sample\tid\tis_control\n" + "".join(f"s{n % 3}\tr{n}\t{n % 3 == 0}\n" for n in range(8)))
        common = (name, "--library", LIB, "--threads", "1")
        outcome, wrong = self._run("classify", *common, "-o", "c.tsv", *FILES, "--groups", allowed=(0, 3))
        yield from wrong
        if outcome.code == 3 and any(word in outcome.err for word in ("size=", "FASTQ", "Phred")):
            return
        if outcome.code:
            yield f"{name}: {outcome.err}"
            return
        summary = json.loads((self._folder / "s.json").read_text())
        rows = self._rows("c.tsv")
        skipped = sum(summary["skipped"].values())
        if len(rows) + skipped != len(reads) or summary["queries"] != len(rows):
            yield f"{len(reads)} records are {len(rows)} rows, {skipped} skipped, {summary['queries']} counted"
        kind = chance.choice(list(FORMATS))
        yield from self._run("classify", *common, "--format", kind, "-o", f"other{FORMATS[kind]}")[1]

    def _rows(self, name: str) -> list[dict[str, str]]:
        with (self._folder / name).open(newline="") as stream:
            return list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))

    def _embedded(self, name: str, reads: Sequence[Read]) -> Iterator[str]:
        outcome, wrong = self._run("embed", name, "-o", "e.h5", *self._embed, allowed=(0, 3))
        yield from wrong
        if outcome.code == 0:
            common = ("--library", LIB, "--threads", "1")
            yield from self._run("classify", "e.h5", *common, "-o", "e.tsv", "--groups", "--report", "e.html")[1]

    def _indexed(self, reads: Sequence[Read], chance: random.Random) -> Iterator[str]:
        names = [[row[rank] for rank in RANKS] for row in self._table]
        references(reads, chance, names, self._folder)
        kind = chance.choice(["flat", "flat", "hnsw", "ivf"])
        length = ("--min-length", str(chance.choice([1, 20, 100])))
        outcome, wrong = self._run(
            *("index", "odd_refs.tsv", "-o", "odd.barcodelib", "--index", kind, "--allow-losses", *length, *K),
            allowed=(0, 3),
        )
        yield from wrong
        if outcome.code == 0:
            more = ("--grades", "g.tsv", "--shared", "sh.tsv", "--threads", "1")
            yield from self._run("audit", "odd.barcodelib", "-o", "su.tsv", *more)[1]
            yield from self._run("classify", "refs.tsv", "--library", "odd.barcodelib", "-o", "back.tsv", *K[2:])[1]

    def _alone(self, reads: Sequence[Read], chance: random.Random) -> Iterator[str]:
        """Whether a read is called alone, and a clean one as its reverse complement, as in the block."""
        common = ("--library", LIB, "--threads", "1", "--min-length", "60")
        plain = [read for read in reads if read.bases.strip("- .?*~\n")]
        (self._folder / "all.fasta").write_text("".join(f">{read.id}\n{read.bases}\n" for read in plain))
        some = chance.sample(plain, min(3, len(plain)))
        clean = [read for read in plain if read.kind == "clean_read"]
        (self._folder / "turned.fasta").write_text(
            "".join(f">{read.id}\n{reverse_complement(read.bases)}\n" for read in clean)
        )
        yield from self._run("classify", "all.fasta", "-o", "all.tsv", *common)[1]
        known = {row["query_id"]: row for row in self._rows("all.tsv")}
        for n, read in enumerate(some):
            (self._folder / "one.fasta").write_text(f">{read.id}\n{read.bases}\n")
            yield from self._run("classify", "one.fasta", "-o", f"one{n}.tsv", *common)[1]
            yield from compared(known[read.id], self._rows(f"one{n}.tsv")[0], ("sample",), f"{read.kind} {read.bases}")
        if clean:
            yield from self._run("classify", "turned.fasta", "-o", "turned.tsv", *common)[1]
            for row, read in zip(self._rows("turned.tsv"), clean, strict=True):
                yield from compared(known[read.id], row, POSITIONAL, f"turned {read.bases}")


def compared(one: dict[str, str], other: dict[str, str], but: Sequence[str], what: str) -> Iterator[str]:
    """Columns in which two rows differ by more than rounding."""
    for column, value in one.items():
        if column not in but and value != other[column] and not _close(value, other[column]):
            yield f"{column} is {value!r} and {other[column]!r}: {what[:3000]}"


def _close(one: str, other: str) -> bool:
    try:
        return abs(float(one) - float(other)) < 2e-4
    except ValueError:
        return False


def main() -> None:
    """A long run; prints what went wrong, and counts."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--blocks", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--reads", type=int, default=24, help="reads in a block")
    parser.add_argument("--library", type=Path, help="classify with this library, not with one of 4-mers")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        runner = Runner()
        fuzzer = ReadFuzzer(Path(scratch) / "work", runner, options.library)
        n_wrong = 0
        for seed in range(options.seed, options.seed + options.blocks):
            for line in fuzzer.block(seed, options.reads):
                n_wrong += 1
                print(line, flush=True)
            if seed % 10 == 0:
                print(json.dumps({"blocks": seed, **fuzzer.outcomes, "wrong": n_wrong}), flush=True)
        runner.close()
    counted = {"reads": fuzzer.kinds.total(), **dict(sorted(fuzzer.outcomes.items())), "wrong": n_wrong}
    print(json.dumps({**counted, "kinds": len(fuzzer.kinds), "peak_MiB": fuzzer.peak >> 20}))


if __name__ == "__main__":
    main()
