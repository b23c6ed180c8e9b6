"""Draw figures, which need no display, into files."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from barcodeembed.outputs.staging import staged
from barcodeembed.outputs.waiting import Waiting

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def has_matplotlib() -> bool:
    """Return whether figures can be drawn (the extra ``plots`` is installed)."""
    try:
        importlib.import_module("matplotlib.figure")
    except ImportError:
        return False
    return True


def draw(drawing: Callable[[], Figure], *paths: Path) -> None:
    """Write what ``drawing`` draws to files, as their names end: ``.png`` or ``.svg``. Equal figures are equal files.

    Signals wait meanwhile: matplotlib turns their errors into errors of its own.
    """
    with Waiting():
        import matplotlib as mpl

        figure = drawing()
        with mpl.rc_context({"svg.hashsalt": "barcodeembed", "svg.fonttype": "none"}):
            for path in paths:
                with staged(path) as place:
                    if path.suffix == ".svg":
                        figure.savefig(place, metadata={"Date": None})
                    else:
                        figure.savefig(place, dpi=150)


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure; width and height in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")
