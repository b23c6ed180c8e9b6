"""Run other people's programs: find them, start them without a shell, and measure their time and memory."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from barcodeembed.errors import BarcodeembedError
from barcodeembed.outputs.waiting import Waiting

_TO_CLEAR_AWAY = 10.0  # seconds


class ProgramError(BarcodeembedError):
    """A program that was called has failed."""


@dataclass(frozen=True)
class Run:
    """One call of a program, and what it cost."""

    command: tuple[str, ...]
    seconds: float
    cpu_seconds: float
    peak_bytes: int

    def to_dict(self) -> dict[str, Any]:
        """Return plain values. The command is one line, in which paths have no folders."""
        short = " ".join(Path(part).name if os.sep in part else part for part in self.command)
        return {**asdict(self), "command": short}


def find_program(name: str) -> str | None:
    """Return the path of a program; None if it is not installed."""
    return shutil.which(name)


def first_line(command: Sequence[str]) -> str:
    """Return the first line that a program prints on either stream, which usually names its version."""
    both = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, stdin=subprocess.DEVNULL
    )
    lines = both.stdout.strip().splitlines()
    return lines[0].strip() if lines else ""


# The memory that the system counts includes that from before the program began, when it was a copy of its parent:
# so the parent is a bare Python of 10 MB, not this process. What it measured goes to the file named first.
# It leaves SIGTERM to the program, and ends with it.
_LAUNCHER = """
import json, os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
started = time.monotonic()
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ, setsigdef=[signal.SIGTERM])
_, status, usage = os.wait4(child, 0)
cost = [time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss]
with open(sys.argv[1], "w") as file:
    json.dump(cost, file)
sys.exit(os.waitstatus_to_exitcode(status) & 255)
"""


def run_program(command: Sequence[str | Path], log: Path, environment: Mapping[str, str] | None = None) -> Run:
    """Run a program to its end, and write what it prints to ``log``. Return what it cost; peak memory is that of the
    program alone. If our process is stopped, the program is ended, too.

    ``environment`` has variables that are set in addition to our own.

    Raises
    ------
    ProgramError
        if the program fails; the message has its last line.
    """
    arguments = tuple(map(str, command))
    cost = log.with_name(log.name + ".cost")
    waiting = Waiting()  # until the program can be ended, too
    try:
        with log.open("wb") as output:
            child = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(cost), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
            try:
                waiting.end()
                code = child.wait()
            except BaseException:
                _end(child)
                raise
    finally:
        waiting.end()
    if code:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        reason = lines[-1].strip() if lines else "without a word"
        raise ProgramError(f"{Path(arguments[0]).name} failed with exit code {code}: {reason} (see {log})")
    seconds, cpu_seconds, peak = json.loads(cost.read_text())
    cost.unlink()
    return Run(arguments, seconds, cpu_seconds, peak * (1 if sys.platform == "darwin" else 1024))


def _end(child: subprocess.Popen[bytes]) -> None:
    """End a program: let it clear away what it has begun, and kill it if that takes long or a second signal comes."""
    if child.poll() is not None:  # Python waits a moment for a child before it raises the error of a Ctrl-C
        return
    try:
        os.killpg(child.pid, signal.SIGTERM)
        child.wait(_TO_CLEAR_AWAY)
    except subprocess.TimeoutExpired:
        pass
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
