"""Parts of all reports: results on disk, Markdown tables, numbers as text, figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from barcodeembed.benchmark.folder import read_json, write_json
from barcodeembed.outputs.staging import write_text
from barcodeembed.workflows.report.figures import draw

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Colours of Okabe and Ito, which colour-blind people can tell apart; grey for blank.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442", "#999999")


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; the first column is text, the others are numbers."""
    lines = ["| " + " | ".join(header) + " |", "|---|" + "---:|" * (len(header) - 1)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def percent(share: float | None, digits: int = 1) -> str:
    """Return a share in percent, as ``93.4``; a dash if there is no number."""
    return "-" if share is None or share != share else f"{100 * share:.{digits}f}"


def number(value: float | None, digits: int = 3) -> str:
    """Return a number with this many decimals; a dash if there is none."""
    return "-" if value is None or value != value else f"{value:,.{digits}f}"


def write_results(
    results: dict[str, Any],
    output: Path,
    tables: Callable[[dict[str, Any]], str],
    figures: Callable[[dict[str, Any], Path], list[Path]],
) -> dict[str, Any]:
    """Write ``results.json``, then ``results.md`` and figures from what is read back from it. Return what was read."""
    write_json(results, output / "results.json")
    results = read_json(output / "results.json")
    write_text(output / "results.md", tables(results))
    figures(results, output / "figures")
    return results


def save(drawing: Callable[[], Figure], folder: Path, name: str) -> list[Path]:
    """Write what ``drawing`` draws as PNG and SVG. Return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.png", folder / f"{name}.svg"]
    draw(drawing, *paths)
    return paths
