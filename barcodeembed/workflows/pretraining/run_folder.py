"""The folder of a pretraining run: which files in it belong to a run, and whether a run has made them."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from barcodeembed.errors import BarcodeembedError, UsageError
from barcodeembed.model.checkpoint import Checkpoint
from barcodeembed.model.training.loop import STATE_FILE
from barcodeembed.outputs.identity import is_own_file
from barcodeembed.sequences.corpus import CORPUS_FILES, SUMMARY_FILE
from barcodeembed.workflows.pretraining.settings import SETTINGS_FILE, TABLES

LOG_FILE = "log.jsonl"
CURVES_FILE = "curves.png"

_MAY_DIFFER = frozenset({"steps", "decay", "validate_every", "checkpoint_every", "accumulate", "start"})
"""Training settings that a run may change when it is resumed, and the one that a model file has without its folder."""


def run_files(directory: Path) -> list[Path]:
    """Return the paths of the files that a run keeps in its folder, whether they exist or not."""
    return [directory / name for name in (SETTINGS_FILE, *CORPUS_FILES, STATE_FILE, LOG_FILE, CURVES_FILE)]


def check_run_folder(directory: Path) -> None:
    """Refuse a folder in which a run would overwrite files that no run has made.

    Raises
    ------
    UsageError
        naming the first such file, or the first that is a link.
    """
    found = [path for path in run_files(directory) if os.path.lexists(path)]
    if links := [path for path in found if not is_own_file(path)]:
        raise UsageError(f"{links[0]} is a link or no file: give another folder to --run")
    if found and not is_run(directory):
        raise UsageError(f"{found[0]} was made by no run and would be written over: give another folder to --run")


def is_run(directory: Path) -> bool:
    """Return whether the settings or the corpus in a folder are those of a run."""
    return _has(directory / SETTINGS_FILE, set(TABLES)) or _has(directory / SUMMARY_FILE, {"barcodes", "profile"})


def has_written(directory: Path, output: Path) -> bool:
    """Return whether a file is a model of the run in this folder: of its corpus, trained with its settings."""
    corpus, training = _content(directory / SUMMARY_FILE), _content(directory / SETTINGS_FILE).get("training")
    if not corpus or not isinstance(training, dict) or not output.is_file():
        return False
    try:
        origin = Checkpoint.load(output).origin
    except BarcodeembedError:
        return False
    trained = origin.get("training")
    same = isinstance(trained, dict) and _fixed(trained) == _fixed(training)
    return same and origin.get("corpus") == corpus


def forget(directory: Path) -> None:
    """Delete the folder of a run that has nothing but its settings."""
    with suppress(OSError):
        if os.listdir(directory) == [SETTINGS_FILE]:
            (directory / SETTINGS_FILE).unlink()
            directory.rmdir()


def _fixed(training: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in training.items() if name not in _MAY_DIFFER}


def _has(path: Path, keys: set[str]) -> bool:
    """Return whether a file is a JSON object with these keys."""
    return keys <= _content(path).keys()


def _content(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file; an empty one if it has none."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
