import io
from datetime import UTC, datetime

import pytest

pa = pytest.importorskip("pyarrow", reason="the extra `tables` is not installed")
from pyarrow import parquet  # noqa: E402 # is there

from storage.results_view import RESULT_COLUMNS  # noqa: E402
from storage.tables import parquet as ours  # noqa: E402
from tests.support.batches import batches  # noqa: E402

AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def written(rows, **how):
    stream = io.BytesIO()
    return ours.write_parquet(batches(rows, **how), stream), parquet.read_table(io.BytesIO(stream.getvalue()))


def test_each_column_has_its_type_and_comes_back_whole():
    """Break it: let pyarrow guess. A patient id of digits is a number, and 0010 is 10."""
    values = {
        "scan_id": "01935a7c-0000-7000-8000-000000000001",
        "received_at": AT,
        "patient_id": "0010",
        "accession_number": "8000000000330109",
        "source_name": "=1+2",
        "probability": 0.1234567890123,
        "rows": 1 << 40,
    }
    count, table = written([dict.fromkeys(RESULT_COLUMNS) | values])
    (row,) = table.to_pylist()
    assert count == 1
    assert tuple(row) == RESULT_COLUMNS
    assert {name: row[name] for name in values} == values
    assert table.schema.field("received_at").type == pa.timestamp("us", tz="UTC")
    assert {table.schema.field(name).type for name in ("scan_id", "patient_id", "warnings")} == {pa.string()}
    assert row["decision"] is None


def test_without_rows_there_are_columns():
    count, table = written([])
    assert (count, table.num_rows, tuple(table.column_names)) == (0, 0, RESULT_COLUMNS)


def test_more_rows_than_one_group_come_back_in_order(monkeypatch):
    monkeypatch.setattr(ours, "_BATCHES_A_GROUP", 2)
    rows = (dict.fromkeys(RESULT_COLUMNS) | {"source_name": str(number)} for number in range(10))
    count, table = written(rows, rows_a_batch=2)
    assert count == 10
    assert table["source_name"].to_pylist() == [str(number) for number in range(10)]


def test_a_time_that_sqlite_holds_as_text_is_the_same_time():
    """Break it: hand pyarrow the text as it is."""
    texts = ["2026-01-02T03:04:05.678901Z", "1969-12-31T23:59:59.000000Z", "2026-01-02T03:04:05Z"]
    _, table = written(dict.fromkeys(RESULT_COLUMNS) | {"received_at": text} for text in texts)
    assert table["received_at"].to_pylist() == [datetime.fromisoformat(text) for text in texts]
