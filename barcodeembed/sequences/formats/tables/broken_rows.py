"""Join rows that a line end within a cell has broken in tables without quotes, as in downloads of BOLD."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

_MOST_LINES = 100
_RECORD = re.compile(r"[>@]|.*[ACGTN]{50}", re.IGNORECASE)  # of a file that was joined to the table


class Row(NamedTuple):
    """The fields of a row, the line in which it begins, and whether its last line has a line end, and so is whole."""

    line: int
    fields: list[str]
    ended: bool


def joined_rows(rows: Iterator[Row], width: int, least: int, note: Callable[[int], None]) -> Iterator[Row]:
    """Yield rows of a table that has ``width`` columns, with those that were broken joined to one.

    A row with fewer than ``least`` fields is no row. It goes on the row before it, or is joined to the lines behind it,
    if that makes as many fields as there are columns: neither has one too many. If it makes no row, it is yielded as it
    is. What goes on the row before is left out: its cells are none that are read. ``note`` is called with the line of
    each row that is mended.
    """
    before = 0  # number of fields of the row before
    pending: list[Row] = []
    while row := pending.pop() if pending else next(rows, None):
        if len(row.fields) >= least or not row.fields:
            before = len(row.fields) or before
            yield row
        elif before and before + len(row.fields) - 1 == width and not any(map(_RECORD.match, row.fields)):
            if after := next(rows, None):
                pending.append(after)
                note(row.line)
            else:
                yield row  # at the end, it may be a row that was cut off
        else:
            whole = _whole(row, rows, width)
            if whole is not row:
                note(row.line)
            before = len(whole.fields)
            yield whole


def _whole(row: Row, rows: Iterator[Row], width: int) -> Row:
    """Return a row with the lines behind it, or the row as it is if these don't make it whole."""
    fields, ended = row.fields, row.ended
    for _ in range(_MOST_LINES):
        more = next(rows, None) if 1 < len(fields) < width else None
        if more is None:
            break
        first, *others = more.fields or [""]
        fields, ended = [*fields[:-1], f"{fields[-1]} {first}", *others], more.ended
    return Row(row.line, fields, ended) if len(fields) == width else row
