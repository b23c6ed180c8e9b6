"""The calls of a run in Python, as a list and as a data frame."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from barcodeembed.classify.call import Call
from barcodeembed.errors import UsageError
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.workflows.tables.columns import TABLE_COLUMNS

if TYPE_CHECKING:
    import pandas


class Calls(list[Call]):
    """The calls of a run, one for each query and in their order: a list of :class:`~barcodeembed.Call`.

    Attributes
    ----------
    skipped
        number of records of the input that never became a query, by reason (``no_sequence``, ``other_marker``,
        ``broken_row``).
    remarks
        what was odd in the input, one line each.
    """

    def __init__(self, calls: Iterable[Call], counts: ReadCounts) -> None:
        super().__init__(calls)
        self.skipped: dict[str, int] = dict(sorted(counts.skipped.items()))
        self.remarks: list[str] = list(counts.remarks.lines())

    def to_pandas(self) -> pandas.DataFrame:
        """Return the columns of the native table (docs/formats.md) as a data frame with a row for each call.

        Numbers are numbers, with all their digits. Missing values are NaN or None. Several candidates or flags are one
        text, joined as in the table.

        Raises
        ------
        UsageError
            if pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise UsageError("to_pandas needs pandas: pip install pandas") from error
        columns: dict[str, list[Any]] = {
            column.name: [column.plain_value(call) for call in self] for column in TABLE_COLUMNS
        }
        return pandas.DataFrame(columns)
