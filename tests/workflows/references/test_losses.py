"""Records that are dropped are said first; half of them or more are an error."""

from collections import Counter
from pathlib import Path

import pytest

from barcodeembed.errors import InputError
from barcodeembed.workflows.embedders import open_embedder
from barcodeembed.workflows.references.intake import read_references
from barcodeembed.workflows.references.losses import loss_lines, refuse_losses
from barcodeembed.workflows.references.report import Reading


@pytest.mark.parametrize(
    ("read", "dropped", "refused"),
    [
        (282, {"repeated_id": 141}, True),  # each id occurs twice
        (282, {"repeated_id": 140}, False),
        (100, {"repeated_id": 30, "no_name": 25}, True),
        (100, {"repeated_id": 30, "no_name": 15}, False),
        (100, {"other_marker": 90}, False),
        (100, {"other_marker": 90, "not_coi": 6}, True),  # six of the ten that have this marker
        (100, {"other_taxon": 80, "other_country": 10, "too_short": 5}, True),
        (100, {"duplicate": 60, "repeated_record": 20, "too_short": 9}, False),
    ],
)
def test_half_of_what_was_asked_for_is_too_much(read: int, dropped: dict[str, int], refused: bool) -> None:
    if refused:
        with pytest.raises(InputError, match="--allow-losses"):
            refuse_losses(read, Counter(dropped), {})
    else:
        refuse_losses(read, Counter(dropped), {})


def test_the_error_names_every_reason() -> None:
    with pytest.raises(InputError) as error:
        refuse_losses(100, Counter(no_name=25, repeated_id=30), {"repeated_id": "Sample"})
    assert str(error.value) == (
        "30 of 100 records are dropped (repeated_id), the first 'Sample': an earlier record with other content has the "
        "same id, 25 more: they have no name (no_name); FASTA ids end at the first space (--whole-headers keeps whole "
        "headers); in a table, give each row its own id; --allow-losses makes the library of the others, at most 45"
    )


def test_what_is_worth_a_line() -> None:
    dropped = Counter(repeated_id=1, too_short=10, not_coi=11, other_taxon=500, duplicate=300)
    assert [line.split(":")[0] for line in loss_lines(1500, dropped, {"not_coi": "x"})] == [
        "11 of 1,000 records are dropped (not_coi), the first 'x'",
        "1 of 1,000 records is dropped (repeated_id)",
    ]


def test_a_record_that_comes_again_is_no_loss(tmp_path: Path, library_sequences: list[str]) -> None:
    some, embedder = library_sequences[:6], open_embedder("kmer4")
    path, again = tmp_path / "a.fasta", tmp_path / "b.fasta"
    path.write_text("".join(f">s{n};tax=g:Culex;\n{barcode}\n" for n, barcode in enumerate(some)))
    again.write_text(path.read_text() + f">s0;tax=g:Aedes;\n{some[0]}\n")
    report = read_references([path, again], embedder, reading=Reading(allow_losses=True)).report
    assert report.dropped == {"repeated_record": len(some), "repeated_id": 1}
    assert report.read == report.kept + report.dropped.total()
