from concurrent.futures import Future
from types import SimpleNamespace

from daemon.inbox.examinations import Examinations


def test_what_ended_is_taken_in_the_order_of_its_end_and_wakes_the_loop():
    futures, woken = {}, []
    pool = SimpleNamespace(examine=lambda path: futures.setdefault(path, Future()))
    examinations = Examinations(pool, lambda: woken.append(True), 1)
    for name in (b"a", b"b", b"c"):
        examinations.begin(name, b"/inbox/" + name, is_again=False)

    assert list(examinations.take()) == []
    futures[b"/inbox/b"].set_result(None)
    futures[b"/inbox/a"].cancel()

    assert len(woken) == 2
    assert [(source, future.cancelled()) for source, future in examinations.take()] == [
        (b"b", False),
        (b"a", True),
    ]
    assert list(examinations.take()) == []


def test_of_files_that_changed_few_are_examined_at_once_and_those_in_the_slow_lane_do_not_count():
    futures = {}
    pool = SimpleNamespace(examine=lambda path: futures.setdefault(path, Future()), slow_examinations=0)
    examinations = Examinations(pool, lambda: None, 2)
    for name in (b"new", b"a", b"b"):
        assert examinations.may_again
        examinations.begin(name, name, is_again=name != b"new")

    assert not examinations.may_again
    pool.slow_examinations = 1
    assert examinations.may_again
    pool.slow_examinations = 0
    futures[b"a"].set_result(None)
    assert [source for source, _ in examinations.take()] == [b"a"]
    assert examinations.may_again
