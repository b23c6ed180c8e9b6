"""barcodeembed: DNA barcodes in, vectors and names out.

The public names are loaded on first use, so that importing the package (and ``barcodeembed --version``)
does not import torch. docs/python.md shows how they are used.
"""

from __future__ import annotations

from barcodeembed.version import __version__

TYPE_CHECKING = False  # that of typing takes so long to load that Ctrl-C would meet a program without its handler
if TYPE_CHECKING:
    from typing import Any

    from barcodeembed.classify.call import Call, Nearest
    from barcodeembed.errors import BarcodeembedError
    from barcodeembed.taxonomy import Lineage
    from barcodeembed.workflows.api.building import build_library
    from barcodeembed.workflows.api.calls import Calls
    from barcodeembed.workflows.api.libraries import Library, open_library
    from barcodeembed.workflows.api.models import BarcodeModel, load_model
    from barcodeembed.workflows.references.selection import Selection

_PUBLIC = {
    "BarcodeModel": "workflows.api.models",
    "BarcodeembedError": "errors",
    "Call": "classify.call",
    "Calls": "workflows.api.calls",
    "Library": "workflows.api.libraries",
    "Lineage": "taxonomy",
    "Nearest": "classify.call",
    "Selection": "workflows.references.selection",
    "build_library": "workflows.api.building",
    "load_model": "workflows.api.models",
    "open_library": "workflows.api.libraries",
}
__all__ = [
    "BarcodeModel",
    "BarcodeembedError",
    "Call",
    "Calls",
    "Library",
    "Lineage",
    "Nearest",
    "Selection",
    "__version__",
    "build_library",
    "load_model",
    "open_library",
]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        from importlib import import_module

        return getattr(import_module(f"barcodeembed.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module 'barcodeembed' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
