"""``classify --report``: write one page that shows the calls of a run. It needs no network and no other file.

The page is ``web/report.html`` with its style, its scripts and the data put in. Text that comes from the input is only
data for the script, which shows it as text and never as markup. A content security policy allows no other script.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from barcodeembed.outputs.text import harmless
from barcodeembed.outputs.text_output import text_output
from barcodeembed.workflows.report.report_data import ReportData

_NOT_IN_SCRIPT = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def write_report(path: Path, data: ReportData) -> None:
    """Write the whole page in one step. Its bytes depend on the data only."""
    with text_output(path) as stream:
        stream.write(render_report(data))


def render_report(data: ReportData) -> str:
    """Return the page as text."""
    script = _part("report.js").replace("/* samples.js */", _part("samples.js"))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    parts = {
        "title": html.escape(data.title),
        "policy": f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'",
        "style": _part("report.css"),
        "data": embed_json(data.to_dict()),
        "script": script,
    }
    # Split before anything is put in, so that no part is searched for the marks of the others.
    before, *rest = _part("report.html").split("{{")
    pieces = [before]
    for piece in rest:
        name, _, after = piece.partition("}}")
        pieces += [parts[name], after]
    return "".join(pieces)


def embed_json(value: Any) -> str:
    """Return JSON that is safe within ``<script>``: it has no character that could end the element or begin another."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return harmless(text.translate(_NOT_IN_SCRIPT))


def _part(name: str) -> str:
    return files("barcodeembed.workflows.report").joinpath("web", name).read_text(encoding="utf-8")
