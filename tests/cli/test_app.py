"""The command line as a whole: help, version, usage errors, global options."""

import json
import os
import re
from pathlib import Path

import pytest
import typer

from barcodeembed.cli.options import _THREAD_VARIABLES, apply_threads
from barcodeembed.errors import Terminated
from barcodeembed.version import __version__
from tests.waits import TIMEOUT

COMMANDS = [
    "",
    "embed",
    "index",
    "classify",
    "merge",
    "audit",
    "split",
    "pretrain",
    "profile",
    "models",
    "models list",
    "models info",
    "models import",
    "benchmark",
    "benchmark library",
]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.skipif(not typer.__version__.startswith("0.29."), reason="typer lays out the help")
def test_help_is_the_golden_one(run, golden, command: str) -> None:
    code, out, err = run([*command.split(), "--help"])
    assert (code, err) == (0, "")
    golden(f"help{'-' if command else ''}{command.replace(' ', '-')}.txt", out)


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_version(run, flag: str) -> None:
    assert run([flag]) == (0, f"barcodeembed {__version__}\n", "")


@pytest.mark.parametrize("command", ["", "models"])
def test_no_arguments_show_the_help(run, command: str) -> None:
    code, out, err = run(command.split())
    assert code == 2
    assert "Usage: barcodeembed" in out + err
    assert "barcodeembed: error" not in out + err


@pytest.mark.parametrize("command", ["", "index", "models", "models info", "benchmark library"])
def test_every_help_shows_the_common_options(run, command: str) -> None:
    short, long = (run([*command.split(), flag]) for flag in ("-h", "--help"))
    assert short == long
    for option in ("-q, --quiet", "-v, --verbose", "--log-json", "-h, --help"):
        assert option in long.out


def test_commands_are_listed_in_the_order_of_use(run) -> None:
    listed = re.findall(r"^  (\w+)  ", run(["--help"]).out.partition("Commands:")[2], flags=re.MULTILINE)
    assert listed == [
        "index",
        "classify",
        "merge",
        "audit",
        "split",
        "embed",
        "benchmark",
        "pretrain",
        "models",
        "profile",
    ]


