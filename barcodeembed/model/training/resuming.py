"""What must agree for a run to go on from its state, or to start from a model."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import torch

from barcodeembed.errors import MismatchError
from barcodeembed.model import zoo
from barcodeembed.model.checkpoint import Checkpoint
from barcodeembed.model.config import ModelConfig, TrainingConfig
from barcodeembed.model.training.schedules import fall_start

_ONLY_EXPORTED = frozenset({"pooling", "regions", "views", "output"})
"""Model settings on which no training step depends, so that a resumed run may change them."""


def check_settings(
    state: Path, now: tuple[ModelConfig, TrainingConfig], begun: tuple[ModelConfig, TrainingConfig], step: int
) -> None:
    """Check that a run whose ``state`` was saved at this step may go on with the settings of ``now``.

    How often it validates and saves may differ, and the length of the phase of a constant rate while it lasts.

    Raises
    ------
    MismatchError
        naming the first other setting that differs.
    """
    in_constant_phase = step <= min(fall_start(now[1]), fall_start(begun[1]))
    more = ("steps", "decay") if in_constant_phase else ()
    free = _ONLY_EXPORTED | {"validate_every", "checkpoint_every", "accumulate", *more}
    for what, mine, theirs in zip(("model", "training"), now, begun, strict=True):
        was = theirs.to_dict()
        for name, value in mine.to_dict().items():
            if name not in free and value != was.get(name):
                raise MismatchError(
                    f"{state}: {what} setting {name} was {was.get(name)!r} and is now {value!r}; "
                    "resume with the same settings or start a new run"
                )


def read_state(path: Path) -> Any:
    """Return the content of a file of a state: numbers and tensors only.

    Raises
    ------
    ValueError
        if other objects are in it; torch makes none of them, but its message tells how to let it.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise ValueError("it holds something else than numbers; nothing of it was run") from None


def check_state(state: Any) -> None:
    """Check that a state has all its parts, and weights that are numbers.

    Raises
    ------
    ValueError, KeyError
        if not.
    """
    if type(state["step"]) is not int or state["step"] < 0 or not isinstance(state["corpus"], str):
        raise ValueError("step or corpus is not what was written")
    for name, tensor in state["objective"].items():
        if not name.startswith("encoder.pooling.") and not bool(torch.isfinite(tensor).all()):
            raise ValueError(f"{name} holds values that are not finite numbers")
    dict(state["optimizer"])


def starting_model(model: ModelConfig, start: str) -> Checkpoint:
    """Return the model, given by name or file, from whose encoder a run of ``model`` starts.

    Raises
    ------
    ModelFileError
        if there is no such model.
    MismatchError
        if its encoder has another shape or other tokens.
    """
    begun = zoo.load(start)
    theirs = begun.config.to_dict()
    for name, value in model.to_dict().items():
        if name not in _ONLY_EXPORTED and value != theirs[name]:
            raise MismatchError(
                f"{start}: its {name} is {theirs[name]!r}, the run asks for {value!r}; "
                f"start from another model, or set model.{name} to what it has"
            )
    return begun
