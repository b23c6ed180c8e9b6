"""Make text of unknown origin safe for a terminal, a table or a page."""

from __future__ import annotations

import re

HARMFUL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Characters that are not text: control characters, which a terminal obeys, and characters that reverse the direction
of writing, which make a name look like another one. Tabs and line ends are not among them, because tables treat those
themselves."""

_LINE_ENDS = re.compile("[\t\n\v\f\r\x85\u2028\u2029]+")


def harmless(text: str) -> str:
    """Return the text with the replacement character in place of each of ``HARMFUL``."""
    return HARMFUL.sub("\ufffd", text)


def one_line(text: str) -> str:
    """Return the text as one line that is safe to show on a terminal."""
    return harmless(_LINE_ENDS.sub(" ", text))