@pytest.mark.parametrize(
    ("words", "answer"), [("barcodeembed cl", "classify"), ("barcodeembed index --taxon", "--taxon")]
)
def test_the_shell_completes_commands_and_options(run_program, words: str, answer: str) -> None:
    asked = {"_BARCODEEMBED_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    out, _ = run_program([], env=asked).communicate(timeout=TIMEOUT)
    assert answer in out.decode().splitlines()


@pytest.mark.parametrize("said", [{}, {"COMP_WORDS": "barcodeembed cl"}, {"COMP_WORDS": "b", "COMP_CWORD": "x"}])
def test_a_completion_of_nothing_is_one_line(run, monkeypatch: pytest.MonkeyPatch, said: dict[str, str]) -> None:
    for name in ("COMP_WORDS", "COMP_CWORD"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"_BARCODEEMBED_COMPLETE": "complete_bash", **said}.items():
        monkeypatch.setenv(name, value)
    code, out, err = run([])
    assert (code, out) == (2, "")
    assert "COMP_CWORD do not say of what: unset _BARCODEEMBED_COMPLETE" in " ".join(err.split())


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["embed", "x.fasta", "-o", "x.npy"], "an embedding file is not written as .npy"),
        (["audit", "x.barcodelib", "-o", "x.xlsx"], "a table is not written as .xlsx: let the name end in .tsv"),
        (["merge", "c.tsv", "-o", "m.tsv", "--table", "t.biom"], "a table of taxa is not written as .biom"),
        (["pretrain", "x.fasta", "--run", "run", "-o", "m.pt"], "a model file is not written as .pt"),
        (["models", "import", "x.pt", "-o", "m.tsv"], "a model file is not written as .tsv"),
        (["index", "x.tsv", "-o", "x.tsv"], "x.tsv: a library is a folder, and this is the name of a file"),
        (["index", "x.tsv", "-o", "X.FASTA.GZ"], "is the name of a file: give one like NAME.barcodelib"),
        (["split", "x.fasta", "--parts", "2", "-o", "y.fasta"], "y.fasta: this output is a folder"),
        (["merge", "c.tsv", "-o", "m.tsv", "--phyloseq", "p.tsv"], "p.tsv: this output is a folder"),
        (["pretrain", "x.fasta", "--run", "m.safetensors", "-o", "n.safetensors"], "a run is a folder"),
        (["benchmark", "library", "x.tsv", "-o", "results.md.html"], "a benchmark's output is a folder"),
    ],
)
def test_no_file_is_written_under_another_kind_of_name(run, command: list[str], message: str) -> None:
    code, _, err = run(command)
    assert code == 2
    assert message in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["embd"], "Did you mean 'embed'?"),
        (["embed"], "Missing argument"),
        (["embed", "x.fasta"], "Missing option '-o'"),
        (["embed", "x.fasta", "-o", "x.h5", "--nonsense"], "No such option: --nonsense"),
        (["embed", "x.fasta", "--ouput", "x.h5"], "--output"),
        (
            ["classify", "x.fasta", "\u2013library", "x.barcodelib"],
            "'\u2013library' begins with a long dash: type --library",
        ),
        (["embed", "x.fasta", "-o", "x.h5", "--min-length", "0"], "'--min-length'"),
        (["embed", "x.fasta", "-o", "x.h5", "--max-ambiguous", "2"], "'--max-ambiguous'"),
        (["embed", "x.fasta", "-o", "x.h5", "--max-ambiguous", "nan"], "'--max-ambiguous'"),
        (["embed", "x.fasta", "-o", "x.h5", "--batch-size", "-1"], "'--batch-size'"),
        (["embed", "x.fasta", "-o", "x.h5", "--threads", "-1"], "'--threads'"),
        (["embed", "x.fasta", "-o", "x.h5", "--threads", "many"], "'--threads'"),
    ],
)
def test_wrong_usage_is_one_line_and_2(run, arguments: list[str], message: str) -> None:
    code, out, err = run(arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [("--device", "tpu", "cpu, cuda"), ("--precision", "int4", "auto, fp32, bf16, int8")],
)
@pytest.mark.parametrize("model", ["kmer4", "default"])
def test_unknown_device_or_precision(run, reads: Path, option: str, value: str, message: str, model: str) -> None:
    code, _, err = run(["embed", reads, "-o", reads.with_suffix(".h5"), "--model", model, option, value])
    assert code == 2
    assert message in err


def test_models_list_names_every_model(run) -> None:
    code, out, _ = run(["models", "list"])
    assert code == 0
    names = {line.split("\t")[0] for line in out.splitlines()}
    assert names >= {"coi-mae-labels-v7", "default", "kmer4", "kmer5", "kmer6"}


def test_models_info_is_json(run) -> None:
    code, out, _ = run(["models", "info"])
    assert code == 0
    assert json.loads(out)["dim"] == 512


