"""Tables and figures of ``benchmark paper``: measured results, and beside them published ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from barcodeembed.benchmark.report_parts import COLOURS, markdown, percent, save
from barcodeembed.workflows.report.figures import has_matplotlib, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_RANKS = ("class", "order", "family", "genus")
_MEASURES = {"genus": "genus 1-NN", "ami": "BIN AMI", "probe": "linear probe", "finetuned": "fine-tuned"}


def paper_tables(results: dict[str, Any]) -> str:
    """Return the whole text of ``results.md``."""
    rows = results["rows"]
    header = [
        "measured here",
        *("genus 1-NN, stripped", "genus 1-NN, published set", "BIN AMI, UMAP + Ward", "harmonic mean"),
        *("BIN AMI, no UMAP, no number", "harmonic mean of that", "linear probe", "fine-tuned", "species 1-NN"),
    ]
    parts = [
        f"# BIOSCAN-5M evaluation on `{results['data']}`\n",
        f"{results['tool']}. Percent. Partitions (stripped / published): "
        + ", ".join(
            f"{split} {results['partitions']['stripped'].get(split, 0):,} / {number:,}"
            for split, number in results["partitions"]["published"].items()
        )
        + ".\n",
        markdown(header, [[label, *_measured(row)] for label, row in rows.items()]),
    ]
    if results["notes"]:
        parts.append("This file is not the published one, or a part of it: " + "; ".join(results["notes"]) + ".\n")
    parts.append(
        "Genus 1-NN: queries `test_unseen` against the gallery `train`, cosine, in both conventions of deduplication "
        "(docs/benchmarking.md). BIN AMI: `test` + `test_unseen`; UMAP to 64, cosine, 10 neighbours, seed 42, then "
        "Ward with as many clusters as there are species (an oracle, as published); the other variant is average "
        "linkage at a distance chosen on `val_unseen`. Harmonic mean: of genus 1-NN (stripped) and BIN AMI. Linear "
        "probe, fine-tuned and species 1-NN: species of `test`.\n"
    )
    parts.append(markdown(["measured here, 1-NN of unseen species", *_RANKS], _by_rank(rows, "genus")))
    if chosen_by := _by_rank(rows, "val"):
        parts.append("For choosing among models, `val_unseen` in place of `test_unseen` (stripped):\n")
        parts.append(markdown(["measured here, 1-NN of val_unseen", *_RANKS], chosen_by))
    return "\n".join([*parts, *_published(results)])


def _published(results: dict[str, Any]) -> list[str]:
    """Return the lines of the published results, each with the number of its source."""
    sources = list(dict.fromkeys(figure["source"] for figure in results["published"]))
    table: dict[str, dict[str, str]] = {}
    for figure in results["published"]:
        cell = f"{figure['value']:.2f} [{sources.index(figure['source']) + 1}]"
        table.setdefault(figure["model"], {})[figure["measure"]] = cell
    by_rank = results["published_by_rank"]
    return [
        "## Published by others\n\nNot measured here; another code, and where noted other query sets.\n",
        markdown(
            ["published", *_MEASURES.values()],
            [[model, *(own.get(measure, "-") for measure in _MEASURES)] for model, own in table.items()],
        ),
        "Sources: " + "; ".join(f"[{number}] {source}" for number, source in enumerate(sources, 1)) + ".\n",
        markdown(
            ["published, 1-NN of unseen species", *_RANKS],
            [[model, *(f"{value:.2f}" for value in values)] for model, values in by_rank["rows"].items()],
        ),
        f"Source: {by_rank['source']}.\n",
    ]


def _measured(row: dict[str, Any]) -> list[str]:
    genus, bins = row.get("genus", {}), row.get("bins", {})
    shares = [
        genus.get("stripped", {}).get("genus"),
        genus.get("published", {}).get("genus"),
        bins.get("ami_umap_ward"),
        row.get("harmonic_mean_umap_ward"),
        bins.get("ami_average"),
        row.get("harmonic_mean_average"),
        row.get("probe", {}).get("species"),
        row.get("finetune", {}).get("species"),
        row.get("species", {}).get("stripped", {}).get("species"),
    ]
    return [percent(share, 2) for share in shares]


def _by_rank(rows: dict[str, Any], step: str) -> list[list[str]]:
    found = {label: row[step]["stripped"] for label, row in rows.items() if step in row}
    return [[label, *(percent(own[rank], 2) for rank in _RANKS)] for label, own in found.items()]


def paper_figures(results: dict[str, Any], folder: Path) -> list[Path]:
    """Draw measured and published 1-NN accuracy at genus side by side; return the PNG and the SVG file."""
    return save(lambda: _genus(results), folder, "genus") if has_matplotlib() else []


def _genus(results: dict[str, Any]) -> Figure:
    measured = [
        (label, 100 * row["genus"]["stripped"]["genus"]) for label, row in results["rows"].items() if "genus" in row
    ]
    others = [(f["model"], f["value"]) for f in results["published"] if f["measure"] == "genus"]
    figure = new_figure(8, 1.6 + 0.3 * (len(measured) + len(others)))
    axes = figure.subplots(2, 1, sharex=True, height_ratios=[max(len(measured), 1), len(others)])
    for axis, bars, title, colour in (
        (axes[0], measured, f"measured here ({results['data']})", COLOURS[0]),
        (axes[1], others, "published by others (BIOSCAN-5M)", "#999999"),
    ):
        bars = sorted(bars, key=lambda bar: -bar[1])
        drawn = axis.barh(range(len(bars)), [value for _, value in bars], color=colour)
        axis.bar_label(drawn, fmt="%.1f", padding=3)
        axis.set_yticks(range(len(bars)), [name for name, _ in bars], fontsize=8)
        axis.invert_yaxis()
        axis.set_title(title, fontsize=9, loc="left")
        axis.set_xlim(0, 105)
    axes[1].set_xlabel("genus of unseen species by the nearest neighbour, % right")
    return figure
