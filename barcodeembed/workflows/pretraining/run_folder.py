"""The folder of a pretraining run: which files in it belong to a run, and whether a run has made them."""

from __future__ import annotations

import json
import os
from pathlib import Path

from barcodeembed.errors import UsageError
from barcodeembed.model.training.loop import STATE_FILE
from barcodeembed.outputs.identity import is_own_file
from barcodeembed.sequences.corpus import CORPUS_FILES, SUMMARY_FILE
from barcodeembed.workflows.pretraining.settings import SETTINGS_FILE, TABLES

LOG_FILE = "log.jsonl"
CURVES_FILE = "curves.png"


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
    made = _has(directory / SETTINGS_FILE, set(TABLES)) or _has(directory / SUMMARY_FILE, {"barcodes", "profile"})
    if found and not made:
        raise UsageError(f"{found[0]} was made by no run and would be written over: give another folder to --run")


def _has(path: Path, keys: set[str]) -> bool:
    """Return whether a file is a JSON object with these keys."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and keys <= content.keys()
