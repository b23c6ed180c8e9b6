"""What every test of faults asks of a command, and the files that it works on."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "data" / "library.tsv"
READS = ROOT / "data" / "reads.fasta"

MOST_MEMORY = 1 << 30
"""Bytes that no damaged file may make a command use."""

ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(ROOT),
    **dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"),
}


@dataclass
class Outcome:
    """What became of a command."""

    code: int
    err: str
    seconds: float
    peak: int
    steps: int = -1

    def check(self, allowed: Sequence[int] = (0, 3)) -> str:
        """What is wrong with it; empty if nothing is."""
        errors = [line for line in self.err.splitlines() if "error:" in line]
        if self.code not in allowed:
            return f"exit code {self.code}"
        if "Traceback" in self.err or "internal error" in self.err:
            return "not foreseen"
        if self.code and (len(errors) != 1 or not self.err.rstrip("\n").endswith(errors[-1])):
            return f"{len(errors)} lines of errors"
        if any(ord(sign) < 32 and sign != "\n" for sign in self.err) or "\u202e" in self.err:
            return "control characters on the terminal"
        if self.peak > MOST_MEMORY:
            return f"{self.peak / 2**20:,.0f} MiB of memory"
        return ""


class Runner:
    """Runs commands in copies of a warm process (:mod:`tests.faults.worker`)."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("worker.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=ENVIRONMENT,
            text=True,
        )
        self._words = tempfile.NamedTemporaryFile()  # noqa: SIM115
        assert self._read() == {"ready": True}

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout
        return dict(json.loads(self._process.stdout.readline()))

    def __call__(self, args: Sequence[str | Path], folder: Path, **more: int) -> Outcome:
        assert self._process.stdin
        words = Path(self._words.name)
        request = {"args": [*map(str, args)], "folder": str(folder), "words": str(words), **more}
        print(json.dumps(request), file=self._process.stdin, flush=True)
        told = self._read()
        err = words.read_text(encoding="utf-8", errors="replace")
        return Outcome(told["code"], err, told["seconds"], told["peak"], told["steps"])

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(timeout=60)
        self._words.close()


def program(args: Sequence[str | Path], **options: Any) -> "subprocess.Popen[str]":
    """The command line as a program of its own."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    environment = {**ENVIRONMENT, **options.pop("env", {})}
    command = [sys.executable, "-m", "barcodeembed", *map(str, args)]
    return subprocess.Popen(command, env=environment, text=True, **{**pipes, **options})


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in a folder, and where links lead."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = f"-> {os.readlink(path)}"
        elif path.is_file():
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


@contextmanager
def copy_of(folder: Path, parent: Path) -> Iterator[Path]:
    """A copy of a folder to work in, deleted afterwards."""
    work = parent / "work"
    shutil.copytree(folder, work, symlinks=True)
    try:
        yield work
    finally:
        shutil.rmtree(work)


def reseal(library: Path) -> None:
    """Give the manifest of a library the checksums of its files as they are now: damage that a checksum can't find."""
    path = library / "manifest.json"
    manifest = json.loads(path.read_text())
    for name in manifest["files"]:
        content = (library / name).read_bytes()
        manifest["files"][name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    path.write_text(json.dumps(manifest))
