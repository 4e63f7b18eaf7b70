"""Fault 51: the watchdog is fed by progress of the loop and not by a timer.

Break it: call `alive` of `daemon.monitoring.systemd` from a thread of its own: a loop that froze is not
noticed.
"""

import http.client
import json
import socket
import time

import pytest

from tests.support.daemons import RunningDaemon
from tests.support.deadlines import scaled
from tests.support.ports import free_port
from tests.support.waiting import wait_until

WATCHDOG_S = 2.0
NOBODY_THERE = "postgresql://nobody@127.0.0.1:1/none"


class Manager:
    """What systemd does: listen, and know how long ago the daemon gave a sign of life."""

    def __init__(self, path):
        self.messages = []
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._listener.bind(str(path))
        self._listener.setblocking(False)

    def close(self):
        self._listener.close()

    def read(self):
        """Give what came since the last call."""
        fresh = []
        while True:
            try:
                fresh.append(self._listener.recv(4096).decode())
            except BlockingIOError:
                self.messages += fresh
                return fresh

    def hears(self, message):
        self.read()
        return message in self.messages


@pytest.fixture
def manager(tmp_path, monkeypatch):
    made = Manager(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", str(int(WATCHDOG_S * 1e6)))
    yield made
    made.close()


class WaitingDaemon(RunningDaemon):
    """A daemon whose database never comes: it has started once it says so."""

    def is_watching(self):
        return "database" in self.status().get("pauses", {})


class FreezingDaemon(RunningDaemon):
    program = "tests.support.freezing_daemon"


def ask(port, page):
    """Ask as a monitor does; give the status and the reasons."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=scaled(30))
    connection.request("GET", page)
    answer = connection.getresponse()
    reasons = json.loads(answer.read())["reasons"]
    connection.close()
    return answer.status, reasons


def beats_for(manager, seconds):
    """Count signs of life over some time."""
    manager.read()
    end = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() > end, timeout_s=seconds + 5, what="some time to pass")
    return manager.read().count("WATCHDOG=1")


def test_an_idle_daemon_is_alive_and_says_when_it_is_ready_and_when_it_ends(tmp_path, manager):
    with RunningDaemon(tmp_path / "spool") as daemon:
        wait_until(lambda: manager.hears("READY=1"), timeout_s=30, what="READY")
        manager.read()
        for _ in range(2):
            wait_until(
                lambda: "WATCHDOG=1" in manager.read(), timeout_s=2 * WATCHDOG_S, what="a sign of life"
            )
        assert daemon.stop() == 0
    assert manager.hears("STOPPING=1")
    assert any(message.startswith("STATUS=0 waiting") for message in manager.messages)


def test_a_daemon_that_waits_for_its_database_is_ready_and_alive(tmp_path, manager):
    with WaitingDaemon(tmp_path / "spool", database_url=NOBODY_THERE):
        wait_until(lambda: manager.hears("READY=1"), timeout_s=30, what="READY")
        for _ in range(2):  # it asks the database at most every five seconds
            wait_until(lambda: "WATCHDOG=1" in manager.read(), timeout_s=20, what="a sign of life")
        assert any(line.startswith("STATUS=Takes nothing in: database") for line in manager.messages)


def test_a_frozen_loop_is_noticed(tmp_path, manager):
    with FreezingDaemon(tmp_path / "spool") as daemon:
        wait_until(lambda: manager.hears("WATCHDOG=1"), timeout_s=30, what="a sign of life")
        (daemon.spool / "FREEZE").touch()
        wait_until((daemon.spool / "FROZEN").exists, timeout_s=20, what="the loop to freeze")
        assert beats_for(manager, 2 * WATCHDOG_S) == 0
        daemon.process.kill()


def test_without_its_database_the_daemon_is_healthy_and_not_ready(tmp_path):
    port = free_port()
    with WaitingDaemon(tmp_path / "spool", database_url=NOBODY_THERE, metrics_listen=f"127.0.0.1:{port}"):
        assert ask(port, "/health") == (200, [])
        code, reasons = ask(port, "/ready")
        assert code == 503
        assert {reason.partition(":")[0] for reason in reasons} == {"starting", "database"}
