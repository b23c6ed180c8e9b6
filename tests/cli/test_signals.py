"""Signals in the first moments of a command."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from barcodeembed.cli.signals import take_signals
from barcodeembed.errors import Terminated

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
    ("name", "error"), [("SIGTERM", Terminated), ("SIGHUP", Terminated), ("SIGINT", KeyboardInterrupt)]
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
    time.sleep(5)


def _import_and_wait(name: str) -> None:
    __import__(name)
    time.sleep(5)


def test_ignored_signals_stay_ignored() -> None:
    script = (
        "import signal; from barcodeembed.cli.signals import take_signals as take\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); take(); signal.raise_signal(signal.SIGTERM); print('alive')"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout == "alive\n"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_signal_at_any_time_is_one_line(run_program, reads: Path, tmp_path: Path, name: str) -> None:
    output = tmp_path / "o.h5"
    for tenth in range(1, 25, 2):
        program = run_program(["embed", reads, "-o", output, "--model", "kmer4", "--force", "-q"])
        time.sleep(tenth / 20)
        program.send_signal(getattr(signal, name))
        _, err = program.communicate(timeout=60)
        assert program.returncode in (0, 130 if name == "SIGINT" else 143, -getattr(signal, name)), (tenth, err)
        # Python itself may say that it ignored an error while an object was given up.
        assert err.count(b"barcodeembed") <= 1 or b"Exception ignored" in err, (tenth, err)
        assert b"internal error" not in err, (tenth, err)
    # What a signal left behind in the moment in which it was made is gone after the next run.
    run = run_program(["embed", reads, "-o", output, "--model", "kmer4", "--force", "-q"])
    assert run.communicate(timeout=60) == (b"", b"")
    assert not list(tmp_path.glob(".*"))
