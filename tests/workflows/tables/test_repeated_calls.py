"""Which calls of several tables are the same."""

from dataclasses import replace

import pytest

from barcodeembed.classify.call import Assignment, Call
from barcodeembed.errors import InputError
from barcodeembed.workflows.tables.repeated_calls import RepeatedCalls

CALLS = [Call(f"r{i}", {"sha1": "a"}, Assignment(), None, (("A", 1),)) for i in range(2500)]


def test_a_repeated_id_alone_is_no_repeated_call() -> None:
    repeated = RepeatedCalls()
    tables = [
        CALLS,
        [replace(call, reads=(("B", 1),)) for call in CALLS],
        [replace(call, reads=(("A", 2),)) for call in CALLS],
    ]
    tables.append([replace(call, read={"sha1": "b"}) for call in CALLS])
    for number, table in enumerate([*tables, []]):
        assert list(repeated.checked(str(number), table)) == table
    assert list(repeated.lines()) == []


def test_repeated_calls_are_counted_with_the_first_and_its_tables() -> None:
    repeated = RepeatedCalls()
    new = replace(CALLS[0], id="new")
    for name, table in (("a", CALLS[:1300]), ("b", CALLS[1300:]), ("c", [new] * 1500 + CALLS[1200:1400])):
        assert list(repeated.checked(name, table)) == table
    assert [line.split(": ")[1] for line in repeated.lines()] == [
        "200, the first is 'r1200' in a and c; their reads count twice"
    ]
    with pytest.raises(InputError, match=r"^b: all its calls \(1,200, such as 'r1300'\) are in d too"):
        list(repeated.checked("d", [replace(new, id="d"), *CALLS[1300:]]))
