"""Which calls the table of the page has."""

import pytest

from barcodeembed.classify.call import Assignment
from barcodeembed.taxonomy import Lineage
from barcodeembed.workflows.report import shown_calls
from barcodeembed.workflows.report.shown_calls import ShownCalls
from barcodeembed.workflows.tables.columns import PAGE_COLUMNS

ID = [column.name for column in PAGE_COLUMNS].index("query_id")


@pytest.fixture(autouse=True)
def few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown_calls, "MAX_ROWS", 5)
    monkeypatch.setattr(shown_calls, "LEAST_ROWS", 2)


def shown(make_call, *calls: tuple[str, str, str]) -> list[str]:
    """The ids shown of calls with an id, a sequence and a verdict."""
    table = ShownCalls()
    for id, sequence, verdict in calls:
        table.add(make_call(id, Assignment(verdict), sha1=sequence))
    return [row[ID] for row in table.rows]


def test_copies_are_shown_where_there_is_room(make_call) -> None:
    assert shown(make_call, *((f"r{i}", "same", "named") for i in range(9))) == ["r0", "r1", "r2", "r3", "r4"]


def test_copies_give_way_to_other_sequences_in_the_order_of_the_input(make_call) -> None:
    copies = [(f"r{i}", "same" if i < 4 else "other", "named") for i in range(8)]
    others = [(f"q{i}", f"s{i}", "named") for i in range(6)]
    assert shown(make_call, *copies, *others) == ["r0", "r4", "q0", "q1", "q2"]


def test_some_calls_of_each_verdict_come_on_top(make_call) -> None:
    named = [(f"r{i}", f"s{i}", "named") for i in range(6)]
    rare = [(f"n{i}", "rare", "new_genus") for i in range(4)]
    assert shown(make_call, *named, *rare) == ["r0", "r1", "r2", "r3", "r4", "n0", "n1"]
    assert shown(make_call, *named, *rare, ("r9", "s9", "named")) == ["r0", "r1", "r2", "r3", "r4", "n0", "r9"]


def test_some_calls_that_differ_from_the_name_in_the_input_come_on_top(make_call) -> None:
    """With both names side by side on the page."""
    table = ShownCalls()
    found = Assignment("named", Lineage.from_ranks(genus="Culex", species="Culex pipiens"))
    for i in range(9):
        own = "g:Aedes,s:Aedes vexans" if i > 6 else "g:Culex,s:Culex pipiens"
        table.add(make_call(f"r{i}", found, sha1=f"s{i}", lineage=own))
    rows = [dict(zip([column.name for column in PAGE_COLUMNS], row, strict=True)) for row in table.rows]
    assert [row["query_id"] for row in rows] == ["r0", "r1", "r2", "r3", "r4", "r7", "r8"]
    assert (rows[-1]["own_lineage"], rows[-1]["own_name"]) == ("Aedes > Aedes vexans", "other_genus")


def test_a_verdict_is_shown_though_all_calls_differ_from_their_names(make_call) -> None:
    table, lineage = ShownCalls(), Lineage.from_ranks(genus="Culex", species="Culex pipiens")
    for i in range(9):
        found = Assignment("named", lineage) if i < 7 else Assignment("new_species", Lineage.from_ranks(genus="Culex"))
        table.add(make_call(f"r{i}", found, sha1=f"s{i}", lineage="g:Aedes,s:Aedes vexans"))
    assert [row[ID] for row in table.rows] == ["r0", "r1", "r2", "r3", "r4", "r7", "r8"]
