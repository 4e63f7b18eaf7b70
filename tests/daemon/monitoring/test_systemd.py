import os
import socket

import pytest

from daemon.monitoring.systemd import Notifier


@pytest.fixture
def manager(tmp_path):
    """A service manager's socket; `read` gives what arrived."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.setblocking(False)
        yield listener


def read(listener):
    messages = []
    while True:
        try:
            messages.append(listener.recv(4096).decode())
        except BlockingIOError:
            return messages


def environment(manager, **more):
    return {"NOTIFY_SOCKET": manager.getsockname(), "PATH": "/bin"} | more


def test_what_is_said_arrives(manager):
    notifier = Notifier(manager.getsockname())
    notifier.status("waits for\nthe database")
    notifier.ready()
    notifier.status("waits for the database")  # no news
    notifier.stopping()
    assert read(manager) == ["STATUS=waits for the database", "READY=1", "STOPPING=1"]


def test_signs_of_life_are_sent_as_often_as_the_watchdog_needs_and_no_oftener(manager):
    now = [100.0]
    notifier = Notifier(manager.getsockname(), 6.0, clock=lambda: now[0])
    for _ in range(300):  # 3 s of a busy loop
        notifier.alive()
        now[0] += 0.01
    assert read(manager) == ["WATCHDOG=1"] * 5
    now[0] += 100
    assert read(manager) == []  # nothing feeds it but the loop


def test_the_environment_says_where_and_for_how_long_and_children_do_not_inherit_it(manager):
    ours = environment(manager, WATCHDOG_USEC="3000000", WATCHDOG_PID=str(os.getpid()))
    notifier = Notifier.from_environment(ours)
    notifier.alive()
    assert read(manager) == ["WATCHDOG=1"]
    assert ours == {"PATH": "/bin"}


@pytest.mark.parametrize(
    "variables", [{}, {"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "soon"}]
)
def test_a_watchdog_of_another_process_or_none_is_not_fed(manager, variables):
    notifier = Notifier.from_environment(environment(manager, **variables))
    notifier.alive()
    notifier.ready()
    assert read(manager) == ["READY=1"]


def test_an_abstract_socket_is_understood():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0inboxray-test-{os.getpid()}")
        listener.setblocking(False)
        Notifier(f"@inboxray-test-{os.getpid()}").ready()
        assert read(listener) == ["READY=1"]


@pytest.mark.parametrize("address", [None, "/nowhere/notify"])
def test_nobody_who_listens_is_no_fault(address):
    notifier = Notifier(address, 1.0)
    notifier.ready()
    notifier.alive()
    notifier.stopping()


def test_a_manager_that_does_not_read_holds_nothing_up(manager):
    notifier = Notifier(manager.getsockname())
    for number in range(2000):
        notifier.status(str(number))
    assert 0 < len(read(manager)) < 2000
