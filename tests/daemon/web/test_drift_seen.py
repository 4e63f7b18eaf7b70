from datetime import timedelta

import pytest

pytest.importorskip("starlette", reason="the extra `page` is not installed")

from daemon.checks.drift import Finding, log_drift
from daemon.jobs.history import History
from daemon.spool.folders import Spool
from daemon.web.drift_seen import drift_seen
from daemon.web.pages import Pages
from storage.engine import open_engine
from storage.urls import sqlite_url
from tests.daemon.web.test_pages import asked, text
from tests.support.recorded import fill
from tests.support.records import NOON, scan_id

STEADY = Finding("all", "all", "score", "steady", 90, 0.31, 0.30, 500, 0.01, 0.1, scan_id(1))
MOVED = Finding("DX", "a1b2c3d4e5f6", "brightness", "moved", 80, 0.91, 0.4, 500, 1.234, 0.1, scan_id(2))


@pytest.fixture
def spool(tmp_path):
    return Spool(fill(tmp_path / "spool"))


def compared(spool, *findings, ending="done"):
    """Let a daemon write down how its comparison ended."""
    history = History(spool.schedule_file)
    history.began("drift", NOON, NOON)
    history.ended("drift", ending, log_drift(findings) if ending == "done" else {"error": "x"}, NOON)


def figures(spool):
    engine = open_engine(sqlite_url(spool.root / "results.db"), readonly=True)
    try:
        return text(Pages(engine, spool, None, clock=lambda: NOON + timedelta(days=1)).figures(asked()))
    finally:
        engine.dispose()


def test_before_the_first_comparison_there_is_none(spool):
    assert drift_seen(spool.schedule_file) is None
    assert "has not yet compared" in figures(spool)


def test_one_that_failed_is_none(spool):
    compared(spool, ending="failed")
    assert drift_seen(spool.schedule_file) is None


def test_what_moved_stands_with_a_scan_to_look_at(spool):
    compared(spool, STEADY, MOVED)
    seen = drift_seen(spool.schedule_file)
    assert (seen.at, seen.groups, seen.moved) == (NOON, 2, 1)
    given = figures(spool)
    assert "2 groups: 1 measure moved" in given
    assert f'href="/scan/{scan_id(2)}"' in given
    assert 'href="/?device=a1b2c3d4e5f6"' in given
    assert "1.23" in given


def test_when_nothing_moved_it_says_so(spool):
    compared(spool, STEADY)
    assert "1 group: no measures moved" in figures(spool)
