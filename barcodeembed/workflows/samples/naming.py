"""Give the reads of a run their ids, their samples and their numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path

from barcodeembed.classify.call import Call
from barcodeembed.embeddings.reader import are_embedding_files
from barcodeembed.errors import EmptyFileError, InputError
from barcodeembed.sequences.annotations import SampleRule, without_annotations
from barcodeembed.sequences.formats.files import CHUNK, is_stream, open_binary
from barcodeembed.workflows.samples.count_files import read_counts
from barcodeembed.workflows.samples.counts import Counts, CountTable
from barcodeembed.workflows.samples.descriptions import IS_CONTROL
from barcodeembed.workflows.samples.sheet import SampleSheet
from barcodeembed.workflows.samples.sheet_files import read_sample_sheet

_SHOWN = 5  # number of controls that a message names


@dataclass(frozen=True)
class SampleNaming:
    """How ids, samples and numbers of reads are found.

    Attributes
    ----------
    sizes
        whether numbers of reads in headers and tables are used; if not, every record is one read.
    whole_ids
        whether ids keep their annotations (``OTU_1;size=120;``).
    sheet
        samples of files and ids, and which samples are controls.
    counts
        reads of each feature in each sample, used instead of what headers say; None without a count table.
    """

    sizes: bool = True
    whole_ids: bool = False
    sheet: SampleSheet = field(default_factory=SampleSheet)
    counts: CountTable | None = None

    @classmethod
    def read(
        cls, *, sizes: bool = True, whole_ids: bool = False, samples: Path | None = None, counts: Path | None = None
    ) -> SampleNaming:
        """Return the naming, after reading the sample sheet and the count table if they are given.

        Raises
        ------
        InputError, UsageError
            as :func:`read_sample_sheet` and :func:`read_counts` say.
        """
        sheet = read_sample_sheet(samples, finds_samples=counts is None) if samples else SampleSheet()
        table = read_counts(counts) if counts else None
        if table is not None:
            table.rename_samples(sheet.samples)
        return cls(sizes, whole_ids, sheet, table)

    @property
    def rule(self) -> SampleRule:
        """Return the rule by which the readers find numbers and samples."""
        sheet = self.sheet
        return SampleRule(self.sizes and self.counts is None, sheet.of_file, sheet.of_barcode, sheet.note)

    def samples_of(self, inputs: Sequence[str | PathLike[str]]) -> set[str]:
        """Return the samples of the count table, or those of the files without one; they may have no reads."""
        return self.sheet.samples_of(inputs) if self.counts is None else set(self.counts.samples)

    def may_have(self, names: Collection[str], inputs: Sequence[str | Path]) -> bool:
        """Return whether one of these samples may occur in the input. Only if its files are searched for the names can
        this be denied, which takes little time beside naming their reads."""
        if self.samples_of(inputs) & set(names):
            return True
        if self.counts is not None:
            return False
        if not set(names).isdisjoint(
            (*self.sheet.by_id.values(), *self.sheet.by_barcode.values())
        ) or are_embedding_files(inputs):
            return True
        return any(is_stream(path) or _holds(path, names) for path in inputs)

    def named(self, call: Call, stated: Counts) -> Call:
        """Return the call with its final id and its reads by sample; ``stated`` is what the record itself says of them.

        Raises
        ------
        InputError
            if the count table gave its reads to an earlier call, or has none of many calls.
        """
        plain = without_annotations(call.id)
        if self.counts is not None:
            reads = self.counts.of(plain, str(call.read["sha1"]))
        elif (sample := self.sheet.of_id(plain)) is not None:
            reads = ((sample, sum(number for _, number in stated)),)
        else:
            reads = stated
        return replace(call, id=call.id if self.whole_ids else plain, reads=reads)

    def check_used(self) -> None:
        """Check, after the last call, that the count table is of these reads.

        Raises
        ------
        InputError
            if it has none of them.
        """
        if self.counts is not None:
            self.counts.check_used()

    def remarks(self) -> Iterator[str]:
        """Yield, after the last read, a line for each thing in the sample sheet or the count table that does not fit
        the input, and a line on controls that were recognised by words of the sheet."""
        if self.sheet.kinds and self.sheet.controls:
            names = ", ".join(sorted(self.sheet.controls)[:_SHOWN])
            what = f"negative controls by the column {self.sheet.kinds!r} of --samples"
            yield f"{what}: {len(self.sheet.controls):,} ({names})"
        if self.counts is not None:
            if (self.sheet.by_file or self.sheet.by_id) and not self.sheet.controls:
                yield "samples are those of --counts: the files and ids in --samples were not used"
            absent = [name for name in self.counts.samples if name not in self.sheet.samples]
            if self.sheet.descriptions.keys() - {IS_CONTROL} and absent:
                what = f"samples of --counts that --samples does not have: {len(absent):,}, the first {absent[0]!r}"
                yield f"{what}; the tables say nothing of them but their reads"
            yield from self.counts.remarks()
        elif absent := self.sheet.unused:
            what = f"files and ids of --samples that are not in the input: {len(absent):,}, the first {absent[0]!r}"
            if self.sheet.fits_nothing:
                what = f"no file or id of --samples is in the input (the first is {absent[0]!r}): is it the right one?"
            yield f"{what}; an input file that --samples lacks is a sample of its own name"

    def reads_in_id(self, id: str, path: str | PathLike[str]) -> Counts:
        """Return the reads by sample that an id in an embedding file states. If it states no sample, it is that of the
        file.

        Raises
        ------
        InputError
            if a number of reads is not a number.
        """
        try:
            return self.rule.annotations(id, path).reads
        except ValueError as error:
            hint = "give --no-sizes to count every row once"
            raise InputError(f"row {id!r}: {error}", path=path, hint=hint) from None


def _holds(path: str | PathLike[str], names: Collection[str]) -> bool:
    """Return whether a text has one of these names anywhere. Names that JSON may write otherwise are not looked for."""
    if not all(name.isascii() and name.isprintable() for name in names):
        return True
    sought, before = [name.encode() for name in names], b""
    longest = max(map(len, sought), default=1)
    try:
        with open_binary(path) as stream:
            while chunk := stream.read(CHUNK):
                if any(name in before + chunk for name in sought):
                    return True
                before = chunk[1 - longest :] if longest > 1 else b""
    except EmptyFileError:
        pass
    return False


ONE_READ_EACH = SampleNaming(sizes=False, whole_ids=True)
"""Every record is one read, and ids stay as they are."""
