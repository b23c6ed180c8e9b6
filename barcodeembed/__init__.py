"""barcodeembed: DNA barcodes in, vectors and names out.

The public names are loaded on first use, so that importing the package (and ``barcodeembed --version``)
does not import torch.
"""

from importlib import import_module
from typing import Any

__version__ = "0.6.0"

_PUBLIC = {
    "load_model": "barcodeembed.workflows.python_api",
    "BarcodeModel": "barcodeembed.workflows.python_api",
}
__all__ = ["BarcodeModel", "__version__", "load_model"]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'barcodeembed' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
