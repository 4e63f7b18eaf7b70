import io
import json
from datetime import UTC, datetime

from storage.results_view import RESULT_COLUMNS
from storage.tables.json_lines import write_json_lines
from tests.support.batches import batches


def test_a_line_is_an_object_with_every_column():
    values = {"patient_id": "0010", "source_name": "Müller\n", "probability": 0.25, "rows": 7}
    at = {"received_at": datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)}
    stream = io.BytesIO()
    rows = [dict.fromkeys(RESULT_COLUMNS) | values | at, dict.fromkeys(RESULT_COLUMNS)]
    assert write_json_lines(batches(rows), stream) == 2
    first, second = (json.loads(line) for line in stream.getvalue().decode().splitlines())
    assert tuple(first) == RESULT_COLUMNS
    assert {name: first[name] for name in values} == values
    assert first["received_at"] == "2026-01-02T03:04:05.000006Z"
    assert set(second.values()) == {None}
