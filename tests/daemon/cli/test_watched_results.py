"""`results --watch` beside a ledger that gets rows: on SQLite, and on PostgreSQL."""

import json
import signal

import pytest
from sqlalchemy import text

from daemon.settings.migration_scripts import script_location
from storage.engine import open_engine
from storage.ledger import Ledger
from storage.results_view import RESULT_COLUMNS
from storage.upgrade import upgrade
from storage.urls import sqlite_url
from tests.support.daemons import environment, inboxray, start
from tests.support.deadlines import scaled
from tests.support.records import MODEL, RUN, classified, failed, scan_id
from tests.support.terminals import AtTerminal
from tests.support.waiting import wait_until


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request, tmp_path):
    if request.param == "sqlite":
        (tmp_path / "spool").mkdir()
        yield sqlite_url(tmp_path / "spool" / "results.db")
        return
    server = request.getfixturevalue("postgres_server")
    made = server.create_database()
    yield made
    server.drop_database(made)


@pytest.fixture
def recording(url):
    """A ledger with one scan, and what records more."""
    engine = open_engine(url)
    upgrade(engine, script_location())
    ledger = Ledger(engine)
    ledger.register_model(MODEL)
    run = ledger.begin_run(RUN)
    ledger.record([classified(1)], run)
    yield lambda *rows: ledger.record(list(rows), run)
    engine.dispose()


@pytest.fixture
def watching(tmp_path, url):
    """Start `results --watch` in a pipe; give its process, and what it printed so far."""
    started = []

    def watch(*arguments):
        out = tmp_path / "out"
        with out.open("wb") as stdout, (tmp_path / "err").open("wb") as stderr:
            settings = environment(tmp_path / "spool", database_url=url)
            started.append(
                start(["results", "--watch", *arguments], env=settings, stdout=stdout, stderr=stderr)
            )
        return started[-1], lambda: out.read_text().splitlines()

    yield watch
    for process in started:
        process.kill()


def until_interrupted(process):
    process.send_signal(signal.SIGINT)
    return process.wait(scaled(60))


def test_new_rows_come_as_lines_of_json_until_it_is_interrupted(watching, recording):
    """Break it: show what stands already, or leave with 130."""
    process, lines = watching("--json", "--since", "2026-11-23T12:00:01Z", "--decision", "fractured")
    wait_until(lambda: len(lines()) == 1, timeout_s=60, what="the row that stands")
    recording(classified(2), failed(3), classified(4, decision="uncertain"))
    recording(classified(5))
    wait_until(lambda: len(lines()) == 3, timeout_s=60, what="the new rows")
    rows = [json.loads(line) for line in lines()]
    assert [row["scan_id"] for row in rows] == [scan_id(number) for number in (1, 2, 5)]
    assert rows[0]["finished_at"] == "2026-11-23T12:00:01.250000Z"
    assert tuple(rows[0]) == RESULT_COLUMNS
    assert until_interrupted(process) == 0


def test_in_a_pipe_a_line_a_row_has_its_time_in_utc(watching, recording):
    process, lines = watching("--since", "2026-11-23")
    wait_until(lines, timeout_s=60, what="the row")
    assert lines()[0].startswith("2026-11-23 12:00:01 UTC  ▲ fractured")
    assert lines()[0].endswith("ward/1.dcm  (odd_window)")
    assert until_interrupted(process) == 0


def test_csv_has_its_header_first(watching, recording):
    process, lines = watching("--format", "csv")
    wait_until(lines, timeout_s=60, what="the header")
    assert lines() == [",".join(RESULT_COLUMNS)]
    assert until_interrupted(process) == 0


def test_a_database_that_was_restored_ends_it_with_a_word(watching, recording, url, tmp_path):
    """Break it: go on from a row that is not there. New rows with the numbers of old ones are left out."""
    recording(classified(2))
    process, lines = watching("--format", "csv")
    wait_until(lines, timeout_s=60, what="the header")
    engine = open_engine(url)
    with engine.begin() as connection:
        for table in ("predictions", "scans"):
            connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - names of ours
    engine.dispose()
    assert process.wait(scaled(60)) == 65
    assert "restored from a backup" in (tmp_path / "err").read_text()


@pytest.mark.parametrize("options", [("--until", "2026-01-01"), ("--reviewed",), ("--sort", "newest")])
def test_what_it_cannot_keep_is_refused(options, call, tmp_path):
    assert call(tmp_path / "spool", "results", "--watch", *options).returncode == 64


def test_on_a_terminal_it_says_that_it_waits_and_shows_only_what_is_new(recording, url, tmp_path):
    with AtTerminal(tmp_path / "spool", "results", "--watch", database_url=url) as terminal:
        terminal.until("Ctrl-C ends it")
        recording(classified(2))
        terminal.until(r"ward/2\.dcm")
        assert terminal.end(signal.SIGINT) == 0
    assert "ward/1.dcm" not in terminal.plain


def test_an_order_or_a_limit_makes_no_sense(tmp_path):
    end = inboxray(tmp_path / "spool", "results", "--watch", "--limit", "3")
    assert end.returncode == 64
    assert "leave out --sort and --limit" in end.stderr
