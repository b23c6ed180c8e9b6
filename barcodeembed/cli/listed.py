"""Options whose values may stand in a file."""

from __future__ import annotations

from collections.abc import Sequence

from barcodeembed.errors import InputError

_HEADER = "id\trank\tname\t"  # begins the table of suspects


def listed(values: Sequence[str]) -> list[str]:
    """Return the ids or names that an option was given: each value is one, or ``@FILE`` with one a line.

    Of a table with tabs, such as that of suspects that ``audit`` writes, the first column is taken.

    Raises
    ------
    InputError
        if such a file is missing or empty.
    """
    from barcodeembed.sequences.formats.files import open_binary

    names: list[str] = []
    for value in values:
        if not value.startswith("@"):
            names.append(value)
            continue
        with open_binary(value[1:]) as stream:
            lines = [line.decode("utf-8", errors="replace").removeprefix("\ufeff") for line in stream]
        if lines and lines[0].startswith(_HEADER):
            del lines[0]
        found = [line.partition("\t")[0].strip() for line in lines]
        if not any(found):
            raise InputError("no id in this file", path=value[1:], hint="write one id a line")
        names += filter(None, found)
    return names
