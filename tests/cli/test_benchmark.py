"""``barcodeembed benchmark`` from outside: help, mistakes, and where results go."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "data" / "library.tsv"


@pytest.mark.parametrize("command", ["library", "paper", "objectives"])
def test_help_has_an_example_and_at_most_twelve_options(run: Callable, command: str) -> None:
    result = run(["benchmark", command, "--help"])
    assert result.code == 0
    assert f"Example: barcodeembed benchmark {command} " in " ".join(result.out.split())
    own = result.out.partition("Common options:")[0]
    options = [line for line in own.splitlines() if line.strip().startswith("-")]
    assert 3 <= len(options) <= 12


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["library", "missing.tsv"], "missing.tsv: no such file"),
        (["library", "-"], "-: no such file"),
        (["library", LIBRARY, "--queries", "missing.tsv"], "missing.tsv: no such file"),
        (["library", LIBRARY, "--lengths", "full,7"], "--lengths 7"),
        (["library", LIBRARY, "--against", "usearch"], "--against usearch: choose from blast, vsearch"),
        (["library", LIBRARY, "--baselines", "identiy"], "--baselines identiy: choose from identity, kmer4"),
        (["paper", "--data", LIBRARY, "--steps", "all"], "--steps all: choose from genus, species, bins"),
        (["objectives", "missing.toml"], "missing.toml"),
    ],
)
def test_mistakes_are_one_line(run: Callable, tmp_path: Path, arguments: list, message: str) -> None:
    result = run(
        [
            "benchmark",
            *arguments,
            *(["--model", "kmer4"] if arguments[0] != "objectives" else []),
            "-o",
            tmp_path / "out",
        ]
    )
    assert result.code in (2, 3)
    assert message in result.err
    assert len(result.err.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_table_without_splits_is_no_metadata_of_bioscan(run: Callable, tmp_path: Path) -> None:
    result = run(["benchmark", "paper", "--data", LIBRARY, "--model", "kmer4", "-o", tmp_path / "out"])
    assert result.code == 3
    assert "no column 'split'" in result.err.splitlines()[-1]


CONFIG = """
corpus = "{corpus}"
labelled = "{labelled}"
[budget]
barcodes = 16
"""
NO_COI = ">a\n" + "ACGT" * 100 + "\n>b\n" + "AACC" * 100 + "\n"


@pytest.mark.parametrize("there", ["nothing", "an empty folder", "another benchmark"])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["library", "bad.fasta", "--model", "kmer4", "--against", ""], "bad.fasta"),
        (["paper", "--data", "bad.csv", "--model", "kmer4"], "bad.csv"),
        (["objectives", "labelled.toml"], "bad.fasta"),
        (["objectives", "corpus.toml"], "bad.fasta"),
    ],
)
def test_after_bad_input_all_is_as_before(
    run: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: str, arguments: list[str], message: str
) -> None:
    (tmp_path / "bad.fasta").write_text(NO_COI)
    (tmp_path / "bad.csv").write_text("processid,split,dna_barcode\na,train,ACGT\n")
    (tmp_path / "labelled.toml").write_text(CONFIG.format(corpus=LIBRARY, labelled="bad.fasta"))
    (tmp_path / "corpus.toml").write_text(CONFIG.format(corpus="bad.fasta", labelled=LIBRARY))
    if there != "nothing":
        (tmp_path / "out").mkdir()
    if there == "another benchmark":
        (tmp_path / "out" / "plan.json").write_text('{"kind": "library", "seed": 5}')
        (tmp_path / "out" / "results.md").write_text("hours of work")
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.chdir(tmp_path)
    result = run(["benchmark", *arguments, "-o", "out", *(["--force"] if there == "another benchmark" else [])])
    assert result.code in (2, 3)
    assert message in result.err.splitlines()[-1]
    if (there, arguments[-1]) != ("another benchmark", "corpus.toml"):  # it is found when the corpus is made
        assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.slow
def test_results_are_json_without_nan_and_a_table(
    run: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("barcodeembed.benchmark.library.report.has_matplotlib", lambda: False)
    monkeypatch.setattr("barcodeembed.benchmark.library.run.classifier", _no_classifier)
    options = ["--against", "", "--baselines", "identity", "--lengths", "full", "--threads", "1", "--model", "kmer4"]
    result = run(["benchmark", "library", LIBRARY, *options, "-o", tmp_path / "out"])
    assert result.code == 0, result.err
    text = (tmp_path / "out" / "results.json").read_text()
    assert "NaN" not in text
    results = json.loads(text)
    assert results["threads"] == 1
    assert results["inputs"][0]["path"] == "library.tsv"
    assert len(results["inputs"][0]["sha256"]) == 64
    assert str(ROOT) not in text
    assert "| identity 1-NN |" in (tmp_path / "out" / "results.md").read_text()


def _no_classifier(model: str, fingerprint: str, device: str) -> object:
    from barcodeembed.benchmark.library.methods import nearest

    return nearest(model)
