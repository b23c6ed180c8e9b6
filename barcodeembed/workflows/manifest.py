"""The run manifest: everything that one needs to know how a result was made. No other result file has times."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from barcodeembed.outputs.staging import write_text
from barcodeembed.sequences.formats.files import is_stream
from barcodeembed.version import __version__

_PACKAGES = ("torch", "numpy", "h5py", "faiss-cpu", "biopython", "pyfastx", "safetensors")


def file_record(path: str | Path) -> dict[str, Any]:
    """Return path, size and SHA-256 of a file; of a stream, which cannot be read again, the path only."""
    if is_stream(path):
        return {"path": str(path)}
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return {"path": str(path), "bytes": os.path.getsize(path), "sha256": digest.hexdigest()}


def write_manifest(
    path: Path,
    *,
    started: datetime,
    inputs: Sequence[str | Path],
    outputs: Sequence[str | Path],
    counts: dict[str, Any],
    **parts: Any,
) -> None:
    """Write the manifest as JSON, completely or not at all."""
    finished = datetime.now(UTC)
    manifest = {
        "tool": {"name": "barcodeembed", "version": __version__},
        "command": sys.argv,
        "started": started.isoformat(timespec="seconds"),
        "finished": finished.isoformat(timespec="seconds"),
        "seconds": round((finished - started).total_seconds(), 3),
        "host": {
            "system": platform.platform(),
            "python": platform.python_version(),
            "packages": {name: found for name in _PACKAGES if (found := _version(name))},
        },
        **parts,
        "inputs": [file_record(path) for path in inputs],
        "counts": counts,
        "outputs": [file_record(path) for path in outputs],
    }
    write_text(path, json.dumps(manifest, indent=1) + "\n")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
