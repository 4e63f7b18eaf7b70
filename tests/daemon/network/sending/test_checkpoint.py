import threading

from daemon.network.sending.checkpoint import Checkpoint
from tests.support.deadlines import scaled


def test_who_clears_it_goes_on_only_when_the_thread_rests():
    """Break it: let `clear` return at once, as the event of the standard library does."""
    taken, stop = [], threading.Event()
    inbox = []

    def react():
        while not stop.is_set():
            checkpoint.wait()
            if inbox:
                taken.append(inbox.pop())

    thread = threading.Thread(target=react)
    checkpoint = Checkpoint(thread)
    thread.start()
    for number in range(2000):
        checkpoint.clear()
        inbox.append(number)
        assert inbox.pop() == number
        checkpoint.set()
    stop.set()
    thread.join(scaled(20))
    assert taken == []


def test_a_thread_that_does_not_run_is_not_waited_for():
    checkpoint = Checkpoint(threading.Thread())
    assert checkpoint.is_set()
    checkpoint.clear()
    assert not checkpoint.is_set()
    assert not checkpoint.wait(0.01)
    checkpoint.set()
    assert checkpoint.wait()


def test_the_thread_itself_may_clear_it():
    checkpoint = Checkpoint(threading.current_thread())
    checkpoint.clear()
    assert not checkpoint.is_set()
