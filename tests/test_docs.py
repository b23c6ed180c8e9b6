"""The documentation says what the program does: commands run, tables list every status, flag and column."""

import csv
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from barcodeembed.classify.call import CHIMERA
from barcodeembed.cli.app import main
from barcodeembed.embeddings.schema import OBS_COLUMNS
from barcodeembed.sequences import read_columns
from barcodeembed.sequences.batches import STATUSES
from barcodeembed.sequences.placement.placements import FLAGS
from barcodeembed.workflows.tables import columns
from barcodeembed.workflows.tables.summary import CallSummary

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
VECTORS = (ROOT / "docs" / "vectors.md").read_text()
MADE_BY_THE_SITE = ("commands", "api", "gallery", "index")
FORMATS = (ROOT / "docs" / "formats.md").read_text()


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def run_here(monkeypatch: pytest.MonkeyPatch, directory: Path, commands: list[str]) -> None:
    monkeypatch.chdir(directory)
    (directory / "data").symlink_to(ROOT / "data")
    for command in commands:
        words = shlex.split(command)
        assert words[0].endswith("barcodeembed"), command
        assert main(words[1:]) == 0, command


@pytest.mark.slow
def test_the_example_of_the_readme_runs_and_runs_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    block = next(block for block in blocks("sh") if "data/library.tsv" in block)
    run_here(monkeypatch, tmp_path, block.split(" && "))
    shown = re.search(r"```\n(read .*?)```", README, flags=re.DOTALL)
    assert shown
    assert shown.group(1) in capsys.readouterr().err
    called = {
        row["query_id"]: row
        for row in csv.DictReader((tmp_path / "calls.tsv").read_text().splitlines(), delimiter="\t")
    }
    rows = [line.strip("|").split("|") for line in README.splitlines() if re.match(r"\| NL[A-Z]+[0-9-]+ \|", line)]
    for id, verdict, taxon, *_ in ([cell.strip() for cell in row] for row in rows):
        assert (called[id]["verdict"], called[id]["taxon"]) == (verdict, taxon)
    assert "<html" in (tmp_path / "report.html").read_text()
    first = (tmp_path / "calls.tsv").read_bytes()
    assert main(shlex.split(block.split(" && ")[1])[1:]) == 0
    assert (tmp_path / "calls.tsv").read_bytes() == first


@pytest.mark.slow
def test_the_vectors_of_the_example_open_in_anndata(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_here(monkeypatch, tmp_path, [next(block for block in blocks("sh", VECTORS) if "-o emb.h5" in block)])
    reader, *_ = (block for block in blocks("python", VECTORS) if "read_h5ad" in block)
    exec(compile(reader, "vectors.md", "exec"), {})


def test_the_python_example_runs() -> None:
    example = next(block for block in blocks("python", VECTORS) if "load_model" in block)
    scope: dict[str, object] = {}
    exec(compile(example, "vectors.md", "exec"), scope)
    assert scope["vectors"].shape == (1, 512)
    assert np.isfinite(scope["vectors"]).all()


@pytest.mark.slow
def test_the_page_on_python_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").symlink_to(ROOT / "data")
    page = (ROOT / "docs" / "python.md").read_text()
    code = "\n".join(re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL))
    scope: dict[str, object] = {}
    exec(compile(code, "python.md", "exec"), scope)
    said = capsys.readouterr().out
    assert "missing.barcodelib" in said
    assert "(2, 512)" in said
    assert "pair ok" in said
    assert "bad too_short" in said


