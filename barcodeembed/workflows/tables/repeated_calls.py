"""Find calls that two tables have, because their reads would count twice when the tables are merged."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from os import PathLike

import numpy as np
from numpy.typing import NDArray

from barcodeembed.classify.call import Call
from barcodeembed.errors import InputError

_AT_ONCE = 1000  # calls that are compared at once to find the first repeated one


class RepeatedCalls:
    """Compares the calls of each table with those of all earlier ones: by id, sequence, samples and numbers of reads.

    A table all of whose calls others have is a copy, or a whole beside its parts, and an error. Some equal calls may be
    right, as where ids are checksums of sequences and a sample was sequenced twice: for them there is a warning. Calls
    that occur again within one table are not looked at. Each call takes 12 bytes of memory.
    """

    def __init__(self) -> None:
        self._paths: list[str] = []
        self._sizes: list[int] = []  # numbers of different calls
        self._known: NDArray[np.int64] = np.zeros(0, dtype=np.int64)  # hashes of earlier calls, sorted
        self._file_of: NDArray[np.int32] = np.zeros(0, dtype=np.int32)  # for each of them, the number of its table
        self._repeated = 0
        self._first = ""

    def checked(self, path: str | PathLike[str], calls: Iterable[Call]) -> Iterator[Call]:
        """Yield the calls of the next table.

        Raises
        ------
        InputError
            at the end of the table, if earlier ones have all its calls, or if it has all calls of an earlier one.
        """
        here, ids = array("q"), list[str]()
        first: tuple[str, int] | None = None
        for call in calls:
            yield call
            here.append(hash((call.id, call.read["sha1"], call.reads)))
            ids.append(call.id)
            if len(ids) == _AT_ONCE:
                first = first or self._first_known(ids, here)
                ids.clear()
        first = first or self._first_known(ids, here)
        self._paths.append(str(path))
        hashes = np.unique(np.frombuffer(here, dtype=np.int64))
        self._sizes.append(len(hashes))
        known = np.isin(hashes, self._known, assume_unique=True)
        if first:
            self._judge(hashes, known, first)
        self._keep(hashes[~known])

    def lines(self) -> Iterator[str]:
        """Yield what was found, in words."""
        if self._repeated:
            yield (
                f"calls that another input has too (same id, sequence, sample and reads): {self._repeated:,}, the "
                f"first is {self._first}; their reads count twice: leave out what was given twice"
            )

    def _judge(self, hashes: NDArray[np.int64], known: NDArray[np.bool_], first: tuple[str, int]) -> None:
        """Count the calls of a table that are known, or raise an error if these are all calls of a table."""
        id, earlier = first
        numbers = self._file_of[np.isin(self._known, hashes[known], assume_unique=True)]
        files, counts = np.unique(numbers, return_counts=True)
        whole = [file for file, n in zip(files.tolist(), counts, strict=True) if n == self._sizes[file]]
        if known.all():
            others = f" and {len(files) - 1} more" if len(files) > 1 else ""
            copy, where = -1, f"{self._paths[earlier]}{others}"
        elif whole:
            copy, where = earlier if earlier in whole else whole[0], self._paths[-1]
        else:
            self._repeated += int(known.sum())
            self._first = self._first or f"{id!r} in {self._paths[earlier]} and {self._paths[-1]}"
            return
        calls = f"all its calls ({self._sizes[copy]:,}, such as {id!r})"
        what = f"{calls} are in {where} too: their reads would count twice"
        raise InputError(what, path=self._paths[copy], hint="give either the one or the other")

    def _first_known(self, ids: list[str], hashes: array[int]) -> tuple[str, int] | None:
        """Return the first of the last calls that an earlier table has: its id, and the number of that table."""
        if not ids or not len(self._known):
            return None
        last = np.array(hashes[-len(ids) :], dtype=np.int64)
        places = np.searchsorted(self._known, last).clip(max=len(self._known) - 1)
        found = np.flatnonzero(self._known[places] == last)
        return (ids[found[0]], int(self._file_of[places[found[0]]])) if len(found) else None

    def _keep(self, hashes: NDArray[np.int64]) -> None:
        number = np.full(len(hashes), len(self._paths) - 1, dtype=np.int32)
        known = np.concatenate([self._known, hashes])
        order = np.argsort(known, kind="stable")  # linear for two sorted runs
        self._known, self._file_of = known[order], np.concatenate([self._file_of, number])[order]
