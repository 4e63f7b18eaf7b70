import json
import os
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from daemon.jobs.history import Entry, History, read_history

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 23, 2, 1, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    return tmp_path / ".schedule.json"


def test_what_is_known_outlives_a_restart(path):
    history = History(path)
    history.began("export", AT, AT)
    history.ended("export", "done", {"rows": 3}, LATER)
    known = History(path).entry("export")
    assert known == history.entry("export")
    assert (known.ended, known.result, known.succeeded_at) == ("done", {"rows": 3}, LATER.isoformat())


def test_a_failure_keeps_when_it_last_ended_well(path):
    history = History(path)
    history.began("export", AT, AT)
    history.ended("export", "done", {}, AT)
    history.began("export", LATER, LATER)
    history.ended("export", "failed", {"code": "ENOSPC"}, LATER)
    entry = history.entry("export")
    assert (entry.ended, entry.succeeded_at) == ("failed", AT.isoformat())


def test_a_job_that_never_ran_is_empty(path):
    assert History(path).entry("retention") == Entry()
    assert History(path).entries() == {}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"export": 3}', '{"export": {"unknown": 1}}', "null"])
def test_junk_in_its_place_is_no_history(path, text):
    path.write_text(text)
    assert read_history(path) == {}


def test_a_disk_that_refuses_is_said_once_and_known_here(path):
    history = History(path)
    path.parent.rename(path.parent.with_name("away"))
    with capture_logs() as lines:
        history.began("export", AT, AT)
        history.ended("export", "done", {}, LATER)
    assert len(lines) == 1
    assert history.entry("export").ended == "done"
    path.parent.with_name("away").rename(path.parent)
    history.began("export", LATER, LATER)
    assert json.loads(path.read_text())["export"]["started_at"] == LATER.isoformat()
    assert os.listdir(path.parent) == [path.name]
