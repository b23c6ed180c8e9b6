"""What a sample sheet says of its samples beside their files: site, date, habitat. It goes into the tables for other
programs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from barcodeembed.outputs.text import harmless

Descriptions = Mapping[str, Mapping[str, str]]
"""By column, the value of each sample; a sample without a value is left out."""

IS_CONTROL = "is_control"
"""Name of the column that says which samples are negative controls, whatever the sheet calls it."""

_OURS = ("sample", "reads", "features")  # columns of the tables of samples that are ours
_PARTING = re.compile(r"[\s/]+")  # no name in an HDF5 file may have a slash, and no name in R a space


def describe(
    names: Sequence[str], lines: Iterable[tuple[str, Sequence[str]]], left_out: Collection[int]
) -> dict[str, dict[str, str]]:
    """Return the columns of a sheet that describe samples.

    A column with two values for one sample describes its files or reads, not the sample, and is left out.

    Parameters
    ----------
    names
        names of the columns, in order.
    lines
        for each line of the sheet its sample and its cells.
    left_out
        numbers of the columns that say something else: sample, file, id.
    """
    columns: dict[int, dict[str, str]] = {at: {} for at in range(len(names)) if at not in left_out}
    for sample, cells in lines:
        for at in [at for at in columns if at < len(cells) and cells[at]]:
            value = harmless(" ".join(cells[at].split()))
            if columns[at].setdefault(sample, value) != value:
                del columns[at]
    result: dict[str, dict[str, str]] = {}
    for at, values in columns.items():
        name = _PARTING.sub("_", harmless(names[at])).strip("_")
        while name in result or name.lower() in _OURS:
            name = f"sheet_{name}"
        if name and values:
            result[name] = values
    return result


def described(samples: Sequence[str], descriptions: Descriptions) -> Iterator[tuple[str, list[str]]]:
    """Yield each column that describes one of these samples, with the value of each; empty where it has none. Samples
    that the sheet does not have are no controls."""
    for name, values in descriptions.items():
        missing = "no" if name == IS_CONTROL else ""  # a sheet may list the controls alone
        column = [values.get(sample, missing) for sample in samples]
        if any(column):
            yield name, column
