"""Commands on a disk that fills up: exit code 1, one line, no crash, the old files whole. Needs the right to mount."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.faults.harness import Runner, digests
from tests.faults.kept_files import K

pytestmark = pytest.mark.slow

SIZES = (0, 4, 16, 40, 64, 100, 150, 220, 300, 500)
"""KiB that are free."""

COMMANDS = {
    "embed": ("embed", "../refs.tsv", "-o", "new.h5", *K),
    "index": ("index", "../refs.tsv", "-o", "new.barcodelib", *K),
    "hnsw": ("index", "../refs.tsv", "-o", "new.barcodelib", "--index", "hnsw", *K),
    "force": ("index", "../refs.tsv", "-o", "lib.barcodelib", "--index", "ivf", "--force", *K),
    "classify": (
        *("classify", "../reads.fasta", "--library", "../lib.barcodelib", "-o", "c.tsv", "--threads", "1"),
        *("--report", "r.html", "--manifest", "m.json"),
    ),
    "samples": (
        *("classify", "../reads.fasta", "--library", "../lib.barcodelib", "-o", "c.tsv", "--threads", "1", "--resume"),
        *("--groups", "--table", "t.tsv", "--summary", "s.json", "--phyloseq", "ps", "--multiqc", "mqc"),
    ),
    "matrices": (
        *("classify", "../reads.fasta", "--library", "../lib.barcodelib", "-o", "c.tsv", "--threads", "1"),
        *("--biom", "t.biom", "--anndata", "t.h5ad"),
    ),
    "split": ("split", "../many.fasta", "--parts", "3", "-o", "."),
    "log": ("embed", "../few.fasta", "-o", "new.h5", "--log-json", "log.json", *K),
    "model": ("models", "import", "../published.pt", "-o", "new.safetensors"),
    "pretrain": ("pretrain", "../refs.tsv", "--run", "new", "-o", "n.safetensors", "--config", "../c.toml"),
}


@pytest.fixture
def disk(kept: Path, tmp_path: Path) -> Iterator[Path]:
    """A small file system within a copy of the kept files."""
    work = tmp_path / "work"
    shutil.copytree(kept, work)
    place = work / "disk"
    place.mkdir()
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "small", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_a_full_disk_is_one_line(disk: Path, runner: Runner) -> None:
    fill(disk, runner, "embed", SIZES[1:2])


def test_what_is_written_already_is_said(disk: Path, runner: Runner) -> None:
    """The calls fit, the page does not: the advice that the message gives works. With ``--resume`` none is needed."""
    command, free = COMMANDS["classify"], shutil.disk_usage(disk).free
    (disk / "filler").write_bytes(bytes(free - 60 * 1024))
    outcome = runner(command, disk)
    assert outcome.check((1,)) == "", outcome.err
    assert "no space left on the disk for r.html" in outcome.err
    assert "; c.tsv is written already: --force overwrites it" in outcome.err
    (disk / "filler").unlink()
    assert runner(command, disk).code == 2
    assert runner((*command, "--force"), disk).code == 0
    for path in disk.glob("*.*"):
        path.unlink()
    (disk / "filler").write_bytes(bytes(free - 60 * 1024))
    outcome = runner((*command, "--resume"), disk)
    assert outcome.check((1,)) == "", outcome.err
    assert "--force" not in outcome.err
    (disk / "filler").unlink()
    assert runner((*command, "--resume"), disk).code == 0


@pytest.mark.parametrize("name", COMMANDS)
def test_full_disks_of_many_sizes(disk: Path, runner: Runner, name: str) -> None:
    fill(disk, runner, name, SIZES)


def fill(disk: Path, runner: Runner, name: str, sizes: Sequence[int]) -> None:
    """Run a command on a disk with so much space left, and look at how it ends and what it leaves."""
    shutil.copytree(disk.parent / "lib.barcodelib", disk / "lib.barcodelib")
    before = digests(disk)
    for size in sizes:
        free = shutil.disk_usage(disk).free
        (disk / "filler").write_bytes(bytes(max(0, free - size * 1024)))
        outcome = runner(COMMANDS[name], disk)
        # What is small may just fit, and what imports a file of no model says so.
        assert outcome.check((1,) if name != "model" else (1, 3)) in ("", "exit code 0"), outcome.err
        for path in list(disk.iterdir()):
            if path.name not in ("lib.barcodelib",):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        if outcome.code:
            assert digests(disk) == before
