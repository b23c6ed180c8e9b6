"""Choose the calls that the report page has in its table."""

from __future__ import annotations

from collections import Counter
from typing import Any

from barcodeembed.classify.call import Call
from barcodeembed.classify.own_names import agreement
from barcodeembed.workflows.tables.columns import PAGE_COLUMNS, for_page

MAX_ROWS = 5000
"""Number of calls in the table of the page; the first ones are shown."""

LEAST_ROWS = 300
"""Number of calls of each verdict, and of those that differ from the name in the input, that the table shows in any
case, even if they come after the first ``MAX_ROWS``."""


class ShownCalls:
    """The first calls of a run in the order of the input, with some of each verdict and some that differ from the
    name in the input, so that no filter comes out empty.

    Where there are more calls than rows, copies of a sequence give way to other sequences: the first 5,000 raw reads
    are often copies of a dozen. ``rows`` has the values of ``PAGE_COLUMNS`` for each call.
    """

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []
        self._of_kind: Counter[str] = Counter()
        self._shown: set[str] = set()
        self._copies: list[int] = []  # rows of sequences that an earlier row has, ascending

    def add(self, call: Call) -> None:
        """Take a call, in the order of the input."""
        kinds = [call.verdict, *(["differing"] if agreement(call).startswith("other_") else [])]
        self._of_kind.update(kinds)
        sequence = str(call.read["sha1"])
        is_copy = sequence in self._shown
        if len(self.rows) >= MAX_ROWS and all(self._of_kind[kind] > LEAST_ROWS for kind in kinds):
            if is_copy or not self._copies:
                return
            del self.rows[self._copies.pop()]
        elif is_copy:
            self._copies.append(len(self.rows))
        self._shown.add(sequence)
        self.rows.append([for_page(column, call) for column in PAGE_COLUMNS])
