"""Each case is a process of its own, because a signal is a process's."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from daemon.shutdown import SignalSafeEvent
from tests.support.deadlines import scaled
from tests.support.shared import ROOT

DAEMON = """
import os, signal, sys, time
from daemon.shutdown import Shutdown
end = Shutdown()
with end.on_signals():
    end.is_starting = sys.argv[1] == "starting"
    os.kill(os.getpid(), signal.SIGTERM)
    print(end.stop.is_set(), end.wake.is_set(), end.give_up.is_set(), flush=True)
    if sys.argv[2] == "twice":
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(60)
print(signal.getsignal(signal.SIGTERM) == signal.SIG_DFL, flush=True)
"""
ANY_MOMENT = """
import os, signal, sys, threading, time
from daemon.shutdown import Shutdown
end = Shutdown()
came = 0
def asked(number, frame):
    global came
    came += 1
    end.wake.set()
    end.stop.set()
signal.signal(signal.SIGUSR1, asked)
running = True
def send():
    while running:
        os.kill(os.getpid(), signal.SIGUSR1)
sender = threading.Thread(target=send)
sender.start()
while came < 400:
    end.wake.wait(0)
    end.wake.clear()
    end.stop.is_set()
    end.stop.clear()
running = False
sender.join()
print("went on", flush=True)
"""
COMMAND = """
import os, signal, sys
from daemon.shutdown import leaving_on_signals
number = getattr(signal, sys.argv[1])
if sys.argv[2] == "ignored":
    signal.signal(number, signal.SIG_IGN)
with leaving_on_signals():
    try:
        os.kill(os.getpid(), number)
        print("went on", flush=True)
    finally:
        if sys.argv[2] != "ignored":
            os.kill(os.getpid(), signal.SIGTERM)
        print("cleaned up", flush=True)
"""

SWALLOWED = """
import os, signal
from daemon.shutdown import leaving_on_signals
with leaving_on_signals() as leave_if_asked:
    leave_if_asked()
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    except SystemExit:
        print("swallowed", flush=True)
    %s
    print("went on", flush=True)
"""


def run(code, *arguments):
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=scaled(60),
        check=False,
    )


@pytest.mark.parametrize(("phase", "gives_up"), [("running", False), ("starting", True)])
def test_the_first_signal_asks_and_a_start_does_not_wait_for_the_database(phase, gives_up):
    ended = run(DAEMON, phase, "once")
    assert ended.stdout.split() == ["True", "True", str(gives_up), "True"]
    assert ended.returncode == 0


def test_the_second_signal_ends_at_once():
    ended = run(DAEMON, "running", "twice")
    assert ended.returncode == 128 + signal.SIGINT


HANGUP = """
import os, signal, sys
from daemon.shutdown import Shutdown
if sys.argv[1] == "ignored":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
end = Shutdown()
with end.on_signals():
    for _ in range(2):
        os.kill(os.getpid(), signal.SIGHUP)
    print(end.stop.is_set(), flush=True)
"""


@pytest.mark.parametrize(("disposition", "asks"), [("default", True), ("ignored", False)])
def test_a_terminal_that_is_closed_asks_for_an_orderly_end_unless_that_is_ignored(disposition, asks):
    """The kernel and the shell send it both: the second is no haste."""
    ended = run(HANGUP, disposition)
    assert (ended.stdout.split(), ended.returncode) == ([str(asks)], 0)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_command_leaves_and_a_second_signal_does_not_interrupt_its_cleaning_up(name):
    ended = run(COMMAND, name, "")
    assert ended.stdout.split("\n")[:-1] == ["cleaned up"]
    assert ended.returncode == 128 + getattr(signal, name)


def test_a_hangup_that_is_ignored_stays_so():
    ended = run(COMMAND, "SIGHUP", "ignored")
    assert ended.stdout.split("\n")[:-1] == ["went on", "cleaned up"]
    assert ended.returncode == 0


@pytest.mark.parametrize(("question", "printed"), [("leave_if_asked()", ""), ("", "went on\n")])
def test_a_signal_whose_error_was_swallowed_is_found_by_the_next_question_or_at_the_end(question, printed):
    ended = run(SWALLOWED % question)
    assert ended.stdout == "swallowed\n" + printed
    assert ended.returncode == 128 + signal.SIGTERM


def test_42_a_signal_that_comes_in_the_middle_of_waiting_and_clearing_holds_nothing_up():
    """With the events of `threading` this ends in a deadlock within the first hundred signals."""
    assert run(ANY_MOMENT).stdout == "went on\n"


@pytest.fixture
def event():
    return SignalSafeEvent()


def test_an_event_is_set_until_it_is_cleared(event):
    assert not event.is_set()
    event.set()
    event.set()
    assert event.is_set()
    assert event.wait()
    event.clear()
    event.clear()
    assert not event.wait(0.001)


def test_an_event_wakes_another_thread(event):
    woken = []
    waiting = threading.Thread(target=lambda: woken.append(event.wait(60)))
    waiting.start()
    event.set()
    waiting.join()
    assert woken == [True]


def test_an_event_leaves_no_descriptor_behind():
    before = set(os.listdir("/proc/self/fd"))
    SignalSafeEvent().set()
    assert len(os.listdir("/proc/self/fd")) <= len(before)
