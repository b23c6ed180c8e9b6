"""Find ids that occur again, because rows with the same id cannot be told apart."""

from __future__ import annotations

from os import PathLike

from barcodeembed.sequences.formats.remarks import Remarks

REMEMBERED = 100_000
"""Number of ids that are compared: the first ones of an input, so that memory does not grow with it."""


ADVICE = "FASTA ids end at the first space (--whole-headers keeps whole headers); in a table, give each row its own id"
"""What the user can do about records with the same id."""


class RepeatedIds:
    """Makes a remark on each record whose id an earlier record has, in the same file or in another."""

    def __init__(self, remarks: Remarks, *, samples: bool = False) -> None:
        self._remarks = remarks
        # Of results with a column for the sample.
        self._told_apart = (
            "the column sample tells them apart" if samples else "by the id alone rows can't be told apart"
        )
        self._file_of: dict[str, str] = {}

    def note(self, id: str, path: str | PathLike[str]) -> None:
        """Compare an id with the earlier ones."""
        earlier = self._file_of.get(id)
        if earlier is None:
            if len(self._file_of) < REMEMBERED:
                self._file_of[id] = str(path)
        elif earlier == str(path):
            remark = "records with the same id as an earlier record of their file"
            self._remarks.add(
                remark,
                f"{path}: {id!r}",
                f"each gets a row of its own, but the id does not tell the rows apart: {ADVICE}",
            )
        else:
            remark = f"records with an id that another file has too: {self._told_apart}"
            self._remarks.add(remark, f"{path}: {id!r}, which is in {earlier}")
