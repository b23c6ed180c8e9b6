"""Report records that do not become references: first of all if they are many, as an error if they are most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from barcodeembed.errors import InputError

WORTH_SAYING = 0.01
"""If a larger share of the records is dropped for one reason, this is reported before anything else."""

TOO_MANY = 0.5
"""If a larger share of the records is dropped for one reason, no library is made, unless the user allows it."""

ADVICE = {
    "repeated_id": "ids end at the first space of a header, --whole-headers keeps them whole; or give each its own",
    "no_name": "references need names: columns of ranks, lineages in headers (docs/formats.md), or --taxonomy FILE",
    "not_in_taxonomy": "the taxonomy has no such id: give the one that belongs to these sequences",
    "too_short": "--min-length says how many bases a barcode must have",
    "too_ambiguous": "more than a tenth of their bases is not A, C, G or T",
    "not_coi": "they can't be placed on the barcode region: another marker, or contaminants",
    "not_dna": "they hold characters that are not DNA",
    "other_marker": "--marker says which markers are kept",
    "no_sequence": "they have a name, but no bases",
}
"""For each reason, what the user can do."""

_LONGEST_SHOWN = 100

# These are no mistakes in reading: downloads hold many markers, and records without a barcode.
_AS_IT_IS = frozenset({"other_marker", "no_sequence"})


def loss_lines(read: int, dropped: Counter[str], examples: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each reason for which more than 1 in 100 records are dropped: how many, an example, what
    to do."""
    for reason, number in dropped.most_common():
        if reason in ADVICE and number > WORTH_SAYING * read:
            yield f"{number:,} of {read:,} records are dropped as {reason}{_first(reason, examples)}: {ADVICE[reason]}"


def refuse_losses(read: int, dropped: Counter[str], examples: Mapping[str, str]) -> None:
    """Raise an error if more than half of the records are dropped for one reason.

    Raises
    ------
    InputError
        with the number, an example, and what to do.
    """
    for reason, number in dropped.most_common():
        if reason in ADVICE and reason not in _AS_IT_IS and number > TOO_MANY * read:
            raise InputError(
                f"{number:,} of {read:,} records are dropped as {reason}{_first(reason, examples)}",
                hint=f"{ADVICE[reason]} (--allow-losses makes the library of the others, at most {read - number:,})",
            )


def _first(reason: str, examples: Mapping[str, str]) -> str:
    return f", the first {shortened(examples[reason])!r}" if reason in examples else ""


def shortened(header: str) -> str:
    """Return a header as messages show it, cut off if it is long."""
    return header if len(header) <= _LONGEST_SHOWN else header[:_LONGEST_SHOWN] + "..."
