"""Plot the curves of a training run from its log, as a PNG."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from barcodeembed.errors import damaged
from barcodeembed.outputs.staging import write_text
from barcodeembed.workflows.report.figures import draw, has_matplotlib, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_POINTS = 200

_PANELS = {
    "loss": ("nats a prediction", {"loss": "training", "validation_loss": "held out"}),
    "accuracy": ("predictions right", {"accuracy": "training", "validation_accuracy": "held out"}),
    "learning rate": ("", {"learning_rate": ""}),
    "probe: genus of unseen species": (
        "nearest neighbour right",
        {"probe_genus": "whitened", "probe_genus_plain": "plain"},
    ),
}
"""For each title, what is measured, and the fields of the log with their names."""


def plot_curves(log_file: Path, image: Path) -> bool:
    """Plot loss, accuracy, learning rate and probe; return False if matplotlib is missing or there is no step yet."""
    if not has_matplotlib():
        return False
    steps = read_log(log_file)
    shown = {title: panel for title, panel in _PANELS.items() if any(field in s for s in steps for field in panel[1])}
    if not shown:
        return False  # a log without a step
    draw(lambda: _panels(steps, shown), image)
    return True


def _panels(steps: list[dict[str, Any]], shown: dict[str, tuple[str, dict[str, str]]]) -> Figure:
    """Draw a panel for each measure that the steps have."""
    figure = new_figure(4.5 * len(shown), 4)
    axes = figure.subplots(1, len(shown), squeeze=False)[0]
    for axis, (title, (measure, names)) in zip(axes, shown.items(), strict=True):
        for field, name in names.items():
            points = [(step["step"], step[field]) for step in steps if field in step]
            axis.plot(*_thinned(points), "o-" if len(points) < len(steps) else "-", label=name, markersize=3)
        axis.set(xlabel="step", ylabel=measure, title=title)
        if any(names.values()):
            axis.legend()
    return figure


def read_log(path: Path) -> list[dict[str, Any]]:
    """Return the steps of a log, without a last line that a kill has truncated."""
    with damaged("not the log of a run", path, "move it away"):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        steps = [json.loads(line) for line in lines if line.endswith("\n")]
        if not all(type(step["step"]) is int and all(map(_is_number, step.values())) for step in steps):
            raise ValueError("a value is not a number")
    return steps


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def cut_log(path: Path, steps: int) -> None:
    """Remove the lines of steps that a killed run did after its last checkpoint, because they will be done again."""
    if path.exists():
        kept = [step for step in read_log(path) if step["step"] < steps]
        write_text(path, "".join(json.dumps(step) + "\n" for step in kept))


def _thinned(points: Sequence[tuple[int, float]]) -> tuple[list[float], list[float]]:
    """Return steps and values, averaged over stretches if there are many."""
    size = max(1, len(points) // _POINTS)
    stretches = [points[i : i + size] for i in range(0, len(points), size)]
    return (
        [sum(step for step, _ in stretch) / len(stretch) for stretch in stretches],
        [sum(value for _, value in stretch) / len(stretch) for stretch in stretches],
    )
