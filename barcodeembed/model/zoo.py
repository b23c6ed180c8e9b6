"""Find models by name: those that ship with the package, and imported ones in the user's model folder."""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from barcodeembed.errors import UnknownModelError
from barcodeembed.outputs.identity import why_no_file

if TYPE_CHECKING:
    from barcodeembed.model.checkpoint import Checkpoint

DEFAULT = "default"
"""Name of the model that embeds unless another is asked for; which one it is changes from version to version."""

SHIPPED = {
    DEFAULT: "coi-distilled-v8.safetensors",
    "coi-mae-labels-v7": "coi-mae-labels-v7.safetensors",
}
"""File in ``barcodeembed/weights`` of each name. v7 is the masked autoencoder that v8 learnt from. It was the default
from 0.11.0 to 0.13.0, and libraries of these versions still find it."""


def model_folder() -> Path:
    """Return ``$BARCODEEMBED_HOME/models``, else ``$XDG_DATA_HOME/barcodeembed/models``; it need not exist."""
    home = os.environ.get("BARCODEEMBED_HOME")
    if home:
        return Path(home) / "models"
    data = os.environ.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share")
    return Path(data) / "barcodeembed" / "models"


def available() -> dict[str, Path]:
    """Return every name that :func:`find` knows, with its file."""
    shipped = {name: Path(str(resources.files("barcodeembed") / "weights" / file)) for name, file in SHIPPED.items()}
    folder = model_folder()
    imported = sorted(folder.glob("*.safetensors")) if folder.is_dir() else []
    return {path.stem: path for path in imported} | shipped


def find(name: str, others: Iterable[str] = ()) -> Path:
    """Return the file of a model, given by name or path; ``others`` are names that the error lists besides.

    Raises
    ------
    UnknownModelError
        if there is no such model.
    """
    models = available()
    if name in models:
        return models[name]
    if os.path.isfile(name):  # False for names that are too long, too
        return Path(name)
    if os.path.lexists(name):
        raise UnknownModelError(f"{name}: {why_no_file(name)}; give a .safetensors file, or a model by its name")
    raise UnknownModelError(
        f"no model {name!r}: give a .safetensors file or one of {', '.join([*sorted(models), *others])} "
        f"(imported models are looked for in {model_folder()})"
    )


def load(name: str, others: Iterable[str] = ()) -> Checkpoint:
    """Return the checkpoint of a model, as :func:`find` finds it.

    Raises
    ------
    ModelFileError
        if there is no such model, or its file is not one.
    """
    from barcodeembed.model.checkpoint import Checkpoint

    return Checkpoint.load(find(name, others))
