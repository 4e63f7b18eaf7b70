import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from storage.results_view import RESULT_COLUMNS
from storage.tables.csv import cell, line, write_csv
from tests.support.batches import batches

AT = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)


def row_of(**changed):
    return dict.fromkeys(RESULT_COLUMNS) | changed


def read(raw: bytes) -> list[list[str]]:
    """Read as any other program would."""
    return list(csv.reader(io.StringIO(raw.decode(), newline="")))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("patient_id", None, ""),
        ("patient_id", "=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("patient_id", "+1", "'+1"),
        ("patient_id", "-1", "'-1"),
        ("patient_id", "@SUM(A1)", "'@SUM(A1)"),
        ("patient_id", "\tx", "'\tx"),
        ("patient_id", "\rx", '"\'\rx"'),
        ("patient_id", '=1,"2"', '"\'=1,""2"""'),
        ("patient_id", "a\nb", '"a\nb"'),
        ("patient_id", "a\rb", '"a\rb"'),
        ("patient_id", "a=b", "a=b"),
        ("rows", -5, "-5"),
        ("probability", 0.1234567, "0.123457"),
        ("probability", 1e-9, "0.000000"),
        ("received_at", datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), "2026-01-02T03:04:05.000006Z"),
    ],
)
def test_cells(name, value, expected):
    assert cell(name, value) == expected


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=40))
@example("=cmd|' /C calc'!A0")
def test_any_text_comes_back_and_is_no_formula(value):
    """Fault 47. Break it: let `storage.tables.csv.cell` write text as it is."""
    stream = io.BytesIO()
    write_csv(batches([row_of(patient_id=value, source_name="last,one")]), stream)

    header, row = read(stream.getvalue())
    found = dict(zip(header, row, strict=True))

    assert found["patient_id"].removeprefix("'") == value.removeprefix("'")
    assert not found["patient_id"].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert found["source_name"] == "last,one"


TEXTS = st.none() | st.text(alphabet="a1,;=-@'\"\r\n\t\0 ", max_size=3)
VALUES = {
    "received_at": st.sampled_from(["2026-01-02T03:04:05.000006Z", "2026-01-02T03:04:05+00:00", AT]),
    "patient_id": TEXTS,
    "decision": TEXTS,
    "probability": st.none() | st.floats(-1, 1),
    "prevalence": st.none() | st.sampled_from([-0.0, 0.0, 0.12]),
    "rows": st.none() | st.integers(-9, 9),
}


@settings(max_examples=200, deadline=None)
@given(st.lists(st.fixed_dictionaries(VALUES), max_size=12), st.integers(1, 3))
@example([{"prevalence": -0.0}, {"prevalence": 0.0}] * 8, 2)
@example([{"patient_id": text} for text in ("a", "b", "=c", "d", "e")], 1)
def test_rows_by_column_are_their_cells_whatever_repeats(rows, times):
    """Break it: look for signs of a formula in the whole column only, or write each equal value alike."""
    rows = [row_of(**row) for row in rows for _ in range(times)]
    stream = io.BytesIO()
    assert write_csv(batches(rows, rows_a_batch=16), stream) == len(rows)
    instants = [{name: moments(value) for name, value in row.items()} for row in rows]
    lines = [",".join(cell(name, value) for name, value in row.items()) for row in instants]
    assert stream.getvalue().decode() == "".join(f"{line}\n" for line in [",".join(RESULT_COLUMNS), *lines])


def moments(value):
    """Return the time that a text of SQLite is; anything else as it is."""
    is_time = isinstance(value, str) and value.startswith("2026-")
    return datetime.fromisoformat(value) if is_time else value


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.text(alphabet="a1,;=-@'\"\r\n\t\0 ", max_size=4), min_size=1, max_size=5), st.integers(-9, 9)
)
def test_a_line_is_its_cells(texts, number):
    """Break it: look for signs of a formula in the whole line only. The first cell keeps its equals sign."""
    columns, values = [f"c{place}" for place in range(len(texts) + 1)], [*texts, number]
    expected = ",".join(cell(name, value) for name, value in zip(columns, values, strict=True))
    assert line(columns, values) == expected
