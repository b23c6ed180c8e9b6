"""Tables and figures of ``benchmark library``, each with a text that explains it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from barcodeembed.benchmark.library.predictions import ALL, SCORED_RANKS, Predictions, candidates_of
from barcodeembed.benchmark.metrics import reliability, right_against_wrong
from barcodeembed.benchmark.report_parts import COLOURS, markdown, number, save
from barcodeembed.taxonomy import RANKS
from barcodeembed.workflows.report.figures import has_matplotlib, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SET_NAMES = {
    "seen": "species in the library",
    "unseen_species": "species not in the library, genus is",
    "unseen_genus": "genus not in the library",
    ALL: "all queries",
}

RIGHT_COLOUR, WRONG_COLOUR, BLANK_COLOUR = "#0072B2", "#D55E00", "#DDDDDD"
_MARKERS = "osD^vP*X<>"
_LEAST_IN_BIN = 5  # queries; a share of fewer says nothing


def _split_score(score: dict[str, Any]) -> str:
    """Return ``right / wrong / blank`` in percent of the queries that are scored."""
    scored = score["scored"]
    if not scored:
        return "-"
    return " / ".join(f"{100 * score[part] / scored:.1f}" for part in ("right", "wrong", "blank"))


def library_tables(results: dict[str, Any]) -> str:
    """Return the whole text of ``results.md``."""
    library, rows = results["library"], results["rows"]
    inputs = ", ".join(f"`{facts['path']}`" for facts in results["inputs"])
    parts = [
        f"# Benchmark on {inputs}\n",
        f"{results['tool']}, {results['threads']} thread(s) for every program, seed {results['seed']}. Library: "
        f"{library['barcodes']:,} distinct barcodes of {library['species']:,} species, {library['genus']:,} genera, "
        f"{library['family']:,} families.\n",
        "Right / wrong / blank in percent of the queries whose true name at the rank is known. A name that is not the "
        "true one is wrong, also where the true one is not in the library: blank is the only other answer there.\n",
    ]
    if results["left_out"]:
        parts.append(
            "Notes on the input: " + ", ".join(f"{n:,} {why}" for why, n in results["left_out"].items()) + ".\n"
        )
    parts += [f"{line}.\n" for line in results["not_installed"]]
    for length, counts in results["queries"].items():
        parts.append(f"## Queries of {'full length' if length == 'full' else length + ' bases'}\n")
        for name in [name for name in SET_NAMES if counts.get(name)]:
            parts.append(f"{counts[name]:,} queries: {SET_NAMES[name]}\n")
            table = [
                [row, *(_split_score(facts["lengths"][length]["ranks"][name][rank]) for rank in SCORED_RANKS)]
                for row, facts in rows.items()
            ]
            parts.append(markdown(["method", *SCORED_RANKS], table))
        parts.append("New or known, calibration, and cost\n")
        parts.append(markdown(_COST_HEADER, [_cost_row(row, facts, length) for row, facts in rows.items()]))
    parts.append("## Methods\n")
    parts += [f"- **{row}**: {facts['meaning']}. {facts['version']}" for row, facts in rows.items()]
    parts.append(
        "\nAUROC: chance that a query of an unseen species looks newer than one of a seen species (0.5 is a coin). "
        "Calibration error: mean distance between stated confidence and share that is right, in 10 bins; only for "
        "methods that state a probability. Queries per second: the program's whole run on the queries, start and "
        "loading included, building the database not; per CPU second: the same where "
        "other work slows all programs down. Memory: the program's own peak, building included.\n"
    )
    return "\n".join(parts)


_COST_HEADER = [
    "method",
    "novelty AUROC",
    *(f"calibration error, {rank}" for rank in ("species", "genus", "family")),
    "queries/s",
    "queries/CPU s",
    "peak MB",
]


def _cost_row(row: str, facts: dict[str, Any], length: str) -> list[str]:
    found = facts["lengths"][length]
    errors = [found["calibration"].get(rank, {}).get("error") for rank in ("species", "genus", "family")]
    return [
        row,
        number(found["novelty_auroc"]),
        *map(number, errors),
        number(found["per_second"], 1),
        number(found["per_cpu_second"], 1),
        f"{facts['peak_bytes'] / 1e6:,.0f}",
    ]


def library_figures(results: dict[str, Any], answers: dict[str, dict[str, Predictions]], folder: Path) -> list[Path]:
    """Draw accuracy by rank, right against wrong names, reliability, and speed; return the files."""
    if not has_matplotlib():
        return []
    length = next(iter(results["queries"]))
    drawings: dict[str, Callable[[dict[str, Any], dict[str, dict[str, Predictions]], str], Figure]] = {
        "accuracy": _accuracy,
        "right_against_wrong": _right_against_wrong,
        "reliability": _reliability,
        "speed": _speed,
    }
    files: list[Path] = []
    for name, draw in drawings.items():
        files += save(partial(draw, results, answers, length), folder, name)
    return files


def _accuracy(results: dict[str, Any], answers: dict[str, dict[str, Predictions]], length: str) -> Figure:
    """Draw right, wrong and blank as stacked bars: a column of plots for each set of queries, a row for each rank."""
    rows = list(results["rows"])
    sets = [name for name in SET_NAMES if results["queries"][length].get(name)]
    ranks = SCORED_RANKS[:3]
    figure = new_figure(2 + 3.6 * len(sets), 1.2 + 0.26 * len(rows) * len(ranks))
    axes = figure.subplots(len(ranks), len(sets), squeeze=False, sharex=True, sharey=True)
    for line, rank in zip(axes, ranks, strict=True):
        for axis, name in zip(line, sets, strict=True):
            scores = [results["rows"][row]["lengths"][length]["ranks"][name][rank] for row in rows]
            _stack(axis, scores)
            axis.set_title(f"{rank}: {SET_NAMES[name]}", fontsize=8)
            axis.set_yticks(range(len(rows)), rows, fontsize=7)
    axes[0, 0].invert_yaxis()
    for axis in axes[-1]:
        axis.set_xlabel("% of queries with a known name")
    handles = axes[0, 0].containers[:3]
    figure.legend(handles, ["right", "wrong", "blank"], loc="outside upper center", ncols=3, frameon=False)
    return figure


def _stack(axis: Axes, scores: Sequence[dict[str, Any]]) -> None:
    left = np.zeros(len(scores))
    for part, colour in (("right", RIGHT_COLOUR), ("wrong", WRONG_COLOUR), ("blank", BLANK_COLOUR)):
        width = np.array([100 * score[part] / max(score["scored"], 1) for score in scores])
        axis.barh(range(len(scores)), width, left=left, color=colour, height=0.75)
        left += width
    axis.set_xlim(0, 100)


def _right_against_wrong(results: dict[str, Any], answers: dict[str, dict[str, Predictions]], length: str) -> Figure:
    """Draw the shares of right and wrong names as the threshold changes, at species and genus, for all queries
    together.

    A method with probabilities gives a line, from naming no query to naming all; a mark on the line shows its default
    threshold. A method that names every query gives such a line, too, by the similarity of the nearest reference. Every
    other method is a single mark.
    """
    figure = new_figure(11, 5)
    for axis, rank in zip(figure.subplots(1, 2), ("species", "genus"), strict=True):
        for place, (row, by_length) in enumerate(answers.items()):
            colour, marker = COLOURS[place % len(COLOURS)], _MARKERS[place % len(_MARKERS)]
            given = by_length[length]
            confidence, right = candidates_of(given, rank)
            if np.isnan(confidence).all() and (given.called[:, -1] != "").mean() > 0.9:
                confidence = -given.novelty[given.truth[:, RANKS.index(rank)] != ""]  # it names all: cut by similarity
            if not np.isnan(confidence).all():
                rights, wrongs, _ = right_against_wrong(confidence, right)
                axis.plot(100 * wrongs, 100 * rights, color=colour, lw=1.2)
            score = results["rows"][row]["lengths"][length]["ranks"]["all"][rank]
            scored = max(score["scored"], 1)
            point = 100 * score["wrong"] / scored, 100 * score["right"] / scored
            axis.plot(*point, marker, color=colour, label=row, ms=7, mec="white")
        axis.set(
            xlabel="wrong, % of all queries",
            ylabel="right, % of all queries",
            title=f"{rank}: right against wrong as the threshold moves",
        )
        axis.grid(alpha=0.3)
    figure.legend(*axis.get_legend_handles_labels(), loc="outside right center", fontsize=8, frameon=False)
    return figure


def _reliability(results: dict[str, Any], answers: dict[str, dict[str, Predictions]], length: str) -> Figure:
    """Draw the stated confidence against the share that was right, for methods that state a confidence. Bins with few
    queries are left out."""
    figure = new_figure(11, 4.4)
    for axis, rank in zip(figure.subplots(1, 3, sharey=True), SCORED_RANKS[:3], strict=True):
        axis.plot([0, 1], [0, 1], color="#999999", lw=0.8, ls="--", label="perfect")
        for place, (row, by_length) in enumerate(answers.items()):
            confidence, right = candidates_of(by_length[length], rank)
            bins = reliability(confidence, right)
            shown = bins.count >= _LEAST_IN_BIN
            if not shown.any():
                continue
            axis.plot(
                bins.confidence[shown],
                bins.accuracy[shown],
                _MARKERS[place % len(_MARKERS)] + "-",
                color=COLOURS[place % len(COLOURS)],
                label=f"{row} (error {bins.error:.3f})",
                ms=5,
            )
        axis.set(xlabel="stated confidence", title=rank, xlim=(0, 1), ylim=(0, 1))
        axis.legend(fontsize=7, loc="upper left", frameon=False)
    figure.axes[0].set_ylabel("share that was right")
    return figure


def _speed(results: dict[str, Any], answers: dict[str, dict[str, Predictions]], length: str) -> Figure:
    """Draw queries per second and peak memory, both on logarithmic axes."""
    rows = results["rows"]
    first: dict[str, str] = {}  # one bar for each program, not one for each way to read its output
    for row, facts in rows.items():
        first.setdefault(facts["method"], row)
    names = list(first.values())
    figure = new_figure(10, 1.4 + 0.32 * len(names))
    left, right = figure.subplots(1, 2, sharey=True)
    speeds = [rows[name]["lengths"][length]["per_second"] for name in names]
    memory = [rows[name]["peak_bytes"] / 1e6 for name in names]
    for axis, values, label in ((left, speeds, "queries a second"), (right, memory, "peak memory, MB")):
        bars = axis.barh(range(len(names)), values, color=COLOURS[0])
        axis.bar_label(bars, [f"{value:,.3g}" if value < 1000 else f"{value:,.0f}" for value in values], padding=3)
        axis.set_xscale("log")
        axis.minorticks_off()
        axis.margins(x=0.25)
        axis.set_xlabel(f"{label}, {results['threads']} thread(s)")
    left.set_yticks(range(len(names)), first, fontsize=8)
    left.invert_yaxis()
    return figure
