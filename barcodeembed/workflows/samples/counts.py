"""Count tables: the number of reads of each feature in every sample. :mod:`count_files` reads them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike

from barcodeembed.errors import InputError
from barcodeembed.sequences.annotations import without_annotations
from barcodeembed.sequences.barcode import Barcode

Counts = tuple[tuple[str, int], ...]
"""Samples and the number of reads in each, in the order of the table, without zeros."""

_SIGNS = re.compile(r"[^\w.]")
_BEGINS = re.compile(r"[^\W\d_]|\.(?!\d)")
_GIVEN_UP = 1000  # after so many sequences without a single row, the table is of others


@dataclass
class CountTable:
    """Reads of features in samples; zeros are not stored.

    Attributes
    ----------
    path
        the file that it was read from, for messages.
    samples
        names of the samples, in the order of the file.
    rows
        for each feature, the number of reads by the number of the sample.
    corner
        the first cell of the header; "" if there is none.
    left_out
        names of columns and rows that are no samples or features: the sequence or the taxonomy of each feature, sums.
    absent, first_absent
        number of sequences without a row, and the id of the first.
    by_r, first_by_r
        number of features and samples that were found by the names that R makes of theirs, and the first of them.
    """

    path: str | PathLike[str]
    samples: list[str]
    rows: dict[str, dict[int, int]]
    corner: str = ""
    left_out: tuple[str, ...] = ()
    absent: int = 0
    first_absent: str = ""
    by_r: int = 0
    first_by_r: str = ""
    _used: dict[str, str] = field(default_factory=dict, repr=False)  # the id that each row was found for
    _by_sha1: dict[str, str] = field(default_factory=dict, repr=False)

    def of(self, id: str, sha1: str) -> Counts:
        """Return the counts of a feature. It is found by its id, or by its sequence if the table has sequences in place
        of ids. A feature without a row has no reads, as programs leave out rows of zeros.

        A table with samples in rows is transposed when its first feature is asked for. ``sha1`` is the hash of the
        sequence.

        Raises
        ------
        InputError
            if a feature was asked for before: its reads would count twice; or if none of many features has a row.
        """
        key = self._find(id, sha1)
        if key is None and not self._used and {id, sha1, name_in_r(id)} & self._sample_names:
            self._turn()
            key = self._find(id, sha1)
        if key is None:
            self._note_absent(id)
            return ()
        if self._used.get(key) == id:
            what = f"the id {id!r} occurs twice in the input: the reads of its row would count twice"
            raise InputError(what, path=self.path, hint="give each sequence of the count table once")
        if key in self._used:
            what = f"two sequences have the row {key[:60]!r}, whose reads would count twice; the second is {id!r}"
            raise InputError(what, path=self.path, hint="give each sequence of the count table once")
        self._used[key] = id
        if key not in (id, self._by_sha1.get(sha1)):
            self._note_by_r(id)
        return tuple((self.samples[at], number) for at, number in sorted(self.rows[key].items()))

    def _note_absent(self, id: str) -> None:
        if self.corner == id:
            hint = "put a line above it with the names of the samples"
            raise InputError(f"the count table has no row {id!r}; it is the header", path=self.path, hint=hint)
        self.first_absent = self.first_absent or id
        self.absent += 1
        if self.absent >= _GIVEN_UP:
            self.check_used()

    def check_used(self) -> None:
        """Check, after features were asked for, that the table is of these features.

        Raises
        ------
        InputError
            if none of them has a row.
        """
        if self.absent and not self._used:
            raise InputError(
                f"the count table has no row for any of {self.absent:,} sequences; the first is {self.first_absent!r}, "
                f"the first row {next(iter(self.rows), '')!r}",
                path=self.path,
                hint="give the count table that was made with these sequences",
            )

    def remarks(self) -> Iterator[str]:
        """Yield, after features were asked for, one line for what is no sample or feature, for sequences without a row
        and for rows without a sequence, if there are any."""
        if self.by_r:
            what = f"names in {self.path} that R has changed (X and dots for other signs), found by the right ones"
            yield f"{what}: {self.by_r:,}, the first is {self.first_by_r!r}"
        if self.left_out:
            names = ", ".join(map(repr, self.left_out))
            yield f"columns and rows of {self.path} that are no samples or features, left out: {names}"
        if self.absent:
            yield (
                f"sequences without a row in {self.path}, so without reads: {self.absent:,}, the first is "
                f"{self.first_absent!r}"
            )
        if unused := self.unused:
            reads = sum(sum(self.rows[feature].values()) for feature in unused)
            yield (
                f"rows of {self.path} that have no sequence: {len(unused):,} with {reads:,} reads, the first is "
                f"{unused[0]!r}"
            )

    def _find(self, id: str, sha1: str) -> str | None:
        if id in self.rows:
            return id
        if not self._by_sha1:
            self._by_sha1 = {_sha1(feature): feature for feature in self.rows}
        in_r = name_in_r(id)
        return self._by_sha1.get(sha1) or (in_r if in_r in self.rows else None)

    def rename_samples(self, names: Collection[str]) -> None:
        """Give samples that R has named (``X2.site`` for ``2-site``) the one of ``names`` that R makes this of, if no
        other of them is made the same."""
        times = Counter(map(name_in_r, names))
        by_name = {name_in_r(name): name for name in names if times[name_in_r(name)] == 1}
        known = set(names)
        for at, sample in enumerate(self.samples):
            name = by_name.get(sample, sample)
            if name != sample and sample not in known and name not in self.samples:
                self.samples[at] = name
                self._note_by_r(name)

    def _note_by_r(self, name: str) -> None:
        self.by_r += 1
        self.first_by_r = self.first_by_r or name

    @cached_property
    def _sample_names(self) -> frozenset[str]:
        """What features can be called in a table that has them in columns: ids, or hashes of their sequences."""
        return frozenset(name for one in self.samples for name in (without_annotations(one), _sha1(one)))

    @property
    def unused(self) -> list[str]:
        """Return the features that no sequence had, in the order of the file."""
        return [feature for feature in self.rows if feature not in self._used]

    def _turn(self) -> None:
        turned: dict[str, dict[int, int]] = {without_annotations(name): {} for name in self.samples}
        for at, counts in enumerate(self.rows.values()):
            for column, number in counts.items():
                turned[without_annotations(self.samples[column])][at] = number
        self.samples, self.rows, self._by_sha1 = list(self.rows), turned, {}


def name_in_r(name: str) -> str:
    """Return what R makes of the name of a column: signs become dots, and an X stands before what begins as no name
    does."""
    text = _SIGNS.sub(".", name)
    return text if _BEGINS.match(text) else f"X{text}"


def _sha1(name: str) -> str:
    """Return the SHA-1 of the barcode that a feature has if its name is its sequence (DADA2)."""
    return Barcode.from_raw("", name).sha1
