"""Report records that do not become references: first of all if they are many, as an error if they are most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.remarks import IDS_APART

WORTH_SAYING = 0.01
"""If a larger share of the records is dropped for one reason, this is reported before anything else."""

TOO_MANY = 0.5
"""If this share of the records or more is dropped, for all reasons together, no library is made, unless the user allows
it. Exactly half is too many, too: where each id occurs twice, every second record is dropped."""

REPEATED_ID = "repeated_id"
"""The reason of a record with the id of an earlier one, but another barcode or other names. Even one is reported,
because nothing is wrong with the record itself."""

WHAT = {
    REPEATED_ID: "an earlier record with other content has the same id",
    "no_name": "they have no name",
    "not_in_taxonomy": "the taxonomy lacks their ids",
    "too_short": "their barcodes are too short",
    "too_ambiguous": "more than a tenth of their bases is not A, C, G or T",
    "not_coi": "they can't be placed on the barcode region",
    "not_dna": "they hold characters that are not DNA",
    "other_marker": "they are of another marker",
    "no_sequence": "they have no bases",
    "broken_row": "a line end within a cell breaks their rows",
}
"""For each reason, what is the matter with these records."""

ADVICE = {
    REPEATED_ID: IDS_APART,
    "no_name": "references need names: columns of ranks, lineages in headers (docs/formats.md), or --taxonomy FILE",
    "not_in_taxonomy": "give the taxonomy that belongs to these sequences",
    "too_short": "--min-length says how many bases a barcode must have",
    "not_coi": "are they of another marker, or contaminants?",
    "not_dna": "are these sequences of proteins, or is another column read?",
    "broken_row": "write such a record in one line to read it",
    "other_marker": "--marker says which markers are kept",
}
"""For some reasons, what the user can do."""

_LONGEST_SHOWN = 100

# These are no mistakes in reading: downloads hold many markers, and records without a barcode.
_AS_IT_IS = frozenset({"other_marker", "no_sequence"})
# Records that were not asked for do not count: a tenth of the spiders may be too short in a file of all animals.
_NOT_ASKED_FOR = frozenset({"excluded", "other_taxon", "other_country", "no_country", "other_region"})


def loss_lines(read: int, dropped: Counter[str], examples: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each reason for which many records are dropped: how many, why, an example, what to do."""
    asked = asked_for(read, dropped)
    for reason, number in dropped.most_common():
        if reason in WHAT and (number > WORTH_SAYING * asked or reason == REPEATED_ID):
            advice = f"; {ADVICE[reason]}" if reason in ADVICE else ""
            yield _described(reason, number, asked, examples) + advice


def refuse_losses(read: int, dropped: Counter[str], examples: Mapping[str, str]) -> None:
    """Raise an error if half of the records or more are dropped.

    Raises
    ------
    InputError
        with the numbers, an example, and what to do.
    """
    lost = Counter({reason: number for reason, number in dropped.items() if reason in WHAT.keys() - _AS_IT_IS})
    asked = asked_for(read, dropped) - sum(dropped[reason] for reason in _AS_IT_IS)
    if lost.total() >= TOO_MANY * max(asked, 1):
        (first, number), *others = lost.most_common()
        also = "".join(f", {count:,} more: {WHAT[reason]} ({reason})" for reason, count in others)
        advice = f"{ADVICE[first]}; " if first in ADVICE else ""
        raise InputError(
            _described(first, number, asked, examples) + also,
            hint=f"{advice}--allow-losses makes the library of the others, at most {asked - lost.total():,}",
        )


def asked_for(read: int, dropped: Counter[str]) -> int:
    """Return the number of records that the user asked for, of those that were read."""
    return read - sum(dropped[reason] for reason in _NOT_ASKED_FOR)


def _described(reason: str, number: int, asked: int, examples: Mapping[str, str]) -> str:
    are = "is" if number == 1 else "are"
    return f"{number:,} of {asked:,} records {are} dropped ({reason}){_first(reason, examples)}: {WHAT[reason]}"


def _first(reason: str, examples: Mapping[str, str]) -> str:
    return f", the first {shortened(examples[reason])!r}" if reason in examples else ""


def shortened(header: str) -> str:
    """Return a header as messages show it, cut off if it is long."""
    return header if len(header) <= _LONGEST_SHOWN else header[:_LONGEST_SHOWN] + "..."
