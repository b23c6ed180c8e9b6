"""Columns of the calls: taken from one declaration, in every format."""

from barcodeembed.embeddings.schema import OBS_COLUMNS
from barcodeembed.sequences.read_columns import READ_COLUMNS
from barcodeembed.workflows.tables.columns import CALL_COLUMNS, PAGE_COLUMNS, TABLE_COLUMNS, as_object


def test_a_column_of_the_read_is_where_its_declaration_says(calls) -> None:
    found = as_object(calls[0])["read"]
    assert list(OBS_COLUMNS) == [column.name for column in READ_COLUMNS]
    table, page = ({column.name for column in columns} for columns in (TABLE_COLUMNS, PAGE_COLUMNS))
    for column in READ_COLUMNS:
        if column.name not in ("status", "lineage", "bin"):  # calls have columns of their own of these names
            assert (column.name in found) == (column.calls != "")
            assert (column.name in table) == (column.calls in ("table", "everywhere"))
            assert (column.name in page) == (column.calls == "everywhere")


def test_no_two_columns_have_one_name_or_one_key() -> None:
    for names in ([c.name for c in CALL_COLUMNS if c.name], [c.key for c in CALL_COLUMNS if c.key]):
        assert len(names) == len(set(names))


def test_what_is_missing_is_empty_in_the_table_and_null_in_json(calls) -> None:
    rejected = next(call for call in calls if call.status == "too_short")
    row = dict(zip((column.name for column in TABLE_COLUMNS), (c.text(rejected) for c in TABLE_COLUMNS), strict=True))
    assert (row["verdict"], row["start"], row["n_agree"], row["length"]) == ("", "", "", "40")
    found = as_object(rejected)
    assert (found["verdict"], found["nearest"], found["read"]["start"], found["n_agree"]) == (None, None, None, 0)
