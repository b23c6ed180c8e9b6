"""Text of unknown origin on its way to a terminal, a table or a page."""

from __future__ import annotations

import re

HARMFUL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Characters that are no text: controls (a terminal obeys them) and those that turn the direction of writing round
(a name looks like another one). Tabs and line ends are not among them: tables have their own rules for those."""

_LINE_ENDS = re.compile("[\t\n\v\f\r\x85\u2028\u2029]+")


def harmless(text: str) -> str:
    """The text with the replacement character for each of ``HARMFUL``."""
    return HARMFUL.sub("\ufffd", text)


def one_line(text: str) -> str:
    """The text as one line that a terminal shows as it is."""
    return harmless(_LINE_ENDS.sub(" ", text))
