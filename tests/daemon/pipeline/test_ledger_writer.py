import sqlite3
import threading
import time
from dataclasses import replace

import pytest
from sqlalchemy import delete
from structlog.testing import capture_logs

from daemon.pauses import Pauses
from daemon.pipeline.in_flight import IN_TURN
from daemon.pipeline.ledger_writer import Recorder
from daemon.pipeline.recent_rows import RecentRows
from storage.engine import open_engine
from storage.errors import DatabaseRefused, DatabaseReplaced, DatabaseUnavailable
from storage.ledger import Ledger, Question
from storage.schema import PREDICTIONS, SCANS
from storage.urls import sqlite_url
from tests.support.deadlines import is_within, scaled
from tests.support.records import MODEL, RUN, classified, failed
from tests.support.waiting import wait_until


@pytest.fixture
def pauses():
    return Pauses()


@pytest.fixture
def give_up():
    return threading.Event()


@pytest.fixture
def recorder(ledger, pauses, give_up):
    ledger.register_model(MODEL)
    return Recorder(ledger, pauses, give_up)


@pytest.fixture
def run_id(recorder):
    return recorder.ledger.begin_run(RUN)


def stand_in(row):
    return failed(0, "unrecordable", scan_id=row.scan_id)


def outcomes(recorder, *rows):
    found = recorder.ledger.find([row.scan_id for row in rows])
    return [found[row.scan_id].error_code if row.scan_id in found else "absent" for row in rows]


def test_a_batch_is_written(recorder, run_id, pauses):
    rows = [classified(1), failed(2)]
    assert recorder.record(rows, run_id, stand_in) == rows
    assert outcomes(recorder, *rows) == [None, "truncated"]
    assert not pauses.any


def test_one_row_that_is_refused_costs_itself_alone(recorder, run_id, pauses):
    """Fault 52: the batch stands, the row that the database refuses gets its stand-in."""
    bad = replace(classified(2), probability=7.0)
    rows = [classified(1), bad, failed(3)]
    written = recorder.record(rows, run_id, stand_in)
    assert written == [rows[0], stand_in(bad), rows[2]]
    assert outcomes(recorder, *rows) == [None, "unrecordable", "truncated"]
    assert not pauses.any


def test_a_stand_in_that_is_refused_too_is_an_error(recorder, run_id):
    bad = replace(classified(1), probability=7.0)
    with pytest.raises(DatabaseRefused):
        recorder.record([bad], run_id, lambda row: row)


class Refusing(Ledger):
    """A ledger that has no place for a letter: as one of another encoding."""

    def ask(self, question):
        if any("ę" in path for path in question.stored_paths):
            raise DatabaseRefused("no place for it")
        return super().ask(question)

    def record(self, scans, run_id, *, after=None):
        if any("ę" in scan.source_name for scan in scans):
            raise DatabaseRefused("no place for it")
        super().record(scans, run_id, after=after)


def test_a_name_that_is_refused_costs_neither_its_neighbour_nor_the_daemon(ledger, pauses, give_up):
    """Fault 62: neither the question nor the row of one scan ends what others wait for."""
    recorder = Recorder(Refusing(ledger._engine), pauses, give_up)
    recorder.ledger.register_model(MODEL)
    run_id = recorder.ledger.begin_run(RUN)
    bad = failed(2, source_name="Ręka.png", stored_path="failed/Ręka.png")
    written = recorder.record([classified(1), bad], run_id, lambda row: row)
    assert [row.source_name for row in written] == [classified(1).source_name, "R%C4%99ka.png"]
    assert written[1].stored_path == "failed/R%C4%99ka.png"

    known = recorder.ask(
        [Question(sha256s=frozenset({classified(1).sha256})), Question(stored_paths=frozenset({"ę"}))]
    )
    assert list(known.earlier) == [classified(1).sha256]


def test_a_row_that_exists_wins_and_nothing_is_written_twice(recorder, run_id):
    recorder.record([failed(1)], run_id, stand_in)
    recorder.record([failed(1, "deadline"), failed(2)], run_id, stand_in)
    assert outcomes(recorder, failed(1), failed(2)) == ["truncated", "truncated"]


def lose(recorder, *rows):
    """Take rows away, as a standby does that takes over without them."""
    with recorder.ledger._engine.begin() as connection:
        for row in rows:
            connection.execute(delete(PREDICTIONS))
            connection.execute(delete(SCANS).where(SCANS.c.scan_id == row.scan_id))


def again(logs):
    return [
        (line["rows"], line["more_may_be_lost"]) for line in logs if line["event"] == "rows_recorded_again"
    ]


def test_rows_that_the_database_lost_are_recorded_before_the_next(recorder, run_id):
    """Fault 69. Break it: pass no `after` to the ledger."""
    first, second, third = [classified(1)], [classified(2), failed(3)], [classified(4)]
    recorder.record(first, run_id, stand_in)
    recorder.record(second, run_id, stand_in)
    lose(recorder, *second)
    with capture_logs() as logs:
        recorder.record(third, run_id, stand_in)
    assert outcomes(recorder, *first, *second, *third) == [None, None, "truncated", None]
    assert again(logs) == [(2, False)]
    assert recorder.recorded_again == 2


