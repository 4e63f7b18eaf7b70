import gc
import io
import tempfile
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Text

pytest.importorskip("xlsxwriter", reason="the extra `tables` is not installed")
openpyxl = pytest.importorskip("openpyxl", reason="the extra `dev` is not installed")

from storage.errors import CannotWriteExport  # noqa: E402 # is there
from storage.results_view import RESULT_COLUMNS, RESULTS  # noqa: E402
from storage.reviews import REVIEWS  # noqa: E402 # is there
from storage.tables import spreadsheet  # noqa: E402
from tests.support.batches import batches  # noqa: E402

AT = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=timezone(timedelta(hours=2)))


def written(rows):
    stream = io.BytesIO()
    count = spreadsheet.write_spreadsheet(batches(rows), stream)
    return count, openpyxl.load_workbook(io.BytesIO(stream.getvalue()))["results"]


def test_ids_are_text_times_are_times_and_no_text_is_a_formula():
    """Break it: write each value as what it looks like. 0010 is 10 then, and =1+2 is 3."""
    values = {
        "received_at": AT,
        "patient_id": "0010",
        "accession_number": "8000000000330109",
        "source_name": "=1+2",
        "station_name": "http://room",
        "probability": 0.25,
        "rows": 2500,
    }
    count, sheet = written([dict.fromkeys(RESULT_COLUMNS) | values])
    header, row = sheet.iter_rows()
    cells = dict(zip((one.value for one in header), row, strict=True))
    assert count == 1
    assert tuple(cells) == RESULT_COLUMNS
    for name in ("patient_id", "accession_number", "source_name", "station_name"):
        assert (cells[name].value, cells[name].data_type) == (values[name], "s")
        assert cells[name].hyperlink is None
    assert (cells["probability"].value, cells["rows"].value) == (0.25, 2500)
    assert cells["received_at"].value == AT.astimezone(UTC).replace(tzinfo=None)
    assert "UTC" in cells["received_at"].number_format
    assert cells["decision"].value is None
    assert sheet.freeze_panes == "A2"


TEXTS = [column.name for column in RESULTS.columns if isinstance(column.type, Text)]
LIVE = '<r><t>a</t></r></is></c><c r="AZ2"><f>1+2</f><v>3</v></c><c r="BA2" t="inlineStr"><is><r><t>b</t></r>'


@pytest.mark.parametrize(
    "text",
    [
        "<r>&</r>",
        LIVE,
        "<r></r>",
        "<r><t>bold</t></r>",
        "<r>ü & x</r>",
        "<r>" + "&" * 2000 + "</r>",
        "<r>",
        "</r>",
        "&amp;",
    ],
    ids=lambda text: text[:12],
)
def test_no_text_is_taken_for_markup_in_any_column(text):
    """Break it: hand each text to XlsxWriter as it is. The sheet cannot be read then, or holds a formula."""
    assert len(TEXTS) > 20
    count, sheet = written([dict.fromkeys(RESULT_COLUMNS) | dict.fromkeys(TEXTS, text)])
    header, row = sheet.iter_rows()
    assert count == 1
    cells = {
        one.value: (cell.value, cell.data_type) for one, cell in zip(header, row, strict=True) if cell.value
    }
    assert cells == dict.fromkeys(TEXTS, (text, "s"))


def test_a_text_that_has_no_room_as_a_run_loses_its_last_character_alone():
    text = "<r>" + "<" * 20_000 + "</r>"
    _, sheet = written([dict.fromkeys(RESULT_COLUMNS) | {"error_detail": text}])
    _, row = sheet.iter_rows()
    assert [cell.value for cell in row if cell.value] == [text[:-1]]


def test_more_rows_than_a_sheet_holds_are_refused(monkeypatch):
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 3)
    assert written(dict.fromkeys(RESULT_COLUMNS) for _ in range(3))[0] == 3
    with pytest.raises(CannotWriteExport, match="a sheet holds 3 rows"):
        written(dict.fromkeys(RESULT_COLUMNS) for _ in range(4))


def test_a_table_of_another_kind_has_its_own_name_and_columns():
    stream = io.BytesIO()
    row = dict.fromkeys(REVIEWS.columns.keys()) | {"note": "=1+2"}
    assert spreadsheet.write_spreadsheet(batches([row], REVIEWS), stream, REVIEWS) == 1
    sheet = openpyxl.load_workbook(io.BytesIO(stream.getvalue()))["reviews"]
    assert [one.value for one in next(sheet.iter_rows())] == list(REVIEWS.columns.keys())
    assert (sheet["E2"].value, sheet["E2"].data_type) == ("=1+2", "s")


class RefusedError(Exception):
    """What ends the rows."""


def refused(after):
    for _ in range(after):
        yield dict.fromkeys(RESULT_COLUMNS) | {"patient_id": "patient-1"}
    raise RefusedError


@pytest.mark.parametrize("rows", [0, 3])
def test_after_an_error_in_the_rows_no_book_is_put_together_and_nothing_is_left(rows, tmp_path, monkeypatch):
    """Break it: leave the book to its context manager."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    stream = io.BytesIO()
    with pytest.raises(RefusedError):
        spreadsheet.write_spreadsheet(batches(refused(rows), rows_a_batch=2), stream)
    gc.collect()
    assert stream.getvalue() == b""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("room", [0, 400, 3_000], ids=["at once", "in the archive", "in the rows"])
def test_a_disk_that_fills_up_is_its_own_error_and_no_patient_is_left_in_files(room, tmp_path, monkeypatch):
    class Filling(io.BytesIO):
        def write(self, data):
            if self.tell() + len(data) > room:
                raise OSError(28, "No space left on device")
            return super().write(data)

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    rows = (dict.fromkeys(RESULT_COLUMNS) | {"patient_id": f"{number * 7919}"} for number in range(3_000))
    stream = Filling()
    with pytest.raises(OSError, match="No space"):
        spreadsheet.write_spreadsheet(batches(rows), stream)
    stream.close()
    gc.collect()
    assert list(tmp_path.iterdir()) == []
