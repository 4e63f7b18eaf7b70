import csv
import io
import json
from datetime import UTC, datetime

import pytest

from daemon.cli.output import Format, write_json, write_pairs, write_rows

AT = datetime(2026, 11, 23, 8, 0, 0, 123456, tzinfo=UTC)
ROWS = (
    {"scan_id": "a", "decision": "fractured", "probability": 0.123456789, "finished_at": AT, "note": "=1+1"},
    {"scan_id": "b", "decision": None, "probability": None, "finished_at": AT, "note": 'one, "two"'},
)
COLUMNS = ("scan_id", "decision", "probability", "finished_at", "note")


def test_csv_is_what_an_export_writes(capfd):
    assert write_rows(ROWS, COLUMNS, Format.CSV) == 2
    first, second = csv.DictReader(io.StringIO(capfd.readouterr().out))
    assert first["probability"] == "0.123457"
    assert first["finished_at"] == "2026-11-23T08:00:00.123456Z"
    assert first["note"] == "'=1+1"
    assert (second["decision"], second["note"]) == ("", 'one, "two"')


@pytest.mark.parametrize("rows", [ROWS, ()])
def test_json_is_one_array_with_a_line_a_row(capfd, rows):
    assert write_rows(rows, COLUMNS, Format.JSON) == len(rows)
    out = capfd.readouterr().out
    assert [row["scan_id"] for row in json.loads(out)] == [row["scan_id"] for row in rows]
    for line in out.splitlines()[1:-1]:
        assert list(json.loads(line.rstrip(","))) == list(COLUMNS)


def test_a_table_never_folds_what_is_copied_from_it(capfd):
    whole = "01935a7c-0000-7000-8000-00000000abcd"
    rows = [{"scan_id": whole, "finished_at": AT, "note": "word " * 100}]
    assert write_rows(rows, ("scan_id", "finished_at", "note"), Format.TABLE) == 1
    out = capfd.readouterr().out
    assert whole in out
    assert AT.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z") in out


def test_a_table_of_nothing_is_nothing(capfd):
    assert write_rows((), COLUMNS, Format.TABLE) == 0
    assert capfd.readouterr().out == ""


def test_markup_in_a_value_is_text(capfd):
    write_rows([{"note": "[red]no colour[/red]"}], ("note",), Format.TABLE)
    write_pairs([("note", "[bold]")], title="[x]")
    out = capfd.readouterr().out
    assert "[red]no colour[/red]" in out
    assert "[bold]" in out


def test_pairs_show_numbers_times_and_answers_as_people_read_them(capfd):
    write_pairs([("share", 0.123456), ("is it", True), ("none", None)])
    out = capfd.readouterr().out
    assert "0.1235" in out
    assert "yes" in out


def test_one_value_as_json_keeps_letters(capfd):
    write_json({"name": "Röntgen", "at": AT})
    out = capfd.readouterr().out
    assert json.loads(out) == {"name": "Röntgen", "at": "2026-11-23T08:00:00.123456Z"}
    assert "ö" in out
