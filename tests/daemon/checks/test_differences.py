from collections import Counter

import pytest
from structlog.testing import capture_logs

from daemon.checks.differences import Pace, differences, log_differences
from daemon.spool.folders import Spool
from daemon.spool.reconcile import FINDINGS, Difference
from storage.engine import open_engine
from storage.urls import sqlite_url
from tests.support.recorded import fill, scans


@pytest.fixture
def spool(tmp_path):
    return Spool(fill(tmp_path / "spool"))


@pytest.fixture
def engine(spool):
    opened = open_engine(sqlite_url(spool.root / "results.db"), readonly=True)
    yield opened
    opened.dispose()


def test_rows_that_agree_with_files_are_nothing_to_log(spool, engine):
    with capture_logs() as logs:
        found = log_differences(differences(engine, spool))
    assert found == {"differences": 0, "by": dict.fromkeys(FINDINGS, 0)}
    assert logs == []


def test_what_differs_is_counted_in_one_line_that_names_nothing(spool, engine):
    first, second, *_ = (spool.root / row.stored_path for row in scans())
    first.rename(first.with_name("Meyer.dcm"))
    second.unlink()
    with capture_logs() as logs:
        found = log_differences(differences(engine, spool))
    assert found["differences"] == 3
    assert Counter(found["by"]) == Counter(orphan_file=1, missing_file=2)
    (line,) = logs
    assert (line["event"], line["log_level"], line["differences"]) == ("rows_and_files_differ", "warning", 3)
    assert "Meyer" not in str(line)


def test_what_came_again_is_counted_and_no_difference():
    with capture_logs() as logs:
        found = log_differences([Difference("sent_again", "id-1", "done/2026-11-23/a.dcm", "id-2")])
    assert (found["differences"], found["by"]["sent_again"]) == (0, 1)
    assert logs == []


def test_each_file_and_each_row_may_be_paused_at(spool, engine):
    steps = []
    assert list(differences(engine, spool, pace=lambda: steps.append(1))) == []
    assert len(steps) >= 2 * len(scans())


def test_the_pace_is_work_for_a_slice_and_as_much_rest():
    now, rested = [0.0], []

    def rest(seconds):
        rested.append(seconds)
        now[0] += seconds

    pace = Pace(lambda: now[0], rest)
    for _ in range(10):
        now[0] += 0.004
        pace()
    assert rested == pytest.approx([0.012] * 3)
    now[0] += 60
    pace()
    assert rested[-1] == pytest.approx(0.1)