def test_a_users_script_without_arguments_says_what_it_takes() -> None:
    script = ROOT / "docs" / "name_barcodes.py"
    ran = subprocess.run([sys.executable, script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert ran.stderr.startswith("usage: name_barcodes.py [-h] references reads library")


@pytest.mark.slow
@pytest.mark.timeout(900)  # mypy reads everything that the package imports: a minute on an idle processor
def test_a_users_script_has_strict_types_and_runs(tmp_path: Path) -> None:
    """mypy sees the package as it does in a user's environment: by its own types alone."""
    pytest.importorskip("mypy")
    script, wrong = ROOT / "docs" / "name_barcodes.py", tmp_path / "wrong.py"
    wrong.write_text(
        "from barcodeembed import load_model, open_library\n\n"
        'calls = open_library("my.barcodelib").classify(["ACGT"], min_confidence=["high"])\n'
        "print(calls[0].nearest.id, calls[0].lineage.at(3), load_model(device=0).dim.real)\n"
    )
    mypy = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", str(tmp_path)]
    done = subprocess.run([*mypy, script, wrong], cwd=tmp_path, capture_output=True, text=True, check=False)
    found = [re.sub(r".*\[([a-z-]+)\]$", r"\1", line) for line in done.stdout.splitlines() if ": error: " in line]
    assert sorted(found) == ["arg-type", "arg-type", "arg-type", "union-attr"], done.stdout
    assert str(script) not in done.stdout
    of_data = [ROOT / "data" / "library.tsv", ROOT / "data" / "reads.fasta"]
    ran = subprocess.run(
        [sys.executable, script, *of_data, tmp_path / "mylib.barcodelib"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert len(ran.stdout.splitlines()) == 100
    assert "98 vectors; cosine of the first two: 0." in ran.stdout


def headings(page: Path) -> list[str]:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    return [re.sub(r"[*`_]", "", line) for line in re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)]


def anchors(page: Path) -> set[str]:
    """The anchors that Python-Markdown makes of the headings of a page."""
    plain = [re.sub(r"[^\w\s-]", "", heading).strip().lower() for heading in headings(page)]
    return {re.sub(r"[-\s]+", "-", heading) for heading in plain}


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda page: str(page.relative_to(ROOT))
)
def test_links_of_the_docs_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|mailto:)([^)\s]+)\)", page.read_text()):
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists() or linked.stem in MADE_BY_THE_SITE, target
        assert not anchor or linked.suffix != ".md" or anchor in anchors(linked), target


def test_pages_that_the_code_points_to_have_the_heading_that_it_names() -> None:
    pointed = 0
    for path in sorted([*(ROOT / "barcodeembed").rglob("*.py"), *(ROOT / "docs").rglob("*.py")]):
        text = re.sub(r"\s+", " ", path.read_text())
        for page, named in re.findall(r"\b(docs/[\w/-]+\.md)((?:(?:,| and) \"[^\"]+\")*)", text):
            known = headings(ROOT / page)
            for heading in re.findall(r'"([^"]+)"', named):
                assert heading in known, (path.name, page, heading)
            pointed += 1
    assert pointed > 10


def test_places_that_the_architecture_names_exist() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    named = re.findall(r"`((?:\w+/)*\w+\.py):([\w.]+)`", text)
    assert len(named) > 30
    for path, name in named:
        code = (ROOT / "barcodeembed" / path).read_text()
        for part in name.split("."):
            assert re.search(rf"^ *(?:def|class) {part}\b|^{part}\b.* = ", code, flags=re.MULTILINE), (path, name)


def test_the_tree_of_the_architecture_names_every_folder() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    for folder in (ROOT / "barcodeembed").rglob("*/"):
        if list(folder.glob("*.py")):
            assert f" {folder.name}/" in text or f"├── {folder.name}/" in text, folder


def test_no_figure_is_missing() -> None:
    for path in (ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")):
        assert not re.search(r"@[A-Z]+@", path.read_text()), path


def test_ci_runs_the_readmes_test_command() -> None:
    command = next(block for block in blocks("sh") if "pytest" in block)
    install, run = [part.strip() for part in command.split(" && ")[1:]]
    ci = (ROOT / ".ci" / "run").read_text()
    assert install.replace(".venv/bin/pip", '"$venv/bin/pip"') in ci
    assert run.replace(".venv/bin/pytest", '"$venv/bin/pytest"') in ci.splitlines()


@pytest.mark.parametrize(("kind", "declared"), [("reads", read_columns.docs_table), ("calls", columns.docs_table)])
def test_the_tables_of_columns_are_those_that_are_declared(kind: str, declared, request: pytest.FixtureRequest) -> None:
    text = (ROOT / "docs" / "formats.md").read_text()
    before, after = text.split(f"<!-- columns of {kind} -->\n")
    shown, rest = after.split("<!-- end -->", 1)
    if request.config.getoption("--update-golden"):
        shown = f"{declared()}\n"
        (ROOT / "docs" / "formats.md").write_text(f"{before}<!-- columns of {kind} -->\n{shown}<!-- end -->{rest}")
    assert shown.strip() == declared(), "run with --update-golden"


def test_formats_lists_every_key_of_the_summary() -> None:
    shown = FORMATS.split("### `summary.json`")[1].split("###")[0]
    listed = [
        key for cell in re.findall(r"^\| (`.*?) \|", shown, flags=re.MULTILINE) for key in re.findall(r"`(\w+)`", cell)
    ]
    assert listed == list(CallSummary().to_dict())


def test_formats_lists_every_status_flag_and_column() -> None:
    for name in (*STATUSES, *FLAGS, *CHIMERA, *OBS_COLUMNS):
        assert f"| `{name}` |" in FORMATS, name
