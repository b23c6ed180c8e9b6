"""Snakemake wrappers run their own tests; command lines of the Nextflow modules run as bash would get them."""

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WRAPPERS = ROOT / "workflow" / "wrappers"
MODULES = ROOT / "workflow" / "nextflow" / "modules" / "barcodeembed"
COMMANDS = ("index", "classify", "embed")

Shell = Callable[[list[str]], None]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Run a program in ``tmp_path``, beside the example data, where ``barcodeembed`` is this checkout's."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "barcodeembed"
    code = "from barcodeembed.cli.app import run; run()"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -c "{code}" "$@"\n')
    program.chmod(0o755)
    for name, source in {"references.tsv": "library.tsv", "reads.fasta": "reads.fasta"}.items():
        (tmp_path / name).write_text((ROOT / "data" / source).read_text())
    env = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}", "PYTHONPATH": "", "OMP_NUM_THREADS": "1"}

    def call(command: list[str]) -> None:
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    return call


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(importlib.util.find_spec("snakemake") is None, reason="snakemake is not installed")
def test_the_snakemake_wrappers_run(shell: Shell, tmp_path: Path) -> None:
    """Their test files name the wrapper as the repository of wrappers does; here it lies in this checkout."""
    (tmp_path / "prefix").mkdir()
    (tmp_path / "prefix" / "master").symlink_to(WRAPPERS)
    prefix = f"file://{tmp_path / 'prefix'}/"
    for name in COMMANDS:
        snakefile = str(WRAPPERS / "bio" / "barcodeembed" / name / "test" / "Snakefile")
        command = [sys.executable, "-m", "snakemake", "--snakefile", snakefile, "--wrapper-prefix", prefix]
        shell([*command, "--cores", "1"])
    made = (
        "mylib.barcodelib/manifest.json",
        "calls.tsv",
        "summary.json",
        "sample_mqc.tsv",
        "reads.h5",
        "logs/classify.log",
    )
    for name in made:
        assert (tmp_path / name).is_file()


def rendered(name: str, **variables: str) -> tuple[str, list[str]]:
    """The script of a module with its variables filled in, and the paths of its outputs."""
    text = (MODULES / name / "main.nf").read_text()
    script = re.search(r'script:.*?"""\n(.*?)"""', text, flags=re.DOTALL)
    assert script

    def fill(source: str) -> str:
        filled = re.sub(r"\$\{?(task\.cpus|\w+)\}?", lambda match: variables[match[1]], source)
        return filled.replace("\\\\", "\\")

    outputs = re.findall(r"path\(\"([^\"]+)\"\)", text.partition("output:")[2].partition("script:")[0])
    return fill(script[1]), [fill(output) for output in outputs]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_command_lines_of_the_nextflow_modules_make_what_they_declare(shell: Shell, tmp_path: Path) -> None:
    model = "--model kmer4"
    for name, variables in {
        "index": {"references": "references.tsv", "lineages": "", "args": model},
        "classify": {"reads": "reads.fasta", "library": "pond.barcodelib", "args": ""},
        "embed": {"reads": "reads.fasta", "args": model},
    }.items():
        script, outputs = rendered(name, prefix="pond", **{"task.cpus": "1"}, **variables)
        shell(["bash", "-euo", "pipefail", "-c", script])
        assert outputs
        for output in outputs:
            assert (tmp_path / output).exists(), output


@pytest.mark.parametrize("name", COMMANDS)
def test_module_and_description_name_the_same_outputs(name: str) -> None:
    yaml = pytest.importorskip("yaml")
    described = yaml.safe_load((MODULES / name / "meta.yml").read_text())
    emitted = re.findall(r"emit: (\w+)", (MODULES / name / "main.nf").read_text())
    assert list(described["output"]) == emitted
    assert described["name"] == f"barcodeembed_{name}"
