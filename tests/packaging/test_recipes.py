"""What is shipped for package managers and workflow systems, checked by their own tools where these are installed."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from barcodeembed.version import __version__

ROOT = Path(__file__).parents[2]
PACKAGING = ROOT / "packaging"
CONDA_NAMES = {"torch": "pytorch"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, PACKAGING / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def requirements() -> set[str]:
    """What pyproject.toml asks for, as conda writes it: ``numpy >=2.0``."""
    asked = {"python " + PROJECT["requires-python"]}
    for line in PROJECT["dependencies"]:
        match = re.match(r"([\w.-]+)\s*(>=[\d.]+)", line)
        assert match, line
        asked.add(f"{CONDA_NAMES.get(match[1], match[1])} {match[2]}")
    return asked


def test_the_bioconda_recipe_asks_for_what_the_project_asks_for() -> None:
    jinja2, yaml = pytest.importorskip("jinja2"), pytest.importorskip("yaml")
    text = (PACKAGING / "bioconda" / "meta.yaml").read_text()
    recipe = yaml.safe_load(jinja2.Template(text).render(PYTHON="python", pin_subpackage=lambda name, max_pin: name))
    assert recipe["package"] == {"name": "barcodeembed", "version": __version__}
    assert set(recipe["requirements"]["run"]) == requirements()
    assert recipe["build"]["entry_points"] == [f"{name} = {target}" for name, target in PROJECT["scripts"].items()]
    assert (ROOT / recipe["about"]["license_file"]).is_file()


@pytest.mark.parametrize(
    ("file", "pattern", "number"),
    [
        ("packaging/galaxy/macros.xml", r'token name="@TOOL_VERSION@">([^<]+)<', 1),
        ("CITATION.cff", r"(?m)^version: (\S+)$", 1),
        ("workflow/nextflow/modules/barcodeembed/*/main.nf", r'container "barcodeembed:([^"]+)"', 3),
        ("workflow/nextflow/modules/barcodeembed/*/environment.yml", r"bioconda::barcodeembed=(\S+)", 3),
    ],
)
def test_a_release_changes_the_version_everywhere(file: str, pattern: str, number: int) -> None:
    found = [version for path in ROOT.glob(file) for version in re.findall(pattern, path.read_text())]
    assert found == [__version__] * number


def test_the_version_of_the_build_is_that_of_the_package() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert (ROOT / settings["tool"]["hatch"]["version"]["path"]).read_text().endswith(f'"{__version__}"\n')


def test_the_conda_environment_has_all_of_it() -> None:
    yaml = pytest.importorskip("yaml")
    environment = yaml.safe_load((PACKAGING / "environment.yml").read_text())
    has = {line.replace("pytorch-cpu", "pytorch") for line in environment["dependencies"]}
    assert requirements() <= has


@pytest.mark.parametrize("name", ["Dockerfile", "apptainer.def"])
def test_what_was_not_built_says_so_in_its_first_line(name: str) -> None:
    assert (PACKAGING / name).read_text().startswith("# Not built where it was written")


def test_manual_and_reference_have_every_command_and_option(run) -> None:
    pages = load("pages")
    manual, reference = pages.manual(), pages.reference()
    for page in pages.pages():
        assert f"\n## {page.name}\n" in reference or f"\n### {page.name}\n" in reference
        shown = run([*page.name.split()[1:], "--help"]).out
        for option in set(re.findall(r"^  (?:-\w, )?(--[\w-]+)", shown, flags=re.MULTILINE)):
            assert option in reference
            assert option.replace("-", r"\-") in manual
    assert "\b" not in manual + reference


@pytest.mark.skipif(shutil.which("man") is None, reason="man is not installed")
def test_man_shows_the_manual_without_warnings(tmp_path: Path) -> None:
    (tmp_path / "barcodeembed.1").write_text(load("pages").manual())
    command = ["man", "--warnings", "-l", str(tmp_path / "barcodeembed.1")]
    env = {**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "100", "PAGER": "cat"}
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "barcodeembed - name DNA barcodes" in done.stdout


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("planemo") is None, reason="planemo is not installed")
def test_the_galaxy_tool_has_no_lint() -> None:
    command = ["planemo", "lint", "--fail_level", "warn", "--skip", "urls", str(PACKAGING / "galaxy")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(shutil.which("cwltool") is None, reason="cwltool is not installed")
def test_the_cwl_tools_are_valid_and_run(tmp_path: Path) -> None:
    """Index and classify the example, as cwltool starts them."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "barcodeembed"
    code = "from barcodeembed.cli.app import run; run()"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -c "{code}" "$@"\n')
    program.chmod(0o755)
    env = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}", "PYTHONPATH": ""}

    def cwltool(tool: str, inputs: dict[str, object]) -> None:
        job = tmp_path / f"{tool}.json"
        job.write_text(json.dumps(inputs))
        tool_file = str(PACKAGING / "cwl" / f"{tool}.cwl")
        for command in (["--validate", tool_file], ["--no-container", "--outdir", str(tmp_path), tool_file, str(job)]):
            done = subprocess.run(["cwltool", *command], capture_output=True, text=True, env=env, check=False)
            assert done.returncode == 0, done.stderr

    def file(name: str) -> dict[str, str]:
        return {"class": "File", "path": str(ROOT / "data" / name)}

    cwltool("index", {"references": [file("library.tsv")], "model": "kmer4", "name": "x.barcodelib"})
    library = {"class": "Directory", "path": str(tmp_path / "x.barcodelib")}
    cwltool("classify", {"reads": [file("reads.fasta")], "library": [library]})
    assert len((tmp_path / "calls.tsv").read_text().splitlines()) == 99


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(importlib.util.find_spec("mkdocs") is None, reason="mkdocs is not installed")
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    """``mkdocs build --strict``: no link leads nowhere, every docstring can be read."""
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "-f",
        str(ROOT / "mkdocs.yml"),
        "-d",
        str(tmp_path / "site"),
    ]
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0, done.stderr
    for page in ("index.html", "commands/index.html", "api/index.html", "gallery/report.html", "references/index.html"):
        assert (tmp_path / "site" / page).is_file()