def test_a_model_that_is_not_there(run, reads: Path) -> None:
    code, _, err = run(["embed", reads, "-o", reads.with_suffix(".h5"), "--model", "nope"])
    assert code == 3
    assert "no model 'nope'" in err
    assert "default" in err


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (
            ["embed", "reads.fasta", "-o", "o.h5", "--model", "pipe"],
            "pipe: this is a pipe, not a file; give a .s",
        ),
        (
            ["embed", "reads.fasta", "-o", "o.h5", "--model", "."],
            ".: this is a folder, not a file; give a",
        ),
        (["models", "import", "pipe", "-o", "m.safetensors"], "pipe: this is a pipe, not a file"),
        (["classify", "pipe.h5", "--library", "dutch"], "pipe.h5: this is a pipe, not a file; embedding files are"),
        (["classify", "reads.fasta", "--library", "pipe"], "pipe: this is a pipe, not a library"),
    ],
)
def test_a_pipe_where_a_file_is_needed_is_called_so(
    run, dutch, reads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("pipe", "pipe.h5"):
        os.mkfifo(name)
    code, _, err = run([str(dutch.path) if word == "dutch" else word for word in command])
    assert code == 3
    assert err.startswith(f"barcodeembed: error: {message}")
    assert err.count("\n") == 1


def test_a_damaged_model_file(run, reads: Path, tmp_path: Path) -> None:
    from barcodeembed.model.zoo import find

    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(find("default").read_bytes()[:100_000])
    code, _, err = run(["embed", reads, "-o", tmp_path / "o.h5", "--model", cut])
    assert code == 3
    assert "cut.safetensors: not a readable model file" in err


@pytest.mark.parametrize("before", [True, False])
def test_global_options_stand_before_or_after_the_command(run, reads: Path, tmp_path: Path, before: bool) -> None:
    options = ["--quiet", "--log-json", tmp_path / "log.json"]
    command = ["embed", reads, "-o", tmp_path / "o.h5", "--model", "kmer4"]
    code, out, err = run([*options, *command] if before else [*command, *options])
    assert (code, out, err) == (0, "", "")
    events = [json.loads(line) for line in (tmp_path / "log.json").read_text().splitlines()]
    assert {event["level"] for event in events} == {"info"}
    assert "10 x 256" in events[-1]["message"]


def test_an_error_is_shown_and_logged_with_quiet(run, tmp_path: Path) -> None:
    command = ["embed", "no.fasta", "-o", tmp_path / "o.h5", "--model", "kmer4"]
    code, _, err = run(["--quiet", *command, "--log-json", tmp_path / "log.json"])
    assert code == 3
    assert err == "barcodeembed: error: no.fasta: there is no such file\n"
    assert json.loads((tmp_path / "log.json").read_text())["level"] == "error"


def test_a_log_that_cannot_be_opened(run, tmp_path: Path) -> None:
    code, _, err = run(["models", "list", "--log-json", tmp_path / "no" / "log.json"])
    assert code in (1, 2)
    assert "log.json" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "command",
    [
        "embed {reads} -o new/",
        "embed {reads} -o e.h5 --manifest new/",
        "classify {reads} --library my.barcodelib -o new/",
        *(
            f"classify {{reads}} --library my.barcodelib -o c.tsv {option} new/"
            for option in ("--summary", "--report", "--table", "--biom", "--anndata", "--in-controls", "--manifest")
        ),
        "merge calls.tsv -o new/",
        "audit my.barcodelib -o new/",
        "audit my.barcodelib --grades new/",
        "audit my.barcodelib --shared new/",
        "pretrain {reads} --run run -o new/",
        "profile {reads} -o new/",
        "models import model.pt -o new/",
    ],
)
def test_a_file_to_write_is_no_folder(
    run, reads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = run(command.format(reads=reads).split())
    assert (code, err) == (2, "barcodeembed: error: new/ is the name of a folder: give the name of a file\n")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(("asked", "given", "used"), [("3", 0, 3), ("3,2", 0, 3), ("3", 2, 2)])
def test_threads_are_those_of_the_environment_unless_given(
    monkeypatch: pytest.MonkeyPatch, asked: str, given: int, used: int
) -> None:
    for variable in _THREAD_VARIABLES:
        monkeypatch.setenv(variable, asked)
    assert apply_threads(given) == used
    assert {os.environ[variable] for variable in _THREAD_VARIABLES} == {str(used)}
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert apply_threads(0) >= 1


def test_threads_that_wait_soon_sleep_unless_the_environment_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in _THREAD_VARIABLES:
        monkeypatch.setenv(variable, "1")
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    apply_threads(1)
    assert "GOMP_SPINCOUNT" not in os.environ
    monkeypatch.delenv("OMP_WAIT_POLICY")
    apply_threads(1)
    assert os.environ["GOMP_SPINCOUNT"] == "1000"


def test_a_compiled_module_that_is_cut_off_says_what_to_delete(run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk leaves such modules; every later run would end with an error of Python's."""

    def load() -> None:
        raise EOFError("marshal data too short")

    monkeypatch.setattr("barcodeembed.model.zoo.available", load)
    code, _, err = run(["models", "list"])
    assert code == 1
    assert f"delete the folders named __pycache__ in {Path(__file__).parents[2]}" in err.replace("\n", "")


def test_a_signal_after_an_error_adds_no_line(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped() -> None:
        raise Terminated("terminated")

    monkeypatch.setattr("barcodeembed.cli.app.release", stopped)
    code, _, err = run(["embed", tmp_path / "none.fasta", "-o", tmp_path / "out.h5", "--model", "kmer4"])
    assert code == 143
    assert err.count("error:") == 1
    assert "there is no such file" in err
