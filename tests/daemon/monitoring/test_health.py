import pytest

from daemon.monitoring.health import STUCK_AFTER_S, Health, Pulse
from storage.urls import sqlite_url
from tests.support.recorded import fill

RUNNING = {"state": "running", "pauses": {}}


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def make(tmp_path, clock):
    database = tmp_path / "spool" / "results.db"

    def health(status=RUNNING):
        pulse = Pulse(clock)
        return Health(pulse, lambda: status, sqlite_url(database), clock), pulse, database

    fill(tmp_path / "spool")
    return health


def test_a_daemon_that_passes_and_reaches_its_database_is_alive_and_ready(make):
    health, _, _ = make()
    assert (health.is_alive(), health.is_ready()) == ([], [])


def test_a_loop_that_makes_no_pass_is_stuck_and_one_that_makes_one_is_not(make, clock):
    health, pulse, _ = make()
    clock.now += STUCK_AFTER_S + 1
    assert health.is_alive() == ["stuck"]
    assert "stuck" in health.is_ready()
    pulse.beat()
    assert health.is_alive() == []


def test_without_its_database_it_lives_and_is_not_ready_until_that_is_back(make, clock):
    health, pulse, database = make()
    away = database.rename(database.with_name("away"))
    assert health.is_alive() == []
    assert [reason.partition(":")[0] for reason in health.is_ready()] == ["database"]
    away.rename(database)
    assert health.is_ready() != []  # it was asked a moment ago
    clock.now += 6
    pulse.beat()
    assert health.is_ready() == []


def test_a_pause_and_a_start_are_no_readiness(make):
    health, _, _ = make({"state": "running", "pauses": {"disk": {"cause": "ENOSPC", "since": "..."}}})
    assert health.is_ready() == ["disk: ENOSPC"]
    health, _, _ = make({"state": "starting", "pauses": {}})
    assert health.is_ready() == ["starting"]
    assert health.is_alive() == []


def test_claims_that_are_set_aside_are_named_and_do_not_make_it_unready(make):
    """Fault 73: the rest goes on."""
    health, _, _ = make({**RUNNING, "set_aside": ["an id"]})
    assert (health.is_ready(), health.measured()) == ([], {"set_aside": ["an id"]})
    assert make()[0].measured() == {}
