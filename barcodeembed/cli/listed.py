"""Options whose values may stand in a file."""

from __future__ import annotations

from collections.abc import Sequence

from barcodeembed.errors import InputError


def listed(values: Sequence[str]) -> list[str]:
    """Return the ids or names that an option was given: each value is one, or ``@FILE`` with one a line.

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
            found = [line.decode("utf-8", errors="replace").strip() for line in stream]
        if not any(found):
            raise InputError("no id in this file", path=value[1:], hint="write one id a line")
        names += filter(None, found)
    return names
