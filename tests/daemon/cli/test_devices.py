import csv
import io
import json

import pytest
from rich.cells import cell_len

from storage.engine import open_engine
from storage.ledger import Ledger
from storage.urls import sqlite_url
from tests.support.records import RUN, classified, failed, scan_id
from tests.support.terminals import AtTerminal

NEW = "a1b2c3d4e5f6"


@pytest.fixture
def filled(recorded):
    """A spool with the scans of a new DR, of which most failed, beside four of no device."""
    engine = open_engine(sqlite_url(recorded / "results.db"))
    ledger = Ledger(engine)
    names = {"device": NEW, "manufacturer": "Maker", "manufacturer_model_name": "DR 9", "station_name": "=A1"}
    rows = [failed(number, "bad_pixels", **names) for number in range(100, 104)]
    rows += [failed(104, "truncated", **names), classified(105, decision="abstained", **names)]
    ledger.record(rows, ledger.begin_run(RUN))
    engine.dispose()
    return recorded


def test_a_table_shows_each_device_with_its_failures_by_code(filled, call):
    end = call(filled, "devices")

    assert end.returncode == 0, end.stderr
    assert "DR 9" in end.stdout
    assert "bad_pixels:4;truncated:1" in " ".join(end.stdout.split())
    assert end.stderr == "1 device\n"


def test_csv_has_a_row_a_device_and_no_formula(filled, call):
    first, *rows = csv.DictReader(io.StringIO(call(filled, "devices", "--format", "csv").stdout))

    assert (first["device"], first["manufacturer"], first["manufacturer_model_name"]) == (
        NEW,
        "Maker",
        "DR 9",
    )
    assert (first["scans"], first["failed"], first["abstained"], first["warned"]) == ("6", "5", "1", "1")
    assert (first["failures"], first["warnings"]) == ("bad_pixels:4;truncated:1", "odd_window:1")
    assert first["station_name"] == "'=A1"
    assert [(row["device"], row["scans"]) for row in rows] == [("", "4")]


def test_json_has_numbers_by_code(filled, call):
    new, none = json.loads(call(filled, "devices", "--format", "json").stdout)

    assert new["failures"] == {"bad_pixels": 4, "truncated": 1}
    assert new["warnings"] == {"odd_window": 1}
    assert (none["device"], none["manufacturer"]) == (None, None)


def test_since_and_until_choose_scans(filled, call):
    end = call(filled, "devices", "--since", "2026-11-23T12:01:43.250Z", "--format", "json")

    [new] = json.loads(end.stdout)
    assert (new["device"], new["scans"]) == (NEW, 3)


def test_without_scans_of_that_time_there_is_no_table(filled, call):
    end = call(filled, "devices", "--until", "2001-01-01")

    assert (end.returncode, end.stdout, end.stderr) == (0, "", "0 devices\n")


@pytest.mark.parametrize("command", [("devices",), ("review", "--figures")])
def test_where_a_terminal_is_too_narrow_for_a_table_it_has_a_value_a_line(filled, call, command):
    """Break it: print the table all the same. Its lines go on behind the edge, and none is read whole."""
    assert call(filled, "review", scan_id(105), "--unsure").returncode == 0
    with AtTerminal(filled, *command, columns=80) as terminal:
        assert terminal.end() == 0
    *lines, _note = terminal.plain.splitlines()
    assert max(map(cell_len, lines)) <= 80
    assert [line.split() for line in lines if line.startswith(("station_name", "unsure"))]
