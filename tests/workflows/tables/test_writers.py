"""Each output format, against files that can be read in a diff, and what must hold for any input."""

import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from barcodeembed.classify.call import Assignment, Call, Reference
from barcodeembed.taxonomy import RANKS, Lineage
from barcodeembed.workflows.tables.columns import TABLE_COLUMNS, decimal
from barcodeembed.workflows.tables.writers import WRITERS


@pytest.mark.parametrize("name", WRITERS)
def test_golden(name: str, calls: list[Call], golden: Callable[[str, str], None]) -> None:
    golden(f"calls-{name}.txt", "".join(WRITERS[name](calls)))


def test_formats_by_name() -> None:
    assert list(WRITERS) == ["tsv", "qiime2", "sintax", "krona", "jsonl"]


def test_native_columns_are_those_that_are_promised() -> None:
    assert " ".join(column.name for column in TABLE_COLUMNS) == (
        "query_id status verdict taxon rank lineage kingdom phylum class order family genus species p_kingdom p_phylum "
        "p_class p_order p_family p_genus p_species nearest_id similarity identity overlap bin n_agree n_conflict "
        "strand start length n_ambiguous stops flags candidates "
        "size sample sample_sizes group nearest_lineage expected_errors score sha1 second own_lineage own_name"
    )


def test_rows_come_as_calls_come(calls: list[Call]) -> None:
    """A row is written before the next call is asked for."""
    for name in set(WRITERS) - {"krona"}:
        taken = []
        chunks = WRITERS[name](taken.append(call) or call for call in calls)
        rows = [next(chunks) for _ in range(3)]
        assert len(taken) <= len(rows)


@pytest.mark.parametrize(
    ("number", "text"),
    [(1.0, "1.0000"), (0.99995, "1.0000"), (-0.00001, "0.0000"), (float("nan"), ""), (-0.5, "-0.5000")],
)
def test_decimals(number: float, text: str) -> None:
    assert decimal(number) == text


def test_krona_counts_every_query_once(calls: list[Call]) -> None:
    rows = [line.rstrip("\n").split("\t") for line in WRITERS["krona"](calls)]
    assert sum(int(row[0]) for row in rows) == len(calls)
    assert ["2", "Animalia", "Arthropoda", "Insecta", "Diptera", "Culicidae", "Culex", "Culex pipiens"] in rows


def test_qiime2_rules(calls: list[Call]) -> None:
    """Unique ids, as many fields in each row as in the header, no empty or padded taxon, a number in each."""
    header, *rows = [line.rstrip("\n").split("\t") for line in WRITERS["qiime2"](calls)]
    assert header == ["Feature ID", "Taxon", "Confidence"]
    assert len({row[0] for row in rows}) == len(rows) == len(calls)
    assert all(row[1] and row[1] == row[1].strip() and 0 <= float(row[2]) <= 1 for row in rows)


TEXTS = st.text(max_size=8)
LINEAGES = st.lists(st.one_of(st.just(""), TEXTS), min_size=7, max_size=7).map(lambda names: Lineage(tuple(names)))
PROBABILITIES = st.tuples(*[st.one_of(st.just(float("nan")), st.floats(0, 1))] * 7)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=4),
    lineage=LINEAGES,
    probabilities=PROBABILITIES,
)
def test_no_value_breaks_a_row(make_call, texts, lineage, probabilities) -> None:
    assignment = Assignment("named", lineage, probabilities, 0, 0.5, 0.5, 100, candidates=("a\tb", "c\n"))
    calls = [make_call(id, assignment, Reference(near, bin)) for id, near, bin in texts]
    for name, columns in {"tsv": len(TABLE_COLUMNS), "qiime2": 3, "sintax": 4}.items():
        text = "".join(WRITERS[name](calls))
        rows = text.splitlines()
        assert len(rows) == len(calls) + (name != "sintax")
        assert {len(row.split("\t")) for row in rows} == {columns}
    for call, line in zip(calls, WRITERS["jsonl"](calls), strict=True):
        assert line.count("\n") == 1
        parsed = json.loads(line)
        assert parsed["query_id"] == call.id
        assert set(parsed["lineage"]) <= set(RANKS)
