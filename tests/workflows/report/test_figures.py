"""Figures: signals wait while they are drawn, and equal ones are equal files."""

import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from barcodeembed.errors import Terminated
from barcodeembed.workflows.report.figures import draw, new_figure


def line() -> Any:
    figure = new_figure(2, 2)
    figure.subplots().plot([1, 2], [2, 1])
    return figure


@pytest.fixture
def terminated_at_once() -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise Terminated("terminated")

    before = signal.signal(signal.SIGTERM, stop)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("terminated_at_once")
def test_a_signal_waits_until_the_figure_is_drawn(tmp_path: Path) -> None:
    def drawing() -> Any:
        signal.raise_signal(signal.SIGTERM)
        return line()

    with pytest.raises(Terminated):
        draw(drawing, tmp_path / "a.png", tmp_path / "a.svg")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "a.svg"]


def test_equal_figures_are_equal_files(tmp_path: Path) -> None:
    for name in "ab":
        draw(line, tmp_path / f"{name}.png", tmp_path / f"{name}.svg")
    for kind in ("png", "svg"):
        assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()
