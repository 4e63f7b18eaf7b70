import subprocess
import threading

from daemon.execution.dask.crew import Crew, Size, Wishes


def test_more_come_at_once_and_fewer_are_left_one_by_one():
    """Break it: end them at once. Between two batches each worker ends, and starts for seconds."""
    size = Size(1, 4, 2, patience_s=60)
    assert size.of(0, 0, 0.0) == 1
    assert size.of(5, 1, 1.0) == 3
    assert size.of(100, 3, 2.0) == 4
    assert [size.of(0, 4, now) for now in (3.0, 62.9)] == [4, 4]
    assert size.of(0, 4, 63.1) == 3
    assert size.of(0, 3, 64.0) == 3
    assert size.of(6, 3, 70.0) == 3  # needed again: the patience begins anew
    assert size.of(0, 3, 100.0) == 3
    assert size.of(0, 3, 160.5) == 2


def test_a_coordinator_that_says_nothing_new_is_forgotten():
    """Break it: keep it. A daemon that was killed with a thousand files keeps all workers for ever."""
    now = [0.0]
    wishes = Wishes(lambda: now[0])
    assert wishes.total({"a": (5, 1), "b": (2, 1)}) == 7
    now[0] = 10.0
    assert wishes.total({"a": (6, 2), "b": (2, 1)}) == 8
    now[0] = 16.0
    assert wishes.total({"a": (6, 2), "b": (2, 1)}) == 6
    assert wishes.total(None) == 0


def test_processes_are_started_ended_and_replaced():
    wanted, started, stop = [6], [], threading.Event()

    def start(number):
        started.append(number)
        return subprocess.Popen(["sleep", "600"])

    crew = Crew(Size(1, 3, 2, patience_s=0.0), lambda: wanted[0], start)
    try:
        crew.look()
        assert (crew.running, started) == (3, [1, 2, 3])
        crew._running[2].kill()
        crew._running[2].wait()
        crew.look()
        assert (crew.running, started[3:]) == (3, [2])
        wanted[0] = None  # the scheduler is away
        crew.look()
        assert crew.running == 3
        wanted[0] = 0
        for expected in (2, 1, 1):
            crew.look()
            assert crew.running == expected
    finally:
        stop.set()
        crew.serve(stop)
    assert all(process.poll() is not None for process in (*crew._running.values(), *crew._ending))
