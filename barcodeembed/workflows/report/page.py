"""``classify --report``: one page that shows the calls of a run. It needs no network and no other file.

The page is ``page/report.html`` with its style, its script and the data put in. Whatever comes from the input is data
for the script, which makes text of it and never markup; a content security policy lets only that one script run.
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
from barcodeembed.workflows.report.report_data import ReportData
from barcodeembed.workflows.tables.call_files import text_output

_NOT_IN_SCRIPT = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def write_report(path: Path, data: ReportData) -> None:
    """Write the page, beside ``path`` first. Its bytes depend on the data only."""
    with text_output(path) as stream:
        stream.write(render_report(data))


def render_report(data: ReportData) -> str:
    """The page as text."""
    script = _part("report.js").replace("/* samples.js */", _part("samples.js"))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    parts = {
        "title": html.escape(data.title),
        "policy": f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'",
        "style": _part("report.css"),
        "data": embed_json(data.to_dict()),
        "script": script,
    }
    # Split first, so that nothing in one part is taken for the place of another.
    before, *rest = _part("report.html").split("{{")
    pieces = [before]
    for piece in rest:
        name, _, after = piece.partition("}}")
        pieces += [parts[name], after]
    return "".join(pieces)


def embed_json(value: Any) -> str:
    """JSON that can stand inside ``<script>``: no sign in it can end the element or start another."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return harmless(text.translate(_NOT_IN_SCRIPT))


def _part(name: str) -> str:
    return files("barcodeembed.workflows.report").joinpath("web", name).read_text(encoding="utf-8")
