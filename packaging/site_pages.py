"""A hook of mkdocs: the pages that are made from the README, the program and a run of the example."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]

GALLERY = """# Gallery

The [report page](gallery/report.html) of the example of the start page: 98 reads of Dutch invertebrates against 282
references. It is one file that needs no network: verdicts, a sunburst of taxa, a map of queries and references, the
reliability of the probabilities, the reads, every call.

<iframe src="../gallery/report.html" title="Report of the example" style="width: 100%; height: 80vh"></iframe>
"""

API = """# Python

What can be imported from `barcodeembed`. Everything else may change without notice.

"""


def on_files(files: Files, config: Any) -> Files:
    """Add the made pages."""
    report = _example_report(Path(config["site_dir"]).parent / ".example")
    texts = {"index.md": _start_page(), "commands.md": _pages().reference(), "api.md": _api(), "gallery.md": GALLERY}
    for name, text in texts.items():
        files.append(File.generated(config, name, content=text))
    files.append(File.generated(config, "gallery/report.html", content=report))
    return files


def on_page_markdown(markdown: str, page: Any, **rest: Any) -> str:
    """Links to files of the repository that are no pages become their names."""
    source = page.file.src_uri
    if source == "index.md":
        return markdown
    folder = (ROOT / "docs" / source).parent

    def kept(link: re.Match[str]) -> str:
        target = (folder / link[2].partition("#")[0]).resolve()
        inside = target.is_relative_to(ROOT / "docs") and target.suffix != ".py"
        return link[0] if inside else f"{link[1]} (`{target.relative_to(ROOT)}`)"

    return re.sub(r"\[([^\]]+)\]\((?!https?:|#)([^)\s]+)\)", kept, markdown)


def _start_page() -> str:
    """The README, its links as seen from docs/."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").replace("](docs/", "](")
    return re.sub(r"\[([^\]]+)\]\(((?:workflow|data|packaging|CITATION)[^)\s]*)\)", r"\1 (`\2`)", text)


def _pages() -> Any:
    spec = importlib.util.spec_from_file_location("pages", ROOT / "packaging" / "pages.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["pages"] = module
    spec.loader.exec_module(module)
    return module


def _api() -> str:
    import barcodeembed

    names = [name for name in barcodeembed.__all__ if not name.startswith("_")]
    homes = [f"{getattr(barcodeembed, name).__module__}.{name}" for name in names]
    return API + "\n\n".join(f"::: {home}" for home in homes) + "\n"


def _example_report(folder: Path) -> str:
    """The page of ``classify --report`` for the example data; kept in ``folder`` for the next build."""
    page = folder / "report.html"
    if not page.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        data, library = ROOT / "data", folder / "example.barcodelib"
        run = [sys.executable, "-m", "barcodeembed"]
        index = [*run, "index", str(data / "library.tsv"), "-o", str(library), "--force", "-q"]
        classify = [*run, "classify", str(data / "reads.fasta"), "--library", str(library), "--force", "-q"]
        subprocess.run(index, check=True)
        subprocess.run([*classify, "-o", str(folder / "calls.tsv"), "--report", str(page)], check=True)
    return page.read_text(encoding="utf-8")
