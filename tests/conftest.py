"""Fixtures that several folders share, and the markers' rules."""

import io
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says more of the machine than of the program.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

# Tests run beside each other and beside other work: threads that wait for each other would take all of the time. NumPy
# and FAISS ask for this number when they are loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")

pytest_plugins = ["tests.made_up_tree"]

ROOT = Path(__file__).parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--run-slow", action="store_true", help="run the tests marked slow as well")
    parser.addoption("--mutations", type=int, default=300, help="damaged files to try in tests/faults, with --run-slow")
    parser.addoption("--kills", type=int, default=8, help="kills of each command in tests/faults, with --run-slow")
    parser.addoption("--odd-reads", type=int, default=500, help="odd reads to try in tests/faults, with --run-slow")
    parser.addoption("--update-golden", action="store_true", help="write the files in tests/golden anew")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if "slow" in item.keywords and not config.getoption("--run-slow"):
            item.add_marker(pytest.mark.skip(reason="slow: give --run-slow"))
        if "shared_data" in item.keywords and not SHARED_DATA.is_dir():
            item.add_marker(pytest.mark.skip(reason="the development barcodes are not beside the checkout"))
        if "gpu" in item.keywords and not _has_cuda():
            item.add_marker(pytest.mark.skip(reason="no CUDA device"))


def _has_cuda() -> bool:
    import torch

    return torch.cuda.is_available()


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """Tests run beside each other and beside other work."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="session")
def interrupts() -> None:
    """What a shell starts in the background ignores Ctrl-C, and so would the programs that tests interrupt."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def small_blocks() -> None:
    """A few hundred reads make several blocks."""
    from barcodeembed.workflows import embedding
    from tests.small_blocks import SIZE

    embedding.BLOCK = SIZE


class Indexed(NamedTuple):
    """A library, not to be changed, and what ``index`` said of it."""

    path: Path
    said: str


@pytest.fixture(scope="session")
def dutch(tmp_path_factory: pytest.TempPathFactory) -> Indexed:
    """The example library by the 4-mer profile."""
    from barcodeembed.cli.app import main

    path = tmp_path_factory.mktemp("dutch") / "dutch.barcodelib"
    facts = ["--source", "Naturalis", "--licence", "Apache-2.0"]
    with redirect_stderr(io.StringIO()) as err:
        code = main(["index", str(ROOT / "data" / "library.tsv"), "-o", str(path), "--model", "kmer4", *facts])
    assert code == 0, err.getvalue()
    return Indexed(path, err.getvalue())


@pytest.fixture(scope="session")
def library_sequences() -> list[str]:
    """The 282 real barcodes of the example library."""
    from barcodeembed.sequences.formats.readers import read_barcodes

    return [barcode.sequence for barcode in read_barcodes([ROOT / "data" / "library.tsv"])]


@pytest.fixture(scope="session")
def barcodes(library_sequences: list[str]) -> list[str]:
    """Ten real barcodes of 658 bases that fill the barcode region exactly."""
    from barcodeembed.sequences.placement.anchor import shipped_anchor

    whole = [s for s in library_sequences if len(s) == 658]
    placed = shipped_anchor().place(whole)
    rows = zip(whole, placed.start, placed.flags, strict=True)
    return [sequence for sequence, start, flags in rows if start == 0 and not flags][:10]


class Result(NamedTuple):
    """What a command left: exit code, standard output, standard error."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """``run(args, stdin=None)``: the command line in this process, 80 columns wide."""
    monkeypatch.setenv("COLUMNS", "80")
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
        monkeypatch.setenv(variable, "1")  # --threads sets them: back to what they were afterwards
    monkeypatch.setenv("GOMP_SPINCOUNT", "1000")

    def call(args: Sequence[str | Path], stdin: bytes | None = None) -> Result:
        from barcodeembed.cli.app import main

        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin or b"")))
        with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
            try:
                code = main([str(arg) for arg in args])
            except SystemExit as stop:
                code = int(stop.code or 0)
        return Result(code, out.getvalue(), err.getvalue())

    return call


@pytest.fixture
def run_program() -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """``run_program(args, **options of Popen)``: the command line as a program, killed if it is left running; with
    ``module`` another module is run."""
    started: list[subprocess.Popen[bytes]] = []

    def start(args: Sequence[str | Path], **options: Any) -> "subprocess.Popen[bytes]":
        env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "COLUMNS": "80", "PYTHONUNBUFFERED": ""}
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        command = [
            *options.pop("prefix", ()),
            sys.executable,
            "-m",
            options.pop("module", "barcodeembed"),
            *map(str, args),
        ]
        env.update(options.pop("env", {}))
        program = subprocess.Popen(command, env=env, **{**pipes, **options})
        started.append(program)
        return program

    yield start
    for program in started:
        if program.poll() is None:
            program.kill()
        for stream in (program.stdin, program.stdout, program.stderr):
            if stream:
                stream.close()
        program.wait()


@pytest.fixture
def unprivileged() -> list[str]:
    """What a command begins with so that it may only write what its user may, also where the tests run as root."""
    if os.name != "posix" or os.geteuid() != 0:
        return []
    if not shutil.which("setpriv"):
        pytest.skip("root may read and write everything")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """``golden(name, text)``: the text is that of tests/golden/name; ``--update-golden`` writes it there."""

    def check(name: str, text: str) -> None:
        path = ROOT / "tests" / "golden" / name
        if request.config.getoption("--update-golden"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8"), f"{name} differs; if it should, run with --update-golden"

    return check
