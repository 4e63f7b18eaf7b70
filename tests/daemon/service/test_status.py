import os
import threading
import time
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from daemon.monitoring.status_file import read_status
from daemon.service import status as reporting
from daemon.service.loop import Stages
from daemon.service.status import StatusReporter
from daemon.settings.fields import Settings
from tests.support.pictures import png_bytes


@pytest.fixture
def reporter(spool):
    return StatusReporter(
        Settings(spool=spool.root, database_url="postgresql://me:secret@host/db"), "model@1"
    )


@pytest.fixture
def stages(bench):
    return Stages(bench.spool, bench.intake, bench.pipeline, bench.pauses, None)


def test_while_it_starts_it_says_who_it_is(spool, reporter, bench):
    reporter.attach(bench.pauses)
    status = read_status(spool.root)
    assert (status["state"], status["pid"], status["model"]) == ("starting", os.getpid(), "model@1")
    assert status["pauses"] == {}
    assert "secret" not in str(status)
    assert "waiting" not in status


@pytest.fixture
def moment(monkeypatch):
    """The monotonic clock of the reporter: it stands until the test lets it go on."""
    now = [1000.0]
    monkeypatch.setattr(reporting, "time", SimpleNamespace(monotonic=lambda: now[0], time=time.time))
    return now


def test_while_it_runs_it_counts(spool, reporter, bench, stages, moment):
    bench.drop("a.png", png_bytes(1))
    bench.drop("b.part", b"")
    bench.pipeline.claim(bench.drop("c", b"text"))
    bench.drain()
    bench.intake.begin_sweep()
    bench.intake.advance()
    reporter.attach(bench.pauses, stages)
    reporter.on_pass("polling")
    status = read_status(spool.root)
    assert (status["state"], status["watcher"]) == ("running", None)  # not twice within a second
    assert (status["waiting"], status["ignored"], status["in_progress"]) == (1, 1, 0)
    assert status["answered"] == {"unknown_format": 1}
    assert 0 <= status["oldest_waiting_s"] < 60


def test_a_second_later_it_says_how_it_watches(spool, reporter, bench, stages, moment):
    reporter.attach(bench.pauses, stages)
    moment[0] += 1
    reporter.on_pass("polling")
    assert read_status(spool.root)["watcher"] == "polling"


def test_answers_of_the_last_minute_are_counted(reporter):
    assert reporter._rate(10) == 0
    assert reporter._rate(14) == 4
    reporter._recent[0] = (reporter._recent[0][0] - 61, 10)
    assert reporter._rate(15) == 1


def test_a_pause_is_in_it(spool, reporter, bench):
    reporter.attach(bench.pauses)
    bench.pauses.pause("database", "unavailable")
    reporter.write()
    assert list(read_status(spool.root)["pauses"]) == ["database"]


def test_a_disk_that_refuses_is_told_once_and_stops_nothing(spool, reporter, bench):
    spool.status_file.mkdir()
    with capture_logs() as logs:
        reporter.attach(bench.pauses)
        reporter.write()
    assert [line["event"] for line in logs] == ["status_write_failed"]
    spool.status_file.rmdir()
    reporter.write()
    assert read_status(spool.root)["state"] == "starting"


def test_threads_that_report_at_once_do_not_disturb_each_other(spool, reporter, bench):
    reporter.attach(bench.pauses)
    with capture_logs() as logs:
        threads = [threading.Thread(target=lambda: [reporter.write() for _ in range(50)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            assert read_status(spool.root)["state"] == "starting"
    assert logs == []


def test_its_last_words_are_that_it_stopped(spool, bench, stages):
    reported = []
    reporter = StatusReporter(Settings(spool=spool.root), "model@1", reported.append)
    reporter.attach(bench.pauses, stages)
    reporter.stop()
    reporter.write()  # a pause that is met at the end
    assert read_status(spool.root)["state"] == "stopped"
    assert reported == ["0 waiting, 0 in progress, 0 answered", "Stopped", "Stopped"]
