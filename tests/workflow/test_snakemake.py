"""The Snakemake workflow: lint, a run on three small samples, a second one with nothing to do, one that was stopped."""

import gzip
import importlib.util
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SAMPLES = ("hedge", "meadow", "pond")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(importlib.util.find_spec("snakemake") is None, reason="snakemake is not installed"),
]

Snakemake = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def snakemake(tmp_path: Path) -> Snakemake:
    """Run the workflow in ``tmp_path`` on three samples of the example reads, one of them in two files."""
    records = (ROOT / "data" / "reads.fasta").read_text().split(">")[1:]
    rng = random.Random(1)
    table = ["sample\treads"]
    for name in (*SAMPLES, "pond.2"):
        with gzip.open(tmp_path / f"{name}.fastq.gz", "wt") as file:
            for record in rng.sample(records, 12):
                id, bases = record.splitlines()[:2]
                for copy in range(rng.randint(1, 4)):
                    file.write(f"@{id}.{copy}\n{bases}\n+\n{'I' * len(bases)}\n")
        table.append(f"{name.partition('.')[0]}\t{name}.fastq.gz")
    (tmp_path / "samples.tsv").write_text("\n".join(table) + "\n")
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "barcodeembed"
    code = "from barcodeembed.cli.app import run; run()"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -c "{code}" "$@"\n')
    program.chmod(0o755)
    settings = ["samples=samples.tsv", f"references={ROOT / 'data' / 'library.tsv'}", "index_options=--model kmer4"]
    settings += [
        "threads=1",
        "part_records=20",
        "anndata=true",
        f"multiqc={'true' if shutil.which('multiqc') else 'false'}",
    ]

    def call(*options: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "workflow" / "Snakefile"), *options]
        return subprocess.run(
            [*command, "--config", *settings],
            cwd=tmp_path,
            env={**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}", "PYTHONPATH": ""},
            capture_output=True,
            text=True,
            check=False,
        )

    return call


def test_the_workflow_has_no_lint(snakemake: Snakemake) -> None:
    done = snakemake("--lint")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("vsearch") is None, reason="vsearch is not installed")
def test_the_workflow_runs_and_then_has_nothing_to_do(snakemake: Snakemake, tmp_path: Path) -> None:
    first = snakemake("--cores", "1", "--until", "dereplicate")
    assert first.returncode == 0, first.stderr
    done = snakemake("--cores", "1")
    assert done.returncode == 0, done.stderr
    results = tmp_path / "results"
    calls = [line.split("\t") for line in (results / "calls.tsv").read_text().splitlines()]
    unique = sum((results / "unique" / f"{name}.fasta").read_text().count(">") for name in SAMPLES)
    assert len(calls) == 1 + unique
    assert sum(row[0] == "query_id" for row in calls) == 1
    assert "</html>" in (results / "reports" / "pond.html").read_text()
    assert (results / "suspects.tsv").read_text().startswith("id\t")
    parts = {path.relative_to(results / "part-calls") for path in (results / "part-calls").rglob("*.tsv")}
    measured = results / "benchmarks" / "classify"
    assert len(parts) > len(SAMPLES)
    assert {path.relative_to(measured) for path in measured.rglob("*.tsv")} == parts
    taxa = [line.split("\t") for line in (results / "taxa.tsv").read_text().splitlines()]
    pond = sum(int(row[taxa[0].index("pond")]) for row in taxa[1:])
    files = ("pond.fastq.gz", "pond.2.fastq.gz")
    assert pond == sum(gzip.decompress((tmp_path / name).read_bytes()).count(b"\n+\n") for name in files)
    assert (results / "samples.h5ad").is_file()
    assert "Nothing to be done" in snakemake("--cores", "1").stderr


def test_a_table_that_is_none_is_said(snakemake: Snakemake, tmp_path: Path) -> None:
    (tmp_path / "samples.tsv").write_text("name,file\na,b\n")
    done = snakemake("--cores", "1")
    assert done.returncode != 0
    assert "samples.tsv: give a table with a header line and the columns 'sample' and 'reads'" in done.stderr