def test_a_row_that_is_refused_is_written_after_those_that_were_lost(recorder, run_id):
    recorder.record([classified(1)], run_id, stand_in)
    lose(recorder, classified(1))
    bad = replace(classified(2), probability=7.0)
    with capture_logs() as logs:
        recorder.record([failed(0), bad, failed(3)], run_id, stand_in)
    assert outcomes(recorder, classified(1), failed(0), bad, failed(3)) == [
        None,
        "truncated",
        "unrecordable",
        "truncated",
    ]
    assert again(logs) == [(1, False)]


def test_what_was_lost_is_found_without_another_file(recorder, run_id):
    """Fault 69: a daemon that has nothing to record looks at each sweep."""
    with capture_logs() as logs:
        recorder.confirm(run_id)
        recorder.record([classified(1)], run_id, stand_in)
        recorder.confirm(run_id)
        assert again(logs) == []
        lose(recorder, classified(1))
        recorder.confirm(run_id)
    assert again(logs) == [(1, False)]
    assert outcomes(recorder, classified(1)) == [None]


def test_a_database_that_is_away_is_asked_once_and_not_waited_for(recorder, run_id, pauses):
    recorder.record([classified(1)], run_id, stand_in)
    recorder.ledger = Ledger(open_engine("postgresql://nobody@127.0.0.1:9/none"))
    recorder.confirm(run_id)
    assert not pauses.any


def test_more_may_be_lost_than_is_kept_in_memory(recorder, run_id):
    recorder.recent = RecentRows(most_bytes=1)
    rows = [classified(number) for number in range(IN_TURN + 2)]
    for row in rows[:-1]:
        recorder.record([row], run_id, stand_in)
    lose(recorder, *rows[:-1])
    with capture_logs() as logs:
        recorder.record([rows[-1]], run_id, stand_in)
    assert again(logs) == [(IN_TURN, True)]
    assert outcomes(recorder, *rows) == ["absent", *[None] * (IN_TURN + 1)]


class Forgetful(Ledger):
    """A ledger behind which another server answers each time."""

    def record_again(self, scans, run_id):
        return list(scans)


def test_a_database_that_loses_rows_for_ever_ends_the_daemon(ledger, pauses, give_up):
    recorder = Recorder(Forgetful(ledger._engine), pauses, give_up)
    recorder.ledger.register_model(MODEL)
    run_id = recorder.ledger.begin_run(RUN)
    recorder.record([classified(1)], run_id, stand_in)
    lose(recorder, classified(1))
    with pytest.raises(DatabaseReplaced, match="one server only"):
        recorder.record([classified(2)], run_id, stand_in)


class Away:
    """A ledger that is away for some calls."""

    def __init__(self, calls):
        self.calls = calls

    def __call__(self):
        self.calls -= 1
        if self.calls >= 0:
            raise DatabaseUnavailable("away")
        return "there"


def test_an_absent_database_is_waited_for_and_intake_rests(recorder, pauses):
    seen = []
    away = Away(2)

    def call():
        seen.append(pauses.has("database"))
        return away()

    assert recorder.with_retries(call) == "there"
    assert seen == [False, True, True]
    assert not pauses.any


def test_a_locked_sqlite_is_waited_for(spool, ledger, pauses, give_up):
    """Fault 39, with a database that gives up its own waiting at once."""
    url = sqlite_url(spool.root / "results.db")
    engine = open_engine(url)
    holder = sqlite3.connect(spool.root / "results.db", isolation_level=None, check_same_thread=False)
    recorder = Recorder(Ledger(engine), pauses, give_up)
    ours = engine.raw_connection()
    ours.driver_connection.execute("PRAGMA busy_timeout = 1")
    ours.close()
    holder.execute("BEGIN IMMEDIATE")

    def begin():
        return recorder.ledger.begin_run(RUN)

    answers = []
    thread = threading.Thread(target=lambda: answers.append(recorder.with_retries(begin)))
    thread.start()
    wait_until(lambda: pauses.has("database"), what="the pause")
    holder.execute("ROLLBACK")
    thread.join(scaled(20))
    holder.close()
    engine.dispose()
    assert len(answers) == 1
    assert not pauses.any


def test_waiting_ends_when_its_time_is_over(ledger, pauses, give_up):
    recorder = Recorder(ledger, pauses, give_up, wait_s=0.3)
    with pytest.raises(DatabaseUnavailable):
        recorder.with_retries(Away(10**6))
    assert pauses.has("database")


def test_waiting_ends_at_once_when_the_process_is_about_to_leave(recorder, give_up):
    threading.Timer(0.05, give_up.set).start()
    started = time.monotonic()
    with pytest.raises(DatabaseUnavailable):
        recorder.with_retries(Away(10**6))
    assert is_within(time.monotonic() - started, 4)


@pytest.mark.parametrize("error", [DatabaseReplaced("other"), DatabaseRefused("no"), ZeroDivisionError()])
def test_what_does_not_pass_is_not_waited_for(recorder, error, pauses):
    calls = []

    def call():
        calls.append(1)
        raise error

    with pytest.raises(type(error)):
        recorder.with_retries(call)
    assert len(calls) == 1
    assert not pauses.any


def test_the_end_of_a_run_may_go_unheard(recorder, run_id):
    recorder.end_run(run_id)
    with recorder.ledger._engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT ended_at FROM runs").scalar_one()
        connection.exec_driver_sql("ROLLBACK")
    recorder.ledger._engine.dispose()
    recorder.ledger = Ledger(open_engine("postgresql://nobody@127.0.0.1:9/none"))
    recorder.end_run(run_id)
