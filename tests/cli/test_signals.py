"""Signals in the first moments of a command."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from barcodeembed.cli.signals import take_signals
from barcodeembed.errors import Terminated
from tests.waits import TIMEOUT, wait_until

MODULE = """
import signal
import time
signal.raise_signal(signal.{name})
try:
    time.sleep(0.3)
except BaseException as error:
    raise ImportError("a module that could not be loaded") from None
whole = True
"""


@pytest.mark.parametrize(
    ("name", "error"),
    [("SIGTERM", Terminated), ("SIGHUP", Terminated), ("SIGXCPU", Terminated), ("SIGINT", KeyboardInterrupt)],
)
def test_a_signal_waits_for_the_end_of_an_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, error: type[BaseException]
) -> None:
    number = getattr(signal, name)
    before = signal.getsignal(number)
    (tmp_path / f"slow_{name}.py").write_text(MODULE.format(name=name))
    monkeypatch.syspath_prepend(tmp_path)
    signal.signal(number, signal.SIG_DFL)  # under nohup it is ignored, and would stay so
    take_signals()
    try:
        with pytest.raises(error):
            _import_and_wait(f"slow_{name}")
        assert sys.modules[f"slow_{name}"].whole
    finally:
        signal.signal(number, before)


def test_a_signal_waits_until_an_object_is_given_up() -> None:
    """Python prints the error of such a function, and goes on."""

    class Slow:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGTERM)
            time.sleep(0.3)
            gone.append(True)

    gone: list[bool] = []
    before = signal.getsignal(signal.SIGTERM)
    take_signals()
    try:
        with pytest.raises(Terminated):
            _give_up_and_wait([Slow()])
        assert gone == [True]
    finally:
        signal.signal(signal.SIGTERM, before)


def _give_up_and_wait(objects: list[object]) -> None:
    objects.clear()
    time.sleep(60)


def _import_and_wait(name: str) -> None:
    __import__(name)
    time.sleep(60)


def test_ignored_signals_stay_ignored() -> None:
    script = (
        "import signal; from barcodeembed.cli.signals import take_signals as take\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); take(); signal.raise_signal(signal.SIGTERM); print('alive')"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout == "alive\n"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SIGXCPU", "SIGUSR1", "SIGUSR2"])
def test_a_scheduler_that_is_about_to_kill_a_run_stops_it(run_program, reads: Path, tmp_path: Path, name: str) -> None:
    """Their default is to end the program at once, with its temporary files."""
    os.mkfifo(tmp_path / "pipe")
    program = run_program(["embed", "pipe", "-o", "o.h5", "--model", "kmer4"], cwd=tmp_path)
    with suppress(BrokenPipeError), (tmp_path / "pipe").open("wb", buffering=0) as pipe:
        pipe.write(reads.read_bytes() * 100)
        wait_until((tmp_path / "o.h5.partial").exists)
        program.send_signal(getattr(signal, name))
        pipe.write(reads.read_bytes() * 100)
    _, err = program.communicate(timeout=TIMEOUT)
    assert program.returncode == 143
    assert b"error: terminated" in err  # what is kept depends on the moment
    assert not list(tmp_path.rglob(".*"))


def test_a_python_program_keeps_the_signals_that_it_may_use_for_itself() -> None:
    script = (
        "import signal; from barcodeembed.workflows.interrupts import StopSignal\n"
        "signal.signal(signal.SIGUSR1, lambda *_: print('mine'))\n"
        "with StopSignal() as stop: signal.raise_signal(signal.SIGUSR1); stop.check()"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout == "mine\n"


SMALL = {
    "model.views": "[]",
    "model.width": "32",
    "model.layers": "1",
    "model.heads": "2",
    "model.feedforward": "64",
    "model.regions": "5",
    "training.batch_size": "16",
    "training.warmup": "2",
    "training.decoder_width": "32",
    "training.decoder_heads": "2",
    "training.validate_every": "2",
}
COMMANDS = {
    "embed": ("embed", "reads.fasta", "-o", "o.h5", "--model", "kmer4", "--force"),
    "split": ("split", "reads.fasta", "--parts", "3", "-o", "parts"),
    "benchmark": (
        *("benchmark", "library", "refs.tsv", "-o", "results", "--model", "kmer4", "--baselines", "identity"),
        *("--against", "", "--lengths", "full"),
    ),
    "pretrain": (
        *("pretrain", "refs.tsv", "--run", "run", "-o", "m.safetensors", "--steps", "3", "--dim", "8", "--resume"),
        *(part for name, value in SMALL.items() for part in ("--set", f"{name}={value}")),
    ),
}


LONG = ("benchmark", "pretrain")
"""Commands that take so long that they get a third of the signals."""


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_signal_at_any_time_is_one_line(run_program, reads: Path, tmp_path: Path, command: str, name: str) -> None:
    lines = (Path(__file__).parents[2] / "data" / "library.tsv").read_text().splitlines(keepends=True)
    (tmp_path / "refs.tsv").write_text("".join(lines[:50]))
    given = [*COMMANDS[command], "-q"]

    def start() -> "subprocess.Popen[bytes]":
        for made in ("parts", "results", "run"):
            shutil.rmtree(tmp_path / made, ignore_errors=True)
        (tmp_path / "m.safetensors").unlink(missing_ok=True)
        return run_program(given, cwd=tmp_path)

    begun = time.monotonic()
    assert start().communicate(timeout=300) == (b"", b"")
    whole = time.monotonic() - begun
    step = 3 if command in LONG else 1
    for twelfth in range(step, 13, step):
        program = start()
        time.sleep(twelfth / 12 * whole)
        program.send_signal(getattr(signal, name))
        _, err = program.communicate(timeout=300)
        assert program.returncode in (0, 130 if name == "SIGINT" else 143, -getattr(signal, name)), (twelfth, err)
        # Python itself may say that it ignored an error while an object was given up, or where it was interrupted when
        # it had not begun with the program.
        of_python = b"Exception ignored" in err or (program.returncode < 0 and b"entry.py" not in err)
        assert err.count(b"barcodeembed") <= 1 or of_python, (twelfth, err)
        assert b"internal error" not in err, (twelfth, err)
        assert not list(tmp_path.rglob(".*")), (twelfth, err)
    assert start().communicate(timeout=300) == (b"", b"")
