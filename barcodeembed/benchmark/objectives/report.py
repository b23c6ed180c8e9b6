"""Table and figure of ``benchmark objectives``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from barcodeembed.benchmark.report_parts import COLOURS, markdown, save
from barcodeembed.workflows.report.figures import has_matplotlib, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SHORT = {
    "genus": "genus 1-NN",
    "genus_whitened": "genus 1-NN, whitened",
    "ami": "AMI",
    "harmonic_mean": "harmonic mean",
}


def objective_tables(results: dict[str, Any]) -> str:
    """Return the whole text of ``results.md``."""
    ((kind, amount),) = results["budget"].items()
    rows = []
    for objective, found in results["summary"].items():
        cells = [f"{100 * found[m]['mean']:.2f} ± {100 * found[m]['spread']:.2f}" for m in _SHORT]
        rows.append([objective, *cells, f"{found['steps']['mean']:,.0f}", f"{found['seconds']['mean']:,.0f}"])
    inputs = ", ".join(f"`{facts['path']}`" for facts in results["inputs"])
    return "\n".join(
        [
            "# Training objectives under equal budgets\n",
            f"{results['tool']}; {inputs}; {amount:,} {kind} for each run; seeds "
            f"{', '.join(map(str, results['seeds']))}; percent, mean ± standard deviation over seeds.\n",
            markdown(["objective", *_SHORT.values(), "steps", "seconds"], rows),
            f"Genus 1-NN: {results['queries']:,} queries of species that are not in the library, by the mean of the "
            "token vectors and cosine; whitened: with the library's mean and covariance taken out. AMI: "
            f"{results['clustered']:,} barcodes, {results['clustering']} with as many clusters as there are labels, "
            f"against {results['labels']}. Harmonic mean: of genus 1-NN and AMI. `untrained` is the encoder at "
            "its first random weights. No label takes part in training; barcodes of the labelled files may, if the "
            "corpus holds them.\n",
        ]
    )


def objective_figure(results: dict[str, Any], folder: Path) -> list[Path]:
    """Draw a panel for each measure, with a dot for each run and a bar for the mean; return the PNG and the SVG
    file."""
    return save(lambda: _measures(results), folder, "objectives") if has_matplotlib() else []


def _measures(results: dict[str, Any]) -> Figure:
    names = list(results["summary"])
    figure = new_figure(12, 3.6)
    for axis, (measure, title) in zip(figure.subplots(1, len(_SHORT), sharey=True), _SHORT.items(), strict=True):
        for place, name in enumerate(names):
            colour = COLOURS[place % len(COLOURS)]
            axis.bar(place, 100 * results["summary"][name][measure]["mean"], color=colour, alpha=0.35, width=0.7)
            dots = [100 * results["runs"][f"{name}-seed{seed}"][measure] for seed in results["seeds"]]
            axis.plot([place] * len(dots), dots, "o", color=colour, ms=4)
        axis.set_xticks(range(len(names)), names, rotation=30, ha="right")
        axis.set_title(title, fontsize=9)
        axis.set_ylim(0, 100)
    figure.axes[0].set_ylabel("%")
    return figure
