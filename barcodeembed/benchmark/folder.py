"""The folder of a benchmark: what it was begun with, the keys and names of its files, and its JSON files, which are
complete or missing, never half written."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from pathlib import Path
from typing import Any

from barcodeembed.errors import InputError, UsageError
from barcodeembed.outputs.folders import place_of_folder
from barcodeembed.outputs.staging import write_text

PLAN = "plan.json"

KINDS = ("library", "paper", "objectives")
"""Kinds of plans. Only a folder with a plan of one of these kinds is ever emptied."""

MADE = frozenset(
    {PLAN, "results.json", "results.md", "figures", "predictions", "runs", "split", "work"}
    | {"partitions", "vectors", "steps", "corpus"}
)
"""Names of the files and folders that benchmarks make; nothing else in their folder is ever deleted."""


def check_folder(output: Path, facts: dict[str, Any], *, force: bool) -> None:
    """Check that a benchmark with these ``facts`` may write into the folder: the inputs and settings that all results
    depend on, and the kind of the benchmark.

    Raises
    ------
    UsageError
        if it is a file, or holds anything else than a benchmark that was begun with the same facts. With ``force`` the
        facts may be others.
    """
    place_of_folder(output, parents=True)
    if not output.is_dir() or not any(output.iterdir()):
        return
    begun = read_json(output / PLAN)
    if begun == _as_read(facts):
        return
    if begun.get("kind") not in KINDS:
        raise UsageError(f"{output} holds files that are no benchmark: give another folder to -o")
    if not force:
        raise UsageError(f"{output} holds a benchmark of other inputs or settings: give another folder, or --force")
    if others := sorted({path.name for path in output.iterdir()} - MADE):
        raise UsageError(f"{output / others[0]} was made by no benchmark: move it away, or give another folder to -o")


def begin_folder(output: Path, facts: dict[str, Any]) -> bool:
    """Make the folder, or leave it as it is if it was begun with the same ``facts``, after :func:`check_folder` and
    when the inputs are known to be good. Others' results are deleted. Return whether it was begun now."""
    plan = output / PLAN
    if read_json(plan) == _as_read(facts):
        return False
    empty_folder(output)
    place_of_folder(output, parents=True).mkdir(parents=True, exist_ok=True)
    write_json(facts, plan)
    return True


def empty_folder(output: Path) -> None:
    """Delete everything that a benchmark has made. The plan goes last, so that a half-emptied folder is still known as
    a benchmark's."""
    for path in sorted((output / name for name in MADE), key=lambda path: path.name == PLAN):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _as_read(facts: dict[str, Any]) -> Any:
    return json.loads(json.dumps(facts))


def short_hash(text: str) -> str:
    """Return 64 bits of the SHA-256 of a text, in hexadecimal: a short key for results that are kept."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def slug(text: str) -> str:
    """Return a text with an underscore for every character that may not be safe in the name of a file."""
    return "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in text)


def read_json(path: Path) -> dict[str, Any]:
    """Return the content of a JSON file; an empty dictionary if the file does not exist.

    Raises
    ------
    InputError
        if the file is not JSON.
    """
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON ({error})", path=path, hint="remove it to do this step again") from error
    return dict(content)


def write_json(content: dict[str, Any], path: Path) -> None:
    """Write a JSON file in one step. NaN and infinite numbers become null."""
    write_text(path, json.dumps(_plain(content), indent=1) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
